"""`xtenant plan discover`: read a tenant into its inventory, and say what was found."""

from __future__ import annotations

from typing import Annotated

import typer

from xtenant.cli.inventories import MovesOption, home_of, read_tenant, sources_in, warn_of
from xtenant.cli.output import OutputOption, emit
from xtenant.cli.tools import TenantOption, tools_of
from xtenant.domain import errors

app = typer.Typer(help="Plan a merger: read tenants, and what follows from it.", no_args_is_help=True)

DirectoryOnly = Annotated[
    bool, typer.Option("--directory-only", help="Read people, groups and the list of sites, no permissions.")
]


@app.command("discover")
def discover(
    context: typer.Context,
    tenant: TenantOption,
    moves: MovesOption = None,
    directory_only: DirectoryOnly = False,
    output: OutputOption = None,
) -> None:
    """Read a tenant: people, groups, licences, sites, permissions. Only reads. A killed run goes on where it stood.

    With --moves the permissions of the sites that move are read, else those of all sites. Exit code 1 when a site could not be
    read, or a name in the moves means none.

    Example: xtenant plan discover -t contoso --moves moves.csv
    """
    tools = tools_of(context)
    if directory_only and moves is not None:
        raise errors.UsageError("Give --moves or --directory-only, not both.")
    profile = tools.store.get(tenant)
    with home_of(tools).own(profile.tenant_id, afresh=True) as inventory:
        report = read_tenant(tools, profile, inventory, [] if directory_only else sources_in(moves))
        warn_of(report)
        counts = inventory.counts()
    emit(
        {
            "tenant": profile.name,
            "kind": profile.shown_kind,
            "went_on": report.went_on,
            "users": counts["user"],
            "guests": counts["guest"],
            "security_groups": counts["security"],
            "m365_groups": counts["m365"],
            "site_groups": counts["sitegroup"],
            "members": counts["members"],
            "sites": counts["sites"],
            "sites_read": report.sites_read,
            "sites_unread": [{"url": url, "reason": reason} for url, reason in report.unread],
            "names_unknown": list(report.missing),
            "items": counts["items"],
            "scopes": counts["scopes"],
            "assignments": counts["assignments"],
            "inventory": str(inventory.path),
        },
        output,
    )
    if report.unread or report.missing:
        raise typer.Exit(errors.ExitCode.FINDINGS)
