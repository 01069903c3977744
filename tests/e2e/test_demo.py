"""`xtenant demo` as a newcomer runs it: it moves, proves, says what it left out, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import psutil
import pytest

from e2e.labs import XTENANT, xtenant
from xtenant.cli.demo.estate import SLICE_FILES, slice_of


@pytest.fixture
def content(tmp_path: Path) -> Path:
    """A few files, a deep one, a name SharePoint refuses, a link, a pipe."""
    folder = tmp_path / "content"
    (folder / "Deep" / "er").mkdir(parents=True)
    (folder / "Read me.md").write_text("Read me first.\n")
    (folder / "Deep" / "er" / "Протокол #1 (100%).txt").write_text("…\n")
    (folder / "Deep" / "empty.txt").write_bytes(b"")
    (folder / "Deep" / "data.bin").write_bytes(bytes(range(256)) * 300)
    (folder / "10:30 meeting.txt").write_text("half past ten\n")
    (folder / "link.md").symlink_to("Read me.md")
    os.mkfifo(folder / "pipe")
    return folder


@pytest.fixture
def temporary(tmp_path: Path) -> Path:
    """Where the demo makes its home."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    return folder


def processes_in(folder: Path) -> list[str]:
    found: list[str] = []
    for process in psutil.process_iter():
        try:
            line = " ".join(process.cmdline())
        except psutil.Error:
            continue
        if str(folder) in line:
            found.append(line)
    return found


def test_the_demo_moves_a_folder_proves_it_and_leaves_nothing(content: Path, temporary: Path) -> None:
    done = xtenant("demo", "--content", str(content), environment={"TMPDIR": str(temporary)})
    assert done.code == 0, done.out + done.err
    for number in range(1, 8):
        assert f"Step {number} · " in done.out
    assert "✗" not in done.out
    assert "symbolic link: 1 (link.md)" in done.out
    assert "special file: 1 (pipe)" in done.out
    assert "10_30 meeting.txt" in done.out
    assert "SHA-256 of all content" in done.out
    assert list(temporary.iterdir()) == []
    assert processes_in(temporary) == []


def test_an_interrupted_demo_leaves_no_process_and_no_folder(content: Path, temporary: Path) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("XTENANT_")}
    running = subprocess.Popen(
        [*XTENANT, "demo", "--content", str(content)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**kept, "TMPDIR": str(temporary), "PYTHONUNBUFFERED": "1"},
    )
    assert running.stdout is not None
    with running.stdout:
        seen = next(line for line in running.stdout if "Step 2" in line)
        assert processes_in(temporary) and seen
        running.send_signal(signal.SIGINT)
        running.stdout.read()
    assert running.wait(60) == 130
    assert processes_in(temporary) == []
    assert list(temporary.iterdir()) == []


def test_a_folder_that_is_not_there_is_a_mistake_of_usage(tmp_path: Path, temporary: Path) -> None:
    done = xtenant("demo", "--content", str(tmp_path / "nowhere"), environment={"TMPDIR": str(temporary)})
    assert done.code == 5
    assert "is not a folder" in done.err
    assert list(temporary.iterdir()) == []


def test_a_home_that_holds_something_is_refused_and_untouched(content: Path, tmp_path: Path) -> None:
    done = xtenant("demo", "--content", str(content), "--home", str(content))
    assert done.code == 5
    assert (content / "Read me.md").exists()


def test_the_slice_for_the_onedrive_is_bounded_and_keeps_dates(tmp_path: Path) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(SLICE_FILES + 20):
        (folder / f"{number:04}.txt").write_text("x")
        os.utime(folder / f"{number:04}.txt", (1_000_000_000, 1_000_000_000))
    (folder / "0000 link").symlink_to("0001.txt")
    found = sorted(slice_of(folder, tmp_path / "slice").iterdir())
    assert len(found) == SLICE_FILES
    assert not any(file.is_symlink() for file in found)
    assert {int(file.stat().st_mtime) for file in found} == {1_000_000_000}
