"""Reading a tenant over the wire into an inventory (settled C 2, C 14, C 17): only calls that change and provision nothing.

A crawl is a run of parts; each part is written in one transaction with the note that it is done, so that a killed crawl goes
on where it stood. Reading again renews what is there, and asks each site only for what changed (settled C 18).
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeVar

import anyio
import tenacity

from xtenant.client.tenant import TenantClient
from xtenant.domain import errors
from xtenant.domain.ports.clock import Clock
from xtenant.inventory.crawl_directory import (
    GROUP_KINDS,
    GROUPS_A_PART,
    GeoPlace,
    geos_of,
    groups_of,
    licences_of,
    people_of,
    read_members,
    read_tenant,
)
from xtenant.inventory.crawl_items import LabelColumn
from xtenant.inventory.crawl_permissions import first_of
from xtenant.inventory.crawl_site import SiteReading
from xtenant.inventory.crawl_sites import chosen_sites, deleted_sites_of, sites_of
from xtenant.inventory.facts import NotRead, PrincipalKind, Site
from xtenant.inventory.run_rows import Run
from xtenant.inventory.store import Inventory

SITES_AT_ONCE = 6
GO_ON_WITHIN = timedelta(hours=24)
"""How long after its beginning a killed crawl goes on; later it begins anew."""

EVERYTHING = "*"
_BUSY_TRIES = 6
_LONGEST_WAIT_SECONDS = 300.0

Progress = Callable[[str, int, int | None], None]
"""Told what is being read, how much of it is done, and of how much where that is known."""

T = TypeVar("T")


@dataclass(slots=True, kw_only=True)
class CrawlReport:
    """What a crawl could not read with the reason: sites or parts of them that the tenant refused, subsites, lists of the tenant;
    and names that mean no site. `sites_read` are those read to the end."""

    went_on: bool = False
    sites_read: int = 0
    unread: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    missing: Sequence[str] = ()


async def crawl_tenant(
    client: TenantClient,
    inventory: Inventory,
    *,
    clock: Clock,
    sites: Collection[str] | None = None,
    whole: bool = False,
    progress: Progress = lambda what, done, total: None,
) -> CrawlReport:
    """Read the directory, the list of sites, and of `sites` also permissions and items: all of them when None.

    `sites` are addresses, UPNs (the OneDrive) or aliases (the group's site); an empty one reads no site further. With `whole`
    items and the rights on them are read again though nothing changed: rights given leave no trace among changes. Raises
    AccessDenied or NetworkError when the directory cannot be read, or no longer the list of sites, Throttled when the tenant stays
    busy; what was read until then stays, and the next crawl of the same sites goes on.
    """
    try:
        return await _Crawl(client, inventory, clock, sites, whole, progress).run()
    except ExceptionGroup as group:
        raise first_of(group) from group


def ended(inventory: Inventory) -> bool:
    """Whether the last crawl came to its end."""
    run = inventory.last_run()
    return run is not None and run.ended_at is not None


class _Crawl:
    """One crawl."""

    def __init__(
        self,
        client: TenantClient,
        inventory: Inventory,
        clock: Clock,
        names: Collection[str] | None,
        whole: bool,
        progress: Progress,
    ) -> None:
        self._client = client
        self._session = client.session
        self._inventory = inventory
        self._clock = clock
        self._names = names
        self._whole = whole
        self._labels = LabelColumn()
        self._chosen: Sequence[Site] = ()
        self._progress = progress
        self._report = CrawlReport()
        self._run = self._begun()
        self._done = inventory.parts_done(self._run)

    async def run(self) -> CrawlReport:
        await self._read_directory()
        await self._read_groups()
        await self._read_sites()
        if self._names is None:
            self._inventory.forget_strangers()
        self._report_what_was_not_read()
        self._inventory.end_run(self._run, self._clock.security_now())
        return self._report

    def _begun(self) -> Run:
        """The last run where it was killed, is young enough and wanted the same; else a new one."""
        selection, now = _selection(self._names, whole=self._whole), self._clock.security_now()
        last = self._inventory.last_run()
        goes_on = last is not None and last.ended_at is None and last.selection == selection
        if last is not None and goes_on and now - last.started_at < GO_ON_WITHIN:
            self._report.went_on = True
            return last
        with self._inventory.writing():
            self._inventory.clear_not_read(None)
            return self._inventory.begin_run(selection, now)

    async def _read_directory(self) -> None:
        inventory, session = self._inventory, self._session
        geos = await self._unless_denied("sites, OneDrives and geos", lambda: geos_of(self._client))
        if self._open("tenant"):
            not_read: list[NotRead] = []
            tenant = await read_tenant(self._client, geos, self._clock.security_now(), not_read)
            licences = await licences_of(session, not_read)
            with inventory.writing():
                inventory.put_not_read(not_read)
                inventory.put_tenant(tenant)
                inventory.put_licences(licences)
                self._close("tenant")
        if self._open("people"):
            people = await self._gathered("people", people_of(session))
            with inventory.writing():
                inventory.put_principals(people, instead_of=[PrincipalKind.USER, PrincipalKind.GUEST])
                self._close("people")
        if self._open("sites"):
            sites = await self._unless_denied(
                "sites and OneDrives", lambda: self._gathered("sites", sites_of(session, inventory, geos))
            )
            with inventory.writing():
                self._put_sites(sites)
                self._close("sites")
        if self._open("deleted sites"):
            await self._read_deleted_sites(geos)

    def _put_sites(self, sites: Sequence[Site]) -> None:
        there = {site.site_id for site in sites}
        for gone in [site.site_id for site in self._inventory.sites() if site.site_id not in there]:
            self._inventory.forget_site(gone)
        for site in sites:
            self._inventory.put_site(site)

    async def _read_deleted_sites(self, geos: Sequence[GeoPlace]) -> None:
        """Of no use to who reads sites only by name, but cheap: pages of the whole bin."""
        inventory, not_read = self._inventory, list[NotRead]()
        deleted: list[Site] = []
        if not geos:
            not_read.append(NotRead(subject="deleted sites", reason="The geos of the tenant could not be read."))
        try:
            deleted = await self._gathered("deleted sites", deleted_sites_of(self._session, geos))
        except errors.Refused as error:
            not_read.append(NotRead(subject="deleted sites", reason=error.text))
        with inventory.writing():
            inventory.put_not_read(not_read)
            for gone in list(inventory.deleted_sites()):
                inventory.forget_site(gone.site_id)
            for site in deleted:
                inventory.put_site(site)
            self._close("deleted sites")

    def _report_what_was_not_read(self) -> None:
        """Of the tenant, and of the sites chosen, whichever run of this crawl came upon it."""
        if not self._labels.is_asked:
            reason = "The libraries that were asked have no column of labels."
            self._inventory.put_not_read([NotRead(subject="sensitivity labels of files", reason=reason)])
        chosen = {None, *(site.site_id for site in self._chosen)}
        rows = (row for row in self._inventory.not_read_rows() if row.site_id in chosen)
        self._report.unread = [(row.subject, row.reason) for row in rows]
        read = (self._inventory.site(site.site_id) for site in self._chosen)
        self._report.sites_read = sum(site is not None and site.read_at is not None for site in read)

    async def _read_groups(self) -> None:
        inventory = self._inventory
        if self._open("groups"):
            groups = await self._gathered("groups", groups_of(self._session, inventory))
            with inventory.writing():
                inventory.put_principals(groups, instead_of=GROUP_KINDS)
                self._close("groups")
        ids = [group.principal_id for group in inventory.principals(GROUP_KINDS)]
        for start in range(0, len(ids), GROUPS_A_PART):
            await self._read_members(ids[start : start + GROUPS_A_PART])
            self._progress("members", min(start + GROUPS_A_PART, len(ids)), len(ids))

    async def _read_members(self, group_ids: Sequence[str]) -> None:
        part = f"members {group_ids[0]}"
        if not self._open(part):
            return
        found = await self._patiently(
            lambda: read_members(self._session, self._inventory, group_ids, clock=self._clock)
        )
        with self._inventory.writing():
            for group_id, members in found:
                self._inventory.put_members(group_id, members)
            self._close(part)

    async def _read_sites(self) -> None:
        chosen = chosen_sites(self._inventory, self._names)
        self._report.missing = chosen.missing
        self._chosen = chosen.sites
        left = [site for site in chosen.sites if self._open(f"site {site.site_id}")]
        waiting, total = enumerate(left, len(chosen.sites) - len(left) + 1), len(chosen.sites)

        async def work() -> None:
            for number, site in waiting:
                await self._read_site(site)
                self._progress("permissions", number, total)

        async with anyio.create_task_group() as group:
            for _ in range(min(SITES_AT_ONCE, total)):
                group.start_soon(work)

    async def _read_site(self, site: Site) -> None:
        """What a tenant refuses to show of one site does not end the crawl; it is reported."""
        not_read: list[NotRead] = []

        async def read() -> Site:
            now = self._clock.security_now()
            current = self._inventory.site(site.site_id) or site
            reading = SiteReading(self._session, self._inventory, current, self._labels, self._whole)
            found = await reading.run(now)
            not_read.extend(reading.not_read)
            return found

        try:
            await self._patiently(read)
        except errors.Refused as error:
            self._inventory.empty_site(site.site_id)
            not_read.append(NotRead(subject=site.url, reason=error.text, site_id=site.site_id))
        else:
            self._close(f"site {site.site_id}")
        if site.subsites:
            reason = f"It has {site.subsites} subsites, which are not read."
            not_read.append(NotRead(subject=site.url, reason=reason, site_id=site.site_id))
        self._inventory.put_not_read(not_read)

    async def _unless_denied(self, subject: str, work: Callable[[], Awaitable[list[T]]]) -> list[T]:
        """Who may see the directory only (settled C 15) learns that much. Where sites were seen before, the right to see them was
        lost: that ends the crawl, so that what is known of them stays."""
        try:
            return await work()
        except errors.AccessDenied as error:
            if next(self._inventory.sites(), None) is not None:
                raise
            self._inventory.put_not_read([NotRead(subject=subject, reason=error.text)])
            return []

    async def _gathered(self, what: str, rows: AsyncIterator[T]) -> list[T]:
        """All of a list, told every so often: a directory fits in memory, and stays whole in one transaction."""
        found: list[T] = []
        async for row in rows:
            found.append(row)
            if len(found) % 1_000 == 0:
                self._progress(what, len(found), None)
        self._progress(what, len(found), len(found))
        return found

    async def _patiently(self, work: Callable[[], Awaitable[T]]) -> T:
        """Once more, after longer and longer, while the tenant stays busy beyond what the transport waits for."""

        async def once() -> T:  # tenacity tells coroutine functions by themselves, not by what they return
            return await work()

        attempts = tenacity.AsyncRetrying(
            sleep=self._clock.sleep,
            stop=tenacity.stop_after_attempt(_BUSY_TRIES),
            wait=_wait_seconds,
            retry=tenacity.retry_if_exception_type(errors.Throttled),
            reraise=True,
        )
        return await attempts(once)

    def _open(self, part: str) -> bool:
        return part not in self._done

    def _close(self, part: str) -> None:
        self._inventory.note_part(self._run, part)
        self._done.add(part)


def _selection(names: Collection[str] | None, *, whole: bool) -> str:
    """A text that two equal wishes share."""
    suffix = " whole" if whole else ""
    if names is None:
        return EVERYTHING + suffix
    return hashlib.sha256("\n".join(sorted({name.casefold() for name in names})).encode()).hexdigest() + suffix


def _wait_seconds(state: tenacity.RetryCallState) -> float:
    return min(_LONGEST_WAIT_SECONDS, 15.0 * 2 ** (state.attempt_number - 1))
