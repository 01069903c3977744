"""Steps 2 and 3: request, verify and remove trust; answer a partner that asks (R-2.*, R-3.*).

Nothing is recorded before the partner has taken the notice (settled A 12), removal calls nobody, and the status is read
afresh each time.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from xtenant.domain import errors, trust
from xtenant.domain.caller import Caller
from xtenant.domain.ports.clock import Clock, IdSource
from xtenant.domain.ports.partner import PartnerChannel, TrustQuestion
from xtenant.domain.ports.units import Units
from xtenant.domain.tenant import Geo, GeoCode, HostUrl, Tenant, TenantId, TenantSettings
from xtenant.domain.trust import (
    Compatibility,
    OrganizationRelationship,
    PartnerAnswer,
    PartnerRole,
    ReceivedRequest,
    RelationKey,
    Scenario,
    TrustStatus,
    Verification,
)
from xtenant.operations import outbox

FEATURE_OFF_REMEDY = (
    "Ask Microsoft support to enable it, for example: 'Set-SPOCrossTenantRelationship answers that the Cross-Tenant "
    "content move feature is not enabled for this tenant. Please enable MnAODMove and MnASiteMove for tenant {tenant_id}.'"
)


def host_url(units: Units, *, tenant: Tenant, geo: Geo) -> HostUrl:
    """This geo's own host URL (Get-SPOCrossTenantHostUrl, R-2.2); never fails but for the imitated report E-36."""
    with units.read() as uow:
        if uow.settings.get().imitate_e36:
            raise _feature_off(tenant)
    return geo.host_url


async def request_trust(
    units: Units,
    partner: PartnerChannel,
    *,
    tenant: Tenant,
    geo: Geo,
    caller: Caller,
    key: RelationKey,
    clock: Clock,
    ids: IdSource,
) -> OrganizationRelationship:
    """Set-SPOCrossTenantRelationship: validate, notify the partner, record (settled A 12).

    Raises UsageError for a role or scenario of None, OwnHostUrl, FeatureOff, UnknownPartner, PartnerUnreachable; nothing
    is recorded then. An identical request again keeps its age.
    """
    _check_key(tenant, key)
    with units.read() as uow:
        settings = uow.settings.get()
    if not (settings.feature_od_move or settings.feature_site_move):
        raise _feature_off(tenant)
    partner_tenant = await partner.tenant_id_of(key.partner)
    if partner_tenant == tenant.tenant_id:
        raise _own(key.partner)
    await partner.notify(geo, key.partner, TrustQuestion(scenario=key.scenario, partner_role=key.partner_role))
    return _record(units, key, caller, partner_tenant, clock=clock, ids=ids)


def _record(
    units: Units, key: RelationKey, caller: Caller, partner_tenant: TenantId, *, clock: Clock, ids: IdSource
) -> OrganizationRelationship:
    with units.write() as uow:
        standing = uow.relationships.get(key)
        keeps_age = standing is not None and uow.settings.get().repeat_keeps_age
        relationship = OrganizationRelationship(
            key=key,
            relation_id=standing.relation_id if standing else ids.new_id(),
            requested_at=standing.requested_at if standing and keeps_age else clock.business_now(),
            requested_by=caller.name,
            partner_tenant_id=partner_tenant,
        )
        uow.relationships.put(relationship)
    return relationship


def _check_key(tenant: Tenant, key: RelationKey) -> None:
    """Refuse what cannot be meant (settled A 11, A 17)."""
    if key.scenario is Scenario.NONE or key.partner_role is PartnerRole.NONE:
        raise errors.UsageError(
            "A trust relationship needs scenario MnA and the partner's role, Source or Target.",
            remedy="On the source tenant the partner is the Target, on the target tenant it is the Source (R-2.13).",
        )
    if tenant.owns(key.partner):
        raise _own(key.partner)


def _own(partner: HostUrl) -> trust.OwnHostUrl:
    return trust.OwnHostUrl(
        f"{partner} is this tenant's own host URL.",
        remedy="Name the partner's host URL; a move between geos of one tenant is not this feature (R-2.5, R-0.8).",
    )


def _feature_off(tenant: Tenant) -> trust.FeatureOff:
    return trust.FeatureOff(
        "The Cross-Tenant content move feature is not enabled for this tenant.",
        remedy=FEATURE_OFF_REMEDY.format(tenant_id=tenant.tenant_id),
    )


