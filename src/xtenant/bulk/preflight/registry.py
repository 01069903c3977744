"""Every group of rules, in the order in which they are looked at. A rule that stands here is judged or said not to be."""

from __future__ import annotations

from collections.abc import Iterator

from xtenant.bulk.pathing.checking import PATHS
from xtenant.bulk.preflight import (
    access,
    addresses,
    carrying,
    departures,
    groups,
    identity,
    jobs,
    people,
    rows,
    sites,
    tenants,
    trust,
)
from xtenant.bulk.preflight.rules import Group, Rule

GROUPS: tuple[Group, ...] = (
    rows.GROUP,
    trust.GROUP,
    tenants.GROUP,
    jobs.GROUP,
    sites.GROUP,
    departures.GROUP,
    PATHS,
    people.GROUP,
    identity.GROUP,
    groups.GROUP,
    addresses.GROUP,
    carrying.GROUP,
    access.GROUP,
)


def every_rule() -> Iterator[tuple[Group, Rule]]:
    """Each rule with its group."""
    for group in GROUPS:
        for rule in group.rules:
            yield group, rule
