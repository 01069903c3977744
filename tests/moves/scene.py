"""People, groups and permissions for moves, and what a person may read, asked with that person's own token."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx

from moves.two_tenants import TwoTenants, user
from neighbours import APP_ID
from xtenant.domain.caller import AppCredential
from xtenant.domain.content import WEB, ItemKind, Principal, PrincipalKey, PrincipalKind, Role, Site
from xtenant.domain.directory import AppId, Group, GroupId, GroupKind, User, UserId
from xtenant.domain.identity import GroupKind as MapKind
from xtenant.domain.identity import GroupMapping, MapVersion, UserMapping
from xtenant.domain.permissions import SiteGroup
from xtenant.domain.ports.content import SiteWriter
from xtenant.domain.ports.units import UnitOfWork
from xtenant.domain.sign_in import SignedIn
from xtenant.domain.tenant import GRAPH_HOST
from xtenant.operations import access
from xtenant.proof.permissions import PermissionFacts, crawl_permissions
from xtenant.protocols.graph.codec.ids import drive_id_of
from xtenant.service import TenantService
from xtenant.wire.transport import Connection, Session, open_http

GRAPH = "https://graph.microsoft.com/v1.0"


def add_user(service: TenantService, name: str) -> User:
    added = User(
        user_id=UserId(service.ids.new_id()),
        upn=f"{name}@{service.tenant.initial_domain}",
        display_name=name.capitalize(),
        created_at=service.clock.business_now(),
    )
    with service.units.write() as uow:
        uow.users.add(added)
    return added


def add_group(
    service: TenantService, alias: str, members: Sequence[str], *, kind: GroupKind = GroupKind.SECURITY, **more: object
) -> Group:
    """A group without a site, with direct members by name."""
    added = Group(
        group_id=GroupId(service.ids.new_id()),
        kind=kind,
        display_name=alias,
        mail_nickname=alias,
        created_at=service.clock.business_now(),
        **more,  # type: ignore[arg-type]
    )
    with service.units.write() as uow:
        uow.groups.add(added)
        for member in members:
            found = uow.users.by_upn(f"{member}@{service.tenant.initial_domain}")
            assert found is not None
            uow.memberships.add(added.group_id, found.user_id)
    return added


def put_map(
    pair: TwoTenants, people: Sequence[str], groups: Mapping[UUID, tuple[Group, MapKind]] | None = None
) -> None:
    """The whole map: people under the same names, and groups."""
    source, target = pair.source.tenant, pair.target
    rows: list[UserMapping | GroupMapping] = [
        UserMapping(
            company_id=source.tenant_id,
            source_upn=f"{name}@{source.initial_domain}",
            target_upn=f"{name}@{target.tenant.initial_domain}",
            target_email=f"{name}@{target.tenant.initial_domain}",
        )
        for name in people
    ]
    rows += [
        GroupMapping(
            company_id=source.tenant_id,
            source_group_id=source_id,
            target_group_id=group.group_id,
            target_name=group.mail_nickname if kind is MapKind.O365 else str(group.group_id),
            kind=kind,
        )
        for source_id, (group, kind) in (groups or {}).items()
    ]
    with target.units.write() as uow:
        geo = target.tenant.default_geo.code
        standing = uow.identity_map.in_force(geo)
        version = MapVersion(
            geo=geo,
            version=1 + (standing.version if standing else 0),
            replaced_at=target.clock.business_now(),
            replaced_by="admin",
            row_count=len(rows),
        )
        uow.identity_map.replace(version, rows)


class Rights:
    """Writes permissions of a site, principals by name: users, or groups as values."""

    def __init__(self, service: TenantService, site: Site) -> None:
        self._service = service
        self._site = site

    def give(self, path: str, **roles: Role) -> None:
        """Permissions of its own for the object at a path (empty: the web): exactly these roles of users by name."""
        self.give_to(path, dict(roles))

    def give_to(self, path: str, roles: Mapping[str | Group | SiteGroup, Role]) -> None:
        with self._service.units.write() as uow:
            writer = uow.write_site(self._site.key, now=self._service.clock.business_now())
            scope = WEB
            if path:
                library = uow.items.root_of(self._site.key)
                item = None if library is None else uow.items.by_path(library, path.split("/"))
                assert item is not None
                scope = item.key
                writer.break_inheritance(scope, copy=False)
            for who, role in roles.items():
                writer.assign(self._key(uow, who), role, scope=scope)

    def group(self, title: str, *members: str | Group) -> SiteGroup:
        """A SharePoint group."""
        with self._service.units.write() as uow:
            writer = uow.write_site(self._site.key, now=self._service.clock.business_now())
            return self._add_group(uow, writer, title, members)

    def admin(self, name: str) -> None:
        with self._service.units.write() as uow:
            writer = uow.write_site(self._site.key, now=self._service.clock.business_now())
            writer.set_site_admin(self._key(uow, name), True)

    def _add_group(self, uow: UnitOfWork, writer: SiteWriter, title: str, members: Sequence[str | Group]) -> SiteGroup:
        principal = Principal(
            key=PrincipalKey(0),
            kind=PrincipalKind.SITE_GROUP,
            directory_id=self._service.ids.new_id(),
            name=title,
            login=title,
        )
        key = uow.principals.ensure([principal])[principal.directory_id]
        added = SiteGroup(site_key=self._site.key, principal=key, title=title)
        writer.put_site_group(added)
        for member in members:
            writer.add_site_group_member(key, self._key(uow, member))
        return added

    def _key(self, uow: UnitOfWork, who: str | Group | SiteGroup) -> PrincipalKey:
        if isinstance(who, SiteGroup):
            return who.principal
        if isinstance(who, Group):
            principal = access.group_as_principal(who)
        else:
            principal = access.user_as_principal(user(self._service, who))
        return uow.principals.ensure([principal])[principal.directory_id]


def app_token(service: TenantService, audience: str) -> str:
    """An access token of the administrators' app, as if signed in by certificate."""
    with service.units.read() as uow:
        app = uow.apps.by_id(AppId(APP_ID))
    assert app is not None
    signed_in = SignedIn(app=app, credential=AppCredential.CERTIFICATE, audience=audience)
    return service.backend.tokens.access_token(signed_in)


