"""Two tenants and a plan between them in which nothing is wrong: every account, licence, row of the map and group stands.

One OneDrive, site or group for each problem that may be planted (`planting.py`), named after it. Written behind the wire, so
that the tests begin at once; what is planted shows on the wire.
"""

from __future__ import annotations

import csv
import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from io import StringIO
from uuid import UUID, uuid5

from clock import CountingIds
from content_samples import put_blobs, row
from moves.two_tenants import trust
from neighbours import Neighbours
from xtenant.domain.content import GROUP_TEMPLATE, TEAM_SITE_TEMPLATE, ItemKind
from xtenant.domain.directory import Group, GroupId, GroupKind, User, UserId
from xtenant.domain.identity import GroupKind as MapKind
from xtenant.domain.identity import GroupMapping, MapVersion, UserMapping
from xtenant.domain.licence import AssignedLicence
from xtenant.domain.trust import PartnerRole
from xtenant.lab.site_switches import statements_of
from xtenant.operations import licences, sites
from xtenant.operations.site_facts import state_facts
from xtenant.service import TenantService

SPACE = UUID("9a9a0000-0000-4000-8000-000000000000")
PLAN = "moves.csv"
SUITE, MIGRATION, SHARED = "SPE_E3", "Cross_tenant_user_data_migration", "Cross_tenant_shared_data_migration"
DECLARED = (
    *("byok=no", "holds=none", "user_defined_labels=none", "group_method=prescribed", "shared_data_licences=1000"),
    *("apps=looked-for", "flows=looked-for", "web_parts=looked-for"),
)
"""What no call can read, said beforehand."""
CONTENT = b"plan"


@dataclass
class Side:
    """One tenant, written to directly."""

    service: TenantService
    ids: CountingIds

    @property
    def domain(self) -> str:
        return self.service.tenant.initial_domain

    def upn(self, name: str) -> str:
        return f"{name}@{self.domain}"

    def user(self, name: str) -> User:
        with self.service.units.read() as uow:
            found = uow.users.by_upn(self.upn(name))
        assert found is not None, name
        return found

    def group(self, alias: str) -> Group:
        with self.service.units.read() as uow:
            found = uow.groups.by_alias(alias)
        assert found is not None, alias
        return found

    def add_people(self, names: Iterable[str], *, parts: Sequence[str], enabled: bool = True) -> None:
        """Members with licences, by part number."""
        now = self.service.clock.business_now()
        people = [
            User(
                user_id=UserId(uuid5(SPACE, self.upn(name))),
                upn=self.upn(name),
                display_name=name.title(),
                mail=self.upn(name),
                mail_nickname=name,
                usage_location="DE",
                account_enabled=enabled,
                created_at=now,
            )
            for name in names
        ]
        with self.service.units.write() as uow:
            uow.users.add_many(people)
            for part in parts:
                sku = licences.subscribe(uow, part, 1_000)
                for user in people:
                    uow.licences.assign(user.user_id, AssignedLicence(sku_id=sku.sku_id, assigned_at=now))

    def add_group(self, alias: str, *, site_url: str | None = None, visibility: str = "Private") -> Group:
        """A Microsoft 365 group, without a site unless one is named."""
        group = Group(
            group_id=GroupId(uuid5(SPACE, f"{self.domain}/{alias}")),
            kind=GroupKind.UNIFIED,
            display_name=alias.title(),
            mail_nickname=alias,
            visibility=visibility,
            resource_behavior_options=() if site_url else ("ProvisionSiteOnDemand",),
            site_url=site_url,
            created_at=self.service.clock.business_now(),
        )
        with self.service.units.write() as uow:
            uow.groups.add(group)
        return group

    def add_site(
        self, url: str, *, owner: str, group: Group | None = None, files: Sequence[str] = ("Plan.docx",)
    ) -> None:
        service = self.service
        sites.create_site(
            service.units,
            geo=service.tenant.default_geo,
            url=url,
            title=url.rpartition("/")[2],
            owner=self.user(owner).user_id,
            template=GROUP_TEMPLATE if group else TEAM_SITE_TEMPLATE,
            clock=service.clock,
            ids=self.ids,
            group_id=group.group_id if group else None,
        )
        self.fill(url, files)

    def add_onedrive(self, name: str, *, files: Sequence[str] = ("Plan.docx",)) -> str:
        service = self.service
        site = sites.create_personal_site(
            service.units,
            geo=service.tenant.default_geo,
            user=self.user(name),
            clock=service.clock,
            ids=self.ids,
        )
        self.fill(site.url, files)
        return site.url

    def fill(self, url: str, files: Sequence[str]) -> None:
        """Files by path below the default library; their bytes lie nowhere, nobody reads them."""
        with self.service.units.write() as uow:
            site = uow.sites.visible_by_url(url)
            assert site is not None
            library = uow.items.root_of(site.key)
            assert library is not None
            writer = uow.write_site(site.key, now=self.service.clock.business_now())
            above = {"": library}
            for path in files:
                names = path.split("/")
                for depth in range(1, len(names) + 1):
                    place, is_file = "/".join(names[:depth]), depth == len(names)
                    if place in above:
                        continue
                    made = row(
                        self.ids,
                        names[depth - 1],
                        parent=above["/".join(names[: depth - 1])],
                        kind=ItemKind.FILE if is_file else ItemKind.FOLDER,
                        contents=[CONTENT] if is_file else (),
                        by=library.author,
                    )
                    above[place] = writer.add_item(made)

    def state(self, url: str, **facts: str) -> None:
        """Facts of a site, as `xtenant lab set --site` states them; `__` stands for a colon."""
        self.state_pairs(url, [(name.replace("__", ":"), value) for name, value in facts.items()])

    def state_pairs(self, url: str, pairs: Sequence[tuple[str, str]]) -> None:
        service = self.service
        state_facts(service.units, url=url, stated=statements_of(pairs), clock=service.clock, ids=self.ids)

    def change_user(self, name: str, **changes: object) -> None:
        with self.service.units.write() as uow:
            uow.users.update(dataclasses.replace(self.user(name), **changes))  # type: ignore[arg-type]

    def change_group(self, alias: str, **changes: object) -> None:
        with self.service.units.write() as uow:
            uow.groups.update(dataclasses.replace(self.group(alias), **changes))  # type: ignore[arg-type]

    def change_settings(self, **changes: object) -> None:
        with self.service.units.write() as uow:
            uow.settings.put(dataclasses.replace(uow.settings.get(), **changes))  # type: ignore[arg-type]


