"""Two services in one process with their engines running, trust between them, and a source that holds something."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from neighbours import APP_ID, Neighbours, neighbours
from xtenant.domain import quick_xor
from xtenant.domain.caller import AppCredential
from xtenant.domain.content import ItemId, ItemKey, ItemKind, ItemRow, NewVersion, Role, Site
from xtenant.domain.directory import AppId, User
from xtenant.domain.identity import MapVersion, UserMapping
from xtenant.domain.sign_in import SignedIn
from xtenant.domain.tenant import GRAPH_HOST
from xtenant.domain.trust import OrganizationRelationship, PartnerRole, RelationKey
from xtenant.operations import access, sites
from xtenant.outside.clock import SystemClock
from xtenant.service import TenantService
from xtenant.wire.transport import Connection, open_http_sync

SOURCE_URL = "https://contoso.sharepoint.com/sites/plans"
TARGET_URL = "https://fabrikam.sharepoint.com/sites/their-plans"
API = "/_api/SiteMoveJobs"


@dataclass
class TwoTenants:
    block: Neighbours
    http: httpx.Client

    @property
    def source(self) -> TenantService:
        return self.block["contoso"]

    @property
    def target(self) -> TenantService:
        return self.block["fabrikam"]

    def call(self, name: str, method: str, path: str, *, upn: str = "spadmin", **more: Any) -> httpx.Response:
        """A call to a tenant's admin host as one of its users."""
        service = self.block[name]
        headers = {"Authorization": f"Bearer {token_of(service, upn)}", **more.pop("headers", {})}
        host = service.tenant.default_geo.admin_host
        return self.http.request(method, f"https://{host}{path}", headers=headers, **more)

    def graph_token(self, service: TenantService, name: str) -> str:
        """An access token of a user for Graph."""
        return token_of(service, name, audience=f"https://{GRAPH_HOST}")

    def start(self, source: str = SOURCE_URL, target: str = TARGET_URL, **more: Any) -> httpx.Response:
        return self.call(
            "contoso",
            "POST",
            API,
            json={
                "SourceSiteUrl": source,
                "TargetSiteUrl": target,
                "TenantMergeTargetMySiteHostUrl": "https://fabrikam-my.sharepoint.com/",
                "Option": 0,
            }
            | more.pop("body", {}),
            **more,
        )

    def show(self, name: str, job_id: str) -> dict[str, Any]:
        return self.call(name, "GET", f"{API}/GetByMoveId(SiteMoveId='{job_id}')").json()

    def wait_for_end(self, job_id: str, seconds: float = 60) -> dict[str, Any]:
        end = time.monotonic() + seconds
        while (job := self.show("contoso", job_id))["State"] not in (2, 3, 4):
            assert time.monotonic() < end, job
            time.sleep(0.05)
        return job


def token_of(service: TenantService, name: str, *, audience: str | None = None) -> str:
    """An access token of a user, for the admin host unless said otherwise, from the tenant's own issuer."""
    with service.units.read() as uow:
        user = uow.users.by_upn(f"{name}@{service.tenant.initial_domain}")
        app = uow.apps.by_id(AppId(APP_ID))
    assert user is not None and app is not None
    grant = SignedIn(
        app=app,
        credential=AppCredential.PUBLIC,
        audience=audience or service.tenant.default_geo.admin_url,
        user=user,
        scopes=frozenset({"AllSites.FullControl", "Files.ReadWrite.All"}),
    )
    return service.backend.tokens.access_token(grant)


@contextmanager
def two_tenants(folder: Path, *, trusted: bool = True, **more: Any) -> Iterator[TwoTenants]:
    """contoso (source) and fabrikam (target), engines running on real clocks."""
    with neighbours(folder, SystemClock(), **more) as block:  # type: ignore[arg-type]
        pair = TwoTenants(block, open_http_sync(Connection(), transport=block.sync_transport))
        if trusted:
            trust(pair.source, pair.target, PartnerRole.TARGET)
            trust(pair.target, pair.source, PartnerRole.SOURCE)
            map_people(pair, "ann", "bob")
        assert block.portal is not None
        for service in block.services.values():
            block.portal.call(service.start)
        try:
            yield pair
        finally:
            for service in block.services.values():
                block.portal.call(service.stop)


