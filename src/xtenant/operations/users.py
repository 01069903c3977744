"""Accounts of members: created, changed, deleted, with the fields an administrator writes over Graph (4.2).

An account that a directory on premises masters (`synced`) is changed there; Graph refuses all but a few fields of it. A
password is hashed at once and never kept.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from xtenant.domain import errors
from xtenant.domain.caller import Caller
from xtenant.domain.directory import PROFILE_TEXTS, User, UserId, UserType
from xtenant.domain.ports.clock import Clock, IdSource
from xtenant.domain.ports.units import UnitOfWork, Units
from xtenant.domain.tenant import Tenant
from xtenant.operations import passwords
from xtenant.operations.directory import (
    USER_WRITE,
    IllegalName,
    NameTaken,
    check_location,
    check_nickname,
    check_text,
    check_upn,
    require,
    user_named,
)

MOST_VALUES = 250
PASSWORD_CHARACTERS = (8, 256)
EXTENSIONS = frozenset(f"extensionAttribute{number}" for number in range(1, 16))
CLOUD_FIELDS = frozenset({"usage_location", "preferred_data_location", "preferred_language"})
"""What may be changed here of an account that a directory on premises masters."""

_TEXT_LIMITS = {"given_name": 64, "surname": 64, "department": 64, "company_name": 64, "employee_id": 16}
_MAIL = re.compile(r"[^@\s\x00-\x1f]{1,64}@[^@\s\x00-\x1f]{1,253}")


class Keep(Enum):
    """Says that a value stays as it is, where None clears it."""

    IT = "keep"


KEEP = Keep.IT
Text = str | None | Keep


class WeakPassword(errors.UsageError):
    """Shorter than 8 characters, longer than 256, or of fewer than three kinds of characters."""

    code = "weakPassword"
    remedy = "Use 8 to 256 characters of three kinds: small and capital letters, digits, signs."


class SyncedAccount(errors.UsageError):
    """The account is mastered on premises; what was asked for is changed there."""

    code = "syncedAccount"
    remedy = "Change the account in the directory it is synchronized from."


@dataclass(frozen=True, slots=True, kw_only=True)
class UserChanges:
    """What is to be changed of a user, or given to a new one; KEEP leaves a value, None clears it."""

    display_name: str | Keep = KEEP
    upn: str | Keep = KEEP
    mail_nickname: str | Keep = KEEP
    account_enabled: bool | Keep = KEEP
    user_type: UserType | Keep = KEEP
    mail: Text = KEEP
    usage_location: Text = KEEP
    given_name: Text = KEEP
    surname: Text = KEEP
    job_title: Text = KEEP
    department: Text = KEEP
    company_name: Text = KEEP
    office_location: Text = KEEP
    mobile_phone: Text = KEEP
    employee_id: Text = KEEP
    city: Text = KEEP
    country: Text = KEEP
    preferred_language: Text = KEEP
    preferred_data_location: Text = KEEP
    immutable_id: Text = KEEP
    business_phones: tuple[str, ...] | Keep = KEEP
    other_mails: tuple[str, ...] | Keep = KEEP
    extension_attributes: tuple[tuple[str, str | None], ...] | Keep = KEEP
    """Only those named are changed; None removes one."""
    password: str | Keep = KEEP
    force_password_change: bool | Keep = KEEP

    def changed(self) -> dict[str, object]:
        """The fields that do not stay, by name."""
        values = ((field.name, getattr(self, field.name)) for field in dataclasses.fields(self))
        return {name: value for name, value in values if value is not KEEP}


@dataclass(frozen=True, slots=True, kw_only=True)
class NewUser:
    """What a user is created from."""

    upn: str
    display_name: str
    mail_nickname: str
    account_enabled: bool
    password: str
    details: UserChanges = dataclasses.field(default_factory=UserChanges)


def create_user(units: Units, tenant: Tenant, caller: Caller, new: NewUser, *, clock: Clock, ids: IdSource) -> User:
    """Add a member account. Raises IllegalName, WeakPassword, NameTaken, AccessDenied.

    The domain of the UPN must be one of the tenant's own (Graph refuses an unverified domain).
    """
    require(caller, USER_WRITE, "create users")
    changes = dataclasses.replace(
        new.details,
        upn=new.upn,
        display_name=new.display_name,
        mail_nickname=new.mail_nickname,
        account_enabled=new.account_enabled,
        password=new.password,
    )
    _check(tenant, changes)
    blank = User(
        user_id=UserId(ids.new_id()),
        upn=new.upn,
        display_name=new.display_name,
        created_at=clock.business_now(),
    )
    user = _with(blank, changes, ids)
    with units.write() as uow:
        _check_free(uow, user)
        uow.users.add(user)
    return user


def update_user(
    units: Units, tenant: Tenant, caller: Caller, name: str, changes: UserChanges, *, ids: IdSource
) -> User:
    """Change a user. Raises UserNotFound, IllegalName, WeakPassword, NameTaken, SyncedAccount."""
    require(caller, USER_WRITE, "change users")
    _check(tenant, changes)
    with units.write() as uow:
        user = user_named(uow, name)
        if user.synced and (refused := changes.changed().keys() - CLOUD_FIELDS):
            raise SyncedAccount(
                "Unable to update the specified properties for on-premises mastered Directory Sync objects: "
                + ", ".join(sorted(refused))
            )
        changed = _with(user, changes, ids)
        _check_free(uow, changed)
        uow.users.update(changed)
    return changed


def delete_user(units: Units, caller: Caller, name: str, *, clock: Clock) -> None:
    """Mark a user as deleted; the name is free again. Raises UserNotFound."""
    require(caller, USER_WRITE, "delete users")
    with units.write() as uow:
        user = user_named(uow, name)
        uow.users.delete(dataclasses.replace(user, deleted_at=clock.business_now()))


def set_synced(units: Units, upns: Iterable[str], *, on: bool) -> list[str]:
    """Let a lab's accounts be mastered on premises, as a directory sync would make them. Answers the UPNs found."""
    with units.write() as uow:
        found = uow.users.by_upns(upns)
        for user in found.values():
            uow.users.update(dataclasses.replace(user, synced=on, immutable_id=user.immutable_id or str(user.user_id)))
    return sorted(user.upn for user in found.values())


