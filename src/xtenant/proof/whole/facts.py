"""What a tenant tells of the things of a site: of which thing, in which respect, and what.

Values are plain JSON. Principals stand in objects of one member, so that a comparison can say who is expected instead:
`{"person": NAME}`, `{"people": [NAME…]}` for a set, `{"rights": {NAME: ROLE}}`. Names are UPNs or object ids in lower case.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

Plain = Any
"""What JSON can hold."""

PERSON, PEOPLE, RIGHTS = "person", "people", "rights"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is told of one thing, by respect. `subject` names the thing by its path below the site (`list /Shared Documents`,
    `item /Lists/Tasks/3_.000`); what another call tells of the same thing is another `part` of it."""

    subject: str
    told: Mapping[str, Plain]
    part: str = ""


def person(name: str) -> Plain:
    return {PERSON: name.lower()}


def people(names: Iterable[str]) -> Plain:
    return {PEOPLE: sorted({name.lower() for name in names})}


def rights(given: Mapping[str, str]) -> Plain:
    return {RIGHTS: {name.lower(): role for name, role in given.items()}}


def moment(value: datetime | None) -> Plain:
    """Whole seconds in UTC, as SharePoint keeps them."""
    return None if value is None else value.strftime("%Y-%m-%dT%H:%M:%SZ")
