"""Cmdlets that remedies need beside Microsoft's of the seven steps: sites, their people, files, accounts, groups."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cli.estate import PLANS, Estate, small_estate
from content_samples import NOW, row
from desk import Answer, Desk
from neighbours import TENANT_IDS, Neighbours
from xtenant.domain.licence import USER_MIGRATION

CONTOSO = "Connect-SPOService -Url https://contoso-admin.sharepoint.com"
FABRIKAM = "Connect-SPOService -Url https://fabrikam-admin.sharepoint.com"
ANN = "ann@contoso.onmicrosoft.com"
BOB = "cat@contoso.onmicrosoft.com"


@pytest.fixture
def estate(block: Neighbours) -> Estate:
    return small_estate(block)


def add_folder(estate: Estate, name: str) -> None:
    """A folder in the default library of the plans' site."""
    units = estate.service.backend.units
    with units.write() as uow:
        site = uow.sites.visible_by_url(PLANS)
        assert site is not None
        (library,) = uow.items.libraries(site.key)
        writer = uow.write_site(site.key, now=NOW)
        writer.add_item(replace(row(estate.ids, name, parent=library), author=library.author, editor=library.editor))


def run(desk: Desk, *lines: str) -> Answer:
    return desk.run("shell", stdin="\n".join(lines))


def test_a_site_gets_another_lock_owner_and_title(desk: Desk, estate: Estate) -> None:
    answer = run(desk, CONTOSO, f"Set-SPOSite '{PLANS}' -LockState 'ReadOnly' -Owner '{BOB}' -Title 'It''s ours'")
    assert answer.code == 0, answer.err
    shown = desk.run("sites", "show", PLANS, "-t", "contoso").json
    assert (shown["lock_state"], shown["owner"], shown["title"]) == ("ReadOnly", BOB, "It's ours")


def test_a_change_of_nothing_is_refused(desk: Desk, estate: Estate) -> None:
    assert run(desk, CONTOSO, f"Set-SPOSite '{PLANS}'").code == 5


def test_a_deleted_site_is_listed_and_comes_back(desk: Desk, estate: Estate) -> None:
    assert run(desk, CONTOSO, f"Remove-SPOSite '{PLANS}' -Confirm:$false").code == 0
    listed = run(desk, CONTOSO, "Get-SPODeletedSite", f"Get-SPODeletedSite -Identity '{PLANS}'")
    assert listed.out.count(PLANS) == 2, listed.err
    assert run(desk, CONTOSO, f"Restore-SPODeletedSite -Identity '{PLANS}'").code == 0
    assert desk.run("sites", "show", PLANS, "-t", "contoso").code == 0
    assert run(desk, CONTOSO, f"Get-SPODeletedSite -Identity '{PLANS}'").code == 4


def test_somebody_is_named_administrator_of_a_site_and_removed_from_it(desk: Desk, estate: Estate) -> None:
    line = f"Set-SPOUser -Site '{PLANS}' -LoginName '{BOB}' -IsSiteCollectionAdmin "
    answer = run(desk, CONTOSO, line + "$true", f"Get-SPOUser -Site '{PLANS}' -LoginName '{BOB}'")
    assert "IsSiteAdmin : True" in answer.out, answer.err
    answer = run(desk, CONTOSO, line + "$false", f"Get-SPOUser -Site '{PLANS}' -LoginName '{BOB}'")
    assert "IsSiteAdmin : False" in answer.out, answer.err
    assert run(desk, CONTOSO, f"Remove-SPOUser -Site '{PLANS}' -LoginName '{BOB}'").code == 0
    assert run(desk, CONTOSO, f"Get-SPOUser -Site '{PLANS}' -LoginName '{BOB}'").code == 4
    assert BOB not in run(desk, CONTOSO, f"Get-SPOUser -Site '{PLANS}'").out


def test_the_owner_of_a_site_stays_its_administrator(desk: Desk, estate: Estate) -> None:
    line = f"Set-SPOUser -Site '{PLANS}' -LoginName '{ANN}' -IsSiteCollectionAdmin $false"
    assert run(desk, CONTOSO, f"Set-SPOSite '{PLANS}' -Owner '{ANN}'", line).code == 4


def test_a_file_gets_another_name(desk: Desk, estate: Estate) -> None:
    add_folder(estate, "It's a long name (2026) & more")
    path = "Shared Documents/It's a long name (2026) & more"
    line = f"Rename-XtItem -Site '{PLANS}' -Path '{path.replace(chr(39), chr(39) * 2)}' -NewName 'short'"
    answer = run(desk, CONTOSO, line)
    assert answer.code == 0, answer.err
    assert run(desk, CONTOSO, line).code == 4
    assert run(desk, CONTOSO, f"Rename-XtItem -Site '{PLANS}' -Path 'Shared Documents' -NewName 'x'").code == 5


def test_people_and_groups_are_made_by_our_own_cmdlets(desk: Desk, estate: Estate, block: Neighbours) -> None:
    with block["fabrikam"].backend.units.write() as uow:
        uow.licences.subscribe(USER_MIGRATION, 1)
    new = "yara@fabrikam.onmicrosoft.com"
    answer = run(
        desk,
        FABRIKAM,
        f"New-XtUser -UserPrincipalName '{new}' -DisplayName 'Zoë O''Neil' -UsageLocation 'DE'",
        "New-XtInvitation -Mail 'guest@example.com' -DisplayName 'A guest'",
        f"New-XtGroup -Kind 'Unified' -DisplayName 'New team' -Alias 'newteam' -Visibility 'Public' -Owner '{new}'",
        "New-XtGroup -Kind 'Security' -DisplayName 'Readers' -Alias 'readers'",
        f"Add-XtMember -Group 'newteam' -Member '{new}'",
        "Add-XtMember -Group 'readers' -Member 'guest@example.com'",
        f"Add-XtMember -Group 'readers' -Member '{new}' -As 'Owner'",
        f"Set-XtLicence -User '{new}' -Sku '{USER_MIGRATION.part_number}'",
        f"Enable-XtUser -User '{new}'",
    )
    assert (answer.code, answer.err.count("error")) == (0, 0), answer.err
    assert "aA1!" not in answer.out + answer.err
    with block["fabrikam"].backend.units.read() as uow:
        user = uow.users.by_upn(new)
        assert user is not None and user.account_enabled and user.display_name == "Zoë O'Neil"


def test_an_account_of_somebody_else_is_not_enabled(desk: Desk, estate: Estate) -> None:
    assert run(desk, CONTOSO, f"Enable-XtUser -User '{BOB}'").code == 4
    assert run(desk, CONTOSO, "Enable-XtUser -User 'nobody@contoso.onmicrosoft.com'").code == 4


def test_the_sign_in_to_graph_is_for_the_tenant_named_or_ends_the_connection(desk: Desk, estate: Estate) -> None:
    own, other = TENANT_IDS["contoso"], TENANT_IDS["fabrikam"]
    assert run(desk, CONTOSO, f"Connect-XtGraph -TenantId '{own}'", "Get-SPOCrossTenantHostUrl").code == 0
    answer = run(desk, CONTOSO, f"Connect-XtGraph -TenantId '{other}'", "Get-SPOCrossTenantHostUrl")
    assert (answer.out, answer.err.count("error:")) == ("", 2)
