"""What of a tenant can move: a OneDrive by its owner, a site by its address, a group's site by the group's alias.

What cannot, or is no content of anybody's, is told with the reason and left out; a person may still write the row.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from xtenant.domain import paths
from xtenant.domain.move import JobKind
from xtenant.inventory.facts import Principal, PrincipalKind, Site, SiteKind
from xtenant.inventory.store import Inventory

SYSTEM_TEMPLATES = {
    "RedirectSite#0": "a redirect that an earlier move left (R-6.29)",
    "SRCHCEN#0": "the search center, which each tenant has of its own",
    "APPCATALOG#0": "the app catalog, which each tenant has of its own (R-7.19)",
    "SPSMSITEHOST#0": "the host of OneDrives, which each tenant has of its own",
    "POINTPUBLISHINGHUB#0": "a hub of the video portal, which each tenant has of its own",
    "EDISC#0": "an eDiscovery center, which stays with its cases (R-7.27)",
    "TEAMCHANNEL#0": "the site of a private channel: channels do not move (R-7.22)",
    "TEAMCHANNEL#1": "the site of a shared channel: channels do not move (R-7.22)",
}
"""Our choice where no rule is named."""

KIND_OF = {SiteKind.PERSONAL: JobKind.USER, SiteKind.GROUP: JobKind.GROUP, SiteKind.SITE: JobKind.SITE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Something that can move, by the name its row has (UPN, alias or address)."""

    kind: JobKind
    source: str
    site: Site
    storage_mb: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    url: str
    reason: str


def candidates(source: Inventory) -> Iterator[Candidate | LeftOut]:
    """Every live site of the inventory, by address."""
    people = {each.principal_id: each for each in source.principals()}
    origin = source.origin()
    disguised = origin is not None and bool(origin.pseudonyms)
    for site in source.sites():
        if disguised and site.kind is SiteKind.PERSONAL:
            yield LeftOut(
                url=site.url, reason="its owner is disguised in the handover file; ask for one without pseudonyms"
            )
        else:
            yield _candidate(site, people)


def _candidate(site: Site, people: dict[str, Principal]) -> Candidate | LeftOut:
    reason = _reason_against(site)
    if reason:
        return LeftOut(url=site.url, reason=reason)
    match site.kind:
        case SiteKind.PERSONAL:
            owner = people.get(site.owner_id)
            if owner is None or owner.kind is not PrincipalKind.USER or not owner.upn:
                return LeftOut(url=site.url, reason="a OneDrive whose owner is not in the directory (R-7.33)")
            name = owner.upn
        case SiteKind.GROUP:
            group = people.get(site.group_id)
            if group is None or not group.alias:
                return LeftOut(url=site.url, reason="the site of a group that is not in the directory")
            name = group.alias
        case SiteKind.SITE:
            name = site.url
    return Candidate(kind=KIND_OF[site.kind], source=name, site=site, storage_mb=site.storage_mb)


def _reason_against(site: Site) -> str:
    if site.template in SYSTEM_TEMPLATES:
        return SYSTEM_TEMPLATES[site.template]
    if site.status != "Active":
        return f"its status is {site.status}"
    if not paths.site_path(site.url):
        return "the root site of the tenant"
    return ""
