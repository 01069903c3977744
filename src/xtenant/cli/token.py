"""`xtenant token`: an access token on standard output, for curl and scripts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from xtenant.cli.tools import TenantOption, Tools, tools_of
from xtenant.client.lab import read_lab
from xtenant.client.profiles import Profile, ProfileKind, way_to
from xtenant.domain import errors
from xtenant.domain.tenant import GRAPH_HOST

APP = "app"
ROLES = ("global_admin", "sharepoint_admin", "user")
"""Persons a lab names by their role (settled A 7)."""


def register(app: typer.Typer) -> None:
    app.command("token")(token)


def token(
    context: typer.Context,
    tenant: TenantOption,
    resource: Annotated[
        str, typer.Option("--resource", help="For example https://contoso.sharepoint.com.")
    ] = f"https://{GRAPH_HOST}",
    who: Annotated[
        str,
        typer.Option(
            "--as", help="Whose token: app, global_admin, sharepoint_admin, user, or a UPN. People are a lab's only."
        ),
    ] = APP,
) -> None:
    """Print an access token for a resource.

    Example: curl -H "Authorization: Bearer $(xtenant token -t contoso --resource https://graph.microsoft.com)" …
    In a lab everybody can be named, also guests and people made later: xtenant token -t contoso --as ann@contoso.com
    """
    tools = tools_of(context)
    profile = tools.store.get(tenant)
    if "@" in who:
        typer.echo(_of_person(tools, profile, who, resource))
        return
    if who not in (APP, *ROLES):
        raise errors.UsageError(f"'{who}' is nobody.", remedy=f"Write one of {', '.join((APP, *ROLES))}, or a UPN.")

    async def ask() -> str:
        return await tools.opener.token(profile, resource.rstrip("/"), who=None if who == APP else who)

    typer.echo(tools.run(ask))


def _of_person(tools: Tools, profile: Profile, upn: str, resource: str) -> str:
    """A person's token, made by their lab tenant on its control socket (settled C 4). Refused for any other profile."""
    if profile.lab is None or profile.kind is ProfileKind.MICROSOFT365:
        raise errors.UsageError(
            f"'{profile.name}' is a profile of Microsoft 365: only a lab makes tokens in a person's name.",
            remedy="Connect a profile with --device-code and sign in as the person.",
        )
    way_to(profile, tools.settings.lab_home)
    home = Path(profile.lab.home)
    names = [name for name, own in read_lab(home).tenants.items() if own.tenant_id == profile.tenant_id]
    if not names:
        raise errors.LabMissing(f"The lab in {home} has no tenant of the profile '{profile.name}'.")
    from xtenant.lab.people_commands import tokens  # loads what only this needs

    return tokens(home, names[0], [upn], resource)[0]
