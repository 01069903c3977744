"""`xtenant lab generate`: a made-up estate from a seed in a lab's tenant."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from xtenant.cli.composition import tools_in_lab
from xtenant.cli.output import OutputOption, emit
from xtenant.client.estates import plant_estate
from xtenant.client.lab import read_lab, require_answering
from xtenant.domain.estates import EstateTally
from xtenant.lab.generating.estate import people_records, sites_of
from xtenant.lab.generating.plan import EstatePlan
from xtenant.settings import read_tool_settings
from xtenant.wire.bulk import BulkTransfer
from xtenant.wire.transport import Connection


def register(app: typer.Typer) -> None:
    app.command("generate")(generate)


def generate(
    tenant: Annotated[str, typer.Option("--tenant", "-t", help="The lab's tenant that gets the estate.")] = "contoso",
    sites: Annotated[int, typer.Option("--sites", help="How many sites, OneDrives among them.")] = 50,
    items: Annotated[int, typer.Option("--items", help="How many folders, files and list items in all.")] = 100_000,
    seed: Annotated[int, typer.Option("--seed", help="The same seed makes the same estate, everywhere.")] = 7,
    what_if: Annotated[bool, typer.Option("--what-if", help="Tell what would be made; nothing is sent.")] = False,
    home: Annotated[
        Path | None, typer.Option("--home", help="The lab's home; else XTENANT_LAB, else .xtenant here.")
    ] = None,
    output: OutputOption = None,
) -> None:
    """Make an estate up: sites of every kind with webs, lists, histories, permissions, links, names in many scripts.

    Example: xtenant lab generate -t contoso --sites 50 --items 100000 --seed 7
    """
    plan = EstatePlan(sites=sites, items=items, seed=seed)
    made = _counted(plan) if what_if else _planted(plan, tenant, home)
    emit({"tenant": tenant, "seed": seed, "made": not what_if, **dataclasses.asdict(made)}, output)


def _counted(plan: EstatePlan) -> EstateTally:
    tally = EstateTally()
    for records in (people_records(plan), *sites_of(plan)):
        for record in records:
            tally.count(record)
    return tally


def _planted(plan: EstatePlan, tenant: str, home: Path | None) -> EstateTally:
    here = read_tool_settings()
    place = (home or here.lab_home or here.default_lab_home).resolve()
    lab = read_lab(place)
    require_answering(lab)
    tools = tools_in_lab(place)
    profile = tools.store.get(tenant)
    bulk = BulkTransfer(Connection(proxy_url=lab.proxy, ca_file=Path(lab.ca_file)), clock=tools.clock)

    async def token_for(resource: str) -> str:
        return await tools.opener.token(profile, resource)

    async def work() -> EstateTally:
        with _shown(plan.items) as progress:
            async with tools.open(profile) as client:
                return await plant_estate(
                    bulk, token_for, client.admin_url, people_records(plan), sites_of(plan), progress=progress
                )

    try:
        return tools.run(work)
    finally:
        bulk.close()


@contextmanager
def _shown(items: int) -> Generator[Callable[[int], None]]:
    """A bar that moves, on a terminal only."""
    bar = Bar(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
    )
    with bar:
        task = bar.add_task("items", total=items)
        yield lambda done: bar.update(task, completed=done)
