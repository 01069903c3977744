"""Reading the list of a tenant's sites into an inventory, OneDrives included; which of them a crawl reads further.

The list comes from the administration centre, which tells owner, template, lock and storage. No call here may provision a
OneDrive: a person's drive is never asked for by name.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from xtenant.domain.paths import personal_path, url_key
from xtenant.inventory.crawl_directory import GeoPlace
from xtenant.inventory.directory_rows import EmptyInventory
from xtenant.inventory.facts import Site, SiteKind
from xtenant.inventory.store import Inventory
from xtenant.protocols.csom import call as csom
from xtenant.protocols.csom.call import SiteRow
from xtenant.protocols.sharepoint_rest.call import lists
from xtenant.wire.transport import Session

_PERSONAL_TEMPLATE = "SPSPERS"


async def sites_of(session: Session, inventory: Inventory, geos: Sequence[GeoPlace]) -> AsyncIterator[Site]:
    """Every site of every geo. Owners are named by what the inventory knows of the directory; what was read of a site
    earlier stays with it."""
    for geo in geos:
        async for row in csom.list_sites(session, geo.admin_url, personal="Include", detailed=True):
            yield await _site(session, inventory, row)


async def _site(session: Session, inventory: Inventory, row: SiteRow) -> Site:
    owner = inventory.principal_by_upn(row.owner)
    site_id = row.site_id or await lists.site_id_of(session, row.url)
    before = inventory.site(site_id)
    site = Site(
        site_id=site_id,
        kind=_kind(row),
        url=row.url.rstrip("/"),
        title=row.title,
        template=row.template,
        owner_id=owner.principal_id if owner else "",
        group_id=str(row.group_id) if row.group_id else "",
        lock_state=row.lock_state or "Unlock",
        storage_mb=row.storage_megabytes,
        subsites=row.webs_count - 1,
        status=row.status or "Active",
        has_holds=row.has_holds,
        label=row.label,
        created_at=row.created_at,
        modified_at=row.modified_at,
    )
    if before is None or before.deleted_at is not None:
        return site
    return replace(
        site,
        admins=before.admins,
        items=before.items,
        sharing_links=before.sharing_links,
        versions=before.versions,
        versions_exact=before.versions_exact,
        workflows=before.workflows,
        read_at=before.read_at,
    )


async def deleted_sites_of(session: Session, geos: Sequence[GeoPlace]) -> AsyncIterator[Site]:
    """Every site in the recycle bin of every geo. Raises Refused's kinds where it may not be seen."""
    for geo in geos:
        async for row in csom.deleted_sites(session, geo.admin_url):
            if row.site_id is not None and row.deleted_at is not None:
                personal = urlsplit(row.url).path.lower().startswith("/personal/")
                yield Site(
                    site_id=row.site_id,
                    kind=SiteKind.PERSONAL if personal else SiteKind.SITE,
                    url=row.url.rstrip("/"),
                    title="",
                    template="",
                    status=row.status,
                    deleted_at=row.deleted_at,
                )


def _kind(row: SiteRow) -> SiteKind:
    if row.template.upper().startswith(_PERSONAL_TEMPLATE):
        return SiteKind.PERSONAL
    return SiteKind.GROUP if row.group_id else SiteKind.SITE


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The sites a crawl reads further, and the names that mean none."""

    sites: Sequence[Site]
    missing: Sequence[str] = ()


def chosen_sites(inventory: Inventory, names: Collection[str] | None) -> Chosen:
    """All sites that hold something, or those named: by address, by UPN (the OneDrive), by alias (the group's site)."""
    if names is None:
        return Chosen(sites=[site for site in inventory.sites() if not site.is_redirect])
    found: dict[object, Site] = {}
    missing: list[str] = []
    for name in names:
        site = _named(inventory, name)
        if site is None:
            missing.append(name)
        elif not site.is_redirect:
            found[site.site_id] = site
    return Chosen(sites=list(found.values()), missing=missing)


def chosen_among(inventory: Inventory, sites: Sequence[Site], names: Collection[str] | None) -> Chosen:
    """What a crawl of `names` would read further of some sites, which may be newer than the inventory."""
    there = [site for site in sites if not site.is_redirect]
    if names is None:
        return Chosen(sites=there)
    found = chosen_sites(inventory, names)
    chosen = {site.site_id for site in found.sites}
    by_address = {url_key(name): name for name in names if _is_address(name)}
    sites = [site for site in there if site.site_id in chosen or url_key(site.url) in by_address]
    named = {by_address.get(url_key(site.url)) for site in sites}
    return Chosen(sites=sites, missing=[name for name in found.missing if name not in named])


def _named(inventory: Inventory, name: str) -> Site | None:
    if _is_address(name):
        return inventory.site_by_url(name)
    if "@" in name:
        return _onedrive(inventory, name)
    group = inventory.principal_by_alias(name)
    return inventory.site_of_group(group.principal_id) if group else None


def _onedrive(inventory: Inventory, upn: str) -> Site | None:
    """By its address, which keeps the person's name when somebody else was made owner (E-24); else by its owner."""
    for host_url in _host_urls(inventory):
        site = inventory.site_by_url(f"{host_url}personal/{personal_path(upn)}")
        if site is not None:
            return site
    person = inventory.principal_by_upn(upn)
    return inventory.site_of_owner(person.principal_id) if person else None


def _is_address(name: str) -> bool:
    return name.lower().startswith("https://")


def _host_urls(inventory: Inventory) -> tuple[str, ...]:
    try:
        return inventory.tenant().host_urls
    except EmptyInventory:
        return ()
