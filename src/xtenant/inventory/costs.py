"""What reading a tenant costs in resource units, said before it is read (content-api.md 1.17; settled C 17).

Sites that were read before are reckoned from the inventory; for others a few are asked how many lists and items they have. What
is read for the estimate itself is cheap: people, groups and sites by the page.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from dataclasses import dataclass

from xtenant.client.tenant import TenantClient
from xtenant.domain import errors
from xtenant.domain.budget import PRICES, Prices
from xtenant.inventory.crawl_directory import geos_of
from xtenant.inventory.crawl_sites import chosen_among, sites_of
from xtenant.inventory.facts import ScopeKind, Site
from xtenant.inventory.store import Inventory
from xtenant.protocols.graph.call import directory
from xtenant.protocols.sharepoint_rest.call import lists
from xtenant.wire.prices import SEVERAL, SINGLE
from xtenant.wire.transport import Session

SITES_A_PAGE = 300
SAMPLE = 20
"""Sites that are asked for their lists before an estimate; spread evenly over those that were never read."""


DIRECTORY = 0
"""What people, groups and licences cost of SharePoint's budget."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """So many requests of one kind."""

    what: str
    requests: int
    price: int

    @property
    def units(self) -> int:
        return self.requests * self.price


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What a run will ask for. `sites_known` were read before and are asked for changes only."""

    steps: Sequence[Step]
    sites: int
    sites_known: int

    @property
    def requests(self) -> int:
        return sum(step.requests for step in self.steps)

    @property
    def units(self) -> int:
        return sum(step.units for step in self.steps)


@dataclass(slots=True, kw_only=True)
class Below:
    """What lies below some sites, as far as it decides how often they are asked."""

    sites: int = 0
    drives: int = 0
    pages: int = 0
    unique_lists: int = 0
    unique_items: int = 0

    def scaled(self, factor: float) -> Below:
        return Below(
            sites=round(self.sites * factor),
            drives=round(self.drives * factor),
            pages=round(self.pages * factor),
            unique_lists=round(self.unique_lists * factor),
        )


@dataclass(slots=True)
class Estimator:
    """Reckons one run of `crawl_tenant` with the same `names` and `whole`; changes nothing in the inventory.

    A person or group that no directory was read for yet is taken to have a site.
    """

    client: TenantClient
    inventory: Inventory
    names: Collection[str] | None
    whole: bool = False
    prices: Prices = PRICES

    async def estimate(self) -> Estimate:
        """Raises AccessDenied, NetworkError or Throttled as the crawl would."""
        session = self.client.session
        geos = await geos_of(self.client)
        people = await _number(directory.people(session))
        groups = await _number(directory.groups(session))
        every = [site async for site in sites_of(session, self.inventory, geos)]
        chosen = chosen_among(self.inventory, every, self.names)
        known = [site for site in chosen.sites if self.inventory.list_states(site.site_id)]
        known_ids = {site.site_id for site in known}
        new = [site for site in chosen.sites if site.site_id not in known_ids]
        strangers = sum("://" not in name for name in chosen.missing)
        sites = len(chosen.sites) + strangers
        steps = [
            *self._directory(len(geos), people, groups, len(every)),
            *self._of_sites(sites),
            *self._of_new(len(new) + strangers, await self._sampled(new or every, len(new) + strangers)),
            *self._of_known(self._known(known)),
        ]
        return Estimate(steps=[step for step in steps if step.requests], sites=sites, sites_known=len(known))

    def _directory(self, geos: int, people: int, groups: int, sites: int) -> list[Step]:
        pages = _pages(people, directory.PAGE) + _pages(groups, directory.PAGE)
        return [
            Step(what="tenant, licences, people and groups", requests=3 + pages, price=DIRECTORY),
            Step(what="members and owners of groups", requests=2 * groups, price=DIRECTORY),
            Step(
                what="geos, sites, deleted sites",
                requests=1 + _pages(sites, SITES_A_PAGE) + geos,
                price=self.prices.rest,
            ),
        ]

    def _of_sites(self, sites: int) -> list[Step]:
        return [
            Step(what="lists, users and groups of sites", requests=3 * sites, price=self.prices.rest),
            Step(what="permissions of sites", requests=sites, price=self.prices.rest_rights),
        ]

    def _of_new(self, sites: int, below: Below) -> list[Step]:
        rest, rights = self.prices.rest, self.prices.rest_rights
        return [
            Step(what="drives of sites never read, and their tokens", requests=sites + below.drives, price=SEVERAL),
            Step(what="items of sites never read", requests=below.pages, price=rest),
            Step(what="permissions of lists never read", requests=below.unique_lists, price=rights),
        ]

    def _of_known(self, below: Below) -> list[Step]:
        rest, rights, again = self.prices.rest, self.prices.rest_rights, int(self.whole)
        changes = Step(what="changes of drives", requests=below.drives, price=SINGLE)
        tokens = Step(what="tokens of drives", requests=below.drives, price=SEVERAL)
        return [
            tokens if self.whole else changes,
            Step(what="permissions of lists", requests=below.unique_lists, price=rights),
            Step(what="items once more", requests=below.pages * again, price=rest),
            Step(what="permissions of items once more", requests=below.unique_items * again, price=rights),
        ]

    def _known(self, sites: Iterable[Site]) -> Below:
        """From the inventory."""
        found = Below()
        for site in sites:
            shown = [each for each in self.inventory.lists(site.site_id) if not each.hidden]
            scopes = self.inventory.scopes(site.site_id)
            found.sites += 1
            found.drives += sum(bool(each.drive_id) for each in shown)
            found.pages += sum(_pages(each.items, lists.PAGE) for each in shown)
            found.unique_lists += sum(scope.kind is ScopeKind.LIST for scope in scopes)
            found.unique_items += sum(scope.kind in (ScopeKind.FOLDER, ScopeKind.FILE) for scope in scopes)
        return found

    async def _sampled(self, sites: Sequence[Site], number: int) -> Below:
        """What so many sites have, by what some of these do; those that refuse say nothing."""
        found = Below()
        if not number:
            return found
        apart = max(1, len(sites) // SAMPLE)
        for site in sites[::apart][:SAMPLE]:
            try:
                rows = await _shown_lists(self.client.session, site.url)
            except errors.Refused:
                continue
            found.sites += 1
            found.drives += sum(row.BaseType == lists.LIBRARY for row in rows)
            found.pages += sum(_pages(row.ItemCount, lists.PAGE) for row in rows)
            found.unique_lists += sum(row.HasUniqueRoleAssignments for row in rows)
        return found.scaled(number / found.sites) if found.sites else found


async def _shown_lists(session: Session, url: str) -> list[lists.SiteList]:
    return [row async for row in lists.lists_of(session, url) if not row.Hidden]


async def _number(rows: AsyncIterator[object]) -> int:
    return sum([1 async for _ in rows])


def _pages(rows: int, rows_a_page: int) -> int:
    """Even an empty list is asked for once."""
    return max(1, -(-rows // rows_a_page))
