"""The work of `xtenant plan check`: both sides opened, the tenants asked, every rule run over what was found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from xtenant.bulk.findings import Who
from xtenant.bulk.preflight import departures, lines
from xtenant.bulk.preflight.asking import reported, validated
from xtenant.bulk.preflight.checking import Result, checked
from xtenant.bulk.preflight.given import Given, Moving, ServerSaid
from xtenant.bulk.preflight.identity import wanted_rows
from xtenant.bulk.preflight.online import Online, Wish, asked
from xtenant.bulk.preflight.places import placed
from xtenant.bulk.preflight.sides import Side, side_of
from xtenant.bulk.state import Declaration, PlanState, state_path
from xtenant.cli import inventories
from xtenant.cli.drafts import place_of
from xtenant.cli.inventories import bars
from xtenant.cli.output import note, utc
from xtenant.cli.plan_emit import Starts, written_starts
from xtenant.cli.tools import Tools
from xtenant.client.profiles import Profile, ProfileKind
from xtenant.domain import errors, plan
from xtenant.domain.tenant import GeoCode


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What the options of a check say."""

    plan: Path
    source: str
    target: str
    map_file: Path | None
    fresh: bool
    ask: bool = False

    @property
    def again(self) -> tuple[str, ...]:
        """The words of this command."""
        more = () if self.map_file is None else ("--map", str(self.map_file))
        return ("plan", "check", str(self.plan), "--source", self.source, "--target", self.target, *more)


def outcome(tools: Tools, typed: Typed) -> tuple[Given, Result]:
    head = plan.read_plan(inventories.read_text(typed.plan), name=str(typed.plan))
    moves = head.moves
    with ExitStack() as stack:
        before = stack.enter_context(
            inventories.open_inventory(
                tools, typed.source, fresh=typed.fresh, sites=[move.source for move in moves], warns=False
            )
        )
        after = stack.enter_context(
            inventories.open_inventory(
                tools, typed.target, fresh=typed.fresh, sites=[move.target for move in moves], warns=False
            )
        )
        profiles = profile_named(tools, typed.source), profile_named(tools, typed.target)
        source = side_of(typed.source, Who.SOURCE, before, signed_in=profiles[0] is not None)
        target = side_of(typed.target, Who.TARGET, after, signed_in=profiles[1] is not None)
        moving = placed(moves, source, target)
        online = _asked(tools, profiles, source, target, moving)
        source, target = _with_hosts(source, target, online)
        moving = placed(moves, source, target)
        if typed.ask and profiles[0] is not None and profiles[0].kind is ProfileKind.MICROSOFT365:
            _write_questions(tools, typed, head, profiles[0], target)
        known = _known(tools, typed.plan, moves)
        server = known.server | _validated(tools, profiles[0] if typed.ask else None, moving, target)
        given = Given(
            plan=str(typed.plan),
            moves=moving,
            source=source,
            target=target,
            online=online,
            now=tools.clock.business_now(),
            rerun=typed.again,
            declared=known.declared,
            departures=known.departures,
            map_file=typed.map_file,
            head=head,
            server=server,
            ask_server=_asking_line(profiles[0], typed),
        )
        with bars("check") as progress:
            return given, checked(given, progress=progress)


def _asked(
    tools: Tools,
    profiles: tuple[Profile | None, Profile | None],
    source: Side,
    target: Side,
    moving: Sequence[Moving],
) -> Online:
    """What the tenants say now, as far as there are profiles."""
    wish = Wish(
        source_host=source.host_url,
        target_host=target.host_url,
        wanted=wanted_rows(moving, source.facts.tenant_id),
    )

    async def work() -> Online:
        async with AsyncExitStack() as stack:
            clients = [
                None if profile is None else await stack.enter_async_context(tools.open(profile, _geo(profile)))
                for profile in profiles
            ]
            return await asked(clients[0], clients[1], wish)

    return tools.run(work)


