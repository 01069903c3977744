"""100,000 items moved beside 10,000: the time an item takes, and the memory of everything that takes part.

Files are small, so that what is measured is the work that each item makes. Memory is the peak sum of the proportional set size
of both services, the lab's front and the client, sampled every 100 ms (settled B 19).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from bench.figures import Figure
from bench.moving import told_seconds
from ground import Ground, Planted
from memory_watch import MemoryWatch
from xtenant.cli.demo.stage import SOURCE

FEW, MANY = 10_000, 100_000
FILES_A_FOLDER = 24
MIB = 1024 * 1024


def measure(ground: Ground, folder: Path) -> list[Figure]:
    moved(ground, "warm-up", FILES_A_FOLDER * 40)  # what a service loads at its first move is no matter of size
    (few_seconds, few_bytes), (many_seconds, many_bytes) = (
        moved(ground, f"scale-{items}", items) for items in (FEW, MANY)
    )
    return [
        Figure(name=f"move of {FEW:,} items", unit="ms an item", values=[1_000 * few_seconds / FEW]),
        Figure(name=f"move of {MANY:,} items", unit="ms an item", values=[1_000 * many_seconds / MANY]),
        Figure(
            name=f"an item among {MANY:,} (at most 1.25)",
            unit=f"× among {FEW:,}",
            values=[many_seconds / MANY / (few_seconds / FEW)],
        ),
        Figure(name=f"memory of a move of {FEW:,} items", unit="MiB", values=[few_bytes / MIB]),
        Figure(name=f"memory of a move of {MANY:,} items", unit="MiB", values=[many_bytes / MIB]),
        Figure(name=f"memory for {MANY:,} items (at most 1.5)", unit=f"× for {FEW:,}", values=[many_bytes / few_bytes]),
    ]


def moved(ground: Ground, name: str, items: int) -> tuple[float, float]:
    """Seconds, and bytes at the peak."""
    plot = ground.plant(name, files(items))
    status = ground.lab("status")
    pids = {row["tenant"]: row["pid"] for row in status["tenants"]} | {"front": status["pid"], "client": os.getpid()}
    with MemoryWatch(pids) as watch:
        job = ground.until_ended(ground.start(plot), pause=0.5)
    assert (job.state, job.error) == ("Success", None)
    assert job.items_total == items, job.items_total
    return told_seconds(ground.service_log(SOURCE), job.id), watch.peak_bytes


def files(items: int) -> Iterator[Planted]:
    """So many files and folders together, a folder for every 24 files."""
    made, number = 0, 0
    while made < items:
        for file in range(min(FILES_A_FOLDER, items - made - 1)):
            names = (f"folder-{number:05d}", f"file-{file:02d}.txt")
            yield Planted(names=names, versions=[b"what the file %d of folder %d says\n" % (file, number) * 8])
            made += 1
        made += 1
        number += 1
