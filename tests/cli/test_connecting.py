"""Profiles made and used, tokens, and what is said when something cannot be meant."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest

from desk import Answer, Desk
from neighbours import APP_ID, SECRET, TENANT_IDS
from xtenant.cli.main import main
from xtenant.cli.tree import command_tree
from xtenant.client.clouds import cloud_of
from xtenant.protocols.oauth.call import tenant_of_token


def test_a_token_is_printed_alone(desk: Desk) -> None:
    answer = desk.run("token", "-t", "contoso", "--resource", "https://graph.microsoft.com")
    assert answer.code == 0, answer.err
    assert tenant_of_token(answer.out.strip()) == TENANT_IDS["contoso"]
    assert answer.out.count("\n") == 1


def test_connect_asks_the_admin_host_for_the_tenant_id_and_keeps_a_private_profile(desk: Desk) -> None:
    url = "https://fabrikam-admin.sharepoint.com"
    app_id = ("--client-id", str(APP_ID))
    answer = desk.run("connect", "buyer", "--url", url, *app_id, "--certificate", str(desk.certificate))
    assert answer.code == 0, answer.err
    assert answer.json["tenant_id"] == str(TENANT_IDS["fabrikam"])
    assert answer.json["kind"] == "microsoft365"
    assert Path(answer.json["file"]).stat().st_mode & 0o077 == 0
    assert desk.run("host-url", "-t", "buyer").json["host_url"] == "https://fabrikam-my.sharepoint.com/"


def test_a_secret_is_kept_and_never_shown(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "secret.txt"
    file.write_text(SECRET + "\n")
    url = "https://contoso-admin.sharepoint.com"
    answer = desk.run("connect", "graphy", "--url", url, "--client-id", str(APP_ID), "--secret-file", str(file))
    assert answer.code == 0, answer.err
    shown = desk.run("profiles", "list", "-o", "table")
    assert SECRET not in answer.out + answer.err + shown.out
    assert "graphy" in shown.out
    assert (desk.home / "secrets" / "graphy").stat().st_mode & 0o077 == 0
    assert desk.run("host-url", "-t", "graphy").code == 7
    assert desk.run("profiles", "remove", "graphy").code == 0
    assert not (desk.home / "secrets" / "graphy").exists()


def test_a_sign_in_that_fails_keeps_nothing(desk: Desk) -> None:
    url = "https://contoso-admin.sharepoint.com"
    stranger = str(UUID(int=7))
    answer = desk.run("connect", "x", "--url", url, "--client-id", stranger, "--certificate", str(desk.certificate))
    assert answer.code == 7
    assert answer.err.startswith("error: ")
    assert not (desk.home / "profiles" / "x.json").exists()


def test_what_cannot_be_meant_is_refused_with_code_5(desk: Desk) -> None:
    for arguments in (
        ("host-url", "-t", "contosso"),
        ("host-url",),
        ("hosturl", "-t", "contoso"),
        ("connect", "x", "--url", "https://contoso.sharepoint.com"),
        ("connect", "x", "--url", "https://contoso-admin.sharepoint.com"),
        ("move", "start", "--source", "contoso", "--partner", "https://fabrikam-my.sharepoint.com/"),
        ("move", "show", "nonsense", "--source", "contoso"),
        ("map", "lookup", "-t", "fabrikam", "--field", "Nothing", "--value", "x"),
        ("token", "-t", "contoso", "--resource", "https://graph.microsoft.com", "--as", "boss"),
    ):
        answer = desk.run(*arguments)
        assert answer.code == 5, arguments
        assert answer.err.startswith("error: ")
        assert answer.out == ""


def test_a_fault_of_ours_is_one_line_and_a_log(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> list[object]:
        raise RuntimeError("something of ours")

    monkeypatch.setattr(type(desk.store), "all", broken)
    answer = desk.run("profiles", "list")
    assert answer.code == 70
    assert answer.err.count("\n") == 1
    log = desk.home / "fault.log"
    assert "something of ours" in log.read_text()
    assert log.stat().st_mode & 0o077 == 0


def test_every_command_has_help_with_an_example() -> None:
    tree = command_tree()
    for name, command in tree.commands.items():  # type: ignore[attr-defined]
        if name == "lab":
            continue
        for words, one in (
            [([name, sub], inner) for sub, inner in command.commands.items()]
            if hasattr(command, "commands")
            else [([name], command)]
        ):
            assert "Example:" in (one.help or ""), words
            assert main([*words, "--help"]) == 0


def connect(desk: Desk, *arguments: str, url: str = "https://contoso-admin.sharepoint.com") -> Answer:
    proof = ("--client-id", str(APP_ID), "--certificate", str(desk.certificate))
    return desk.run("connect", "new", "--url", url, *proof, *arguments)


def test_an_admin_host_of_another_tenant_than_the_one_named_is_refused_before_signing_in(desk: Desk) -> None:
    desk.block.transport.seen.clear()
    answer = connect(desk, "--tenant-id", str(TENANT_IDS["fabrikam"]))
    assert answer.code == 5
    assert str(TENANT_IDS["contoso"]) in answer.err
    assert not any(path.endswith("/token") for _, _, path in desk.block.transport.seen)
    assert not (desk.home / "profiles" / "new.json").exists()


def test_the_tenant_that_is_named_is_taken_when_the_admin_host_is_its_own(desk: Desk) -> None:
    assert connect(desk, "--tenant-id", str(TENANT_IDS["contoso"])).code == 0


@pytest.mark.parametrize(
    ("url", "cloud"),
    [
        ("https://contoso-admin.sharepoint.us", "GCC High"),
        ("https://contoso-admin.sharepoint-mil.us", "DoD"),
        ("https://contoso-admin.sharepoint.cn", "21Vianet"),
    ],
)
def test_an_address_of_a_national_cloud_is_refused_by_name(desk: Desk, url: str, cloud: str) -> None:
    answer = connect(desk, url=url)
    assert answer.code == 5
    assert cloud in answer.err
    assert "R-0.9" in answer.err


@pytest.mark.parametrize(
    ("document", "cloud"),
    [
        ({"tenant_region_sub_scope": "GCC", "cloud_instance_name": "microsoftonline.com"}, "GCC"),
        ({"cloud_instance_name": "microsoftonline.us"}, "microsoftonline.us"),
        ({"tenant_region_scope": "USGov"}, "US government"),
        ({"tenant_region_scope": "EU", "cloud_instance_name": "microsoftonline.com"}, None),
        ({}, None),
    ],
)
def test_the_cloud_of_a_tenant_is_told_by_its_sign_in_configuration(
    document: dict[str, object], cloud: str | None
) -> None:
    found = cloud_of(document)
    assert (found is None) if cloud is None else (found is not None and cloud in found)
