"""Compares who could do what in the source with who can do what in the target: every difference.

What the map says of people and groups is handed in, and so is who inherits from those outside it. It is worked out here by
itself: the engine's table of who became whom is not asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from xtenant.proof.compare import ABSENT, Aspect, Difference
from xtenant.proof.permissions import SITE_GROUP, PermissionFacts, Rights, strongest

OWNERS = "_o"
"""How the owners of a Microsoft 365 group are named: its object id and this."""

NOBODY = "nobody"
Translate = Callable[[str], str | None]


def permission_differences(
    before: PermissionFacts, after: PermissionFacts, *, principals: Mapping[str, str], heir: str | None = None
) -> Iterator[Difference]:
    """Scopes, groups and administrators in this order, each by name.

    `principals` leads from a source UPN or group id to the target's; what others had is expected to be the `heir`'s, or
    nobody's.
    """
    expected = _translator(principals, heir)
    yield from _scopes(before.scopes, after.scopes, expected)
    for title in sorted(before.groups.keys() | after.groups.keys()):
        wanted, found = before.groups.get(title), after.groups.get(title)
        if wanted is None or found is None:
            told = [ABSENT if members is None else title for members in (wanted, found)]
            yield Difference(path=title, aspect=Aspect.SITE_GROUP, expected=told[0], found=told[1])
        else:
            yield from _people(title, Aspect.MEMBERS, _known(wanted, expected), found)
    yield from _people("", Aspect.ADMINS, _known(before.admins, expected), after.admins)


def _translator(principals: Mapping[str, str], heir: str | None) -> Translate:
    known = {source.lower(): target.lower() for source, target in principals.items()}

    def expected(name: str) -> str | None:
        if name.startswith(SITE_GROUP):
            return name
        if name.endswith(OWNERS) and name.removesuffix(OWNERS) in known:
            return known[name.removesuffix(OWNERS)] + OWNERS
        return known.get(name, heir.lower() if heir else None)

    return expected


def _known(names: Iterable[str], expected: Translate) -> frozenset[str]:
    return frozenset(found for name in names if (found := expected(name)) is not None)


def _scopes(before: Mapping[str, Rights], after: Mapping[str, Rights], expected: Translate) -> Iterator[Difference]:
    for path in sorted(before.keys() | after.keys()):
        wanted, found = before.get(path), after.get(path)
        if wanted is None or found is None:
            told = ["inherited" if rights is None else "its own" for rights in (wanted, found)]
            yield Difference(path=path, aspect=Aspect.SCOPE, expected=told[0], found=told[1])
            continue
        due = _translated(wanted, expected)
        for name in sorted(due.keys() | found.keys()):
            if due.get(name) != found.get(name):
                right, stands = due.get(name, "none"), found.get(name, "none")
                yield Difference(path=path, aspect=Aspect.RIGHT, expected=f"{name}: {right}", found=f"{name}: {stands}")


def _translated(rights: Rights, expected: Translate) -> dict[str, str]:
    """Two who become one have the stronger of their rights."""
    found: dict[str, list[str]] = {}
    for name, right in rights.items():
        here = expected(name)
        if here is not None:
            found.setdefault(here, []).append(right)
    return {name: strongest(roles) for name, roles in found.items()}


def _people(path: str, aspect: Aspect, wanted: frozenset[str], found: frozenset[str]) -> Iterator[Difference]:
    if wanted != found:
        told = [", ".join(sorted(names)) or NOBODY for names in (wanted - found, found - wanted)]
        yield Difference(path=path, aspect=aspect, expected=told[0], found=told[1])
