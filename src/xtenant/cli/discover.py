"""`xtenant plan discover`: read a tenant into its inventory, and say what was found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import typer

from xtenant.cli.inventories import MovesOption, estimate_of, home_of, read_tenant, sources_in, warn_of
from xtenant.cli.output import OutputOption, emit
from xtenant.cli.tools import TenantOption, tools_of
from xtenant.domain import errors
from xtenant.domain.budget import Allowance
from xtenant.inventory.costs import Estimate
from xtenant.inventory.crawl import CrawlReport

app = typer.Typer(help="Plan a merger: read tenants, and what follows from it.", no_args_is_help=True)

DirectoryOnly = Annotated[
    bool, typer.Option("--directory-only", help="Read people, groups and the list of sites, no permissions.")
]


FullPermissions = Annotated[
    bool,
    typer.Option("--full-permissions", help="Read every item and the rights on it again, also where nothing changed."),
]
EstimateOnly = Annotated[
    bool, typer.Option("--estimate", help="Only say how many requests and resource units reading will take.")
]
BudgetOption = Annotated[
    bool, typer.Option("--budget", help="Keep to the published limits of Microsoft 365 in a lab too.")
]


@app.command("discover")
def discover(
    context: typer.Context,
    tenant: TenantOption,
    moves: MovesOption = None,
    directory_only: DirectoryOnly = False,
    full_permissions: FullPermissions = False,
    estimate: EstimateOnly = False,
    budget: BudgetOption = False,
    output: OutputOption = None,
) -> None:
    """Read a tenant: people, groups, licences, sites, items, permissions. Only reads. A killed run goes on where it stood.

    With --moves the sites that move are read, else all sites. A second run asks each site only for what changed; rights given on
    a folder or file leave no trace among changes, so they are as old as they say until --full-permissions. Exit code 1 when
    something could not be read, or a name in the moves means none.

    Example: xtenant plan discover -t contoso --moves moves.csv
    """
    tools = tools_of(context)
    if directory_only and moves is not None:
        raise errors.UsageError("Give --moves or --directory-only, not both.")
    profile, names = tools.store.get(tenant), [] if directory_only else sources_in(moves)
    bucket = tools.opener.budgets.of(profile)
    if budget and bucket is not None:
        bucket.enforce()
    with home_of(tools).own(profile.tenant_id, afresh=True) as inventory:
        if estimate:
            found = estimate_of(tools, profile, inventory, names, whole=full_permissions)
            emit(_told_estimate(found, tools.opener.budgets.settings_of(profile).allowance), output)
            return
        report = read_tenant(tools, profile, inventory, names, whole=full_permissions)
        warn_of(report)
        counts = inventory.counts()
    head = {"tenant": profile.name, "kind": profile.shown_kind, "went_on": report.went_on}
    emit({**head, **_told_counts(counts), **_told_report(report), "inventory": str(inventory.path)}, output)
    if report.unread or report.missing:
        raise typer.Exit(errors.ExitCode.FINDINGS)


def _told_counts(counts: Mapping[str, int]) -> dict[str, object]:
    return {
        "users": counts["user"],
        "guests": counts["guest"],
        "security_groups": counts["security"],
        "m365_groups": counts["m365"],
        "site_groups": counts["sitegroup"],
        **{
            name: counts[name]
            for name in ("members", "sites", "deleted_sites", "lists", "items", "scopes", "assignments")
        },
    }


def _told_report(report: CrawlReport) -> dict[str, object]:
    return {
        "sites_read": report.sites_read,
        "not_read": [{"subject": subject, "reason": reason} for subject, reason in report.unread],
        "names_unknown": list(report.missing),
    }


def _told_estimate(found: Estimate, allowance: Allowance) -> dict[str, object]:
    """Minutes are those at the tenant's limits; a slow line takes longer."""
    return {
        "sites": found.sites,
        "sites_known": found.sites_known,
        "requests": found.requests,
        "resource_units": found.units,
        "units_a_minute": allowance.minute_units,
        "minutes": round(found.units / allowance.units_a_second / 60, 1),
        "days": -(-found.units // allowance.day_units),
        "steps": [{"what": step.what, "requests": step.requests, "units": step.units} for step in found.steps],
    }
