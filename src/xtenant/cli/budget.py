"""`xtenant budget`: how much of a tenant's published limits this home's tools spend, and what they take the limits to be."""

from __future__ import annotations

from typing import Annotated

import msgspec
import typer

from xtenant.cli.output import OutputOption, emit
from xtenant.cli.tools import TenantOption, Tools, tools_of
from xtenant.client.profiles import Profile, ProfileKind
from xtenant.domain import errors

app = typer.Typer(help="What may be asked of a tenant in a minute and in a day.", no_args_is_help=True)

Pairs = Annotated[
    list[str],
    typer.Argument(
        metavar="KEY=NUMBER…",
        help="licences, rest_units, rest_rights_units; in a lab also speed, how many times shorter its windows are.",
    ),
]


@app.command("show")
def show(context: typer.Context, tenant: TenantOption, output: OutputOption = None) -> None:
    """What may be spent of a tenant's limits, and what was in the last minute and day.

    Example: xtenant budget show -t contoso
    """
    tools = tools_of(context)
    emit(_told(tools, tools.store.get(tenant)), output)


@app.command("set")
def set_(context: typer.Context, tenant: TenantOption, pairs: Pairs, output: OutputOption = None) -> None:
    """Say how many licences a tenant has, which decides its limits, or what calls cost that Microsoft has no price for.

    Kept in the profile home; nothing is sent. Without it the smallest row of the published table counts.

    Example: xtenant budget set -t contoso licences=2000
    """
    tools = tools_of(context)
    profile = tools.store.get(tenant)
    tools.opener.budgets.put(profile, dict(_pair(each) for each in pairs))
    emit(_told(tools, profile), output)


def _pair(text: str) -> tuple[str, int]:
    key, sign, value = text.partition("=")
    if not sign or not (value.isascii() and value.isdigit()):
        raise errors.UsageError(f"'{text}' is not KEY=NUMBER.", remedy="Write for example licences=2000.")
    return key.strip(), int(value)


def _told(tools: Tools, profile: Profile) -> dict[str, object]:
    budgets = tools.opener.budgets
    settings, (minute, day) = budgets.settings_of(profile), budgets.spent(profile)
    return {
        "tenant": profile.name,
        "kind": profile.shown_kind,
        "enforced": profile.kind is ProfileKind.MICROSOFT365,
        **msgspec.structs.asdict(settings),
        "units_a_minute": settings.allowance.minute_units,
        "units_a_day": settings.allowance.day_units,
        "spent_last_minute": minute,
        "spent_last_day": day,
    }
