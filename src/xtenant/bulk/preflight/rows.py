"""The plan's rows by themselves, and what the check of a plan has to be (R-6.12, R-9.1.1 to R-9.1.4)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from xtenant.bulk.findings import Evidence, Remedy, Who
from xtenant.bulk.pathing.checking import LENGTH
from xtenant.bulk.preflight import lines
from xtenant.bulk.preflight.given import Given, Moving
from xtenant.bulk.preflight.rules import Group, Outcome, Rule
from xtenant.bulk.preflight.tenants import OWN_KEY_CODE, SAME_FARM

DATES = Rule(rule="R-6.12", text="begin is not in the past, end is after it", evidence=Evidence.INFERRED,
             read="the plan", fails_as="the start is refused")  # fmt: skip
SCOPE = Rule(rule="R-9.1.1", text="each site in scope exists, with its status; its people are at the target",
             evidence=Evidence.DOCUMENTED, read="both inventories, by the rules named above")  # fmt: skip
OUTPUT = Rule(rule="R-9.1.2", text="each row is ok, warning or blocked, with the numbers of the rules",
              evidence=Evidence.INFERRED, read="the findings: `moves` of the result")  # fmt: skip
CHECKS = Rule(rule="R-9.1.3", text="every rule from R-6.22 to R-6.44, offline and online ones",
              evidence=Evidence.INFERRED, read="this page")  # fmt: skip
ASK = Rule(rule="R-9.1.4", text="a start with ValidationOnly for each row ends the check", evidence=Evidence.INFERRED,
           read="the tenant itself, with --ask-server", fails_as="what only the tenant knows")  # fmt: skip


def look(given: Given) -> Iterator[Outcome]:
    yield from _dates(given)
    yield from _unread(given)
    yield from _server(given)


def _dates(given: Given) -> Iterator[Outcome]:
    for moving in given.moves:
        for detail, cause in _faults_of_dates(given, moving):
            text = "Write later dates into the row, in UTC."
            remedy = Remedy(who=Who.PLAN, text=text, commands=_later(given, moving))
            yield DATES.error(moving.about_row(), cause, remedy, detail=detail)


def _faults_of_dates(given: Given, moving: Moving) -> Iterator[tuple[str, str]]:
    begin, end = moving.move.begin, moving.move.end
    if end is not None and end <= given.now:
        yield "end", f"The end of row {moving.move.move_id}, {end:%Y-%m-%d %H:%M} UTC, is over."
    elif begin is not None and end is not None and end <= begin:
        yield "end", f"Row {moving.move.move_id} ends when it begins."
    if begin is not None and begin < given.now:
        yield "begin", f"The begin of row {moving.move.move_id}, {begin:%Y-%m-%d %H:%M} UTC, is over."


def _later(given: Given, moving: Moving) -> tuple[str, ...]:
    """Tomorrow at the full hour; what was planned to last as long lasts as long."""
    begin, end = moving.move.begin, moving.move.end
    tomorrow = given.now.replace(minute=0, second=0, microsecond=0) + timedelta(days=1)
    lasting = end - begin if begin and end and end > begin else timedelta(days=1)
    first = max(begin or tomorrow, tomorrow)
    return lines.edit(
        given.plan,
        moving.move.move_id,
        begin=f"{first:%Y-%m-%dT%H:%M:%SZ}" if begin else None,
        end=f"{first + lasting:%Y-%m-%dT%H:%M:%SZ}" if end else None,
    )


def _server(given: Given) -> Iterator[Outcome]:
    """The last word is the tenant's own; what it finds is as a rule told by another rule too."""
    for moving in given.moves:
        said = given.server.get(moving.move.move_id)
        if said is not None and not said.ok and said.code not in (SAME_FARM, OWN_KEY_CODE):
            remedy = Remedy(who=Who.SOURCE, text=said.remedy or "Read the tenant's text; check again afterwards.")
            cause = f"The source refuses row {moving.move.move_id}: {said.text}"
            yield ASK.error(moving.about_row(), cause, remedy)
    if not given.whole_plan_asked:
        question = "What does a start with -ValidationOnly say to each row?"
        reason = "the tenant itself was not asked"
        yield ASK.unknown(reason, question, Who.SOURCE, about=given.about_plan(), commands=given.ask_server)


def _unread(given: Given) -> Iterator[Outcome]:
    """What the inventories say they could not read, of the tenant and of what moves."""
    for each in given.moves:
        if each.site is not None and each.site.read_at is None and not each.site.is_redirect:
            question = f"Which paths of {each.site.url} would be longer than 400 characters at {each.target_url}?"
            yield LENGTH.unknown("its items were not read", question, Who.SOURCE, about=each.about_site())
    moving = {each.site.site_id: each for each in given.moves if each.site is not None}
    for row in given.source.inventory.not_read_rows():
        if row.site_id is None or row.site_id in moving:
            about = moving[row.site_id].about_site() if row.site_id else given.source.about()
            yield SCOPE.unknown(row.reason, f"What does {row.subject} hold?", Who.SOURCE, about=about)
    for row in given.target.inventory.not_read_rows():
        if row.site_id is None:
            yield SCOPE.unknown(row.reason, f"What does {row.subject} hold?", Who.TARGET, about=given.target.about())


GROUP = Group(name="The plan", rules=(DATES, SCOPE, OUTPUT, CHECKS, ASK), run=look)
