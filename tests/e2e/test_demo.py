"""`xtenant demo` as a newcomer runs it: it moves, proves, says what it left out, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import psutil
import pytest

from e2e.labs import XTENANT
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


def start_demo(temporary: Path, *arguments: str) -> subprocess.Popen[str]:
    """The real command in a process of its own, outside any lab."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("XTENANT_")}
    return subprocess.Popen(
        [*XTENANT, "demo", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**kept, "TMPDIR": str(temporary), "PYTHONUNBUFFERED": "1"},
    )


def demo(temporary: Path, *arguments: str) -> tuple[int, str]:
    """Exit code, and everything it said."""
    with start_demo(temporary, *arguments) as running:
        said, _ = running.communicate(timeout=200)
        return running.returncode, said


def test_the_demo_moves_a_folder_proves_it_and_leaves_nothing(content: Path, temporary: Path) -> None:
    code, said = demo(temporary, "--content", str(content))
    assert code == 0, said
    for number in range(1, 8):
        assert f"Step {number} · " in said
    assert "✗" not in said
    assert "symbolic link: 1 (link.md)" in said
    assert "special file: 1 (pipe)" in said
    assert "10:30 meeting.txt → " in said
    assert "SHA-256 of all content" in said
    assert list(temporary.iterdir()) == []
    assert processes_in(temporary) == []


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "sigterm"])
@pytest.mark.parametrize("when", ["A lab with", "Step 2"], ids=["while the lab starts", "in mid-course"])
def test_an_interrupted_demo_leaves_no_process_and_no_folder(
    how: signal.Signals, when: str, content: Path, temporary: Path
) -> None:
    with start_demo(temporary, "--content", str(content)) as running:
        assert running.stdout is not None
        assert any(when in line for line in running.stdout)
        running.send_signal(how)
        said, _ = running.communicate(timeout=60)
    assert running.returncode == 130, said
    assert processes_in(temporary) == []
    assert list(temporary.iterdir()) == []


def test_a_folder_that_is_not_there_is_a_mistake_of_usage(tmp_path: Path, temporary: Path) -> None:
    code, said = demo(temporary, "--content", str(tmp_path / "nowhere"))
    assert code == 5
    assert "is not a folder" in said
    assert list(temporary.iterdir()) == []


def test_a_home_that_holds_something_is_refused_and_untouched(content: Path, temporary: Path) -> None:
    code, said = demo(temporary, "--content", str(content), "--home", str(content))
    assert code == 5 and "is not an empty folder" in said
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
