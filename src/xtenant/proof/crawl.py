"""Walks a drive over Graph and records every folder and file with its versions in a baseline.

The list comes from `delta`, the one list that promises every item (content-api.md 1.7). The history of a file is asked for only
where its label says that there is more than one version, twenty files in one `$batch`; the content only where it is wanted
(content-api.md 1.4, 1.11, 1.15).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from xtenant.domain import errors
from xtenant.proof.baseline import Baseline, Totals
from xtenant.proof.content import Hashes
from xtenant.proof.facts import ItemFacts, Kind, VersionFacts
from xtenant.protocols.graph.call.answers import BASE, Row, ask, pages, rows
from xtenant.protocols.graph.codec.drives import RemoteDrive
from xtenant.protocols.graph.codec.items import (
    RemoteItem,
    RemoteVersion,
    item_from_json,
    version_from_json,
)
from xtenant.wire.transport import Session

PAGE_SIZE = 1_000
BATCH_SIZE = 20
ONLY_VERSION = "1.0"
"""The label of a file that was never written a second time."""

_FIELDS = (
    "id,name,size,file,folder,package,root,deleted,createdDateTime,lastModifiedDateTime,fileSystemInfo,createdBy,lastModifiedBy,"
    "parentReference,publication,shared,@microsoft.graph.downloadUrl"
)

Progress = Callable[[int], None]
"""Told how many items have been recorded so far."""


@dataclass(frozen=True, slots=True)
class _Found:
    """An item as listed; `label` is the current version's, None where the tenant does not tell it."""

    remote: RemoteItem
    path: str
    label: str | None


async def crawl(
    session: Session,
    drive: RemoteDrive,
    into: Baseline,
    *,
    content: Hashes | None = None,
    progress: Progress = lambda _: None,
) -> Totals:
    """Record everything in a drive; with `content` files are read as well and their SHA-256 recorded.

    Nobody should write meanwhile. Raises NetworkError or AccessDenied when a part cannot be listed (nothing is left out
    silently), Conflict when two items have one path.
    """
    try:
        await _Walk(session, drive.id, into, content, progress).run()
    except ExceptionGroup as group:
        raise _first_of(group) from group
    return into.totals()


