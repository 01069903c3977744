"""Role definitions by SharePoint's numbers (content-api.md 4.5). Numbers are Microsoft's; the permission bits of each are as
clients show them."""

from __future__ import annotations

from dataclasses import dataclass

from xtenant.domain import errors
from xtenant.domain.content import Role
from xtenant.wire.odata import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleDefinition:
    number: int
    name: str
    description: str
    high: int
    low: int
    kind: int
    order: int
    role: Role


FULL_CONTROL = RoleDefinition(
    number=1_073_741_829,
    name="Full Control",
    description="Has full control.",
    high=2_147_483_647,
    low=4_294_967_295,
    kind=5,
    order=1,
    role=Role.OWNER,
)
EDIT = RoleDefinition(
    number=1_073_741_830,
    name="Edit",
    description="Can add, edit and delete lists; can view, add, update and delete list items and documents.",
    high=432,
    low=1_011_030_767,
    kind=6,
    order=48,
    role=Role.WRITE,
)
CONTRIBUTE = RoleDefinition(
    number=1_073_741_827,
    name="Contribute",
    description="Can view, add, update, and delete list items and documents.",
    high=432,
    low=1_011_028_719,
    kind=3,
    order=64,
    role=Role.WRITE,
)
READ = RoleDefinition(
    number=1_073_741_826,
    name="Read",
    description="Can view pages and list items and download documents.",
    high=176,
    low=138_612_833,
    kind=2,
    order=128,
    role=Role.READ,
)
DEFINITIONS = (FULL_CONTROL, EDIT, CONTRIBUTE, READ)
SHOWN = {Role.OWNER: FULL_CONTROL, Role.WRITE: CONTRIBUTE, Role.READ: READ}
"""The definition that stands for a role; Edit is taken for the same role as Contribute, since lists are not edited here."""


def role_of_number(number: int) -> Role:
    """Raises UsageError for a definition that is not served (Design, Limited Access, those of a tenant's own making)."""
    found = next((one.role for one in DEFINITIONS if one.number == number), None)
    if found is None:
        known = ", ".join(f"{one.number} {one.name}" for one in DEFINITIONS)
        raise errors.UsageError(f"There is no role definition {number} here.", remedy=f"Use one of {known}.")
    return found


def definition_json(definition: RoleDefinition) -> dict[str, Json]:
    return {
        "Id": definition.number,
        "Name": definition.name,
        "Description": definition.description,
        "BasePermissions": {"High": str(definition.high), "Low": str(definition.low)},
        "Hidden": False,
        "Order": definition.order,
        "RoleTypeKind": definition.kind,
    }
