"""The log of changes: chained, shared between processes, going on after a kill, and refusing what it cannot hold."""

from __future__ import annotations

import json
import os
import resource
import stat
import subprocess
import sys
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clock import FakeClock
from neighbours import TENANT_IDS
from xtenant.client.audit import AuditLog, AuditUnwritable, Outcome, Place, hash_of
from xtenant.client.audit_check import Check, check, check_place
from xtenant.client.profiles import Credential, CredentialKind, Profile, ProfileKind
from xtenant.domain import errors


def profile(name: str = "contoso") -> Profile:
    return Profile(
        name=name,
        kind=ProfileKind.MICROSOFT365,
        admin_url=f"https://{name}-admin.sharepoint.com",
        tenant_id=str(TENANT_IDS["contoso"]),
        client_id="aaaaaaaa-0000-4000-8000-000000000001",
        credential=Credential(kind=CredentialKind.CERTIFICATE, file="/nowhere.pem"),
    )


def log_in(home: Path) -> AuditLog:
    return AuditLog(home, profile(), clock=FakeClock())


def write(log: AuditLog, count: int = 1, *, begin: int = 0) -> None:
    for number in range(begin, begin + count):
        log.append(verb="trust.set", call=f"POST x/{number}", outcome=Outcome.SENT, change=str(number))


def place(home: Path) -> Place:
    return Place(home=home, tenant_id=TENANT_IDS["contoso"])


def lines(home: Path) -> list[bytes]:
    return place(home).path.read_bytes().splitlines(keepends=True)


def put(home: Path, content: list[bytes]) -> None:
    place(home).path.write_bytes(b"".join(content))


def problems(done: Check) -> list[int]:
    return [problem.number for problem in done.problems]


def test_lines_follow_one_another_by_hash(tmp_path: Path) -> None:
    write(log_in(tmp_path), 3)
    done = check_place(place(tmp_path))
    assert (done.lines, done.problems, done.unanswered, done.end_known) == (3, [], 3, True)
    assert done.head == hash_of(lines(tmp_path)[-1])
    assert stat.S_IMODE(place(tmp_path).path.stat().st_mode) == 0o600
    assert stat.S_IMODE(place(tmp_path).path.parent.stat().st_mode) == 0o700


def test_a_line_tells_who_when_what_and_what_became_of_it(tmp_path: Path) -> None:
    log_in(tmp_path).append(
        verb="trust.set",
        call="POST y",
        outcome=Outcome.FAILED,
        ids=("a",),
        correlation_id="c",
        change="1",
        detail="403",
    )
    line = json.loads(lines(tmp_path)[0])
    assert line.pop("who") and len(line.pop("prev")) == 64
    assert line == {
        "at": "2026-11-23T12:00:00.000Z",
        "tenant_id": str(TENANT_IDS["contoso"]),
        "profile": "contoso",
        "kind": "microsoft365",
        "verb": "trust.set",
        "call": "POST y",
        "ids": ["a"],
        "correlation_id": "c",
        "change": "1",
        "outcome": "failed",
        "detail": "403",
        "after": None,
    }


@pytest.mark.parametrize("at", [0, 1, 2])
def test_a_changed_line_is_named(tmp_path: Path, at: int) -> None:
    write(log_in(tmp_path), 3)
    content = lines(tmp_path)
    content[at] = content[at].replace(b"trust.set", b"trust.get")
    put(tmp_path, content)
    assert check_place(place(tmp_path)).problems


@given(at=st.integers(min_value=0, max_value=10_000), bit=st.integers(min_value=0, max_value=7))
def test_no_bit_of_the_log_can_be_flipped_unnoticed(
    tmp_path_factory: pytest.TempPathFactory, at: int, bit: int
) -> None:
    home = tmp_path_factory.mktemp("flipped")
    write(log_in(home), 4)
    content = bytearray(place(home).path.read_bytes())
    content[at % len(content)] ^= 1 << bit
    place(home).path.write_bytes(content)
    assert check_place(place(home)).problems


