"""Sites as administrators handle them: make, list, lock, rename, recycle, remove (spo-admin.md 4.7)."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from uuid import UUID

from xtenant.domain import content, errors, limits, paths
from xtenant.domain.caller import Caller
from xtenant.domain.content import (
    COMMUNICATION_TEMPLATE,
    PERSONAL_TEMPLATE,
    TEAM_SITE_TEMPLATE,
    TERABYTE,
    WEB,
    ItemId,
    ItemKind,
    ItemRow,
    LockState,
    Site,
    SiteId,
    SiteKey,
    SiteStatus,
)
from xtenant.domain.directory import User, UserId
from xtenant.domain.lists import PLAIN_WEB, WebDefinition
from xtenant.domain.ports.clock import Clock, IdSource
from xtenant.domain.ports.units import UnitOfWork, Units
from xtenant.domain.site import NoSuchSite, NothingDeleted, PersonalSites, SiteFacts, SitePage
from xtenant.domain.tenant import Geo, Tenant
from xtenant.operations import access

DEFAULT_LIBRARY = "Shared Documents"
PERSONAL_LIBRARY = "Documents"
PURGE_PASSES = 1_000_000
LARGEST_QUOTA_MEGABYTES = 25 * 1024**2
FILTER = re.compile(r"\s*(?:(url|title|template|lockstate)\s+-(eq|like)\s+)?['\"]?([^'\"]*)['\"]?\s*", re.IGNORECASE)
STRICTNESS = tuple(LockState)


def create_site(
    units: Units,
    *,
    geo: Geo,
    url: str,
    title: str,
    template: str = TEAM_SITE_TEMPLATE,
    owner: UUID | None,
    clock: Clock,
    ids: IdSource,
    group_id: UUID | None = None,
    quota_bytes: int = TERABYTE,
    definition: WebDefinition = PLAIN_WEB,
) -> Site:
    """A published site with its default library. Raises UsageError for an address of another host, NameTaken."""
    with units.write() as uow:
        return add_site(
            uow,
            geo=geo,
            url=url,
            title=title,
            template=template,
            owner=owner,
            clock=clock,
            ids=ids,
            group_id=group_id,
            quota_bytes=quota_bytes,
            definition=definition,
        )


def add_site(
    uow: UnitOfWork,
    *,
    geo: Geo,
    url: str,
    title: str,
    template: str,
    owner: UUID | None,
    clock: Clock,
    ids: IdSource,
    group_id: UUID | None = None,
    quota_bytes: int = TERABYTE,
    definition: WebDefinition = PLAIN_WEB,
) -> Site:
    """The same inside a unit the caller holds."""
    address = paths.site_url(url)
    host = address.split("/")[2]
    if host not in (geo.my_host, geo.root_host):
        raise errors.UsageError(f"'{url}' is not on a host of this tenant.")
    now = clock.business_now().replace(microsecond=0)
    site = uow.sites.add(
        Site(
            key=SiteKey(0),
            site_id=SiteId(ids.new_id()),
            web_id=ids.new_id(),
            geo=geo.code,
            url=address,
            title=title,
            template=template,
            owner_id=owner,
            group_id=group_id,
            created_at=now,
            modified_at=now,
            published_at=now,
            quota_bytes=quota_bytes,
        )
    )
    if definition != PLAIN_WEB:
        uow.write_site(site.key, now=now).put_web(WEB, definition)
    if group_id is not None:  # its members have a right in the site, which names it
        uow.principals.ensure([access.principal_of_group(uow, group_id)])
    return _with_library(uow, site, ids)


def _with_library(uow: UnitOfWork, site: Site, ids: IdSource) -> Site:
    """The site with its default library, whose author is the owner."""
    owner, now = site.owner_id, site.created_at
    author = access.SHAREPOINT_APP if owner is None else access.principal_of_user(uow, owner)
    key = uow.principals.ensure([author])[author.directory_id]
    writer = uow.write_site(site.key, now=now)
    writer.add_item(
        ItemRow(
            item_id=ItemId(ids.new_id()),
            library_id=None,
            parent_id=None,
            kind=ItemKind.LIBRARY,
            name=PERSONAL_LIBRARY if site.is_personal else DEFAULT_LIBRARY,
            int_id=0,
            created_at=now,
            modified_at=now,
            author=key,
            editor=key,
        )
    )
    return writer.site


def create_root_sites(units: Units, *, tenant: Tenant, clock: Clock, ids: IdSource) -> None:
    """The site every geo has at its root, where clients look first (recorded with CLI for Microsoft 365). Again: nothing."""
    for geo in tenant.geos:
        with units.write() as uow:
            if not uow.sites.any_by_url(geo.root_url):
                add_site(
                    uow,
                    geo=geo,
                    url=geo.root_url,
                    title=tenant.display_name,
                    template=COMMUNICATION_TEMPLATE,
                    owner=None,
                    clock=clock,
                    ids=ids,
                )


def personal_site_url(geo: Geo, upn: str) -> str:
    """The address of a person's OneDrive."""
    return f"https://{geo.my_host}/personal/{paths.personal_path(upn)}"


