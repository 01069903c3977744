"""`xtenant`: runs the command tree, and turns every error into one text and one exit code.

The only place of the command line that catches everything (style 16). Cmdlets by their own name (`xtenant Get-SPOSite …`)
are noticed before the tree is asked, since PowerShell's parameters are not options.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import typer

from xtenant.cli.cmdlet_call import cmdlet_call
from xtenant.cli.composition import build_tools
from xtenant.cli.output import note
from xtenant.cli.reporting import report
from xtenant.cli.tools import Tools
from xtenant.cli.tree import command_tree
from xtenant.domain import errors

FAULT = 70
"""Exit code of a fault of ours (EX_SOFTWARE); its trace is in the log file named."""


def main(arguments: Sequence[str] | None = None, *, tools: Tools | None = None) -> int:
    """Run one command line; the exit code (settled A 22). `tools` replaces what the environment would give."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    at_hand = tools
    try:
        at_hand = tools or build_tools()
        if given[:1] == ["--read-only"]:  # taken off here, since a cmdlet by its own name never reaches the tree
            given, at_hand = given[1:], replace(at_hand, opener=at_hand.opener.reading_only())
        return _run(given, at_hand)
    except errors.XTenantError as error:
        return report(error)
    except typer.TyperException as error:
        if error.format_message():  # empty where the help was asked for by giving nothing
            note(f"error: {error.format_message()}")
        return errors.ExitCode.USAGE
    except (KeyboardInterrupt, typer.Abort):
        note("interrupted")
        return errors.ExitCode.INTERRUPTED
    except BrokenPipeError:
        return errors.ExitCode.FINDINGS
    except Exception as error:  # the command line's edge: a person gets one line, the file the rest
        return _fault(error, at_hand)


def _run(given: list[str], tools: Tools) -> int:
    cmdlet = cmdlet_call(given)
    if cmdlet is not None:
        from xtenant.cli import shell  # with every cmdlet behind it, which no other command needs

        return shell.run_cmdlet(cmdlet, tools)
    code = command_tree(given[0] if given else "").main(
        args=given, prog_name="xtenant", standalone_mode=False, obj=tools
    )
    return code if isinstance(code, int) else errors.ExitCode.DONE


def _fault(error: Exception, tools: Tools | None) -> int:
    """One line for the person, the trace for the log file in the profile home."""
    trace = "".join(traceback.format_exception(error))
    place = _written(tools.settings.profile_home / "fault.log", trace) if tools else None
    where = f"; the trace is in {place}" if place else f":\n{trace}"
    note(f"error: this is a fault of xtenant: {type(error).__name__}{where}")
    return FAULT


def _written(path: Path, trace: str) -> Path | None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as log:
            path.chmod(0o600)
            log.write(trace + "\n")
    except OSError:
        return None
    return path


if __name__ == "__main__":
    sys.exit(main())