def may_ask(profile: Profile | None, name: str, *, allowed: bool) -> None:
    """A validating start is a changing call by its form: to a lab it is sent when that is allowed, for Microsoft 365 it is
    written out (settled C 13). Raises UsageError."""
    if profile is None:
        raise errors.UsageError(
            f"'{name}' is a file; only a tenant can be asked.", remedy="Give a profile as --source."
        )
    if profile.kind is ProfileKind.LAB and not allowed:
        raise errors.UsageError(
            "--ask-server sends starts that only validate.", remedy="Add --allow-validation; nothing is moved by them."
        )


def _validated(tools: Tools, profile: Profile | None, moving: Sequence[Moving], target: Side) -> dict[str, ServerSaid]:
    """What a lab's tenant says; of Microsoft 365 only what was reported is known."""
    partner = target.host_url
    if profile is None or partner is None or profile.kind is ProfileKind.MICROSOFT365:
        return {}

    named = _geo(profile)
    geo = GeoCode(named) if named else None

    async def work() -> dict[str, ServerSaid]:
        with bars(profile.name) as progress:
            async with tools.opener.validating().open(profile, geo) as client:
                return await validated(client, moving, partner, lambda done: progress("validation", done, len(moving)))

    return tools.run(work)


def _asking_line(profile: Profile | None, typed: Typed) -> tuple[str, ...]:
    """The command that asks the source itself; none where it is known by a file only."""
    if profile is None:
        return ()
    allow = ("--allow-validation",) if profile.kind is ProfileKind.LAB else ()
    words = (*typed.again, "--ask-server", *allow)
    return tuple(filter(None, [lines.ours(*words)]))


def _with_hosts(source: Side, target: Side, online: Online) -> tuple[Side, Side]:
    """The tenants' own word on their host URLs counts before the inventories'."""
    return (
        replace(source, host_url=online.source.host_url or source.host_url),
        replace(target, host_url=online.target.host_url or target.host_url),
    )


def _write_questions(tools: Tools, typed: Typed, head: plan.Plan, profile: Profile, target: Side) -> None:
    """Scripts of validating starts, one a wave, beside the plan."""
    if target.host_url is None:
        raise errors.UsageError("The target's host URL is not known.", remedy="Ask for a newer handover file.")
    starts = Starts(
        plan=typed.plan,
        told=head,
        place=place_of(profile, _geo(profile)),
        host=target.host_url,
        validate_only=True,
    )
    for row in written_starts(tools, starts, typed.plan.parent):
        script = Path(str(row["file"]))
        results = script.with_suffix(".results.jsonl")
        note(f"Nothing was sent. Have {script} run at the source, then: xtenant import-results {results}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What stands beside the plan: declarations, departure dates, and what was reported of validating starts."""

    declared: Mapping[str, Declaration]
    departures: Mapping[str, date]
    server: dict[str, ServerSaid]


def _known(tools: Tools, plan_file: Path, moves: Sequence[plan.PlannedMove]) -> _Known:
    with PlanState(state_path(plan_file), ids=tools.opener.ids) as state:
        state.see(moves, tools.clock.business_now())
        return _Known(declared=state.declarations(), departures=departures.kept(state), server=reported(state, moves))


def profile_named(tools: Tools, name: str) -> Profile | None:
    return next((profile for profile in tools.store.all() if profile.name == name), None)


def _geo(profile: Profile) -> str | None:
    """The geo an inventory is read from where there are several."""
    return next(iter(profile.geos), None) if len(profile.geos) > 1 else None


def context_of(given: Given, result: Result) -> Mapping[str, str]:
    return {
        "plan": given.plan,
        "moves": f"{len(given.moves):,}",
        "source": _named(given.source),
        "target": _named(given.target),
        "map": str(given.map_file or "the one in force at the target"),
        "checked at": utc(given.now) or "",
        "blocked": f"{sum(row.verdict.value == 'blocked' for row in result.rows):,} of {len(result.rows):,} moves",
    }


def _named(side: Side) -> str:
    how = "signed in" if side.signed_in else "from a file"
    return f"{side.facts.display_name} ({side.name}, {how}, read {utc(side.facts.read_at)})"
