"""A crawl kept in a file: in path order, whole, and refusing an item met twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from proof.samples import a_file, a_folder
from xtenant.domain import errors
from xtenant.proof.baseline import Baseline


def test_items_come_out_in_the_order_python_compares_paths(tmp_path: Path) -> None:
    paths = ["b", "B", "a/b", "a", "a b", "é", "e\u0301", "日本語", "😀", "\ufffd", "a#b"]
    with Baseline(tmp_path / "source.baseline") as baseline:
        baseline.add(a_file(path) for path in paths)
        assert [item.path for item in baseline.items()] == sorted(paths)


def test_what_was_recorded_is_read_again_from_the_file(tmp_path: Path) -> None:
    recorded = [a_folder("Plan"), a_file("Plan/Budget.xlsx")]
    with Baseline(tmp_path / "source.baseline") as baseline:
        baseline.add(recorded)
    with Baseline(tmp_path / "source.baseline") as again:
        assert list(again.items()) == recorded


def test_totals_count_folders_files_versions_and_bytes(tmp_path: Path) -> None:
    with Baseline(tmp_path / "source.baseline") as baseline:
        baseline.add([a_folder("Plan"), a_file("Plan/a"), a_file("Plan/b")])
        totals = baseline.totals()
    assert (totals.folders, totals.files, totals.items, totals.versions, totals.size_bytes) == (1, 2, 3, 4, 14)


def test_an_item_listed_twice_is_an_error(tmp_path: Path) -> None:
    with Baseline(tmp_path / "source.baseline") as baseline:
        baseline.add([a_file("a")])
        with pytest.raises(errors.Conflict):
            baseline.add([a_file("b"), a_file("a")])


def test_another_file_is_not_taken_for_a_baseline(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("not a database, only a text of some length")
    with pytest.raises(errors.UsageError):
        Baseline(tmp_path / "notes.txt")
