"""Versions of a file: published, taken back, commented, listed (content-api.md 4.3).

Below `/_api/web/GetFileByServerRelativePath(…)`: POST `/Publish('comment')`, `/UnPublish('comment')`,
`/CheckIn(comment='…',checkintype=1)`; GET `/Versions`, the older ones. Nobody checks files out here, so that CheckIn comments the
version that is there.
"""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from xtenant.domain import errors
from xtenant.domain.content import FileVersion
from xtenant.domain.permissions import Securable
from xtenant.domain.versioning import CheckInType
from xtenant.operations import lists, versions
from xtenant.protocols.sharepoint_rest.codec.list_address import words
from xtenant.protocols.sharepoint_rest.codec.selection import read_selection, shaped
from xtenant.protocols.sharepoint_rest.serve.context import check_digest, digests_of
from xtenant.protocols.sharepoint_rest.serve.webs import options_of, ref_of, route
from xtenant.wire import odata
from xtenant.wire.backend import Backend
from xtenant.wire.edge import Call
from xtenant.wire.odata import Json
from xtenant.wire.routes import Evidence, Route


class Publishing:
    """Handlers."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._digests = digests_of(backend)

    async def publish(self, call: Call) -> Response:
        await self._run(call, versions.publish, comment=_comment(call))
        return odata.nothing(call.request, "Publish")

    async def take_back(self, call: Call) -> Response:
        await self._run(call, versions.take_back, comment=_comment(call))
        return odata.nothing(call.request, "UnPublish")

    async def check_in(self, call: Call) -> Response:
        text = call.values["arguments"]
        names = [name for name in ("comment", "checkintype") if f"{name}=" in text.lower()]
        given = odata.arguments(text, *names, aliases=_aliases(call)) if names else {}
        await self._run(
            call, versions.check_in, comment=given.get("comment", ""), kind=_kind(given.get("checkintype", "0"))
        )
        return odata.nothing(call.request, "CheckIn")

    async def older(self, call: Call) -> Response:
        selection = read_selection(options_of(call))
        history = await call.run(lists.history, self._backend.units, call.caller, ref=ref_of(call), what=_file_of(call))
        older = history.versions[1:]
        return odata.feed(call.request, [shaped(_version_json(one), selection) for one in older])

    async def _run(self, call: Call, change: Any, **more: object) -> None:
        check_digest(self._digests, call)
        await call.run(
            change,
            self._backend.units,
            call.caller,
            ref=ref_of(call),
            what=_file_of(call),
            clock=self._backend.clock,
            **more,
        )


def _version_json(version: FileVersion) -> dict[str, Json]:
    return {
        "ID": version.major * 512 + version.minor,
        "VersionLabel": f"{version.major}.{version.minor}",
        "CheckInComment": version.comment,
        "Created": version.modified_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "IsCurrentVersion": False,
        "Size": version.size_bytes,
        "Length": str(version.size_bytes),
    }


def _file_of(call: Call) -> Securable:
    return Securable(item_path=words(call.values["item"])[0].argument("DecodedUrl", _aliases(call)))


def _aliases(call: Call) -> dict[str, str]:
    return {name: value for name, value in options_of(call) if name.startswith("@")}


def _comment(call: Call) -> str:
    text = call.values["arguments"]
    return odata.arguments(text, "comment", aliases=_aliases(call))["comment"] if text.strip() else ""


def _kind(text: str) -> CheckInType:
    try:
        return CheckInType(int(text))
    except ValueError:
        raise errors.UsageError(f"'{text[:20]}' is no kind of check-in.", remedy="Use 0, 1 or 2.") from None


def routes(backend: Backend) -> list[Route]:
    handlers = Publishing(backend)
    return [
        *(
            route("POST", f"web/{{item:item}}/{name}({{arguments:path}})", handler, verb="versions.write")
            for name, handler in (
                ("publish", handlers.publish),
                ("unpublish", handlers.take_back),
                ("checkin", handlers.check_in),
            )
        ),
        route("GET", "web/{item:item}/versions", handlers.older, verb="lists.read", evidence=Evidence.INFERRED),
    ]
