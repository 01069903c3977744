"""How a made-up estate is divided: which kinds of sites it has and how many items each holds."""

from __future__ import annotations

from dataclasses import dataclass

from xtenant.domain import errors
from xtenant.domain.content import (
    COMMUNICATION_TEMPLATE,
    GROUP_TEMPLATE,
    PERSONAL_TEMPLATE,
    TEAM_SITE_TEMPLATE,
)

CLASSIC_TEMPLATE = "STS#0"
TEMPLATES = (
    TEAM_SITE_TEMPLATE,
    PERSONAL_TEMPLATE,
    GROUP_TEMPLATE,
    CLASSIC_TEMPLATE,
    COMMUNICATION_TEMPLATE,
    TEAM_SITE_TEMPLATE,
    PERSONAL_TEMPLATE,
    GROUP_TEMPLATE,
)
"""Kinds of sites by number, over and over (R-0.20 to R-0.24)."""

MOST_SITES, MOST_ITEMS = 4_000, 5_000_000
LEAST_ITEMS = 4
"""A site holds at least so many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EstatePlan:
    """What is asked for. `unique_permissions`, `with_versions` and `links` are shares of all items, `attachments` of list items."""

    sites: int
    items: int
    seed: int
    unique_permissions: float = 0.02
    with_versions: float = 0.1
    links: float = 0.01
    attachments: float = 0.1
    prefix: str = "gen"

    def __post_init__(self) -> None:
        if not 1 <= self.sites <= MOST_SITES or not self.sites * LEAST_ITEMS <= self.items <= MOST_ITEMS:
            raise errors.UsageError(
                f"An estate has 1 to {MOST_SITES} sites and up to {MOST_ITEMS} items, at least {LEAST_ITEMS} a site."
            )
        if self.seed < 0:
            raise errors.UsageError("A seed is a number from 0 on.")

    @property
    def people(self) -> int:
        """A person for each OneDrive and some more."""
        return max(8, min(400, self.sites))

    def site_name(self, number: int) -> str:
        """The last part of a site's address; a group's alias too, so no period (R-4.22)."""
        return f"{self.prefix}{self.seed}-{number + 1:04}"

    def template(self, number: int) -> str:
        return TEMPLATES[number % len(TEMPLATES)]


def shares(total: int, parts: int, *, least: int = 0) -> list[int]:
    """A total in so many parts, the first the largest, as sizes of sites and folders are: the n-th is 1/n of the first."""
    weights = [1 / (number + 1) for number in range(parts)]
    rest = total - least * parts
    found = [least + int(rest * weight / sum(weights)) for weight in weights]
    for number in range(total - sum(found)):
        found[number % parts] += 1
    return found
