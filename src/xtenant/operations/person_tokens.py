"""What a lab's person lets the lab's own client do, without their password (settled C 4).

Reached through the control socket of a lab only: whoever may open it owns the lab. A disabled account signs in nowhere, and
a guest who is seen here for the first time has accepted the invitation.
"""

from __future__ import annotations

from collections.abc import Sequence

from xtenant.domain import errors
from xtenant.domain.caller import AppCredential
from xtenant.domain.directory import App, ExternalState, User
from xtenant.domain.ports.clock import Clock
from xtenant.domain.ports.units import Units
from xtenant.domain.sign_in import SignedIn, audience_of
from xtenant.domain.tenant import Tenant
from xtenant.operations.invitations import redeem

MOST_PEOPLE = 10_000


class PersonDisabled(errors.Refused):
    """Sign-in of the account is blocked."""

    code = "personDisabled"
    remedy = "Enable the account first, as `people open` does after the move."


class PersonUnknown(errors.UsageError):
    """The tenant has no live account of this name."""

    code = "personUnknown"
    remedy = "Name the user principal name of somebody of this tenant; a guest's ends in #EXT#@INITIAL-DOMAIN."


def grants_for(
    units: Units, tenant: Tenant, app: App, upns: Sequence[str], resource: str, *, clock: Clock
) -> Sequence[SignedIn]:
    """A delegated grant for each person, in the order asked. One who cannot sign in spoils all.

    Raises UsageError for more than 10,000, GrantRefused for a resource that is not this tenant's, PersonUnknown,
    PersonDisabled.
    """
    if not 0 < len(upns) <= MOST_PEOPLE:
        raise errors.UsageError(f"Tokens are made for 1 to {MOST_PEOPLE} people at once.")
    audience = audience_of(tenant, resource)
    with units.read() as uow:
        known = uow.users.by_upns(upns)
    people = [_who_may_sign_in(known.get(upn.lower()), upn) for upn in upns]
    invited = {user.user_id: user for user in people if user.external_state is ExternalState.PENDING}
    if invited:
        with units.write() as uow:
            for user in invited.values():
                redeem(uow, user, clock=clock)
    return [
        SignedIn(app=app, credential=AppCredential.PUBLIC, audience=audience, user=user, scopes=app.scopes)
        for user in people
    ]


def _who_may_sign_in(user: User | None, upn: str) -> User:
    if user is None:
        raise PersonUnknown(f"There is nobody called '{upn}' in this tenant.")
    if not user.account_enabled:
        raise PersonDisabled(f"The account '{user.upn}' is disabled.")
    return user
