"""Chance that can be repeated: the same seed and names give the same draws, on every machine. Not for secrets."""

from __future__ import annotations

import random

Chance = random.Random


def chance_of(*names: object) -> Chance:
    """Draws that depend on these names only."""
    return random.Random(":".join(map(str, names)))  # noqa: S311 (made-up content, no secret)