def create_personal_site(units: Units, *, geo: Geo, user: User, clock: Clock, ids: IdSource) -> Site:
    """A person's OneDrive; the one that is there already when there is one. Raises NameTaken where a redirect stands."""
    with units.write() as uow:
        there = uow.sites.visible_personal_of(user.user_id)
        if there is not None:
            return there
        return add_site(
            uow,
            geo=geo,
            url=personal_site_url(geo, user.upn),
            title=user.display_name,
            template=PERSONAL_TEMPLATE,
            owner=user.user_id,
            clock=clock,
            ids=ids,
        )


def site_by_url(units: Units, *, url: str) -> SiteFacts:
    """A published site or a redirect. Raises NoSuchSite."""
    with units.read() as uow:
        return facts_of(uow, [_visible(uow, url)])[0]


def list_sites(
    units: Units,
    *,
    geo: Geo,
    template: str | None = None,
    personal: PersonalSites = PersonalSites.DEFAULT,
    filter_text: str = "",
    after: str = "",
    limit: int = 300,
) -> SitePage:
    """Published sites and redirects of a geo, oldest first. Raises UsageError for a filter or a page nobody gave out."""
    if after and not (after.isascii() and after.isdecimal() and len(after) < 19):
        raise errors.UsageError("The start of the page is none that was given out.")
    wanted = _read_filter(filter_text)
    only = True if personal is PersonalSites.INCLUDE and template == PERSONAL_TEMPLATE else None
    only = False if personal is not PersonalSites.INCLUDE and template != PERSONAL_TEMPLATE else only
    start = SiteKey(int(after or 0))
    found: list[Site] = []
    with units.read() as uow:
        while len(found) < limit:
            page = uow.sites.visible_page(geo=geo.code, template=template, personal=only, after=start, limit=limit)
            for site in page:
                start = site.key
                if wanted is None or _matches(site, *wanted):
                    found.append(site)
                    if len(found) == limit:
                        break
            if len(page) < limit:
                break
        full = len(found) == limit
        return SitePage(sites=facts_of(uow, found), next_key=str(start) if full else None)


def set_lock_state(units: Units, *, url: str, lock_state: LockState) -> None:
    """Store the administrator's lock; it takes effect at once, during a move as well (settled B 4)."""
    with units.write() as uow:
        site = locked_site(uow, url)
        uow.sites.update(dataclasses.replace(site, lock_state=lock_state))


def set_owner(units: Units, *, url: str, upn: str) -> None:
    """Make somebody the owner. A OneDrive stays the one of its person, who is then no longer its owner (E-24).

    Raises UsageError for nobody of this tenant, SiteFrozen while the site is being moved.
    """
    with units.write() as uow:
        site = locked_site(uow, url)
        require_not_frozen(site)
        uow.sites.update(with_owner(uow, site, upn))


def with_owner(uow: UnitOfWork, site: Site, upn: str) -> Site:
    """A site as it is with another owner; nothing is stored. Raises UsageError for nobody of this tenant."""
    owner = uow.users.by_upn(upn)
    if owner is None:
        raise errors.UsageError(f"There is no user {upn}.", remedy="Name the owner by user principal name.")
    uow.principals.ensure([access.user_as_principal(owner)])
    person = (site.person_id or site.owner_id) if site.is_personal else None
    return dataclasses.replace(site, owner_id=owner.user_id, person_id=None if person == owner.user_id else person)


def set_title(units: Units, *, url: str, title: str) -> None:
    """Raises SiteFrozen while the site is being moved."""
    if not title or len(title) > paths.NAME_LENGTH:
        raise errors.UsageError("A title has 1 to 255 characters.")
    with units.write() as uow:
        site = locked_site(uow, url)
        require_not_frozen(site)
        uow.sites.update(dataclasses.replace(site, title=title))


def set_quota(units: Units, *, url: str, megabytes: int) -> None:
    """Raises UsageError for less than one or more than 25 terabytes, SiteFrozen while the site is being moved."""
    quota_bytes = quota_of(megabytes)
    with units.write() as uow:
        site = locked_site(uow, url)
        require_not_frozen(site)
        uow.sites.update(dataclasses.replace(site, quota_bytes=quota_bytes))


def quota_of(megabytes: int) -> int:
    """In bytes. Raises UsageError."""
    if not 1 <= megabytes <= LARGEST_QUOTA_MEGABYTES:
        raise errors.UsageError(f"A site's storage quota is 1 to {LARGEST_QUOTA_MEGABYTES} megabytes.")
    return megabytes * 1024**2


