"""`xtenant trust …`: steps 2, 3 and 7 of the guides, for one administrator or for both."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from xtenant.cli import trust_overview, trust_set
from xtenant.cli.changing import changes
from xtenant.cli.output import OutputOption, emit, note
from xtenant.cli.sides import (
    Half,
    PartnerChoice,
    RoleChoice,
    SourceChoice,
    SourceGeo,
    TargetChoice,
    TargetGeo,
    TenantChoice,
    Typed,
    halves,
    sides_of,
)
from xtenant.cli.tools import GeoOption, TenantOption, Tools, WhatIfOption, YesOption, tools_of
from xtenant.cmdlets.script import verbs
from xtenant.cmdlets.written import lines_for_partner, note_for_partner, relationship_line
from xtenant.domain import errors
from xtenant.domain.trust import read_mail

app = typer.Typer(help="The trust between two tenants: request, test, remove, list.", no_args_is_help=True)

MAIL_LIMIT = 1_000_000


@app.command("set")
@changes("trust.set", on=("tenant", "source", "target"))
def set_trust(
    context: typer.Context,
    tenant: TenantChoice = None,
    partner_role: RoleChoice = None,
    partner: PartnerChoice = None,
    source: SourceChoice = None,
    target: TargetChoice = None,
    geo: GeoOption = None,
    source_geo: SourceGeo = None,
    target_geo: TargetGeo = None,
    expect_tenant_id: Annotated[
        str | None, typer.Option("--expect-tenant-id", help="Refuse when the partner's tenant id is another.")
    ] = None,
    reverse: Annotated[bool, typer.Option("--reverse", help="Send although the partner asked the other way.")] = False,
    resend: Annotated[bool, typer.Option("--resend", help="Send again what already stands.")] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until a start is allowed.")] = False,
    yes: YesOption = False,
    what_if: WhatIfOption = False,
    output: OutputOption = None,
) -> None:
    """Request trust. Exit code 0 when moves may start, 3 while pending (with the earliest start), 6 partner not reached.

    With both profiles both sides are set; with one, the own half, and the lines for the partner are written to a file.

    Example: xtenant trust set --source contoso --target fabrikam --yes
    """
    tools = tools_of(context)
    typed = Typed(
        tenant=tenant,
        partner_role=partner_role,
        partner=partner,
        source=source,
        target=target,
        geo=geo,
        source_geo=source_geo,
        target_geo=target_geo,
    )
    wish = trust_set.Wish(
        expect_tenant_id=expect_tenant_id, reverse=reverse, resend=resend, yes=yes, what_if=what_if, wait=wait
    )
    standing, more = tools.run(lambda: _request(tools, typed, wish))
    emit({**standing.row(), **more}, output)
    raise typer.Exit(0 if what_if else standing.exit_code)


async def _request(tools: Tools, typed: Typed, wish: trust_set.Wish) -> tuple[trust_set.Standing, dict[str, object]]:
    """Look, ask, send, look again; how it stands now and what was done."""
    async with halves(tools, sides_of(tools, typed)) as both:
        outlooks = [await trust_set.look(half, wish) for half in both]
        sent = await trust_set.send(tools, outlooks, wish)
        look_again = trust_set.wait_for(tools, both) if wish.wait and not wish.what_if else trust_set.standing_of(both)
        standing = await look_again
        requests = [
            {**outlook.half.row(), "sent": was_sent, "partner": outlook.partner.row()}
            for outlook, was_sent in zip(outlooks, sent, strict=True)
        ]
        done = {"requests": requests, **_hand_over(typed, both, "Set", what_if=wish.what_if)}
        return standing, done | ({"what_if": True} if wish.what_if else {})


@app.command("test")
def test_trust(
    context: typer.Context,
    tenant: TenantChoice = None,
    partner_role: RoleChoice = None,
    partner: PartnerChoice = None,
    source: SourceChoice = None,
    target: TargetChoice = None,
    geo: GeoOption = None,
    source_geo: SourceGeo = None,
    target_geo: TargetGeo = None,
    output: OutputOption = None,
) -> None:
    """Test trust, both sides named. Exit code 0 start allowed, 2 this side good and the partner's unknown, 3 pending,
    6 partner not contactable.

    Example: xtenant trust test -t contoso --partner-role Target --partner https://fabrikam-my.sharepoint.com/
    """
    tools = tools_of(context)
    typed = Typed(
        tenant=tenant,
        partner_role=partner_role,
        partner=partner,
        source=source,
        target=target,
        geo=geo,
        source_geo=source_geo,
        target_geo=target_geo,
    )
    sides = sides_of(tools, typed)

    async def work() -> tuple[trust_set.Standing, list[Half]]:
        async with halves(tools, sides) as both:
            return await trust_set.standing_of(both), both

    standing, both = tools.run(work)
    emit({**standing.row(), **both[0].row()}, output)
    raise typer.Exit(standing.exit_code)


@app.command("remove")
@changes("trust.remove", on=("tenant", "source", "target"))
def remove_trust(
    context: typer.Context,
    tenant: TenantChoice = None,
    partner_role: RoleChoice = None,
    partner: PartnerChoice = None,
    source: SourceChoice = None,
    target: TargetChoice = None,
    geo: GeoOption = None,
    source_geo: SourceGeo = None,
    target_geo: TargetGeo = None,
    what_if: WhatIfOption = False,
    output: OutputOption = None,
) -> None:
    """Remove trust: both halves with both profiles, else the own half. Do it before the source's licences expire (R-7.1).

    Example: xtenant trust remove --source contoso --target fabrikam
    """
    tools = tools_of(context)
    typed = Typed(
        tenant=tenant,
        partner_role=partner_role,
        partner=partner,
        source=source,
        target=target,
        geo=geo,
        source_geo=source_geo,
        target_geo=target_geo,
    )
    sides = sides_of(tools, typed)

    async def work() -> dict[str, object]:
        async with halves(tools, sides) as both:
            rows = [{**half.row(), "removed": await _remove(tools, half, what_if=what_if)} for half in both]
            return {"removals": rows, **_hand_over(typed, both, "Remove", what_if=what_if)}

    emit({**tools.run(work), **({"what_if": True} if what_if else {})}, output)


async def _remove(tools: Tools, half: Half, *, what_if: bool) -> bool:
    """Whether there was anything to remove here."""
    stood = any(row.partner_role is half.role for row in await half.client.trust.by_partner(half.partner))
    if stood:
        tools.write_out(half.place.profile, half.place.geo, verbs.trust_remove(half.partner, half.role))
    if stood and not what_if:
        await half.client.trust.remove(half.partner, half.role)
    return stood and not what_if


def _hand_over(typed: Typed, both: list[Half], verb: str, *, what_if: bool) -> dict[str, object]:
    """With one profile of a pair: the partner's lines, printed beside the result and written to a file."""
    if typed.tenant is not None or len(both) > 1:
        return {}
    half = both[0]
    verbs = ("Set", "Test") if verb == "Set" else (verb,)
    lines = lines_for_partner(verbs, own=half.own, own_role=half.role.complement, partner=half.partner)
    purpose = "Answer to a request for trust." if verb == "Set" else "End of a trust."
    name = f"trust-for-{half.partner.label}.txt" if verb == "Set" else f"trust-removal-for-{half.partner.label}.txt"
    note(f"For the partner's administrator ({half.partner}):")
    for line in lines:
        note(f"  {line}")
    if what_if:
        return {"partner_lines": lines}
    path = Path.cwd() / name
    path.write_text(note_for_partner(purpose, lines, own=half.own, partner=half.partner), encoding="utf-8")
    note(f"The lines are in {path}.")
    return {"partner_lines": lines, "partner_file": str(path)}


