"""`xtenant map …`: replace the target's identity map and look rows up (step 5)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from xtenant.cli.output import OutputOption, emit
from xtenant.cli.tools import GeoOption, TenantOption, WhatIfOption, YesOption, tools_of
from xtenant.cmdlets.identity_map import GROUP_FIELDS, USER_FIELDS
from xtenant.domain import errors

app = typer.Typer(help="The identity map: who in the source is who in the target.", no_args_is_help=True)


@app.command("replace")
def replace(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The CSV file of six columns, without a header.")],
    tenant: TenantOption,
    geo: GeoOption = None,
    yes: YesOption = False,
    what_if: WhatIfOption = False,
    output: OutputOption = None,
) -> None:
    """Replace the whole map: always the full set, never a delta (R-5.25). Exit code 1 when rows were rejected.

    Example: xtenant map replace map.csv -t fabrikam --yes
    """
    tools = tools_of(context)

    async def work() -> dict[str, object]:
        async with tools.open(tenant, geo) as client:
            lines = client.map.read_file(file)
            if what_if:
                return {"rows": len(lines), "rejected": [], "what_if": True}
            tools.consent(f"Replace the whole identity map of {tenant} by {len(lines)} rows?", yes=yes)
            return {"rows": len(lines), "rejected": await client.map.replace(lines)}

    result = tools.run(work)
    emit({**result, "tenant": tenant}, output)
    if result["rejected"]:
        raise typer.Exit(errors.ExitCode.FINDINGS)


@app.command("lookup")
def lookup(
    context: typer.Context,
    tenant: TenantOption,
    field: Annotated[str, typer.Option("--field", help=f"One of {', '.join((*USER_FIELDS, *GROUP_FIELDS))}.")],
    value: Annotated[str, typer.Option("--value", help="What to look for.")],
    geo: GeoOption = None,
    output: OutputOption = None,
) -> None:
    """Look a row up by one of its fields. Exit code 4 when there is none.

    Example: xtenant map lookup -t fabrikam --field SourceUserKey --value ann@contoso.onmicrosoft.com
    """
    tools = tools_of(context)
    named = {name.lower(): name for name in (*USER_FIELDS, *GROUP_FIELDS)}.get(field.lower())
    if named is None:
        raise errors.UsageError(
            f"The map has no field '{field}'.", remedy=f"It has {', '.join((*USER_FIELDS, *GROUP_FIELDS))}."
        )

    async def work() -> list[dict[str, object]]:
        async with tools.open(tenant, geo) as client:
            search = client.map.users if named in USER_FIELDS else client.map.groups
            return [row.shown() for row in await search(named, value)]

    rows = tools.run(work)
    if not rows:
        raise errors.NotFound(f"No row of the identity map has {named} = {value}.")
    emit(rows, output)
