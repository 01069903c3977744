"""Users, guests and the organization: what the directory of a tenant may be asked.

Names follow Microsoft Graph v1.0 (`graph-migrations.md` 4.1, 4.2). An apostrophe in a user principal name is legal here, as
at Microsoft; it is the move that fails with it (R-4.11), and validation and lint that find it.
"""

from __future__ import annotations

import re
from uuid import UUID

from xtenant.domain import errors
from xtenant.domain.caller import Caller, CallerKind
from xtenant.domain.directory import User, UserId
from xtenant.domain.ports.units import UnitOfWork, Units
from xtenant.domain.tenant import PublicTenant, Tenant

USER_READ = frozenset({"User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"})
USER_WRITE = frozenset({"User.ReadWrite.All", "Directory.ReadWrite.All"})
USER_INVITE = USER_WRITE | {"User.Invite.All"}
TENANT_READ = frozenset({"CrossTenantInformation.ReadBasic.All"}) | USER_READ
ORGANIZATION_READ = frozenset({"Organization.Read.All", "Domain.Read.All"}) | USER_READ

UPN_LOCAL_FORM = re.compile(r"[A-Za-z0-9'.\-_!#^~]{1,64}")
DOMAIN_FORM = re.compile(r"(?=.{1,255}$)([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}")
_NICKNAME = re.compile(r"[\x21-\x7e]{1,64}")
_NICKNAME_FORBIDDEN = frozenset('@()\\[]";:<>, ')


class NameTaken(errors.Conflict):
    """A live user or group has the name already."""

    code = "nameTaken"
    remedy = "Choose another name and note it for the identity map (R-4.7)."


class UserNotFound(errors.NotFound):
    code = "userNotFound"
    remedy = "Check the user principal name or object id."


class TenantNotFound(errors.NotFound):
    """The public directory knows no such tenant (settled A 10)."""

    code = "tenantNotFound"
    remedy = "Check the tenant id or domain with the partner's administrator."


class DomainNotFound(errors.NotFound):
    """The tenant has no such domain."""

    code = "domainNotFound"
    remedy = "GET /domains lists the tenant's own."


class DirectoryDenied(errors.AccessDenied):
    """The caller may not do this to the directory (Graph: Authorization_RequestDenied)."""

    code = "directoryAccessDenied"


class IllegalName(errors.UsageError):
    """A name the directory does not accept; `facts['target']` is the property."""

    code = "illegalName"


def get_user(units: Units, caller: Caller, name: str) -> User:
    """A user by object id or user principal name; everybody may read their own account. Raises UserNotFound."""
    if name.lower() not in (str(caller.user_id), (caller.upn or "").lower()):
        require(caller, USER_READ, "read users", members=True)
    with units.read() as uow:
        return user_named(uow, name)


def me(units: Units, caller: Caller) -> User:
    """The signed-in user. Raises UsageError for an app, which has no `/me` (content-api.md 1.3)."""
    with units.read() as uow:
        return user_named(uow, str(own_id(caller)))


def own_id(caller: Caller) -> UserId:
    """The id of the person signed in. Raises UsageError for an app."""
    if caller.user_id is None:
        raise errors.UsageError(
            "/me request is only valid with delegated authentication flow.", remedy="Name the user: /users/{id}."
        )
    return UserId(caller.user_id)


def own_tenant(tenant: Tenant, caller: Caller) -> Tenant:
    """This tenant as `/organization` and `/domains` show it."""
    require(caller, ORGANIZATION_READ, "read the organization", members=True)
    return tenant


def own_domain(tenant: Tenant, caller: Caller, name: str) -> str:
    """One of the tenant's verified domains as it is written. Raises DomainNotFound."""
    found = next((own for own in own_tenant(tenant, caller).verified_domains if own == name.lower()), None)
    if found is None:
        raise DomainNotFound(f"Resource '{name}' does not exist.")
    return found


