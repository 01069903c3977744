"""The table of verbs and the code say the same."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

from xtenant import protocols
from xtenant.cli.tree import command_tree
from xtenant.cmdlets.table import CMDLETS
from xtenant.domain import verbs

PROTOCOLS = Path(protocols.__path__[0])


def commands_of_the_tree() -> set[str]:
    tree = command_tree()
    found: set[str] = set()
    for name, command in tree.commands.items():  # type: ignore[attr-defined]
        inner = getattr(command, "commands", None)
        found |= {f"{name} {sub}" for sub in inner} if inner else {name}
    return found


def test_every_cmdlet_of_the_table_exists_and_the_other_way_round() -> None:
    assert set(verbs.cmdlet_names()) == {cmdlet.name for cmdlet in CMDLETS.values()}


def test_every_command_of_the_table_exists_and_the_other_way_round() -> None:
    ours = {name for name in commands_of_the_tree() if not name.startswith("lab ")}
    assert set(verbs.command_names()) | set(verbs.COMMANDS_WITHOUT_VERB) == ours


def test_names_are_unique_and_found() -> None:
    names = [row.name for row in verbs.VERBS]
    assert len(names) == len(set(names))
    assert verbs.verb("trust.set").cmdlets == ("Set-SPOCrossTenantRelationship",)
    assert verbs.verb("sign_in.token") is verbs.verb("sign_in")


def test_a_verb_is_reached_by_something() -> None:
    for row in verbs.VERBS:
        assert row.cmdlets or row.commands or row.note, row.name


def test_every_operation_that_is_named_exists() -> None:
    for row in verbs.VERBS:
        module, _, function = row.operation.partition(".")
        if function:
            assert hasattr(importlib.import_module(f"xtenant.operations.{module}"), function), row.operation


def test_every_route_and_method_names_a_row() -> None:
    served = {name for path in PROTOCOLS.rglob("*.py") for name in re.findall(r'verb="([^"]+)"', path.read_text())}
    assert "trust.set" in served
    for name in served:
        verbs.verb(name)
