"""Names a target takes, names a move survives, and proposals where a name does neither (R-4.7, R-4.11, R-4.22).

The service's own check of names lives elsewhere; this one only has to be no laxer than Graph's written rules
(graph-migrations.md 4.2, 4.4).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from itertools import count

LONGEST_LOCAL_PART = 64
LONGEST_ALIAS = 64
LONGEST_NAME = 256
_LOCAL_SIGNS = re.compile(r"[A-Za-z0-9.\-_!#^~]+")
_NOT_LOCAL = re.compile(r"[^A-Za-z0-9.\-_!#^~]+")
_NOT_ALIAS = re.compile(r"[^A-Za-z0-9\-_]+")
_ALIAS_FORBIDDEN = frozenset('@()\\[]";:.<>, ')


def problems_of_upn(upn: str, domains: frozenset[str]) -> Iterator[str]:
    """What keeps a UPN from being created on the target or from surviving the move, each with its rule."""
    local, at, domain = upn.rpartition("@")
    if not at or not local:
        yield f"R-4.3: '{upn}' is no user principal name (NAME@DOMAIN)"
        return
    if "'" in upn:
        yield f"R-4.11: the apostrophe in '{upn}' makes the move fail"
    if not _LOCAL_SIGNS.fullmatch(local.replace("'", "")) or len(local) > LONGEST_LOCAL_PART or local.endswith("."):
        yield f"R-4.7: '{local}' is longer than {LONGEST_LOCAL_PART} letters, ends in a period, or has signs Entra refuses"
    if domain.casefold() not in domains:
        yield f"R-4.3: '{domain}' is no verified domain of the target"


def problems_of_group(name: str, alias: str) -> Iterator[str]:
    """What keeps a group's name or alias from being created or from surviving the move."""
    if "." in name or "." in alias:
        yield f"R-4.22: the period in '{name if '.' in name else alias}' makes the move of a group fail"
    if not alias or len(alias) > LONGEST_ALIAS or not alias.isascii() or (_ALIAS_FORBIDDEN - {"."}) & set(alias):
        yield f"R-4.7: '{alias}' is no alias of at most {LONGEST_ALIAS} ASCII letters without blanks and @()\\[]\";:<>,"
    if not name.strip() or len(name) > LONGEST_NAME:
        yield f"R-4.7: the name of the group is empty or longer than {LONGEST_NAME} letters"


def legal_local_part(text: str) -> str:
    """The nearest name that may stand before the @."""
    plain = _NOT_LOCAL.sub("", _without_accents(text.replace("'", ""))).strip(".")
    return plain[:LONGEST_LOCAL_PART].rstrip(".") or "user"


def legal_alias(text: str) -> str:
    """The nearest alias of a group; periods become hyphens (R-4.22)."""
    plain = _NOT_ALIAS.sub("-", _without_accents(text)).strip("-")
    return plain[:LONGEST_ALIAS].rstrip("-") or "group"


def legal_group_name(text: str) -> str:
    """A group's display name without the periods that fail its move (R-4.22)."""
    plain = " ".join(text.replace(".", " ").split())
    return plain[:LONGEST_NAME].rstrip() or "Group"


def free(stem: str, longest: int, taken: Callable[[str], bool]) -> str:
    """The name itself, or with the lowest number behind it that nobody has (R-4.7)."""
    if not taken(stem):
        return stem
    for number in count(2):
        candidate = f"{stem[: longest - len(str(number))]}{number}"
        if not taken(candidate):
            return candidate
    raise AssertionError  # count has no end


def _without_accents(text: str) -> str:
    return "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))
