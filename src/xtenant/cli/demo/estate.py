"""What the demo moves: a folder's real files become a site, and a OneDrive; what could not be taken is said."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from xtenant.cli.demo.history import write_history
from xtenant.cli.demo.stage import SOURCE, Stage
from xtenant.cli.demo.telling import Teller
from xtenant.client.imports import Destination, ImportReport, bring_folder
from xtenant.client.tenant import TenantClient
from xtenant.domain import errors

RENAMED = "a name that SharePoint refuses, or takes for one that is there"
WRITERS = ("bob", "carla")
SITE, ONEDRIVE = "site", "OneDrive"
SLICE_FILES = 200
SLICE_BYTES = 50 * 1024 * 1024
SLICE_LOOKS = 100_000
EXAMPLES = Path(__file__).parents[4] / "examples" / "estate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """Folders on this machine. Without one of its own the OneDrive gets a slice of the site's."""

    site: Path
    onedrive: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """What the source holds now."""

    site: ImportReport
    onedrive: ImportReport
    onedrive_url: str


def content_of(folder: Path | None) -> Content:
    """The folder given, or the example estate. Raises UsageError when it is not there or holds no file."""
    chosen = Content(site=EXAMPLES / "site", onedrive=EXAMPLES / "onedrive") if folder is None else Content(site=folder)
    if not chosen.site.is_dir():
        raise errors.UsageError(
            f"{chosen.site} is not a folder.", remedy="Name a folder with files: xtenant demo --content FOLDER."
        )
    if next(_plain_files(chosen.site), None) is None:
        raise errors.UsageError(
            f"There is no file in {chosen.site}.", remedy="Name a folder with files: xtenant demo --content FOLDER."
        )
    return chosen


def slice_of(folder: Path, into: Path) -> Path:
    """Copy the first files of a folder, at most `SLICE_FILES` and `SLICE_BYTES`, dates kept; unreadable ones are left out."""
    into.mkdir()
    files, size = 0, 0
    for file, facts in _plain_files(folder):
        if files == SLICE_FILES:
            break
        if size + facts.st_size > SLICE_BYTES:
            continue
        copy = into / file.relative_to(folder)
        try:
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(file, copy)
        except OSError:
            copy.unlink(missing_ok=True)
            continue
        files, size = files + 1, size + facts.st_size
    return into


def _plain_files(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """Regular files in name order, links not followed."""
    looked = 0
    for place, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            looked += 1
            if looked > SLICE_LOOKS:
                return
            file = Path(place) / name
            try:
                facts = file.lstat()
            except OSError:
                continue
            if stat.S_ISREG(facts.st_mode):
                yield file, facts


async def bring_in(
    stage: Stage, tenant: TenantClient, content: Content, *, site_url: str, upn: str, teller: Teller
) -> Brought:
    """Import both, tell what came and what did not, and let other people write further versions into the site."""
    importer = _Importer(stage, tenant, teller)
    site = await importer.bring(SITE, content.site, Destination(site_url=site_url, title="Project", author=upn))
    writers = tuple(f"{name}@{stage.estate.tenant(SOURCE).domain}" for name in WRITERS)
    written = await write_history(stage, tenant, site_url, writers=writers)
    teller.say(f"{SITE}: {written.versions} further versions written over Graph by {' and '.join(written.people)}")
    folder = content.onedrive or slice_of(content.site, stage.home / "slice")
    onedrive = await importer.bring(ONEDRIVE, folder, Destination(user=upn, author=upn))
    return Brought(site=site, onedrive=onedrive, onedrive_url=onedrive.site_url)


class _Importer:
    """Brings folders in as `xtenant lab import` does."""

    def __init__(self, stage: Stage, tenant: TenantClient, teller: Teller) -> None:
        self._stage = stage
        self._tenant = tenant
        self._teller = teller

    async def bring(self, name: str, folder: Path, place: Destination) -> ImportReport:
        """Make the site or OneDrive, and import a folder into its library."""
        tools = self._stage.tools
        profile = tools.store.get(SOURCE)
        started = tools.clock.monotonic()

        async def token_for(resource: str) -> str:
            return await tools.opener.token(profile, resource)

        with self._teller.bars() as bars:
            report = await bring_folder(
                self._tenant.session,
                self._stage.bulk,
                token_for,
                self._tenant.admin_url,
                folder,
                place,
                progress=lambda done: bars.show(name, done=done.items, state="importing"),
            )
        self._tell(name, folder, report, tools.clock.monotonic() - started)
        return report

    def _tell(self, name: str, folder: Path, report: ImportReport, seconds: float) -> None:
        self._teller.say(
            f"{name}: {report.files:,} files and {report.folders:,} folders, {report.size_bytes:,} bytes, "
            f"imported from {folder} in {seconds:.1f} s"
        )
        self._teller.reasons("not taken", report.skipped)
        self._teller.reasons("renamed", [(f"{old} → {new}", RENAMED) for old, new in report.renamed])
