"""`xtenant lab …`: start, look at, steer and leave the embedded lab."""

from __future__ import annotations

import asyncio
import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from xtenant import settings
from xtenant.cli.output import OutputOption, emit, note
from xtenant.client.lab import read_lab, require_answering
from xtenant.domain import errors
from xtenant.lab import environment, estate, launch
from xtenant.lab.control import ask
from xtenant.lab.logs import log_to
from xtenant.lab.mails import MAIL_FOLDER, mails_in
from xtenant.lab.private_files import make_private_folder
from xtenant.lab.readiness import LOG_NAME
from xtenant.lab.site_commands import set_site
from xtenant.lab.switches import seconds_of
from xtenant.outside.clock import SystemClock
from xtenant.outside.ids import SystemIds

app = typer.Typer(
    name="lab", no_args_is_help=True, help="The embedded lab: tenants, proxy, sign-in, mail and time on this machine."
)

HomeOption = Annotated[
    Path | None,
    typer.Option("--home", help="The lab's home; else XTENANT_LAB, else .xtenant here.", show_default=False),
]
TenantOption = Annotated[str | None, typer.Option("--tenant", "-t", help="One tenant only.", show_default=False)]
Server = Annotated[str, typer.Argument(help="A tenant's name, or smtp.")]


class EnvironmentFormat(StrEnum):
    """What `lab env --format` takes."""

    SH = "sh"
    JSON = "json"


@app.command()
def up(
    home: HomeOption = None,
    tenants: Annotated[str, typer.Option(help="Names, separated by commas; contoso,fabrikam at first.")] = "",
    port: Annotated[int, typer.Option(help="Port of the first tenant, the others follow; 0 is any.")] = 0,
    proxy_port: Annotated[int, typer.Option(help="Port of the proxy; 0 is any.")] = 0,
    waiting_period: Annotated[str | None, typer.Option(help="How long a trust is dormant: 7d, 12h.")] = None,
    geos: Annotated[list[str] | None, typer.Option(help="contoso=NAM,EUR; may be repeated.")] = None,
    shared_store: Annotated[
        bool, typer.Option("--shared-store", help="Keep all tenants' content in one folder: moves link files.")
    ] = False,
    detach: Annotated[bool, typer.Option("--detach", help="Return once everything answers.")] = False,
    output: OutputOption = None,
) -> None:
    """Start the lab, made at the first time; in the foreground until Ctrl-C, or with --detach."""
    place = _place(home)
    period = None if waiting_period is None else seconds_of(waiting_period)
    lab = launch.prepare(
        place,
        names=[name for name in tenants.split(",") if name.strip()],
        geos=estate.parse_geos(geos or ()),
        waiting_period=period,
        port=port,
        proxy_port=proxy_port,
        ids=SystemIds(),
        now=SystemClock().security_now(),
        shared_store=shared_store,
    )

    def announce(status: dict[str, object]) -> None:
        for tenant in lab.tenants if period is not None else ():
            launch.change_settings(place, tenant.name, [("waiting_period", str(period))])
        emit(status, output)

    if detach:
        announce(launch.start_detached(place))
        return
    from xtenant.lab import supervisor  # loads the servers, which no other command needs

    with (place / LOG_NAME).open("a") as log_file:
        log_to(log_file)
        asyncio.run(supervisor.run(place, announce))


@app.command()
def status(home: HomeOption = None, output: OutputOption = None) -> None:
    """What runs, on which ports, and the lab's time."""
    emit(ask(_place(home), "status"), output)


@app.command()
def down(home: HomeOption = None, output: OutputOption = None) -> None:
    """End the lab; its data stay. Nothing to do is fine too."""
    place = _place(home)
    ended = launch.stop_running(place)
    emit({"home": str(place), "state": "stopped" if ended else "was not running"}, output)


