"""Sites moved between two tenants, each time directly after `cp -r` and `sync` of the same tree.

The ratio of each pair is what counts: copying varies by itself from minute to minute (settled B 19). A move's time is the
source's own, from the line of its log that says ReadyToTrigger to the one that says Success. Each kind has a lab of its own.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from bench.figures import Figure
from ground import Ground, ground_in
from xtenant.cli.demo.stage import SOURCE

MIB = 1024 * 1024
FOLDER_FILES = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What is moved: so many files of so many bytes, so many times; `goal` is the least ratio to `cp` (issue 5)."""

    files: int
    file_bytes: int
    pairs: int = 5
    shared: bool = False
    goal: float = 0.0

    def __str__(self) -> str:
        size = f"{self.file_bytes // MIB:,} MiB" if self.file_bytes >= MIB else f"{self.file_bytes // 1024} KiB"
        return f"{self.files:,} files of {size}, {'shared store' if self.shared else 'streamed'}"


STREAMED = Load(files=20_000, file_bytes=64 * 1024, goal=0.5)
SHARED = Load(files=20_000, file_bytes=64 * 1024, shared=True, goal=1.0)
LARGE = Load(files=4, file_bytes=1024 * MIB, goal=0.4)
LARGE_SHARED = Load(files=4, file_bytes=1024 * MIB, shared=True, goal=2.0)
SMALL = Load(files=2_000, file_bytes=64 * 1024, pairs=2)
SMALL_SHARED = Load(files=2_000, file_bytes=64 * 1024, pairs=2, shared=True)


def streamed(ground: Ground, folder: Path) -> list[Figure]:
    return measure(STREAMED, folder)


def shared(ground: Ground, folder: Path) -> list[Figure]:
    return measure(SHARED, folder)


def large(ground: Ground, folder: Path) -> list[Figure]:
    return [*measure(LARGE, folder), *measure(LARGE_SHARED, folder)]


def small(ground: Ground, folder: Path) -> list[Figure]:
    """To look at while working; not what issue 5 asks for."""
    return [*measure(SMALL, folder), *measure(SMALL_SHARED, folder)]


def measure(load: Load, folder: Path) -> list[Figure]:
    place = folder / f"moving-{load.files}-{load.file_bytes}-{load.shared}"
    copying: list[float] = []
    moving: list[float] = []
    with ground_in(place / "lab", shared_store=load.shared) as ground:
        for pair in range(load.pairs):
            theirs, ours = _pair(ground, load, place, pair)
            copying.append(theirs)
            moving.append(ours)
    shutil.rmtree(place)
    total = load.files * load.file_bytes / MIB
    goal = f" (at least {load.goal})" if load.goal else ""
    ratios = [theirs / ours for theirs, ours in zip(copying, moving, strict=True)]
    return [
        Figure(name=f"cp -r and sync, {load}", unit="s", values=copying),
        Figure(name=f"move, {load}", unit="s", values=moving),
        Figure(name=f"move, {load}", unit="files/s", values=[load.files / spent for spent in moving]),
        Figure(name=f"move, {load}", unit="MiB/s", values=[total / spent for spent in moving]),
        Figure(name=f"rate of a move, {load}{goal}", unit="× cp", values=ratios),
    ]


def _pair(ground: Ground, load: Load, place: Path, pair: int) -> tuple[float, float]:
    tree, copy = place / f"tree-{pair}", place / f"copy-{pair}"
    make_tree(tree, load)
    plot = ground.plant_folder(f"bench-{pair}", tree)
    subprocess.run(["sync"], check=True)
    theirs = copied(tree, copy)
    for left in (tree, copy):
        empty(left)
    ended = ground.until_ended(ground.start(plot), pause=0.5)
    assert ended.state == "Success", ended.error
    return theirs, told_seconds(ground.service_log(SOURCE), ended.id)


def copied(tree: Path, into: Path) -> float:
    began = time.monotonic()
    subprocess.run(["cp", "-r", tree, into], check=True)
    subprocess.run(["sync"], check=True)
    return time.monotonic() - began


def make_tree(tree: Path, load: Load) -> None:
    """New content each time, so that the target never has it already."""
    for number in range(load.files):
        file = tree / f"folder-{number // FOLDER_FILES:03d}" / f"file-{number:05d}.bin"
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("wb") as out:
            for start in range(0, load.file_bytes, MIB):
                out.write(os.urandom(min(MIB, load.file_bytes - start)))


def empty(tree: Path) -> None:
    """Give the space back and keep the names: ext4 does not use the inodes of removed files for a minute, and looks at each
    of them whenever a file is made meanwhile, which would be measured, too."""
    for file in tree.rglob("*"):
        if file.is_file():
            os.truncate(file, 0)


def told_seconds(log: Path, job_id: UUID) -> float:
    """From a job's entry into the queue to its success, by the service's own log."""
    moments: dict[str, datetime] = {}
    with log.open(encoding="utf-8") as lines:
        for line in lines:
            if str(job_id) in line:
                told = json.loads(line)
                moments[told["event"]] = datetime.fromisoformat(told["timestamp"])
    return (moments["move.success"] - moments["move.scheduled"]).total_seconds()
