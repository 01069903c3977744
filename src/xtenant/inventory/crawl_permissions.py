"""Who has which right on the objects of a site that have permissions of their own, and what the roles of a tenant permit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import cast
from uuid import UUID

import anyio

from xtenant.domain import errors
from xtenant.inventory.crawl_items import Unique
from xtenant.inventory.facts import Assignment, Right, Scope, Site
from xtenant.inventory.login_names import LoginNames
from xtenant.protocols.sharepoint_rest.call import role_assignments
from xtenant.protocols.sharepoint_rest.call.role_assignments import RoleAssignment, RoleDefinition
from xtenant.wire.transport import Session

OBJECTS_AT_ONCE = 4

_STRENGTH = tuple(Right)
_BY_NUMBER = {
    1073741829: Right.FULL,
    1073741828: Right.WRITE,
    1073741830: Right.WRITE,
    1073741827: Right.WRITE,
    1073741826: Right.READ,
    1073741825: Right.NONE,
}
"""Full Control, Design, Edit, Contribute, Read, Limited Access (content-api.md 4.5)."""
_VIEW, _CHANGE, _MANAGE = 0x1, 0x2 | 0x4 | 0x8, 0x2000000
"""ViewListItems; Add-, Edit- and DeleteListItems; ManagePermissions: the lower half of `BasePermissions`."""


def right_of(roles: Sequence[RoleDefinition]) -> Right:
    """The strongest right of some roles; a tenant's own roles are judged by what they permit."""
    return max(map(_right_of_one, roles), key=_STRENGTH.index, default=Right.NONE)


def _right_of_one(role: RoleDefinition) -> Right:
    if role.Id in _BY_NUMBER:
        return _BY_NUMBER[role.Id]
    low = role.BasePermissions.Low if role.BasePermissions else 0
    if low & _MANAGE:
        return Right.FULL
    if low & _CHANGE:
        return Right.WRITE
    return Right.READ if low & _VIEW else Right.NONE


@dataclass(slots=True)
class RightsReading:
    """Reads the role assignments of objects of one site; what is refused of them stands in `refused` with the reason."""

    session: Session
    site: Site
    names: LoginNames
    refused: list[tuple[Unique, errors.Refused]] = field(default_factory=list[tuple[Unique, errors.Refused]])
    _rights: dict[tuple[UUID, str], Right] = field(default_factory=dict[tuple[UUID, str], Right])

    async def read(self, objects: Sequence[Unique]) -> None:
        """A few at once."""
        waiting = iter(objects)
        try:
            async with anyio.create_task_group() as group:
                for _ in range(min(OBJECTS_AT_ONCE, len(objects))):
                    group.start_soon(self._work, waiting)
        except ExceptionGroup as failed:
            raise first_of(failed) from failed

    def assignments(self) -> Iterator[Assignment]:
        """What was read, the strongest right of each principal on each object."""
        for (scope_id, principal_id), right in self._rights.items():
            yield Assignment(site_id=self.site.site_id, scope_id=scope_id, principal_id=principal_id, right=right)

    async def _work(self, waiting: Iterator[Unique]) -> None:
        for each in waiting:
            try:
                rows = await self._assignments(each)
            except errors.NotFound:
                continue  # it went away meanwhile, and its rights with it
            except errors.Refused as error:
                self.refused.append((each, error))
                continue
            for row in rows:
                self._note(each.scope, row)

    async def _assignments(self, of: Unique) -> list[RoleAssignment]:
        session, url = self.session, self.site.url
        if of.list_id is None:
            return await role_assignments.of_web(session, url)
        if of.number is None:
            return await role_assignments.of_list(session, url, of.list_id)
        return await role_assignments.of_item(session, url, of.list_id, of.number)

    def _note(self, scope: Scope, row: RoleAssignment) -> None:
        right = right_of(row.RoleDefinitionBindings)
        if right is Right.NONE:
            return
        key = (scope.scope_id, self.names.of(row.Member))
        self._rights[key] = max(self._rights.get(key, Right.NONE), right, key=_STRENGTH.index)


def first_of(group: ExceptionGroup[Exception]) -> Exception:
    """One error of several that happened at once; all have the same cause as a rule."""
    first = group.exceptions[0]
    return first_of(cast("ExceptionGroup[Exception]", first)) if isinstance(first, ExceptionGroup) else first
