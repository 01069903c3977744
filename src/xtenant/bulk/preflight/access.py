"""Who loses or gains access by the moves with this map: R-7.14, by the prediction of `people.access`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from xtenant.bulk.findings import Evidence, Object, ObjectKind, Remedy, Who
from xtenant.bulk.preflight import lines
from xtenant.bulk.preflight.given import Given
from xtenant.bulk.preflight.rules import Group, Outcome, Rule
from xtenant.people.access.prediction import Summary, predicted

KEPT = Rule(
    rule="R-7.14",
    text="permissions are kept for whoever is in the map; nobody loses or gains more than meant",
    evidence=Evidence.DOCUMENTED,
    read="role assignments and members of both inventories, with the map file",
    fails_as="people without access",
)
NAMES_SHOWN = 5


def look(given: Given) -> Iterator[Outcome]:
    people_known = given.source.knows_people and given.target.knows_people
    if given.map_file is None or not people_known:
        reason = "no map file was given" if people_known else "people are disguised"
        question = "Who loses access by the moves, and who gains?"
        commands = (lines.ours(*given.rerun, "--map", "map.csv"),) if people_known else ()
        yield KEPT.unknown(reason, question, Who.TARGET, about=given.about_plan(), commands=commands)
        return
    planned = [moving.move for moving in given.moves]
    prediction = predicted(given.source.inventory, given.target.inventory, planned, given.map_file)
    for access in prediction.sites():
        about = Object(kind=ObjectKind.SITE, name=access.url, moves=(access.move.move_id,))
        if access.walk is None:
            question = f"Who can reach {access.url} today, and who afterwards?"
            yield KEPT.unknown(access.reason, question, Who.SOURCE, about=about)
        else:
            yield from _judged(about, prediction.summary(access.walk))


def _judged(about: Object, found: Summary) -> Iterator[Outcome]:
    diff = "`xtenant access diff` shows all of them"
    if found.loses:
        text = f"Add their rows to the map and their accounts to the target, or accept the loss; {diff}."
        cause = f"{found.loses} of {found.people_today} people lose access to {about.name}: {_some(found.losing)}."
        yield KEPT.warning(about, cause, Remedy(who=Who.TARGET, text=text), detail="loses")
    if found.gains:
        text = f"Look at memberships of the target's groups that the map names; {diff}."
        cause = f"{found.gains} people gain access to {about.name}: {_some(found.gaining)}."
        yield KEPT.warning(about, cause, Remedy(who=Who.TARGET, text=text), detail="gains")


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:NAMES_SHOWN]) + (", …" if len(names) > NAMES_SHOWN else "")


GROUP = Group(name="Access", rules=(KEPT,), run=look)
