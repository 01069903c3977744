"""OneDrives of people who have left: read-only at day 60 without a licence, archived at day 93 (R-7.33)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from xtenant.bulk.findings import Evidence, Remedy, Who
from xtenant.bulk.preflight import declarations, lines, people
from xtenant.bulk.preflight.given import Given, Moving
from xtenant.bulk.preflight.rules import Group, Outcome, Rule
from xtenant.bulk.state import PlanState
from xtenant.domain import errors, sheets
from xtenant.inventory.schema import name_key

DEPARTED = Rule(
    rule="R-7.33",
    text="OneDrives of people without a licence move before day 60",
    evidence=Evidence.FIELD,
    read="assignedLicenses of the source; declared: departures",
    fails_as="E-33",
)
READ_ONLY_DAYS, ARCHIVED_DAYS = 60, 93
NEAR_DAYS = 14
COLUMNS = ("upn", "departed")
_TABLE = "CREATE TABLE IF NOT EXISTS departures (upn_key TEXT PRIMARY KEY, departed TEXT NOT NULL) WITHOUT ROWID"


class DamagedDepartures(errors.UsageError):
    """The file of departure dates cannot be read; the text names every problem with its line."""

    code = "damagedDepartures"
    remedy = "Write one person a line: upn,departed with dates such as 2026-09-30."


def read_departures(text: str, *, name: str) -> dict[str, date]:
    """UPN, folded → the day the last licence was taken away. Raises DamagedDepartures."""
    found: dict[str, date] = {}
    problems: list[str] = []
    for line, cells in sheets.read(text, COLUMNS, required=COLUMNS, what=name):
        try:
            found[name_key(cells["upn"])] = date.fromisoformat(cells["departed"])
        except ValueError:
            problems.append(f"line {line}: '{cells['departed']}' is no date.")
    if problems:
        raise DamagedDepartures(f"{name} has {len(problems)} problem(s): " + " ".join(problems[:20]))
    return found


def keep(state: PlanState, departures: Mapping[str, date]) -> None:
    """These instead of those declared before."""
    state.table(_TABLE)
    with state.writing():
        state.write("DELETE FROM departures", [()])
        state.write("INSERT INTO departures VALUES (?, ?)", ((upn, day.isoformat()) for upn, day in departures.items()))


def kept(state: PlanState) -> dict[str, date]:
    """What was declared."""
    state.table(_TABLE)
    return {upn: date.fromisoformat(day) for upn, day in state.rows("SELECT upn_key, departed FROM departures")}


def look(given: Given) -> Iterator[Outcome]:
    undated: list[str] = []
    stock = people.Stock(given.source)
    for moving in given.moves:
        person = moving.person
        if not moving.is_onedrive or person is None or person.licences or moving.site is None:
            continue
        departed = given.departures.get(name_key(person.upn))
        if departed is None:
            undated.append(person.upn)
        else:
            yield from _judged(given, moving, departed, stock)
    if undated and given.source.knows_people:
        question = f"Since when have {len(undated)} people no licence at the source, such as {undated[0]}?"
        commands = (declarations.command(given.plan, declarations.DEPARTURES),)
        reason = "no call tells when a licence was taken away"
        yield DEPARTED.unknown(reason, question, Who.SOURCE, about=given.source.about(), commands=commands)


def _judged(given: Given, moving: Moving, departed: date, stock: people.Stock) -> Iterator[Outcome]:
    """The day of the move is its begin, or today; both as dates of UTC."""
    about = moving.about_person()
    moves_on = max(moving.move.begin or given.now, given.now).date()
    day = (moves_on - departed).days
    locks_on = departed + timedelta(days=READ_ONLY_DAYS)
    if day < READ_ONLY_DAYS - NEAR_DAYS:
        return
    remedy = _remedy(given, moving, locks_on, stock)
    if day >= ARCHIVED_DAYS:
        cause = (
            f"{moving.move.source} has no licence since {departed}: on {moves_on} the OneDrive is archived (day {day})."
        )
        yield DEPARTED.error(about, cause, remedy)
    elif day >= READ_ONLY_DAYS:
        cause = f"{moving.move.source} has no licence since {departed}: on {moves_on} the OneDrive is read-only (day {day})."
        yield DEPARTED.error(about, cause, remedy)
    else:
        cause = f"{moving.move.source} has no licence since {departed}: the OneDrive becomes read-only on {locks_on}."
        yield DEPARTED.warning(about, cause, remedy)


def _remedy(given: Given, moving: Moving, locks_on: date, stock: people.Stock) -> Remedy:
    sku = stock.take(given.source, people.is_suite)
    if sku:
        line = lines.cmdlet("Set-XtLicence", User=moving.move.source, Sku=sku)
        text = "Give the person a licence with SharePoint again until the move is done, or let the move begin before day 60."
        return Remedy(who=Who.SOURCE, text=text, commands=lines.on(given.source.host_url, line))
    text = f"Let the move begin before {locks_on}, or buy a licence for the person until it is done."
    return Remedy(who=Who.PLAN, text=text)


GROUP = Group(name="Departed people", rules=(DEPARTED,), run=look)