def remove_site(units: Units, *, url: str, clock: Clock) -> None:
    """To the recycle bin. Raises NoSuchSite, SiteFrozen while it is being moved."""
    with units.write() as uow:
        site = locked_site(uow, url)
        require_not_frozen(site)
        uow.sites.update(dataclasses.replace(site, deleted_at=clock.business_now()))


def remove_deleted_site(units: Units, *, url: str) -> None:
    """For good, in batches: content that nothing else refers to goes with the next collection. Raises NothingDeleted."""
    with units.read() as uow:
        gone = [site for site in uow.sites.any_by_url(url) if site.deleted_at is not None and site.published_at]
    if not gone:
        raise NothingDeleted(url)
    for site in gone:
        purge(units, site.key)


def purge(units: Units, key: SiteKey) -> None:
    """Remove a hidden or deleted site for good in transactions of bounded size."""
    for _pass in range(PURGE_PASSES):
        with units.write() as uow:
            if not uow.sites.purge(key, limit=limits.DEFAULT.write_rows // 2):
                return


def owned_by(units: Units, caller: Caller, user_id: UserId) -> Site:
    """A person's OneDrive, if the caller may read it. Raises NotFound."""
    with units.read() as uow:
        site = uow.sites.visible_personal_of(user_id)
        if site is None:
            raise errors.NotFound("The user has no OneDrive.")
        access.require_site(access.standing_of(uow, caller, site))
        return site


def _visible(uow: UnitOfWork, url: str) -> Site:
    site = uow.sites.visible_by_url(url)
    if site is None:
        raise NoSuchSite(url)
    return site


def locked_site(uow: UnitOfWork, url: str) -> Site:
    """The visible site at an address, its row held until the unit ends. Raises NoSuchSite, NotRecovered."""
    if uow.recovery.stands():
        raise content.NotRecovered
    site = uow.sites.by_key(_visible(uow, url).key, lock=True)
    if site is None or not site.is_visible:
        raise NoSuchSite(url)
    return site


def require_not_frozen(site: Site) -> None:
    """Raises SiteFrozen."""
    if site.frozen_by is not None:
        raise content.SiteFrozen("The site is being moved and cannot be changed now.", job=site.frozen_by)


def facts_of(uow: UnitOfWork, sites: Sequence[Site]) -> Sequence[SiteFacts]:
    """Sites as administrators see them, with the names of their owners."""
    owners = uow.users.by_ids({UserId(site.owner_id) for site in sites if site.owner_id is not None})
    definitions = uow.definitions.root_webs([site.key for site in sites])
    webs = uow.definitions.count_webs([site.key for site in sites])
    return [
        _facts_of(
            site,
            owners.get(UserId(site.owner_id)) if site.owner_id else None,
            definitions[site.key],
            1 + webs[site.key],
        )
        for site in sites
    ]


def _facts_of(site: Site, owner: User | None, definition: WebDefinition, webs_count: int) -> SiteFacts:
    lock_state = site.lock_state
    if site.frozen_by is not None:
        lock_state = max(lock_state, LockState.READ_ONLY, key=STRICTNESS.index)
    return SiteFacts(
        url=site.url,
        site_id=site.site_id,
        title=site.title,
        template=site.template,
        status=site.status if site.deleted_at is None else SiteStatus.RECYCLED,
        lock_state=lock_state,
        storage_bytes=site.used_bytes,
        storage_limit_bytes=site.quota_bytes,
        webs_count=webs_count,
        lcid=definition.language,
        time_zone=definition.time_zone,
        owner_upn=owner.upn if owner else None,
        group_id=site.group_id,
        created_at=site.created_at,
        modified_at=site.modified_at,
        has_holds=site.has_holds,
        label=site.label,
        deleted_at=site.deleted_at,
    )


def _read_filter(text: str) -> tuple[str, bool, str] | None:
    """`Url -like '…'`, `Template -eq '…'`, or a bare text to be found in the URL, as `Get-SPOSite -Filter` takes them."""
    if not text.strip():
        return None
    match = FILTER.fullmatch(text) if len(text) <= 2_000 else None
    if match is None:
        raise errors.UsageError("The filter cannot be read.", remedy="Use Url -like 'part' or Template -eq 'STS#3'.")
    field, how, value = match.groups()
    return (field or "url").lower(), (how or "like").lower() == "eq", value.strip("*").casefold()


def _matches(site: Site, field: str, exact: bool, value: str) -> bool:
    there = {"url": site.url, "title": site.title, "template": site.template, "lockstate": site.lock_state.value}
    text = there[field].casefold()
    return text == value.rstrip("/") if exact else value in text
