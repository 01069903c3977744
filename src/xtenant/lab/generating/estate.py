"""A whole made-up estate, site by site: the same plan gives the same records, one site without the others too."""

from __future__ import annotations

from collections.abc import Iterator

from xtenant.domain.content import GROUP_TEMPLATE
from xtenant.domain.directory import GroupKind
from xtenant.domain.estates import EstateRecord
from xtenant.lab.generating.people import groups_of, people_of
from xtenant.lab.generating.plan import LEAST_ITEMS, EstatePlan, shares
from xtenant.lab.generating.sites import SiteWish, site_records


def people_records(plan: EstatePlan) -> list[EstateRecord]:
    """Everybody; sent before the first site of every stream."""
    return [*people_of(plan), *groups_of(plan)]


def sites_of(plan: EstatePlan) -> Iterator[Iterator[EstateRecord]]:
    """The records of each site."""
    groups = groups_of(plan)
    security = tuple(group.number for group in groups if group.kind is GroupKind.SECURITY)
    unified = iter([group.number for group in groups if group.kind is GroupKind.UNIFIED])
    items_before = 0
    for number, items in enumerate(shares(plan.items, plan.sites, least=LEAST_ITEMS)):
        before, items_before = items_before, items_before + items
        yield site_records(
            SiteWish(
                plan=plan,
                number=number,
                items=items,
                unique=round(items_before * plan.unique_permissions) - round(before * plan.unique_permissions),
                owner=1 + number % plan.people,
                group=next(unified) if plan.template(number) == GROUP_TEMPLATE else 0,
                security_groups=security,
            )
        )
