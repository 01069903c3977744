"""`xtenant shell --script FILE`: the steps of a script run here one after the other, each with a line of results as PowerShell
would leave it. The script's fixed parts are not run but compared: ours do the same.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from xtenant.cli.output import note
from xtenant.cmdlets.host import Host
from xtenant.cmdlets.line import parse_line
from xtenant.cmdlets.script import results
from xtenant.cmdlets.script.reading import read_script
from xtenant.cmdlets.script.results import LONGEST_TEXT, Result
from xtenant.cmdlets.script.steps import sha256_of
from xtenant.cmdlets.table import run_line
from xtenant.domain import errors
from xtenant.domain.ports.clock import Clock

LARGEST_BYTES = 64 * 1024 * 1024


@dataclass(slots=True)
class _Printed:
    """What a step printed, for its result; it is shown as well."""

    say: Callable[[str], None]
    lines: list[str] = field(default_factory=list[str])

    def __call__(self, text: str) -> None:
        self.lines.append(text)
        self.say(text)


async def run_script(host: Host, path: Path, report: Callable[[errors.XTenantError], int], *, clock: Clock) -> int:
    """The exit code of the last step that failed. A connection that fails ends the script: no line reaches another tenant.

    Raises NotAScript.
    """
    script = read_script(_text_of(path))
    code = 0
    with contextlib.chdir(path.parent):
        for step_id, line in script.lines:
            printed = _Printed(host.say)
            started = clock.business_now()
            error = await _run(replace(host, say=printed), line)
            if error is not None:
                code = report(error)
            result = Result(
                plan_id=script.plan_id,
                step=step_id,
                sha256_of_line=sha256_of(line),
                started=started,
                ended=clock.business_now(),
                ok=error is None,
                error_text=error.text[:LONGEST_TEXT] if error else "",
                output="\n".join(printed.lines)[:LONGEST_TEXT],
            )
            _append(Path(path.name).with_suffix(".results.jsonl"), results.written(result))
            if error is not None and line.startswith("Connect-"):
                note("The connection failed: the rest of the script was not run.")
                break
    return code


async def _run(host: Host, line: str) -> errors.XTenantError | None:
    try:
        parsed = parse_line(line)
        if parsed is not None:
            await run_line(host, parsed)
    except errors.XTenantError as error:
        return error
    return None


def _text_of(path: Path) -> str:
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise errors.TooLarge(f"{path} is larger than {LARGEST_BYTES} bytes.")
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise errors.UsageError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise errors.UsageError(f"{path} is not UTF-8.") from error


def _append(path: Path, line: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600), "wb") as file:
        file.write(line)
