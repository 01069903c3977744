"""`xtenant token`: an access token on standard output, for curl and scripts."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from xtenant.cli.tools import TenantOption, tools_of


class As(StrEnum):
    """Who the token is for (settled A 7); all but the app exist in a lab only."""

    APP = "app"
    GLOBAL_ADMIN = "global_admin"
    SHAREPOINT_ADMIN = "sharepoint_admin"
    USER = "user"


def register(app: typer.Typer) -> None:
    app.command("token")(token)


def token(
    context: typer.Context,
    tenant: TenantOption,
    resource: Annotated[str, typer.Option("--resource", help="For example https://graph.microsoft.com.")],
    who: Annotated[As, typer.Option("--as", help="Whose token; the people exist in a lab only.")] = As.APP,
) -> None:
    """Print an access token for a resource.

    Example: curl -H "Authorization: Bearer $(xtenant token -t contoso --resource https://graph.microsoft.com)" …
    """
    tools = tools_of(context)
    profile = tools.store.get(tenant)

    async def ask() -> str:
        return await tools.opener.token(profile, resource.rstrip("/"), who=None if who is As.APP else who.value)

    typer.echo(tools.run(ask))
