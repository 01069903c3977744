"""The linter against broken maps, each with one thing wrong, and against odd but legal ones (R-5.40 to R-5.65, settled C 8)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import pytest

from xtenant.domain import errors, plan
from xtenant.people.maplint import cleaning
from xtenant.people.maplint.findings import RULES, Finding
from xtenant.people.maplint.given import Given, Side
from xtenant.people.maplint.linting import Lint

SOURCE = "aaaaaaaa-1111-4111-8111-111111111111"
TARGET = "bbbbbbbb-2222-4222-8222-222222222222"
OTHER = "cccccccc-3333-4333-8333-333333333333"
GROUP = "aaaaaaaa-0000-4000-8000-00000000000{}"
NEW_GROUP = "bbbbbbbb-0000-4000-8000-00000000000{}"
ANN = f"User,{SOURCE},ann@contoso.com,ann@fabrikam.com,ann.b@fabrikam.com,RegularUser"
BOB = f"User,{SOURCE},bob@contoso.com,bob@fabrikam.com,bob@fabrikam.com,RegularUser"
EVE = f"User,{SOURCE},eve_mail.example#EXT#@contoso.com,eve_mail.example#EXT#@fabrikam.com,eve@mail.example,GuestUser"
SALES = f"Group,{SOURCE},{GROUP.format(1)},{NEW_GROUP.format(1)},{NEW_GROUP.format(1)},RegularGroup"
TEAM = f"Group,{SOURCE},{GROUP.format(2)},{NEW_GROUP.format(2)},team-x,O365Group"
ROWS = (ANN, BOB, EVE, SALES, TEAM)
MOVES = """kind,source,target
user,ann@contoso.com,ann@fabrikam.com
group,oldteam,team-x
site,https://contoso.sharepoint.com/sites/x,https://fabrikam.sharepoint.com/sites/x
"""
GIVEN = Given(
    sources=(Side(tenant_id=UUID(SOURCE), domains=frozenset({"contoso.com", "contoso.onmicrosoft.com"})),),
    target=Side(tenant_id=UUID(TARGET), domains=frozenset({"fabrikam.com", "fabrikam.onmicrosoft.com"})),
    moves=plan.read_moves(MOVES),
)
ALONE = Given()
HEADER = "Type,SourceTenantCompanyID,SourceUserUpn,TargetUserUpn,TargetUserEmail,UserType"

Told = tuple[str, int | None, int | None, str]


class Broken(NamedTuple):
    """A file, what it is judged against, and exactly what must be said."""

    name: str
    text: str | bytes
    told: list[Told]
    given: Given = GIVEN


def rows(*lines: str) -> str:
    return "".join(f"{line}\n" for line in lines)


def ann(column: int, value: str, *more: str) -> str:
    """The usual map with one field of Ann's row, line 1, replaced."""
    return rows(put(ANN, column, value), *(more or ROWS[1:]))


def put(row: str, column: int, value: str) -> str:
    fields = row.split(",")
    fields[column - 1] = value
    return ",".join(fields)


def group(row: str, column: int, value: str) -> str:
    """The usual map with one field of a group's row replaced."""
    return rows(*(put(line, column, value) if line == row else line for line in ROWS))


def error(rule: str, line: int | None, column: int | None) -> list[Told]:
    return [(rule, line, column, "error")]


def warning(rule: str, line: int | None, column: int | None) -> list[Told]:
    return [(rule, line, column, "warning")]


