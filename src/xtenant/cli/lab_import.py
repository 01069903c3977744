"""`xtenant lab import`: a folder's real files into a site or OneDrive of a lab's tenant."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from xtenant.cli.composition import tools_in_lab
from xtenant.cli.output import OutputOption, emit
from xtenant.client.imports import Destination, ImportReport, Progress, bring_folder
from xtenant.client.lab import read_lab, require_answering
from xtenant.domain import errors
from xtenant.settings import read_tool_settings
from xtenant.wire.bulk import BulkTransfer
from xtenant.wire.transport import Connection


def register(app: typer.Typer) -> None:
    app.command("import")(import_)


def import_(
    tenant: Annotated[str, typer.Option("--tenant", "-t", help="The lab's tenant, for example contoso.")],
    folder: Annotated[Path, typer.Option("--from", help="The folder whose files are brought in.", file_okay=False)],
    site: Annotated[str | None, typer.Option("--site", help="The site's address; made where it is not there.")] = None,
    user: Annotated[
        str | None, typer.Option("--user", help="Whose OneDrive, by UPN; made where it is not there.")
    ] = None,
    author: Annotated[str | None, typer.Option("--author", help="UPN that stands as author of everything.")] = None,
    home: Annotated[
        Path | None, typer.Option("--home", help="The lab's home; else XTENANT_LAB, else .xtenant here.")
    ] = None,
    output: OutputOption = None,
) -> None:
    """Bring a folder's files into a site or a OneDrive, dates kept. Example: xtenant lab import -t contoso --site
    https://contoso.sharepoint.com/sites/project --from examples/estate/site

    Symbolic links and special files are skipped and reported; names SharePoint refuses are changed and reported.
    """
    if (site is None) == (user is None):
        raise errors.UsageError("Name either --site URL or --user UPN.")
    if not folder.is_dir():
        raise errors.UsageError(f"{folder} is not a folder.", remedy="Name the folder to bring in with --from.")
    here = read_tool_settings()
    place = (home or here.lab_home or here.default_lab_home).resolve()
    report = _bring(place, tenant, folder, Destination(site_url=site, user=user, author=author or user))
    emit(
        {
            "folders": report.folders,
            "files": report.files,
            "size_bytes": report.size_bytes,
            "skipped": [{"path": path, "reason": reason} for path, reason in report.skipped],
            "renamed": [{"path": path, "name": name} for path, name in report.renamed],
        },
        output,
    )


def _bring(home: Path, tenant: str, folder: Path, destination: Destination) -> ImportReport:
    lab = read_lab(home)
    require_answering(lab)
    tools = tools_in_lab(home)
    profile = tools.store.get(tenant)
    bulk = BulkTransfer(Connection(proxy_url=lab.proxy, ca_file=Path(lab.ca_file)), clock=tools.clock)

    async def token_for(resource: str) -> str:
        return await tools.opener.token(profile, resource)

    async def work() -> ImportReport:
        with _shown() as progress:
            async with tools.open(profile) as client:
                return await bring_folder(
                    client.session, bulk, token_for, client.admin_url, folder, destination, progress=progress
                )

    try:
        return tools.run(work)
    finally:
        bulk.close()


@contextmanager
def _shown() -> Generator[Callable[[Progress], None]]:
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
        task = bar.add_task("importing", total=None)
        yield lambda done: bar.update(task, description=f"{done.items} items, {done.size_bytes / 1e6:,.1f} MB")
