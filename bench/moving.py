"""A site of 2,000 files moved between two tenants, each time directly after `cp -r` and `sync` of the same tree.

The ratio of each pair is what counts: copying varies fourfold by itself from minute to minute (settled B 19).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from bench.figures import Figure
from ground import Ground, Planted

PAIRS = 5
FILES = 2_000
FILE_BYTES = 16 * 1024
FOLDERS = 40


def measure(ground: Ground, folder: Path) -> list[Figure]:
    copying: list[float] = []
    moving: list[float] = []
    for pair in range(PAIRS):
        tree = folder / f"tree-{pair}"
        make_tree(tree)
        plot = ground.plant(f"bench-{pair}", files_of(tree))
        subprocess.run(["sync"], check=True)
        copying.append(copied(tree, folder / f"copy-{pair}"))
        job = ground.start(plot)
        began = time.monotonic()
        ended = ground.until_ended(job, pause=0.02)
        moving.append(time.monotonic() - began)
        assert ended.state == "Success", ended.error
        shutil.rmtree(tree)
        shutil.rmtree(folder / f"copy-{pair}")
    what = f"{FILES:,} files of 16 KiB"
    return [
        Figure(name=f"cp -r and sync, {what}", unit="s", values=copying),
        Figure(name=f"move, {what}", unit="s", values=moving),
        Figure(name="move", unit="files/s", values=[FILES / spent for spent in moving]),
        Figure(
            name="move by cp",
            unit="ratio",
            values=[ours / theirs for ours, theirs in zip(moving, copying, strict=True)],
        ),
    ]


def copied(tree: Path, into: Path) -> float:
    began = time.monotonic()
    subprocess.run(["cp", "-r", tree, into], check=True)
    subprocess.run(["sync"], check=True)
    return time.monotonic() - began


def make_tree(tree: Path) -> None:
    """New content each time, so that the target never has it already."""
    for number in range(FILES):
        file = tree / f"folder-{number % FOLDERS:02d}" / f"file-{number:04d}.bin"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(os.urandom(FILE_BYTES))


def files_of(tree: Path) -> Iterator[Planted]:
    for file in sorted(tree.rglob("*.bin")):
        yield Planted(names=file.relative_to(tree).parts, versions=[file.read_bytes()])
