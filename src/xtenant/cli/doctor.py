"""`xtenant doctor`: what is missing before a tenant can be looked at, a plan checked, or anything moved. It only reads."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Annotated, cast

import typer

from xtenant.cli.output import Format, OutputOption, Row
from xtenant.cli.streaming import form_of, stream
from xtenant.cli.tools import Tools, tools_of
from xtenant.client.doctor import checkup
from xtenant.client.doctor.findings import Asked, Diagnosis, Purpose, Severity
from xtenant.client.profiles import Profile
from xtenant.domain import errors
from xtenant.domain.trust import PartnerRole

TenantsOption = Annotated[
    list[str] | None, typer.Option("--tenant", "-t", help="The profile to look at; all profiles when left out.")
]
PurposeOption = Annotated[Purpose, typer.Option("--for", help="What the tenant is wanted for.")]
PartnerOption = Annotated[
    str | None, typer.Option("--partner", help="The partner's host URL, to look at trust and compatibility too.")
]
RoleOption = Annotated[
    PartnerRole | None, typer.Option("--partner-role", help="What the partner is in the moves; both when left out.")
]


def register(app: typer.Typer) -> None:
    app.command("doctor")(doctor)


def doctor(
    context: typer.Context,
    tenant: TenantsOption = None,
    purpose: PurposeOption = Purpose.CHECK,
    partner: PartnerOption = None,
    partner_role: RoleOption = None,
    output: OutputOption = None,
) -> None:
    """Look at sign-in, roles, permissions, hosts, clock and switches, and say what to click or run. Nothing is changed.

    Exit code 0: in order. 1: errors. 2: no errors, but something could not be looked at.

    Example: xtenant doctor -t contoso --for check --partner https://fabrikam-my.sharepoint.com/ --partner-role Target
    """
    tools = tools_of(context)
    asked = Asked(purpose=purpose, partner=partner, partner_role=partner_role.value if partner_role else None)
    profiles = [tools.store.get(name) for name in tenant] if tenant else tools.store.all()
    if not profiles:
        raise errors.UsageError(
            "There is no profile to look at.", remedy="Make one with `xtenant connect`; `xtenant setup app` says how."
        )
    told = [tools.run(lambda profile=profile: _examine(tools, profile, asked)) for profile in profiles]
    rows = _rows(told)
    if form_of(output) is Format.TABLE:
        rows = ({**row, "run": "\n".join(cast(list[str], row["run"]))} for row in rows)
    stream("findings", rows, lambda: _rest(told), sort="severity", chosen=output)
    if any(one.count(Severity.ERROR) for one in told):
        raise typer.Exit(errors.ExitCode.FINDINGS)
    if any(one.not_checked for one in told):
        raise typer.Exit(errors.ExitCode.NOT_ALL_CHECKED)


async def _examine(tools: Tools, profile: Profile, asked: Asked) -> Diagnosis:
    return await checkup.examine(tools.opener, tools.store, profile, asked, clock=tools.clock)


def _rows(told: list[Diagnosis]) -> Iterator[Row]:
    order = list(Severity)
    for one in told:
        for finding in sorted(one.findings, key=lambda each: order.index(each.severity)):
            yield {
                "tenant": one.profile,
                **dataclasses.asdict(finding),
                "severity": finding.severity.value,
                "run": list(finding.run),
            }


def _rest(told: list[Diagnosis]) -> dict[str, object]:
    return {
        "errors": sum(one.count(Severity.ERROR) for one in told),
        "warnings": sum(one.count(Severity.WARNING) for one in told),
        "passed": [f"{one.profile}: {check}" for one in told for check in one.passed],
        "not_checked": [f"{one.profile}: {each.check}: {each.why}" for one in told for each in one.not_checked],
    }
