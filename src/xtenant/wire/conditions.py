"""Conditions of requests: `If-Match`, put as a question about an item."""

from __future__ import annotations

import re
from collections.abc import Callable

from xtenant.domain.content import Item
from xtenant.wire.edge import Call

_TAG = re.compile(r'"[^"]*"')
"""An entity tag; ours hold a comma, so a list of them cannot be split at commas."""


def if_match(call: Call, *tags_of: Callable[[Item], str]) -> Callable[[Item], bool] | None:
    """Whether one of an item's tags is among those the caller names; None without the header, or with `*`."""
    wanted = call.request.headers.get("if-match")
    if wanted is None or wanted.strip() == "*":
        return None
    named = frozenset(_TAG.findall(wanted))
    return lambda item: any(tag_of(item) in named for tag_of in tags_of)
