"""GET `/_api/xtenant/moves/JOB/package`: a move's snapshot as a package that stands alone, an archive (pax tar) of files; a
route of ours on the source (settled B 13)."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from starlette.responses import Response

from xtenant.domain.caller import Who
from xtenant.domain.content import BlobKey
from xtenant.domain.move import MoveJobId
from xtenant.domain.snapshot import Snapshot
from xtenant.domain.tenant import HostRole
from xtenant.operations import packages
from xtenant.package.exporting import Sealed, export
from xtenant.wire.archive import END, Member, write_member
from xtenant.wire.backend import Backend
from xtenant.wire.edge import Call
from xtenant.wire.routes import Evidence, Route
from xtenant.wire.streams import stream_from_thread

TAR = "application/x-tar"


def routes(backend: Backend) -> list[Route]:
    async def give_package(call: Call) -> Response:
        job_id = MoveJobId(UUID(call.values["job"]))
        snapshot = await call.run(packages.sealed_snapshot, backend.units, job_id)
        return stream_from_thread(call, _archive(backend, snapshot), media_type=TAR)

    return [
        Route(
            hosts=frozenset({HostRole.ADMIN}),
            method="GET",
            path="/_api/xtenant/moves/{job:guid}/package",
            who=Who.OWN_GLOBAL_ADMIN,
            handler=give_package,
            protocol="sharepoint_rest",
            evidence=Evidence.OUR_CHOICE,
            verb="package.export",
            source="settled B 13; migration-package 13.2",
        )
    ]


def _archive(backend: Backend, snapshot: Snapshot) -> Iterator[bytes]:
    now = backend.clock.business_now()

    def part(sha256: bytes) -> bytes:
        return b"".join(backend.blobs.open(BlobKey(sha256)))

    for file in export(Sealed(snapshot=snapshot, part=part, content=backend.blobs.open)):
        member = Member(
            names=file.names, is_folder=False, size_bytes=file.size_bytes, modified_at=now, content=file.pieces
        )
        yield from write_member(member)
    yield END
