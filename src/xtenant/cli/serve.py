"""`xtenant serve`: a tenant service for keeps, from a settings file, with certificate and key of the operator's own."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from functools import partial
from pathlib import Path
from typing import Annotated

import structlog
import typer

from xtenant.cli.output import note
from xtenant.settings import read_service_settings


def register(app: typer.Typer) -> None:
    app.command()(serve)


def serve(
    config: Annotated[Path, typer.Option("--config", help="service.toml or service.json.", dir_okay=False)],
    certificate: Annotated[Path, typer.Option("--certificate", help="PEM certificate chain.", dir_okay=False)],
    key: Annotated[Path, typer.Option("--key", help="PEM private key, PKCS#8.", dir_okay=False)],
    address: Annotated[str, typer.Option("--address", help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", help="The port to listen on.")] = 8443,
    metrics_port: Annotated[
        int | None, typer.Option("--metrics-port", help="GET /metrics on this port of 127.0.0.1; 0 is any.")
    ] = None,
    after_restore: Annotated[
        bool,
        typer.Option(
            "--after-restore",
            help="The database was put back from a backup: sites stay read-only until every partner was asked.",
        ),
    ] = False,
) -> None:
    """Run one tenant service until Ctrl-C or SIGTERM. Example: xtenant serve --config service.toml --certificate c.pem
    --key k.pem

    Logs go to standard error, a JSON object a line.
    """
    from xtenant.operations.measures import exposition
    from xtenant.service import build_service  # loads stores and servers, which no other command needs
    from xtenant.service import serve as run
    from xtenant.service.metrics import metrics_on

    settings = read_service_settings(config)
    _log_json_lines()
    service = build_service(settings, after_restore=after_restore)

    async def until_told() -> None:
        stopped = asyncio.Event()
        for each in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(each, stopped.set)
        note(f"{service.tenant.name} answers on {address}:{port}; Ctrl-C ends it.")
        async with contextlib.AsyncExitStack() as stack:
            if metrics_port is not None:
                read = partial(exposition, service.units, clock=service.clock)
                own = await stack.enter_async_context(metrics_on(metrics_port, read))
                note(f"Metrics on http://127.0.0.1:{own}/metrics")
            await run(service, address=address, port=port, certificate=certificate, key=key, stopped=stopped)

    asyncio.run(until_told())


def _log_json_lines() -> None:
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
    )
