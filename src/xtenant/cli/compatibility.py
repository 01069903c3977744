"""`xtenant compatibility`: whether both sides' schemas fit (step 5, R-5.33 to R-5.37)."""

from __future__ import annotations

from typing import Annotated

import typer

from xtenant.cli.output import OutputOption, emit, note
from xtenant.cli.tools import GeoOption, tools_of
from xtenant.domain.errors import ExitCode
from xtenant.domain.tenant import parse_host_url
from xtenant.domain.trust import Compatibility


def register(app: typer.Typer) -> None:
    app.command("compatibility")(compatibility)


def compatibility(
    context: typer.Context,
    source: Annotated[str, typer.Option("--source", help="The profile of the source tenant.")],
    partner: Annotated[str, typer.Option("--partner", help="The target's host URL.")],
    geo: GeoOption = None,
    output: OutputOption = None,
) -> None:
    """Ask the source whether its content fits the target: Compatible and Warning go on, Incompatible exits with 3.

    Example: xtenant compatibility --source contoso --partner https://fabrikam-my.sharepoint.com/
    """
    tools = tools_of(context)
    host = parse_host_url(partner)

    async def ask() -> Compatibility:
        async with tools.open(source, geo) as client:
            return await client.compatibility(host)

    status = tools.run(ask)
    if status.advice:
        note(status.advice)
    emit({"status": status, "tenant": source, "partner_host_url": str(host)}, output)
    if status is Compatibility.INCOMPATIBLE:
        raise typer.Exit(ExitCode.PENDING)
