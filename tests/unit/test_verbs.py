"""The table of verbs and the code say the same."""

from __future__ import annotations

import typer.main

from xtenant.cli.main import app
from xtenant.cmdlets.table import CMDLETS
from xtenant.domain import verbs


def commands_of_the_tree() -> set[str]:
    tree = typer.main.get_command(app)
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
