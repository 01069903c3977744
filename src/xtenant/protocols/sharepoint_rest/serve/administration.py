"""Routes of ours for bringing real files into a lab's tenant (settled B 13); a service that is no lab does not have them.

POST `/_api/xtenant/sites` with `{"url", "title", "owner"}` or `{"user"}` · POST `/_api/xtenant/import?site=URL&author=UPN`
with a pax archive (`wire/archive.py`): members in order, a path that comes again is the file's next version.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec
from starlette.responses import JSONResponse, Response

from xtenant.domain import errors
from xtenant.domain.caller import Who
from xtenant.domain.content import BlobGone
from xtenant.domain.tenant import HostRole
from xtenant.operations import import_targets, imports
from xtenant.operations.imports import ImportEntry, ImportTally, ImportVersion
from xtenant.wire.archive import Member, read_members
from xtenant.wire.backend import Backend
from xtenant.wire.edge import Call
from xtenant.wire.routes import Evidence, Handler, Route
from xtenant.wire.streams import receive_in_thread

LARGEST_ARCHIVE = 256 * 1024**3


def routes(backend: Backend) -> list[Route]:
    if not backend.lab:
        return []
    administration = Administration(backend)
    table: dict[str, Handler] = {
        "/_api/xtenant/sites": administration.make_site,
        "/_api/xtenant/import": administration.bring_in,
    }
    return [
        Route(
            hosts=frozenset({HostRole.ADMIN}),
            method="POST",
            path=path,
            who=Who.OWN_SHAREPOINT_ADMIN,
            handler=handler,
            protocol="sharepoint_rest",
            evidence=Evidence.OUR_CHOICE,
            verb="content.write",
            source="settled B 13",
        )
        for path, handler in table.items()
    ]


class _SiteBody(msgspec.Struct, forbid_unknown_fields=True):
    url: str | None = None
    title: str | None = None
    owner: str | None = None
    user: str | None = None


class Administration:
    """Handlers of imports."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    async def make_site(self, call: Call) -> Response:
        backend, body = self._backend, _read(await call.body(call.limits.json_body))
        if (body.url is None) == (body.user is None):
            raise errors.UsageError("Give the address of a site or the name of a user.")
        if body.user is not None:
            made = await call.run(
                import_targets.ensure_onedrive,
                backend.units,
                geo=call.geo,
                upn=body.user,
                clock=backend.clock,
                ids=backend.ids,
            )
        else:
            url = body.url or ""
            made = await call.run(
                import_targets.ensure_site,
                backend.units,
                geo=call.geo,
                url=url,
                title=body.title or url.rstrip("/").rpartition("/")[2],
                owner_upn=body.owner,
                clock=backend.clock,
                ids=backend.ids,
            )
        return JSONResponse({"url": made.site.url, "site_id": str(made.site.site_id), "library": made.library})

    async def bring_in(self, call: Call) -> Response:
        url = call.query("site")
        if not url:
            raise errors.UsageError("Name the site: ?site=URL.")
        target = await call.run(
            import_targets.import_target, self._backend.units, url=url, author_upn=call.query("author")
        )
        tally = await receive_in_thread(call, lambda pieces: self._import(target, pieces), limit_bytes=LARGEST_ARCHIVE)
        return JSONResponse(
            {
                "folders": tally.folders,
                "files": tally.files,
                "replaced": tally.replaced,
                "versions": tally.versions,
                "size_bytes": tally.size_bytes,
            }
        )

    def _import(self, target: import_targets.ImportTarget, pieces: Iterator[bytes]) -> ImportTally:
        backend = self._backend
        return imports.import_items(
            backend.units,
            backend.blobs,
            site_id=target.site_id,
            author=target.author,
            entries=_entries(read_members(pieces)),
            clock=backend.clock,
            ids=backend.ids,
        )


def _entries(members: Iterable[Member]) -> Iterator[ImportEntry]:
    for member in members:
        created = member.created_at or member.modified_at
        versions = ()
        if not member.is_folder:
            versions = (ImportVersion(modified_at=member.modified_at, pieces=_Once(member.content)),)
        yield ImportEntry(names=member.names, created_at=created, modified_at=member.modified_at, versions=versions)


class _Once:
    """Content that arrives and cannot be read again: a second time is answered with BlobGone (409, send again)."""

    def __init__(self, content: Iterator[bytes]) -> None:
        self._content: Iterator[bytes] | None = content

    def __call__(self) -> Iterator[bytes]:
        content, self._content = self._content, None
        if content is None:
            raise BlobGone("Content was collected while it was imported; send this archive again.")
        return content


def _read(body: bytes) -> _SiteBody:
    try:
        return msgspec.json.decode(body, type=_SiteBody)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise errors.UsageError(f"The body cannot be read: {error}.") from error
