"""`--source` and `--target` as inventories: a profile, which is read afresh, or another administrator's handover file."""

from __future__ import annotations

import sys
from collections.abc import Collection, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from xtenant.cli.tools import Tools, warn
from xtenant.client.profiles import Profile
from xtenant.domain import errors, plan
from xtenant.inventory.costs import Estimate, Estimator
from xtenant.inventory.crawl import CrawlReport, Progress, crawl_tenant, ended
from xtenant.inventory.directory_rows import EmptyInventory
from xtenant.inventory.handover.manifest import Level
from xtenant.inventory.opening import InventoryHome
from xtenant.inventory.store import Inventory

SourceSide = Annotated[str, typer.Option("--source", help="The source: a profile, or a handover file.")]
TargetSide = Annotated[str, typer.Option("--target", help="The target: a profile, or a handover file.")]
CachedOption = Annotated[bool, typer.Option("--cached", help="Use what was read last; do not read the tenants again.")]
MovesOption = Annotated[Path | None, typer.Option("--moves", help="The plan of moves (CSV).")]


def home_of(tools: Tools) -> InventoryHome:
    """The inventories of the profile home in use."""
    return InventoryHome(tools.store.home)


@contextmanager
def open_inventory(
    tools: Tools, name: str, *, fresh: bool = True, sites: Collection[str] | None = None, warns: bool = True
) -> Generator[Inventory]:
    """The inventory of a side, by profile or handover file; outside of any event loop.

    A profile's tenant is read now, or taken as read last unless `fresh`; `sites` are those whose permissions are read (addresses,
    UPNs, aliases; None for all, empty for none). What the tenant did not let be read is warned of, unless the caller tells it
    otherwise. Raises UnknownProfile, EmptyInventory, and for files DamagedHandover, UntrustedKey and OtherKey.
    """
    profile = _profile(tools, name)
    if profile is None:
        with home_of(tools).told(Path(name)) as inventory:
            _refuse_numbers(name, inventory)
            yield inventory
        return
    with home_of(tools).own(profile.tenant_id, afresh=fresh) as inventory:
        if fresh:
            report = read_tenant(tools, profile, inventory, sites)
            if warns:
                warn_of(report)
        elif not ended(inventory):
            raise EmptyInventory(f"The tenant of '{name}' was not read to the end yet.")
        yield inventory


def read_tenant(
    tools: Tools, profile: Profile, inventory: Inventory, sites: Collection[str] | None, *, whole: bool = False
) -> CrawlReport:
    """Crawl a profile's tenant with a bar on a terminal; with `whole` items are read again though nothing changed."""
    geo = next(iter(profile.geos), None) if len(profile.geos) > 1 else None

    async def work() -> CrawlReport:
        with bars(profile.name) as progress:
            async with tools.open(profile, geo) as client:
                return await crawl_tenant(
                    client, inventory, clock=tools.clock, sites=sites, whole=whole, progress=progress
                )

    return tools.run(work)


def estimate_of(
    tools: Tools, profile: Profile, inventory: Inventory, sites: Collection[str] | None, *, whole: bool
) -> Estimate:
    """What `read_tenant` with the same wishes would cost now."""
    geo = next(iter(profile.geos), None) if len(profile.geos) > 1 else None

    async def work() -> Estimate:
        async with tools.open(profile, geo) as client:
            prices = tools.opener.budgets.settings_of(profile).prices
            return await Estimator(client, inventory, sites, whole, prices).estimate()

    return tools.run(work)


def warn_of(report: CrawlReport) -> None:
    """Say what could not be read: it is unknown, not in order."""
    for subject, reason in report.unread:
        warn(f"{subject} could not be read, so what depends on it is unknown: {reason}")
    for name in report.missing:
        warn(f"'{name}' names no site, OneDrive or group of the tenant.")


def sources_in(moves: Path | None) -> list[str] | None:
    """What the moves of a file name at the source, as `open_inventory` takes it; None without a file."""
    if moves is None:
        return None
    return [move.source for move in plan.read_moves(read_text(moves), name=str(moves))]


def read_text(path: Path) -> str:
    """A text file in UTF-8. Raises UsageError."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise errors.UsageError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise errors.UsageError(f"{path} is not written in UTF-8.") from error


@contextmanager
def bars(name: str) -> Generator[Progress]:
    """A bar for each thing that is read, on a terminal only."""
    bar = Bar(
        SpinnerColumn(finished_text="✓"),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
    )
    tasks: dict[str, TaskID] = {}

    def show(what: str, done: int, total: int | None) -> None:
        if what not in tasks:
            tasks[what] = bar.add_task(f"{name}: {what}", total=None)
        bar.update(tasks[what], completed=done, total=total)

    with bar:
        yield show


def _refuse_numbers(name: str, inventory: Inventory) -> None:
    """Nobody known by name would look like nobody concerned. Raises UsageError."""
    origin = inventory.origin()
    if origin is not None and origin.level == Level.COUNTS.value:
        raise errors.UsageError(
            f"'{name}' tells numbers only.", remedy="Ask the other administrator to export it with --level plan."
        )


def _profile(tools: Tools, name: str) -> Profile | None:
    """The profile of a name; None where it names a file instead. Raises UnknownProfile."""
    if any(profile.name == name for profile in tools.store.all()):
        return tools.store.get(name)
    if Path(name).is_file():
        return None
    if Path(name).suffix or "/" in name:
        raise errors.UsageError(f"There is no profile and no file '{name}'.")
    return tools.store.get(name)
