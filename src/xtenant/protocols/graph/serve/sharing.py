"""Sharing links: made on an item, and followed by their address (content-api.md 1.12).

POST `…/createLink` of an item; GET `/shares/{u!…}`, `/shares/{u!…}/driveItem` and `/root`, each with `/children` and
`/content`; POST `/shares/{u!…}/permission/grant`. Below `/_api/v2.0` of the tenant's own hosts a reader needs
no token for links that are for anybody.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

from starlette.responses import Response

from xtenant.domain import errors
from xtenant.domain.caller import Who
from xtenant.domain.content import ItemKind
from xtenant.domain.drive import ItemView
from xtenant.domain.sharing import LinkView
from xtenant.domain.tenant import HostRole
from xtenant.operations import links
from xtenant.operations.link_tokens import LinkTokens, link_tokens
from xtenant.protocols.graph.codec import bodies, query, sharing, writing
from xtenant.protocols.graph.codec.address import Address, Segment, path_names
from xtenant.protocols.graph.codec.dates import parse_date
from xtenant.protocols.graph.serve.answers import PROTOCOL, body_of, context, json_answer, link, options_of, rows
from xtenant.protocols.graph.serve.downloads import Downloads
from xtenant.protocols.graph.serve.items import Items
from xtenant.protocols.graph.serve.places import drive_of, where_of
from xtenant.wire.backend import Backend
from xtenant.wire.edge import Call
from xtenant.wire.routes import Evidence, Route

SOURCE = "rclone.txt; content-api.md 1.12"


class Tokens:
    """The tenant's tokens, read once: the key behind them never changes."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._known: LinkTokens | None = None

    async def of(self, call: Call) -> LinkTokens:
        if self._known is None:
            self._known = await call.run(link_tokens, self._backend.units, self._backend.ids)
        return self._known


class Links:
    """Links of an addressed item, beside its permissions."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._tokens = Tokens(backend)

    async def create(self, call: Call, address: Address) -> Response:
        body = await body_of(call, writing.LinkBody)
        if body.password is not None:
            raise query.NotSupported("Links with a password are not served.")
        if body.retain_inherited_permissions is False:
            raise query.NotSupported("A link leaves an item's permissions as they are.")
        backend = self._backend
        view, is_new = await call.run(
            links.create,
            backend.units,
            call.caller,
            await self._tokens.of(call),
            ref=await drive_of(backend, call, address),
            where=where_of(address.item),
            kind=sharing.kind_of(body.type),
            scope=sharing.scope_of(body.scope),
            expires_at=parse_date(body.expiration_date_time) if body.expiration_date_time else None,
            recipients=[recipient.name for recipient in body.recipients],
            clock=backend.clock,
            ids=backend.ids,
        )
        return json_answer(sharing.link_json(view), 201 if is_new else 200)

    async def of_item(self, call: Call, address: Address) -> Sequence[LinkView]:
        return await call.run(
            links.links_of,
            self._backend.units,
            call.caller,
            await self._tokens.of(call),
            ref=await drive_of(self._backend, call, address),
            where=where_of(address.item),
        )

    async def named(self, call: Call, address: Address, link_id: UUID | None) -> LinkView | None:
        """The link that a permission's id names, where it is one's."""
        found = () if link_id is None else await self.of_item(call, address)
        return next((view for view in found if view.link.link_id == link_id), None)

    async def change(self, call: Call, address: Address, view: LinkView, body: writing.PermissionPatch) -> Response:
        """Only when it ends: a link's role is changed by a new link."""
        expires = body.expiration_date_time
        if body.roles is not None or not (expires is None or isinstance(expires, str)):
            raise errors.UsageError("The role of a link cannot be changed.", remedy="Delete it and make another.")
        changed = await call.run(
            links.change_expiry,
            self._backend.units,
            call.caller,
            await self._tokens.of(call),
            ref=await drive_of(self._backend, call, address),
            where=where_of(address.item),
            link_id=view.link.link_id,
            expires_at=parse_date(expires) if expires else None,
            clock=self._backend.clock,
        )
        return json_answer(sharing.link_json(changed))

    async def remove(self, call: Call, address: Address, view: LinkView) -> None:
        await call.run(
            links.remove,
            self._backend.units,
            call.caller,
            ref=await drive_of(self._backend, call, address),
            where=where_of(address.item),
            link_id=view.link.link_id,
            clock=self._backend.clock,
        )


