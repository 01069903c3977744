"""Reading tenants and handing them over by command line: one home with both, and two homes that exchange a file."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest

from desk import Answer, Desk
from neighbours import TENANT_IDS
from xtenant.inventory.store import Inventory
from xtenant.operations import sites

MakeDesk = Callable[..., Desk]
SITE = "https://contoso.sharepoint.com/sites/project"
MOVES = f"kind,source,target\nsite,{SITE},https://fabrikam.sharepoint.com/sites/project\n"


@pytest.fixture
def project(block: object) -> None:
    service = block["contoso"]  # type: ignore[index]
    sites.create_site(
        service.units,
        geo=service.tenant.default_geo,
        url=SITE,
        title="Project",
        owner=_ann(block),
        clock=service.clock,
        ids=service.ids,
    )


def _ann(block: object) -> UUID:
    with block["contoso"].units.read() as uow:  # type: ignore[index]
        return uow.users.by_upn("ann@contoso.onmicrosoft.com").user_id


@pytest.fixture
def ann(make_desk: MakeDesk, project: None) -> Desk:
    """Contoso's administrator."""
    return make_desk("contoso", home="ann")


@pytest.fixture
def bob(make_desk: MakeDesk) -> Desk:
    """Fabrikam's administrator."""
    return make_desk("fabrikam", home="bob")


def exported(ann: Desk, *options: str) -> tuple[Path, Answer]:
    file = ann.home / "contoso.handover"
    answer = ann.run("handover", "export", str(file), "-t", "contoso", "--yes", *options)
    assert answer.code == 0, answer.err
    return file, answer


def imported_in(desk: Desk) -> Path:
    return desk.home / "inventory" / "imported" / f"{TENANT_IDS['contoso']}.db"


def test_discover_reads_a_tenant_and_says_what_was_found(ann: Desk) -> None:
    answer = ann.run("plan", "discover", "-t", "contoso")
    assert answer.code == 0, answer.err
    assert (answer.json["users"], answer.json["sites"], answer.json["sites_read"]) == (4, 2, 2)
    path = Path(answer.json["inventory"])
    assert path == ann.home / "inventory" / f"{TENANT_IDS['contoso']}.db"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_discover_reads_only_the_sites_that_move_and_names_what_it_does_not_know(ann: Desk) -> None:
    moves = ann.home / "moves.csv"
    moves.write_text(MOVES + "user,nobody@contoso.com,nobody@fabrikam.com\n")
    answer = ann.run("plan", "discover", "-t", "contoso", "--moves", str(moves))
    assert answer.code == 1
    assert (answer.json["sites_read"], answer.json["names_unknown"]) == (1, ["nobody@contoso.com"])
    assert "'nobody@contoso.com' names no site" in answer.err
    only = ann.run("plan", "discover", "-t", "contoso", "--directory-only")
    assert (only.code, only.json["sites_read"]) == (0, 0)
    assert ann.run("plan", "discover", "-t", "contoso", "--moves", str(moves), "--directory-only").code == 5


def test_discover_is_among_what_may_be_sent_to_a_tenant_that_is_only_read(ann: Desk) -> None:
    answer = ann.run("--read-only", "plan", "discover", "-t", "contoso")
    assert (answer.code, answer.json["sites_read"]) == (0, 2), answer.err


def test_discover_tells_its_cost_beforehand_and_reads_again_only_what_it_must(ann: Desk) -> None:
    first = ann.run("plan", "discover", "-t", "contoso", "--estimate")
    assert (first.code, first.json["sites"], first.json["sites_known"]) == (0, 2, 0), first.err
    units = {step["what"]: step["units"] for step in first.json["steps"]}
    assert first.json["resource_units"] == sum(units.values()) and units["permissions of sites"] == 10
    assert ann.run("plan", "discover", "-t", "contoso").code == 0
    seen = ann.block.transport.seen
    for options, is_whole in (((), False), (("--full-permissions",), True)):
        told = ann.run("plan", "discover", "-t", "contoso", "--estimate", *options)
        assert told.json["sites_known"] == 2
        assert any(step["what"] == "items once more" for step in told.json["steps"]) is is_whole
        seen.clear()
        assert ann.run("plan", "discover", "-t", "contoso", *options).code == 0
        assert any("/items?" in path for _, _, path in seen) is is_whole


