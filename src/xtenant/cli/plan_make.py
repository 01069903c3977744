"""`xtenant plan make`: write the plan from what a tenant holds, or add to one what is new (CSV, or YAML by the file's name)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from xtenant.bulk.planning.making import Chosen, Made, make
from xtenant.bulk.planning.targets import RenameRule, TargetRules, read_rename
from xtenant.bulk.planning.waves import MB_A_GB, WaveRules
from xtenant.cli import people_files
from xtenant.cli.inventories import CachedOption, SourceSide, open_inventory
from xtenant.cli.output import OutputOption, emit, note
from xtenant.cli.people_plan import domains_of
from xtenant.cli.tools import WhatIfOption, tools_of, warn
from xtenant.domain import errors, plan, plan_edit
from xtenant.domain.limits import DEFAULT
from xtenant.domain.move import JobKind
from xtenant.domain.plan import Plan
from xtenant.domain.tenant import HostUrl, parse_host_url
from xtenant.inventory.store import Inventory


class Kind(StrEnum):
    """What `--kind` takes."""

    USER = "user"
    SITE = "site"
    GROUP = "group"


LISTED = 100
"""How many names of each sort the result lists; the counts are of all."""

PlanOut = Annotated[Path, typer.Option("--out", help="The plan: .csv, or .yaml. One that exists keeps its rows.")]
TargetChoice = Annotated[
    str | None,
    typer.Option("--target", help="The target: a profile, or a handover file. Tells which addresses are taken."),
]
TargetHost = Annotated[
    str | None, typer.Option("--target-host", help="The target's host URL, https://NAME-my.sharepoint.com/.")
]
Kinds = Annotated[list[Kind] | None, typer.Option("--kind", help="Only these: user, site, group. Repeatable.")]
Domains = Annotated[
    list[str] | None, typer.Option("--domain", help="SOURCE=TARGET: where the people of a domain go. Repeatable.")
]
Renames = Annotated[
    list[str] | None,
    typer.Option(
        "--rename", help="OLD=NEW for sites and aliases, a star on each side; with an @ for people. Repeatable."
    ),
]
Only = Annotated[
    list[str] | None, typer.Option("--only", help="Only sources or addresses of this pattern (*, ?). Repeatable.")
]
Without = Annotated[list[str] | None, typer.Option("--without", help="None of this pattern (*, ?). Repeatable.")]
WaveMoves = Annotated[int, typer.Option("--wave-moves", min=1, max=DEFAULT.queue, help="Moves of a wave (R-6.45).")]
WaveSize = Annotated[float | None, typer.Option("--wave-gb", min=0.001, help="Content of a wave, in GB.")]
Pilot = Annotated[int, typer.Option("--pilot", min=0, max=1_000, help="So many small ones first, as a wave (R-8.18).")]
Begin = Annotated[str | None, typer.Option("--begin", help="When the first wave begins: 2026-12-01T20:00:00Z.")]
Every = Annotated[
    float, typer.Option("--every", min=0.25, help="Hours from the beginning of a wave to the next one's.")
]


def make_plan(
    context: typer.Context,
    source: SourceSide,
    out: PlanOut = Path("moves.csv"),
    target: TargetChoice = None,
    target_host: TargetHost = None,
    kind: Kinds = None,
    domain: Domains = None,
    rename: Renames = None,
    only: Only = None,
    without: Without = None,
    wave_moves: WaveMoves = DEFAULT.queue,
    wave_gb: WaveSize = None,
    pilot: Pilot = 0,
    begin: Begin = None,
    every: Every = 24.0,
    cached: CachedOption = False,
    what_if: WhatIfOption = False,
    output: OutputOption = None,
) -> None:
    """Write the plan: a row for every OneDrive, site and group's site that can move. Nothing is sent but questions.

    Rows of a plan that exists stay as they are; what it does not have yet is added, in waves of its own. Exit code 1 when a
    target is taken already.

    Example: xtenant plan make --source contoso --target fabrikam --domain contoso.com=fabrikam.com --pilot 10 --wave-moves 500
    """
    tools = tools_of(context)
    before = _before(out)
    wishes = _Wishes(
        renames=[read_rename(each) for each in rename or ()],
        domains=domains_of(domain or ()),
        host=parse_host_url(target_host) if target_host else None,
        chosen=_chosen(kind, only, without),
        waves=_wave_rules(wave_moves, wave_gb, pilot, begin, every),
    )
    with ExitStack() as stack:
        here = stack.enter_context(open_inventory(tools, source, fresh=not cached, sites=()))
        there = stack.enter_context(open_inventory(tools, target, fresh=not cached, sites=())) if target else None
        head = _head(here, there, before, wishes.host)
        made = _made(here, there, head, wishes)
    if not what_if:
        _write(out, head, made)
    emit(_told(out, made), output)
    if made.conflicts:
        raise typer.Exit(errors.ExitCode.FINDINGS)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wishes:
    """What the options say, read."""

    renames: Sequence[RenameRule]
    domains: Mapping[str, str]
    host: HostUrl | None
    chosen: Chosen
    waves: WaveRules


def _chosen(kinds: Sequence[Kind] | None, only: Sequence[str] | None, without: Sequence[str] | None) -> Chosen:
    return Chosen(
        kinds=tuple(JobKind(each.value) for each in kinds) if kinds else tuple(JobKind),
        only=only or (),
        without=without or (),
    )


def _wave_rules(moves: int, gb: float | None, pilot: int, begin: str | None, hours: float) -> WaveRules:
    first = plan.read_date(begin or "")
    return WaveRules(most_moves=moves, most_gb=gb, pilot=pilot, begin=first, every=timedelta(hours=hours))


def _made(source: Inventory, target: Inventory | None, head: Plan, wishes: _Wishes) -> Made:
    rules = TargetRules(
        host_url=_host(head),
        initial_domain=_domain(target, _host(head)),
        domains=wishes.domains,
        renames=wishes.renames,
    )
    return make(source, head.moves, rules=rules, waves=wishes.waves, chosen=wishes.chosen, target=target)


def _before(out: Path) -> Plan:
    if not out.exists():
        return Plan(moves=())
    return plan.read_plan(people_files.read_text(out, "the plan"), name=str(out))


def _head(source: Inventory, target: Inventory | None, before: Plan, typed: HostUrl | None) -> Plan:
    """The tenants of the plan. Raises UsageError where nothing says which the target is, or where the plan names others."""
    facts = target.tenant() if target is not None else None
    told = parse_host_url(facts.host_urls[0]) if facts and facts.host_urls else None
    host = typed or before.target_host_url or told
    if host is None:
        raise errors.UsageError(
            "Nothing says where the moves go.", remedy="Give --target, or --target-host https://NAME-my.sharepoint.com/"
        )
    found = Plan(
        moves=before.moves,
        source_tenant_id=source.tenant().tenant_id,
        target_tenant_id=facts.tenant_id if facts else before.target_tenant_id,
        target_host_url=host,
    )
    for key, value in before.head().items():
        if value and found.head()[key] != value:
            raise errors.UsageError(
                f"The plan is of another {key}: {value}, not {found.head()[key]}.",
                remedy="Name another file with --out.",
            )
    return found


def _host(head: Plan) -> HostUrl:
    assert head.target_host_url is not None
    return head.target_host_url


def _domain(target: Inventory | None, host: HostUrl) -> str:
    """Where people go whose domain no rule leads: the target's initial domain."""
    return target.tenant().initial_domain if target is not None else f"{host.label}.onmicrosoft.com"


