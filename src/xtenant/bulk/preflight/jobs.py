"""What the source is moving already, and how much room its queue has: R-6.41, R-6.42."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from xtenant.bulk.findings import Evidence, Object, ObjectKind, Remedy, Who
from xtenant.bulk.preflight import lines
from xtenant.bulk.preflight.given import Given, Moving
from xtenant.bulk.preflight.online import Question
from xtenant.bulk.preflight.rules import Group, Outcome, Rule
from xtenant.client.moves import MoveJob
from xtenant.domain.move import JobKind
from xtenant.domain.paths import url_key

NO_OTHER = Rule(
    rule="R-6.41",
    text="no other job for the same source is waiting, running or done",
    evidence=Evidence.ERROR_LIST,
    read="SiteMoveJobs/GetMoveReport of the source",
    fails_as="E-19",
)
QUEUE = Rule(
    rule="R-6.42",
    text="at most 4,000 jobs wait or run in one geo of the source",
    evidence=Evidence.DOCUMENTED,
    read="SiteMoveJobs/GetMoveReport of the source; the plan's waves",
    fails_as="R-6.45",
)
QUEUE_LIMIT = 4_000
_STOPPABLE = frozenset({"NotStarted", "ReadyToTrigger", "Scheduled", "Queued"})
_OVER = frozenset({"Failed", "Stopped", "NotSupported"})
_STOP = {
    JobKind.USER: ("Stop-SPOCrossTenantUserContentMove", "SourceUserPrincipalName"),
    JobKind.SITE: ("Stop-SPOCrossTenantSiteContentMove", "SourceSiteUrl"),
    JobKind.GROUP: ("Stop-SPOCrossTenantGroupContentMove", "SourceGroupAlias"),
}


def look(given: Given) -> Iterator[Outcome]:
    jobs = given.online.source.jobs
    if jobs is None:
        reason = given.online.source.unanswered.get(Question.JOBS, "the source is known by a file only")
        question = "Which moves does the source have already (Get-SPOCrossTenantUserContentMoveState and the others)?"
        yield NO_OTHER.unknown(reason, question, Who.SOURCE, about=given.source.about())
        question = f"How many moves wait or run at the source? With the plan's at most {QUEUE_LIMIT:,}."
        yield QUEUE.unknown(reason, question, Who.SOURCE, about=given.source.about())
    else:
        newest = _newest(jobs)
        for moving in given.moves:
            job = newest.get(url_key(moving.source_url))
            if job is not None and job.state_name not in _OVER and job.state not in _OVER:
                yield _other(given, moving, job)
    yield from _room(given, sum(not job.ended for job in jobs or ()))


def _newest(jobs: Sequence[MoveJob]) -> Mapping[str, MoveJob]:
    """The newest job of each source: the report comes newest first."""
    found: dict[str, MoveJob] = {}
    for job in jobs:
        found.setdefault(url_key(job.source_url), job)
    return found


def _other(given: Given, moving: Moving, job: MoveJob) -> Outcome:
    about = moving.about_site()
    if job.state == "Success":
        text = "It was moved already: take the row out of the plan."
        remedy = Remedy(who=Who.PLAN, text=text, commands=lines.edit(given.plan, moving.move.move_id, drop=True))
        return NO_OTHER.error(about, f"A move of {moving.source_url} to {job.target_url} has succeeded.", remedy)
    if job.state_name in _STOPPABLE or job.state in _STOPPABLE:
        name, parameter = _STOP[moving.move.kind]
        line = lines.cmdlet(name, **{parameter: moving.move.source})
        text = "Leave it to run and take the row out of the plan, or stop it."
        remedy = Remedy(who=Who.SOURCE, text=text, commands=lines.on(given.source.host_url, line))
    else:
        text = "Wait until it has ended; it cannot be stopped any more (R-6.78, R-6.82)."
        remedy = Remedy(who=Who.PLAN, text=text, waits_for="the end of the move that runs")
    return NO_OTHER.error(about, f"A move of {moving.source_url} is there already: {job.state_name}.", remedy)


def _room(given: Given, open_jobs: int) -> Iterator[Outcome]:
    """A wave is what is started at once; a plan without waves is one."""
    for wave, size in sorted(Counter(moving.move.wave for moving in given.moves).items()):
        if size + open_jobs <= QUEUE_LIMIT:
            continue
        about = Object(kind=ObjectKind.PLAN, name=f"wave {wave}" if wave else given.plan)
        cause = f"{size:,} moves, and {open_jobs:,} that wait or run: more than {QUEUE_LIMIT:,}."
        text = "Divide it into more waves, and start one when the one before is nearly done (R-6.45)."
        yield QUEUE.error(about, cause, Remedy(who=Who.PLAN, text=text))


GROUP = Group(name="Jobs", rules=(NO_OTHER, QUEUE), run=look)