def test_what_was_never_read_cannot_be_used_as_read_last(ann: Desk) -> None:
    answer = ann.run("handover", "export", "x.handover", "-t", "contoso", "--cached", "--yes")
    assert answer.code == 4 and "discover" in answer.err
    assert ann.run("plan", "discover", "-t", "contoso").code == 0
    ann.block.stopped.add("contoso")
    assert ann.run("handover", "export", "x.handover", "-t", "contoso", "--cached", "--yes").code == 0
    with Inventory(ann.home / "inventory" / f"{TENANT_IDS['contoso']}.db") as inventory:
        inventory.begin_run("*", ann.block.clock.security_now())  # as a crawl that was killed leaves it
    killed = ann.run("handover", "export", "y.handover", "-t", "contoso", "--cached", "--yes")
    assert killed.code == 4 and "to the end" in killed.err


def test_an_inventory_of_another_version_is_read_afresh(ann: Desk) -> None:
    path = ann.home / "inventory" / f"{TENANT_IDS['contoso']}.db"
    path.parent.mkdir()
    path.write_bytes(b"something else entirely " * 100)
    assert ann.run("plan", "discover", "-t", "contoso").code == 0


def test_an_export_says_what_it_discloses_and_asks(make_desk: MakeDesk, project: None) -> None:
    desk = make_desk("contoso")
    desk.answer = False
    answer = desk.run("handover", "export", "c.handover", "-t", "contoso")
    assert answer.code == 5 and desk.questions == ["Write it?"]
    assert "signed, not encrypted" in answer.err
    assert "4 people with name, UPN and mail" in answer.err and "2 sites" in answer.err
    assert not (desk.home / "c.handover").exists()
    desk.answer = True
    assert desk.run("handover", "export", "c.handover", "-t", "contoso").code == 0
    again = desk.run("handover", "export", "c.handover", "-t", "contoso")
    assert again.code != 0 and "there already" in again.err


def test_a_file_is_taken_once_its_words_were_compared(ann: Desk, bob: Desk) -> None:
    file, told = exported(ann)
    words = told.json["fingerprint"]
    assert words in told.err and ann.run("handover", "show").json["fingerprint"] == words
    unknown = bob.run("handover", "import", str(file))
    assert unknown.code == 5 and words in unknown.err and not imported_in(bob).exists()
    shown = bob.run("handover", "show", str(file))
    assert (shown.json["key"], shown.json["level"]) == ("not confirmed yet", "plan")
    other = bob.run("handover", "show").json["fingerprint"]
    wrong = bob.run("handover", "import", str(file), "--fingerprint", other)
    assert wrong.code == 5 and "another" in wrong.err and not imported_in(bob).exists()
    taken = bob.run("handover", "import", str(file), "--fingerprint", words.upper())
    assert taken.code == 0, taken.err
    assert taken.json["counts"]["user"] == 4 and Path(taken.json["inventory"]) == imported_in(bob)
    assert bob.run("handover", "show", str(file)).json["key"] == "confirmed"
    assert ann.run("handover", "show", str(file)).json["key"] == "this home's own"


