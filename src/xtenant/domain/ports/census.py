"""Port of the census: how much a site holds, counted at once and not while it is read through."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from xtenant.domain.content import SiteKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Census:
    """`counts` by the names of `domain.snapshot.KINDS` and of their parts, those left out of which there is nothing; principals
    and the site itself are not counted. Versions and bytes of what lies in the recycle bin are included."""

    counts: Mapping[str, int]
    versions: int
    size_bytes: int


class CensusRepository(Protocol):
    def of_site(self, site_key: SiteKey) -> Census:
        """A site in any state, in a handful of queries."""
        ...
