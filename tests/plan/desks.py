"""A desk that lasts for many tests: one estate is planted once, and everything is asked of it."""

from __future__ import annotations

import io
import shlex
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass

from desk import Answer, Desk

CONNECT = "Connect-SPOService"


class LastingDesk(Desk):
    """A desk with its own capture; made with `capsys=None`."""

    def run(self, *arguments: str, stdin: str | None = None) -> Answer:
        out, err = io.StringIO(), io.StringIO()
        self.capsys = _Capture(out, err)  # type: ignore[assignment]
        with redirect_stdout(out), redirect_stderr(err):
            return super().run(*arguments, stdin=stdin)

    def carry_out(self, commands: Sequence[str]) -> None:
        """The lines of a remedy as they stand: ours by the command line, all others typed into the shell."""
        ours = [line for line in commands if line.startswith("xtenant ")]
        typed = [line for line in commands if line not in ours]
        assert not typed or typed[0].startswith(CONNECT), f"the tenant is not named first: {typed}"
        if typed:
            answer = self.run("shell", stdin="\n".join(typed) + "\n")
            assert answer.code == 0, f"{typed}: {answer.err}"
        for line in ours:
            answer = self.run(*shlex.split(line)[1:])
            assert answer.code == 0, f"{line}: {answer.out}{answer.err}"


@dataclass
class _Capture:
    out: io.StringIO
    err: io.StringIO

    def readouterr(self) -> Answer:
        said = Answer(0, self.out.getvalue(), self.err.getvalue())
        for stream in (self.out, self.err):
            stream.seek(0)
            stream.truncate()
        return said
