"""`xtenant setup app`: permissions by level, steps for the portal, scripts; nothing is sent."""

from __future__ import annotations

import re
import subprocess

import pytest

from desk import Desk
from xtenant.domain.consents import Level, consents_of

LEVELS = ("directory", "content", "admin", "move")


@pytest.mark.parametrize("level", LEVELS)
def test_a_level_names_its_permissions_and_those_before_it(desk: Desk, level: str) -> None:
    desk.block.transport.seen.clear()
    told = desk.run("setup", "app", "--level", level).json
    wanted = {(each.api.display_name, each.name) for each in consents_of(Level(level))}
    assert {(row["api"], row["permission"]) for row in told["permissions"]} == wanted
    for api, name in wanted:
        assert any(f"{api} › Application permissions › {name}" in step for step in told["steps"])
    assert desk.block.transport.seen == []


def test_levels_for_looking_hold_no_right_to_write_but_the_one_said_plainly(desk: Desk) -> None:
    told = desk.run("setup", "app", "--level", "admin").json
    writing = [row for row in told["permissions"] if row["writes"]]
    assert [row["permission"] for row in writing] == ["Sites.FullControl.All"]
    assert "right to write" in writing[0]["for"]
    assert not [row for row in desk.run("setup", "app", "--level", "content").json["permissions"] if row["writes"]]


def test_a_source_needs_nothing_that_makes_people(desk: Desk) -> None:
    names = {row["permission"] for row in desk.run("setup", "app", "--level", "move", "--source").json["permissions"]}
    assert "OneDrive.Provision.All" not in names
    assert "Group.ReadWrite.All" not in names


def test_people_by_device_code_get_the_directory_and_administration_only(desk: Desk) -> None:
    told = desk.run("setup", "app", "--device-code").json
    assert {row["kind"] for row in told["permissions"]} == {"delegated"}
    names = {row["permission"] for row in told["permissions"]}
    assert "AllSites.FullControl" in names
    assert "Sites.Read.All" not in names
    assert any("Allow public client flows" in step for step in told["steps"])
    assert desk.run("setup", "app", "--device-code", "--level", "content").code == 5


@pytest.mark.parametrize("script", ["graph", "az", "certificate"])
@pytest.mark.parametrize("more", [(), ("--device-code",)])
def test_scripts_are_plain_text_with_every_permission(desk: Desk, script: str, more: tuple[str, ...]) -> None:
    text = desk.run("setup", "app", "--script", script, *more).out
    assert text.isascii()
    if script == "certificate":
        assert "umask 077" in text
        return
    assert "Organization.Read.All" in text
    assert ("AllSites.FullControl" if more else "Sites.FullControl.All") in text
    assert "To undo" in text
    assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}", text.replace("00000003-0000-", ""))


@pytest.mark.parametrize("words", [("az",), ("az", "--device-code"), ("certificate",)])
def test_shell_scripts_are_shell(desk: Desk, words: tuple[str, ...]) -> None:
    text = desk.run("setup", "app", "--script", *words).out
    assert subprocess.run(["/bin/sh", "-n"], input=text, text=True, check=False).returncode == 0


def test_a_table_lists_the_steps_by_number(desk: Desk) -> None:
    out = desk.run("setup", "app", "-o", "table").out
    assert re.search(r"^  1\. Sign in to https://entra.microsoft.com", out, re.MULTILINE)


@pytest.mark.parametrize("name", ["a'b", "a$(rm)", "", "a\nb"])
def test_a_name_that_could_leave_its_quotes_is_refused(desk: Desk, name: str) -> None:
    assert desk.run("setup", "app", "--script", "az", "--name", name).code == 5
