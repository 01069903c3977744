"""Two tenants as inventories tell them, a plan between them, and everything in order: a test spoils one thing."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid5

from xtenant.bulk.findings import Finding, Who
from xtenant.bulk.preflight.checking import Result, checked
from xtenant.bulk.preflight.given import Given, ServerSaid
from xtenant.bulk.preflight.identity import wanted_rows
from xtenant.bulk.preflight.online import FEATURES, Answers, Online
from xtenant.bulk.preflight.places import placed
from xtenant.bulk.preflight.sides import side_of
from xtenant.bulk.state import Declaration
from xtenant.client.map_rows import GroupRow, Row, RowKey, key_of
from xtenant.client.moves import MoveJob
from xtenant.client.trust import TrustState
from xtenant.domain.move import JobKind
from xtenant.domain.paths import personal_path
from xtenant.domain.plan import Plan, PlannedMove
from xtenant.domain.tenant import HostUrl, parse_host_url
from xtenant.domain.trust import Compatibility, PartnerRole, Scenario, TrustStatus
from xtenant.inventory.facts import (
    Item,
    Licence,
    Principal,
    PrincipalKind,
    ScopeKind,
    Site,
    SiteKind,
    SiteUser,
    TenantFacts,
)
from xtenant.inventory.store import Inventory

SPACE = UUID("c0ffee00-0000-4000-8000-000000000004")
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
TENANTS = {"contoso": UUID(int=1), "fabrikam": UUID(int=2)}
FLOW = uuid5(SPACE, "FLOW_FREE")
SUITE, MIGRATION = uuid5(SPACE, "SPE_E3"), UUID("946ce899-873d-44bb-9d8b-671870cbfdbf")
ALL_DECLARED = {
    "byok": "no", "holds": "none", "user_defined_labels": "none", "shared_data_licences": "10",
    "group_method": "prescribed", "apps": "looked-for", "flows": "looked-for", "web_parts": "looked-for",
}  # fmt: skip


def host(name: str) -> HostUrl:
    return parse_host_url(f"https://{name}-my.sharepoint.com/")


@dataclass
class Land:
    """One tenant; what stands in it is written to its inventory as it is added."""

    name: str
    inventory: Inventory = field(default_factory=Inventory.memory)
    facts: TenantFacts = field(init=False)
    licences: list[Licence] = field(default_factory=list[Licence])

    def __post_init__(self) -> None:
        self.facts = TenantFacts(
            tenant_id=TENANTS[self.name],
            display_name=self.name.title(),
            initial_domain=f"{self.name}.onmicrosoft.com",
            domains=(f"{self.name}.onmicrosoft.com", f"{self.name}.com"),
            host_urls=(str(host(self.name)),),
            site_creation_enabled=False,
            personal_site_creation_enabled=False,
            read_at=NOW,
        )
        self.stock("SPE_E3", SUITE, 100, "SHAREPOINTENTERPRISE", "EXCHANGE_S_ENTERPRISE")

    def stock(self, part: str, sku: UUID, units: int, *plans: str) -> None:
        self.licences = [each for each in self.licences if each.sku_id != sku]
        self.licences.append(Licence(sku_id=sku, part_number=part, enabled=units, consumed=0, plans=plans))
        self.inventory.put_tenant(self.facts)
        self.inventory.put_licences(self.licences)

    def tell(self, **facts: object) -> None:
        self.facts = dataclasses.replace(self.facts, **facts)  # type: ignore[arg-type]
        self.inventory.put_tenant(self.facts)

    def upn(self, name: str) -> str:
        return f"{name}@{self.name}.com"

    def id_of(self, name: str) -> str:
        return str(uuid5(SPACE, f"{self.name}/{name}"))

    def person(self, name: str, **facts: object) -> Principal:
        told: dict[str, object] = {
            "principal_id": self.id_of(name), "kind": PrincipalKind.USER, "name": name.title(), "upn": self.upn(name),
            "mail": self.upn(name), "account_enabled": False, "usage_location": "DE", "licences": (SUITE, MIGRATION),
        }  # fmt: skip
        person = Principal(**(told | facts))  # type: ignore[arg-type]
        self.inventory.put_principals([person])
        return person

    def group(self, alias: str, **facts: object) -> Principal:
        told: dict[str, object] = {
            "principal_id": self.id_of(alias), "kind": PrincipalKind.M365_GROUP, "name": alias.title(), "alias": alias,
            "visibility": "Private", "on_demand": True,
        }  # fmt: skip
        group = Principal(**(told | facts))  # type: ignore[arg-type]
        self.inventory.put_principals([group])
        return group

    def site(self, path: str, **facts: object) -> Site:
        """A site that was read; `path` from the host on."""
        url = path if path.startswith("https:") else f"https://{self.name}.sharepoint.com/{path}"
        told: dict[str, object] = {
            "site_id": uuid5(SPACE, url), "kind": SiteKind.SITE, "url": url, "title": "", "template": "STS#3",
            "has_holds": False, "read_at": NOW, "storage_mb": 100, "items": 10, "versions": 20,
        }  # fmt: skip
        site = Site(**(told | facts))  # type: ignore[arg-type]
        self.inventory.put_site(site)
        return site

    def onedrive(self, name: str, **facts: object) -> Site:
        url = f"https://{self.name}-my.sharepoint.com/personal/{personal_path(self.upn(name))}"
        owner = facts.pop("owner_id", self.id_of(name))
        return self.site(url, kind=SiteKind.PERSONAL, template="SPSPERS#10", owner_id=owner, **facts)

    def file(self, site: Site, path: str, **facts: object) -> None:
        item = uuid5(site.site_id, path)
        told = Item(site_id=site.site_id, item_id=item, kind=ScopeKind.FILE, path=path, scope_id=site.site_id, **facts)  # type: ignore[arg-type]
        self.inventory.add_items(site.site_id, [told])

    def knows(self, site: Site, *upns: str) -> None:
        users = [SiteUser(site_id=site.site_id, login_name=f"i:0#.f|membership|{upn}", upn=upn) for upn in upns]
        self.inventory.put_site_users(site.site_id, users)


@dataclass
class Scene:
    """Ann's OneDrive, the site plans and the group team move from contoso to fabrikam; nothing is wrong."""

    source: Land = field(default_factory=lambda: Land("contoso"))
    target: Land = field(default_factory=lambda: Land("fabrikam"))
    moves: list[PlannedMove] = field(default_factory=list[PlannedMove])
    declared: dict[str, str] = field(default_factory=lambda: dict(ALL_DECLARED))
    departures: dict[str, date] = field(default_factory=dict[str, date])
    trust: list[TrustStatus] = field(default_factory=lambda: [TrustStatus.GOOD_TO_PROCEED] * 2)
    reverse: list[TrustStatus] = field(default_factory=lambda: [TrustStatus.NOT_ESTABLISHED] * 2)
    earliest: datetime | None = None
    features: Mapping[str, bool | None] = field(default_factory=lambda: dict.fromkeys(FEATURES, True))
    compatibility: Compatibility | None = Compatibility.COMPATIBLE
    jobs: list[MoveJob] = field(default_factory=list[MoveJob])
    server: dict[str, ServerSaid] | None = None
    spoil_map: dict[str, list[Row]] = field(default_factory=dict[str, list[Row]])
    map_file: Path | None = None
    signed_in: tuple[bool, bool] = (True, True)
    head: Plan | None = None

    def __post_init__(self) -> None:
        self.source.person("ann")
        self.ann = self.source.onedrive("ann")
        self.plans = self.source.site("sites/plans")
        group = self.source.group("team")
        self.team = self.source.site("sites/team", kind=SiteKind.GROUP, template="GROUP#0", group_id=group.principal_id)
        self.target.person("ann")
        self.target.group("team")
        self.move("1", JobKind.USER, self.source.upn("ann"), self.target.upn("ann"))
        self.move("2", JobKind.SITE, self.plans.url, "https://fabrikam.sharepoint.com/sites/plans")
        self.move("3", JobKind.GROUP, "team", "team")

    def move(self, move_id: str, kind: JobKind, source: str, target: str, **more: object) -> None:
        """Add a row, or put it in place of the one with its id."""
        self.moves = [each for each in self.moves if each.move_id != move_id]
        self.moves.append(PlannedMove(move_id=move_id, kind=kind, source=source, target=target, **more))  # type: ignore[arg-type]

    def job(self, url: str, state: str) -> None:
        self.jobs.append(
            MoveJob(id=uuid5(SPACE, url), source_url=url, target_url="https://x", state=state, state_name=state)
        )

    def given(self) -> Given:
        source = side_of("contoso", Who.SOURCE, self.source.inventory, signed_in=self.signed_in[0])
        target = side_of("fabrikam", Who.TARGET, self.target.inventory, signed_in=self.signed_in[1])
        moving = placed(self.moves, source, target)
        rows = self._map(wanted_rows(moving, TENANTS["contoso"]))
        online = Online(
            source=self._answers(0) if self.signed_in[0] else Answers(host_url=source.host_url),
            target=self._answers(1) if self.signed_in[1] else Answers(host_url=target.host_url),
            compatibility=self.compatibility if self.signed_in[0] else None,
            map_rows=rows if self.signed_in[1] else None,
        )
        server = {each.move_id: ServerSaid(ok=True) for each in self.moves} if self.server is None else self.server
        return Given(
            plan="moves.csv",
            moves=moving,
            source=source,
            target=target,
            online=online,
            now=NOW,
            rerun=("plan", "check", "moves.csv", "--source", "contoso", "--target", "fabrikam"),
            declared={
                key: Declaration(key=key, value=value, declared_by="Ann", declared_at=NOW)
                for key, value in self.declared.items()
            },
            departures=self.departures,
            map_file=self.map_file,
            head=self.head or Plan(moves=()),
            server=server,
        )

    def check(self) -> Result:
        return checked(self.given())

    def errors(self) -> list[Finding]:
        result = self.check()
        return list(result.findings[: result.errors])

    def _map(self, wanted: list[Row]) -> dict[RowKey, list[Row]]:
        found: dict[RowKey, list[Row]] = {}
        for row in wanted:
            source = str(row.source_group_id) if isinstance(row, GroupRow) else row.source_upn
            found[key_of(row)] = self.spoil_map.get(source, [row])
        return found

    def _answers(self, number: int) -> Answers:
        role = (PartnerRole.TARGET, PartnerRole.SOURCE)[number]
        trust = TrustState(
            partner=host(("fabrikam", "contoso")[number]),
            partner_role=role,
            scenario=Scenario.MNA,
            this_side=self.trust[number],
            earliest_start=self.earliest,
        )
        return Answers(
            host_url=host(("contoso", "fabrikam")[number]),
            trust=trust,
            reverse=self.reverse[number],
            features=self.features,
            jobs=self.jobs if number == 0 else [],
        )


def days(number: int) -> timedelta:
    return timedelta(days=number)