LOST_ANN = error("R-5.56", None, None)
"""What else follows when Ann's own row is not found."""
BROKEN = [
    Broken("five fields", rows(*ROWS, ANN.replace("ann", "zoe").rsplit(",", 1)[0]), error("R-5.40", 6, 6)),
    Broken("two fields", rows(*ROWS, "User," + SOURCE), error("R-5.40", 6, 3)),
    Broken("seven fields", rows(*ROWS, BOB.replace("bob", "zoe") + ",more"), error("R-5.40", 6, 6)),
    Broken("a lone word", rows(*ROWS, "nonsense"), error("R-5.40", 6, 2)),
    Broken("a row in quotes as a whole", rows(*ROWS, f'"{BOB.replace("bob", "zoe")}"'),
           [("R-5.60", 6, 1, "warning"), ("R-5.40", 6, 2, "error")]),
    Broken("an unusual group without a name", group(TEAM, 5, "").replace("O365Group", "AdminGroup"),
           [("R-5.48", 5, 6, "warning"), ("R-5.40", 5, 5, "error"), ("R-5.57", None, None, "error")]),
    Broken("no rows", "", error("R-5.40", None, None), ALONE),
    Broken("blank lines only", "\n\n", warning("R-5.60", 1, 1) + error("R-5.40", None, None), ALONE),
    Broken("a header", rows(HEADER, *ROWS), error("R-5.41", 1, 1)),
    Broken("a header of three words", rows("Type,Source,Target", *ROWS), error("R-5.41", 1, 1)),
    Broken("a header after a blank line", rows("", HEADER, *ROWS), warning("R-5.60", 1, 1) + error("R-5.41", 2, 1)),
    Broken("a header in the middle", rows(ANN, HEADER, *ROWS[1:]),
           [("R-5.42", 2, 1, "error"), ("R-5.43", 2, 2, "error")]),
    Broken("Usr for User", rows(put(ANN, 1, "Usr"), *ROWS[1:]), error("R-5.42", 1, 1) + LOST_ANN),
    Broken("Contact for User", rows(*ROWS, put(BOB, 1, "Contact")), error("R-5.42", 6, 1)),
    Broken("column 1 empty", rows(*ROWS, put(BOB, 1, "")), error("R-5.42", 6, 1)),
    Broken("a tenant name for its id", ann(2, "contoso"), error("R-5.43", 1, 2)),
    Broken("a tenant id with braces", ann(2, f"{{{SOURCE}}}"), error("R-5.43", 1, 2)),
    Broken("a tenant id a digit short", ann(2, SOURCE[:-1]), error("R-5.43", 1, 2)),
    Broken("a tenant id that is empty", ann(2, ""), error("R-5.43", 1, 2)),
    Broken("another tenant's id", ann(2, OTHER), error("R-5.43", 1, 2)),
    Broken("the minority's id", ann(2, OTHER), error("R-5.43", 1, 2), ALONE),
    Broken("a group's row of another tenant", group(SALES, 2, OTHER), error("R-5.43", 4, 2)),
    Broken("the target's id", ann(2, TARGET), error("R-5.44", 1, 2)),
    Broken("the target's id in capitals", group(TEAM, 2, TARGET.upper()), error("R-5.44", 5, 2)),
    Broken("the target's id, sources unknown", ann(2, TARGET), error("R-5.44", 1, 2), replace(GIVEN, sources=())),
    Broken("a source without @", ann(3, "ann"), error("R-5.45", 1, 3) + LOST_ANN),
    Broken("a source with two @", ann(3, "ann@x@contoso.com"), error("R-5.45", 1, 3) + LOST_ANN),
    Broken("a source with a blank", ann(3, "ann b@contoso.com"), error("R-5.45", 1, 3) + LOST_ANN),
    Broken("a target without a domain", group(BOB, 4, "bob@fabrikam"), error("R-5.45", 2, 4)),
    Broken("a target that is empty", group(BOB, 4, ""), error("R-5.45", 2, 4)),
    Broken("a mail that is a name", group(BOB, 5, "Bob Brown"), error("R-5.45", 2, 5)),
    Broken("a mail that is empty", group(BOB, 5, ""), error("R-5.45", 2, 5)),
    Broken("a mail with semicolons", group(BOB, 5, "bob@fabrikam.com;b@fabrikam.com"), error("R-5.45", 2, 5)),
    Broken("a mail with a control letter", group(BOB, 5, "bo\x07b@fabrikam.com"), error("R-5.45", 2, 5)),
    Broken("a mail of 400 letters", group(BOB, 5, "b" * 400 + "@fabrikam.com"), error("R-5.45", 2, 5)),
    Broken("a guest's mail that is none", group(EVE, 5, "eve"), error("R-5.45", 3, 5)),
    Broken("Member for RegularUser", ann(6, "Member"), error("R-5.46", 1, 6)),
    Broken("a group's type for a user", ann(6, "RegularGroup"), error("R-5.46", 1, 6)),
    Broken("a user's type that is empty", ann(6, ""), error("R-5.46", 1, 6)),
    Broken("a source group by its name", group(SALES, 3, "Sales"), error("R-5.47", 4, 3)),
    Broken("a target group by its name", group(SALES, 4, "Sales"), error("R-5.47", 4, 4) + error("R-5.49", 4, 5)),
    Broken("an id with braces", group(TEAM, 4, f"{{{NEW_GROUP.format(2)}}}"), error("R-5.47", 5, 4)),
    Broken("an id that is empty", group(TEAM, 3, ""), error("R-5.47", 5, 3)),
    Broken("SecurityGroup", group(SALES, 6, "SecurityGroup"), error("R-5.48", 4, 6)),
    Broken("Unified", group(TEAM, 6, "Unified"), error("R-5.48", 5, 6) + error("R-5.57", None, None)),
    Broken("a user's type for a group", group(SALES, 6, "RegularUser"), error("R-5.48", 4, 6)),
    Broken("a security group's display name", group(SALES, 5, "Sales"), error("R-5.49", 4, 5)),
    Broken("another id in column 5", group(SALES, 5, NEW_GROUP.format(9)), error("R-5.49", 4, 5)),
    Broken("a security group's column 5 empty", group(SALES, 5, ""), error("R-5.49", 4, 5)),
    Broken("an id for an alias", group(TEAM, 5, NEW_GROUP.format(2)), error("R-5.50", 5, 5) + error("R-5.57", None, None)),
    Broken("an alias with a period", group(TEAM, 5, "team.x"), error("R-5.50", 5, 5) + error("R-5.57", None, None)),
    Broken("an alias with a blank", group(TEAM, 5, "team x"), error("R-5.50", 5, 5) + error("R-5.57", None, None)),
    Broken("an alias with an apostrophe", group(TEAM, 5, "team'x"), error("R-5.50", 5, 5) + error("R-5.57", None, None)),
    Broken("an alias that is an address", group(TEAM, 5, "team@f"), error("R-5.50", 5, 5) + error("R-5.57", None, None)),
    Broken("an alias that is empty", group(TEAM, 5, ""), error("R-5.50", 5, 5) + error("R-5.57", None, None)),
    Broken("a source twice", rows(*ROWS, put(BOB, 4, "bob2@fabrikam.com")), error("R-5.51", 6, 3)),
    Broken("a source twice in other letters", rows(*ROWS, put(put(BOB, 3, "BOB@Contoso.com"), 4, "b2@fabrikam.com")),
           error("R-5.51", 6, 3)),
    Broken("a row twice", rows(*ROWS, BOB), error("R-5.51", 6, 3)),
    Broken("a row three times", rows(*ROWS, BOB, BOB), error("R-5.51", 6, 3) + error("R-5.51", 7, 3)),
    Broken("a group twice", rows(*ROWS, put(put(SALES, 4, NEW_GROUP.format(7)), 5, NEW_GROUP.format(7))),
           error("R-5.51", 6, 3)),
    Broken("a target twice", rows(*ROWS, put(BOB, 3, "bo@contoso.com")), warning("R-5.52", 6, 4)),
    Broken("a target group twice", rows(*ROWS, put(SALES, 3, GROUP.format(7))), warning("R-5.52", 6, 4)),
    Broken("a source of another domain", group(BOB, 3, "bob@elsewhere.com"), error("R-5.53", 2, 3)),
    Broken("the columns swapped", rows(ANN, put(put(BOB, 3, "bob@fabrikam.com"), 4, "bob@contoso.com"), *ROWS[2:]),
           error("R-5.53", 2, 3) + error("R-5.53", 2, 4)),
    Broken("a target of another domain", group(BOB, 4, "bob@elsewhere.com"), error("R-5.53", 2, 4)),
    Broken("a mail of another domain", group(BOB, 5, "bob@elsewhere.com"), error("R-5.53", 2, 5)),
    Broken("an apostrophe in the source", group(BOB, 3, "o'bob@contoso.com"), error("R-5.54", 2, 3)),
    Broken("an apostrophe in the target", group(BOB, 4, "o'bob@fabrikam.com"), error("R-5.54", 2, 4)),
    Broken("source and target the same", rows(*ROWS, put(put(BOB, 3, "z@contoso.com"), 4, "Z@contoso.com")),
           error("R-5.53", 6, 4) + error("R-5.55", 6, 4)),
    Broken("source and target the same, alone", group(BOB, 4, "bob@contoso.com"), error("R-5.55", 2, 4), ALONE),
    Broken("no row for a move", rows(*ROWS[1:]), LOST_ANN),
    Broken("a row that is not the move's", ann(4, "anna@fabrikam.com"), error("R-5.56", 1, 4)),
    Broken("no row for a group's move", rows(*ROWS[:-1]), error("R-5.57", None, None)),
    Broken("another alias than the move's", group(TEAM, 5, "team-y"), error("R-5.57", None, None)),
    Broken("a byte-order mark", "\ufeff" + rows(*ROWS), warning("R-5.60", 1, 1)),
    Broken("carriage returns", rows(*ROWS).replace("\n", "\r\n"), warning("R-5.60", 1, 6)),
    Broken("carriage returns alone", rows(*ROWS).replace("\n", "\r"), warning("R-5.60", 1, 6)),
    Broken("quotes", rows(*ROWS[:2], ",".join(f'"{field}"' for field in EVE.split(",")), *ROWS[3:]),
           warning("R-5.60", 3, 1)),
    Broken("blank lines", rows(ANN, "", BOB, "", "  ", *ROWS[2:]), warning("R-5.60", 2, 1)),
    Broken("lines of commas", rows(ANN, ",,,,,", *ROWS[1:]), warning("R-5.60", 2, 1)),
    Broken("trailing commas", rows(ANN, *(f"{row},," for row in ROWS[1:])), warning("R-5.60", 2, 6)),
    Broken("blanks around", rows(ANN, BOB.replace(",", ", "), *ROWS[2:]), warning("R-5.60", 2, 2)),
    Broken("semicolons", rows(*ROWS).replace(",", ";"), error("R-5.60", 1, 1)),
    Broken("tabs", rows(*ROWS).replace(",", "\t"), error("R-5.60", 1, 1)),
    Broken("semicolons and a wrong type", ann(6, "Member").replace(",", ";"), error("R-5.60", 1, 1) + error("R-5.46", 1, 6)),
    Broken("a line for a spreadsheet", "sep=;\n" + rows(*ROWS).replace(",", ";"), error("R-5.60", 1, 1) + error("R-5.60", 2, 1)),
    Broken("UTF-16", rows(*ROWS).encode("utf-16"), error("R-5.60", 1, 1)),
    Broken("Windows-1252", ann(5, "änn@fabrikam.com").encode("cp1252"), error("R-5.60", 1, 1)),
    Broken("a quote that is not closed", rows(*ROWS, BOB.replace("User", '"User', 1)), error("R-5.60", 6, 1)),
    Broken("a quote inside a field", rows(*ROWS, BOB.replace("bob@c", 'zoe"@c')), error("R-5.60", 6, 3)),
    Broken("a guest as a member", group(EVE, 6, "RegularUser").replace("eve@mail.example", "eve@fabrikam.com"),
           warning("R-5.61", 3, 6)),
    Broken("a member as a guest", group(BOB, 6, "GuestUser"), warning("R-5.61", 2, 6)),
    Broken("several at once", rows(put(put(ANN, 2, "x"), 6, "Member"), *ROWS[1:]),
           error("R-5.43", 1, 2) + error("R-5.46", 1, 6)),
]  # fmt: skip

