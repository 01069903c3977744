"""`xtenant map set-user|set-group|remove-user|remove-group`: single rows, in every geo, read back; kept like whole maps."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, TypeVar
from uuid import UUID

import typer

from xtenant.cli.changing import changes
from xtenant.cli.identity_map import AllGeosOption, field_named
from xtenant.cli.map_sending import geo_name, geos_wanted, kept_maps, progress_shown
from xtenant.cli.output import Format, OutputOption, emit
from xtenant.cli.tools import TenantOption, Tools, WhatIfOption, YesOption, tools_of
from xtenant.client.map_rows import GROUP_FIELDS, USER_FIELDS, GroupRow, Row, UserRow, key_of, line_of, shown
from xtenant.client.profiles import Profile
from xtenant.client.tenant import TenantClient
from xtenant.cmdlets.script import verbs
from xtenant.domain import errors
from xtenant.domain.identity import GroupKind, UserKind
from xtenant.domain.tenant import GeoCode
from xtenant.people.mapsend import losses
from xtenant.people.mapsend.files import rows_in
from xtenant.people.mapsend.kept import How, KeptMaps, State
from xtenant.people.mapsend.reading_back import read_back
from xtenant.people.mapsend.sending import with_row

T = TypeVar("T")
SourceTenant = Annotated[UUID, typer.Option("--source-tenant", help="The source's tenant id (column 2).")]
UserKindOption = Annotated[UserKind, typer.Option("--type", help="Column 6 (R-5.11).")]
GroupKindOption = Annotated[GroupKind, typer.Option("--type", help="Column 6 (R-5.11).")]
ValueOption = Annotated[str, typer.Option("--value", help="What to look for.")]


def register(app: typer.Typer) -> None:
    """Hang the commands below `map`."""
    for name, command in (
        ("set-user", set_user),
        ("set-group", set_group),
        ("remove-user", remove_user),
        ("remove-group", remove_group),
    ):
        app.command(name)(command)


@changes("map.set_user")
def set_user(
    context: typer.Context,
    tenant: TenantOption,
    source_tenant: SourceTenant,
    source: Annotated[str, typer.Option("--source", help="The UPN in the source.")],
    target: Annotated[str, typer.Option("--target", help="The UPN in the target.")],
    mail: Annotated[str | None, typer.Option("--mail", help="The target's mail address; the UPN if left out.")] = None,
    puid: Annotated[str, typer.Option("--puid", help="The target's PUID, where it is known.")] = "",
    kind: UserKindOption = UserKind.REGULAR,
    geo: AllGeosOption = None,
    yes: YesOption = False,
    what_if: WhatIfOption = False,
    output: OutputOption = None,
) -> None:
    """Add one user to the map, or put the row in place of the one with the same source (R-5.29).

    Example: xtenant map set-user -t fabrikam --source-tenant GUID --source ann@contoso.com --target ann@fabrikam.com --yes
    """
    row = UserRow(
        company_id=source_tenant,
        source_upn=source,
        target_upn=target,
        target_email=mail or target,
        target_puid=puid,
        user_type=kind.value,
    )
    _set(tools_of(context), tenant, geo, row, yes=yes, what_if=what_if, output=output)


@changes("map.set_group")
def set_group(
    context: typer.Context,
    tenant: TenantOption,
    source_tenant: SourceTenant,
    source: Annotated[UUID, typer.Option("--source", help="The group's object id in the source.")],
    target: Annotated[UUID, typer.Option("--target", help="The group's object id in the target.")],
    alias: Annotated[str | None, typer.Option("--alias", help="The target's alias, of a Microsoft 365 group.")] = None,
    kind: GroupKindOption = GroupKind.REGULAR,
    geo: AllGeosOption = None,
    yes: YesOption = False,
    what_if: WhatIfOption = False,
    output: OutputOption = None,
) -> None:
    """Add one group to the map, or put the row in place of the one with the same source (R-5.29).

    Example: xtenant map set-group -t fabrikam --source-tenant GUID --source GUID --target GUID --yes
    """
    row = GroupRow(
        company_id=source_tenant,
        source_group_id=source,
        target_group_id=target,
        target_name=alias or str(target),
        group_type=kind.value,
    )
    _set(tools_of(context), tenant, geo, row, yes=yes, what_if=what_if, output=output)


@changes("map.remove_user")
def remove_user(
    context: typer.Context,
    tenant: TenantOption,
    value: ValueOption,
    field: Annotated[str, typer.Option("--field", help=f"One of {', '.join(USER_FIELDS)}.")] = USER_FIELDS[0],
    geo: AllGeosOption = None,
    yes: YesOption = False,
    what_if: WhatIfOption = False,
    output: OutputOption = None,
) -> None:
    """Remove users from the map; refused while moves into the tenant are open (R-5.59).

    Example: xtenant map remove-user -t fabrikam --value ann@contoso.com --yes
    """
    named = field_named(field, USER_FIELDS)
    _remove(tools_of(context), tenant, geo, named, value, yes=yes, what_if=what_if, output=output)


@changes("map.remove_group")
def remove_group(
    context: typer.Context,
    tenant: TenantOption,
    value: ValueOption,
    field: Annotated[str, typer.Option("--field", help=f"One of {', '.join(GROUP_FIELDS)}.")] = GROUP_FIELDS[0],
    geo: AllGeosOption = None,
    yes: YesOption = False,
    what_if: WhatIfOption = False,
    output: OutputOption = None,
) -> None:
    """Remove groups from the map; refused while moves into the tenant are open (R-5.59).

    Example: xtenant map remove-group -t fabrikam --value 0c0c0c0c-3333-4333-8333-000000000009 --yes
    """
    named = field_named(field, GROUP_FIELDS)
    _remove(tools_of(context), tenant, geo, named, value, yes=yes, what_if=what_if, output=output)


def _set(
    tools: Tools, tenant: str, geo: str | None, row: Row, *, yes: bool, what_if: bool, output: Format | None
) -> None:
    profile = tools.store.get(tenant)
    places = geos_wanted(profile, geo)
    before = [_in_geo(tools, profile, place, lambda client: client.map.standing([row])) for place in places]
    if what_if:
        now = [next(iter(found.get(key_of(row), [])), None) for found in before]
        for place, was in zip(places, now, strict=True):
            tools.write_out(profile, place, verbs.map_set(row, was))
        emit([_planned(profile, place, was, row) for place, was in zip(places, now, strict=True)], output)
        return
    names = ", ".join(geo_name(profile, place) for place in places)
    tools.consent(f"Put this row into the identity map of {profile.name} ({names})? {line_of(row)}", yes=yes)
    results = [_edited(tools, profile, place, changed=row) for place in places]
    _end(results, output)


def _remove(
    tools: Tools,
    tenant: str,
    geo: str | None,
    field: str,
    value: str,
    *,
    yes: bool,
    what_if: bool,
    output: Format | None,
) -> None:
    profile = tools.store.get(tenant)
    places = geos_wanted(profile, geo)
    found = {place: _in_geo(tools, profile, place, lambda client: _doomed(client, field, value)) for place in places}
    if not any(found.values()):
        raise errors.NotFound(f"No row of the identity map has {field} = {value}.")
    doomed = {place: rows for place, rows in found.items() if rows}
    for place, rows in doomed.items():
        tools.write_out(profile, place, verbs.map_remove(field, value, rows[0]))
    if what_if:
        emit([_planned(profile, place, row, None) for place, rows in doomed.items() for row in rows], output)
        return
    lines = "; ".join(dict.fromkeys(line_of(row) for rows in doomed.values() for row in rows))
    names = ", ".join(geo_name(profile, place) for place in doomed)
    tools.consent(f"Remove from the identity map of {profile.name} ({names}): {lines}?", yes=yes)
    results = [_edited(tools, profile, place, gone=rows, how_removed=(field, value)) for place, rows in doomed.items()]
    _end(results, output)


async def _doomed(client: TenantClient, field: str, value: str) -> list[Row]:
    """The rows a field fits. Raises RowsNeeded while moves are open."""
    rows = await client.map.find(field, value)
    if rows:
        losses.require_all_kept(rows, await losses.open_moves_into(client))
    return rows


def _edited(
    tools: Tools,
    profile: Profile,
    place: GeoCode | None,
    *,
    changed: Row | None = None,
    gone: Sequence[Row] = (),
    how_removed: tuple[str, str] = ("", ""),
) -> dict[str, object]:
    """Make one edit in one geo, read it back, and keep the map as it should stand now; errors become the result."""
    kept, name = kept_maps(tools, profile), geo_name(profile, place)
    number = _kept_draft(tools, kept, name, changed, gone)

    async def work(client: TenantClient) -> State:
        if changed is not None:
            await client.map.set_row(changed)
        else:
            await client.map.remove(*how_removed)
        wanted = {} if changed is None else {key_of(changed): changed}
        with progress_shown() as progress:
            done = await read_back(client.map, wanted, gone, clock=tools.clock, progress=progress)
        return State.DIFFERS if done.unequal else State.STANDS

    said: dict[str, object] = {"tenant": profile.name, "geo": name, "map": number}
    try:
        state = _in_geo(tools, profile, place, work)
    except errors.XTenantError as error:
        doubtful = isinstance(error, errors.NetworkError | errors.Unexpected)
        state = State.IN_DOUBT if doubtful else State.FAILED
        said |= {"error": error.text, "remedy": error.remedy}
    kept.settle(number, name, state)
    return {**said, "state": state, "set": changed and shown(changed), "removed": [shown(row) for row in gone]}


def _kept_draft(tools: Tools, kept: KeptMaps, geo: str, changed: Row | None, gone: Sequence[Row]) -> int:
    """The map sent last to a geo with the edit in it; without one, the edit alone, which is no whole map."""
    last = next(iter(kept.possible(geo)), None)
    rows = with_row(rows_in(kept.path(last.number)) if last else [], changed, [key_of(row) for row in gone])
    content = "".join(f"{line_of(row)}\n" for row in rows).encode()
    made = kept.begin(
        content,
        how=How.EDIT,
        rows=len(rows),
        source=f"map {last.number}" if last else "single row",
        geos=[geo],
        at=tools.clock.business_now(),
        whole=last is not None and last.whole,
    )
    return made.number


def _in_geo(tools: Tools, profile: Profile, place: GeoCode | None, ask: Callable[[TenantClient], Awaitable[T]]) -> T:
    async def work() -> T:
        async with tools.open(profile, place) as client:
            return await ask(client)

    return tools.run(work)


def _planned(profile: Profile, place: GeoCode | None, was: Row | None, becomes: Row | None) -> dict[str, object]:
    return {
        "tenant": profile.name,
        "geo": geo_name(profile, place),
        "what_if": True,
        "stands": was and shown(was),
        "set": becomes and shown(becomes),
    }


def _end(results: Sequence[dict[str, object]], output: Format | None) -> None:
    emit(results, output)
    if any(one["state"] is not State.STANDS for one in results):
        raise typer.Exit(errors.ExitCode.FINDINGS)
