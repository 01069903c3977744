"""Trust, its direction, the host URL, and whether both sides' schemas fit: R-6.22 to R-6.24, R-6.26."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from urllib.parse import urlsplit

from xtenant.bulk.findings import Evidence, Remedy, Who
from xtenant.bulk.preflight import lines
from xtenant.bulk.preflight.given import Given
from xtenant.bulk.preflight.online import Answers, Question
from xtenant.bulk.preflight.rules import Group, Outcome, Rule
from xtenant.bulk.preflight.sides import Side
from xtenant.cmdlets.written import relationship_line
from xtenant.domain.move import JobKind
from xtenant.domain.tenant import HostUrl
from xtenant.domain.trust import Compatibility, PartnerRole, TrustStatus

TRUST = Rule(
    rule="R-6.22",
    text="both sides say GoodToProceed",
    evidence=Evidence.DOCUMENTED,
    read="VerifySPOTenantOrgRelation on each side",
    fails_as="E-02",
)
DIRECTION = Rule(
    rule="R-6.23",
    text="the partner is the Target at the source, the Source at the target",
    evidence=Evidence.ERROR_LIST,
    read="VerifySPOTenantOrgRelation with the other role",
    fails_as="E-03, E-04",
)
HOST_URL = Rule(
    rule="R-6.24",
    text="what moves lands on the target's own hosts",
    evidence=Evidence.ERROR_LIST,
    read="GetMySiteHostUrl of the target, or its handover file",
    fails_as="E-27",
)
COMPATIBLE = Rule(
    rule="R-6.26",
    text="the schemas fit: Compatible or Warning",
    evidence=Evidence.DOCUMENTED,
    read="XTenantMoveCompatibilityCheck on the source, asked now",
    fails_as="E-29",
)
_WAITING = (TrustStatus.DORMANT, TrustStatus.DORMANT_BY_PARTNER)


def look(given: Given) -> Iterator[Outcome]:
    source = (given.source, given.online.source, PartnerRole.TARGET, given.target)
    target = (given.target, given.online.target, PartnerRole.SOURCE, given.source)
    for side, answers, role, partner in (source, target):
        yield from _one_side(given, side, answers, role, partner)
    yield from _named_tenants(given)
    yield from _host_url(given)
    yield from _compatible(given)


def _one_side(given: Given, side: Side, answers: Answers, role: PartnerRole, partner: Side) -> Iterator[Outcome]:
    status, earliest = _status(given, side)
    if status is None:
        lines_there = _test(side, role, partner)
        reason = answers.unanswered.get(Question.TRUST, f"{side.name} is known by a file only")
        question = f"What does Test-SPOCrossTenantRelationship print at {side.name}?"
        yield TRUST.unknown(reason, question, side.who, about=given.about_pair(), commands=lines_there)
        yield DIRECTION.unknown(
            reason, f"Which role has the partner at {side.name}?", side.who, about=given.about_pair()
        )
        return
    about = given.about_pair()
    roots: list[str] = []
    wrong_way = answers.reverse not in (None, TrustStatus.NOT_ESTABLISHED)
    if wrong_way and status is TrustStatus.NOT_ESTABLISHED:
        roots.append(DIRECTION.id_of(about, side.who.value))
        cause = f"{side.name} has named {partner.name} as its {role.complement.value}; for these moves it is the {role.value}."
        yield DIRECTION.error(about, cause, _turned(side, role, partner), detail=side.who.value)
    if status is TrustStatus.NOT_ESTABLISHED_BY_PARTNER:
        roots.append(TRUST.id_of(about, partner.who.value))
    if status is TrustStatus.GOOD_TO_PROCEED:
        return
    remedy = _remedy(status, side, role, partner, earliest)
    cause = f"{side.name} says {status.value} of the trust with {partner.name}."
    if status in _WAITING and _all_begin_after(given, earliest):
        yield TRUST.warning(about, f"{cause} Every move begins after that is over.", remedy, detail=side.who.value)
    else:
        yield TRUST.error(about, cause, remedy, detail=side.who.value, depends_on=roots)


def _status(given: Given, side: Side) -> tuple[TrustStatus | None, datetime | None]:
    """A side's status: as it says itself, else as the partner tells of it."""
    own, other = given.online.source, given.online.target
    if not side.is_source:
        own, other = other, own
    told = [answers.trust.earliest_start for answers in (own, other) if answers.trust and answers.trust.earliest_start]
    earliest = max(told, default=None)
    if own.trust is not None:
        return own.trust.this_side, earliest
    return (other.trust.partner_side if other.trust else None), earliest


