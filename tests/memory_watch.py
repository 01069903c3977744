"""How much memory several processes take together, as a test or a benchmark watches them."""

from __future__ import annotations

import threading
from pathlib import Path

EVERY_SECONDS = 0.1


class MemoryWatch:
    """Samples the proportional set size (PSS) of processes every 100 ms: what is shared is counted once."""

    def __init__(self, pids: dict[str, int]) -> None:
        self.peak_bytes = 0
        self.peaks = dict.fromkeys(pids, 0)
        self._pids = pids
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> MemoryWatch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ending.wait(EVERY_SECONDS):
            sizes = {name: pss_bytes(pid) for name, pid in self._pids.items()}
            self.peak_bytes = max(self.peak_bytes, sum(sizes.values()))
            self.peaks = {name: max(self.peaks[name], size) for name, size in sizes.items()}


def pss_bytes(pid: int) -> int:
    rows = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return 1024 * next(int(row.split()[1]) for row in rows if row.startswith("Pss:"))
