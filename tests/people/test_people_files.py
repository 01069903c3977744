"""The people file as an administrator edits it, and the journal beside it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from clock import FakeClock
from people_samples import CONTOSO, FABRIKAM
from xtenant.domain import errors
from xtenant.people.apply.journal import ForeignJournal, Journal, Made, journal_path
from xtenant.people.rows import DamagedPeople, Method, PersonRow, RowKind, Rule, read_people, written_people

HEADER = "kind,source_id,source_upn,method,target_upn,rule,confirmed,target_mail,user_type\n"
CELL = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=12).map(str.strip)


@settings(deadline=None)
@example(name="", upn="1", mail="", problem="")
@given(name=CELL, upn=CELL.filter(bool), mail=CELL, problem=CELL)
def test_a_row_comes_back_as_it_was_written_whatever_a_spreadsheet_would_make_of_it(
    name: str, upn: str, mail: str, problem: str
) -> None:
    row = PersonRow(
        kind=RowKind.USER,
        source_id="1",
        source_upn=upn,
        source_mail=mail,
        source_name=name,
        method=Method.CREATE,
        rules=(Rule.EXPLICIT, Rule.MOVE),
        target_upn=upn,
        user_type="RegularUser",
        problems=tuple(filter(None, (part.strip() for part in problem.split(";")))),
    )
    (read,) = read_people("".join(written_people([row])))
    assert replace(read, line=0) == row


def test_a_row_without_a_rule_was_written_by_a_person() -> None:
    (row,) = read_people(HEADER + "user,,a@contoso.com,create,a@fabrikam.com,,,,\n")
    assert row.explicit and row.counts


def test_a_display_name_match_counts_only_once_confirmed() -> None:
    text = HEADER + "user,,a@contoso.com,exists,a@fabrikam.com,name,{},,\n"
    assert not read_people(text.format(""))[0].counts
    assert read_people(text.format("Yes"))[0].counts


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("robot,,a@x.com,create,a@y.com,,,,", "'robot' is no kind"),
        ("user,,a@x.com,make,a@y.com,,,,", "'make' is no method"),
        ("user,,a@x.com,create,a@y.com,guess,,,", "'guess' is no rule"),
        ("user,,,create,a@y.com,,,,", "neither source_id nor source_upn"),
        ("user,,a@x.com,create,,,,,", "target_upn is empty"),
        ("user,,a@x.com,guest,,,,,", "a guest is invited by mail"),
        ("m365,,team,guest,team,,,,", "a group cannot become a guest"),
        ("user,,a@x.com,create,a@y.com,,maybe,,", "confirmed is yes or empty"),
        ("user,,a@x.com,create,a@y.com,,,,O365Group", "'O365Group' is no user_type of a user"),
    ],
)
def test_a_damaged_row_is_told_with_its_line(line: str, said: str) -> None:
    with pytest.raises(DamagedPeople) as caught:
        read_people(HEADER + "user,,ok@x.com,skip,,,,,\n" + line + "\n")
    assert "line 3" in caught.value.text and said in caught.value.text


def test_a_person_in_two_rows_is_refused_with_both_lines() -> None:
    rows = "user,1,a@x.com,skip,,,,,\nuser,2,A@X.com,skip,,,,,\nuser,1,b@x.com,skip,,,,,\n"
    with pytest.raises(DamagedPeople, match=r"line 3: 'a@x.com' stands in line 2.*line 4: '1' stands in line 2"):
        read_people(HEADER + rows)


def test_a_column_nobody_knows_is_refused() -> None:
    with pytest.raises(errors.UsageError, match="unknown: 'colour'"):
        read_people("kind,source_id,source_upn,method,target_upn,colour\n")


def test_a_journal_goes_on_behind_a_line_that_a_crash_cut_off(tmp_path: Path, clock: FakeClock) -> None:
    path = journal_path(tmp_path / "people.csv")
    first, second = UUID(int=1), UUID(int=2)
    Journal(path, FABRIKAM).note(
        [Made(event="created", key="a", name="a@y.com", target_id=first)], clock.security_now()
    )
    assert path.stat().st_mode & 0o077 == 0
    path.write_bytes(path.read_bytes() + b'{"at":"2026-11-2')
    again = Journal(path, FABRIKAM)
    assert again.damaged == 1 and again.made(first)
    again.note([Made(event="created", key="b", name="b@y.com", target_id=second)], clock.security_now())
    assert Journal(path, FABRIKAM).made(second)
    with pytest.raises(ForeignJournal):
        Journal(path, CONTOSO)


def test_a_journal_that_cannot_be_written_is_told_with_what_to_do(tmp_path: Path, clock: FakeClock) -> None:
    journal = Journal(tmp_path / "missing" / "people.csv.journal", FABRIKAM)
    with pytest.raises(errors.UsageError, match="cannot be written"):
        journal.note([Made(event="created", key="a", name="a", target_id=UUID(int=1))], clock.security_now())
