"""`move watch`: one report call a round, one JSON line for each change when piped, a table with totals on a terminal."""

from __future__ import annotations

import dataclasses
import io
import json
from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from uuid import UUID

import pytest
import structlog.testing
from rich.console import Console

from desk import Desk, app_certificate
from move_samples import NOW, job
from moves.two_tenants import SOURCE_URL, add_site, fill, two_tenants
from xtenant.cli.move_watch import drawn, totals
from xtenant.client.moves import MoveJob
from xtenant.domain.move import MoveState, pace_of

PARTNER = "https://fabrikam-my.sharepoint.com/"


def shown(number: int, state: str, **more: object) -> MoveJob:
    values: dict[str, object] = {
        "id": UUID(int=number),
        "source_url": f"https://contoso.sharepoint.com/sites/s{number:03}",
        "target_url": "",
        "state": state,
        "state_name": state,
        "items_done": 5,
        "items_total": 10,
        "bytes_done": 1024,
        "bytes_total": 4096,
    }
    return MoveJob(**(values | more))  # type: ignore[arg-type]


def text_of(jobs: Sequence[MoveJob], rows: int) -> str:
    console = Console(file=io.StringIO(), width=160)
    console.print(drawn(jobs, rows=rows))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_watch_that_is_piped_writes_one_line_for_each_change(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    private, public = app_certificate(tmp_path)
    with two_tenants(tmp_path, certificate=public) as pair, structlog.testing.capture_logs():
        desk = Desk(pair.block, tmp_path / "desk", private, capsys, monkeypatch)
        desk.add("contoso")
        fill(pair.source, add_site(pair.source), {"a.txt": [b"one"]})
        target = "https://fabrikam.sharepoint.com/sites/watched"
        started = desk.run("move", "start", "--source", "contoso", "--partner", PARTNER, "--site", SOURCE_URL, target)
        assert started.code == 0, started.err
        before = len(pair.block.transport.seen)
        watched = desk.run("move", "watch", started.json["id"], "--source", "contoso")
        asked = [path for _, _, path in pair.block.transport.seen[before:] if "SiteMoveJobs" in path]
    assert watched.code == 0, watched.err
    lines = [json.loads(line) for line in watched.out.splitlines()]
    assert {line["id"] for line in lines} == {started.json["id"]}
    assert lines[-1]["state"] == "Success"
    assert all(one != other for one, other in pairwise(lines)), "a line without a change"
    assert asked and all("GetMoveReport" in path for path in asked), "one report for all, never a call for each job"


def test_a_job_that_does_not_exist_cannot_be_watched(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    private, public = app_certificate(tmp_path)
    with two_tenants(tmp_path, certificate=public) as pair, structlog.testing.capture_logs():
        desk = Desk(pair.block, tmp_path / "desk", private, capsys, monkeypatch)
        desk.add("contoso")
        refused = desk.run("move", "watch", str(UUID(int=5)), "--source", "contoso")
        neither = desk.run("move", "watch", "--source", "contoso")
    assert refused.code == 4 and "no move job" in refused.err
    assert neither.code == 5


def test_the_table_holds_what_fits_and_those_under_way_first() -> None:
    jobs = [shown(n, "Success") for n in range(1, 30)] + [shown(99, "InProgress", phase="Restore", bytes_rate=2048.0)]
    text = text_of(jobs, rows=3)
    assert "s099" in text and "InProgress Restore" in text and "2 KiB/s" in text
    assert text.count("contoso.sharepoint.com") == 3
    assert totals(jobs) in text
    assert totals(jobs) == "30 moves: 1 InProgress, 29 Success; 150 items, 30 KiB of 120 KiB"


def test_the_expected_end_follows_from_what_was_done_in_the_phase() -> None:
    going = job(
        state=MoveState.IN_PROGRESS,
        phase_at=NOW,
        modified_at=NOW + timedelta(seconds=100),
        items_done=50,
        items_total=150,
        bytes_done=1_000,
        bytes_total=5_000,
    )
    pace = pace_of(going)
    assert pace is not None
    assert (pace.items_per_second, pace.bytes_per_second) == (0.5, 10.0)
    assert pace.expected_end == NOW + timedelta(seconds=100 + 400), "the slower of items and bytes decides"
    assert pace_of(dataclasses.replace(going, items_done=0)) is None
    assert pace_of(dataclasses.replace(going, state=MoveState.SUCCESS)) is None