def primary_first(addresses: Iterable[str], mail: str | None) -> tuple[str, ...]:
    """Proxy addresses with `mail` as the primary one; the one before stays as a further address."""
    others = [f"smtp:{address[5:]}" for address in addresses]
    if mail is None:
        return tuple(others)
    kept = [address for address in others if address[5:].lower() != mail.lower()]
    return (f"SMTP:{mail}", *kept)


def _with(user: User, changes: UserChanges, ids: IdSource) -> User:
    values = changes.changed()
    password, extensions = values.pop("password", None), values.pop("extension_attributes", None)
    if isinstance(password, str):
        values["password_hash"] = passwords.hash_password(password, ids)
    if extensions is not None and not isinstance(changes.extension_attributes, Keep):
        merged = {**dict(user.extension_attributes), **dict(changes.extension_attributes)}
        values["extension_attributes"] = tuple(sorted((key, text) for key, text in merged.items() if text))
    if "mail" in values and not isinstance(changes.mail, Keep):
        values["proxy_addresses"] = primary_first(user.proxy_addresses, changes.mail)
    return dataclasses.replace(user, **values)  # pyright: ignore[reportArgumentType]


def _check_free(uow: UnitOfWork, user: User) -> None:
    other = uow.users.by_upn(user.upn)
    if other is not None and other.user_id != user.user_id:
        raise NameTaken(
            f"Another object with the same value for property userPrincipalName already exists: '{user.upn}'.",
            target="userPrincipalName",
        )


def _check(tenant: Tenant, changes: UserChanges) -> None:
    values = changes.changed()
    if not isinstance(changes.upn, Keep):
        check_upn(tenant, changes.upn)
    if not isinstance(changes.mail_nickname, Keep):
        check_nickname(changes.mail_nickname)
    if not isinstance(changes.display_name, Keep):
        check_text("displayName", changes.display_name)
    if not isinstance(changes.usage_location, Keep):
        check_location(changes.usage_location)
    if not isinstance(changes.password, Keep):
        check_password_form(changes.password)
    if not isinstance(changes.preferred_data_location, Keep):
        check_data_location(tenant, changes.preferred_data_location)
    for name in (*PROFILE_TEXTS, "immutable_id"):
        text = values.get(name)
        if isinstance(text, str):
            check_text(name, text, limit=_TEXT_LIMITS.get(name, 256))
    mails = () if isinstance(changes.other_mails, Keep) else changes.other_mails
    for address in (*mails, *([changes.mail] if isinstance(changes.mail, str) else [])):
        if not _MAIL.fullmatch(address):
            raise IllegalName(f"'{address}' is not a mail address.", target="mail")
    _check_lists(changes)


def _check_lists(changes: UserChanges) -> None:
    phones = () if isinstance(changes.business_phones, Keep) else changes.business_phones
    mails = () if isinstance(changes.other_mails, Keep) else changes.other_mails
    if len(mails) > MOST_VALUES:
        raise IllegalName(f"otherMails holds at most {MOST_VALUES} addresses.", target="otherMails")
    if len(phones) > 1:
        raise IllegalName("businessPhones holds one number.", target="businessPhones")
    for phone in phones:
        check_text("businessPhones", phone, limit=64)
    for name, text in () if isinstance(changes.extension_attributes, Keep) else changes.extension_attributes:
        if name not in EXTENSIONS:
            raise IllegalName(f"'{name}' is no extension attribute.", target="onPremisesExtensionAttributes")
        if text:
            check_text(name, text, limit=1024)


def check_password_form(password: str) -> None:
    """Raise WeakPassword unless a password satisfies Entra's policy for cloud accounts."""
    kinds = (str.islower, str.isupper, str.isdigit, _is_sign)
    present = sum(any(map(kind, password)) for kind in kinds)
    shortest, longest = PASSWORD_CHARACTERS
    if not shortest <= len(password) <= longest or present < 3:
        raise WeakPassword("The specified password does not comply with password complexity requirements.")


def _is_sign(character: str) -> bool:
    return not character.isalnum()


def check_data_location(tenant: Tenant, code: str | None) -> None:
    """Raise IllegalName unless a preferred data location has three letters and, in multi-geo, is a geo (R-4.24)."""
    if code is None:
        return
    known = {geo.code for geo in tenant.geos}
    if not re.fullmatch(r"[A-Z]{3}", code) or (len(known) > 1 and code not in known):
        raise IllegalName(
            f"'{code}' is no data location of this tenant.",
            remedy=f"Use one of {', '.join(sorted(known))}.",
            target="preferredDataLocation",
        )