async def verify_trust(
    units: Units, partner: PartnerChannel, *, tenant: Tenant, geo: Geo, key: RelationKey, clock: Clock
) -> Verification:
    """Test-SPOCrossTenantRelationship: one fresh question to the partner, unless there is no row here (R-3.10).

    A partner that cannot be asked, or answers no, gives CouldNotContactPartner and no error (settled A 12).
    """
    _check_key(tenant, key)
    with units.read() as uow:
        standing = uow.relationships.get(key)
        settings = uow.settings.get()
    if standing is None:
        return _no_word(key)
    answer = await _ask(partner, geo, key)
    return _judged(standing, answer, settings, now=clock.business_now())


async def _ask(partner: PartnerChannel, geo: Geo, key: RelationKey) -> PartnerAnswer | None:
    question = TrustQuestion(scenario=key.scenario, partner_role=key.partner_role)
    try:
        return await partner.verify(geo, key.partner, question)
    except (errors.PartnerUnreachable, trust.UnknownPartner):
        return None


def _judged(
    standing: OrganizationRelationship, answer: PartnerAnswer | None, settings: TenantSettings, *, now: datetime
) -> Verification:
    """Both sides' statuses: the partner's is what it would compute from the same two rows and its own period."""
    waiting = timedelta(seconds=settings.waiting_period)
    own_age = max(now - standing.requested_at, timedelta(0))
    partner_status = None
    if answer is not None:
        partner_status = trust.trust_status_of(
            answer.age if answer.requested else None,
            PartnerAnswer(requested=True, age=own_age),
            waiting=answer.waiting,
            status_set=settings.status_set,
        )
    longest = max(waiting, answer.waiting) if answer else waiting
    return Verification(
        key=standing.key,
        own_status=trust.trust_status_of(own_age, answer, waiting=waiting, status_set=settings.status_set),
        partner_status=partner_status,
        earliest_start=trust.earliest_start(standing.requested_at, answer, now=now, waiting=longest),
    )


def remove_trust(units: Units, *, tenant: Tenant, key: RelationKey) -> bool:
    """Remove-SPOCrossTenantRelationship: local, calls nobody (settled A 12). Whether there was a row."""
    _check_key(tenant, key)
    with units.write() as uow:
        return uow.relationships.remove(key)


def list_trust(units: Units, *, geo: Geo) -> Sequence[OrganizationRelationship]:
    """Get-SPOCrossTenantRelationship: this geo's own rows."""
    with units.read() as uow:
        return uow.relationships.all(geo.code)


def trust_by_partner(units: Units, *, geo: Geo, partner: HostUrl) -> Sequence[OrganizationRelationship]:
    """Get-SPOCrossTenantRelationshipByPartner."""
    with units.read() as uow:
        return uow.relationships.by_partner(geo.code, partner)


def trust_by_scenario(
    units: Units, *, geo: Geo, scenario: Scenario, role: PartnerRole
) -> Sequence[OrganizationRelationship]:
    """Get-SPOCrossTenantRelationshipByScenario."""
    with units.read() as uow:
        return uow.relationships.by_scenario(geo.code, scenario, role)


def list_inbox(units: Units, *, geo: Geo) -> Sequence[ReceivedRequest]:
    """Requests that partners sent to this geo; they never count towards the status."""
    with units.read() as uow:
        return uow.inbox.all(geo.code)


def receive_request(
    units: Units, *, tenant: Tenant, geo: Geo, caller: Caller, question: TrustQuestion, clock: Clock, ids: IdSource
) -> None:
    """A partner asks for trust: inbox row and mail in one unit (R-2.19, R-2.20). It tells the partner nothing.

    The mail to a source when the target asks, and `Role` in it, are inferred (R-2.24, R-2.22).
    """
    partner, partner_tenant = _partner_of(caller)
    _check_question(question)
    answer_role = question.partner_role.complement
    with units.write() as uow:
        standing = uow.inbox.get(geo.code, partner, answer_role)
        request = ReceivedRequest(
            request_id=ids.new_id(),
            geo=geo.code,
            partner=partner,
            partner_tenant_id=partner_tenant,
            answer_role=answer_role,
            scenario=question.scenario,
            received_at=clock.business_now(),
            repeated=standing.repeated + 1 if standing else 0,
        )
        uow.inbox.put(request)
        outbox.queue_notice(uow, tenant=tenant, geo=geo, request=request, clock=clock)


