"""The three tenants the matrix runs on, and what stands in contoso: a site, a OneDrive, a group of Bob's, with a file each.

None of the callers is Bob, so whoever reads his content must hold a right to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import httpx
from anyio.from_thread import BlockingPortal

from clock import FakeClock
from neighbours import Neighbours, settings_of
from xtenant.domain.caller import Caller, CallerKind
from xtenant.domain.content import ItemId, Site
from xtenant.domain.directory import GroupId, GroupKind, User
from xtenant.domain.drive import Drive, DriveRef, Where
from xtenant.operations import content, groups, sites, small_uploads
from xtenant.protocols.graph.codec import drives
from xtenant.service import TenantService

CONTOSO, FABRIKAM, NORTHWIND = "contoso", "fabrikam", "northwind"
GEOS = {CONTOSO: ("NAM", "EUR"), FABRIKAM: ("NAM",), NORTHWIND: ("NAM",)}
SITE_URL = "https://contoso.sharepoint.com/sites/plans"
FILE = "plan.txt"
GROUP_ALIAS = "planners"


@dataclass(frozen=True)
class Answer:
    """What came back; names of headers in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Estate:
    """`ask` sends a request straight to a tenant's application, whatever its token says."""

    def __init__(self, block: Neighbours) -> None:
        self.block = block
        self.clock = block.clock
        self.site = self._site()
        self.onedrive = self._onedrive()
        self.group_id = self._group()
        for ref in self._drives():
            self._put_file(ref)

    @property
    def contoso(self) -> TenantService:
        return self.block[CONTOSO]

    @cached_property
    def bob(self) -> User:
        return self.person("bob")

    @cached_property
    def drive(self) -> Drive:
        return self._drive(self.site)

    @cached_property
    def file_id(self) -> ItemId:
        """The file in the site."""
        where = Where(names=(FILE,))
        ref = DriveRef(site_id=self.site.site_id)
        return content.find_item(self.contoso.units, self.caller(), ref=ref, where=where).item.item_id

    @cached_property
    def drive_id(self) -> str:
        return str(drives.drive_id(self.drive))

    def person(self, name: str) -> User:
        with self.contoso.units.read() as uow:
            found = uow.users.by_upn(f"{name}@contoso.onmicrosoft.com")
        assert found is not None
        return found

    def caller(self) -> Caller:
        """Bob himself, for reading what the samples need to name."""
        return Caller(kind=CallerKind.USER, tenant_id=self.contoso.tenant.tenant_id, user_id=self.bob.user_id)

    async def ask(
        self,
        method: str,
        host: str,
        target: str,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        *,
        tenant: str = CONTOSO,
    ) -> Answer:
        """`target` is the raw path with its query, as it would stand in the request line."""
        request = httpx.Request(method, f"https://{host}{target}", headers=headers, content=body)
        transport = httpx.ASGITransport(app=self.block[tenant].app, raise_app_exceptions=False)
        answer = await transport.handle_async_request(request)
        return Answer(answer.status_code, dict(answer.headers), await answer.aread())

    def _drives(self) -> list[DriveRef]:
        """Of site, OneDrive and group."""
        by = self.caller()
        of_group = content.group_drive(self.contoso.units, by, group_id=self.group_id).site
        return [DriveRef(site_id=site.site_id) for site in (self.site, self.onedrive, of_group)]

    def _put_file(self, ref: DriveRef) -> None:
        backend = self.contoso.backend
        small_uploads.put_whole(
            backend.units,
            backend.blobs,
            self.caller(),
            ref=ref,
            where=Where(names=(FILE,)),
            pieces=[b"what we plan"],
            clock=backend.clock,
            ids=backend.ids,
        )

    def _drive(self, site: Site) -> Drive:
        return content.find_drive(self.contoso.units, self.caller(), ref=DriveRef(site_id=site.site_id))

    def _site(self) -> Site:
        backend = self.contoso.backend
        return sites.create_site(
            backend.units,
            geo=backend.tenant.default_geo,
            url=SITE_URL,
            title="Plans",
            owner=self.bob.user_id,
            clock=backend.clock,
            ids=backend.ids,
        )

    def _onedrive(self) -> Site:
        backend = self.contoso.backend
        geo = backend.tenant.default_geo
        return sites.create_personal_site(backend.units, geo=geo, user=self.bob, clock=backend.clock, ids=backend.ids)

    def _group(self) -> GroupId:
        backend = self.contoso.backend
        new = groups.NewGroup(
            kind=GroupKind.UNIFIED,
            display_name="Planners",
            alias=GROUP_ALIAS,
            mail_enabled=True,
            security_enabled=False,
            owners=(self.bob.user_id,),
            members=(self.bob.user_id,),
        )
        by = Caller(kind=CallerKind.APP, permissions=frozenset({"Group.ReadWrite.All"}))
        made = groups.create_group(backend.units, backend.tenant, by, new, clock=backend.clock, ids=backend.ids)
        return made.group_id


def new_block(portal: BlockingPortal, folder: Path, certificate: Path) -> Neighbours:
    """The three services, none of them running: nothing moves, everything answers."""
    block = Neighbours(clock=FakeClock(), portal=portal)
    for name, geos in GEOS.items():
        block.add(settings_of(name, folder / name, geos=geos, certificate=certificate))
    return block
