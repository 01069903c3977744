"""How the demo speaks: headings, the equivalent cmdlet lines, checks, progress bars on a terminal and plain lines elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager

from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn
from rich.table import Table

EXAMPLES = 3
PLAIN_WIDTH = 140


class Teller:
    """Prints the story of a demo and remembers which checks failed."""

    def __init__(self, console: Console | None = None) -> None:
        width = None if sys.stdout.isatty() else PLAIN_WIDTH
        self.console = console or Console(width=width, highlight=False, markup=False, emoji=False)
        self.failed: list[str] = []
        self.held = 0

    def heading(self, text: str) -> None:
        self.console.print(f"\n{text}", style="bold")

    def cmdlet(self, *lines: str) -> None:
        """Microsoft's lines for what happens now."""
        for line in lines:
            self.console.print(f"  PS> {line}", style="cyan", soft_wrap=True)

    def say(self, text: str) -> None:
        self.console.print(f"  {text}", soft_wrap=True)

    def check(self, what: str, holds: bool, seen: str = "") -> None:
        """Tell whether something that must hold does; the exit code depends on it."""
        if holds:
            self.held += 1
        else:
            self.failed.append(f"{what}{f': {seen}' if seen else ''}")
        mark, style = ("✓", "green") if holds else ("✗", "red")
        self.console.print(f"  {mark} {what}{f': {seen}' if seen else ''}", style=style, soft_wrap=True)

    def reasons(self, title: str, rows: Sequence[tuple[str, str]]) -> None:
        """How many there are of each kind, with the first examples; nothing for none."""
        kinds: dict[str, list[str]] = {}
        for place, reason in rows:
            kinds.setdefault(reason, []).append(place)
        for reason, places in kinds.items():
            shown = ", ".join(places[:EXAMPLES]) + (", …" if len(places) > EXAMPLES else "")
            self.say(f"{title}, {reason}: {len(places)} ({shown})")

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        table = Table(box=box.SIMPLE_HEAD)
        for number, name in enumerate(columns):
            table.add_column(name, justify="left" if number == 0 else "right", no_wrap=True)
        for row in rows:
            table.add_row(*row)
        self.console.print(table)

    @contextmanager
    def bars(self) -> Generator[Bars]:
        """Progress bars for a while."""
        columns = (
            SpinnerColumn(finished_text="✓"),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TextColumn("{task.fields[state]}", markup=False),
        )
        with Progress(*columns, console=self.console, disable=not self.console.is_terminal) as progress:
            yield Bars(self, progress)


class Bars:
    """The bars of one stretch of work. Without a terminal a changed state is a line of its own."""

    def __init__(self, teller: Teller, progress: Progress) -> None:
        self._teller = teller
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}
        self._states: dict[str, str] = {}

    def show(self, name: str, *, done: int = 0, total: int | None = None, state: str = "") -> None:
        if name not in self._tasks:
            self._tasks[name] = self._progress.add_task(f"  {name}", total=None, state=state)
        self._progress.update(self._tasks[name], completed=done, total=total, state=state)
        if not self._teller.console.is_terminal and self._states.get(name) != state:
            self._states[name] = state
            amount = f" {done:,} of {total:,}" if done and total else ""
            self._teller.say(f"{name}: {state}{amount}")