def _write(out: Path, head: Plan, made: Made) -> None:
    if not out.exists():
        people_files.replace_file(out, plan.written_plan(replace(head, moves=made.added), name=str(out)))
        note(f"written to {out}")
        return
    edited = plan_edit.extended(people_files.read_text(out, "the plan"), made.added, name=str(out))
    if not made.added:
        note(f"{out} has everything already; it was not changed")
        return
    kept = people_files.replace_file(out, [edited.text])
    note(f"written to {out}; the one before is {kept}")
    if edited.rewritten:
        warn(f"{out} had to be written anew; comments in it are only in {kept}")


def _told(out: Path, made: Made) -> Mapping[str, object]:
    kinds = Counter(each.kind.value for each in made.added)
    return {
        "file": str(out),
        "kept": made.kept,
        "added": len(made.added),
        **{f"added_{kind.value}s": kinds[kind.value] for kind in JobKind},
        "waves": _waves(made),
        "conflicts": [
            {"id": each.move_id, "target": each.target, "taken_by": each.taken_by} for each in made.conflicts[:LISTED]
        ],
        "conflicts_count": len(made.conflicts),
        "gone": made.gone[:LISTED],
        "gone_count": len(made.gone),
        "left_out": [{"url": each.url, "reason": each.reason} for each in made.left_out[:LISTED]],
        "left_out_count": len(made.left_out),
    }


def _waves(made: Made) -> Sequence[Mapping[str, object]]:
    waves: dict[str, list[int]] = {}
    begins = {each.wave: plan.written_date(each.begin) for each in made.placed}
    for each in made.placed:
        waves.setdefault(each.wave, []).append(each.candidate.storage_mb)
    return [
        {"wave": wave, "moves": len(sizes), "gb": round(sum(sizes) / MB_A_GB, 1), "begin": begins[wave] or None}
        for wave, sizes in waves.items()
    ]
