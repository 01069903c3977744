"""Addresses below `/_api/web`: the words of a path with their arguments, and the list they begin with (content-api.md 4.1, 4.4)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from xtenant.domain import errors
from xtenant.domain.content import ItemId
from xtenant.domain.permissions import Securable
from xtenant.wire import odata

_WORD = re.compile(r"(?P<name>\$?[A-Za-z][\w.]*)(?:\((?P<arguments>(?:'(?:[^']|'')*'|[^'()])*)\))?(?:/|$)")
_MOST_WORDS = 8
_ID_BRACES = re.compile(r"\{([0-9a-f-]{36})\}", re.IGNORECASE)

_OF_THE_WEB = frozenset({"fields", "fields()", "contenttypes", "contenttypes()"})


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a path, in lower case; `arguments` is None where no parentheses stood."""

    name: str
    arguments: str | None = None

    @property
    def shape(self) -> str:
        return self.name if self.arguments is None else f"{self.name}()"

    def argument(self, name: str, aliases: Mapping[str, str] | None = None) -> str:
        """The only argument, named or not. Raises UsageError."""
        return odata.arguments(self.arguments or "", name, aliases=aliases)[name]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListAddress:
    """`what` names a list, or the web where the address is about all lists or the web's own; `rest` is what follows."""

    what: Securable
    rest: tuple[Word, ...] = ()

    @property
    def shape(self) -> str:
        """The rest without its arguments: `items()/versions`."""
        return "/".join(word.shape for word in self.rest)


_BY_KEY = {
    "items": frozenset({"getbyid"}),
    "fields": frozenset({"getbyid", "getbyinternalnameortitle", "getbytitle"}),
    "contenttypes": frozenset({"getbyid"}),
    "attachmentfiles": frozenset({"getbyfilename"}),
}
"""Functions that mean the same as a key behind the collection: `items/getbyid(5)` is `items(5)`."""


def words(text: str) -> Sequence[Word]:
    """The words of a decoded path. Raises NotFound for what is none."""
    found: list[Word] = []
    at, path = 0, text.strip("/")
    while at < len(path):
        word = _WORD.match(path, at)
        if word is None or len(found) == _MOST_WORDS:
            raise errors.NotFound(f"Nothing answers at '{path[:80]}' of a web.")
        found.append(Word(word["name"].lower(), word["arguments"]))
        at = word.end()
    return _folded(found)


def _folded(path: Sequence[Word]) -> Sequence[Word]:
    found: list[Word] = []
    for word in path:
        last = found[-1] if found else Word("")
        if last.arguments is None and word.arguments is not None and word.name in _BY_KEY.get(last.name, ()):
            found[-1] = Word(last.name, word.arguments)
        else:
            found.append(word)
    return found


def parse_list_address(text: str, aliases: Mapping[str, str] | None = None) -> ListAddress:
    """`lists`, `lists(guid'…')/items`, `lists/getbytitle('…')/fields`, `getlist('/sites/x/Lists/T')`, `fields`, `contenttypes`.

    Raises NotFound, UsageError.
    """
    path = words(text)
    if not path:
        raise errors.NotFound("Nothing answers at this address of a web.")
    first, rest = path[0], tuple(path[1:])
    if first.shape in _OF_THE_WEB:
        return ListAddress(what=Securable(), rest=tuple(path))
    if first.shape == "getlist()":
        return ListAddress(what=Securable(list_path=first.argument("strUrl", aliases)), rest=rest)
    if first.shape == "lists()":
        return ListAddress(what=Securable(list_id=_list_id(first.argument("id", aliases))), rest=rest)
    if first.shape == "lists" and rest and rest[0].shape == "getbyid()":
        return ListAddress(what=Securable(list_id=_list_id(rest[0].argument("id", aliases))), rest=rest[1:])
    if first.shape == "lists" and rest and rest[0].shape == "getbytitle()":
        return ListAddress(what=Securable(list_title=rest[0].argument("title", aliases)), rest=rest[1:])
    if path == [Word("lists")]:
        return ListAddress(what=Securable())
    raise errors.NotFound(f"Nothing answers at '{text[:80]}' of a web.")


def _list_id(text: str) -> ItemId:
    braces = _ID_BRACES.fullmatch(text)
    try:
        return ItemId(UUID(braces[1] if braces else text))
    except ValueError:
        raise errors.UsageError(f"'{text[:40]}' is no list id.") from None
