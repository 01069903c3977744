"""Who asks: the caller of a route, and the rule that decides whether a route is for them.

Every route states a `Who`; `admits` is the only place that turns a caller and a `Who` into yes or no. The access matrix
in the tests is generated from the routes' `Who` and this function's callers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from uuid import UUID

from xtenant.domain.tenant import HostUrl, TenantId

GLOBAL_ADMINISTRATOR = UUID("62e90394-69f5-4237-9190-012177145e10")
SHAREPOINT_ADMINISTRATOR = UUID("f28a1f50-f6e7-4571-818b-6a12f2af6b6c")

ADMIN_APP_PERMISSIONS = frozenset(
    {
        "Sites.FullControl.All",
        "User.ReadWrite.All",
        "SharePointCrossTenantMigration.Manage.All",
        "Migration.ReadWrite.All",
    }
)
"""Application permissions that make an app count as SharePoint administrator (R-1.10, settled A 9)."""


class CallerKind(Enum):
    ANONYMOUS = "anonymous"
    USER = "user"
    APP = "app"
    PARTNER = "partner"


class AppCredential(Enum):
    """How an app proved itself: SharePoint hosts refuse a secret (R-1.9)."""

    PUBLIC = "0"
    SECRET = "1"  # noqa: S105 (the claim's value, not a secret)
    CERTIFICATE = "2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """The verified identity behind a request. A partner has `partner` (its host URL) and `tenant_id` and nothing else."""

    kind: CallerKind = CallerKind.ANONYMOUS
    tenant_id: TenantId | None = None
    user_id: UUID | None = None
    upn: str | None = None
    app_id: UUID | None = None
    credential: AppCredential = AppCredential.PUBLIC
    permissions: frozenset[str] = field(default=frozenset())
    directory_roles: frozenset[UUID] = field(default=frozenset())
    partner: HostUrl | None = None
    is_guest: bool = False
    """A user of type Guest: sees their own account and no directory, as Microsoft's default has it."""

    @property
    def name(self) -> str:
        """What stands in TriggeredBy and in audit lines."""
        return self.upn or (f"app:{self.app_id}" if self.app_id else self.kind.value)

    @property
    def is_global_admin(self) -> bool:
        return self.kind is CallerKind.USER and GLOBAL_ADMINISTRATOR in self.directory_roles

    @property
    def is_sharepoint_admin(self) -> bool:
        """SharePoint administrators, global administrators (R-1.3), and apps with the permissions of R-1.10."""
        if self.kind is CallerKind.USER:
            return bool(self.directory_roles & {SHAREPOINT_ADMINISTRATOR, GLOBAL_ADMINISTRATOR})
        return self.kind is CallerKind.APP and self.permissions >= ADMIN_APP_PERMISSIONS


ANONYMOUS = Caller()


class Who(Enum):
    """Who may call a route."""

    ANYONE = "anyone, no token asked"
    OWN_USER = "any signed-in user or app of this tenant"
    OWN_SHAREPOINT_ADMIN = "SharePoint or global administrator of this tenant"
    OWN_GLOBAL_ADMIN = "global administrator of this tenant"
    PARTNER = "a partner tenant's service with a signed partner token"
    SIGNED_URL = "whoever holds the pre-authenticated address"


def admits(who: Who, caller: Caller) -> bool:
    """Whether a caller may use a route; the tenant behind the token has been checked before."""
    match who:
        case Who.ANYONE | Who.SIGNED_URL:
            return True
        case Who.OWN_USER:
            return caller.kind in (CallerKind.USER, CallerKind.APP)
        case Who.OWN_SHAREPOINT_ADMIN:
            return caller.is_sharepoint_admin
        case Who.OWN_GLOBAL_ADMIN:
            return caller.is_global_admin
        case Who.PARTNER:
            return caller.kind is CallerKind.PARTNER
