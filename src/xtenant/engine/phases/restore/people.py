"""Who becomes whom: source principals through the identity map's pinned version into principals of this tenant.

The outcome is the job's resolution table. Who is not in the map, or was deleted since, falls under the job's unmapped policy
(settled B 6, C 1): shown by name as text, without access; or everything goes to the one person whom the job names.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence

from xtenant.domain import obstacles
from xtenant.domain.content import Principal, PrincipalKey, PrincipalKind
from xtenant.domain.directory import GroupId
from xtenant.domain.identity import GroupMapping, SourceKey, UserMapping
from xtenant.domain.move import Grant, MoveJob, Resolution, ResolutionRule
from xtenant.domain.ports.units import UnitOfWork
from xtenant.domain.snapshot import ManifestGroup, ManifestObject, ManifestPrincipal
from xtenant.operations import access
from xtenant.package.text import DamagedPackage

UNMAPPED_IDS = uuid.UUID("7b0f7a2e-3c9f-5d52-8a43-6b1c4f0d9e21")
"""Namespace of the ids of people who exist here as text only (our choice): the same person gets the same id in every move."""

GROUP_IDS = uuid.UUID("c1a2f0b4-5f0e-5d4c-8a6e-2f7d9b3e6a10")
"""Namespace of the ids that SharePoint groups get here, from the job and the source's id (our choice)."""

ANYBODY = PrincipalKey(0)
Mapping = UserMapping | GroupMapping


def resolve(uow: UnitOfWork, job: MoveJob, grant: Grant, people: Sequence[ManifestPrincipal]) -> None:
    """Write the resolution rows and the principals of some of the source's people."""
    mapped = uow.identity_map.resolve(grant.geo, grant.map_version, [_key(job, person) for person in people])
    here = _directory(uow, mapped.values())
    heir = _heir(uow, grant)
    found = [_resolved(job, person, mapped.get(_key(job, person)), here, heir) for person in people]
    uow.principals.ensure(principal for principal, _ in found)
    uow.resolutions.add(
        [
            Resolution(
                job_id=job.job_id,
                source_ref=person.ref,
                source_id=person.directory_id,
                source_login=person.login,
                target_id=principal.directory_id,
                target_login=principal.login,
                rule=rule,
            )
            for person, (principal, rule) in zip(people, found, strict=True)
        ]
    )


def _key(job: MoveJob, person: ManifestPrincipal) -> SourceKey:
    """A person is looked up by UPN: the last part of a claims login (`i:0#.f|membership|UPN`)."""
    upn = person.login.rpartition("|")[2].casefold()
    return SourceKey(job.partner_tenant_id, str(person.directory_id) if person.kind is PrincipalKind.GROUP else upn)


def _directory(uow: UnitOfWork, rows: Iterable[Mapping]) -> dict[str, Principal]:
    """The people and groups that rows of the map name, as far as they are here: one query for all users, one for all
    groups."""
    rows = list(rows)
    users = uow.users.by_upns(row.target_upn for row in rows if isinstance(row, UserMapping))
    groups = uow.groups.by_ids(GroupId(row.target_group_id) for row in rows if isinstance(row, GroupMapping))
    here = {upn: access.user_as_principal(user) for upn, user in users.items()}
    return here | {str(group_id): access.group_as_principal(group) for group_id, group in groups.items()}


def _resolved(
    job: MoveJob, person: ManifestPrincipal, row: Mapping | None, here: dict[str, Principal], heir: Principal | None
) -> tuple[Principal, ResolutionRule]:
    if person.kind is PrincipalKind.SYSTEM and person.directory_id == access.SHAREPOINT_APP.directory_id:
        return access.SHAREPOINT_APP, ResolutionRule.SYSTEM
    if row is not None:
        name = row.target_upn.lower() if isinstance(row, UserMapping) else str(row.target_group_id)
        if name in here:
            return here[name], ResolutionRule.MAP
    if heir is not None:
        return heir, ResolutionRule.POLICY
    return _text_only(job, person), ResolutionRule.UNMAPPED


def _heir(uow: UnitOfWork, grant: Grant) -> Principal | None:
    """Whom the job names for what unmapped principals had; one deleted since the grant inherits nothing."""
    user = uow.users.by_upn(grant.unmapped) if grant.unmapped else None
    return None if user is None else access.user_as_principal(user)