Answer = Callable[[Call, str, tuple[Segment, ...]], Awaitable[Response]]


class Shares:
    """Handlers below `/shares/{id}`."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._downloads = Downloads(backend)
        self._items = Items(backend, self._downloads)
        self._tokens = Tokens(backend)

    async def get(self, call: Call) -> Response:
        share, names, rest = _read(call)
        token = sharing.token_of_share(share)
        match rest:
            case "":
                view = await self._view(call, token, ())
                return json_answer({"@odata.context": context(call, "shares/$entity"), **_shared_item(share, view)})
            case "driveitem" | "root":
                view = await self._view(call, token, names)
                return json_answer(
                    {"@odata.context": context(call, "driveItems/$entity"), **self._items.row(view, options_of(call))}
                )
            case "driveitem/content" | "root/content":
                view = await self._view(call, token, names)
                if view.item.kind is not ItemKind.FILE:
                    raise errors.UsageError("You cannot get content for a folder.")
                address = self._downloads.address_of(view.drive.site, view.item)
                return Response(status_code=302, headers={"Location": address})
            case "driveitem/children" | "root/children" if not names:
                return await self._children(call, token)
            case _:
                raise query.NotSupported(f"'{rest[:60]}' of a shared item is not served.")

    async def grant(self, call: Call) -> Response:
        share, _, rest = _read(call)
        if rest != "permission/grant":
            raise query.NotSupported(f"'{rest[:60]}' of a shared item is not served.")
        body = await body_of(call, writing.GrantBody)
        changed = await call.run(
            links.grant,
            self._backend.units,
            call.caller,
            await self._tokens.of(call),
            token=sharing.token_of_share(share),
            recipients=[recipient.name for recipient in body.recipients],
            clock=self._backend.clock,
        )
        return json_answer({"value": [sharing.link_json(changed)]})

    async def _view(self, call: Call, token: str, names: tuple[str, ...]) -> ItemView:
        units, clock = self._backend.units, self._backend.clock
        return await call.run(links.follow, units, call.caller, token=token, names=names, clock=clock)

    async def _children(self, call: Call, token: str) -> Response:
        options = options_of(call)
        views, following = await call.run(
            links.children,
            self._backend.units,
            call.caller,
            token=token,
            after_name=query.unpack_token(options.skip_token) if options.skip_token else "",
            limit=options.limit(call.limits.page_size, call.limits.page_size_max),
            clock=self._backend.clock,
        )
        next_link = None if following is None else link(call, "$skiptoken", query.pack_token(following))
        shown = [self._items.row(view, options) for view in views]
        return json_answer(bodies.page(shown, context=context(call, "driveItems"), next_link=next_link))


def _read(call: Call) -> tuple[str, tuple[str, ...], str]:
    """The share's id, the names of a `:/path:` behind it, and what is asked for, in lower case."""
    share, _, rest = call.values["share"].partition("/")
    head, colon, tail = rest.partition(":")
    if not colon:
        return share, (), rest.strip("/").lower()
    path, _, behind = tail.partition(":")
    return share, path_names(path), "/".join(part for part in (head.strip("/"), behind.strip("/")) if part).lower()


def _shared_item(share: str, view: ItemView) -> dict[str, object]:
    return {
        "id": share,
        "name": view.item.name,
        "owner": {} if view.drive.owner is None else {"user": {"displayName": view.drive.owner.name}},
    }


def routes(backend: Backend) -> list[Route]:
    shares = Shares(backend)
    table = [
        *rows("GET", "/shares/{share:path}", shares.get, verb="content.read", source=SOURCE),
        *rows("POST", "/shares/{share:path}", shares.grant, verb="content.write", source=SOURCE),
    ]
    anonymous = [
        Route(
            hosts=frozenset({HostRole.MY, HostRole.ROOT}),
            method="GET",
            path=f"/_api/{version}/shares/{{share:path}}",
            who=Who.ANYONE,
            handler=shares.get,
            protocol=PROTOCOL,
            evidence=Evidence.INFERRED,
            verb="content.read",
            source=SOURCE,
        )
        for version in ("v2.0", "v2.1")
    ]
    return [*table, *anonymous]