def find_tenant_by_id(tenant: Tenant, caller: Caller, tenant_id: UUID) -> PublicTenant:
    """Any tenant of the public directory (settled A 10). Raises TenantNotFound."""
    require(caller, TENANT_READ, "read about other tenants", members=True)
    found = next((row for row in tenant.public_directory if row.tenant_id == tenant_id), None)
    if found is None:
        raise TenantNotFound(f"No tenant with id {tenant_id} is known.")
    return found


def find_tenant_by_domain(tenant: Tenant, caller: Caller, domain: str) -> PublicTenant:
    """The same by one of its domains, in any letter case. Raises TenantNotFound."""
    require(caller, TENANT_READ, "read about other tenants", members=True)
    wanted = domain.strip().lower()
    for row in tenant.public_directory:
        if wanted in {name.lower() for name in (row.default_domain, *row.domains)}:
            return row
    raise TenantNotFound(f"No tenant has the domain '{domain}'.")


def user_named(uow: UnitOfWork, name: str) -> User:
    """A live user by object id or UPN, inside a unit of work. Raises UserNotFound."""
    user_id = as_guid(name)
    if "\0" in name:  # which PostgreSQL takes in no text
        raise UserNotFound("No user has such a name.")
    found = uow.users.by_id(UserId(user_id)) if user_id else uow.users.by_upn(name)
    if found is None or found.deleted_at is not None:
        raise UserNotFound(f"Resource '{name}' does not exist.")
    return found


def require(caller: Caller, permissions: frozenset[str], what: str, *, members: bool = False) -> None:
    """Raise AccessDenied unless the caller may do a thing to the directory.

    Apps need one of the permissions; the user administrator is our global administrator; with `members` every signed-in
    member may, as members may read the directory at Microsoft by default and guests may not.
    """
    if caller.kind is CallerKind.USER:
        allowed = (members and not caller.is_guest) or caller.is_global_admin
    else:
        allowed = caller.kind is CallerKind.APP and bool(caller.permissions & permissions)
    if not allowed:
        raise DirectoryDenied(
            f"Insufficient privileges to {what}.",
            remedy=f"Use a global administrator, or an app with one of: {', '.join(sorted(permissions))}.",
        )


def check_upn(tenant: Tenant, upn: str) -> None:
    """Raise IllegalName unless a UPN has Graph's form and one of the tenant's own domains."""
    local, _, domain = upn.rpartition("@")
    if not UPN_LOCAL_FORM.fullmatch(local) or local.endswith(".") or not DOMAIN_FORM.fullmatch(domain):
        raise IllegalName(
            f"'{upn}' is not a user principal name.",
            remedy="Write NAME@DOMAIN with letters, digits and ' . - _ ! # ^ ~ in the name.",
            target="userPrincipalName",
        )
    if domain.lower() not in tenant.verified_domains:
        raise IllegalName(
            f"'{domain}' is no domain of this organization.",
            remedy=f"Use one of its domains, for instance {tenant.initial_domain}.",
            target="userPrincipalName",
        )


def check_nickname(nickname: str) -> None:
    """Raise IllegalName unless a user's mail nickname has Graph's form."""
    if not _NICKNAME.fullmatch(nickname) or _NICKNAME_FORBIDDEN & set(nickname):
        raise IllegalName(
            f"'{nickname}' is not a mail nickname.",
            remedy='Use at most 64 ASCII characters and none of @ ( ) \\ [ ] " ; : < > , or a blank.',
            target="mailNickname",
        )


def check_location(location: str | None) -> str | None:
    """A usage location is two letters (ISO 3166)."""
    if location is not None and not re.fullmatch(r"[A-Za-z]{2}", location):
        raise IllegalName(f"'{location}' is not a two-letter country code.", target="usageLocation")
    return location


def check_text(target: str, text: str, *, limit: int = 256) -> str:
    """A display text: not empty, not too long, no control characters."""
    if not text.strip() or len(text) > limit or any(ord(character) < 32 for character in text):
        raise IllegalName(
            f"The value of {target} is empty, longer than {limit} characters or unprintable.", target=target
        )
    return text


def as_guid(text: str) -> UUID | None:
    """A GUID where the text is one in the usual form."""
    if len(text) != 36:
        return None
    try:
        return UUID(text)
    except ValueError:
        return None