@pytest.mark.parametrize(
    ("edit", "what"),
    [
        (lambda all_: [all_[0], all_[2], all_[3]], "a line left out"),
        (lambda all_: [all_[0], all_[2], all_[1], all_[3]], "two lines swapped"),
        (lambda all_: all_[1:], "the first line cut off"),
        (lambda all_: all_[:-1], "the last line cut off"),
        (lambda all_: [*all_, all_[-1]], "a line doubled"),
        (lambda all_: [all_[0], b"\n", *all_[1:]], "a blank line put in"),
        (lambda all_: [all_[0], b"garbage\n", *all_[1:]], "garbage put in"),
        (lambda all_: [], "everything cut off"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_edited_log_is_not_whole(tmp_path: Path, edit: object, what: str) -> None:
    write(log_in(tmp_path), 4)
    put(tmp_path, edit(lines(tmp_path)))  # type: ignore[operator]
    assert check_place(place(tmp_path)).problems, what


def test_a_log_of_another_tenant_is_not_taken_for_this_ones(tmp_path: Path) -> None:
    write(log_in(tmp_path), 2)
    done = check(place(tmp_path).path, Place(home=tmp_path, tenant_id=TENANT_IDS["fabrikam"]).beginning)
    assert problems(done) == [1]


def test_lines_cut_off_stay_told_after_the_log_went_on(tmp_path: Path) -> None:
    write(log_in(tmp_path), 3)
    put(tmp_path, lines(tmp_path)[:1])
    write(log_in(tmp_path), 1, begin=9)
    done = check_place(place(tmp_path))
    assert problems(done) == [2] and "cut off" in done.problems[0].what


def test_the_log_goes_on_behind_a_line_cut_short_by_a_kill(tmp_path: Path) -> None:
    write(log_in(tmp_path), 2)
    with place(tmp_path).path.open("ab") as log:
        log.write(b'{"at":"2026-11-23T12:00:0')
    torn = check_place(place(tmp_path))
    assert (torn.problems, torn.torn) == ([], [3])
    write(log_in(tmp_path), 2, begin=2)
    done = check_place(place(tmp_path))
    assert (done.problems, done.torn, done.lines) == ([], [3], 5)
    put(tmp_path, [line.replace(b"12:00:0\n", b"12:99:9\n") for line in lines(tmp_path)])
    assert check_place(place(tmp_path)).problems, "what was torn off is under the chain too"


def test_a_process_that_ends_before_it_notes_the_end_does_no_harm(tmp_path: Path) -> None:
    log = log_in(tmp_path)
    write(log)
    noted = place(tmp_path).head_path.read_bytes()
    write(log)
    place(tmp_path).head_path.write_bytes(noted)
    assert check_place(place(tmp_path)).problems == []
    place(tmp_path).head_path.unlink()
    assert check_place(place(tmp_path)).end_known is False
    write(log)
    assert check_place(place(tmp_path)).end_known is True


def test_a_hash_noted_elsewhere_must_be_in_the_log(tmp_path: Path) -> None:
    write(log_in(tmp_path), 3)
    known = hash_of(lines(tmp_path)[1])
    assert check_place(place(tmp_path), known=known).problems == []
    rewritten = tmp_path / "rewritten"
    write(log_in(rewritten), 3, begin=7)
    assert problems(check_place(place(rewritten), known=known)) == [0]


def test_many_writers_at_once_make_one_chain(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: write(log_in(tmp_path), 10, begin=number * 10), range(8)))
    done = check_place(place(tmp_path))
    assert (done.lines, done.problems, done.unanswered) == (80, [], 80)


WRITER = """
import sys
from pathlib import Path
import msgspec
from clock import FakeClock
from xtenant.client.audit import AuditLog, Outcome
from xtenant.client.profiles import Profile
log = AuditLog(Path(sys.argv[1]), msgspec.json.decode(sys.argv[2], type=Profile), clock=FakeClock())
while True:
    log.append(verb="trust.set", call="POST x", outcome=Outcome.SENT)
"""


def test_a_writer_that_is_killed_leaves_a_log_that_goes_on(tmp_path: Path) -> None:
    """Another one writes beside it all the while."""
    arguments = [sys.executable, "-c", WRITER, str(tmp_path), msgspec.json.encode(profile()).decode()]
    with subprocess.Popen(arguments, env={"PYTHONPATH": str(Path(__file__).parents[1])}) as writer:
        log = log_in(tmp_path)
        write(log)
        while len(lines(tmp_path)) < 20:
            write(log)
        while lines(tmp_path)[-1].count(b'"POST x"') == 0:
            os.sched_yield()
        writer.kill()
    assert check_place(place(tmp_path)).problems == []
    write(log)
    done = check_place(place(tmp_path))
    assert done.problems == [] and done.lines > 20


@contextmanager
def full_disk(free_bytes: int) -> Generator[None]:
    """The kernel refuses files longer than this, as a full disk would."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (free_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("room", [0, 5, 100])
def test_on_a_full_disk_the_log_stays_as_it_was(tmp_path: Path, room: int) -> None:
    log = log_in(tmp_path)
    write(log, 2)
    before = lines(tmp_path)
    with (
        full_disk(place(tmp_path).path.stat().st_size + room),
        pytest.raises(AuditUnwritable, match="cannot be written"),
    ):
        write(log)
    assert lines(tmp_path) == before
    write(log)
    assert check_place(place(tmp_path)).problems == []


def test_a_link_in_place_of_the_log_is_not_followed(tmp_path: Path) -> None:
    place(tmp_path).path.parent.mkdir()
    place(tmp_path).path.symlink_to("/dev/null")
    with pytest.raises(AuditUnwritable):
        write(log_in(tmp_path))


def test_a_profile_without_a_tenant_id_has_no_log(tmp_path: Path) -> None:
    nameless = Profile(
        name="x",
        kind=ProfileKind.MICROSOFT365,
        admin_url="https://x-admin.sharepoint.com",
        tenant_id="",
        client_id="",
        credential=Credential(kind=CredentialKind.CERTIFICATE),
    )
    with pytest.raises(errors.UsageError):
        AuditLog(tmp_path, nameless, clock=FakeClock())