def ask_graph(pair: TwoTenants, name: str, method: str, path: str, **more: Any) -> httpx.Response:
    """A call to Graph by the administrators' app."""
    headers = {"Authorization": f"Bearer {app_token(pair.block[name], f'https://{GRAPH_HOST}')}"}
    return pair.http.request(method, f"https://{GRAPH_HOST}{path}", headers=headers, **more)


def permissions_told(pair: TwoTenants, name: str, url: str) -> PermissionFacts:
    """A site's permissions as a proof reads them over REST, with an app's token."""
    service = pair.block[name]
    assert pair.block.portal is not None
    token = app_token(service, service.tenant.default_geo.root_url)

    async def token_for(resource: str) -> str:
        return token

    async def crawl() -> PermissionFacts:
        async with open_http(Connection(), transport=pair.block.transport) as http:
            session = Session(http, token_for, clock=service.clock, ids=service.ids)
            return await crawl_permissions(session, url)

    return pair.block.portal.call(crawl)


def readers(pair: TwoTenants, name: str, url: str, names: Sequence[str]) -> dict[str, set[str]]:
    """Who of some people may read which items of a site, by path, each asked for with that person's own token."""
    service = pair.block[name]
    with service.units.read() as uow:
        site = uow.sites.visible_by_url(url)
        assert site is not None and not site.is_redirect
        library = uow.items.root_of(site.key)
        assert library is not None
        items = [item for item in uow.items.page(site.key, after=WEB, limit=1_000) if item.kind is not ItemKind.LIBRARY]
        paths = ["/".join(found) for found in map(uow.items.paths_of([*items]).__getitem__, [one.key for one in items])]
    drive = drive_id_of(site, library)
    found: dict[str, set[str]] = {}
    for path in paths:
        asked = {who: _ask(pair, service, who, f"/drives/{drive}/root:/{quote(path)}") for who in names}
        assert set(asked.values()) <= {200, 403}, asked
        found[path] = {who for who, status in asked.items() if status == 200}
    return found


def _ask(pair: TwoTenants, service: TenantService, who: str, path: str) -> int:
    headers = {"Authorization": f"Bearer {pair.graph_token(service, who)}"}
    answer: httpx.Response = pair.http.get(f"{GRAPH}{path}", headers=headers)
    return answer.status_code