@app.command()
def reset(home: HomeOption = None, output: OutputOption = None) -> None:
    """Throw away all data of the tenants, the mails and the clock's offset; ids, people and apps stay."""
    place = _place(home)
    launch.reset(place)
    emit({"home": str(place), "state": "empty"}, output)


@app.command()
def start(
    name: Server,
    after_restore: Annotated[
        bool,
        typer.Option(
            "--after-restore",
            help="Its database was put back from a backup: sites stay read-only until every partner was asked.",
        ),
    ] = False,
    home: HomeOption = None,
    output: OutputOption = None,
) -> None:
    """Start a stopped tenant, or the mail server."""
    emit(ask(_place(home), "start", name=name, after_restore=after_restore), output)


@app.command()
def stop(name: Server, home: HomeOption = None, output: OutputOption = None) -> None:
    """Stop a tenant in good order, or the mail server."""
    emit(ask(_place(home), "stop", name=name), output)


@app.command()
def kill(name: Server, home: HomeOption = None, output: OutputOption = None) -> None:
    """SIGKILL a tenant; returns when nothing of it listens."""
    emit(ask(_place(home), "kill", name=name), output)


@app.command()
def mail(
    tenant: TenantOption = None,
    show: Annotated[int | None, typer.Option(help="Print the mail of this number as it came.")] = None,
    home: HomeOption = None,
    output: OutputOption = None,
) -> None:
    """The mails the lab's mail server received, oldest first."""
    place = _place(home)
    lab = estate.read_estate(place)
    domains = None if tenant is None else lab.tenant(tenant).domains
    mails = mails_in(place / MAIL_FOLDER, domains)
    if show is None:
        rows = [{**msgspec.to_builtins(one), "file": str(place / MAIL_FOLDER / one.file)} for one in mails]
        emit(rows, output)
        return
    found = next((one for one in mails if one.number == show), None)
    if found is None:
        raise errors.NotFound(f"There is no mail {show}.", remedy="List them with `xtenant lab mail`.")
    sys.stdout.buffer.write((place / MAIL_FOLDER / found.file).read_bytes())


@app.command()
def clock(
    advance: Annotated[str | None, typer.Option(help="How far: 7d, 12h, 1d12h.")] = None,
    home: HomeOption = None,
    output: OutputOption = None,
) -> None:
    """The lab's business time; it only goes forward."""
    seconds = 0 if advance is None else seconds_of(advance)
    if seconds < 0:
        raise errors.UsageError("The lab's clock only goes forward.", remedy="Name a positive duration, such as 7d.")
    emit(ask(_place(home), "clock", seconds=seconds), output)


@app.command("set")
def set_(
    pairs: Annotated[list[str] | None, typer.Argument(metavar="KEY=VALUE…", help="None shows all settings.")] = None,
    tenant: Annotated[str, typer.Option("--tenant", "-t", help="The tenant.")] = "",
    site: Annotated[str, typer.Option(help="A site's address: its holds, lock, status, label, storage, owner.")] = "",
    home: HomeOption = None,
    output: OutputOption = None,
) -> None:
    """Switch features and settings of a tenant: waiting_period=7d status_set=preview MnASiteMove=off E36=on byok=on.

    With --site, state facts of a site that no client can make true: holds=on lock=ReadOnly status=Creating label=NAME
    storage=6T owner=UPN redirect=URL, "label:Shared Documents/Plan.docx=NAME,user-defined", "list:Workflow History=140".
    """
    if not tenant:
        raise errors.UsageError("Name the tenant with -t.")
    split = [pair.partition("=") for pair in pairs or ()]
    if wrong := [key for key, equals, _ in split if not equals]:
        raise errors.UsageError(f"'{wrong[0]}' has no value.", remedy="Write KEY=VALUE.")
    given = [(key, value) for key, _, value in split]
    if site:
        emit(set_site(_place(home), tenant, site, given), output)
        return
    emit(launch.change_settings(_place(home), tenant, given), output)


