"""A made-up estate in the source of two tenants, the same people in the target, and moves of every site with a proof.

The proof crawls with an app's tokens over Graph, REST and CSOM, before each move and after it.
"""

from __future__ import annotations

import hashlib
import time
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

import httpx

from moves.scene import app_token, put_map
from moves.two_tenants import TwoTenants
from xtenant.domain.content import Site, SiteKey
from xtenant.domain.directory import Group, GroupKind
from xtenant.domain.estates import EstateGroup, EstatePerson, EstateRecord
from xtenant.domain.identity import GroupKind as MapKind
from xtenant.lab.generating.estate import people_records, sites_of
from xtenant.lab.generating.plan import EstatePlan
from xtenant.operations.estate_people import ensure_people
from xtenant.proof.whole.crawl import crawl_site
from xtenant.proof.whole.differences import FactDifference, fact_differences
from xtenant.proof.whole.ledger import Ledger
from xtenant.proof.whole.scene import Scene
from xtenant.protocols.graph.codec.items import RemoteItem
from xtenant.service import TenantService
from xtenant.wire.estates import write_records
from xtenant.wire.transport import Connection, Session, open_http


@dataclass(frozen=True)
class Reader:
    """Reads content where the tenants stand in this process; which files, depends on their paths only."""

    http: httpx.AsyncClient
    one_in: int

    async def hashes(self, files: Mapping[str, RemoteItem]) -> dict[str, str]:
        found: dict[str, str] = {}
        for path, file in files.items():
            if zlib.crc32(path.encode()) % self.one_in == 0:
                assert file.download_url is not None
                answer = await self.http.get(file.download_url)
                assert answer.status_code == 200, answer.text
                found[path] = hashlib.sha256(answer.content).hexdigest()
        return found


@dataclass(kw_only=True)
class Grounds:
    """Two tenants, what was planted in the first, and who of it is who in the second."""

    pair: TwoTenants
    folder: Path
    reads_one_in: int = 10
    """Of one file in so many the bytes are read and hashed."""
    principals: dict[str, str] = field(default_factory=dict)
    sites: list[Site] = field(default_factory=list)

    def plant(self, plan: EstatePlan) -> None:
        """Make the estate in the source over the wire, its people and groups in the target too, and map them."""
        everybody = people_records(plan)
        for site in sites_of(plan):
            body = b"".join(write_records(chain(everybody, site)))
            answer = self.pair.call("contoso", "POST", "/_api/xtenant/estates", content=body)
            assert answer.status_code == 200, answer.text
        self._introduce(everybody)
        self.sites = [site for site in _sites_in(self.pair.source) if "sites/" in site.url or "personal/" in site.url]

    def _introduce(self, everybody: Iterable[EstateRecord]) -> None:
        people = [one for one in everybody if isinstance(one, EstatePerson)]
        groups = [one for one in everybody if isinstance(one, EstateGroup)]
        both = [
            ensure_people(service.units, service.tenant, people, groups, clock=service.clock, ids=service.ids)
            for service in (self.pair.source, self.pair.target)
        ]
        ours, theirs = both
        names = [person.user for person in people]
        mapped: dict[object, tuple[Group, MapKind]] = {}
        for number, group in ours.groups.items():
            kind = MapKind.O365 if group.kind is GroupKind.UNIFIED else MapKind.REGULAR
            mapped[group.group_id] = (theirs.groups[number], kind)
            self.principals[str(group.group_id)] = str(theirs.groups[number].group_id)
        for number, user in ours.users.items():
            self.principals[user.upn] = theirs.users[number].upn
        put_map(self.pair, names, mapped)  # type: ignore[arg-type]

    def target_url(self, site: Site) -> str:
        return site.url.replace("://contoso", "://fabrikam").replace("_contoso_", "_fabrikam_")

    def crawl(self, service: TenantService, url: str, file: Path) -> Path:
        """Every fact of a site."""
        assert self.pair.block.portal is not None
        tokens: dict[str, str] = {}

        async def token_for(resource: str) -> str:
            if resource not in tokens:
                tokens[resource] = app_token(service, resource)
            return tokens[resource]

        async def read() -> None:
            async with open_http(Connection(), transport=self.pair.block.transport) as http:
                session = Session(http, token_for, clock=service.clock, ids=service.ids)
                with Ledger(file) as ledger:
                    await crawl_site(
                        Scene(
                            session=session,
                            admin_url=service.tenant.default_geo.admin_url,
                            site_url=url,
                            ledger=ledger,
                            folder=self.folder,
                            content=Reader(http, self.reads_one_in),
                        )
                    )

        file.unlink(missing_ok=True)
        self.pair.block.portal.call(read)
        return file

    def before(self, site: Site) -> Path:
        return self.crawl(self.pair.source, site.url, self.folder / f"{site.key}.before")

    def after(self, site: Site) -> Path:
        return self.crawl(self.pair.target, self.target_url(site), self.folder / f"{site.key}.after")

    def differences(self, before: Path, after: Path) -> list[FactDifference]:
        with Ledger(before) as old, Ledger(after) as new:
            return list(fact_differences(old.facts(), new.facts(), principals=self.principals))

    def move(self, sites: Iterable[Site], *, seconds: float = 600) -> float:
        """Move sites, several at once; how long it took."""
        began = time.monotonic()
        jobs: list[str] = []
        for site in sites:
            answer = self.pair.start(site.url, self.target_url(site))
            assert answer.status_code == 201, f"{site.url}: {answer.text}"
            jobs.append(answer.json()["Id"])
        for job in jobs:
            ended = self.pair.wait_for_end(job, seconds=seconds)
            assert ended["StateName"] == "Success", ended
        return time.monotonic() - began


def _sites_in(service: TenantService) -> list[Site]:
    with service.units.read() as uow:
        return list(uow.sites.visible_page(geo=None, template=None, personal=None, after=SiteKey(0), limit=10_000))
