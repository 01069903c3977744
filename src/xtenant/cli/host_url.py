"""`xtenant host-url`: the address a partner must name (step 2)."""

from __future__ import annotations

import typer

from xtenant.cli.output import OutputOption, emit
from xtenant.cli.tools import GeoOption, TenantOption, tools_of


def register(app: typer.Typer) -> None:
    app.command("host-url")(host_url)


def host_url(context: typer.Context, tenant: TenantOption, geo: GeoOption = None, output: OutputOption = None) -> None:
    """Print the tenant's cross-tenant host URL, which the partner needs.

    Example: xtenant host-url -t contoso
    """
    tools = tools_of(context)

    async def ask() -> str:
        async with tools.open(tenant, geo) as client:
            return str(await client.host_url())

    profile = tools.store.get(tenant)
    emit({"host_url": tools.run(ask), "tenant": tenant, "kind": profile.shown_kind}, output)
