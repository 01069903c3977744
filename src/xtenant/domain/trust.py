"""The organization relationship: what trust is, how its status is read, what the mail says.

A relationship row is one side's own word; what the partner has is asked afresh each time. The status is computed here and
never stored (design section 5). Requests received stand in the inbox and never count towards the status.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from uuid import UUID

from xtenant.domain import errors
from xtenant.domain.tenant import GeoCode, HostUrl, StatusSet, TenantId, parse_host_url


class Scenario(Enum):
    """`OrgRelationScenario` (R-2.10); only MnA is ever used."""

    NONE = "None"
    MNA = "MnA"


class PartnerRole(Enum):
    """`OrgRelationRole`: the role of the partner, not of the caller (R-2.11)."""

    NONE = "None"
    SOURCE = "Source"
    TARGET = "Target"

    @property
    def complement(self) -> PartnerRole:
        """What the other side must type: Source answers Target (R-3.11)."""
        return {PartnerRole.SOURCE: PartnerRole.TARGET, PartnerRole.TARGET: PartnerRole.SOURCE}.get(self, self)


class TrustStatus(Enum):
    """`OrgRelationVerificationStatus` as Test-SPOCrossTenantRelationship prints it (R-3.4 to R-3.9)."""

    NOT_ESTABLISHED = "NotEstablished"
    NOT_ESTABLISHED_BY_PARTNER = "NotEstablishedByPartner"
    DORMANT = "Dormant"
    DORMANT_BY_PARTNER = "DormantByPartner"
    GOOD_TO_PROCEED = "GoodToProceed"
    COULD_NOT_CONTACT_PARTNER = "CouldNotContactPartner"


@dataclass(frozen=True, slots=True, kw_only=True)
class RelationKey:
    """What a relationship is about: own geo, partner geo, scenario and the partner's role. Directional (R-2.17)."""

    geo: GeoCode
    partner: HostUrl
    partner_role: PartnerRole
    scenario: Scenario = Scenario.MNA


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizationRelationship:
    """Our own row. `requested_at` (business time) is what the partner waits on; repeating keeps it (U-2, a setting)."""

    key: RelationKey
    relation_id: UUID
    requested_at: datetime
    requested_by: str
    partner_tenant_id: TenantId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedRequest:
    """An inbox row: a partner asked for trust. `answer_role` is what our administrator must type to answer (R-2.22)."""

    request_id: UUID
    geo: GeoCode
    partner: HostUrl
    partner_tenant_id: TenantId
    answer_role: PartnerRole
    scenario: Scenario
    received_at: datetime
    repeated: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerAnswer:
    """What the partner says of its own row toward us: an age, so that differing clocks do no harm.

    `waiting` is the partner's own waiting period; with it this side can tell what the partner sees of us.
    """

    requested: bool
    age: timedelta = timedelta(0)
    waiting: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """The outcome of a trust test, seen from this side."""

    key: RelationKey
    own_status: TrustStatus
    partner_status: TrustStatus | None
    earliest_start: datetime | None

    @property
    def start_allowed(self) -> bool:
        """One green side is not enough (R-3.25)."""
        return self.own_status is TrustStatus.GOOD_TO_PROCEED and self.partner_status is TrustStatus.GOOD_TO_PROCEED


class UnknownPartner(errors.Refused):
    """The partner's host refused the request, or is no tenant (settled A 12)."""

    code = "unknownPartner"
    remedy = "Check the host URL with the partner's administrator: it is what Get-SPOCrossTenantHostUrl prints there."


class OwnHostUrl(errors.UsageError):
    """One's own host URL, or that of an own geo, was named as partner (R-2.5, R-0.8)."""

    code = "ownHostUrl"


class FeatureOff(errors.Refused):
    """The tenant has cross-tenant moves switched off (E-01, E-35)."""

    code = "featureIsNotEnabled"
    microsoft_code = "FeatureIsNotEnabled"
    retry = errors.Retry.AFTER_SOMEONE_ACTS


def trust_status_of(
    own_age: timedelta | None,
    answer: PartnerAnswer | None,
    *,
    waiting: timedelta,
    status_set: StatusSet = StatusSet.CURRENT,
) -> TrustStatus:
    """Read the status in the order of R-3.10.

    `own_age` is None without a row of ours; `answer` is None when the partner could not be asked. Each side applies its
    own waiting period to both ages (settled A 13).
    """
    if own_age is None:
        return TrustStatus.NOT_ESTABLISHED
    if answer is None:
        return TrustStatus.COULD_NOT_CONTACT_PARTNER
    if not answer.requested:
        return TrustStatus.NOT_ESTABLISHED_BY_PARTNER
    if status_set is StatusSet.PREVIEW and own_age < waiting:
        return TrustStatus.DORMANT
    if answer.age < waiting:
        return TrustStatus.DORMANT_BY_PARTNER
    return TrustStatus.GOOD_TO_PROCEED


