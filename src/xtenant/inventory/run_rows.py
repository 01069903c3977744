"""Runs of a crawl in an inventory: what a run wants, which parts of it are done, so that a killed one goes on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from xtenant.inventory.reading_rows import ReadingRows
from xtenant.inventory.schema import moment_text, text_moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One crawl. `selection` says what it wants: `*` for everything, else a text two equal wishes share."""

    run_id: int
    selection: str
    started_at: datetime
    ended_at: datetime | None = None


class RunRows(ReadingRows):
    """Readers and writers of runs; a new run forgets the parts of older ones."""

    def begin_run(self, selection: str, now: datetime) -> Run:
        with self.writing():
            self._database.execute("DELETE FROM run_parts")
            made = self._database.execute(
                "INSERT INTO runs (selection, started_at) VALUES (?, ?)", (selection, moment_text(now))
            )
            return Run(run_id=made.lastrowid or 0, selection=selection, started_at=now)

    def last_run(self) -> Run | None:
        row = self._one("SELECT run_id, selection, started_at, ended_at FROM runs ORDER BY run_id DESC LIMIT 1")
        if row is None:
            return None
        run_id, selection, started, ended = row
        return Run(
            run_id=run_id,
            selection=selection,
            started_at=datetime.fromisoformat(started),
            ended_at=text_moment(ended),
        )

    def note_part(self, run: Run, part: str) -> None:
        """A part of a run is done: written in the transaction of what it brought."""
        self._write("INSERT OR REPLACE INTO run_parts VALUES (?, ?)", [(run.run_id, part)])

    def parts_done(self, run: Run) -> set[str]:
        found = self._database.execute("SELECT part FROM run_parts WHERE run_id = ?", (run.run_id,))
        return {part for (part,) in found}

    def end_run(self, run: Run, now: datetime) -> None:
        self._write("UPDATE runs SET ended_at = ? WHERE run_id = ?", [(moment_text(now), run.run_id)])