LEGAL: list[tuple[str, str, Given]] = [
    ("plain", rows(*ROWS), GIVEN),
    ("alone", rows(*ROWS), ALONE),
    ("no line feed at the end", rows(*ROWS)[:-1], GIVEN),
    ("words in small letters", rows(*ROWS).replace("User,", "user,").replace("Group,", "group,"), GIVEN),
    ("types in small letters", rows(*ROWS).replace("RegularUser", "regularuser"), GIVEN),
    ("a tenant id in capitals", rows(*ROWS).replace(SOURCE, SOURCE.upper()), GIVEN),
    ("object ids in capitals", rows(*ROWS).replace(GROUP.format(1), GROUP.format(1).upper()), GIVEN),
    ("addresses in capitals", rows(ANN.upper().replace("USER", "User").replace("REGULARUser", "RegularUser"), *ROWS[1:]), GIVEN),
    ("an administrator", group(BOB, 6, "AdminUser"), GIVEN),
    ("no user type", group(BOB, 6, "None"), GIVEN),
    ("an administrators' group", group(SALES, 6, "AdminGroup"), GIVEN),
    ("no group type, any name", group(put(SALES, 5, "Sales of the North"), 6, "None"), GIVEN),
    ("a guest becomes a member", rows(*ROWS[:2], put(put(put(EVE, 4, "eve@fabrikam.com"), 5, "eve@fabrikam.com"), 6, "RegularUser"), *ROWS[3:]), GIVEN),
    ("a member becomes a guest", rows(*ROWS, put(put(EVE, 3, "zoe@contoso.com"), 4, "zoe_m.example#EXT#@fabrikam.onmicrosoft.com")), GIVEN),
    ("the initial domain", group(BOB, 4, "bob@fabrikam.onmicrosoft.com"), GIVEN),
    ("the initial domain of the source", group(BOB, 3, "bob@contoso.onmicrosoft.com"), GIVEN),
    ("odd letters of an address", group(BOB, 5, "b.o+b_'=/?^~-{x}@fabrikam.com"), GIVEN),
    ("an address beyond ASCII", group(BOB, 4, "böb@fabrikam.com"), GIVEN),
    ("a domain of many parts", group(BOB, 5, "bob@a.b-c.d1.example"), ALONE),
    ("an alias of digits", group(TEAM, 5, "2026"), ALONE),
    ("an alias with underscores", group(TEAM, 5, "team_x-1"), ALONE),
    ("everything Excel does", "\ufeff" + rows(*(",".join(f'"{f}"' for f in row.split(",")) + ",," for row in ROWS), "").replace("\n", "\r\n"), GIVEN),
    ("a field of quotes that needs none", rows(f'User,{SOURCE},"ann@contoso.com",ann@fabrikam.com,ann@fabrikam.com,RegularUser', *ROWS[1:]), GIVEN),
    ("two targets of one", rows(*ROWS, put(BOB, 3, "bob2@contoso.com")), GIVEN),
    ("two sources", rows(*ROWS, put(put(BOB, 2, OTHER), 4, "bob3@fabrikam.com")),
     replace(GIVEN, sources=(*GIVEN.sources, Side(tenant_id=UUID(OTHER))))),
    ("one row", rows(ANN), ALONE),
    ("users only", rows(ANN, BOB, EVE), ALONE),
]  # fmt: skip