@app.command()
def approve(
    code: Annotated[str, typer.Argument(help="The code that the device shows.")],
    upn: Annotated[str, typer.Option("--as", help="In whose name.")],
    home: HomeOption = None,
    output: OutputOption = None,
) -> None:
    """Approve a device code in the name of a lab's user, as the form at /deviceauth does for people."""
    place = _place(home)
    domain = upn.rpartition("@")[2].lower()
    owners = [tenant for tenant in estate.read_estate(place).tenants if domain in tenant.domains]
    if not owners:
        raise errors.UsageError(f"No tenant of the lab has users '@{domain}'.", remedy="See `xtenant lab people`.")
    emit(ask(estate.tenant_home(place, owners[0].name), "approve", code=code, upn=upn), output)


@app.command()
def collect(
    tenant: Annotated[str, typer.Option("--tenant", "-t", help="The tenant.")],
    home: HomeOption = None,
    output: OutputOption = None,
) -> None:
    """Remove content that nothing refers to any more, now; `lab set blob_grace=0` includes the newest."""
    place = _place(home)
    name = estate.read_estate(place).tenant(tenant).name
    emit(ask(estate.tenant_home(place, name), "collect"), output)


@app.command()
def people(tenant: TenantOption = None, home: HomeOption = None, output: OutputOption = None) -> None:
    """The lab's people with their passwords. These accounts exist in the lab only."""
    lab = estate.read_estate(_place(home))
    chosen = lab.tenants if tenant is None else (lab.tenant(tenant),)
    emit(
        [
            {
                "tenant": one.name,
                "upn": who.upn,
                "role": who.role.value,
                "name": who.display_name,
                "password": who.password,
            }
            for one in chosen
            for who in one.people
        ],
        output,
    )


@app.command()
def env(
    form: Annotated[EnvironmentFormat, typer.Option("--format", help="sh or json.")] = EnvironmentFormat.SH,
    home: HomeOption = None,
) -> None:
    """What leads a client into the lab: eval "$(xtenant lab env)", or everything as JSON."""
    lab = read_lab(_place(home))
    if form is EnvironmentFormat.SH:
        sys.stdout.write(environment.as_shell(environment.variables(lab)))
        return
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(lab), indent=2).decode() + "\n")


@app.command("exec", context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
def exec_(
    command: Annotated[list[str], typer.Argument(metavar="-- CMD ARGS…", help="Any unmodified client.")],
    private_ca: Annotated[
        bool, typer.Option("--private-ca", help="Put the lab's certificates in place of the system's, for CMD only.")
    ] = False,
    drill: Annotated[
        bool,
        typer.Option(
            "--drill", help="Show CMD the lab's tenants as tenants of Microsoft 365, with all that guards those."
        ),
    ] = False,
    home: HomeOption = None,
) -> None:
    """Run a program inside the lab, with a HOME of its own there; its exit code is the command's.

    Example: xtenant lab exec --drill -- xtenant doctor -t contoso
    """
    place = _place(home)
    lab = read_lab(place)
    require_answering(lab)
    token = str(ask(place, "drill")["token"]) if drill else ""
    _run_in(
        environment.child_variables(lab, drill=token),
        environment.with_private_ca(command, lab.ca_file) if private_ca else command,
    )


def _run_in(values: dict[str, str], command: list[str]) -> None:
    make_private_folder(Path(values["XTENANT_HOME"]))
    sys.stdout.flush()
    try:
        os.execvpe(command[0], command, settings.environment_of_child(values))  # noqa: S606 (the user's own command)
    except FileNotFoundError as error:
        note(f"{command[0]}: not found")
        raise typer.Exit(127) from error
    except PermissionError as error:
        note(f"{command[0]}: not executable")
        raise typer.Exit(126) from error


def _place(home: Path | None) -> Path:
    tools = settings.read_tool_settings()
    return (home or tools.lab_home or tools.default_lab_home).resolve()