def test_later_files_need_no_words_but_the_same_key(ann: Desk, bob: Desk, make_desk: MakeDesk) -> None:
    file, told = exported(ann)
    assert bob.run("handover", "import", str(file), "--fingerprint", told.json["fingerprint"]).code == 0
    file.unlink()
    later, _ = exported(ann, "--level", "permissions")
    assert bob.run("handover", "import", str(later)).json["level"] == "permissions"
    eve = make_desk("contoso", home="eve")
    forged, said = exported(eve)
    refused = bob.run("handover", "import", str(forged), "--fingerprint", said.json["fingerprint"])
    assert refused.code == 5 and "another one than was confirmed" in refused.err
    assert bob.run("handover", "show", str(forged)).json["key"] == "another than was confirmed"
    tenant_id = bob.run("handover", "show").json["trusted"][0]["tenant_id"]
    assert bob.run("handover", "forget", tenant_id, "--yes").code == 0
    assert bob.run("handover", "import", str(forged), "--fingerprint", said.json["fingerprint"]).code == 0
    assert bob.run("handover", "forget", "x", "--yes").code == 5


def test_a_handover_file_serves_as_a_side_without_the_other_tenant(ann: Desk, bob: Desk) -> None:
    moves = bob.home / "moves.csv"
    moves.write_text(MOVES)
    file, told = exported(ann, "--level", "permissions", "--moves", str(moves))
    plan = ("people", "plan", "--source", str(file), "--target", "fabrikam", "--moves", str(moves))
    refused = bob.run(*plan, "--out", "people.csv")
    assert refused.code == 5 and "never confirmed" in refused.err
    assert bob.run("handover", "import", str(file), "--fingerprint", told.json["fingerprint"]).code == 0
    bob.block.stopped.add("contoso")
    answer = bob.run(*plan, "--out", "people.csv")
    assert answer.code in (0, 1), answer.err
    assert "ann@contoso.onmicrosoft.com" in (bob.home / "people.csv").read_text()


def test_numbers_alone_serve_as_no_side(ann: Desk, bob: Desk) -> None:
    moves = bob.home / "moves.csv"
    moves.write_text(MOVES)
    file, told = exported(ann, "--level", "counts")
    assert bob.run("handover", "import", str(file), "--fingerprint", told.json["fingerprint"]).code == 0
    plan = ("people", "plan", "--source", str(file), "--target", "fabrikam", "--moves", str(moves))
    answer = bob.run(*plan, "--out", "people.csv")
    assert answer.code == 5 and "numbers only" in answer.err


def test_people_are_disguised_by_a_secret_both_enter(ann: Desk, bob: Desk) -> None:
    secret, other = ann.home / "secret", bob.home / "other"
    secret.write_text("correct horse battery\n")
    other.write_text("wrong horse battery!\n")
    file, told = exported(ann, "--pseudonyms", "--secret-file", str(secret))
    assert "prefixes and domains will find nothing" in told.err and "by pseudonyms" in told.err
    given = ("handover", "import", str(file), "--fingerprint", told.json["fingerprint"], "--secret-file")
    assert bob.run(*given, str(other)).code == 5
    assert bob.run(*given, str(secret)).code == 0
    assert b"ann@contoso" not in imported_in(bob).read_bytes()
    nobody = ann.run("handover", "export", "y.handover", "-t", "contoso", "--pseudonyms", "--yes")
    assert nobody.code == 5 and "--secret-file" in nobody.err


def test_a_file_with_permissions_needs_them_read(ann: Desk) -> None:
    assert ann.run("plan", "discover", "-t", "contoso", "--directory-only").code == 0
    answer = ann.run("handover", "export", "c.handover", "-t", "contoso", "--level", "permissions", "--cached", "--yes")
    assert answer.code == 5 and "were not read" in answer.err


def test_a_side_that_is_neither_profile_nor_file_is_said_so(bob: Desk) -> None:
    moves = bob.home / "moves.csv"
    moves.write_text(MOVES)
    plan = ("people", "plan", "--target", "fabrikam", "--moves", str(moves), "--out", "p.csv", "--source")
    assert "no profile and no file 'contoso.handover'" in bob.run(*plan, "contoso.handover").err
    assert bob.run(*plan, "contoso").code == 5
    moves.write_bytes(b"\xff\xfe")
    assert "UTF-8" in bob.run("plan", "discover", "-t", "fabrikam", "--moves", str(moves)).err