def answer_verification(
    units: Units, *, geo: Geo, caller: Caller, question: TrustQuestion, clock: Clock
) -> PartnerAnswer:
    """What a partner may learn: whether we requested trust with it in the complementary role, and how long ago."""
    partner, _ = _partner_of(caller)
    _check_question(question)
    with units.read() as uow:
        standing = uow.relationships.get(_mirrored(geo.code, partner, question))
        waiting = timedelta(seconds=uow.settings.get().waiting_period)
    if standing is None:
        return PartnerAnswer(requested=False)
    age = max(clock.business_now() - standing.requested_at, timedelta(0))
    return PartnerAnswer(requested=True, age=age, waiting=waiting)


def schema_for_partner(units: Units, *, geo: Geo, caller: Caller) -> str | None:
    """Our schema version for a partner we have requested trust with, in whichever role; None for anybody else."""
    partner, _ = _partner_of(caller)
    with units.read() as uow:
        known = uow.relationships.by_partner(geo.code, partner)
        return uow.settings.get().schema_version if known else None


def _mirrored(geo: GeoCode, partner: HostUrl, question: TrustQuestion) -> RelationKey:
    return RelationKey(
        geo=geo, partner=partner, partner_role=question.partner_role.complement, scenario=question.scenario
    )


def _partner_of(caller: Caller) -> tuple[HostUrl, TenantId]:
    if caller.partner is None or caller.tenant_id is None:
        raise errors.AccessDenied("Only a partner's service may ask this.")
    return caller.partner, caller.tenant_id


def _check_question(question: TrustQuestion) -> None:
    if question.scenario is not Scenario.MNA or question.partner_role is PartnerRole.NONE:
        raise errors.UsageError("A partner's notice names scenario MnA and a role.")


async def compatibility(
    units: Units, partner: PartnerChannel, *, tenant: Tenant, geo: Geo, target: HostUrl
) -> Compatibility:
    """Get-SPOCrossTenantCompatibilityStatus on the source (R-5.33 to R-5.38, settled C 9).

    Without trust, or with another major version: Incompatible. Raises PartnerUnreachable.
    """
    if tenant.owns(target):
        raise _own(target)
    with units.read() as uow:
        ours = uow.settings.get().schema_version
        requested = any(
            row.key.partner_role is PartnerRole.TARGET for row in uow.relationships.by_partner(geo.code, target)
        )
    if not requested:
        return Compatibility.INCOMPATIBLE
    return trust.compatibility_of(ours, await partner.schema_version(geo, target))


async def may_start(
    units: Units,
    partner: PartnerChannel,
    *,
    tenant: Tenant,
    geo: Geo,
    caller: Caller,
    target: HostUrl,
    clock: Clock,
) -> Verification:
    """Whether a caller may start a move to a target: R-2.27, asked through every cell of the access matrix (settled A 23).

    Raises AccessDenied without the role, WrongDirection when only the reverse relation stands (E-04), NoTrust otherwise. A
    start itself asks the partner only once, and takes the same two halves from there (settled B 14).
    """
    standing = own_word(units, tenant=tenant, geo=geo, caller=caller, target=target)
    return may_start_on(units, standing, await _ask(partner, geo, standing.key), clock=clock)


def own_word(units: Units, *, tenant: Tenant, geo: Geo, caller: Caller, target: HostUrl) -> OrganizationRelationship:
    """Our own half of a start: the caller's role and our word for the target, without which nobody is asked.

    Raises AccessDenied, OwnHostUrl, WrongDirection, NoTrust.
    """
    if not caller.is_sharepoint_admin or caller.tenant_id != tenant.tenant_id:
        raise errors.AccessDenied("Only a SharePoint administrator of the source tenant may start a move (R-2.27).")
    key = RelationKey(geo=geo.code, partner=target, partner_role=PartnerRole.TARGET)
    _check_key(tenant, key)
    with units.read() as uow:
        standing = uow.relationships.get(key)
        if standing is not None:
            return standing
        if uow.relationships.by_partner(geo.code, target):
            raise trust.WrongDirection(target)
    raise trust.NoTrust(target, _no_word(key))


def may_start_on(
    units: Units, standing: OrganizationRelationship, answer: PartnerAnswer | None, *, clock: Clock
) -> Verification:
    """The other half: what our word and the partner's answer (None: it could not be asked) come to. Raises NoTrust."""
    with units.read() as uow:
        settings = uow.settings.get()
    verification = _judged(standing, answer, settings, now=clock.business_now())
    if not verification.start_allowed:
        raise trust.NoTrust(standing.key.partner, verification)
    return verification


def _no_word(key: RelationKey) -> Verification:
    return Verification(key=key, own_status=TrustStatus.NOT_ESTABLISHED, partner_status=None, earliest_start=None)
