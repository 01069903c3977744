"""Each row of the plan brought together with what both inventories tell: which site moves, whose it is, where it lands."""

from __future__ import annotations

from collections.abc import Sequence

from xtenant.bulk.preflight.given import Moving
from xtenant.bulk.preflight.sides import Side
from xtenant.domain import paths
from xtenant.domain.move import JobKind
from xtenant.domain.paths import url_key
from xtenant.domain.plan import PlannedMove
from xtenant.inventory.facts import PrincipalKind, Site


def placed(moves: Sequence[PlannedMove], source: Side, target: Side) -> list[Moving]:
    """Every row, in the plan's order; dictionaries are asked, never tables."""
    place = {JobKind.USER: _onedrive, JobKind.SITE: _site, JobKind.GROUP: _group_site}
    return [place[move.kind](move, source, target) for move in moves]


def _onedrive(move: PlannedMove, source: Side, target: Side) -> Moving:
    """The OneDrive at a person's address; where that is not known, the one the person owns (E-24 tells them apart)."""
    person = source.person(move.source)
    usual = _personal(source, move.source)
    owned = source.of_owner.get(person.principal_id) if person else None
    site = source.site(usual) or owned
    url = site.url if site else usual
    return Moving(
        move=move,
        source_url=url,
        target_url=_personal(target, move.target),
        site=site,
        deleted=None if site else source.deleted.get(url_key(url)),
        person=person,
        target_person=target.person(move.target),
    )


def _site(move: PlannedMove, source: Side, target: Side) -> Moving:
    site = source.site(move.source)
    return Moving(
        move=move,
        source_url=site.url if site else move.source,
        target_url=move.target.rstrip("/"),
        site=site,
        deleted=None if site else source.deleted.get(url_key(move.source)),
        person=source.by_id.get(site.owner_id) if site else None,
    )


def _group_site(move: PlannedMove, source: Side, target: Side) -> Moving:
    """The target's address ends with the alias, below the source's managed path (R-5.20)."""
    group = source.group(move.source)
    site = source.of_group.get(group.principal_id) if group else None
    if site is None:
        site = next(
            (found for path in ("sites", "teams") if (found := source.site(_below(source, path, move.source)))), None
        )
    url = site.url if site else _below(source, "sites", move.source)
    deleted = None if site else source.deleted.get(url_key(url))
    target_group = target.group(move.target)
    if target_group is not None and target_group.kind is not PrincipalKind.M365_GROUP:
        target_group = None
    return Moving(
        move=move,
        source_url=url,
        target_url=_below(target, _managed_path(site), move.target),
        site=site,
        deleted=deleted,
        group=group,
        target_group=target_group,
    )


def _managed_path(site: Site | None) -> str:
    return (paths.site_path(site.url).partition("/")[0] if site else "") or "sites"


def _personal(side: Side, upn: str) -> str:
    host = f"https://{side.host_url.host}" if side.host_url else "https://unknown"
    return f"{host}/personal/{paths.personal_path(upn)}"


def _below(side: Side, managed_path: str, name: str) -> str:
    label = side.host_url.label if side.host_url else "unknown"
    return f"https://{label}.sharepoint.com/{managed_path}/{name}"