@pytest.fixture
def judge(tmp_path: Path) -> Callable[[str | bytes, Given], list[Finding]]:
    def run(text: str | bytes, given: Given = GIVEN) -> list[Finding]:
        place = tmp_path / "map.csv"
        place.write_bytes(text if isinstance(text, bytes) else text.encode())
        return list(Lint(place, given))

    return run


Judge = Callable[..., list[Finding]]


def told(findings: list[Finding]) -> list[Told]:
    return [(each.rule, each.line, each.column, each.severity.value) for each in findings]


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: broken.name)
def test_a_broken_map_gets_exactly_the_right_diagnostic(judge: Judge, broken: Broken) -> None:
    findings = judge(broken.text, broken.given)
    assert told(findings) == broken.told
    assert all(each.message and each.remedy for each in findings)


def test_there_are_enough_broken_and_legal_maps_and_every_rule_of_rows_is_among_them() -> None:
    assert len(BROKEN) >= 60
    assert len(LEGAL) >= 20
    shown = {rule for broken in BROKEN for rule, *_ in broken.told}
    elsewhere = {"R-5.58", "R-5.59", "R-5.63", "R-5.64", "R-5.65"}  # test_map_lint_against
    assert shown == {row.rule for row in RULES} - elsewhere


@pytest.mark.parametrize(("text", "given"), [legal[1:] for legal in LEGAL], ids=[legal[0] for legal in LEGAL])
def test_an_odd_but_legal_map_gives_no_error(judge: Judge, text: str, given: Given) -> None:
    assert [each for each in judge(text, given) if each.severity.value == "error"] == []


