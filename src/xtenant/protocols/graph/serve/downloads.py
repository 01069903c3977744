"""Downloads at pre-authenticated addresses on the tenant's own hosts (content-api.md 1.6).

GET, HEAD /_layouts/15/download.aspx?UniqueId={guid}&tempauth={ticket}, with `Range`, also below a site's own path
"""

from __future__ import annotations

from collections.abc import Iterator
from email.utils import format_datetime
from urllib.parse import quote, urlsplit

from starlette.responses import Response

from xtenant.domain.caller import Who
from xtenant.domain.content import Item, Site
from xtenant.domain.tenant import HostRole
from xtenant.operations import downloads
from xtenant.operations.downloads import OpenedFile
from xtenant.protocols.graph.codec import items, ranges
from xtenant.protocols.graph.codec.media import ANY
from xtenant.wire.backend import Backend
from xtenant.wire.edge import Call
from xtenant.wire.routes import Evidence, Route
from xtenant.wire.streams import send_from_thread
from xtenant.wire.tickets import TicketOffice

USE = "download"
PATH = "/_layouts/15/download.aspx"


def routes(backend: Backend) -> list[Route]:
    handler = Downloads(backend).send
    return [
        Route(
            hosts=frozenset({HostRole.MY, HostRole.ROOT}),
            method="GET",
            path=path,
            who=Who.SIGNED_URL,
            handler=handler,
            protocol="download",
            evidence=Evidence.INFERRED,
            verb="content.read",
            source="content-api.md 1.6",
        )
        for path in (PATH, f"/sites/{{site}}{PATH}", f"/personal/{{site}}{PATH}")
    ]


class Downloads:
    """Writes the addresses and answers them."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._office = TicketOffice(secret=backend.tokens.digest_secret, clock=backend.clock)

    def address_of(self, site: Site, item: Item, version: tuple[int, int] | None = None) -> str:
        """The address of a file's version, good for `Limits.download_url_seconds`; None means the current version."""
        ticket = self._office.issue(
            use=USE,
            site=site.site_id,
            thing=item.item_id,
            version=items.version_id(*(version or item.version)),
            seconds=self._backend.limits.download_url_seconds,
        )
        host = urlsplit(site.url).netloc
        return f"https://{host}{PATH}?UniqueId={item.item_id}&Translate=false&tempauth={ticket}&ApiVersion=2.0"

    async def send(self, call: Call) -> Response:
        backend = self._backend
        ticket = self._office.read(call.query("tempauth"), use=USE)
        version = items.parse_version_id(ticket.version) or (0, 0)
        file = await call.run(
            downloads.open_file, backend.units, site_id=ticket.site, item_id=ticket.thing, version=version
        )
        headers = _headers_of(file)
        if call.request.headers.get("if-none-match") == headers["ETag"]:
            return Response(status_code=304, headers=headers)
        wanted = call.request.headers.get("range")
        if (asked := call.request.headers.get("if-range")) and asked != headers["ETag"]:
            wanted = None
        try:
            span = ranges.parse_range(wanted, file.size_bytes)
        except ranges.RangeNotSatisfiable:
            return Response(status_code=416, headers={**headers, "Content-Range": f"bytes */{file.size_bytes}"})
        return await self._content(call, file, headers, span)

    async def _content(
        self, call: Call, file: OpenedFile, headers: dict[str, str], span: ranges.Span | None
    ) -> Response:
        start, size, status = (0, file.size_bytes, 200) if span is None else (span.start, span.size, 206)
        if span is not None:
            headers = {**headers, "Content-Range": f"bytes {span.start}-{span.last}/{file.size_bytes}"}
        if call.request.method == "HEAD":
            return Response(None, status, {**headers, "Content-Length": str(size)}, ANY)
        opened = await call.run(self._backend.blobs.open, file.blob, start=start, size=size)
        first = await call.run(next, opened, b"")
        if len(first) == size:
            return Response(first, status, headers, ANY)
        pieces = _joined(first, opened)
        return send_from_thread(call, pieces, size=size, status=status, headers=headers, media_type=ANY)


def _joined(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _headers_of(file: OpenedFile) -> dict[str, str]:
    version = items.version_id(*file.version)
    return {
        "Accept-Ranges": "bytes",
        "ETag": f'"{{{str(file.item_id).upper()}}},{version}"',
        "Last-Modified": format_datetime(file.modified_at, usegmt=True),
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(file.name, safe='')}",
        "Cache-Control": "private, max-age=0",
    }