def trust(own: TenantService, other: TenantService, role: PartnerRole) -> None:
    with own.units.write() as uow:
        key = RelationKey(geo=own.tenant.default_geo.code, partner=other.tenant.default_geo.host_url, partner_role=role)
        uow.relationships.put(
            OrganizationRelationship(
                key=key,
                relation_id=own.ids.new_id(),
                requested_at=own.clock.business_now(),
                requested_by="admin",
                partner_tenant_id=other.tenant.tenant_id,
            )
        )


def map_people(pair: TwoTenants, *names: str) -> None:
    """A map that gives each of these the same name at the target."""
    source, target = pair.source.tenant, pair.target
    rows = [
        UserMapping(
            company_id=source.tenant_id,
            source_upn=f"{name}@{source.initial_domain}",
            target_upn=f"{name}@{target.tenant.initial_domain}",
            target_email=f"{name}@{target.tenant.initial_domain}",
        )
        for name in names
    ]
    with target.units.write() as uow:
        now = target.clock.business_now()
        geo = target.tenant.default_geo.code
        version = MapVersion(geo=geo, version=1, replaced_at=now, replaced_by="admin", row_count=len(rows))
        uow.identity_map.replace(version, rows)


def user(service: TenantService, name: str) -> User:
    with service.units.read() as uow:
        found = uow.users.by_upn(f"{name}@{service.tenant.initial_domain}")
    assert found is not None
    return found


def add_site(service: TenantService, url: str = SOURCE_URL, owner: str = "ann") -> Site:
    return sites.create_site(
        service.units,
        geo=service.tenant.default_geo,
        url=url,
        title="Plans",
        owner=user(service, owner).user_id,
        clock=service.clock,
        ids=service.ids,
    )


def fill(service: TenantService, site: Site, files: Mapping[str, list[bytes]], *, author: str = "ann") -> None:
    """Files of one folder level, with their versions, real bytes behind them."""
    blobs, now = service.backend.blobs, service.clock.business_now()
    with service.units.read() as uow:
        library = uow.items.root_of(site.key)
    assert library is not None
    stored = {content: blobs.put([content]) for contents in files.values() for content in contents}
    blobs.settle([blob.key for blob in stored.values()])
    with service.units.write() as uow:
        uow.blobs.put(list(stored.values()), now=service.clock.security_now())
        principal = access.principal_of_user(uow, user(service, author).user_id)
        by = uow.principals.ensure([principal])[principal.directory_id]
        writer = uow.write_site(site.key, now=now)
        folders: dict[str, ItemId] = {"": library.item_id}
        rows: list[ItemRow] = []

        def row(name: str, parent: ItemId, kind: ItemKind, contents: list[bytes]) -> ItemRow:
            return ItemRow(
                item_id=ItemId(service.ids.new_id()),
                library_id=library.item_id,
                parent_id=parent,
                kind=kind,
                name=name,
                int_id=0,
                created_at=now,
                modified_at=now,
                author=by,
                editor=by,
                versions=tuple(
                    NewVersion(major=n, minor=0, stored=stored[content], modified_at=now, editor=by)
                    for n, content in enumerate(contents, start=1)
                ),
            )

        for path, contents in files.items():
            above, _, name = path.rpartition("/")
            if above not in folders:
                rows.append(row(above, library.item_id, ItemKind.FOLDER, []))
                folders[above] = rows[-1].item_id
            rows.append(row(name, folders[above], ItemKind.FILE, contents))
        writer.add_rows(rows)
        writer.assign(by, Role.OWNER)


def content_of(service: TenantService, url: str) -> dict[str, tuple[object, ...]] | None:
    """What a visible site holds, by path: id, dates, versions with hashes of the bytes as they are read now."""
    with service.units.read() as uow:
        site = uow.sites.visible_by_url(url)
        if site is None or site.is_redirect:
            return None
        items = list(uow.items.page(site.key, after=ItemKey(0), limit=100_000))
        paths = uow.items.paths_of(items)
        versions: dict[ItemKey, list[tuple[object, ...]]] = {}
        for version in uow.items.versions([item.key for item in items]):
            content = b"".join(service.backend.blobs.open(version.blob))
            assert quick_xor.quick_xor(content) == version.quick_xor
            versions.setdefault(version.item_key, []).append(
                (version.major, version.minor, content, version.modified_at)
            )
        return {
            "/".join(paths[item.key]): (
                item.item_id,
                item.kind,
                item.int_id,
                item.created_at,
                item.modified_at,
                tuple(versions.get(item.key, ())),
            )
            for item in items
        }


def is_visible(service: TenantService, url: str) -> bool:
    with service.units.read() as uow:
        return uow.sites.visible_by_url(url) is not None
