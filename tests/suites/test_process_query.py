"""ProcessQuery as served: the protocol's rules, hostile bodies, who may call what, and trust through it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from admin_host import ADMIN_APP, FABRIKAM, NAM, PLAIN_USER, AdminHost, admin_host, sqlite_units
from clock import FakeClock
from xtenant.domain import errors, trust
from xtenant.domain.directory import User, UserId
from xtenant.domain.licence import AssignedLicence
from xtenant.domain.limits import Limits
from xtenant.domain.tenant import NotAHostUrl, TenantSettings
from xtenant.operations import licences
from xtenant.protocols.csom import call as csom
from xtenant.protocols.csom.codec.build import QueryBuilder
from xtenant.protocols.csom.codec.types import TENANT_ID
from xtenant.protocols.csom.codec.values import NAMESPACE, EnumNumber

pytestmark = pytest.mark.anyio
ADMIN = "https://contoso-admin.sharepoint.com"
MOVES = ("MnAODMove", "MnASiteMove")
TENANT = f'<Constructor Id="1" TypeId="{{{TENANT_ID}}}" />'
THREE = (
    '<Parameters><Parameter Type="Enum">{scenario}</Parameter><Parameter Type="{kind}">{role}</Parameter>'
    '<Parameter Type="String">{partner}</Parameter></Parameters>'
)


@pytest.fixture
def host(tmp_path: Path) -> Iterator[AdminHost]:
    with sqlite_units(tmp_path) as units, admin_host(units) as host:
        yield host


def request(actions: str, paths: str = TENANT, **attributes: str) -> str:
    extra = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return (
        f'<Request xmlns="{NAMESPACE}" SchemaVersion="15.0.0.0" LibraryVersion="16.0.0.0" ApplicationName="t"{extra}>'
        f"<Actions>{actions}</Actions><ObjectPaths>{paths}</ObjectPaths></Request>"
    )


def method(
    number: int, name: str, *, scenario: Any = 1, role: Any = 2, partner: Any = FABRIKAM, kind: str = "Enum"
) -> str:
    parameters = THREE.format(scenario=scenario, role=role, partner=partner, kind=kind)
    return f'<Method Name="{name}" Id="{number}" ObjectPathId="1">{parameters}</Method>'


async def ask(host: AdminHost, body: str) -> list[Any]:
    answer = await host.query(body)
    assert answer.status_code == 200, answer.text
    return json.loads(answer.text)


async def error_of(host: AdminHost, body: str) -> dict[str, Any]:
    reply = await ask(host, body)
    assert len(reply) == 1
    return reply[0]["ErrorInfo"]


async def test_a_scalar_method_answers_with_its_value(host: AdminHost) -> None:
    body = request('<ObjectPath Id="2" ObjectPathId="1" /><Method Name="GetMySiteHostUrl" Id="3" ObjectPathId="1" />')
    answer = await host.query(body)
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    assert rb'"https:\u002f\u002fcontoso-my.sharepoint.com\u002f"' in answer.content
    header, *rest = json.loads(answer.text)
    assert rest == [2, {"IsNull": False}, 3, "https://contoso-my.sharepoint.com/"]
    assert header["TraceCorrelationId"] == answer.headers["SPRequestGuid"]


async def test_attributes_and_paths_may_come_in_any_order(host: AdminHost) -> None:
    body = (
        f'<Request ApplicationName="x" LibraryVersion="16.0.0.0" SchemaVersion="15.0.0.0" xmlns="{NAMESPACE}">'
        f"<ObjectPaths>{TENANT}</ObjectPaths><!-- a comment -->"
        '<Actions><Method ObjectPathId="1" Id="9" Name="GetMySiteHostUrl"></Method></Actions></Request>'
    )
    assert (await ask(host, body))[1:] == [9, "https://contoso-my.sharepoint.com/"]


async def test_trust_is_requested_and_verified_in_one_query(host: AdminHost) -> None:
    body = request(method(3, "NewSPOTenantOrgRelation") + method(4, "VerifySPOTenantOrgRelation"))
    assert (await ask(host, body))[1:] == [4, 1]
    assert host.partner.asked == ["tenant", "notify", "verify"]
    host.partner.agrees()
    host.clock.advance(days=8)
    assert await csom.verify_org_relation(host.session, ADMIN, "MnA", "Target", str(FABRIKAM)) == "GoodToProceed"


async def test_numbers_and_names_both_count_as_enums(host: AdminHost) -> None:
    for scenario, role, kind in ((1, 2, "Number"), ("MnA", "Target", "Enum"), (1, 2, "Int32")):
        assert (
            await ask(host, request(method(4, "VerifySPOTenantOrgRelation", scenario=scenario, role=role, kind=kind)))
        )[1:] == [4, 0]


async def test_the_first_failing_action_ends_the_reply_and_earlier_ones_stay_done(host: AdminHost) -> None:
    body = request(
        method(3, "NewSPOTenantOrgRelation")
        + method(4, "NewSPOTenantOrgRelation", partner="https://contoso-my.sharepoint.com")
        + method(5, "RemoveSPOTenantOrgRelation")
    )
    assert (await error_of(host, body))["ErrorTypeName"] == "System.ArgumentException"
    with host.units.read() as uow:
        assert [row.key.partner for row in uow.relationships.all(NAM.code)] == [FABRIKAM]


@pytest.mark.parametrize(
    ("change", "code", "kind"),
    [
        ({"partner": "https://contoso-my.sharepoint.com/"}, -2147024809, "System.ArgumentException"),
        ({"partner": "https://contosoeur-my.sharepoint.com/"}, -2147024809, "System.ArgumentException"),
        ({"partner": "https://fabrikam-admin.sharepoint.com/"}, -2147024809, "System.ArgumentException"),
        ({"partner": "http://fabrikam-my.sharepoint.com/"}, -2147024809, "System.ArgumentException"),
        ({"partner": "https://10.0.0.1/"}, -2147024809, "System.ArgumentException"),
        ({"partner": "https://[::1/"}, -2147024809, "System.ArgumentException"),
        ({"role": 7}, -2146233086, "System.ArgumentOutOfRangeException"),
        ({"scenario": "Other"}, -2146233086, "System.ArgumentOutOfRangeException"),
        ({"role": 0}, -2147024809, "System.ArgumentException"),
    ],
)
async def test_what_cannot_be_meant_is_refused_with_its_number(
    host: AdminHost, change: dict[str, Any], code: int, kind: str
) -> None:
    info = await error_of(host, request(method(3, "NewSPOTenantOrgRelation", **change)))
    assert (info["ErrorCode"], info["ErrorTypeName"]) == (code, kind)
    assert host.partner.asked == []


async def test_an_admin_url_gets_the_text_of_e_27(host: AdminHost) -> None:
    info = await error_of(
        host, request(method(3, "NewSPOTenantOrgRelation", partner="https://fabrikam-admin.sharepoint.com"))
    )
    assert info["ErrorMessage"].startswith("Cross-tenant moves are blocked because the TargetCrossTenantHostUrl")


async def test_a_plain_user_is_refused_inside_status_200(host: AdminHost) -> None:
    host.caller = PLAIN_USER
    info = await error_of(host, request(method(3, "NewSPOTenantOrgRelation")))
    assert info == {
        "ErrorMessage": "Attempted to perform an unauthorized operation.",
        "ErrorValue": None,
        "TraceCorrelationId": info["TraceCorrelationId"],
        "ErrorCode": -2147024891,
        "ErrorTypeName": "System.UnauthorizedAccessException",
    }


async def test_an_app_with_the_permissions_is_an_administrator(host: AdminHost) -> None:
    host.caller = ADMIN_APP
    assert await csom.host_url(host.session, ADMIN) == "https://contoso-my.sharepoint.com/"


async def test_without_a_token_the_answer_names_the_tenant(host: AdminHost) -> None:
    host.caller = None
    answer = await host.query(request(""))
    assert answer.status_code == 401
    assert 'realm="11111111-1111-4111-8111-111111111111"' in answer.headers["WWW-Authenticate"]


async def test_only_administration_hosts_answer(host: AdminHost) -> None:
    for other in ("contoso-my.sharepoint.com", "contoso.sharepoint.com"):
        answer = await host.http.post(f"https://{other}/_vti_bin/client.svc/ProcessQuery", content=request(""))
        assert answer.status_code == 404


async def test_a_wrong_digest_is_refused_and_a_good_one_or_none_is_taken(host: AdminHost) -> None:
    body = request('<ObjectPath Id="2" ObjectPathId="1" />')
    issued = (await host.http.post(f"{ADMIN}/_api/contextinfo")).json()["FormDigestValue"]
    assert (await host.query(body, **{"X-RequestDigest": issued})).status_code == 200
    wrong = await host.query(body, **{"X-RequestDigest": "0xDIGEST,01 Jan 2026 00:00:00 -0000"})
    assert wrong.status_code == 403
    assert "-2130575251" in wrong.text
    host.clock.advance(seconds=1801)
    assert (await host.query(body, **{"X-RequestDigest": issued})).status_code == 403


@pytest.mark.parametrize(
    ("actions", "paths", "says"),
    [
        ('<Method Name="Nothing" Id="3" ObjectPathId="1" />', TENANT, "does not exist"),
        ('<Method Name="RemoveSite" Id="3" ObjectPathId="1" />', TENANT, "object path"),
        (
            '<Method Name="GetMySiteHostUrl" Id="3" ObjectPathId="1"><Parameters><Parameter Type="Null" /></Parameters></Method>',
            TENANT,
            "parameters",
        ),
        (
            '<ObjectPath Id="3" ObjectPathId="1" />',
            '<Constructor Id="1" TypeId="{00000000-0000-0000-0000-000000000001}" />',
            "can be made",
        ),
        ('<ObjectPath Id="3" ObjectPathId="1" />', '<Identity Id="1" Name="nothing" />', "identity"),
        ('<ExceptionHandlingScope Id="3" />', TENANT, "not served"),
        (
            '<SetProperty Id="3" ObjectPathId="1" Name="RootSiteUrl"><Parameter Type="Null" /></SetProperty>',
            TENANT,
            "cannot be set",
        ),
        (
            '<Query Id="3" ObjectPathId="1"><Query><Properties><Property Name="Nope" /></Properties></Query></Query>',
            TENANT,
            "Nope",
        ),
    ],
)
async def test_what_does_not_exist_is_an_invalid_query_inside_status_200(
    host: AdminHost, actions: str, paths: str, says: str
) -> None:
    info = await error_of(host, request(actions, paths))
    assert info["ErrorTypeName"] == "Microsoft.SharePoint.Client.InvalidClientQueryException"
    assert says in info["ErrorMessage"]


BOMB = (
    "<!DOCTYPE r ["
    + '<!ENTITY a0 "ha">'
    + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    + "]>"
)
LOOP = "".join(f'<Method Id="{n}" ParentId="{n % 3 + 10}" Name="RemoveSite" />' for n in range(10, 13))
HOSTILE = {
    "nothing": b"",
    "no XML": b"\xff\xfe\x00garbage",
    "entity bomb": (BOMB + request("&a11;")).encode(),
    "external entity": b'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + request("&x;").encode(),
    "parameter entity": b'<!DOCTYPE r [<!ENTITY % x SYSTEM "http://127.0.0.1:1/x">%x;]>' + request("").encode(),
    "document type": b'<!DOCTYPE Request SYSTEM "http://127.0.0.1:1/x.dtd">' + request("").encode(),
    "processing instruction": b'<?xml-stylesheet href="x"?>' + request("").encode(),
    "unknown encoding": b'<?xml version="1.0" encoding="klingon"?>' + request("").encode(),
    "depth": request(
        '<Method Name="a" Id="3" ObjectPathId="1"><Parameters>' + '<Parameter Type="Array">' * 200
    ).encode(),
    "deep array": request(
        '<Method Name="a" Id="3" ObjectPathId="1"><Parameters><Parameter Type="Array">'
        + '<Object Type="Array">' * 5000
        + "</Object>" * 5000
        + "</Parameter></Parameters></Method>"
    ).encode(),
    "actions": request("".join(f'<ObjectPath Id="{n}" ObjectPathId="1" />' for n in range(2, 2000))).encode(),
    "circle": request('<ObjectPath Id="3" ObjectPathId="10" />', LOOP).encode(),
    "missing path": request('<ObjectPath Id="3" ObjectPathId="77" />').encode(),
    "id twice": request('<ObjectPath Id="1" ObjectPathId="1" />').encode(),
    "huge number": request(f'<ObjectPath Id="{"9" * 6000}" ObjectPathId="1" />').encode(),
    "bad GUID": request("", '<Constructor Id="1" TypeId="{x}" />').encode(),
    "unknown type": request(method(3, "VerifySPOTenantOrgRelation", kind="Thing")).encode(),
    "bad date": request(method(3, "VerifySPOTenantOrgRelation", kind="DateTime")).encode(),
    "infinite": request(method(3, "VerifySPOTenantOrgRelation", kind="Double", role="1e999")).encode(),
    "other namespace": b'<Request xmlns="urn:x"><Actions /></Request>',
    "other root": f'<Actions xmlns="{NAMESPACE}" />'.encode(),
    "other version": request("").replace("15.0.0.0", "99.0.0.0").encode(),
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_hostile_bodies_are_refused_with_400(host: AdminHost, name: str) -> None:
    answer = await host.query(HOSTILE[name])
    assert answer.status_code == 400
    info = json.loads(answer.text)[0]["ErrorInfo"]
    assert info["ErrorTypeName"] == "Microsoft.SharePoint.Client.InvalidClientQueryException"
    assert "root:" not in answer.text


async def test_a_body_over_the_limit_is_cut_off(tmp_path: Path) -> None:
    with sqlite_units(tmp_path) as units, admin_host(units, Limits(xml_body=1000)) as host:
        assert (await host.query(request("x" * 2000))).status_code == 413


async def test_errors_come_back_as_our_classes(host: AdminHost) -> None:
    async def set_trust(partner: str) -> None:
        await csom.new_org_relation(host.session, ADMIN, "MnA", "Target", partner)

    with pytest.raises(trust.OwnHostUrl):
        await set_trust("https://contoso-my.sharepoint.com/")
    with pytest.raises(NotAHostUrl):
        await set_trust("https://fabrikam-admin.sharepoint.com/")
    host.partner.reachable = False
    with pytest.raises(errors.PartnerUnreachable):
        await set_trust(str(FABRIKAM))
    with host.units.write() as uow:
        uow.settings.put(TenantSettings(feature_od_move=False, feature_site_move=False))
    with pytest.raises(trust.FeatureOff) as off:
        await set_trust(str(FABRIKAM))
    assert "MnAODMove" in off.value.remedy
    host.caller = PLAIN_USER
    with pytest.raises(errors.AccessDenied):
        await set_trust(str(FABRIKAM))
    host.caller = None
    with pytest.raises(errors.NotSignedIn):
        await set_trust(str(FABRIKAM))


async def test_the_answer_by_partner_tells_both_sides(host: AdminHost) -> None:
    assert (await csom.org_relations(host.session, ADMIN)).raw == ""
    await csom.new_org_relation(host.session, ADMIN, "MnA", "Target", str(FABRIKAM))
    host.clock.advance(days=3)
    host.partner.agrees(days=30)
    (row,) = (await csom.org_relations_by_partner(host.session, ADMIN, str(FABRIKAM))).rows
    assert (row.own_status, row.partner_status) == ("GoodToProceed", "DormantByPartner")
    assert row.earliest_start is not None and row.created_at is not None
    (listed,) = (await csom.org_relations(host.session, ADMIN)).rows
    assert listed.own_status is None
    (found,) = (await csom.org_relations_by_scenario(host.session, ADMIN, "MnA", "Target")).rows
    assert found.partner == str(FABRIKAM)
    await csom.remove_org_relation(host.session, ADMIN, "MnA", "Target", str(FABRIKAM))
    assert (await csom.org_relations(host.session, ADMIN)).rows == ()


async def test_which_side_of_the_map_this_tenant_is_on(host: AdminHost) -> None:
    assert await csom.check_map_call(host.session, ADMIN) == "TrustIsNotEstablishedYet"
    await csom.new_org_relation(host.session, ADMIN, "MnA", "Source", str(FABRIKAM))
    assert await csom.check_map_call(host.session, ADMIN) == "CallFromTheTargetSide"


async def test_a_tenant_is_licensed_for_what_it_bought_and_has_switched_on(host: AdminHost) -> None:
    async def licensed() -> tuple[bool, bool]:
        moves = [await csom.is_tenant_licensed(host.session, ADMIN, kind, str(FABRIKAM)) for kind in MOVES]
        return moves[0], moves[1]

    assert await licensed() == (False, False)
    with host.units.write() as uow:
        licences.subscribe(uow, "Cross_tenant_user_data_migration", 2)
        licences.subscribe(uow, "Cross_tenant_shared_data_migration", 2)
    assert await licensed() == (True, True)
    with host.units.write() as uow:
        uow.settings.put(TenantSettings(feature_od_move=False))
    assert await licensed() == (False, True)


async def test_a_person_is_licensed_by_the_migration_licence_on_this_side(host: AdminHost) -> None:
    async def found(source: str, target: str) -> str:
        return await csom.is_user_licensed(host.session, ADMIN, source, target, str(FABRIKAM))

    ann, other = "ann@contoso.onmicrosoft.com", "ann@fabrikam.com"
    now = FakeClock().business_now()
    with host.units.write() as uow:
        uow.users.add(User(user_id=UserId(UUID(int=1)), upn=ann, display_name="Ann", created_at=now))
        sku = licences.subscribe(uow, "Cross_tenant_user_data_migration", 1)
    assert (await found(ann, other), await found(other, ann)) == ("SourceUserIsNotLicensed", "TargetUserIsNotLicensed")
    with host.units.write() as uow:
        uow.licences.assign(UserId(UUID(int=1)), AssignedLicence(sku_id=sku.sku_id, assigned_at=now))
    assert (await found(ann, other), await found(other, ann)) == ("Success", "Success")
    off = frozenset({sku.plans[0].plan_id})
    with host.units.write() as uow:
        uow.licences.assign(
            UserId(UUID(int=1)), AssignedLicence(sku_id=sku.sku_id, disabled_plans=off, assigned_at=now)
        )
    assert await found(ann, other) == "SourceUserIsNotLicensed"


async def test_the_map_is_replaced_and_looked_up_over_the_wire(host: AdminHost) -> None:
    company = "aaaaaaaa-1111-4111-8111-111111111111"
    lines = [
        f"User,{company},ann@contoso.com,ann@fabrikam.com,ann@fabrikam.com,RegularUser",
        f"User,{company},bob@contoso.com,bob@fabrikam.com,bob@fabrikam.com,Member",
        f"Group,{company},aaaaaaaa-0000-0000-0000-000000000001,bbbbbbbb-0000-0000-0000-000000000001,sales,O365Group",
    ]
    assert await csom.replace_map(host.session, ADMIN, lines) == ["2: can't be added. Check the format"]
    found, missing = await csom.lookup_users(
        host.session, ADMIN, "SourceUserKey", ["ANN@contoso.com", "bob@contoso.com"]
    )
    assert [(str(row.company_id), row.target_upn, row.user_type) for row in found] == [
        (company, "ann@fabrikam.com", "RegularUser")
    ]
    assert missing == []
    (group,) = await csom.lookup_group(host.session, ADMIN, "TargetGroupName", "sales")
    assert group.group_type == "O365Group"


async def test_a_lookup_behind_an_edit_in_the_same_query_sees_the_edit(host: AdminHost) -> None:
    company = UUID("aaaaaaaa-1111-4111-8111-111111111111")
    query = QueryBuilder()
    tenant = query.construct(TENANT_ID)

    def look_up(value: str) -> int:
        lookup = query.method(tenant, "GetTenantUserIdentityMappingItem", EnumNumber(0), value)
        return query.select(lookup, children=True)

    before = [look_up("ann@contoso.com"), look_up("bob@contoso.com")]
    for name in ("ann", "bob"):
        row = (company, f"{name}@contoso.com", "", f"{name}@fabrikam.com", f"{name}@fabrikam.com", EnumNumber(1))
        query.call(tenant, "AddOrUpdateTenantSingleUserIdentityMappingItem", *row)
    after = [look_up("ann@contoso.com"), look_up("bob@contoso.com")]
    reply = await csom.ask(host.session, ADMIN, query)
    assert [len(reply.values[number]["_Child_Items_"]) for number in (*before, *after)] == [0, 0, 1, 1]


async def test_one_bad_lookup_among_many_is_the_querys_error(host: AdminHost) -> None:
    query = QueryBuilder()
    tenant = query.construct(TENANT_ID)
    for field in (0, 1, 99):
        query.select(query.method(tenant, "GetTenantUserIdentityMappingItem", EnumNumber(field), "x"), children=True)
    with pytest.raises(errors.XTenantError, match="TenantIdentityMappingUserField"):
        await csom.ask(host.session, ADMIN, query)


async def test_each_geo_answers_for_itself(host: AdminHost) -> None:
    europe = "https://contosoeur-admin.sharepoint.com"
    assert await csom.host_url(host.session, europe) == "https://contosoeur-my.sharepoint.com/"
    found = await csom.tenant_instances(host.session, ADMIN)
    assert [(geo.data_location, geo.is_default) for geo in found] == [("NAM", True), ("EUR", False)]


async def test_an_identity_leads_back_to_its_object_whatever_its_trace(host: AdminHost) -> None:
    query = QueryBuilder()
    tenant = query.construct(TENANT_ID)
    query.select(tenant, "RootSiteUrl")
    answer = await host.query(query.content())
    identity = json.loads(answer.text)[-1]["_ObjectIdentity_"]
    assert identity.endswith("|908bed80-a04a-4433-b4a0-883d9847d110:11111111-1111-4111-8111-111111111111\nTenant")
    again = QueryBuilder()
    again.select(again.identity(re.sub(r"^[^|]*", "another-trace", identity)), "RootSiteUrl")
    assert json.loads((await host.query(again.content())).text)[-1]["RootSiteUrl"] == "https://contoso.sharepoint.com/"
    foreign = QueryBuilder()
    foreign.select(foreign.identity(identity.replace("11111111-1111-4", "22222222-2222-4")), "RootSiteUrl")
    info = json.loads((await host.query(foreign.content())).text)[0]["ErrorInfo"]
    assert "no object of this tenant" in info["ErrorMessage"]
