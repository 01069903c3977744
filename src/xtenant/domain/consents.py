"""Which permissions an app needs: by level of what shall be seen or done, and which permission includes another.

The levels are those of settled C 15. Names and what includes what follow Microsoft's permission reference for Graph; the four
permissions of the move itself are reported from the field (R-1.10).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import Enum
from uuid import UUID

from xtenant.domain.sign_in import GRAPH_APP_ID, SHAREPOINT_APP_ID


class Level(Enum):
    """How much a sign-in must be able to do for a call, each level with all before it."""

    SIGN_IN = "sign-in"
    DIRECTORY = "directory"
    CONTENT = "content"
    ADMIN = "admin"
    MOVE = "move"


class Api(Enum):
    """Whose permission it is: the same name can be one of Graph's and one of SharePoint's."""

    GRAPH = "graph"
    SHAREPOINT = "sharepoint"

    @property
    def display_name(self) -> str:
        """As the portal lists it under 'API permissions'."""
        return "Microsoft Graph" if self is Api.GRAPH else "SharePoint"

    @property
    def app_id(self) -> UUID:
        """The id of Microsoft's own app behind it, the same in every tenant."""
        return GRAPH_APP_ID if self is Api.GRAPH else SHAREPOINT_APP_ID


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """One application permission an administrator consents to. `target_only`: only the target of moves needs it."""

    api: Api
    name: str
    level: Level
    why: str
    writes: bool = False
    target_only: bool = False


def _graph(level: Level, name: str, why: str, *, writes: bool = False, target_only: bool = False) -> Consent:
    return Consent(api=Api.GRAPH, name=name, level=level, why=why, writes=writes, target_only=target_only)


def _sharepoint(level: Level, name: str, why: str, *, writes: bool = True, target_only: bool = False) -> Consent:
    return Consent(api=Api.SHAREPOINT, name=name, level=level, why=why, writes=writes, target_only=target_only)


CONSENTS: tuple[Consent, ...] = (
    _graph(Level.DIRECTORY, "Organization.Read.All", "the tenant, its domains, and the licences it has bought"),
    _graph(Level.DIRECTORY, "User.Read.All", "people, guests, and the licences they hold"),
    _graph(Level.DIRECTORY, "Group.Read.All", "groups, their members and owners"),
    _graph(Level.DIRECTORY, "SharePointTenantSettings.Read.All", "who may create sites (R-4.9)"),
    _graph(Level.CONTENT, "Sites.Read.All", "sites, OneDrives, items and their sizes"),
    _sharepoint(
        Level.ADMIN,
        "Sites.FullControl.All",
        "site properties, holds, locks, permissions, trust, the identity map: a right to write, held back by nothing but "
        "the tool's own list of calls that only read",
    ),
    _sharepoint(Level.MOVE, "User.ReadWrite.All", "moves (R-1.10, reported from the field)"),
    _sharepoint(Level.MOVE, "SharePointCrossTenantMigration.Manage.All", "moves (R-1.10, reported from the field)"),
    _sharepoint(Level.MOVE, "Migration.ReadWrite.All", "moves (R-1.10, reported from the field)"),
    _sharepoint(
        Level.MOVE,
        "OneDrive.Provision.All",
        "OneDrives at the target (R-1.10, reported from the field)",
        target_only=True,
    ),
    _graph(Level.MOVE, "SharePointCrossTenantMigration.Manage.All", "moves and mappings by Graph", writes=True),
    _graph(Level.MOVE, "CrossTenantInformation.ReadBasic.All", "the partner's name, shown before trust is requested"),
    _graph(Level.MOVE, "User.ReadWrite.All", "accounts and licences", writes=True, target_only=True),
    _graph(Level.MOVE, "Group.ReadWrite.All", "groups and members", writes=True, target_only=True),
)
"""Every permission the tools can make use of."""

_DIRECTORY = frozenset({"Directory.Read.All", "Directory.ReadWrite.All"})

INCLUDED_IN: Mapping[str, frozenset[str]] = {
    "Organization.Read.All": _DIRECTORY | {"Organization.ReadWrite.All"},
    "Domain.Read.All": _DIRECTORY | {"Domain.ReadWrite.All"},
    "LicenseAssignment.Read.All": _DIRECTORY
    | {"LicenseAssignment.ReadWrite.All", "Organization.Read.All", "Organization.ReadWrite.All"},
    "User.Read.All": _DIRECTORY | {"User.ReadWrite.All"},
    "Group.Read.All": _DIRECTORY | {"Group.ReadWrite.All"},
    "Sites.Read.All": frozenset({"Sites.ReadWrite.All", "Sites.Manage.All", "Sites.FullControl.All"}),
    "SharePointTenantSettings.Read.All": frozenset({"SharePointTenantSettings.ReadWrite.All"}),
    "SharePointCrossTenantMigration.Read.All": frozenset({"SharePointCrossTenantMigration.Manage.All"}),
}
"""Permission → those that give all it gives. That Manage.All reads too is inferred (graph-migrations.md 2.1)."""


def includes(held: Collection[str], wanted: str) -> bool:
    """Whether what is held gives a permission, itself or through a wider one."""
    return wanted in held or any(wider in held for wider in INCLUDED_IN.get(wanted, ()))


def consents_of(level: Level) -> tuple[Consent, ...]:
    """What a level needs: its own permissions and those of the levels before it."""
    order = list(Level)
    return tuple(each for each in CONSENTS if order.index(each.level) <= order.index(level))


def held_at(permissions: Collection[str], api: Api) -> frozenset[str]:
    """Of a registration's permissions those of one API: `graph/NAME` and `sharepoint/NAME`; a bare name is of both."""
    found: set[str] = set()
    for entry in permissions:
        prefix, slash, name = entry.partition("/")
        if not slash:
            found.add(entry)
        elif prefix.lower() == api.value:
            found.add(name)
    return frozenset(found)
