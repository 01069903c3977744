"""Each rule of the check by itself: one thing is spoiled, and exactly its finding comes, with the lines that mend it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from bulk.scene import FLOW, MIGRATION, NOW, SUITE, TENANTS, Land, Scene, days
from xtenant.bulk.findings import NotChecked, Severity
from xtenant.bulk.preflight.checking import Verdict
from xtenant.bulk.preflight.given import ServerSaid
from xtenant.bulk.preflight.registry import every_rule
from xtenant.client.map_rows import UserRow
from xtenant.cmdlets.script.steps import read
from xtenant.domain.move import JobKind
from xtenant.domain.plan import Plan
from xtenant.domain.trust import Compatibility, TrustStatus
from xtenant.inventory.facts import NotRead, PrincipalKind, SiteKind
from xtenant.inventory.origin_rows import Origin

SOURCE = "Connect-SPOService -Url https://contoso-admin.sharepoint.com"
TARGET = "Connect-SPOService -Url https://fabrikam-admin.sharepoint.com"
ANN = "https://contoso-my.sharepoint.com/personal/ann_contoso_com"
THERE = "https://fabrikam-my.sharepoint.com/personal/ann_fabrikam_com"
Spoil = Callable[[Scene], object]


def drop(number: str) -> str:
    return f"xtenant plan edit moves.csv --id {number} --drop"


def stop_trust(scene: Scene, status: TrustStatus, *, side: int) -> None:
    scene.trust[side] = status


def row_of(target: str) -> UserRow:
    return UserRow(
        company_id=TENANTS["contoso"], source_upn="ann@contoso.com", target_upn=target, target_email=target,
        target_puid="", user_type="RegularUser",
    )  # fmt: skip


def test_a_plan_in_order_has_no_error_and_everything_was_judged() -> None:
    result = Scene().check()
    assert result.errors == 0, result.findings
    assert result.not_checked == [] or [each.rule for each in result.not_checked] == ["R-7.14"]
    assert [row.verdict for row in result.rows] == [Verdict.OK] * 3


SPOILED: list[tuple[str, Spoil, str, tuple[str, ...]]] = [
    ("trust", lambda s: stop_trust(s, TrustStatus.NOT_ESTABLISHED, side=1), "R-6.22", (
        TARGET, "Set-SPOCrossTenantRelationship -Scenario MnA -PartnerRole Source "
        "-PartnerCrossTenantHostUrl https://contoso-my.sharepoint.com/")),
    ("waiting", lambda s: stop_trust(s, TrustStatus.DORMANT_BY_PARTNER, side=0), "R-6.22", ()),
    ("no answer", lambda s: stop_trust(s, TrustStatus.COULD_NOT_CONTACT_PARTNER, side=0), "R-6.22", ()),
    ("other host", lambda s: s.move("2", JobKind.SITE, s.plans.url, "https://northwind.sharepoint.com/sites/plans"),
     "R-6.24", ("xtenant plan edit moves.csv --id 2 --target https://fabrikam.sharepoint.com/sites/plans",)),
    ("other tenant", lambda s: setattr(s, "head", Plan(moves=(), source_tenant_id=TENANTS["fabrikam"])), "R-6.24", ()),
    ("incompatible", lambda s: setattr(s, "compatibility", Compatibility.INCOMPATIBLE), "R-6.26", ()),
    ("own key", lambda s: s.declared.update(byok="yes"), "R-6.27",
     ("xtenant plan declare moves.csv byok=no --by 'source administrator'",)),
    ("labels", lambda s: s.declared.update(user_defined_labels="some"), "R-6.40",
     ("xtenant plan declare moves.csv user_defined_labels=none --by 'source administrator'",)),
    ("no site", lambda s: s.move("2", JobKind.SITE, "https://contoso.sharepoint.com/sites/gone",
                                 "https://fabrikam.sharepoint.com/sites/plans"), "R-6.29", (drop("2"),)),
    ("recycled", lambda s: s.source.site("sites/plans", deleted_at=NOW), "R-6.29",
     (SOURCE, "Restore-SPODeletedSite -Identity https://contoso.sharepoint.com/sites/plans")),
    ("redirect", lambda s: s.source.site("sites/plans", template="RedirectSite#0"), "R-6.29", (drop("2"),)),
    ("status", lambda s: s.source.site("sites/plans", status="Creating"), "R-6.29", ()),
    ("lock", lambda s: s.source.site("sites/plans", lock_state="ReadOnly"), "R-6.30",
     (SOURCE, "Set-SPOSite -Identity https://contoso.sharepoint.com/sites/plans -LockState Unlock")),
    ("hold", lambda s: s.source.onedrive("ann", has_holds=True), "R-6.31", ()),
    ("size", lambda s: (s.declared.update(shared_data_licences="99"), s.source.site("sites/plans", storage_mb=6 * 1024 * 1024)),
     "R-6.32", ()),
    ("items", lambda s: s.source.site("sites/plans", versions=1_000_001, versions_exact=True), "R-6.33", ()),
    ("length", lambda s: s.source.file(s.plans, "Shared Documents/" + "/".join(["n" * 95] * 4) + "/x.txt"), "R-6.34",
     (SOURCE, "Rename-XtItem")),
    ("owner", lambda s: (s.source.person("eve"), s.source.onedrive("ann", owner_id=s.source.id_of("eve"))), "R-6.44",
     (SOURCE, f"Set-SPOSite -Identity {ANN} -Owner 'ann@contoso.com'")),
    ("kind", lambda s: s.move("3", JobKind.SITE, s.team.url, "https://fabrikam.sharepoint.com/sites/team"), "R-0.1",
     ("xtenant plan edit moves.csv --id 3 --kind group --source team --target team",)),
    ("users", lambda s: s.source.knows(s.plans, "bob@fabrikam.com", "cat@contoso.com"), "R-6.43",
     (SOURCE, "Remove-SPOUser -Site https://contoso.sharepoint.com/sites/plans -LoginName 'bob@fabrikam.com'")),
    ("invited", lambda s: s.source.knows(s.plans, "bob_fabrikam.com#EXT#@contoso.onmicrosoft.com"), "R-6.43",
     (SOURCE, "Remove-SPOUser -Site https://contoso.sharepoint.com/sites/plans -LoginName 'bob_fabrikam.com#EXT#@")),
    ("day 60", lambda s: (s.source.person("ann", licences=()), s.departures.update({"ann@contoso.com": date(2026, 9, 1)})),
     "R-7.33", (SOURCE, "Set-XtLicence -User 'ann@contoso.com' -Sku SPE_E3")),
    ("guest", lambda s: s.target.person("ann", kind=PrincipalKind.GUEST), "R-6.35", ()),
    ("name", lambda s: s.move("1", JobKind.USER, "ann@contoso.com", "ann at fabrikam"), "R-6.35", ()),
    ("unlicensed", lambda s: s.target.person("ann", licences=()), "R-6.35",
     (TARGET, "Set-XtLicence -User 'ann@fabrikam.com' -Sku SPE_E3")),
    ("without SharePoint", lambda s: (s.target.stock("FLOW_FREE", FLOW, 9, "FLOW_P2_VIRAL", "SHAREPOINTWAC"),
                                      s.target.person("ann", licences=(FLOW,))), "R-6.35",
     (TARGET, "Set-XtLicence -User 'ann@fabrikam.com' -Sku SPE_E3")),
    ("volume", lambda s: (s.declared.update(shared_data_licences="1"), s.source.site("sites/plans", storage_mb=1024 * 900)),
     "R-6.36", ("xtenant plan declare moves.csv shared_data_licences=10 --by 'the person responsible'",)),
    ("no row", lambda s: s.spoil_map.update({"ann@contoso.com": []}), "R-6.37",
     (TARGET, "Add-SPOTenantIdentityMappingUser -SourceTenantCompanyId 00000000-0000-0000-0000-000000000001 "
      "-SourceUserKey 'ann@contoso.com' -TargetUserUpn 'ann@fabrikam.com' -TargetUserEmail 'ann@fabrikam.com' "
      "-UserType RegularUser")),
    ("other row", lambda s: s.spoil_map.update({"ann@contoso.com": [row_of("bob@fabrikam.com")]}), "R-6.37",
     (TARGET, "Add-SPOTenantIdentityMappingUser")),
    ("two rows", lambda s: s.spoil_map.update({"ann@contoso.com": [row_of("ann@fabrikam.com")] * 2}), "R-6.37",
     (TARGET, "Remove-SPOTenantIdentityMappingUser -Field SourceUserKey -Value 'ann@contoso.com'",
      "Add-SPOTenantIdentityMappingUser")),
    ("taken", lambda s: s.target.onedrive("ann", read_at=None), "R-6.38", ()),
    ("empty", lambda s: s.target.onedrive("ann"), "R-6.38",
     (TARGET, f"Remove-SPOSite -Identity {THERE}", f"Remove-SPODeletedSite -Identity {THERE}")),
    ("bin", lambda s: s.target.site("sites/plans", deleted_at=NOW), "R-6.38",
     (TARGET, "Remove-SPODeletedSite -Identity https://fabrikam.sharepoint.com/sites/plans")),
    ("redirected", lambda s: s.target.site("sites/plans", template="RedirectSite#0"), "R-6.38",
     (TARGET, "Remove-SPOSite -Identity https://fabrikam.sharepoint.com/sites/plans", "Remove-SPODeletedSite")),
    ("group's site", lambda s: s.target.group("team", site_url="https://fabrikam.sharepoint.com/sites/team"), "R-6.39", ()),
    ("access type", lambda s: s.target.group("team", visibility="Public"), "R-6.39", ()),
    ("running", lambda s: s.job(s.plans.url, "InProgress"), "R-6.41", ()),
    ("waiting job", lambda s: s.job(s.plans.url, "NotStarted"), "R-6.41",
     (SOURCE, "Stop-SPOCrossTenantSiteContentMove -SourceSiteUrl https://contoso.sharepoint.com/sites/plans")),
    ("done", lambda s: s.job(s.plans.url, "Success"), "R-6.41", (drop("2"),)),
    ("over", lambda s: s.move("2", JobKind.SITE, s.plans.url, "https://fabrikam.sharepoint.com/sites/plans",
                              begin=NOW - days(1)), "R-6.12",
     ("xtenant plan edit moves.csv --id 2 --begin 2026-11-24T12:00:00Z",)),
    ("refused", lambda s: setattr(s, "server", {"1": ServerSaid(ok=False, text="No.", remedy="Ask.")}), "R-9.1.4", ()),
    ("same farm", lambda s: setattr(s, "server", {"1": ServerSaid(ok=False, code="MnAPartnersOnTheSameFarm")}), "R-6.28", ()),
]  # fmt: skip


@pytest.mark.parametrize(
    ("spoil", "rule", "commands"), [each[1:] for each in SPOILED], ids=[each[0] for each in SPOILED]
)
def test_what_is_spoiled_is_found_alone_with_its_lines(spoil: Spoil, rule: str, commands: tuple[str, ...]) -> None:
    scene = Scene()
    spoil(scene)
    found = [each for each in scene.errors() if not each.depends_on]
    assert [each.rule for each in found] == [rule], [(each.rule, each.cause) for each in found]
    told = found[0].remedy.commands
    assert len(told) == len(commands), told
    assert all(line.startswith(wanted) for line, wanted in zip(told, commands, strict=True)), told
    for line in told:
        if not line.startswith("xtenant "):
            read(line)


def test_a_relation_the_wrong_way_round_is_the_root_of_the_missing_trust() -> None:
    scene = Scene(trust=[TrustStatus.NOT_ESTABLISHED, TrustStatus.NOT_ESTABLISHED_BY_PARTNER])
    scene.reverse[0] = TrustStatus.NOT_ESTABLISHED_BY_PARTNER
    by_rule = {(each.rule, each.id.rpartition("/")[2]): each for each in scene.errors()}
    direction = by_rule["R-6.23", "source administrator"]
    assert by_rule["R-6.22", "source administrator"].depends_on == (direction.id,)
    assert by_rule["R-6.22", "target administrator"].depends_on == (by_rule["R-6.22", "source administrator"].id,)
    assert [line.split()[0] for line in direction.remedy.commands] == [
        "Connect-SPOService", "Remove-SPOCrossTenantRelationship", "Set-SPOCrossTenantRelationship"
    ]  # fmt: skip


def test_a_trust_that_ripens_before_the_first_move_is_a_warning() -> None:
    scene = Scene(trust=[TrustStatus.DORMANT, TrustStatus.GOOD_TO_PROCEED], earliest=NOW + days(3))
    scene.moves = [dataclasses.replace(each, begin=NOW + days(4)) for each in scene.moves]
    result = scene.check()
    assert result.errors == 0
    assert [(each.rule, each.severity) for each in result.findings[:1]] == [("R-6.22", Severity.WARNING)]


@pytest.mark.parametrize(("feature", "rows"), [("MnAODMove", "OneDrive"), ("MnASiteMove", "sites")])
def test_a_feature_that_is_off_is_microsofts_to_enable_on_both_sides(feature: str, rows: str) -> None:
    scene = Scene(features={"MnAODMove": True, "MnASiteMove": True} | {feature: False})
    found = scene.errors()
    assert [(each.rule, each.object.name) for each in found] == [("R-6.25", "Contoso"), ("R-6.25", "Fabrikam")]
    assert feature in found[0].cause


def test_an_account_that_is_missing_is_made_and_licensed_and_everything_else_about_it_waits() -> None:
    scene = Scene()
    scene.source.person("bob", licences=(SUITE,))
    scene.source.onedrive("bob")
    scene.target.stock("Cross_tenant_user_data_migration", MIGRATION, 1)
    scene.move("4", JobKind.USER, "bob@contoso.com", "bob@fabrikam.com")
    roots = {each.rule: each for each in scene.errors()}
    assert roots["R-6.35"].remedy.commands == (
        TARGET,
        "New-XtUser -UserPrincipalName 'bob@fabrikam.com' -DisplayName Bob -UsageLocation DE",
        "Set-XtLicence -User 'bob@fabrikam.com' -Sku SPE_E3",
    )
    assert roots["R-6.36"].depends_on == (roots["R-6.35"].id,)


def test_free_licences_are_handed_out_once_and_then_have_to_be_bought() -> None:
    scene = Scene()
    scene.source.stock("Cross_tenant_user_data_migration", MIGRATION, 1)
    for number, name in enumerate(("bob", "cat"), 4):
        scene.source.person(name, licences=(SUITE,))
        scene.source.onedrive(name)
        scene.target.person(name, licences=(SUITE,))
        scene.move(str(number), JobKind.USER, scene.source.upn(name), scene.target.upn(name))
    told = [each.remedy.commands for each in scene.errors() if each.rule == "R-6.36"]
    assert told == [(SOURCE, "Set-XtLicence -User 'bob@contoso.com' -Sku Cross_tenant_user_data_migration"), ()]


def test_a_group_that_is_missing_is_made_with_the_sources_access_type() -> None:
    scene = Scene(spoil_map={Land("contoso").id_of("team"): []})
    scene.move("3", JobKind.GROUP, "team", "crew")
    by_rule = {each.rule: each for each in scene.errors()}
    assert by_rule["R-6.39"].remedy.commands[1] == (
        "New-XtGroup -Kind Unified -DisplayName Team -Alias crew -Visibility Private"
    )
    assert by_rule["R-6.37"].depends_on == (by_rule["R-6.39"].id,)


def test_a_map_file_without_the_row_names_the_row_to_write(tmp_path: Path) -> None:
    scene = Scene(map_file=tmp_path / "map.csv")
    team = scene.source.id_of("team"), scene.target.id_of("team")
    (tmp_path / "map.csv").write_text(f"Group,{TENANTS['contoso']},{team[0]},{team[1]},team,O365Group\n")
    found = [each for each in scene.errors() if each.rule == "R-6.37"]
    assert [each.object.name for each in found] == ["ann@contoso.com"]
    assert "User,00000000-0000-0000-0000-000000000001,ann@contoso.com,ann@fabrikam.com" in found[0].remedy.text


def test_a_map_file_that_was_not_sent_is_one_finding_with_the_command_that_sends_it(tmp_path: Path) -> None:
    scene = Scene(map_file=tmp_path / "map.csv", spoil_map={"ann@contoso.com": []})
    team = scene.source.id_of("team"), scene.target.id_of("team")
    (tmp_path / "map.csv").write_text(
        f"Group,{TENANTS['contoso']},{team[0]},{team[1]},team,O365Group\n"
        f"User,{TENANTS['contoso']},ann@contoso.com,ann@fabrikam.com,ann@fabrikam.com,RegularUser\n"
    )
    (found,) = scene.errors()
    assert found.rule == "R-6.37"
    assert found.remedy.commands[0].startswith(f"xtenant map replace {tmp_path}/map.csv -t fabrikam")


def test_what_no_tenant_was_asked_is_not_checked_with_a_question_and_never_ok() -> None:
    scene = Scene(signed_in=(False, False), declared={}, server={})
    told = {each.rule for each in scene.check().not_checked}
    assert {"R-6.22", "R-6.23", "R-6.25", "R-6.26", "R-6.27", "R-6.28", "R-6.36", "R-6.37", "R-6.40", "R-6.41", "R-6.42",
            "R-9.1.4", "R-7.19", "R-7.20", "R-7.21"} <= told  # fmt: skip
    assert all(each.question for each in scene.check().not_checked)


def test_people_in_disguise_are_asked_for_and_neither_missing_nor_free_of_a_onedrive() -> None:
    scene = Scene(signed_in=(False, False))
    for land in (scene.source, scene.target):
        land.inventory.put_origin(
            Origin(level="plan", file_sha256="0" * 64, fingerprint="", created_at=NOW, pseudonyms="check")
        )
    scene.move("4", JobKind.USER, "bob@contoso.com", "bob@fabrikam.com")
    result = scene.check()
    assert result.errors == 0, result.findings
    assert {"R-6.29", "R-6.35", "R-6.38", "R-7.14"} <= {each.rule for each in result.not_checked}


def test_a_lock_of_somebody_who_left_follows_from_their_leaving() -> None:
    scene = Scene(departures={"ann@contoso.com": date(2026, 8, 1)})
    scene.source.person("ann", licences=())
    scene.source.onedrive("ann", lock_state="NoAccess")
    by_rule = {each.rule: each for each in scene.errors()}
    assert by_rule["R-6.30"].depends_on == (by_rule["R-7.33"].id,)


def test_what_was_not_read_of_a_site_is_asked_for() -> None:
    scene = Scene()
    scene.source.site("sites/plans", read_at=None)
    scene.source.inventory.put_not_read([NotRead(subject=scene.plans.url, reason="403", site_id=scene.plans.site_id)])
    told = {each.rule for each in scene.check().not_checked}
    assert {"R-6.33", "R-6.34", "R-6.43", "R-7.18", "R-9.1.1"} <= told


def test_one_question_about_many_objects_is_asked_once() -> None:
    scene = Scene()
    for number in range(10, 40):
        site = scene.source.site(f"sites/s{number}", read_at=None)
        scene.move(str(number), JobKind.SITE, site.url, f"https://fabrikam.sharepoint.com/sites/s{number}")
    (asked,) = [each for each in scene.check().not_checked if each.rule == "R-6.33"]
    assert isinstance(asked, NotChecked)
    assert asked.object is not None
    assert len(asked.object.moves) == 30


def test_holds_that_were_not_seen_are_one_warning_until_somebody_vouches() -> None:
    scene = Scene()
    del scene.declared["holds"]
    (found,) = [each for each in scene.check().findings if each.rule == "R-6.31"]
    assert found.severity is Severity.WARNING
    assert found.remedy.commands == ("xtenant plan declare moves.csv holds=none --by 'the person responsible'",)


def test_what_will_not_move_is_told_as_warnings() -> None:
    scene = Scene()
    scene.source.site("sites/plans", workflows=2, label="Secret", template="TEAMCHANNEL#1")
    scene.source.file(scene.plans, "Shared Documents/a.docx", label="Public")
    warned = sorted(each.rule for each in scene.check().findings if each.severity is Severity.WARNING)
    assert warned == ["R-7.18", "R-7.22", "R-7.23", "R-7.23"]


def test_more_moves_than_the_queue_takes_are_to_be_divided_into_waves() -> None:
    scene = Scene()
    scene.moves = [
        dataclasses.replace(
            scene.moves[1], move_id=str(number), source=f"{scene.plans.url}{number}", wave="2",
            target=f"https://fabrikam.sharepoint.com/sites/{number}",
        )
        for number in range(4_000)
    ]  # fmt: skip
    scene.job("https://contoso.sharepoint.com/sites/other", "InProgress")
    assert [each.object.name for each in scene.errors() if each.rule == "R-6.42"] == ["wave 2"]


def test_a_refusal_of_the_tenant_depends_on_what_was_found_in_the_same_row() -> None:
    scene = Scene(server={"2": ServerSaid(ok=False, text="locked")})
    scene.source.site("sites/plans", lock_state="NoAccess")
    by_rule = {each.rule: each for each in scene.errors()}
    assert by_rule["R-9.1.4"].depends_on == (by_rule["R-6.30"].id,)


def test_an_error_without_rows_of_its_own_blocks_every_row_and_others_only_theirs() -> None:
    scene = Scene()
    scene.source.site("sites/plans", lock_state="ReadOnly")
    assert [row.verdict for row in scene.check().rows] == [Verdict.OK, Verdict.BLOCKED, Verdict.OK]
    scene.trust[0] = TrustStatus.NOT_ESTABLISHED
    assert {row.verdict for row in scene.check().rows} == {Verdict.BLOCKED}


def test_a_name_that_cannot_stand_on_a_line_gives_no_line() -> None:
    scene = Scene()
    scene.source.person("ann", upn="ann@contoso.com")
    scene.source.onedrive("ann", owner_id=scene.source.id_of("eve"))
    scene.source.site("sites/pl\nans; Remove-SPOSite", lock_state="ReadOnly", kind=SiteKind.SITE)
    scene.move("2", JobKind.SITE, "https://contoso.sharepoint.com/sites/pl\nans; Remove-SPOSite",
               "https://fabrikam.sharepoint.com/sites/plans")  # fmt: skip
    assert [each.remedy.commands for each in scene.errors() if each.rule == "R-6.30"] == [()]


def test_every_precondition_of_the_rulebook_stands_in_the_registry() -> None:
    rules = {rule.rule for _, rule in every_rule()}
    wanted = {f"R-6.{number}" for number in range(22, 45)} | {f"R-9.1.{number}" for number in range(1, 5)}
    assert wanted <= rules | {"R-6.38"}
    assert {f"R-7.{number}" for number in (14, 15, 18, 19, 20, 21, 22, 23, 25, 26, 33)} <= rules
