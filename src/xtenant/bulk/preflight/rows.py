"""The plan's rows by themselves, and what the check of a plan has to be (R-6.12, R-9.1.1 to R-9.1.4)."""

from __future__ import annotations

from collections.abc import Iterator

from xtenant.bulk.findings import Evidence, Remedy, Who
from xtenant.bulk.preflight import lines
from xtenant.bulk.preflight.given import Given
from xtenant.bulk.preflight.rules import Group, Outcome, Rule

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
    yield ASK.unknown(
        "the tenant itself was not asked",
        "What does a start with -ValidationOnly say to each row?",
        Who.SOURCE,
        about=given.about_plan(),
        commands=(lines.ours(*given.rerun, "--ask-server"),),
    )


def _dates(given: Given) -> Iterator[Outcome]:
    for moving in given.moves:
        begin, end = moving.move.begin, moving.move.end
        text = "Write a later date into the row, in UTC."
        if end is not None and end <= given.now:
            cause = f"The end of row {moving.move.move_id}, {end:%Y-%m-%d %H:%M} UTC, is over."
            yield DATES.error(moving.about_row(), cause, Remedy(who=Who.PLAN, text=text), detail="end")
        elif begin is not None and end is not None and end <= begin:
            cause = f"Row {moving.move.move_id} ends when it begins."
            yield DATES.error(moving.about_row(), cause, Remedy(who=Who.PLAN, text=text), detail="end")
        if begin is not None and begin < given.now:
            cause = f"The begin of row {moving.move.move_id}, {begin:%Y-%m-%d %H:%M} UTC, is over."
            yield DATES.error(moving.about_row(), cause, Remedy(who=Who.PLAN, text=text), detail="begin")


def _unread(given: Given) -> Iterator[Outcome]:
    """What the inventories say they could not read, of the tenant and of what moves."""
    moving = {each.site.site_id: each for each in given.moves if each.site is not None}
    for row in given.source.inventory.not_read_rows():
        if row.site_id is None or row.site_id in moving:
            about = moving[row.site_id].about_site() if row.site_id else given.source.about()
            yield SCOPE.unknown(row.reason, f"What does {row.subject} hold?", Who.SOURCE, about=about)
    for row in given.target.inventory.not_read_rows():
        if row.site_id is None:
            yield SCOPE.unknown(row.reason, f"What does {row.subject} hold?", Who.TARGET, about=given.target.about())


GROUP = Group(name="The plan", rules=(DATES, SCOPE, OUTPUT, CHECKS, ASK), run=look)
