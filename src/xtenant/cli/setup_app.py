"""`xtenant setup app`: how to register the app that the tools sign in with, for a portal or as a script. It only prints."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Annotated

import typer

from xtenant.cli.output import Format, OutputOption, emit
from xtenant.cli.setup_scripts import az_script, certificate_script, graph_script
from xtenant.cli.streaming import form_of
from xtenant.domain import errors
from xtenant.domain.consents import Consent, Level, consents_of

app = typer.Typer(help="Make a tenant ready for these tools.", no_args_is_help=True)


@app.callback()
def setup() -> None:
    """Make a tenant ready for these tools."""


class Script(StrEnum):
    """Which text `--script` prints."""

    GRAPH = "graph"
    AZ = "az"
    CERTIFICATE = "certificate"


class AppLevel(StrEnum):
    """The levels an app can be registered for."""

    DIRECTORY = "directory"
    CONTENT = "content"
    ADMIN = "admin"
    MOVE = "move"


LevelOption = Annotated[
    AppLevel, typer.Option("--level", help="What the app is for; each level holds those before it.")
]
ScriptOption = Annotated[
    Script | None,
    typer.Option(
        "--script", help="Print a script instead: Graph PowerShell, Azure CLI, or openssl for the certificate."
    ),
]
DeviceOption = Annotated[
    bool, typer.Option("--device-code", help="For people who sign in by device code: delegated permissions.")
]
TargetOption = Annotated[
    bool,
    typer.Option("--target/--source", help="Whether the tenant receives: only then it needs what makes people there."),
]
NameOption = Annotated[str, typer.Option("--name", help="The app's display name.")]


@app.command("app")
def setup_app(
    level: LevelOption = AppLevel.ADMIN,
    script: ScriptOption = None,
    device_code: DeviceOption = False,
    target: TargetOption = True,
    name: NameOption = "xtenant",
    output: OutputOption = None,
) -> None:
    """Say which permissions an app needs and how to register it. Nothing is sent; no tenant is touched.

    Example: xtenant setup app --level content --script graph > register-app.ps1
    """
    if not name.strip() or not name.isprintable() or len(name) > 120 or any(sign in name for sign in "'\"`$\\"):
        raise errors.UsageError("The app's name has signs that do not belong in one.", remedy="Use letters and digits.")
    if device_code and level not in (AppLevel.DIRECTORY, AppLevel.ADMIN):
        raise errors.UsageError(
            "By device code only the levels directory and admin can be had.",
            remedy="A person's sign-in sees no content but their own: register an app with a certificate.",
        )
    consents = [each for each in consents_of(Level(level.value)) if target or not each.target_only]
    if device_code:  # people see content only where it is theirs, whatever is consented to (settled C 15)
        consents = [each for each in consents if each.level is not Level.CONTENT]
    match script:
        case Script.GRAPH:
            sys.stdout.write(graph_script(name, consents, delegated=device_code))
        case Script.AZ:
            sys.stdout.write(az_script(name, consents, delegated=device_code))
        case Script.CERTIFICATE:
            sys.stdout.write(certificate_script(name))
        case None:
            _tell(level, consents, steps(name, consents, delegated=device_code), output, delegated=device_code)


def _tell(level: AppLevel, consents: list[Consent], told: list[str], output: Format | None, *, delegated: bool) -> None:
    rows = [_row(each, delegated=delegated) for each in consents]
    if form_of(output) is not Format.TABLE:
        emit({"level": level.value, "permissions": rows, "steps": told}, output)
        return
    emit(rows, Format.TABLE)
    sys.stdout.write("".join(f"{number:>3}. {step}\n" for number, step in enumerate(told, 1)))


def steps(name: str, consents: list[Consent], *, delegated: bool) -> list[str]:
    """What to click in the portal, in order."""
    kind = "Delegated" if delegated else "Application"
    chosen = [
        f"API permissions › Add a permission › {each.api.display_name} › {kind} permissions › {scope_of(each, delegated=delegated)}"
        for each in consents
    ]
    proof = (
        ["Authentication › Advanced settings › Allow public client flows: Yes › Save"]
        if delegated
        else [
            "On your machine: xtenant setup app --script certificate | sh (makes app.crt and app.pem; app.pem stays with you)",
            "Certificates & secrets › Certificates › Upload certificate › app.crt. No client secret: SharePoint refuses it.",
        ]
    )
    return [
        "Sign in to https://entra.microsoft.com as Application Administrator of the tenant",
        f"App registrations › New registration › Name '{name}' › Accounts in this organizational directory only › Register",
        "Overview: note the Application (client) ID and the Directory (tenant) ID",
        *proof,
        "API permissions › remove User.Read, which comes by itself and is not needed",
        *chosen,
        "A Global Administrator or Privileged Role Administrator: API permissions › Grant admin consent for the tenant",
        "xtenant connect NAME --url https://NAME-admin.sharepoint.com --tenant-id TENANT_ID --client-id CLIENT_ID "
        + ("--device-code" if delegated else "--certificate app.pem"),
        "xtenant doctor -t NAME",
    ]


def scope_of(each: Consent, *, delegated: bool) -> str:
    """The permission's name; SharePoint calls its widest delegated one differently."""
    return "AllSites.FullControl" if delegated and each.name == "Sites.FullControl.All" else each.name


def _row(each: Consent, *, delegated: bool) -> dict[str, object]:
    return {
        "api": each.api.display_name,
        "permission": scope_of(each, delegated=delegated),
        "kind": "delegated" if delegated else "application",
        "level": each.level.value,
        "writes": each.writes,
        "for": each.why,
    }
