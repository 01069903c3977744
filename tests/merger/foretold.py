"""What `access diff` said beforehand, looked up by person and item."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from merger.planting import Planted
from merger.probing import NONE

Pair = tuple[str, str, tuple[str, ...]]
"""A person's key, a site's name, an item's path."""


@dataclass(frozen=True)
class Rights:
    before: str = NONE
    after: str = NONE


@dataclass
class Foretold:
    """Rights by (source UPN, site address, item id); whoever is not named has none."""

    rights: dict[tuple[str, str, str], Rights] = field(default_factory=dict)

    def of(self, planted: Planted, pair: Pair) -> Rights:
        person, site, path = pair
        key = (planted.upns[person].lower(), planted.urls[site].lower(), planted.items[site][path].lower())
        return self.rights.get(key, Rights())


def read_foretold(file: Path) -> Foretold:
    told = Foretold()
    for line in file.read_text().splitlines():
        row = json.loads(line)
        key = (row.get("person", "").lower(), row["site"].lower(), row["item_id"].lower())
        told.rights[key] = Rights(row["before"], row["after"])
    return told
