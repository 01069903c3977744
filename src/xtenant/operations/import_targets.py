"""Where an import goes: a site or OneDrive that is there or is made, and who stands as author (lab only, settled B 13)."""

from __future__ import annotations

from dataclasses import dataclass

from xtenant.domain import errors
from xtenant.domain.content import Principal, Site, SiteId
from xtenant.domain.ports.clock import Clock, IdSource
from xtenant.domain.ports.units import Units
from xtenant.domain.tenant import Geo
from xtenant.operations import access, sites
from xtenant.operations.directory import user_named


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportTarget:
    """A site and the author of what is imported into it."""

    site_id: SiteId
    author: Principal


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeSite:
    """A site with the name of its default library."""

    site: Site
    library: str


def ensure_site(
    units: Units, *, geo: Geo, url: str, title: str, owner_upn: str | None, clock: Clock, ids: IdSource
) -> MadeSite:
    """The site at an address, made where none is. Raises UserNotFound, and UsageError for another tenant's host."""
    with units.read() as uow:
        there = uow.sites.visible_by_url(url)
        owner = None if owner_upn is None else user_named(uow, owner_upn).user_id
    if there is None:
        there = sites.create_site(units, geo=geo, url=url, title=title, owner=owner, clock=clock, ids=ids)
    return _with_library(units, there)


def ensure_onedrive(units: Units, *, geo: Geo, upn: str, clock: Clock, ids: IdSource) -> MadeSite:
    """A person's OneDrive, made where they have none. Raises UserNotFound."""
    with units.read() as uow:
        user = user_named(uow, upn)
    return _with_library(units, sites.create_personal_site(units, geo=geo, user=user, clock=clock, ids=ids))


def import_target(units: Units, *, url: str, author_upn: str | None) -> ImportTarget:
    """The site at an address and its author: the person named, else the owner, else the app. Raises NotFound."""
    with units.read() as uow:
        site = uow.sites.visible_by_url(url)
        if site is None or site.is_redirect:
            raise errors.NotFound(f"There is no site at {url}.")
        author_id = site.owner_id if author_upn is None else user_named(uow, author_upn).user_id
        author = access.SHAREPOINT_APP if author_id is None else access.principal_of_user(uow, author_id)
        return ImportTarget(site_id=site.site_id, author=author)


def _with_library(units: Units, site: Site) -> MadeSite:
    with units.read() as uow:
        library = uow.items.root_of(site.key)
    if library is None:
        raise errors.NotFound(f"The site at {site.url} has no library.")
    return MadeSite(site=site, library=library.name)
