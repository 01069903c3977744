"""Tenant methods of trust and licensing (spo-admin.md 4.1, 4.2): GetMySiteHostUrl, New-, Verify-, Remove- and
GetSPOTenantOrgRelation*, IsMnA*, CheckMnATenantIdentityMapCallCorrectness.
"""

from __future__ import annotations

from collections.abc import Mapping

from xtenant.domain.tenant import parse_host_url
from xtenant.domain.trust import OrganizationRelationship, PartnerRole, RelationKey, Scenario, Verification
from xtenant.operations import features, licences, trust
from xtenant.protocols.csom.codec import enums
from xtenant.protocols.csom.codec.relations import RelationRow, write_relations
from xtenant.protocols.csom.serve.objects import Context, MethodRow, ServerObject, enum, text
from xtenant.wire.routes import Evidence


def get_host_url(context: Context, tenant: ServerObject) -> str:
    backend = context.backend
    return str(trust.host_url(backend.units, tenant=backend.tenant, geo=context.call.geo))


async def new_relation(
    context: Context, tenant: ServerObject, scenario: Scenario, role: PartnerRole, partner: str
) -> None:
    backend = context.backend
    await trust.request_trust(
        backend.units,
        backend.partner,
        tenant=backend.tenant,
        geo=context.call.geo,
        caller=context.call.caller,
        key=_key(context, scenario, role, partner),
        clock=backend.clock,
        ids=backend.ids,
    )


async def verify_relation(
    context: Context, tenant: ServerObject, scenario: Scenario, role: PartnerRole, partner: str
) -> int:
    verification = await _verified(context, _key(context, scenario, role, partner))
    return enums.VERIFICATION_STATUS.number_of(verification.own_status.value)


def remove_relation(
    context: Context, tenant: ServerObject, scenario: Scenario, role: PartnerRole, partner: str
) -> None:
    backend = context.backend
    trust.remove_trust(backend.units, tenant=backend.tenant, key=_key(context, scenario, role, partner))


def get_all(context: Context, tenant: ServerObject) -> str:
    found = trust.list_trust(context.backend.units, geo=context.call.geo)
    return write_relations([_row(relationship) for relationship in found])


async def get_by_partner(context: Context, tenant: ServerObject, partner: str) -> str:
    """The rows with both sides' statuses, each asked afresh (settled A 15); a partner has at most two roles here."""
    host_url = parse_host_url(partner)
    found = await context.call.run(
        trust.trust_by_partner, context.backend.units, geo=context.call.geo, partner=host_url
    )
    return write_relations([_row(each, await _verified(context, each.key)) for each in found])


def get_by_scenario(context: Context, tenant: ServerObject, scenario: Scenario, role: PartnerRole) -> str:
    units, geo = context.backend.units, context.call.geo
    found = trust.trust_by_scenario(units, geo=geo, scenario=scenario, role=role)
    return write_relations([_row(relationship) for relationship in found])


def is_licensing_flight_enabled(context: Context, tenant: ServerObject) -> bool:
    return features.features(context.backend.units).any


def is_tenant_licensed(context: Context, tenant: ServerObject, license_type: str, partner: str) -> bool:
    """Whether this kind of move is switched on and the tenant has units of its licence (R-4.26, R-4.28)."""
    parse_host_url(partner)
    units, enabled = context.backend.units, features.features(context.backend.units)
    if license_type == "MnAODMove":
        return enabled.od_move and licences.tenant_is_licensed(units, for_sites=False)
    return enabled.site_move and licences.tenant_is_licensed(units, for_sites=True)


def is_user_licensed(context: Context, tenant: ServerObject, source_upn: str, target_upn: str, partner: str) -> int:
    """Whether the person of this tenant holds the migration licence, under whichever of the two names they are known here.

    The partner's half belongs to the start of the move: a licence on either side does (R-4.25).
    """
    parse_host_url(partner)
    units, domains = context.backend.units, context.backend.tenant.verified_domains
    is_target = _domain(target_upn) in domains and _domain(source_upn) not in domains
    licensed = licences.person_is_licensed(units, target_upn if is_target else source_upn)
    missing = "TargetUserIsNotLicensed" if is_target else "SourceUserIsNotLicensed"
    return enums.USER_LICENSE_CHECK.number_of("Success" if licensed else missing)