def _remedy(status: TrustStatus, side: Side, role: PartnerRole, partner: Side, earliest: datetime | None) -> Remedy:
    match status:
        case TrustStatus.NOT_ESTABLISHED:
            text = f"Request the trust at {side.name} (R-2.6); every request counts its own seven days."
            return Remedy(
                who=side.who,
                text=text,
                commands=_set(side, role, partner),
                waits_for="the waiting period of seven days",
            )
        case TrustStatus.NOT_ESTABLISHED_BY_PARTNER:
            text = f"Request the trust at {partner.name} too (R-2.7)."
            commands = _set(partner, role.complement, side)
            return Remedy(who=partner.who, text=text, commands=commands, waits_for="the waiting period of seven days")
        case TrustStatus.COULD_NOT_CONTACT_PARTNER:
            text = "Check the host URL that the trust names and that the partner answers; then ask again (R-3.8)."
            return Remedy(who=side.who, text=text, waits_for="an answer of the partner's host")
        case _:
            until = (
                f"until {earliest:%Y-%m-%d %H:%M} UTC"
                if earliest
                else "until seven days after the later request (R-3.26)"
            )
            text = "Nothing to do but to wait; sending the request again may begin the days anew (U-2)."
            return Remedy(who=Who.PLAN, text=text, waits_for=until)


def _all_begin_after(given: Given, earliest: datetime | None) -> bool:
    return earliest is not None and all(
        moving.move.begin is not None and moving.move.begin >= earliest for moving in given.moves
    )


def _set(side: Side, role: PartnerRole, partner: Side) -> tuple[str, ...]:
    return _relation(side, partner, ("Set", role))


def _test(side: Side, role: PartnerRole, partner: Side) -> tuple[str, ...]:
    return _relation(side, partner, ("Test", role))


def _turned(side: Side, role: PartnerRole, partner: Side) -> Remedy:
    commands = _relation(side, partner, ("Remove", role.complement), ("Set", role))
    text = "Remove the relation with the wrong role, unless moves in the other direction need it, and request the right one."
    return Remedy(who=side.who, text=text, commands=commands, waits_for="the waiting period of seven days")


def _relation(side: Side, partner: Side, *steps: tuple[str, PartnerRole]) -> tuple[str, ...]:
    if partner.host_url is None:
        return ()
    return lines.on(side.host_url, *(relationship_line(verb, role, partner.host_url) for verb, role in steps))


def _host_url(given: Given) -> Iterator[Outcome]:
    target = given.target.host_url
    if target is None:
        question = "What does Get-SPOCrossTenantHostUrl print at the target?"
        yield HOST_URL.unknown(
            "the target's host URL is not known", question, Who.TARGET, commands=("Get-SPOCrossTenantHostUrl",)
        )
        return
    hosts = _hosts(target)
    for moving in given.moves:
        host = (urlsplit(moving.target_url).hostname or "").lower()
        if moving.move.kind is JobKind.SITE and host not in hosts:
            cause = f"{moving.target_url} does not lie on the target's hosts {' and '.join(hosts)}."
            text = f"Write an address below https://{hosts[0]}/sites/ or /teams/ into the row."
            name = moving.target_url.rstrip("/").rpartition("/")[2]
            commands = lines.edit(given.plan, moving.move.move_id, target=f"https://{hosts[0]}/sites/{name}")
            yield HOST_URL.error(moving.about_row(), cause, Remedy(who=Who.PLAN, text=text, commands=commands))


def _named_tenants(given: Given) -> Iterator[Outcome]:
    """A plan in YAML names the tenants it was made for."""
    head = given.head
    named = (
        ("source_tenant_id", head.source_tenant_id, given.source.facts.tenant_id),
        ("target_tenant_id", head.target_tenant_id, given.target.facts.tenant_id),
        ("target_host_url", head.target_host_url, given.target.host_url or head.target_host_url),
    )
    for what, wanted, found in named:
        if wanted is not None and wanted != found:
            text = "Check the plan with the tenants it was made for, or correct its head."
            cause = f"The plan names {wanted} as its {what}; what is looked at is {found}."
            yield HOST_URL.error(given.about_plan(), cause, Remedy(who=Who.PLAN, text=text), detail=what)


def _hosts(target: HostUrl) -> tuple[str, str]:
    return f"{target.label}.sharepoint.com", target.host


def _compatible(given: Given) -> Iterator[Outcome]:
    found = given.online.compatibility
    commands: tuple[str, ...] = ()
    if given.target.host_url is not None:
        line = lines.cmdlet(
            "Get-SPOCrossTenantCompatibilityStatus", PartnerCrossTenantHostURL=str(given.target.host_url)
        )
        commands = lines.on(given.source.host_url, line)
    about = given.about_pair()
    if found is None:
        reason = given.online.unanswered.get(Question.COMPATIBILITY, "the source is known by a file only")
        question = "What does Get-SPOCrossTenantCompatibilityStatus print at the source?"
        yield COMPATIBLE.unknown(reason, question, Who.SOURCE, about=about, commands=commands)
    elif found is Compatibility.INCOMPATIBLE:
        roots = [
            TRUST.id_of(about, side.who.value)
            for side in (given.source, given.target)
            if _status(given, side)[0] not in (None, TrustStatus.GOOD_TO_PROCEED)
        ]
        text = (
            "Wait 48 hours and ask again; then open a support case (R-5.36). Without trust this is said too (R-5.38)."
        )
        remedy = Remedy(who=Who.MICROSOFT, text=text, waits_for="48 hours, then Microsoft's support")
        yield COMPATIBLE.error(about, "The source says Incompatible of the target.", remedy, depends_on=roots)


GROUP = Group(name="Trust", rules=(TRUST, DIRECTION, HOST_URL, COMPATIBLE), run=look)