def _text_only(job: MoveJob, person: ManifestPrincipal) -> Principal:
    return Principal(
        key=ANYBODY,
        kind=person.kind,
        directory_id=uuid.uuid5(UNMAPPED_IDS, f"{job.partner_tenant_id} {person.directory_id}"),
        name=f"{person.name} (left)",
        login=person.login,
    )


def make_again(uow: UnitOfWork, job: MoveJob, groups: Sequence[ManifestGroup]) -> None:
    """The resolution rows and principals of SharePoint groups: each gets an id of its own here, the same at every repeat."""
    made = [
        Principal(
            key=ANYBODY,
            kind=PrincipalKind.SITE_GROUP,
            directory_id=uuid.uuid5(GROUP_IDS, f"{job.job_id} {group.group_id}"),
            name=group.name,
            login=group.name,
        )
        for group in groups
    ]
    uow.principals.ensure(made)
    uow.resolutions.add(
        [
            Resolution(
                job_id=job.job_id,
                source_ref=group.ref,
                source_id=group.group_id,
                source_login=group.name,
                target_id=principal.directory_id,
                target_login=principal.login,
                rule=ResolutionRule.SITE,
            )
            for group, principal in zip(groups, made, strict=True)
        ]
    )


def compare(uow: UnitOfWork, job: MoveJob, grant: Grant, batch: Sequence[ManifestObject]) -> None:
    """The resolution rows of some of the source's people are theirs, and such as the map and the policy allow. Raises
    NotAsSealed.

    Who is in the map, but was gone when the row was written, is rightly unmapped: that is not looked at again.
    """
    named = [thing for thing in batch if isinstance(thing, ManifestPrincipal)]
    mapped = uow.identity_map.resolve(grant.geo, grant.map_version, [_key(job, person) for person in named])
    heir = _heir(uow, grant)
    rows = uow.resolutions.by_refs(job.job_id, [person.ref for person in named])
    known = uow.principals.by_directory_ids(row.target_id for row in rows.values())
    for person in named:
        row = rows.get(person.ref)
        if row is None or (row.source_id, row.source_login) != (person.directory_id, person.login):
            raise obstacles.NotAsSealed("The resolution table misses somebody whom the manifest names.")
        as_text = row.rule is ResolutionRule.UNMAPPED and known[row.target_id].kind is not person.kind
        if as_text or not _is_allowed(row, job, person, mapped.get(_key(job, person)), heir):
            raise obstacles.NotAsSealed("The resolution table exchanges somebody as the map does not say.")
    groups = {thing.ref: thing for thing in batch if isinstance(thing, ManifestGroup)}
    made = uow.resolutions.by_refs(job.job_id, groups)
    if any(ref not in made or made[ref].source_id != group.group_id for ref, group in groups.items()):
        raise obstacles.NotAsSealed("The resolution table misses a SharePoint group that the manifest names.")


def _is_allowed(
    row: Resolution, job: MoveJob, person: ManifestPrincipal, mapping: Mapping | None, heir: Principal | None
) -> bool:
    match row.rule:
        case ResolutionRule.MAP if isinstance(mapping, UserMapping):
            return row.target_login.rpartition("|")[2].casefold() == mapping.target_upn.casefold()
        case ResolutionRule.MAP if isinstance(mapping, GroupMapping):
            return row.target_id == mapping.target_group_id
        case ResolutionRule.POLICY:
            return heir is None or row.target_id == heir.directory_id
        case ResolutionRule.SYSTEM:
            return person.directory_id == access.SHAREPOINT_APP.directory_id
        case ResolutionRule.UNMAPPED:
            return row.target_id == _text_only(job, person).directory_id
        case _:
            return False


def keys_of(uow: UnitOfWork, job: MoveJob, refs: Iterable[int]) -> dict[int, PrincipalKey]:
    """This tenant's principal for each of the source's, from the resolution table. Raises DamagedPackage for one that the
    manifest has not introduced."""
    wanted = set(refs)
    rows = uow.resolutions.by_refs(job.job_id, wanted)
    if wanted - rows.keys():
        raise DamagedPackage("The manifest refers to somebody whom it does not name.")
    known = uow.principals.by_directory_ids(row.target_id for row in rows.values())
    return {ref: known[row.target_id].key for ref, row in rows.items()}


def admitted(uow: UnitOfWork, job: MoveJob, refs: Iterable[int]) -> frozenset[int]:
    """Which of the source's people have a right here at all: the unmapped have none."""
    rows = uow.resolutions.by_refs(job.job_id, refs)
    return frozenset(ref for ref, row in rows.items() if row.rule is not ResolutionRule.UNMAPPED)