@dataclass
class Estate:
    """Both tenants. `people`, `sites` and `groups` are the names of what moves; at the target each has the same, but `renamed`."""

    block: Neighbours
    people: Sequence[str]
    sites: Sequence[str]
    groups: Sequence[str]
    renamed: Mapping[str, str]
    source: Side = field(init=False)
    target: Side = field(init=False)
    mapped: Sequence[UserMapping | GroupMapping] = ()

    def __post_init__(self) -> None:
        self.source = Side(self.block["contoso"], CountingIds(start=700_000_000))
        self.target = Side(self.block["fabrikam"], CountingIds(start=800_000_000))

    def onedrive(self, name: str) -> str:
        return sites.personal_site_url(self.source.service.tenant.default_geo, self.source.upn(name))

    def target_onedrive(self, name: str) -> str:
        return sites.personal_site_url(self.target.service.tenant.default_geo, self.target.upn(name))

    @staticmethod
    def site(name: str) -> str:
        return f"https://contoso.sharepoint.com/sites/{name}"

    def target_site(self, name: str) -> str:
        return f"https://fabrikam.sharepoint.com/sites/{self.renamed.get(name, name)}"

    def furnish(self, files: Mapping[str, Sequence[str]]) -> None:
        """Everything that a plan without errors needs. `files` by name of a OneDrive or site, where they are others."""
        source, target = self.source, self.target
        for side in (source, target):
            put_blobs(side.service.units, CONTENT)
            side.change_settings(personal_site_creation="nobody", licences_required=True)
            with side.service.units.write() as uow:
                settings = uow.sharepoint_settings.get()
                uow.sharepoint_settings.put(dataclasses.replace(settings, is_site_creation_enabled=False))
                licences.subscribe(uow, SHARED, 1_000)
        source.add_people([*self.people, "owner"], parts=(SUITE, MIGRATION))
        target.add_people(self.people, parts=(SUITE,), enabled=False)
        target.add_people(["owner"], parts=(SUITE,))
        usual = ("Plan.docx",)
        for name in self.people:
            source.add_onedrive(name, files=files.get(name, usual))
        for name in self.sites:
            source.add_site(self.site(name), owner="owner", files=files.get(name, usual))
        for alias in self.groups:
            group = source.add_group(alias, site_url=self.site(alias))
            source.add_site(self.site(alias), owner="owner", group=group, files=files.get(alias, usual))
            target.add_group(alias)
        trust(source.service, target.service, PartnerRole.TARGET)
        trust(target.service, source.service, PartnerRole.SOURCE)
        self.mapped = self.rows()
        self.replace_map(self.mapped)

    def rows(self) -> list[UserMapping | GroupMapping]:
        company = self.source.service.tenant.tenant_id
        people = [
            UserMapping(
                company_id=company,
                source_upn=self.source.upn(name),
                target_upn=self.target.upn(name),
                target_email=self.target.upn(name),
            )
            for name in [*self.people, "owner"]
        ]
        groups = [
            GroupMapping(
                company_id=company,
                source_group_id=self.source.group(alias).group_id,
                target_group_id=self.target.group(alias).group_id,
                target_name=alias,
                kind=MapKind.O365,
            )
            for alias in self.groups
        ]
        return [*people, *groups]

    def replace_map(self, rows: Sequence[UserMapping | GroupMapping]) -> None:
        target = self.target.service
        geo = target.tenant.default_geo.code
        with target.units.write() as uow:
            standing = uow.identity_map.in_force(geo)
            version = MapVersion(
                geo=geo,
                version=1 + (standing.version if standing else 0),
                replaced_at=target.clock.business_now(),
                replaced_by="admin",
                row_count=len(rows),
            )
            uow.identity_map.replace(version, rows)

    def plan(self, more: Iterable[Mapping[str, str]] = (), without: Iterable[str] = ()) -> str:
        """The plan as a CSV: a row for each of what moves, its id the name."""
        out = StringIO()
        columns = ("id", "kind", "source", "target", "wave", "begin", "end", "options", "note")
        writer = csv.DictWriter(out, columns, restval="", lineterminator="\n")
        writer.writeheader()
        rows = [
            *(
                {"kind": "user", "id": name, "source": self.source.upn(name), "target": self.target.upn(name)}
                for name in self.people
            ),
            *(
                {"kind": "site", "id": name, "source": self.site(name), "target": self.target_site(name)}
                for name in self.sites
            ),
            *({"kind": "group", "id": name, "source": name, "target": name} for name in self.groups),
            *more,
        ]
        gone = set(without)
        writer.writerows(each for each in rows if each["id"] not in gone)
        return out.getvalue()
