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


class ExternalState(Enum):
    """Whether somebody invited has redeemed the invitation (`externalUserState`)."""

    PENDING = "PendingAcceptance"
    ACCEPTED = "Accepted"


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A person's account. `directory_roles` are role template ids (`domain/caller.py` names two of them).

    `proxy_addresses` are `SMTP:` for the primary and `smtp:` for others; `extension_attributes` pairs of
    `extensionAttribute1` to `…15` with their texts; `synced` says that a directory on premises masters the account.
    """

    user_id: UserId
    upn: str
    display_name: str
    mail: str | None = None
    mail_nickname: str | None = None
    user_type: UserType = UserType.MEMBER
    account_enabled: bool = True
    usage_location: str | None = None
    given_name: str | None = None
    surname: str | None = None
    job_title: str | None = None
    department: str | None = None
    company_name: str | None = None
    office_location: str | None = None
    mobile_phone: str | None = None
    employee_id: str | None = None
    city: str | None = None
    country: str | None = None
    preferred_language: str | None = None
    preferred_data_location: str | None = None
    business_phones: tuple[str, ...] = ()
    other_mails: tuple[str, ...] = ()
    proxy_addresses: tuple[str, ...] = ()
    extension_attributes: tuple[tuple[str, str], ...] = ()
    immutable_id: str | None = None
    synced: bool = False
    external_state: ExternalState | None = None
    external_state_at: datetime | None = None
    force_password_change: bool = False
    directory_roles: frozenset[UUID] = field(default=frozenset())
    password_hash: str | None = None
    created_at: datetime
    deleted_at: datetime | None = None


PROFILE_TEXTS = (
    "given_name",
    "surname",
    "job_title",
    "department",
    "company_name",
    "office_location",
    "mobile_phone",
    "employee_id",
    "city",
    "country",
    "preferred_language",
    "preferred_data_location",
)
"""The fields of a user that are plain texts an administrator writes, in the spelling of `User`."""


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
    preferred_data_location: str | None = None
    synced: bool = False
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