@app.command("list")
def list_trust(
    context: typer.Context, tenant: TenantOption, geo: GeoOption = None, output: OutputOption = None
) -> None:
    """List this tenant's own requests, over all its geos.

    Example: xtenant trust list -t contoso
    """
    tools = tools_of(context)
    emit(tools.run(lambda: trust_overview.relationships(tools, tools.store.get(tenant), geo)), output)


@app.command("matrix")
def matrix(
    context: typer.Context,
    tenant: TenantChoice = None,
    source: SourceChoice = None,
    target: TargetChoice = None,
    output: OutputOption = None,
) -> None:
    """Show every pair of geos with both sides: all of a tenant's known partners, or all pairs of two profiles.

    Exit code 0 when every pair may start, 3 otherwise.

    Example: xtenant trust matrix -t contoso
    """
    tools = tools_of(context)
    rows = tools.run(lambda: _matrix(tools, tenant, source, target))
    emit(rows, output)
    if not all(row["start_allowed"] for row in rows):
        raise typer.Exit(errors.ExitCode.PENDING)


async def _matrix(tools: Tools, tenant: str | None, source: str | None, target: str | None) -> list[dict[str, object]]:
    if tenant is not None:
        return await trust_overview.matrix_of(tools, tools.store.get(tenant))
    if source and target:
        return await trust_overview.matrix_between(tools, tools.store.get(source), tools.store.get(target))
    raise errors.UsageError("Give --tenant, or --source and --target.")


@app.command("inbox")
def inbox(context: typer.Context, tenant: TenantOption, geo: GeoOption = None, output: OutputOption = None) -> None:
    """Show who has asked this tenant for trust, and the line that answers. The reading of the role is inferred (R-2.22).

    Example: xtenant trust inbox -t fabrikam
    """
    tools = tools_of(context)
    emit(tools.run(lambda: trust_overview.requests(tools, tools.store.get(tenant), geo)), output)


@app.command("explain-mail")
def explain_mail(
    file: Annotated[Path | None, typer.Argument(help="The mail's text; standard input when not given.")] = None,
    output: OutputOption = None,
) -> None:
    """Read a trust mail: who asks, and the line that answers it. The mail itself holds no link and no approval (R-2.25).

    Example: xtenant trust explain-mail mail.txt
    """
    notice = read_mail(_mail_text(file))
    emit(
        {
            "partner_host_url": str(notice.partner),
            "partner_role": notice.answer_role,
            "scenario": notice.scenario,
            "answer": relationship_line("Set", notice.answer_role, notice.partner),
            "inferred": "that Role in the mail is the asker's role, which the answer repeats (R-2.22)",
        },
        output,
    )


def _mail_text(file: Path | None) -> str:
    if file is None:
        return sys.stdin.read(MAIL_LIMIT)
    try:
        return file.read_bytes()[:MAIL_LIMIT].decode("utf-8", "replace")
    except OSError as error:
        raise errors.UsageError(f"{file} cannot be read.") from error
