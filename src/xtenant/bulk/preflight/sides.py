"""One tenant of a check as its inventory tells it, made ready for one look each: a plan of thousands asks no table in a loop."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from xtenant.bulk.findings import Object, ObjectKind, Who
from xtenant.domain.paths import url_key
from xtenant.domain.tenant import HostUrl, parse_host_url
from xtenant.inventory.facts import Licence, Principal, PrincipalKind, Site, SiteKind, TenantFacts
from xtenant.inventory.handover.manifest import Level
from xtenant.inventory.schema import name_key
from xtenant.inventory.store import Inventory

_PEOPLE = (PrincipalKind.USER, PrincipalKind.GUEST)


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """`whole`: who is not in the inventory does not exist. `signed_in`: the tenant itself can be asked.

    Keys are folded: UPNs and aliases by `name_key`, addresses by `url_key`.
    """

    name: str
    who: Who
    inventory: Inventory
    facts: TenantFacts
    whole: bool
    knows_people: bool
    signed_in: bool
    host_url: HostUrl | None
    people: Mapping[str, Principal] = field(default_factory=dict[str, Principal])
    groups: Mapping[str, Principal] = field(default_factory=dict[str, Principal])
    by_id: Mapping[str, Principal] = field(default_factory=dict[str, Principal])
    sites: Mapping[str, Site] = field(default_factory=dict[str, Site])
    of_owner: Mapping[str, Site] = field(default_factory=dict[str, Site])
    of_group: Mapping[str, Site] = field(default_factory=dict[str, Site])
    deleted: Mapping[str, Site] = field(default_factory=dict[str, Site])
    licences: Sequence[Licence] = ()

    @property
    def is_source(self) -> bool:
        return self.who is Who.SOURCE

    @property
    def domains(self) -> frozenset[str]:
        return frozenset(each.casefold() for each in (*self.facts.domains, self.facts.initial_domain) if each)

    def person(self, upn: str) -> Principal | None:
        return self.people.get(name_key(upn))

    def group(self, alias: str) -> Principal | None:
        return self.groups.get(name_key(alias))

    def site(self, url: str) -> Site | None:
        return self.sites.get(url_key(url))

    def about(self) -> Object:
        """The tenant as an object of a finding."""
        return Object(kind=ObjectKind.TENANT, name=self.facts.display_name or self.name)

    def licence(self, sku_id: UUID) -> Licence | None:
        return next((each for each in self.licences if each.sku_id == sku_id), None)

    def part_number(self, sku_id: UUID) -> str:
        return next((each.part_number for each in self.licences if each.sku_id == sku_id), str(sku_id))


def side_of(name: str, who: Who, inventory: Inventory, *, signed_in: bool, host_url: HostUrl | None = None) -> Side:
    """Read an inventory's people, groups and sites once. `host_url` is what the tenant answered, where it was asked."""
    facts, origin = inventory.tenant(), inventory.origin()
    counts_only = origin is not None and origin.level == Level.COUNTS.value
    principals = list(inventory.principals((*_PEOPLE, PrincipalKind.SECURITY_GROUP, PrincipalKind.M365_GROUP)))
    sites = list(inventory.sites())
    return Side(
        name=name,
        who=who,
        inventory=inventory,
        facts=facts,
        whole=origin is None or not (origin.moving_only or counts_only),
        knows_people=origin is None or not (origin.pseudonyms or counts_only),
        signed_in=signed_in,
        host_url=host_url or _host_url_of(facts),
        people={name_key(each.upn): each for each in principals if each.kind in _PEOPLE and each.upn},
        groups=dict(_groups(principals)),
        by_id={each.principal_id: each for each in principals},
        sites={url_key(site.url): site for site in sites},
        of_owner={site.owner_id: site for site in reversed(sites) if site.owner_id and site.kind is SiteKind.PERSONAL},
        of_group={site.group_id: site for site in reversed(sites) if site.group_id},
        deleted={url_key(site.url): site for site in inventory.deleted_sites()},
        licences=tuple(inventory.licences()),
    )


def _groups(principals: Sequence[Principal]) -> Iterator[tuple[str, Principal]]:
    """By alias; where two share one, the Microsoft 365 group counts."""
    groups = [each for each in principals if each.kind not in _PEOPLE and each.alias]
    for each in sorted(groups, key=lambda group: group.kind is PrincipalKind.M365_GROUP):
        yield name_key(each.alias), each


def _host_url_of(facts: TenantFacts) -> HostUrl | None:
    return parse_host_url(facts.host_urls[0]) if facts.host_urls else None
