"""A cmdlet typed as a command of its own: `xtenant Set-SPOCrossTenantRelationship …`, told apart before the tree is asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xtenant.cmdlets.line import is_cmdlet_name, plain_dashes
from xtenant.domain.verbs import cmdlet_names

BEFORE_CMDLETS = {"-t": "tenant", "--tenant": "tenant", "--geo": "geo", "--confirm": "confirm"}
"""What may stand before a cmdlet's name."""


@dataclass(frozen=True, slots=True)
class CmdletCall:
    """A cmdlet typed as a command, with what stood before it."""

    words: list[str]
    tenant: str | None = None
    geo: str | None = None
    confirmed: tuple[str, ...] = ()


def cmdlet_call(arguments: Sequence[str]) -> CmdletCall | None:
    """`[-t NAME] [--geo GEO] [--confirm NAME] Verb-SPONoun …`, or None when it is another command."""
    options: dict[str, str] = {}
    rest = list(arguments)
    while rest and rest[0].startswith("-"):
        name, equals, value = rest.pop(0).partition("=")
        if name not in BEFORE_CMDLETS:
            return None
        if not equals:
            if not rest:
                return None
            value = rest.pop(0)
        options[BEFORE_CMDLETS[name]] = value
    if not rest or not _is_cmdlet(rest[0]):
        return None
    confirmed = tuple(value for name, value in options.items() if name == "confirm")
    return CmdletCall(words=rest, tenant=options.get("tenant"), geo=options.get("geo"), confirmed=confirmed)


def _is_cmdlet(word: str) -> bool:
    known = {name.lower() for name in cmdlet_names()}
    return is_cmdlet_name(word) or plain_dashes(word).lower() in known
