"""The cmdlets of step 6: start, stop and watch moves of OneDrives, sites and group sites (R-6.1 to R-6.21)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import UUID

from xtenant.client.moves import DIRECTIONS, STATES, MoveJob, Report, StartWish, Unit
from xtenant.cmdlets.host import Host
from xtenant.cmdlets.listing import blocks
from xtenant.cmdlets.parameters import Bound
from xtenant.domain.tenant import parse_host_url
from xtenant.domain.trust import PartnerRole

__all__ = ["DIRECTIONS", "STATES", "Unit", "reporter", "starter", "stopper"]

Run = Callable[[Host, Bound], Awaitable[None]]


def starter(unit: Unit, source: str, target: str) -> Run:
    """The cmdlet that starts a move of one unit; it prints the job."""

    async def run(host: Host, given: Bound) -> None:
        job = await host.tenant.moves.start(
            StartWish(
                unit=unit,
                source=given.text(source),
                target=given.text(target),
                partner=parse_host_url(given.text("TargetCrossTenantHostUrl")),
                begin=given.moment("PreferredMoveBeginDate"),
                end=given.moment("PreferredMoveEndDate"),
                validate_only=given.on("ValidationOnly"),
                force=given.on("Force"),
            )
        )
        host.say(blocks([_shown(job)]))

    return run


def stopper(unit: Unit, source: str) -> Run:
    """The cmdlet that stops a move that has not begun."""

    async def run(host: Host, given: Bound) -> None:
        await host.tenant.moves.stop(unit, given.text(source))
        host.say(f"Stopped the move of {given.text(source)} on {host.here.name}.")

    return run


def reporter(unit: Unit, source: str) -> Run:
    """The cmdlet that shows one move by its source or id, or a report of many; no row means 'not found' (R-6.21)."""

    async def run(host: Host, given: Bound) -> None:
        jobs = await _jobs(host, unit, source, given)
        if jobs:
            host.say(blocks(_shown(job, verbose=given.on("Verbose")) for job in jobs))
        else:
            host.warn("No move was found: it was never started, or is not visible to this partner and role.")

    return run


async def _jobs(host: Host, unit: Unit, source: str, given: Bound) -> list[MoveJob]:
    partner = parse_host_url(given.text("PartnerCrossTenantHostUrl"))
    role = given.maybe_text("PartnerRole")
    if source in given:
        found = await host.tenant.moves.of_source(unit, given.text(source))
    elif "SiteMoveId" in given:
        found = await host.tenant.moves.by_id(UUID(given.text("SiteMoveId")))
    else:
        return await host.tenant.moves.report(
            Report(
                partner=partner,
                partner_role=PartnerRole(role) if role else None,
                state=given.maybe_text("MoveState"),
                direction=given.maybe_text("MoveDirection"),
                begin=given.moment("MoveStartTime"),
                end=given.moment("MoveEndTime"),
                limit=given.number("Limit"),
            )
        )
    return [found] if found is not None and found.concerns(partner) else []


def _shown(job: MoveJob, *, verbose: bool = False) -> dict[str, object]:
    rows: dict[str, object] = {
        "MoveJobId": job.id,
        "SourceSiteUrl": job.source_url,
        "TargetSiteUrl": job.target_url,
        "MoveState": job.state_name,
        "TimeStamp": job.last_modified,
    }
    if verbose:
        rows |= {
            "MoveDirection": job.direction,
            "ErrorMessage": job.error,
            "StartedDate": job.started_at,
            "FinishedDate": job.finished_at,
            "TriggeredBy": job.triggered_by,
        }
    return rows
