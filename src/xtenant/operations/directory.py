"""Users, guests and the organization: what the directory of a tenant may be asked.

Names follow Microsoft Graph v1.0 (`graph-migrations.md` 4.1, 4.2). An apostrophe in a user principal name is legal here, as
at Microsoft; it is the move that fails with it (R-4.11), and validation and lint that find it.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from xtenant.domain import errors
from xtenant.domain.caller import Caller, CallerKind
from xtenant.domain.directory import User, UserId, UserType
from xtenant.domain.ports.clock import Clock, IdSource
from xtenant.domain.ports.units import UnitOfWork, Units
from xtenant.domain.sign_in import names_of
from xtenant.domain.tenant import PublicTenant, Tenant
from xtenant.operations import passwords

USER_READ = frozenset({"User.Read.All", "User.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"})
USER_WRITE = frozenset({"User.ReadWrite.All", "Directory.ReadWrite.All"})
USER_INVITE = USER_WRITE | {"User.Invite.All"}
TENANT_READ = frozenset({"CrossTenantInformation.ReadBasic.All"}) | USER_READ
ORGANIZATION_READ = frozenset({"Organization.Read.All"}) | USER_READ

_UPN_LOCAL = re.compile(r"[A-Za-z0-9'.\-_!#^~]{1,64}")
_DOMAIN = re.compile(r"(?=.{1,255}$)([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}")
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


class DirectoryDenied(errors.AccessDenied):
    """The caller may not do this to the directory (Graph: Authorization_RequestDenied)."""

    code = "directoryAccessDenied"


class IllegalName(errors.UsageError):
    """A name the directory does not accept; `facts['target']` is the property."""

    code = "illegalName"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewUser:
    """What a user is created from; `password` is hashed at once and never kept."""

    upn: str
    display_name: str
    mail_nickname: str
    account_enabled: bool
    password: str
    mail: str | None = None
    usage_location: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UserChanges:
    """What may be changed of a user; None leaves a value as it is."""

    display_name: str | None = None
    upn: str | None = None
    mail: str | None = None
    mail_nickname: str | None = None
    account_enabled: bool | None = None
    usage_location: str | None = None
    password: str | None = None


def create_user(units: Units, tenant: Tenant, caller: Caller, new: NewUser, *, clock: Clock, ids: IdSource) -> User:
    """Add a member account. Raises IllegalName, NameTaken, AccessDenied.

    The domain of the UPN must be one of the tenant's own (Graph refuses an unverified domain).
    """
    require(caller, USER_WRITE, "create users")
    check_upn(tenant, new.upn)
    check_nickname(new.mail_nickname)
    user = User(
        user_id=UserId(ids.new_id()),
        upn=new.upn,
        display_name=check_text("displayName", new.display_name),
        mail=new.mail,
        mail_nickname=new.mail_nickname,
        account_enabled=new.account_enabled,
        usage_location=check_location(new.usage_location),
        password_hash=passwords.hash_password(new.password, ids),
        created_at=clock.business_now(),
    )
    with units.write() as uow:
        _add(uow, user)
    return user


def invite_guest(
    units: Units, tenant: Tenant, caller: Caller, mail: str, display_name: str | None, *, clock: Clock, ids: IdSource
) -> User:
    """Add a guest under the address invited (R-4.5); a guest invited before is returned as they are.

    The UPN has Microsoft's form `ana.silva_contoso.com#EXT#@INITIAL-DOMAIN` (`graph-migrations.md` 4.2).
    """
    require(caller, USER_INVITE, "invite guests")
    local, at, domain = mail.partition("@")
    if not at or not _UPN_LOCAL.fullmatch(local) or not _DOMAIN.fullmatch(domain):
        raise IllegalName("The address invited is not a mail address.", target="invitedUserEmailAddress")
    now = clock.business_now()
    guest = User(
        user_id=UserId(ids.new_id()),
        upn=f"{local}_{domain}#EXT#@{tenant.initial_domain}",
        display_name=check_text("invitedUserDisplayName", display_name or local),
        mail=mail,
        user_type=UserType.GUEST,
        created_at=now,
    )
    with units.write() as uow:
        known = uow.users.by_mail(mail)
        if known is not None and known.user_type is UserType.MEMBER:
            raise NameTaken(f"'{mail}' belongs to a member of this tenant already.", target="invitedUserEmailAddress")
        if known is None:
            _add(uow, guest)
    return known or guest


def get_user(units: Units, caller: Caller, name: str) -> User:
    """A user by object id or user principal name. Raises UserNotFound."""
    require(caller, USER_READ, "read users", members=True)
    with units.read() as uow:
        return user_named(uow, name)


def list_users(units: Units, caller: Caller, *, after_upn: str, limit: int) -> Sequence[User]:
    """A page of live users in UPN order."""
    require(caller, USER_READ, "read users", members=True)
    with units.read() as uow:
        return uow.users.page(after_upn=after_upn, limit=limit)


def find_users(units: Units, caller: Caller, field: str, value: str) -> Sequence[User]:
    """Users whose `upn` or `mail` equals a value (none or one)."""
    require(caller, USER_READ, "read users", members=True)
    with units.read() as uow:
        found = uow.users.by_upn(value) if field == "upn" else uow.users.by_mail(value)
    return [found] if found else []


def update_user(
    units: Units, tenant: Tenant, caller: Caller, name: str, changes: UserChanges, *, ids: IdSource
) -> User:
    """Change a user. Raises UserNotFound, IllegalName, NameTaken."""
    require(caller, USER_WRITE, "change users")
    if changes.upn is not None:
        check_upn(tenant, changes.upn)
    if changes.mail_nickname is not None:
        check_nickname(changes.mail_nickname)
    if changes.display_name is not None:
        check_text("displayName", changes.display_name)
    check_location(changes.usage_location)
    wanted = {
        field.name: value
        for field in dataclasses.fields(changes)
        if field.name != "password" and (value := getattr(changes, field.name)) is not None
    }
    if changes.password is not None:
        wanted["password_hash"] = passwords.hash_password(changes.password, ids)
    with units.write() as uow:
        user = user_named(uow, name)
        other = uow.users.by_upn(changes.upn) if changes.upn else None
        if other is not None and other.user_id != user.user_id:
            raise _upn_taken(changes.upn or "")
        changed = dataclasses.replace(user, **wanted)
        uow.users.update(changed)
    return changed


def delete_user(units: Units, caller: Caller, name: str, *, clock: Clock) -> None:
    """Mark a user as deleted; the name is free again. Raises UserNotFound."""
    require(caller, USER_WRITE, "delete users")
    with units.write() as uow:
        user = user_named(uow, name)
        uow.users.delete(dataclasses.replace(user, deleted_at=clock.business_now()))


def me(units: Units, caller: Caller) -> User:
    """The signed-in user. Raises UsageError for an app, which has no `/me` (content-api.md 1.3)."""
    if caller.user_id is None:
        raise errors.UsageError(
            "/me request is only valid with delegated authentication flow.", remedy="Name the user: /users/{id}."
        )
    with units.read() as uow:
        return user_named(uow, str(caller.user_id))


def own_tenant(tenant: Tenant, caller: Caller) -> PublicTenant:
    """This tenant as `/organization` shows it."""
    require(caller, ORGANIZATION_READ, "read the organization", members=True)
    row = next((row for row in tenant.public_directory if row.tenant_id == tenant.tenant_id), None)
    return row or PublicTenant(
        tenant_id=tenant.tenant_id,
        display_name=tenant.display_name,
        default_domain=tenant.initial_domain,
        domains=(tenant.initial_domain,),
    )


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
    found = uow.users.by_id(UserId(user_id)) if user_id else uow.users.by_upn(name)
    if found is None or found.deleted_at is not None:
        raise UserNotFound(f"Resource '{name}' does not exist.")
    return found


def require(caller: Caller, permissions: frozenset[str], what: str, *, members: bool = False) -> None:
    """Raise AccessDenied unless the caller may do a thing to the directory.

    Apps need one of the permissions; the user administrator is our global administrator; with `members` every signed-in
    user may, as members may read the directory at Microsoft by default.
    """
    if caller.kind is CallerKind.USER:
        allowed = members or caller.is_global_admin
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
    if not _UPN_LOCAL.fullmatch(local) or local.endswith(".") or not _DOMAIN.fullmatch(domain):
        raise IllegalName(
            f"'{upn}' is not a user principal name.",
            remedy="Write NAME@DOMAIN with letters, digits and ' . - _ ! # ^ ~ in the name.",
            target="userPrincipalName",
        )
    if domain.lower() not in names_of(tenant):
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


def _add(uow: UnitOfWork, user: User) -> None:
    if uow.users.by_upn(user.upn) is not None:
        raise _upn_taken(user.upn)
    uow.users.add(user)


def _upn_taken(upn: str) -> NameTaken:
    return NameTaken(
        f"Another object with the same value for property userPrincipalName already exists: '{upn}'.",
        target="userPrincipalName",
    )
