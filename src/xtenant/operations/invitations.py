"""Guests: invitations, and their redemption (R-4.5, `graph-migrations.md` 4.2).

A guest's UPN has Microsoft's form `ana.silva_contoso.com#EXT#@INITIAL-DOMAIN`. Inviting an address again answers the same
guest; an address of a member of this tenant is refused.
"""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass

from xtenant.domain.caller import Caller
from xtenant.domain.directory import ExternalState, User, UserId, UserType
from xtenant.domain.ports.clock import Clock, IdSource
from xtenant.domain.ports.units import UnitOfWork, Units
from xtenant.domain.tenant import Tenant
from xtenant.operations.directory import (
    DOMAIN_FORM,
    UPN_LOCAL_FORM,
    USER_INVITE,
    IllegalName,
    NameTaken,
    check_text,
    require,
    user_named,
)
from xtenant.operations.users import primary_first

EXTERNAL_MARK = "#EXT#"
_REDIRECT = re.compile(r"https?://[^\s/?#]{1,255}(?:[/?#]\S{0,2000})?", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationWish:
    """Whom to invite. `user_type` may be Member (a B2B member); `reset` names a guest who shall redeem afresh."""

    mail: str
    redirect_url: str
    display_name: str | None = None
    user_type: UserType = UserType.GUEST
    reset: str | None = None


def invite(units: Units, tenant: Tenant, caller: Caller, wish: InvitationWish, *, clock: Clock, ids: IdSource) -> User:
    """Add a person from outside under their own address; one invited before is answered as they are.

    Raises IllegalName, NameTaken for the address of a member, UserNotFound for a reset of nobody.
    """
    require(caller, USER_INVITE, "invite guests")
    upn = external_upn(tenant, wish.mail)
    if not _REDIRECT.fullmatch(wish.redirect_url):
        raise IllegalName("The redirect URL is not an address.", target="inviteRedirectUrl")
    now = clock.business_now()
    guest = User(
        user_id=UserId(ids.new_id()),
        upn=upn,
        display_name=check_text("invitedUserDisplayName", wish.display_name or wish.mail.partition("@")[0]),
        mail=wish.mail,
        mail_nickname=upn.partition("@")[0],
        other_mails=(wish.mail,),
        proxy_addresses=primary_first((), wish.mail),
        user_type=wish.user_type,
        external_state=ExternalState.PENDING,
        external_state_at=now,
        created_at=now,
    )
    with units.write() as uow:
        if wish.reset is not None:
            known = user_named(uow, wish.reset)
            reset = dataclasses.replace(known, external_state=ExternalState.PENDING, external_state_at=now)
            uow.users.update(reset)
            return reset
        known = _standing(uow, upn, wish.mail)
        if known is None:
            uow.users.add(guest)
    return known or guest


def redeem(uow: UnitOfWork, user: User, *, clock: Clock) -> User:
    """The guest after their first sign-in: the invitation counts as accepted. Others stay as they are."""
    if user.external_state is not ExternalState.PENDING:
        return user
    accepted = dataclasses.replace(user, external_state=ExternalState.ACCEPTED, external_state_at=clock.business_now())
    uow.users.update(accepted)
    return accepted


def external_upn(tenant: Tenant, mail: str) -> str:
    """The UPN of somebody invited under an address. Raises IllegalName for what is no mail address."""
    local, at, domain = mail.partition("@")
    if not at or not UPN_LOCAL_FORM.fullmatch(local) or not DOMAIN_FORM.fullmatch(domain):
        raise IllegalName("The address invited is not a mail address.", target="invitedUserEmailAddress")
    return f"{local}_{domain}{EXTERNAL_MARK}@{tenant.initial_domain}"


def _standing(uow: UnitOfWork, upn: str, mail: str) -> User | None:
    known = uow.users.by_upn(upn) or uow.users.by_mail(mail)
    if known is not None and known.external_state is None:
        raise NameTaken(f"'{mail}' belongs to a member of this tenant already.", target="invitedUserEmailAddress")
    return known
