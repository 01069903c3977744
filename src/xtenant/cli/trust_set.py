"""What `xtenant trust set` does: look first, show the partner, ask, send what does not stand, say how it stands now.

The order matters: everything that can be found out is found out before anything is sent (issue, part A).
"""

from __future__ import annotations

from dataclasses import dataclass

from xtenant.cli.sides import Half
from xtenant.cli.tools import Tools, warn
from xtenant.client.tenant import PartnerFacts
from xtenant.client.trust import TrustState
from xtenant.cmdlets.script import verbs
from xtenant.domain import errors
from xtenant.domain.trust import TrustStatus

POLL_SECONDS = (1.0, 60.0)
"""First and longest pause of `--wait`."""

KINDS_MOVED = {"MnAODMove": "a OneDrive", "MnASiteMove": "a site"}
"""The two switches of the feature and what each is for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """The options of `trust set`."""

    expect_tenant_id: str | None = None
    reverse: bool = False
    resend: bool = False
    yes: bool = False
    what_if: bool = False
    wait: bool = False


class UnexpectedTenant(errors.Refused):
    """The partner's tenant id is not the one named with --expect-tenant-id."""

    code = "unexpectedTenant"
    remedy = "Check the host URL with the partner's administrator; nothing was sent."


class ContradictedRole(errors.UsageError):
    """The partner has asked for the opposite direction."""

    code = "contradictedRole"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What is known about one half before anything is sent."""

    half: Half
    state: TrustState
    partner: PartnerFacts

    def question(self) -> str:
        """What is about to be sent, and to whom."""
        facts = self.partner
        name = facts.display_name or "a tenant the public directory does not name"
        return (
            f"{self.half.place.profile.name} asks {self.half.partner} to be its {self.half.role.value}\n"
            f"  partner: {name}, tenant id {facts.tenant_id or 'unknown'}, default domain {facts.default_domain or 'unknown'}"
        )


async def look(half: Half, wish: Wish) -> Outlook:
    """Test, compare with the inbox and with --expect-tenant-id. Raises ContradictedRole, UnexpectedTenant."""
    state = await half.client.trust.test(half.partner, half.role)
    await _check_role(half, wish)
    facts = await half.client.partner_facts(half.partner)
    if wish.expect_tenant_id and (facts.tenant_id or "").lower() != wish.expect_tenant_id.strip("{} ").lower():
        raise UnexpectedTenant(
            f"{half.partner} is the tenant {facts.tenant_id or 'unknown'}, not {wish.expect_tenant_id}."
        )
    await _warn_of_switches(half)
    return Outlook(half=half, state=state, partner=facts)


async def _warn_of_switches(half: Half) -> None:
    """One switch off lets the request through and refuses the starts of its kind later (settled A 16, E-01)."""
    off = [name for name in KINDS_MOVED if await half.client.trust.may_move(name, half.partner) is False]
    if len(off) != 1:  # with both off the tenant refuses the request itself
        return
    warn(
        f"Warning: {half.place.profile.name} has {off[0]} switched off: no move of {KINDS_MOVED[off[0]]} can start there. "
        "Ask Microsoft support to enable it before the moves."
    )


async def _check_role(half: Half, wish: Wish) -> None:
    asked = {row.answer_role for row in await half.client.trust.inbox() if row.partner == half.partner}
    if not asked or half.role in asked or wish.reverse:
        return
    role = next(iter(asked))
    raise ContradictedRole(
        f"{half.partner} has asked to be the {role.value} of {half.place.profile.name}, not its {half.role.value}.",
        remedy=f"Answer it with --partner-role {role.value}, or add --reverse if the other direction is really meant.",
    )


async def send(tools: Tools, outlooks: list[Outlook], wish: Wish) -> list[bool]:
    """Ask once for all, then send what does not stand; whether each was sent."""
    wanted = [wish.resend or not outlook.state.stands for outlook in outlooks]
    for outlook, send_it in zip(outlooks, wanted, strict=True):
        if send_it:
            half = outlook.half
            tools.write_out(half.place.profile, half.place.geo, verbs.trust_set(half.partner, half.role))
    if wish.what_if:
        return [False for _ in outlooks]
    if any(wanted):
        shown = [outlook.question() for outlook, send_it in zip(outlooks, wanted, strict=True) if send_it]
        tools.consent("\n".join([*shown, "Send the request?"]), yes=wish.yes)
    for outlook, send_it in zip(outlooks, wanted, strict=True):
        if send_it:
            await outlook.half.client.trust.request(outlook.half.partner, outlook.half.role)
        else:
            warn(f"{outlook.half.place.profile.name}'s request to {outlook.half.partner} stands; it is not sent again.")
    return wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How the trust stands, with both sides as far as they are known."""

    this_side: TrustStatus
    partner_side: TrustStatus | None
    start_allowed: bool | None
    earliest_start: object

    def row(self) -> dict[str, object]:
        """The contracted shape of `trust test` (settled A 22)."""
        return {
            "status": self.this_side,
            "this_side": self.this_side,
            "partner_side": self.partner_side,
            "start_allowed": self.start_allowed,
            "earliest_start": self.earliest_start,
        }

    @property
    def exit_code(self) -> errors.ExitCode:
        """0 start allowed, 2 one side green and the other unknown, 3 pending, 6 partner not contactable."""
        if TrustStatus.COULD_NOT_CONTACT_PARTNER in (self.this_side, self.partner_side):
            return errors.ExitCode.PARTNER_OR_NETWORK
        if self.start_allowed is None:
            return errors.ExitCode.NOT_ALL_CHECKED
        return errors.ExitCode.DONE if self.start_allowed else errors.ExitCode.PENDING


async def standing_of(halves: list[Half]) -> Standing:
    """Test each side in its own tenant; with one half, what its tenant tells of the other."""
    states = [await half.client.trust.test(half.partner, half.role) for half in halves]
    first = states[0]
    earliest = max((state.earliest_start for state in states if state.earliest_start), default=None)
    if len(states) == 1:
        return Standing(
            this_side=first.this_side,
            partner_side=first.partner_side,
            start_allowed=first.start_allowed,
            earliest_start=earliest,
        )
    both = all(state.this_side is TrustStatus.GOOD_TO_PROCEED for state in states)
    return Standing(
        this_side=first.this_side, partner_side=states[1].this_side, start_allowed=both, earliest_start=earliest
    )


async def wait_for(tools: Tools, halves: list[Half]) -> Standing:
    """Test again and again until a start is allowed, or nothing more can be known from here."""
    pause, longest = POLL_SECONDS
    while True:
        standing = await standing_of(halves)
        if standing.start_allowed is not False:
            return standing
        await tools.clock.sleep(pause)
        pause = min(longest, pause * 2)