def check_map_call(context: Context, tenant: ServerObject) -> int:
    """On which side of its relationships this tenant stands: the identity map belongs to the target (R-5.23)."""
    roles = {row.key.partner_role for row in trust.list_trust(context.backend.units, geo=context.call.geo)}
    name = "TrustIsNotEstablishedYet"
    if roles == {PartnerRole.SOURCE}:
        name = "CallFromTheTargetSide"
    elif roles == {PartnerRole.TARGET}:
        name = "CallFromTheSourceSide"
    elif roles:
        name = "CallUnderReverseConfig"
    return enums.MAP_CALL_CORRECTNESS.number_of(name)


def _domain(upn: str) -> str:
    return upn.rpartition("@")[2].lower()


def _key(context: Context, scenario: Scenario, role: PartnerRole, partner: str) -> RelationKey:
    return RelationKey(geo=context.call.geo.code, partner=parse_host_url(partner), partner_role=role, scenario=scenario)


async def _verified(context: Context, key: RelationKey) -> Verification:
    backend = context.backend
    return await trust.verify_trust(
        backend.units, backend.partner, tenant=backend.tenant, geo=context.call.geo, key=key, clock=backend.clock
    )


def _row(relationship: OrganizationRelationship, verification: Verification | None = None) -> RelationRow:
    partner_status = verification.partner_status if verification else None
    return RelationRow(
        scenario=relationship.key.scenario.value,
        partner_role=relationship.key.partner_role.value,
        partner=str(relationship.key.partner),
        partner_tenant_id=relationship.partner_tenant_id,
        created_at=relationship.requested_at,
        own_status=verification.own_status.value if verification else None,
        partner_status=partner_status.value if partner_status else None,
        earliest_start=verification.earliest_start if verification else None,
    )


_SCENARIO = enum("scenario", enums.SCENARIO, Scenario)
_ROLE = enum("partnerRole", enums.ROLE, PartnerRole)
_PARTNER = text("partnerMySiteHostUrl")
_THREE = (_SCENARIO, _ROLE, _PARTNER)

METHODS: Mapping[str, MethodRow] = {
    "GetMySiteHostUrl": MethodRow(function=get_host_url, verb="host_url.get"),
    "NewSPOTenantOrgRelation": MethodRow(function=new_relation, parameters=_THREE, void=True, verb="trust.set"),
    "VerifySPOTenantOrgRelation": MethodRow(function=verify_relation, parameters=_THREE, verb="trust.test"),
    "RemoveSPOTenantOrgRelation": MethodRow(
        function=remove_relation, parameters=_THREE, void=True, verb="trust.remove"
    ),
    "GetSPOTenantOrgRelationAll": MethodRow(function=get_all, verb="trust.list", evidence=Evidence.NOT_PUBLIC),
    "GetSPOTenantOrgRelationByPartner": MethodRow(
        function=get_by_partner, parameters=(_PARTNER,), verb="trust.by_partner", evidence=Evidence.NOT_PUBLIC
    ),
    "GetSPOTenantOrgRelationByScenario": MethodRow(
        function=get_by_scenario,
        parameters=(_SCENARIO, _ROLE),
        verb="trust.by_scenario",
        evidence=Evidence.NOT_PUBLIC,
    ),
    "IsMnALicensingFlightEnabled": MethodRow(function=is_licensing_flight_enabled),
    "IsMnALicensingEnabledForTenant": MethodRow(
        function=is_tenant_licensed, parameters=(enum("licenseType", enums.LICENSE_TYPE), _PARTNER)
    ),
    "IsMnALicensingEnabledForUser": MethodRow(
        function=is_user_licensed, parameters=(text("sourceUserUPN"), text("targetUserUPN"), _PARTNER)
    ),
    "CheckMnATenantIdentityMapCallCorrectness": MethodRow(function=check_map_call),
}
