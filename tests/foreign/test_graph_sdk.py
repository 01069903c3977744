"""Microsoft's Graph SDK for Python (`msgraph-beta-sdk`), unchanged, signed in by azure-identity, against a running lab.

One process does the whole of step 4 and 5 as an administrator would script it: people, a guest, licences, a group, the
identity map. It runs with the environment of `xtenant lab exec` and nothing else.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any, Protocol

import pytest

SCRIPT = """
import asyncio, json, sys
from azure.identity import CertificateCredential
from kiota_abstractions.base_request_configuration import RequestConfiguration
from kiota_abstractions.headers_collection import HeadersCollection
from kiota_abstractions.method import Method
from kiota_abstractions.request_information import RequestInformation
from msgraph_beta import GraphServiceClient
from msgraph_beta.generated.models.assigned_license import AssignedLicense
from msgraph_beta.generated.models.group import Group
from msgraph_beta.generated.models.invitation import Invitation
from msgraph_beta.generated.models.o_data_errors.o_data_error import ODataError
from msgraph_beta.generated.models.password_profile import PasswordProfile
from msgraph_beta.generated.models.reference_create import ReferenceCreate
from msgraph_beta.generated.models.share_point_identity_mapping_user_migration_data import (
    SharePointIdentityMappingUserMigrationData as MigrationData)
from msgraph_beta.generated.models.share_point_identity_mapping_user_type import SharePointIdentityMappingUserType
from msgraph_beta.generated.models.share_point_user_identity_mapping import SharePointUserIdentityMapping
from msgraph_beta.generated.models.share_point_user_identity_mapping_collection_response import (
    SharePointUserIdentityMappingCollectionResponse as Mappings)
from msgraph_beta.generated.models.user import User
from msgraph_beta.generated.models.user_identity import UserIdentity
from msgraph_beta.generated.users.item.assign_license.assign_license_post_request_body import AssignLicensePostRequestBody
from msgraph_beta.generated.users.users_request_builder import UsersRequestBuilder

facts = json.loads(sys.stdin.read())
credential = CertificateCredential(
    facts["tenant_id"], facts["client_id"], facts["certificate_file"], disable_instance_discovery=True)
graph = GraphServiceClient(credential, ["https://graph.microsoft.com/.default"])
domain = facts["users"]["user"]["upn"].partition("@")[2]
Query = UsersRequestBuilder.UsersRequestBuilderGetQueryParameters
told = {}

async def users(**options):
    advanced = options.pop("advanced", False)
    asked = RequestConfiguration(query_parameters=Query(**options))
    if advanced:
        asked.headers = eventual()
    return await graph.users.get(request_configuration=asked)

def eventual():
    headers = HeadersCollection()
    headers.add("ConsistencyLevel", "eventual")
    return headers

def names(page):
    return [user.user_principal_name for user in page.value]

async def people():
    for number in range(3):
        await graph.users.post(User(
            account_enabled=False, display_name=f"Mover {number}", mail_nickname=f"mover{number}",
            user_principal_name=f"mover{number}@{domain}", usage_location="DE", department="Moving",
            password_profile=PasswordProfile(password="Correct-Horse-7", force_change_password_next_sign_in=True)))
    try:
        await graph.users.post(User(
            account_enabled=False, display_name="Twice", mail_nickname="mover0",
            user_principal_name=f"mover0@{domain}", password_profile=PasswordProfile(password="Correct-Horse-7")))
    except ODataError as error:
        told["taken"] = [error.response_status_code, error.error.code]
    told["starts_with"] = names(await users(filter="startswith(userPrincipalName,'mover') and accountEnabled eq false"))
    counted = await users(filter="department eq 'Moving'", count=True, top=2, orderby=["displayName desc"], advanced=True)
    told["counted"], told["first_page"] = counted.odata_count, names(counted)
    more = await graph.users.with_url(counted.odata_next_link).get(RequestConfiguration(headers=eventual()))
    told["second_page"] = names(more)
    told["searched"] = names(await users(search='"displayName:Mover 1"', advanced=True))
    told["not_found"] = names(await users(filter=f"userPrincipalName eq 'o''neil@{domain}'"))
    return await graph.users.by_user_id(f"mover0@{domain}").get()

async def guest():
    invited = Invitation(
        invited_user_email_address="ana@contoso.com", invite_redirect_url="https://fabrikam.sharepoint.com",
        send_invitation_message=False)
    made = await graph.invitations.post(invited)
    shown = await graph.users.by_user_id(made.invited_user.id).get()
    told["guest"] = [made.status, shown.user_principal_name, shown.user_type]
    listed = await users(filter="userType eq 'Guest'", select=["id"])
    told["guests"] = [user.id for user in listed.value] == [made.invited_user.id]

async def licence(mover):
    skus = (await graph.subscribed_skus.get()).value
    wanted = next(sku for sku in skus if sku.sku_part_number == "Cross_tenant_user_data_migration")
    told["plans"] = sorted(plan.service_plan_name for plan in wanted.service_plans)
    body = AssignLicensePostRequestBody(
        add_licenses=[AssignedLicense(sku_id=wanted.sku_id, disabled_plans=[])], remove_licenses=[])
    after = await graph.users.by_user_id(mover.id).assign_license.post(body)
    told["licensed"] = [str(row.sku_id) for row in after.assigned_licenses] == [str(wanted.sku_id)]
    holders = await users(filter=f"assignedLicenses/any(l:l/skuId eq {wanted.sku_id})", count=True, advanced=True)
    told["holders"] = names(holders)
    again = (await graph.subscribed_skus.by_subscribed_sku_id(wanted.id).get())
    told["consumed"] = [wanted.consumed_units, again.consumed_units]

