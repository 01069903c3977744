"""What stands in a row's way, by rule: names, licences, usage locations, sign-in before the move, groups of the wrong make."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from xtenant.inventory.facts import Principal, PrincipalKind
from xtenant.inventory.store import Inventory
from xtenant.people.plan import names
from xtenant.people.plan.directory import TargetDirectory
from xtenant.people.plan.licences import OneDriveLicence
from xtenant.people.plan.needed import Need
from xtenant.people.rows import Method, PersonRow, RowKind

_MADE = (Method.CREATE, Method.SYNC, Method.MAILBOX)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What the checks look at; `usage_location` is the one given for those who have none."""

    target: Inventory
    directory: TargetDirectory
    domains: frozenset[str]
    usage_location: str = ""
    licence: OneDriveLicence


def with_problems(rows: Sequence[PersonRow], needs: Sequence[Need], ground: Ground) -> list[PersonRow]:
    """The rows with what was found behind the problems they have."""
    told: list[PersonRow] = []
    for row, need in zip(rows, needs, strict=True):
        found = [] if row.method is Method.SKIP else list(_problems(row, need, ground))
        told.append(replace(row, problems=tuple(dict.fromkeys((*row.problems, *found)))))
    return told


def _problems(row: PersonRow, need: Need, ground: Ground) -> Iterator[str]:
    target = ground.directory.by_id(row.target_id) if row.target_id else None
    if row.awaits_confirmation:
        yield "matched by display name only: write yes into confirmed, or choose another target"
    if row.kind.is_group:
        yield from _of_group(row, need, target)
        return
    if "'" in need.principal.upn:
        proposed = names.legal_local_part(need.principal.upn.rpartition("@")[0])
        yield f"R-4.11: the apostrophe in '{need.principal.upn}' fails the move: rename it on the source, for instance {proposed}"
    if row.method in _MADE:
        yield from names.problems_of_upn(row.target_upn, ground.domains)
    if row.method is Method.CREATE and not (need.principal.usage_location or ground.usage_location):
        yield "R-4.4: no usage location, so no licence can be assigned: --usage-location XX"
    if need.mover is not None:
        yield from _of_mover(row, need, target, ground)


def _of_mover(row: PersonRow, need: Need, target: Principal | None, ground: Ground) -> Iterator[str]:
    mover = need.mover
    if mover is not None and row.target_upn.casefold() != mover.target.casefold():
        yield f"R-5.56: the moves say {mover.target}: the plan of moves and the map must agree"
    if row.method is Method.GUEST or (target is not None and target.kind is PrincipalKind.GUEST):
        yield "R-4.3: a guest has no OneDrive: whoever moves needs a member account of their own"
    if not ground.licence.is_assigned(need.principal, target):
        yield "R-4.25: no licence 'Cross Tenant User Data Migration' on either side"
    if target is None or target.kind is PrincipalKind.GUEST:
        return
    if not ground.licence.others_of(target):
        yield "R-4.4: the target account has no licence, so none with SharePoint"
    if ground.target.site_of_owner(target.principal_id) is not None:
        yield "R-4.10: the target account has a OneDrive already, the move will be refused"
    elif target.account_enabled:
        yield "R-4.8: the target account may sign in: signing in to OneDrive before the move makes the move fail"


def _of_group(row: PersonRow, need: Need, target: Principal | None) -> Iterator[str]:
    if row.method in _MADE and (need.group_move is None or row.kind is RowKind.SECURITY):
        yield from names.problems_of_group("Group", row.target_upn.replace(".", "-"))
    if need.group_move is None:
        return
    name = target.name if target is not None else names.legal_group_name(need.principal.name)
    yield from names.problems_of_group(name, row.target_upn)
    if target is None and name != need.principal.name:
        yield f"R-4.22: created as '{name}', without periods"
    if "." in need.principal.name or "." in need.principal.alias:
        yield "R-4.22: the source group has a period in its name or alias: rename it before the move"
    if target is None:
        return
    if target.site_url:
        yield f"R-4.21: the target group has the site {target.site_url}: choose another alias here and in the moves"
    elif not target.on_demand:
        yield "R-4.15: not known to be made with ProvisionSiteOnDemand; made in another way it fails the move"
    if target.visibility and need.principal.visibility and target.visibility != need.principal.visibility:
        yield f"R-4.19: {target.visibility} on the target, {need.principal.visibility} on the source"
