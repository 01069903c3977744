"""The four forms of output."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from enum import Enum
from uuid import UUID

import pytest
import yaml

from xtenant.cli.output import Format, emit, rendered
from xtenant.domain.trust import TrustStatus

ROWS = [
    {"tenant": "contoso", "status": TrustStatus.GOOD_TO_PROCEED, "at": datetime(2026, 11, 30, 12, tzinfo=UTC), "n": 1},
    {"tenant": "fabrikam", "status": None, "allowed": True, "of": {"a": [1, 2]}},
]
PLAIN = [
    {"tenant": "contoso", "status": "GoodToProceed", "at": "2026-11-30T12:00:00Z", "n": 1},
    {"tenant": "fabrikam", "status": None, "allowed": True, "of": {"a": [1, 2]}},
]


def test_json_holds_plain_values() -> None:
    assert json.loads(rendered(ROWS, Format.JSON)) == PLAIN
    assert json.loads(rendered(ROWS[0], Format.JSON)) == PLAIN[0]


def test_yaml_holds_the_same() -> None:
    assert yaml.safe_load(rendered(ROWS, Format.YAML)) == PLAIN


def test_csv_has_every_column_once() -> None:
    rows = list(csv.DictReader(io.StringIO(rendered(ROWS, Format.CSV))))
    assert rows[0] == {
        "tenant": "contoso",
        "status": "GoodToProceed",
        "at": "2026-11-30T12:00:00Z",
        "n": "1",
        "allowed": "",
        "of": "",
    }
    assert rows[1]["allowed"] == "true"
    assert rows[1]["of"] == '{"a":[1,2]}'


def test_a_table_shows_every_cell_and_reads_no_markup() -> None:
    shown = rendered([{"name": "[bold]x[/bold]", "url": "https://contoso-my.sharepoint.com/"}], Format.TABLE)
    assert "[bold]x[/bold]" in shown
    assert "https://contoso-my.sharepoint.com/" in shown


@pytest.mark.parametrize("form", list(Format))
def test_nothing_is_shown_as_nothing(form: Format) -> None:
    assert rendered([], form).strip() in ("", "[]", "nothing")


def test_piped_output_is_json(capsys: pytest.CaptureFixture[str]) -> None:
    emit({"id": UUID(int=1), "kind": _Kind.LAB})
    caught = capsys.readouterr()
    assert json.loads(caught.out) == {"id": "00000000-0000-0000-0000-000000000001", "kind": "lab"}
    assert caught.err == ""


class _Kind(Enum):
    LAB = "lab"


def test_a_row_that_fits_no_terminal_becomes_a_block(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xtenant.cli.output._width", lambda: 60)
    rows = [{"id": "b298219e-3440-40b8-8931-46e805e2b85b", "url": "https://contoso.sharepoint.com/sites/project" * 3}]
    shown = rendered(rows, Format.TABLE)
    assert "id    b298219e-3440-40b8-8931-46e805e2b85b" in shown
    assert max(map(len, shown.splitlines())) <= 60
