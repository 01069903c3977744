"""`xtenant`: builds the command tree, runs it, and turns every error into one text and one exit code.

The only place of the command line that catches everything (style 16). Cmdlets by their own name (`xtenant Get-SPOSite …`)
are noticed before the tree is asked, since PowerShell's parameters are not options.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Annotated, cast

import typer
import typer.core
import typer.main

from xtenant.cli import (
    access,
    audit,
    compatibility,
    connect,
    demo,
    discover,
    doctor,
    handover,
    host_url,
    identity_map,
    import_results,
    lab,
    lab_import,
    map_build,
    map_lint,
    map_rows,
    move,
    people,
    plan_check,
    plan_declare,
    plan_emit,
    plan_files,
    serve,
    setup_app,
    shell,
    sites,
    token,
    trust,
)
from xtenant.cli.composition import build_tools
from xtenant.cli.output import note
from xtenant.cli.reporting import report
from xtenant.cli.tools import Tools
from xtenant.domain import errors

FAULT = 70
"""Exit code of a fault of ours (EX_SOFTWARE); its trace is in the log file named."""

app = typer.Typer(
    name="xtenant",
    help="Move SharePoint sites and OneDrives between Microsoft 365 tenants, in Microsoft's seven steps.",
    epilog="Microsoft's cmdlets run by their own names too: xtenant -t NAME Get-SPOCrossTenantHostUrl. See `xtenant shell --list`.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


ReadOnlyOption = Annotated[
    bool, typer.Option("--read-only", help="Send nothing that could change a tenant; such a call is refused unsent.")
]


@app.callback()
def root(read_only: ReadOnlyOption = False) -> None:
    """Move SharePoint sites and OneDrives between Microsoft 365 tenants, in Microsoft's seven steps."""


for _part in (connect, token, host_url, compatibility, doctor, shell, import_results, demo, serve):
    _part.register(app)
app.add_typer(trust.app, name="trust")
map_build.register(identity_map.app)
map_lint.register(identity_map.app)
map_rows.register(identity_map.app)
app.add_typer(identity_map.app, name="map")
plan_check.register(discover.app)
plan_declare.register(discover.app)
plan_files.register(discover.app)
plan_emit.register(discover.app)
app.add_typer(discover.app, name="plan")
app.add_typer(handover.app, name="handover")
app.add_typer(access.app, name="access")
app.add_typer(move.app, name="move")
app.add_typer(people.app, name="people")
app.add_typer(sites.app, name="sites")
app.add_typer(sites.redirects, name="redirects")
app.add_typer(setup_app.app, name="setup")
app.add_typer(connect.profiles, name="profiles")
app.add_typer(audit.app, name="audit")
lab.app.command("import")(lab_import.import_)
app.add_typer(lab.app, name="lab")


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
    cmdlet = shell.cmdlet_call(given)
    if cmdlet is not None:
        return shell.run_cmdlet(cmdlet, tools)
    code = _command_tree().main(args=given, prog_name="xtenant", standalone_mode=False, obj=tools)
    return code if isinstance(code, int) else errors.ExitCode.DONE


@cache
def _command_tree() -> typer.core.TyperGroup:
    """The whole tree; made from the functions' signatures, which takes a tenth of a second, and once only."""
    return cast(typer.core.TyperGroup, typer.main.get_command(app))


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
