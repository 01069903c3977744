"""Permission levels and scopes."""

from __future__ import annotations

import uuid
from typing import Any
from uuid import UUID

from lxml import etree

from xtenant.domain.content import Role
from xtenant.domain.snapshot import ManifestAssignment, ManifestScope, ScopeKind
from xtenant.package.elements.markup import OWN_IDS, element, ref_of, text_of, wrapped

ROLE_IDS = {Role.READ: 1073741826, Role.WRITE: 1073741827, Role.OWNER: 1073741829}
"""Read, Contribute, Full Control (migration-package 7.5)."""

ROLE_DEFINITIONS = (
    (1073741829, "Full Control", 9223372036854775807, 1, 5),
    (1073741827, "Contribute", 1856436900591, 64, 3),
    (1073741826, "Read", 756052856929, 128, 2),
)
"""Id, title, mask, order and type of the levels that snapshots use (migration-package 7.5)."""

ROLES = {str(number): role for role, number in ROLE_IDS.items()}


def written(scope: ManifestScope) -> list[Any]:
    return [*([roles(scope.web_id)] if scope.kind is ScopeKind.WEB else []), _scope(scope)]


def roles(web_id: UUID) -> Any:
    """The permission levels that scopes refer to, once a web (migration-package 7.5)."""
    found = etree.Element("Roles")
    for number, title, mask, order, kind in ROLE_DEFINITIONS:
        described = {"RoleId": str(number), "Title": title, "Description": "", "PermMask": str(mask), "Hidden": "false"}
        etree.SubElement(found, "Role", {**described, "RoleOrder": str(order), "Type": str(kind)})
    return wrapped("DeploymentRoles", uuid.uuid5(OWN_IDS, f"roles {web_id}"), found, ParentId=str(web_id))


def _scope(scope: ManifestScope) -> Any:
    """One `RoleAssignment` a scope; an empty one is broken inheritance with nobody in it. A folder's type is inferred
    (migration-package 7.5)."""
    assignments = etree.Element("RoleAssignments")
    unique = element(
        "RoleAssignment",
        ScopeId=str(uuid.uuid5(OWN_IDS, f"scope {scope.object_id}")),
        RoleDefWebId=str(scope.web_id),
        RoleDefWebUrl=scope.web_path,
        ObjectId=str(scope.object_id),
        ObjectType=str(int(scope.kind)),
        ObjectUrl="/".join(part for part in (scope.web_path, scope.path) if part),
        AnonymousPermMask="0",
    )
    for given in scope.assignments:
        right = {"RoleId": str(ROLE_IDS[given.role]), "PrincipalId": str(given.principal)}
        etree.SubElement(unique, "Assignment", right)
    assignments.append(unique)
    identity = uuid.uuid5(OWN_IDS, f"assignments {scope.object_id}")
    return wrapped("DeploymentRoleAssignments", identity, assignments, ParentId=str(scope.web_id))


def scope_of(found: Any) -> ManifestScope:
    web_path = text_of(found, "RoleDefWebUrl")
    return ManifestScope(
        kind=ScopeKind(int(found.attrib["ObjectType"])),
        object_id=UUID(found.attrib["ObjectId"]),
        path=text_of(found, "ObjectUrl").removeprefix(web_path).removeprefix("/"),
        web_id=UUID(found.attrib["RoleDefWebId"]),
        web_path=web_path,
        assignments=tuple(_assignment(one) for one in found),
    )


def _assignment(found: Any) -> ManifestAssignment:
    return ManifestAssignment(principal=ref_of(found, "PrincipalId"), role=ROLES[found.attrib["RoleId"]])
