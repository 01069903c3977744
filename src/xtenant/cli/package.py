"""`xtenant package …`: a move's snapshot as a SharePoint migration package, exported, shown, checked."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console
from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from xtenant.cli.output import OutputOption, Row, emit
from xtenant.cli.streaming import stream
from xtenant.cli.tools import GeoOption, TenantOption, tools_of
from xtenant.client.packages import FolderTree, Progress, fetch_package
from xtenant.domain import errors
from xtenant.package.checking import Check, check, overview

app = typer.Typer(help="Snapshots of moves as SharePoint migration packages.", no_args_is_help=True)

FolderArgument = Annotated[Path, typer.Argument(help="The folder with the package.", metavar="DIR")]


@app.command("export")
def export(
    context: typer.Context,
    job_id: Annotated[str, typer.Argument(help="The move job's id.")],
    tenant: TenantOption,
    to: Annotated[Path, typer.Option("--to", help="A folder that does not exist yet.")],
    geo: GeoOption = None,
    output: OutputOption = None,
) -> None:
    """Write what a move's Backup sealed into a folder, as packages that stand alone; for global administrators of the source.

    Example: xtenant package export b298219e-3440-40b8-8931-46e805e2b85b -t contoso --to finance-package
    """
    tools = tools_of(context)
    job = _job_id(job_id)
    if to.exists():
        raise errors.UsageError(f"{to} exists already; nothing was done.", remedy="Name a new folder with --to.")
    unfinished = to.with_name(f".{to.name}.unfinished")

    async def work() -> tuple[int, int]:
        with _shown() as progress:
            async with tools.open(tenant, geo) as client:
                return await fetch_package(client.session, client.admin_url, job, unfinished, progress=progress)

    try:
        unfinished.mkdir(parents=True)
        files, size = tools.run(work)
        unfinished.rename(to)
    except OSError as error:
        raise errors.UsageError(f"{to} cannot be written: {error.strerror}.") from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    emit({"id": str(job), "folder": str(to), "files": files, "size_bytes": size}, output)


@app.command("show")
def show(folder: FolderArgument, output: OutputOption = None) -> None:
    """Tell what a package holds, package by package; nothing is compared.

    Example: xtenant package show finance-package
    """
    head, rows = overview(_tree(folder))
    site = {} if head is None else {"id": head.job_id, "items": head.items, "versions": head.versions}
    size = {} if head is None else {"size_bytes": head.size_bytes, "counts": head.counts}
    columns = ("webs", "lists", "folders", "files", "versions", "list_items", "attachments", "scopes")

    def told() -> Iterator[Row]:
        for row in rows:
            counts = {column: row.counts[column] for column in columns}
            yield {"package": row.package, "title": row.title, **counts, "size_bytes": row.size_bytes}

    stream("packages", told(), lambda: {**site, **size}, sort="package", chosen=output)


@app.command("check")
def check_package(folder: FolderArgument, output: OutputOption = None) -> None:
    """Look through a package without any tenant: form, references, content and hashes, limits, ledger.

    Exit code 0: clean. 1: errors. 2: no errors, but rules had nothing to compare with.

    Example: xtenant package check finance-package
    """
    checked = check(_tree(folder))
    stream("findings", _findings(checked), lambda: _summary(checked), sort="rule", chosen=output)
    if checked.errors:
        raise typer.Exit(errors.ExitCode.FINDINGS)
    if checked.not_checked:
        raise typer.Exit(errors.ExitCode.NOT_ALL_CHECKED)


def _findings(checked: Check) -> Iterator[Row]:
    for one in checked:
        yield {
            "rule": one.rule,
            "severity": one.severity.value,
            "file": one.file,
            "line": one.line,
            "message": one.message,
            "remedy": one.remedy,
        }


def _summary(checked: Check) -> Mapping[str, object]:
    return {
        "packages": checked.packages,
        "errors": checked.errors,
        "warnings": checked.warnings,
        "not_checked": list(checked.not_checked),
    }


def _tree(folder: Path) -> FolderTree:
    if not folder.is_dir():
        raise errors.UsageError(f"{folder} is not a folder.", remedy="Name the folder that holds the package.")
    return FolderTree(folder)


def _job_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise errors.UsageError(f"'{text}' is not the id of a move job.") from error


@contextmanager
def _shown() -> Generator[Progress]:
    """A line that moves, on a terminal only."""
    bar = Bar(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
    )
    with bar:
        task = bar.add_task("exporting", total=None)
        yield lambda files, size: bar.update(task, description=f"{files} files, {size / 1e6:,.1f} MB")