class _Walk:
    """One crawl: page by page, with the paths of the folders met so far and the items whose folder comes later."""

    def __init__(
        self, session: Session, drive_id: str, into: Baseline, content: Hashes | None, progress: Progress
    ) -> None:
        self._session = session
        self._drive = f"/drives/{drive_id}"
        self._into = into
        self._content = content
        self._progress = progress
        self._recorded = 0
        self._folders: dict[str, str] = {}
        self._orphans: list[Row] = []

    async def run(self) -> None:
        """Parents come before their children as a rule; what came too early is tried again at the end."""
        url = f"{BASE}{self._drive}/root/delta?$top={PAGE_SIZE}&$select={_FIELDS}"
        async for page in pages(self._session, url):
            await self._record(self._placed(page.get("value") or ()))
        while self._orphans:
            waiting, self._orphans = self._orphans, []
            await self._record(self._placed(waiting))
            if len(self._orphans) == len(waiting):
                raise errors.NetworkError(f"{len(waiting)} items lie in folders that were not listed.")

    def _placed(self, listed: Sequence[Row]) -> list[_Found]:
        """Items with their paths, the library itself left out."""
        found: list[_Found] = []
        for row in listed:
            remote = _read(row)
            if remote.is_root:
                self._folders[remote.id] = ""
            elif remote.is_deleted:
                continue
            elif remote.parent_id not in self._folders:
                self._orphans.append(row)
            else:
                path = f"{self._folders[remote.parent_id]}/{remote.name}".lstrip("/")
                if remote.is_folder:
                    self._folders[remote.id] = path
                found.append(_Found(remote, path, _label_in(row)))
        return found

    async def _record(self, found: Sequence[_Found]) -> None:
        if not found:
            return
        histories = await self._histories(found)
        facts = [_facts_of(each, histories.get(each.remote.id)) for each in found]
        if self._content is not None:
            files = {each.path: each.remote for each in found if not each.remote.is_folder}
            hashes = await self._content.hashes(files)
            facts = [replace(fact, sha256=hashes.get(fact.path)) for fact in facts]
        self._into.add(facts)
        self._recorded += len(facts)
        self._progress(self._recorded)

    async def _histories(self, found: Sequence[_Found]) -> dict[str, tuple[VersionFacts, ...]]:
        """Item id → versions, for the files that may have more than one."""
        wanted = [each.remote.id for each in found if not each.remote.is_folder and each.label != ONLY_VERSION]
        histories: dict[str, tuple[VersionFacts, ...]] = {}
        for start in range(0, len(wanted), BATCH_SIZE):
            histories |= await self._batch(wanted[start : start + BATCH_SIZE])
        return histories

    async def _batch(self, item_ids: Sequence[str]) -> dict[str, tuple[VersionFacts, ...]]:
        parts = [
            {"id": str(number), "method": "GET", "url": f"{self._drive}/items/{item_id}/versions"}
            for number, item_id in enumerate(item_ids)
        ]
        answer = await ask(self._session, "POST", f"{BASE}/$batch", json={"requests": parts}, idempotent=True)
        told = {part["id"]: part for part in answer.get("responses") or ()}
        return {item_id: await self._history(item_id, told.get(str(number))) for number, item_id in enumerate(item_ids)}

    async def _history(self, item_id: str, told: Row | None) -> tuple[VersionFacts, ...]:
        """From a part of a batch; asked for again, alone and with paging, where the part does not bring all of it."""
        body: Mapping[str, Any] = (told or {}).get("body") or {}
        if told is not None and told.get("status") == 200 and "@odata.nextLink" not in body:
            return tuple(_version(version_from_json(row)) for row in body.get("value") or ())
        url = f"{BASE}{self._drive}/items/{item_id}/versions"
        return tuple([_version(version_from_json(row)) async for row in rows(self._session, url)])


def _read(row: Row) -> RemoteItem:
    try:
        return item_from_json(row)
    except (KeyError, ValueError, TypeError) as error:
        raise errors.NetworkError(f"An item of the list cannot be read: {error}.") from error


def _label_in(row: Row) -> str | None:
    publication: Mapping[str, Any] = row.get("publication") or {}
    return publication.get("versionId")


def _facts_of(found: _Found, history: tuple[VersionFacts, ...] | None) -> ItemFacts:
    remote = found.remote
    own: tuple[VersionFacts, ...] = ()
    if not remote.is_folder and remote.modified_at is not None:
        own = (
            VersionFacts(
                number=ONLY_VERSION,
                size_bytes=remote.size_bytes,
                modified_at=remote.modified_at,
                editor=remote.editor,
            ),
        )
    return ItemFacts(
        path=found.path,
        kind=Kind.FOLDER if remote.is_folder else Kind.FILE,
        size_bytes=remote.size_bytes,
        quick_xor=remote.quick_xor,
        created_at=remote.created_at,
        modified_at=remote.modified_at,
        author=remote.author,
        editor=remote.editor,
        versions=own if history is None else history,
        remote_id=remote.id,
        shared=remote.shared,
    )


def _version(remote: RemoteVersion) -> VersionFacts:
    return VersionFacts(
        number=remote.id, size_bytes=remote.size_bytes, modified_at=remote.modified_at, editor=remote.editor
    )


def _first_of(group: ExceptionGroup[Exception]) -> Exception:
    """One error of several that happened at once; all have the same cause as a rule."""
    found: BaseException = group
    while isinstance(found, BaseExceptionGroup):
        found = cast("BaseExceptionGroup[BaseException]", found).exceptions[0]
    return found if isinstance(found, Exception) else group