def test_every_mutated_map_leaves_the_plain_one_without_a_word(judge: Judge) -> None:
    assert judge(rows(*ROWS)) == []


def test_what_lacks_its_input_is_named_and_never_passed(tmp_path: Path) -> None:
    place = tmp_path / "map.csv"
    place.write_text(rows(*ROWS))
    judged = Lint(place)
    assert list(judged) == []
    assert judged.not_checked == (
        "R-5.44", "R-5.53", "R-5.56", "R-5.57", "R-5.58", "R-5.59", "R-5.63", "R-5.64", "R-5.65",
    )  # fmt: skip
    judged = Lint(place, replace(GIVEN, previous=place))
    assert list(judged) == []
    assert judged.not_checked == ("R-5.58", "R-5.63", "R-5.64", "R-5.65")
    assert (judged.rows, judged.errors, judged.warnings) == (5, 0, 0)


def test_a_kind_of_oddity_is_told_once_however_often_it_stands(judge: Judge) -> None:
    many = [f"{put(put(BOB, 3, f'b{i}@contoso.com'), 4, f'b{i}@fabrikam.com')},, " for i in range(20_000)]
    findings = judge("\r\n\r\n".join([*ROWS, *many]) + "\r\n")
    assert sorted(told(findings)) == sorted([*warning("R-5.60", 1, 6), *warning("R-5.60", 2, 1),
                                             *warning("R-5.60", 11, 6), *warning("R-5.60", 11, 6)])  # fmt: skip


