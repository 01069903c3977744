"""The observer is judged before it judges: records made by hand, each with what must be found in it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from faults.observer import Observations, Seen, published_at, violations

PUBLISHED = 1_000.0


def write(status: int, *, sent: float, name: str = "a.txt") -> Seen:
    return Seen(sent=sent, answered=sent + 0.01, status=status, name=name)


def read(status: int, *, answered: float) -> Seen:
    return Seen(sent=answered - 0.01, answered=answered, status=status, name="the site")


SOUND = Observations(
    writes=[write(201, sent=990.0), write(423, sent=995.0, name="b.txt"), write(0, sent=996.0, name="c.txt")],
    reads=[read(404, answered=999.9), read(0, answered=999.95), read(200, answered=1_000.1)],
)


def test_a_sound_run_has_no_violation() -> None:
    assert violations(SOUND, published=PUBLISHED, arrived={"a.txt"}) == []


@pytest.mark.parametrize(
    ("seen", "arrived"),
    [
        pytest.param(Observations(writes=[write(201, sent=990.0)]), set(), id="an acknowledged write is lost"),
        pytest.param(Observations(reads=[read(200, answered=999.99)]), set(), id="the target is seen too early"),
        pytest.param(Observations(writes=[write(200, sent=1_000.5)]), {"a.txt"}, id="the source is written afterwards"),
    ],
)
def test_each_violation_is_found(seen: Observations, arrived: set[str]) -> None:
    assert len(violations(seen, published=PUBLISHED, arrived=arrived)) == 1


def test_the_publication_is_the_last_one_begun_before_it_was_committed(tmp_path: Path) -> None:
    log = tmp_path / "service.log"
    told = [("publish.before_commit", 1), ("publish.before_commit", 2), ("publish.committed", 3)]
    lines = [
        json.dumps({"event": "stop_point.passed", "name": name, "timestamp": f"1970-01-01T00:00:0{second}+00:00"})
        for name, second in [*told, ("publish.before_commit", 4)]
    ]
    log.write_text("\n".join(lines) + "\n")
    assert published_at(log, 0) == 2.0
    log.write_text(lines[0] + "\n")
    with pytest.raises(AssertionError, match="no publication"):
        published_at(log, 0)
