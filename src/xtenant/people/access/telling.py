"""A prediction in rows: what a file of every person and object holds, and one line for each site."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypedDict
from uuid import UUID

from xtenant.inventory.facts import ScopeKind
from xtenant.people.access.prediction import Prediction, SiteAccess, name_of
from xtenant.people.access.walking import SiteWalk

NAMES_SHOWN = 50
"""How many names a site's summary lists of each sort; the file of all rows has everybody."""
COLUMNS = (
    "site", "target_site", "item_id", "kind", "path", "person", "person_id", "target_person",
    "target_id", "before", "after",
    "change",
)  # fmt: skip


@dataclass(slots=True)
class Totals:
    """What all sites come to; `not_predicted` sites are in no other count."""

    sites: int = 0
    gains: int = 0
    loses: int = 0
    unmapped: int = 0
    links_not_moved: int = 0
    not_predicted: int = 0
    subsites_not_read: int = 0


class SiteRow(TypedDict):
    """One site of the result."""

    move: str
    site: str
    target: str
    predicted: bool
    reason: str
    people_today: int
    people_after: int
    same: int
    gains: int
    loses: int
    gaining: list[str]
    losing: list[str]
    unmapped: list[str]
    links_not_moved: int
    links: list[str]
    subsites_not_read: int


def site_row(prediction: Prediction, access: SiteAccess, totals: Totals) -> SiteRow:
    """One site counted, and added to the totals."""
    totals.sites += 1
    row = SiteRow(
        move=access.move.move_id,
        site=access.url,
        target=access.move.target,
        predicted=access.walk is not None,
        reason=access.reason,
        people_today=0,
        people_after=0,
        same=0,
        gains=0,
        loses=0,
        gaining=[],
        losing=[],
        unmapped=[],
        links_not_moved=0,
        links=[],
        subsites_not_read=0,
    )
    if access.walk is None:
        totals.not_predicted += 1
        return row
    found = prediction.summary(access.walk)
    unmapped = sorted(name_of(prediction.source, each) for each in access.walk.unmapped)
    links = max(access.walk.site.sharing_links, len(access.walk.links))
    totals.gains += found.gains
    totals.loses += found.loses
    totals.unmapped += len(unmapped)
    totals.links_not_moved += links
    totals.subsites_not_read += access.walk.site.subsites
    row.update(
        people_today=found.people_today,
        people_after=found.people_after,
        same=found.same,
        gains=found.gains,
        loses=found.loses,
        gaining=_some(found.gaining),
        losing=_some(found.losing),
        unmapped=_some(unmapped),
        links_not_moved=links,
        links=_some(access.walk.links),
        subsites_not_read=access.walk.site.subsites,
    )
    return row


def full_rows(prediction: Prediction, access: SiteAccess) -> Iterator[Mapping[str, str]]:
    """Every person with a right before or after on every object of one site, objects in the order of their paths."""
    walk = access.walk
    if walk is None:
        return
    names = _Names(prediction)
    for item_id, scope_id, kind, path in _objects(prediction, walk):
        for person in prediction.people(prediction.scope_rights(walk.site, scope_id)):
            yield {
                "site": access.url,
                "target_site": access.move.target,
                "item_id": str(item_id),
                "kind": kind.value,
                "path": path,
                "person": names.source(person.source_id),
                "person_id": person.source_id,
                "target_person": names.target(person.target_id),
                "target_id": person.target_id,
                "before": person.before.value,
                "after": person.after.value,
                "change": person.change.value,
            }


class _Names:
    """UPNs by id, each looked up once a site."""

    def __init__(self, prediction: Prediction) -> None:
        self._prediction = prediction
        self._source: dict[str, str] = {"": ""}
        self._target: dict[str, str] = {"": ""}

    def source(self, principal_id: str) -> str:
        if principal_id not in self._source:
            self._source[principal_id] = name_of(self._prediction.source, principal_id)
        return self._source[principal_id]

    def target(self, principal_id: str) -> str:
        if principal_id not in self._target:
            self._target[principal_id] = name_of(self._prediction.target, principal_id)
        return self._target[principal_id]


def _objects(prediction: Prediction, walk: SiteWalk) -> Iterator[tuple[UUID, UUID, ScopeKind, str]]:
    """(id, scope, kind, path): the web, then its lists, folders and files."""
    site_id = walk.site.site_id
    yield site_id, site_id, ScopeKind.WEB, ""
    for item in prediction.source.items(site_id):
        yield item.item_id, item.scope_id, item.kind, item.path


def _some(names: Sequence[str]) -> list[str]:
    return list(names[:NAMES_SHOWN])
