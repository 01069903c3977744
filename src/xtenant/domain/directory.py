"""The directory of a tenant: users, groups, and apps that may sign in.

Field limits and spellings follow Microsoft Graph v1.0 (`graph-migrations.md` 4.2 to 4.4). Passwords and secrets are kept
as salted hashes only; the values here never hold one in clear.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import NewType
from uuid import UUID

UserId = NewType("UserId", UUID)
GroupId = NewType("GroupId", UUID)
AppId = NewType("AppId", UUID)


class UserType(Enum):
    MEMBER = "Member"
    GUEST = "Guest"


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A person's account. `directory_roles` are role template ids (`domain/caller.py` names two of them)."""

    user_id: UserId
    upn: str
    display_name: str
    mail: str | None = None
    mail_nickname: str | None = None
    user_type: UserType = UserType.MEMBER
    account_enabled: bool = True
    usage_location: str | None = None
    directory_roles: frozenset[UUID] = field(default=frozenset())
    password_hash: str | None = None
    created_at: datetime
    deleted_at: datetime | None = None


class GroupKind(Enum):
    """Security group or Microsoft 365 group ('Unified')."""

    SECURITY = "security"
    UNIFIED = "unified"


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """`site_url` is set once the group has a site; ProvisionSiteOnDemand keeps it unset (R-4.18)."""

    group_id: GroupId
    kind: GroupKind
    display_name: str
    mail_nickname: str
    mail: str | None = None
    description: str | None = None
    visibility: str = "Private"
    mail_enabled: bool = False
    security_enabled: bool = True
    resource_behavior_options: tuple[str, ...] = ()
    site_url: str | None = None
    created_at: datetime
    deleted_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """An app registration consented in this tenant.

    `certificates` are PEM certificates an assertion may be signed with; `secret_hashes` salted hashes of client secrets;
    `public_client` allows the device code flow without a secret.
    """

    app_id: AppId
    object_id: UUID
    display_name: str
    permissions: frozenset[str] = field(default=frozenset())
    scopes: frozenset[str] = field(default=frozenset())
    certificates: tuple[str, ...] = ()
    secret_hashes: tuple[str, ...] = ()
    public_client: bool = False
