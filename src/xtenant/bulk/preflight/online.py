"""What only the tenants themselves can say, asked at the moment of the check: trust, features, compatibility, jobs, map rows.

Every question is one that reads. What a tenant refuses or does not answer is kept with its reason under what was asked, so that
the check says 'not checked' and never 'ok'.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from itertools import islice
from typing import TypeVar

from xtenant.client.map_rows import Row, RowKey
from xtenant.client.moves import MoveJob, Report
from xtenant.client.tenant import TenantClient
from xtenant.client.trust import TrustState
from xtenant.domain import errors
from xtenant.domain.tenant import HostUrl
from xtenant.domain.trust import Compatibility, PartnerRole, TrustStatus
from xtenant.protocols.csom.call import MAX_LOOKUPS

T = TypeVar("T")
FEATURES = ("MnAODMove", "MnASiteMove")
"""What `IsMnALicensingEnabledForTenant` is asked for: OneDrives, sites."""


class Question(Enum):
    """What was asked; the key under which a refusal is kept."""

    HOST_URL = "host URL"
    TRUST = "trust"
    REVERSE = "trust with the other role"
    FEATURE = "feature"
    COMPATIBILITY = "compatibility"
    JOBS = "move jobs"
    MAP = "identity map"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What one tenant said; None, or nothing, where it was not asked or did not say. `reverse` is the trust's status as if this
    side had the other role."""

    host_url: HostUrl | None = None
    trust: TrustState | None = None
    reverse: TrustStatus | None = None
    features: Mapping[str, bool | None] = field(default_factory=dict[str, bool | None])
    jobs: Sequence[MoveJob] | None = None
    unanswered: Mapping[Question, str] = field(default_factory=dict[Question, str])


@dataclass(frozen=True, slots=True, kw_only=True)
class Online:
    """Both tenants' answers. `map_rows` holds what the target's map in force says of the plan's sources."""

    source: Answers = field(default_factory=Answers)
    target: Answers = field(default_factory=Answers)
    compatibility: Compatibility | None = None
    map_rows: Mapping[RowKey, Sequence[Row]] | None = None
    unanswered: Mapping[Question, str] = field(default_factory=dict[Question, str])


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What to ask about: the partners' host URLs as far as inventories tell them, and the map's keys."""

    source_host: HostUrl | None
    target_host: HostUrl | None
    wanted: Sequence[Row] = ()


async def asked(source: TenantClient | None, target: TenantClient | None, wish: Wish) -> Online:
    """Ask the tenants there is a sign-in for. Nothing is raised but what ends every question: a missing lab or sign-in."""
    notes: dict[Question, str] = {}
    source_host = await _host_url(source, wish.source_host)
    target_host = await _host_url(target, wish.target_host)
    compatibility = map_rows = None
    if source is not None and target_host is not None:
        compatibility = await _answer(notes, Question.COMPATIBILITY, lambda: source.compatibility(target_host))
    if target is not None:
        map_rows = await _answer(notes, Question.MAP, lambda: _standing(target, wish.wanted))
    return Online(
        source=await _side(source, source_host, target_host, PartnerRole.TARGET, "MoveOut"),
        target=await _side(target, target_host, source_host, PartnerRole.SOURCE, "MoveIn"),
        compatibility=compatibility,
        map_rows=map_rows,
        unanswered=notes,
    )


async def _side(
    client: TenantClient | None, own: HostUrl | None, partner: HostUrl | None, role: PartnerRole, direction: str
) -> Answers:
    if client is None:
        return Answers(host_url=own)
    notes: dict[Question, str] = {}
    trust = reverse = None
    features: dict[str, bool | None] = {}
    if partner is not None:
        trust = await _answer(notes, Question.TRUST, lambda: client.trust.test(partner, role))
        reverse = await _answer(notes, Question.REVERSE, lambda: client.trust.status(partner, role.complement))
        for feature in FEATURES:
            features[feature] = await client.trust.may_move(feature, partner)
    jobs = await _answer(notes, Question.JOBS, lambda: client.moves.report(Report(direction=direction)))
    return Answers(host_url=own, trust=trust, reverse=reverse, features=features, jobs=jobs, unanswered=notes)


async def _host_url(client: TenantClient | None, known: HostUrl | None) -> HostUrl | None:
    """The tenant's own word counts before an inventory's; where it refuses to say, the inventory's will do."""
    if client is None:
        return known
    try:
        return await client.host_url()
    except (errors.Refused, errors.Unexpected):
        return known


async def _standing(client: TenantClient, wanted: Iterable[Row]) -> dict[RowKey, list[Row]]:
    found: dict[RowKey, list[Row]] = {}
    left = iter(wanted)
    while some := list(islice(left, MAX_LOOKUPS)):
        found |= await client.map.standing(some)
    return found


async def _answer(notes: dict[Question, str], question: Question, ask: Callable[[], Awaitable[T]]) -> T | None:
    """The answer, or None with its reason noted."""
    try:
        return await ask()
    except (
        errors.Refused,
        errors.UsageError,
        errors.Unexpected,
        errors.NetworkError,
        errors.PartnerUnreachable,
    ) as error:
        notes[question] = error.text
    except errors.Throttled as error:
        notes[question] = error.text
    return None
