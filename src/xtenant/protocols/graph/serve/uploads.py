"""Uploads (content-api.md 1.8, 1.9): whole small files, and sessions at pre-authenticated addresses.

PUT …/content · POST …/createUploadSession · PUT, GET, POST, DELETE /_api/v2.0/drives/{drive}/uploadSession?guid=…&tempauth=…
"""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.responses import Response

from xtenant.domain.caller import Who
from xtenant.domain.drive import DriveRef
from xtenant.domain.tenant import HostRole
from xtenant.domain.upload import ConflictBehavior, FragmentLengthMismatch, SessionId, UploadSession
from xtenant.operations import content, small_uploads, uploads
from xtenant.protocols.graph.codec import bodies, drives, items, query, ranges
from xtenant.protocols.graph.codec import writing as codec
from xtenant.protocols.graph.codec.address import Address
from xtenant.protocols.graph.serve.answers import PROTOCOL, context, json_answer, no_content, options_of
from xtenant.protocols.graph.serve.downloads import Downloads
from xtenant.protocols.graph.serve.items import Items
from xtenant.protocols.graph.serve.places import drive_of, where_of
from xtenant.protocols.graph.serve.writing import dates_of
from xtenant.wire.backend import Backend
from xtenant.wire.conditions import if_match
from xtenant.wire.edge import Call
from xtenant.wire.routes import Evidence, Route
from xtenant.wire.streams import receive_in_thread
from xtenant.wire.tickets import TicketOffice

USE = "upload"
PATH = "/_api/v2.0/drives/{drive}/uploadSession"


def routes(backend: Backend) -> list[Route]:
    """The addresses that sessions live at; the rest comes through the address grammar."""
    handlers = Uploads(backend, Items(backend, Downloads(backend)))
    table = {"PUT": handlers.fragment, "GET": handlers.status, "POST": handlers.commit, "DELETE": handlers.cancel}
    return [
        Route(
            hosts=frozenset({HostRole.MY, HostRole.ROOT}),
            method=method,
            path=PATH,
            who=Who.SIGNED_URL,
            handler=handler,
            protocol=PROTOCOL,
            evidence=Evidence.INFERRED,
            verb="content.write",
            source="content-api.md 1.9",
        )
        for method, handler in table.items()
    ]


class Uploads:
    """Handlers of content coming in."""

    def __init__(self, backend: Backend, items: Items) -> None:
        self._backend = backend
        self._items = items
        self._office = TicketOffice(secret=backend.tokens.digest_secret, clock=backend.clock)

    async def small(self, call: Call, address: Address) -> Response:
        backend, options = self._backend, options_of(call)
        ref, where, matches = (
            await drive_of(backend, call, address),
            where_of(address.item),
            if_match(call, items.etag_of, items.ctag_of),
        )
        view, created = await receive_in_thread(
            call,
            lambda pieces: small_uploads.put_whole(
                backend.units,
                backend.blobs,
                call.caller,
                ref=ref,
                where=where,
                pieces=pieces,
                conflict=options.conflict or ConflictBehavior.REPLACE,
                matches=matches,
                clock=backend.clock,
                ids=backend.ids,
            ),
            limit_bytes=call.limits.small_upload,
        )
        row = self._items.row(view, query.Options())
        return json_answer({"@odata.context": context(call, "driveItems/$entity"), **row}, 201 if created else 200)

    async def begin(self, call: Call, address: Address) -> Response:
        backend, options = self._backend, options_of(call)
        raw = await call.body(call.limits.json_body)
        body = bodies.decode(raw, codec.SessionBody) if raw.strip() else codec.SessionBody()
        ref = await drive_of(backend, call, address)
        session = await call.run(
            uploads.create_session,
            backend.units,
            call.caller,
            ref=ref,
            where=where_of(address.item),
            conflict=_conflict_of(call, body, options),
            dates=dates_of(body.item.file_system_info),
            defer_commit=body.defer_commit,
            matches=if_match(call, items.etag_of, items.ctag_of),
            clock=backend.clock,
            ids=backend.ids,
        )
        upload_url = await self._address_of(call, ref, session)
        return json_answer({"@odata.context": context(call, "uploadSession"), **_status(session, upload_url)})

    async def _address_of(self, call: Call, ref: DriveRef, session: UploadSession) -> str:
        drive = await call.run(content.find_drive, self._backend.units, call.caller, ref=ref)
        site = drive.site
        ticket = self._office.sign(
            use=USE, site=site.site_id, thing=session.session_id, version="", until=session.expires_at
        )
        path = PATH.replace("{drive}", str(drives.drive_id(drive)))
        return f"https://{urlsplit(site.url).netloc}{path}?guid={session.session_id}&tempauth={ticket}"

    async def fragment(self, call: Call) -> Response:
        """A fragment; a token that comes along is not looked at (finding 4)."""
        backend, session_id = self._backend, self._session(call)
        part = ranges.parse_content_range(call.request.headers.get("content-range"))
        length = call.request.headers.get("content-length", "")
        if length.isdecimal() and int(length) != part.size:
            raise FragmentLengthMismatch("Content-Length and Content-Range disagree.")
        session = await receive_in_thread(
            call,
            lambda pieces: uploads.receive_fragment(
                backend.units,
                backend.uploads,
                session_id=session_id,
                start=part.start,
                end=part.start + part.size - 1,
                total=part.total,
                pieces=pieces,
                clock=backend.clock,
            ),
            limit_bytes=call.limits.upload_fragment,
        )
        if session.is_complete and not session.defer_commit:
            return await self._finished(call, session_id)
        return json_answer(_status(session), 202)

    async def commit(self, call: Call) -> Response:
        """The last step of a session that was deferred."""
        return await self._finished(call, self._session(call))

    async def _finished(self, call: Call, session_id: SessionId) -> Response:
        backend = self._backend
        view, created = await call.run(
            uploads.finish,
            backend.units,
            backend.uploads,
            backend.blobs,
            session_id=session_id,
            clock=backend.clock,
            ids=backend.ids,
        )
        return json_answer(self._items.row(view, query.Options()), 201 if created else 200)

    async def status(self, call: Call) -> Response:
        backend = self._backend
        session = await call.run(
            uploads.session_status, backend.units, session_id=self._session(call), clock=backend.clock
        )
        return json_answer(_status(session))

    async def cancel(self, call: Call) -> Response:
        backend = self._backend
        await call.run(
            uploads.cancel, backend.units, backend.uploads, session_id=self._session(call), clock=backend.clock
        )
        return no_content()

    def _session(self, call: Call) -> SessionId:
        """The session the address's ticket stands for. Raises TicketRefused, UploadSessionGone."""
        ticket = self._office.read(call.query("tempauth"), use=USE)
        return SessionId(ticket.thing)


def _conflict_of(call: Call, body: codec.SessionBody, options: query.Options) -> ConflictBehavior:
    """Replace where nothing is said: rclone overwrites without the key (content-api.md 1.9, inferred)."""
    if call.request.headers.get("if-none-match", "").strip() == "*":
        return ConflictBehavior.FAIL
    return body.item.conflict or options.conflict or ConflictBehavior.REPLACE


def _status(session: UploadSession, upload_url: str | None = None) -> dict[str, object]:
    return codec.session_json(
        upload_url=upload_url,
        expires_at=session.expires_at,
        received=session.received,
        total=session.total,
        is_complete=session.is_complete,
    )
