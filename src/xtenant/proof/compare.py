"""Compares what the source held with what the target holds: every difference, never only the first.

Both sides come in path order and are merged, so that neither is ever whole in memory. Nothing is looked up and nothing is
forgiven here: what a move may change (who people are) is handed in as a map.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from xtenant.proof.facts import ItemFacts, Kind, VersionFacts

ABSENT = "absent"


class Aspect(Enum):
    """In which respect two items differ."""

    MISSING = "missing at the target"
    EXTRA = "only at the target"
    KIND = "kind"
    SIZE = "size"
    QUICK_XOR = "quickXorHash"
    SHA256 = "SHA-256"
    CREATED = "created"
    MODIFIED = "modified"
    AUTHOR = "author"
    EDITOR = "editor"
    VERSION_COUNT = "number of versions"
    VERSION_NUMBER = "version label"
    VERSION_SIZE = "version size"
    VERSION_MODIFIED = "version modified"
    VERSION_EDITOR = "version editor"
    SCOPE = "permissions"
    RIGHT = "right"
    SITE_GROUP = "SharePoint group"
    MEMBERS = "members of a SharePoint group"
    ADMINS = "site collection administrators"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """`expected` is what the source had, after the map; `found` what the target tells."""

    path: str
    aspect: Aspect
    expected: str
    found: str

    def __str__(self) -> str:
        return f"{self.path}: {self.aspect.value}: expected {self.expected}, found {self.found}"


def differences(
    source: Iterable[ItemFacts], target: Iterable[ItemFacts], *, people: Mapping[str, str]
) -> Iterator[Difference]:
    """Every difference, in path order; both sides must come sorted by path.

    `people` leads from a source mail address in lower case to the one expected at the target; whoever is not in it is
    expected unchanged. Folder sizes are sums that a tenant counts later, and are not compared.
    """
    expected = _Expected(people)
    for before, after in _paired(source, target):
        if after is None and before is not None:
            yield Difference(path=before.path, aspect=Aspect.MISSING, expected=before.kind.value, found=ABSENT)
        elif before is None and after is not None:
            yield Difference(path=after.path, aspect=Aspect.EXTRA, expected=ABSENT, found=after.kind.value)
        elif before is not None and after is not None:
            yield from _item_differences(before, after, expected)


class _Expected:
    """Who somebody of the source is expected to be at the target."""

    def __init__(self, people: Mapping[str, str]) -> None:
        self._people = {source.lower(): target.lower() for source, target in people.items()}

    def __call__(self, name: str) -> str:
        return self._people.get(name.lower(), name.lower())


def _paired(
    source: Iterable[ItemFacts], target: Iterable[ItemFacts]
) -> Iterator[tuple[ItemFacts | None, ItemFacts | None]]:
    left, right = iter(source), iter(target)
    before, after = next(left, None), next(right, None)
    while before is not None or after is not None:
        if after is None or (before is not None and before.path < after.path):
            yield before, None
            before = next(left, None)
        elif before is None or after.path < before.path:
            yield None, after
            after = next(right, None)
        else:
            yield before, after
            before, after = next(left, None), next(right, None)


def _item_differences(before: ItemFacts, after: ItemFacts, expected: _Expected) -> Iterator[Difference]:
    told = _teller(before.path)
    yield from told(Aspect.KIND, before.kind.value, after.kind.value)
    if before.kind is Kind.FILE:
        yield from told(Aspect.SIZE, before.size_bytes, after.size_bytes)
        yield from told(Aspect.QUICK_XOR, before.quick_xor, after.quick_xor)
    if before.sha256 is not None:
        yield from told(Aspect.SHA256, before.sha256, after.sha256)
    yield from told(Aspect.CREATED, before.created_at, after.created_at)
    yield from told(Aspect.MODIFIED, before.modified_at, after.modified_at)
    yield from told(Aspect.AUTHOR, expected(before.author), after.author.lower())
    yield from told(Aspect.EDITOR, expected(before.editor), after.editor.lower())
    yield from told(Aspect.VERSION_COUNT, len(before.versions), len(after.versions))
    yield from _history_differences(before, after, expected)


def _history_differences(before: ItemFacts, after: ItemFacts, expected: _Expected) -> Iterator[Difference]:
    """Versions are paired by label."""
    left = {version.number: version for version in before.versions}
    right = {version.number: version for version in after.versions}
    for number in dict.fromkeys((*left, *right)):
        old, new = left.get(number), right.get(number)
        if old is not None and new is not None:
            yield from _version_differences(f"{before.path} (version {number})", old, new, expected)
        else:
            present = (number if old else ABSENT, number if new else ABSENT)
            yield Difference(path=before.path, aspect=Aspect.VERSION_NUMBER, expected=present[0], found=present[1])


def _version_differences(path: str, old: VersionFacts, new: VersionFacts, expected: _Expected) -> Iterator[Difference]:
    told = _teller(path)
    yield from told(Aspect.VERSION_SIZE, old.size_bytes, new.size_bytes)
    yield from told(Aspect.VERSION_MODIFIED, old.modified_at, new.modified_at)
    yield from told(Aspect.VERSION_EDITOR, expected(old.editor), new.editor.lower())


def _teller(path: str) -> Callable[[Aspect, object, object], Iterator[Difference]]:
    def told(aspect: Aspect, wanted: object, found: object) -> Iterator[Difference]:
        if wanted != found:
            yield Difference(path=path, aspect=aspect, expected=str(wanted), found=str(found))

    return told
