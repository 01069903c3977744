"""Runs cmdlet lines one after the other, as PowerShell does: an error ends its line, not the rest.

The exit code of the whole is that of the last line that failed, 0 when none did. A Connect-SPOService that fails leaves no
connection, so that lines meant for one tenant never reach another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from xtenant.cmdlets.host import Host
from xtenant.cmdlets.line import Line, LineError, UnfinishedLine, parse_line
from xtenant.cmdlets.table import run_line
from xtenant.domain import errors

CONTINUATION_LIMIT = 100
LEAVING = frozenset({"exit", "quit"})

Report = Callable[[errors.XTenantError], int]
"""Prints an error and gives its exit code."""


class Shell:
    """Takes raw lines; `feed` runs what is complete."""

    def __init__(self, host: Host, report: Report) -> None:
        self._host = host
        self._report = report
        self._begun: list[str] = []
        self.exit_code = 0

    @property
    def unfinished(self) -> bool:
        """Whether the last line ended in a backtick and wants another one."""
        return bool(self._begun)

    def forget(self) -> None:
        """Drop a line begun (Ctrl-C at the prompt)."""
        self._begun.clear()

    async def feed(self, raw: str) -> bool:
        """Take one more line; False when it asks to leave."""
        self._begun.append(raw.rstrip("\r\n").lstrip("\ufeff"))
        text = " ".join(self._begun)
        if text.strip().lower() in LEAVING:
            return False
        try:
            line = parse_line(text)
        except UnfinishedLine as error:
            self._begun[-1] = self._begun[-1].rstrip().removesuffix("`")
            if len(self._begun) > CONTINUATION_LIMIT:
                self._fail(error)
            return True
        except LineError as error:
            self._fail(error)
            return True
        self._begun.clear()
        await self._run(line)
        return True

    async def end(self) -> int:
        """No more lines come; the exit code."""
        if self._begun:
            self._fail(UnfinishedLine())
        return self.exit_code

    async def run_all(self, lines: Iterable[str]) -> int:
        """Every line; the exit code of the last that failed."""
        for raw in lines:
            if not await self.feed(raw):
                break
        return await self.end()

    async def _run(self, line: Line | None) -> None:
        if line is None:
            return
        try:
            await run_line(self._host, line)
        except errors.XTenantError as error:
            self._fail(error)

    def _fail(self, error: errors.XTenantError) -> None:
        self._begun.clear()
        self.exit_code = self._report(error)
