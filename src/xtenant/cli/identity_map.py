"""`xtenant map …`: send the target's identity map whole, the one before again, look rows up (step 5). Single rows: `map_rows`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from xtenant.cli import map_sending
from xtenant.cli.changing import changes
from xtenant.cli.output import OutputOption, emit
from xtenant.cli.tools import GeoOption, TenantOption, WhatIfOption, YesOption, tools_of
from xtenant.client.map_rows import GROUP_FIELDS, USER_FIELDS
from xtenant.domain import errors
from xtenant.people.mapsend.kept import How

app = typer.Typer(help="The identity map: who in the source is who in the target.", no_args_is_help=True)
FIELDS = (*USER_FIELDS, *GROUP_FIELDS)
AllGeosOption = Annotated[str | None, typer.Option("--geo", help="One geo only; without it all of them (R-5.31).")]

SourcesOption = Annotated[
    list[str] | None,
    typer.Option(
        "--source", help="A source: a profile, a handover file, or a tenant id. Needed when there are several."
    ),
]


@app.command("replace")
@changes("map.replace")
def replace(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The CSV file of six columns, without a header.")],
    tenant: TenantOption,
    source: SourcesOption = None,
    geo: AllGeosOption = None,
    yes: YesOption = False,
    what_if: WhatIfOption = False,
    output: OutputOption = None,
) -> None:
    """Replace the whole map in every geo, and read back every row: always the full set, never a delta (R-5.25).

    Files with errors are not sent. Rows that would be lost are shown, and kept while moves are open (R-5.59). Exit code 1
    when a geo does not hold the map as sent.

    Example: xtenant map replace map.csv -t fabrikam --yes
    """
    tools = tools_of(context)
    profile = tools.store.get(tenant)
    wish = map_sending.Wish(
        profile=profile,
        geos=map_sending.geos_wanted(profile, geo),
        path=file.absolute(),
        source=str(file),
        sources=tuple(source or ()),
        yes=yes,
        what_if=what_if,
    )
    map_sending.send(tools, wish, output)


@app.command("restore")
@changes("map.replace")
def restore(
    context: typer.Context,
    tenant: TenantOption,
    number: Annotated[int | None, typer.Argument(help="Which map, as `map history` numbers them.")] = None,
    source: SourcesOption = None,
    geo: AllGeosOption = None,
    yes: YesOption = False,
    what_if: WhatIfOption = False,
    output: OutputOption = None,
) -> None:
    """Send a map again that was sent from here, the one before the last unless a number is given.

    Example: xtenant map restore -t fabrikam --yes
    """
    tools = tools_of(context)
    profile = tools.store.get(tenant)
    kept = map_sending.kept_maps(tools, profile)
    found = kept.before_last() if number is None else kept.get(number)
    if not found.whole:
        raise errors.UsageError(f"Of map {found.number} only single rows are known here.", remedy="Send a file.")
    wish = map_sending.Wish(
        profile=profile,
        geos=map_sending.geos_wanted(profile, geo),
        path=kept.path(found.number),
        source=f"map {found.number}",
        how=How.RESTORE,
        sources=tuple(source or ()),
        yes=yes,
        what_if=what_if,
    )
    map_sending.send(tools, wish, output)


@app.command("history")
def history(context: typer.Context, tenant: TenantOption, output: OutputOption = None) -> None:
    """Every map sent from here, with its hash and what became of it in each geo; the files are kept in the profile home.

    Example: xtenant map history -t fabrikam
    """
    tools = tools_of(context)
    kept = map_sending.kept_maps(tools, tools.store.get(tenant))
    rows = [
        {
            "map": one.number,
            "sent_at": one.sent_at,
            "how": one.how,
            "rows": one.rows,
            "geos": one.geos,
            "sha256": one.sha256,
            "source": one.source,
            "file": str(kept.path(one.number)),
        }
        for one in kept.all()
    ]
    emit(rows, output)


@app.command("lookup")
def lookup(
    context: typer.Context,
    tenant: TenantOption,
    field: Annotated[str, typer.Option("--field", help=f"One of {', '.join(FIELDS)}.")],
    value: Annotated[str, typer.Option("--value", help="What to look for.")],
    geo: GeoOption = None,
    output: OutputOption = None,
) -> None:
    """Look a row up by one of its fields. Exit code 4 when there is none.

    Example: xtenant map lookup -t fabrikam --field SourceUserKey --value ann@contoso.onmicrosoft.com
    """
    tools = tools_of(context)
    named = field_named(field, FIELDS)

    async def work() -> list[dict[str, object]]:
        async with tools.open(tenant, geo) as client:
            search = client.map.users if named in USER_FIELDS else client.map.groups
            return [row.shown() for row in await search(named, value)]

    rows = tools.run(work)
    if not rows:
        raise errors.NotFound(f"No row of the identity map has {named} = {value}.")
    emit(rows, output)


def field_named(text: str, fields: tuple[str, ...]) -> str:
    """A field in any letter case. Raises UsageError."""
    found = {name.lower(): name for name in fields}.get(text.lower())
    if found is None:
        raise errors.UsageError(f"The map has no field '{text}'.", remedy=f"It has {', '.join(fields)}.")
    return found
