"""`xtenant doctor`: each planted misconfiguration is named with its remedy, and a tenant in order is told to be."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from cli import misconfigured as planted
from cli.conftest import WaitingClock
from cli.misconfigured import PARTNER, READING, Planting
from desk import Answer, Desk
from neighbours import Neighbours, neighbours

ADMIN_MY = "contoso-my.sharepoint.com"


@pytest.fixture(scope="module")
def town(
    tmp_path_factory: pytest.TempPathFactory, furnished: Path, certificate: tuple[Path, Path]
) -> Iterator[Neighbours]:
    """Two tenants for all of this: what a test plants in them, it takes out again."""
    folder = tmp_path_factory.mktemp("town")
    for name in ("contoso", "fabrikam"):
        shutil.copytree(furnished / name, folder / name)
    with neighbours(folder, WaitingClock(), "contoso", "fabrikam", certificate=certificate[1]) as found:
        yield found


@pytest.fixture
def planting(
    tmp_path: Path,
    town: Neighbours,
    certificate: tuple[Path, Path],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Planting]:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    own = tmp_path / "app.pem"
    own.write_bytes(certificate[0].read_bytes())
    own.chmod(0o600)
    town.transport.seen.clear()
    desk = Desk(block=town, home=home, certificate=own, capsys=capsys, monkeypatch=monkeypatch)
    at = Planting(desk=desk, profile=desk.add("contoso"), folder=tmp_path)
    with at.undo:
        yield at


def doctor(at: Planting, *arguments: str) -> Answer:
    """Run it; what a device code says to the person goes before the answer at this desk."""
    answer = at.desk.run("doctor", "-t", "contoso", *arguments)
    start = answer.out.find("{") if arguments[:1] != ("-o",) else 0
    return Answer(answer.code, answer.out[max(start, 0) :], answer.err)


def named(answer: Answer, check: str) -> list[dict[str, Any]]:
    return [row for row in answer.json["findings"] if row["check"] == check]


def test_a_tenant_in_order_is_told_to_be(planting: Planting) -> None:
    planting.lab_set("contoso", "app_permissions", ",".join(READING))
    answer = doctor(planting)
    assert answer.code == 0, answer.out
    assert answer.json["findings"] == []
    assert answer.json["not_checked"] == []
    passed = {line.removeprefix("contoso: ") for line in answer.json["passed"]}
    assert {"certificate", "clock", "cloud", "tenant", "signIn", "geos", "feature", "licences"} <= passed


ERRORS: list[tuple[Callable[[Planting], None], str, str]] = [
    (planted.wrong_tenant, "wrongTenant", "xtenant connect"),
    (planted.unknown_tenant, "tenantUnknown", "Tenant ID"),
    (planted.unknown_client, "clientIdUnknown", "Application (client) ID"),
    (planted.no_consent_at_all, "consent", "Grant admin consent"),
    *((planted.consent_missing(name), "consent", name.partition("/")[2]) for name in READING),
    (planted.consent_at_the_wrong_api, "consent", "SharePoint › Application permissions › Sites.FullControl.All"),
    (planted.secret_on_sharepoint, "secretOnSharePoint", "Upload certificate"),
    (planted.secret_wrong, "secretWrong", "Client secrets"),
    (planted.certificate_expired, "certificateExpired", "--script certificate"),
    (planted.certificate_of_tomorrow, "certificateNotYetValid", "timedatectl"),
    (planted.certificate_without_key, "certificateWithoutKey", "cat app.key app.crt > app.pem"),
    (planted.key_without_certificate, "certificateMissing", "cat app.key app.crt > app.pem"),
    (planted.key_of_another_certificate, "certificateKeyDiffers", "--script certificate"),
    (planted.key_on_a_curve, "certificateKeyKind", "--script certificate"),
    (planted.certificate_not_registered, "certificateNotRegistered", "Upload certificate"),
    (planted.certificate_gone, "credentialFile", "xtenant connect"),
    (planted.clock_skewed, "clockSkew", "timedatectl"),
    (planted.blocked_host, "hostBlocked", "Allow https to graph.microsoft.com"),
    (planted.company_proxy, "tlsNotTrusted", "XTENANT_CA_FILE"),
    (planted.proxy_with_password, "proxyRefuses", "HTTPS_PROXY"),
    (planted.service_stopped, "serviceStopped", "xtenant lab start"),
    (planted.nobody_listens, "hostUnreachable", ADMIN_MY),
    (planted.feature_off, "featureOff", "Microsoft switches it on"),
    (planted.geo_that_is_none, "geoUnknown", "xtenant connect"),
    (planted.loose_profile, "fileMode", "chmod 600"),
    (planted.loose_certificate, "fileMode", "chmod 600"),
    (planted.token_of_another_tenant, "foreignToken", "xtenant profiles remove contoso"),
    (planted.government_cloud, "nationalCloud", "R-0.9"),
    (planted.person("ann"), "missingRole", "SharePoint Administrator"),
    (planted.not_a_public_client, "publicClientOff", "Allow public client flows"),
]


BESIDE = {
    "tenantUnknown": {"wrongTenant"},
    "secretWrong": {"secretOnSharePoint"},
    "missingRole": {"consent"},
    "geoUnknown": {"hostUnknown", "hostUnreachable"},
}
"""What else is wrong then, and told: the admin host names another owner, the app has too few delegated permissions."""


@pytest.mark.parametrize(
    ("plant", "check", "remedy"), ERRORS, ids=[f"{number}-{row[1]}" for number, row in enumerate(ERRORS)]
)
def test_a_planted_misconfiguration_is_named_with_its_remedy(
    plant: Callable[[Planting], None], check: str, remedy: str, planting: Planting
) -> None:
    plant(planting)
    answer = doctor(planting)
    assert answer.code == 1, answer
    found = [row for row in named(answer, check) if row["severity"] == "error"]
    assert found, answer.out
    told = " ".join([found[0]["click"], found[0]["rule"], *found[0]["run"]])
    assert remedy in told, told
    assert found[0]["means"]
    errors = {row["check"] for row in answer.json["findings"] if row["severity"] == "error"}
    assert errors <= {check, *BESIDE.get(check, ())}
    assert f"contoso: {check}" not in answer.json["passed"]


def test_each_missing_permission_is_told_by_itself(planting: Planting) -> None:
    planted.no_consent_at_all(planting)
    causes = [row["cause"] for row in named(doctor(planting), "consent")]
    assert len(causes) == len(READING)
    for name in READING:
        assert any(name.partition("/")[2] in cause for cause in causes), name


def test_a_certificate_near_its_end_is_a_warning(planting: Planting) -> None:
    planted.certificate_near_its_end(planting)
    assert [row["severity"] for row in named(doctor(planting), "certificateExpires")] == ["warning"]


def test_a_licence_that_is_missing_is_a_warning(planting: Planting) -> None:
    planted.no_licence(planting)
    answer = doctor(planting)
    assert answer.code == 0
    assert [row["severity"] for row in named(answer, "noLicence")] == ["warning"]
    assert "Purchase services" in named(answer, "noLicence")[0]["click"]


def test_what_a_person_cannot_see_is_not_checked_and_never_in_order(planting: Planting) -> None:
    planted.person("spadmin")(planting)
    answer = doctor(planting)
    assert {row["check"] for row in answer.json["findings"]} == {"consent"}, answer.out
    assert any(line.startswith("contoso: content:") for line in answer.json["not_checked"])
    assert "contoso: role" in answer.json["passed"]
    assert "contoso: feature" in answer.json["passed"]


def test_a_global_administrator_is_told_that_less_would_do(planting: Planting) -> None:
    planted.person("admin")(planting)
    assert any("Global administrator" in row["cause"] for row in named(doctor(planting), "leastPrivilege"))


def test_nothing_is_asked_with_a_certificate_that_cannot_be_used(planting: Planting) -> None:
    planted.certificate_expired(planting)
    answer = doctor(planting)
    assert [line.split(":")[1].strip() for line in answer.json["not_checked"]] == [
        *("signIn", "permissions", "administration", "directory"),
    ]
    assert not any(path.endswith("/token") for _, _, path in planting.block.transport.seen)


def test_a_token_of_another_tenant_is_never_sent(planting: Planting) -> None:
    planted.token_of_another_tenant(planting)
    sent: list[str] = []
    between = planting.block.transport

    def note(request: httpx.Request, answer: object) -> None:
        if "authorization" in request.headers:
            sent.append(str(request.url))

    planting.block.transport = planted.Between(between, note)  # type: ignore[assignment]
    doctor(planting)
    assert sent == []


def test_permissions_beyond_the_purpose_are_noted(planting: Planting) -> None:
    planting.lab_set("contoso", "app_permissions", ",".join([*READING, "graph/User.ReadWrite.All"]))
    answer = doctor(planting)
    assert answer.code == 0
    assert "User.ReadWrite.All" in named(answer, "leastPrivilege")[0]["cause"]


@pytest.mark.parametrize(
    ("url", "check", "remedy"),
    [
        ("https://fabrikam-admin.sharepoint.com", "partnerUrl", "https://fabrikam-my.sharepoint.com/"),
        ("https://fabrikam.sharepoint.com/sites/a", "partnerUrl", "host"),
        ("https://contoso-my.sharepoint.com/", "partnerUrl", "partner's administrator"),
        ("https://nobody-my.sharepoint.com/", "partnerUnknown", "host URL"),
        (PARTNER, "trustMissing", "xtenant trust set -t contoso"),
    ],
)
def test_a_partner_who_cannot_be_moved_to_is_named(url: str, check: str, remedy: str, planting: Planting) -> None:
    answer = doctor(planting, "--for", "move", "--partner", url)
    assert answer.code == 1, answer.out
    found = named(answer, check)
    assert found, answer.out
    assert remedy in " ".join([found[0]["click"], *found[0]["run"]])


def test_a_partner_whose_service_is_stopped_is_named(planting: Planting) -> None:
    planted.partner_stopped(planting)
    answer = doctor(planting, "--partner", PARTNER)
    assert answer.code == 1
    assert named(answer, "partnerUnreachable")


def test_trust_on_both_sides_leads_on_to_compatibility(planting: Planting) -> None:
    desk = planting.desk
    desk.add("fabrikam")
    for tenant, partner, role in (
        ("contoso", PARTNER, "Target"),
        ("fabrikam", "https://contoso-my.sharepoint.com/", "Source"),
    ):
        set_ = ("trust", "set", "-t", tenant, "--partner", partner, "--partner-role", role, "--yes")
        assert desk.run(*set_).code in (0, 3)
        unset = ("trust", "remove", "-t", tenant, "--partner", partner, "--partner-role", role, "--yes")
        planting.undo.callback(desk.run, *unset)
    asked = ("--for", "move", "--partner", PARTNER, "--partner-role", "Target")
    good = doctor(planting, *asked)
    assert good.code == 0, good.out
    assert {"contoso: trust", "contoso: compatibility"} <= set(good.json["passed"])
    planting.lab_set("fabrikam", "schema_version", "15.0")
    bad = doctor(planting, *asked)
    assert bad.code == 1
    assert "Wait 48 hours" in named(bad, "compatibility")[0]["click"]


def test_the_doctor_changes_nothing_and_asks_only_what_the_list_allows(planting: Planting) -> None:
    doctor(planting, "--for", "move", "--partner", PARTNER)
    methods = {(method, path.split("?")[0].rsplit("/", 1)[-1]) for method, _, path in planting.block.transport.seen}
    assert {last for method, last in methods if method != "GET"} <= {"token", "ProcessQuery"}


def test_all_profiles_are_looked_at_when_none_is_named(planting: Planting) -> None:
    planting.desk.add("fabrikam")
    answer = planting.desk.run("doctor")
    assert {line.split(":")[0] for line in answer.json["passed"]} == {"contoso", "fabrikam"}


def test_the_doctor_without_a_profile_says_how_to_make_one(planting: Planting) -> None:
    planting.desk.store.remove("contoso")
    answer = planting.desk.run("doctor")
    assert answer.code == 5
    assert "xtenant setup app" in answer.err


def test_a_table_tells_everything_that_the_json_tells(planting: Planting) -> None:
    planted.unknown_client(planting)
    answer = doctor(planting, "-o", "table")
    assert answer.code == 1
    assert "clientIdUnknown" in answer.out
    assert "not_checked" in answer.err


def test_geos_that_the_profile_leaves_out_are_named(
    tmp_path: Path, certificate: tuple[Path, Path], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "app.pem"
    own.write_bytes(certificate[0].read_bytes())
    own.chmod(0o600)
    with neighbours(tmp_path, WaitingClock(), "contoso", geos=("NAM", "EUR"), certificate=certificate[1]) as block:
        home = tmp_path / "home"
        home.mkdir(mode=0o700)
        desk = Desk(block=block, home=home, certificate=own, capsys=capsys, monkeypatch=monkeypatch)
        desk.store.save(replace(desk.add("contoso"), geos={}))
        answer = desk.run("doctor", "-t", "contoso")
    found = named(answer, "geosMissing")
    assert answer.code == 1
    assert "EUR" in found[0]["cause"]
    assert "--geo EUR=https://contosoeur-admin.sharepoint.com" in found[0]["run"][0]


def test_a_profile_of_microsoft365_is_looked_at_alike(planting: Planting) -> None:
    planting.desk.add("contoso", drill=True)
    answer = doctor(planting)
    assert answer.code == 0, answer.out
    assert answer.json["not_checked"] == []


def test_an_app_of_the_level_for_looking_discovers_a_tenant_and_changes_nothing(planting: Planting) -> None:
    planting.lab_set("contoso", "app_permissions", ",".join(READING))
    found = planting.desk.run("plan", "discover", "-t", "contoso")
    assert found.code == 0, found.err
    for words in (
        ("host-url",),
        ("sites", "list"),
        ("trust", "list"),
        ("trust", "test", "--partner", PARTNER, "--partner-role", "Target"),
        ("map", "lookup", "--field", "SourceUserKey", "--value", "ann"),
    ):
        answer = planting.desk.run(*words, "-t", "contoso")
        assert "Access" not in answer.err, (words, answer.err)
    set_ = ("trust", "set", "-t", "contoso", "--partner", PARTNER, "--partner-role", "Target", "--yes")
    assert planting.desk.run(*set_).code == 4
