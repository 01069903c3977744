"""`xtenant shell`, and cmdlets as commands of their own: `xtenant Set-SPOCrossTenantRelationship …` in any letter case."""

from __future__ import annotations

import signal
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from xtenant.cli.changing import ConfirmOption, require_confirmed
from xtenant.cli.cmdlet_call import CmdletCall
from xtenant.cli.connection import OneConnection
from xtenant.cli.output import OutputOption, emit, note
from xtenant.cli.reporting import report
from xtenant.cli.script_running import run_script
from xtenant.cli.tools import Tools, tools_of, warn
from xtenant.client.profiles import Profile, ProfileKind
from xtenant.client.sending import may_send
from xtenant.client.shakedown import NotShakenDown
from xtenant.cmdlets.host import Host, NotConnected
from xtenant.cmdlets.line import Line, line_of_words
from xtenant.cmdlets.shell import Shell
from xtenant.cmdlets.table import CMDLETS, find, run_line, verb_changed_by
from xtenant.domain import errors
from xtenant.domain.tenant import GeoCode

HISTORY_LINES = 1_000


def register(app: typer.Typer) -> None:
    app.command("shell")(shell)


def shell(
    context: typer.Context,
    tenant: Annotated[str | None, typer.Option("--tenant", "-t", help="Connect to this profile first.")] = None,
    geo: Annotated[str | None, typer.Option("--geo", help="The geo, where the tenant has several.")] = None,
    confirm: ConfirmOption = None,
    script: Annotated[
        Path | None,
        typer.Option("--script", help="Run the steps of a script of --emit, and keep their results beside it."),
    ] = None,
    show_list: Annotated[bool, typer.Option("--list", help="List the cmdlets there are.")] = False,
    output: OutputOption = None,
) -> None:
    """Run Microsoft's cmdlets from standard input or a terminal, one a line. It runs cmdlets, not the PowerShell language.

    An error ends its line only; the exit code is that of the last line that failed.

    Example: echo 'Get-SPOCrossTenantHostUrl' | xtenant shell -t contoso
    """
    if show_list:
        emit(
            [{"cmdlet": one.name, "parameters": _parameters(one.name), "what": one.what} for one in CMDLETS.values()],
            output,
        )
        return
    tools = tools_of(context)
    raise typer.Exit(tools.run(lambda: _shell(tools, tenant, GeoCode(geo) if geo else None, confirm or [], script)))


def _parameters(name: str) -> str:
    return " ".join(one.shown if one.mandatory else f"[{one.shown}]" for one in find(name).parameters)


async def _shell(
    tools: Tools, tenant: str | None, geo: GeoCode | None, confirmed: Sequence[str], script: Path | None
) -> int:
    async with OneConnection(tools) as connection:
        if tenant is not None:
            await connection.use(tools.store.get(tenant), geo)
        if script is not None:
            return await run_script(_host(tools, connection, confirmed), script, report, clock=tools.clock)
        running = Shell(_host(tools, connection, confirmed), report)
        if sys.stdin.isatty():
            return await _converse(running, connection, tools.settings.profile_home / "history")
        return await running.run_all(sys.stdin)


def _host(tools: Tools, connection: OneConnection, confirmed: Sequence[str]) -> Host:
    @contextmanager
    def changing(profile: Profile, verb: str) -> Generator[None]:
        with _told_for_cmdlets(), tools.opener.sending.declared(verb, [profile]):
            require_confirmed(tools, [profile], confirmed)
            yield

    return Host(connector=connection, say=_say, warn=warn, changing=changing)


@contextmanager
def _told_for_cmdlets() -> Generator[None]:
    """A cmdlet line is PowerShell already: what is not sent from here is run in Microsoft's own shell."""
    try:
        yield
    except NotShakenDown as error:
        error.remedy = (
            "Nothing was sent. Run the line in the SharePoint Online Management Shell; xtenant's own commands write such "
            "lines out with --emit powershell."
        )
        raise


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


async def _converse(running: Shell, connection: OneConnection, history: Path) -> int:
    """Prompt, read, run, until Ctrl-D or `exit`; Ctrl-C drops the line begun."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # asyncio's own would end the shell after the line
    _prepare_terminal(history)
    note("xtenant runs cmdlets, not the PowerShell language. `exit` or Ctrl-D leaves.")
    while True:
        name = connection.connected.name if connection.connected else "not connected"
        try:
            if not await running.feed(input(">> " if running.unfinished else f"{name}> ")):
                break
        except EOFError:
            break
        except KeyboardInterrupt:
            running.forget()
            note("")
    await running.end()
    _keep_history(history)
    return errors.ExitCode.DONE


def _prepare_terminal(history: Path) -> None:
    """History and completion of cmdlet names, where the machine's Python has readline."""
    try:
        import readline
    except ImportError:
        return
    names = [cmdlet.name for cmdlet in CMDLETS.values()]

    def complete(begun: str, number: int) -> str | None:
        fitting = [name for name in names if name.lower().startswith(begun.lower())]
        return fitting[number] if number < len(fitting) else None

    readline.set_completer_delims(" ")
    readline.set_completer(complete)
    readline.parse_and_bind("tab: complete")
    readline.set_history_length(HISTORY_LINES)
    if history.exists():
        readline.read_history_file(history)


def _keep_history(history: Path) -> None:
    try:
        import readline
    except ImportError:
        return
    history.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    history.touch(mode=0o600)
    readline.write_history_file(history)


def run_cmdlet(call: CmdletCall, tools: Tools) -> int:
    """Run one cmdlet; it works on `-t`, else on what `Connect-SPOService` connected to last, else on the only profile.

    Raises NotConnected when none of these says which tenant is meant.
    """
    line = line_of_words(call.words)
    name = find(line.cmdlet).name

    async def work() -> int:
        async with OneConnection(tools) as connection:
            if name != "Connect-SPOService":
                meant, geo = _meant(tools, call)
                profile = tools.store.get(meant)
                _require_sendable(tools, profile, line)
                await connection.use(profile, geo)
            await run_line(_host(tools, connection, call.confirmed), line)
            if name == "Connect-SPOService" and connection.connected is not None:
                tools.store.remember_connected(connection.connected.profile.name, connection.geo)
            elif name == "Disconnect-SPOService":
                tools.store.remember_connected(None)
        return errors.ExitCode.DONE

    return tools.run(work)


def _require_sendable(tools: Tools, profile: Profile, line: Line) -> None:
    """Raises NotShakenDown before signing in, which would be for nothing."""
    if profile.kind is ProfileKind.MICROSOFT365 and (verb := verb_changed_by(line)) is not None:
        with _told_for_cmdlets():
            may_send(profile, verb, tools.opener.sending.home)


def _meant(tools: Tools, call: CmdletCall) -> tuple[str, GeoCode | None]:
    if call.tenant is not None:
        return call.tenant, GeoCode(call.geo) if call.geo else None
    remembered = tools.store.connected()
    if remembered is not None:
        return remembered
    profiles = tools.store.all()
    if len(profiles) == 1:
        return profiles[0].name, GeoCode(call.geo) if call.geo else None
    error = NotConnected()
    error.remedy = "Say which: xtenant -t NAME " + call.words[0] + " …, or run xtenant Connect-SPOService -Url … first."
    raise error
