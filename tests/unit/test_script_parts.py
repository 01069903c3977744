"""The fixed beginning and end of scripts: the functions our shell knows by the same names, plain marks, no password shown."""

from __future__ import annotations

import hashlib
import re

import pytest

from xtenant.cmdlets.parameters import Kind
from xtenant.cmdlets.script.observing import QUESTIONS
from xtenant.cmdlets.script.writing import VERSION, epilogue, prologue
from xtenant.cmdlets.table import CMDLETS

HASHES = {
    1: ("37338845b682c858", "ba016233aed91010"),
}
"""A part that is changed gets a new version: scripts that were given away stay readable by what they are."""

FUNCTION = re.compile(
    r"^function ([A-Za-z]+-Xt[A-Za-z]+) \{\n    param\((.*?)\)\n(?=    [^ ])", re.MULTILINE | re.DOTALL
)
PARAMETER = re.compile(r"(\[Parameter\(Mandatory = \$true\)\])?(?:\[ValidateSet\(([^)]*)\)\])?\[string\]\$(\w+)")


def functions() -> dict[str, dict[str, tuple[bool, tuple[str, ...]]]]:
    """Name → parameter → whether it must be given, and its choices."""
    return {
        name: {
            parameter: (bool(must), tuple(re.findall(r"'(\w+)'", choices or "")))
            for must, choices, parameter in PARAMETER.findall(inside)
        }
        for name, inside in FUNCTION.findall(prologue())
    }


@pytest.mark.parametrize("name", [one.name for one in CMDLETS.values() if "-Xt" in one.name])
def test_a_cmdlet_of_ours_is_a_function_with_the_same_flat_parameters(name: str) -> None:
    ours = {
        one.name: (one.mandatory, one.choices)
        for one in CMDLETS[name.lower()].parameters
        if one.kind is not Kind.SWITCH
    }
    theirs = functions()[name]
    assert {key: (must, set(choices)) for key, (must, choices) in theirs.items()} == {
        key: (must, set(choices)) for key, (must, choices) in ours.items()
    }


def test_the_fixed_parts_of_a_version_never_change() -> None:
    found = tuple(hashlib.sha256(part.encode()).hexdigest()[:16] for part in (prologue(), epilogue()))
    assert found == HASHES[VERSION], "the parts were changed: give them a new version"


def test_the_fixed_parts_hold_plain_marks_only() -> None:
    for part in (prologue(), epilogue()):
        assert part.isascii()
        assert not [line for line in part.split("\n") if line.lower().startswith(("#requires", "# sig"))]


def test_braces_brackets_and_quotes_are_closed() -> None:
    """No PowerShell runs here: at least what is opened is closed, apart from strings and comments."""
    depth: list[str] = []
    closing = {")": "(", "]": "[", "}": "{"}
    for line in (prologue() + epilogue()).split("\n"):
        plain = re.sub(r"'[^']*'|\"(?:[^\"`]|`.)*\"", "", re.sub(r"^\s*#.*", "", line))
        for mark in plain:
            if mark in "([{":
                depth.append(mark)
            elif mark in closing:
                assert depth.pop() == closing[mark], line
    assert depth == []


def test_a_password_is_made_inside_and_leaves_nothing() -> None:
    lines = [line for line in prologue().split("\n") if "assword" in line]
    assert [line for line in lines if not line.startswith("#")] == [
        "function New-XtPassword {",
        "        passwordProfile               = @{ password = (New-XtPassword); forceChangePasswordNextSignIn = $true }",
    ]


def test_every_changing_cmdlet_has_a_question_or_says_why_not() -> None:
    looks = ("Get-", "Test-", "Verify-", "Connect-", "Disconnect-")
    changing = {one.name for one in CMDLETS.values() if not one.name.startswith(looks)}
    assert changing - set(QUESTIONS) == {"Add-SPOTenantIdentityMap", "Rename-XtItem"}
    assert set(QUESTIONS) <= changing