def earliest_start(
    own_requested_at: datetime, answer: PartnerAnswer | None, *, now: datetime, waiting: timedelta
) -> datetime | None:
    """The later of both requests plus the waiting period (R-3.26); None while one is missing."""
    if answer is None or not answer.requested:
        return None
    return max(own_requested_at, now - answer.age) + waiting


def mail_line(asker: HostUrl, scenario: Scenario, role: PartnerRole) -> str:
    """Subject and body of the mail (R-2.21); `role` is the asker's own role, which the answer repeats (R-2.22)."""
    return f"SPO Tenant [{asker}] [setuporupdate] Organization Relation [Scenario={scenario.value}, Role={role.value}] with us"


_MAIL = re.compile(
    r"SPO Tenant \[(https://[^\]]+)\] \[([a-z]+)\] Organization Relation \[Scenario=(\w+), Role=(\w+)\] with us"
)


@dataclass(frozen=True, slots=True)
class MailNotice:
    """What a mail says: who asks, and what the recipient types to answer (R-2.23)."""

    partner: HostUrl
    scenario: Scenario
    answer_role: PartnerRole


def read_mail(text: str) -> MailNotice:
    """Find the notice in a pasted mail, folded lines included. Raises UsageError when there is none."""
    found = _MAIL.search(re.sub(r"\s+", " ", text))
    if found is None:
        raise errors.UsageError(
            "This is not the mail a trust request sends.",
            remedy="Paste the mail whose subject begins with 'SPO Tenant [https://…'.",
        )
    try:
        role, scenario = PartnerRole(found[4]), Scenario(found[3])
    except ValueError as error:
        raise errors.UsageError(f"The mail names a role or scenario that does not exist: {found[0]}") from error
    return MailNotice(parse_host_url(found[1]), scenario, role)


_SCHEMA_VERSION = re.compile(r"[0-9]{1,5}\.[0-9]{1,5}")


class Compatibility(Enum):
    """`XTenantMoveCompatibilityResult`, names of Get-SPOCrossTenantCompatibilityStatus (R-5.35)."""

    COMPATIBLE = "Compatible"
    WARNING = "Warning"
    INCOMPATIBLE = "Incompatible"

    @property
    def advice(self) -> str | None:
        """What to do now, where it is not simply to go on (R-5.35, R-5.36, R-5.38)."""
        return _ADVICE.get(self.value)


_ADVICE = {
    "Incompatible": "Moves cannot start. Check first that trust stands on both sides; then wait 48 hours and ask again, "
    "and contact Microsoft's support if nothing has changed.",
    "Warning": "Moves can start; the target's schema is older than the source's. Ask again before every start.",
}


def compatibility_of(own: str, partner: str | None) -> Compatibility:
    """Compare schema versions `major.minor` of source and target (settled C 9); None means no trust there.

    What a partner states and nobody can read is no version we fit. Raises UsageError for an own version of another form.
    """
    if not is_schema_version(own):
        raise errors.UsageError(f"'{own}' is no schema version of the form major.minor.")
    if partner is None or not is_schema_version(partner):
        return Compatibility.INCOMPATIBLE
    own_major, own_minor = (int(part) for part in own.split("."))
    major, minor = (int(part) for part in partner.split("."))
    if major != own_major:
        return Compatibility.INCOMPATIBLE
    return Compatibility.COMPATIBLE if minor >= own_minor else Compatibility.WARNING


def is_schema_version(text: str) -> bool:
    """Whether a text is `major.minor`."""
    return _SCHEMA_VERSION.fullmatch(text) is not None


class NoTrust(errors.Refused):
    """No move may start: trust with this target is not GoodToProceed on both sides (R-6.22, E-02)."""

    code = "noTrust"
    microsoft_code = "MnATrustNoSetupForPartner"
    retry = errors.Retry.AFTER_SOMEONE_ACTS

    def __init__(self, target: HostUrl, verification: Verification) -> None:
        theirs = verification.partner_status.value if verification.partner_status else "unknown"
        super().__init__(
            f"There is no Cross-Tenant relationship established for partner [{target}].",
            remedy=f"Run Test-SPOCrossTenantRelationship on both sides: here {verification.own_status.value}, there {theirs}.",
            own_status=verification.own_status,
            partner_status=verification.partner_status,
        )


class WrongDirection(errors.Refused):
    """A start on the target side, or roles swapped in Set (R-6.23, E-04)."""

    code = "wrongDirection"
    microsoft_code = "MnATrustWrongCmdletUsage"

    def __init__(self, target: HostUrl) -> None:
        super().__init__(
            "You can't use this cmdlet with a partner with [Source] Cross-Tenant relationship configuration "
            f"[{target}].",
            remedy="Start moves on the source tenant; if this is the source, its Set must name -PartnerRole Target.",
        )