def test_lines_are_the_first_physical_ones_of_their_records(judge: Judge) -> None:
    split = f'User,{SOURCE},zoe@contoso.com,zoe@fabrikam.com,"zoe\n@fabrikam.com",RegularUser'
    findings = judge(rows(split, "", put(BOB, 6, "Member"), *ROWS))
    assert ("R-5.45", 1, 5, "error") in told(findings)
    assert ("R-5.46", 4, 6, "error") in told(findings)
    assert ("R-5.51", 6, 3, "error") in told(findings)


def test_rows_after_an_open_quote_are_read_all_the_same(judge: Judge) -> None:
    wrong = [put(put(BOB, 3, f"b{i}@contoso.com"), 6, "Member") for i in range(40)]
    findings = judge(rows('"User,' + SOURCE, *wrong), ALONE)
    assert [(each.rule, each.line) for each in findings][:41] == [
        ("R-5.60", 1),
        *(("R-5.46", i + 2) for i in range(40)),
    ]


@pytest.mark.parametrize(
    ("content", "word"), [(b"PK\x03\x04...", "workbook"), (b"User," * 50_000, "characters"), (None, "no file")]
)
def test_what_is_no_map_at_all_is_refused_with_a_remedy(tmp_path: Path, content: bytes | None, word: str) -> None:
    place = tmp_path / "map.csv"
    if content is not None:
        place.write_bytes(content)
    with pytest.raises(errors.UsageError, match=word):
        list(Lint(place))


def test_the_clean_form_says_the_same_and_has_nothing_odd(tmp_path: Path, judge: Judge) -> None:
    odd = "\ufeff" + rows(*(",".join(f'"{f}" ' for f in row.split(",")).replace('" ', '"') + ",," for row in ROWS), "")
    place, clean = tmp_path / "odd.csv", tmp_path / "clean.csv"
    place.write_bytes(odd.replace(",", ";").replace("\n", "\r\n").encode())
    clean.write_text("".join(cleaning.clean_lines(place)))
    assert clean.read_text() == rows(*ROWS)
    assert judge(clean.read_bytes()) == []


def test_a_hostile_field_reaches_no_terminal_as_it_is(judge: Judge) -> None:
    findings = judge(rows(*ROWS, put(BOB, 3, "\x1b[2Jx")))
    assert "\x1b" not in findings[0].message