async def group(mover):
    made = await graph.groups.post(Group(
        display_name="Design team", group_types=["Unified"], mail_nickname="design-team", mail_enabled=False,
        security_enabled=True, resource_behavior_options=["ProvisionSiteOnDemand"], visibility="Private",
        additional_data={"owners@odata.bind": [f"https://graph.microsoft.com/beta/users/{mover.id}"]}))
    other = await graph.users.by_user_id(f"mover1@{domain}").get()
    await graph.groups.by_group_id(made.id).members.ref.post(
        ReferenceCreate(odata_id=f"https://graph.microsoft.com/beta/directoryObjects/{other.id}"))
    await graph.groups.by_group_id(made.id).patch(Group(description="moved from contoso"))
    shown = await graph.groups.by_group_id(made.id).get()
    told["group"] = [shown.description, shown.visibility, shown.resource_behavior_options]
    members = (await graph.groups.by_group_id(made.id).members.get()).value
    owners = (await graph.groups.by_group_id(made.id).owners.get()).value
    told["members"] = [[type(row).__name__, row.id == other.id] for row in members] + [owners[0].id == mover.id]
    try:
        await graph.groups.by_group_id(made.id).sites.by_site_id("root").get()
    except ODataError as error:
        told["no_site"] = error.response_status_code

async def mappings():
    migrations = graph.solutions.share_point.migrations
    rows = [SharePointUserIdentityMapping(
        source_organization_id=facts["source_tenant_id"], user_type=SharePointIdentityMappingUserType.RegularUser,
        source_user_identity=UserIdentity(user_principal_name=f"old{number}@contoso.com"),
        target_user_identity=UserIdentity(user_principal_name=f"mover{number}@{domain}"),
        target_user_migration_data=MigrationData(email=f"mover{number}@{domain}")) for number in range(3)]
    adapter = graph.request_adapter
    request = RequestInformation(
        Method.PATCH, "{+baseurl}/solutions/sharePoint/migrations/crossOrganizationUserMappings", {})
    request.headers.add("Accept", "application/json")
    request.set_content_from_parsable(
        adapter, "application/json", Mappings(value=rows, additional_data={"@context": "#$delta"}))
    answer = await adapter.send_async(request, Mappings, {"XXX": ODataError})
    told["patched"] = len(answer.value)
    found = (await migrations.cross_organization_user_mappings.get()).value
    told["map"] = [[row.source_user_identity.user_principal_name, row.target_user_identity.user_principal_name,
                    row.target_user_migration_data.email, row.user_type.value] for row in found]
    one = await migrations.cross_organization_user_mappings.by_share_point_user_identity_mapping_id(found[0].id).get()
    told["by_id"] = one.source_user_identity.user_principal_name == found[0].source_user_identity.user_principal_name

async def main():
    mover = await people()
    await guest()
    await licence(mover)
    await group(mover)
    await mappings()
    settings = await graph.admin.sharepoint.settings.get()
    told["site_creation"] = settings.is_site_creation_enabled
    own = (await graph.organization.get()).value[0]
    told["initial"] = [row.name for row in own.verified_domains if row.is_initial]
    print(json.dumps(told))

asyncio.run(main())
"""


class Lab(Protocol):
    environment: dict[str, str]
    facts: dict[str, Any]


@pytest.fixture(scope="module")
def told(lab: Lab) -> dict[str, Any]:
    """What the SDK found, by name."""
    tenants = lab.facts["tenants"]
    facts = {**tenants["fabrikam"], "source_tenant_id": tenants["contoso"]["tenant_id"]}
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    finished = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        input=json.dumps(facts),
        env={**kept, **lab.environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    return json.loads(finished.stdout.splitlines()[-1])


def test_users_are_found_by_filters_counts_pages_and_search(told: dict[str, Any]) -> None:
    movers = [f"mover{number}@fabrikam.com" for number in range(3)]
    assert told["starts_with"] == movers
    assert (told["counted"], told["first_page"], told["second_page"]) == (3, movers[:0:-1], movers[:1])
    assert told["searched"] == [movers[1]]
    assert told["not_found"] == []
    assert told["taken"] == [400, "Request_BadRequest"]


def test_a_guest_is_invited(told: dict[str, Any]) -> None:
    assert told["guest"] == ["PendingAcceptance", "ana_contoso.com#EXT#@fabrikam.onmicrosoft.com", "Guest"]
    assert told["guests"]


def test_a_migration_licence_is_assigned_and_counted(told: dict[str, Any]) -> None:
    assert told["plans"] == ["EXCHANGEONLINE_T2TMBXMOVE", "SHAREPOINTONLINE_T2TODMOVE"]
    assert (told["licensed"], told["holders"], told["consumed"]) == (True, ["mover0@fabrikam.com"], [0, 1])


def test_a_group_is_made_by_the_prescribed_form_and_filled(told: dict[str, Any]) -> None:
    assert told["group"] == ["moved from contoso", "Private", ["ProvisionSiteOnDemand"]]
    assert told["members"] == [["User", True], True]
    assert told["no_site"] == 404


def test_identity_mappings_are_patched_and_read_back(told: dict[str, Any]) -> None:
    assert told["patched"] == 3
    assert sorted(told["map"]) == [
        [f"old{n}@contoso.com", f"mover{n}@fabrikam.com", f"mover{n}@fabrikam.com", "regularUser"] for n in range(3)
    ]
    assert told["by_id"]


def test_the_tenant_is_described(told: dict[str, Any]) -> None:
    assert (told["site_creation"], told["initial"]) == (True, ["fabrikam.onmicrosoft.com"])
