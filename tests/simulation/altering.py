"""Every attribute of every object in a manifest, altered once: what a faulty Restore would write."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from enum import Enum
from typing import Any
from uuid import UUID

from xtenant.domain import snapshot
from xtenant.domain.content import BlobKey, PrincipalKind, Role
from xtenant.domain.fields import Fields, field_values, fields_text
from xtenant.domain.lists import ListDefinition, WebDefinition
from xtenant.domain.sharing import LinkScope
from xtenant.domain.snapshot import (
    ManifestAssignment,
    ManifestAttachment,
    ManifestDeleted,
    ManifestObject,
    ManifestVersion,
)

NAMES_ONLY = {
    ("ManifestWeb", "web_id"): "the site's root web gets an id of its own here (settled B 11)",
    ("ManifestWeb", "url"): "the target's address comes from the grant",
    ("ManifestPrincipal", "name"): "a label: another move may meanwhile have learned a newer one",
    ("ManifestPrincipal", "mail"): "a label",
    ("ManifestScope", "path"): "says for readers of the package where the object lies",
    ("ManifestScope", "web_id"): "the same",
    ("ManifestScope", "web_path"): "the same",
    ("ManifestLink", "path"): "the same",
    ("ManifestListItem", "name"): "made from its number",
    **{
        (kind, "library_id"): "follows from the parent"
        for kind in ("ManifestFolder", "ManifestFile", "ManifestListItem")
    },
    **{
        (kind, "path"): "follows from the names of what is above"
        for kind in ("ManifestSubweb", "ManifestLibrary", "ManifestFolder", "ManifestFile", "ManifestListItem")
    },
}
"""Attributes that no row of the target repeats, and why."""

Alteration = Callable[[Sequence[ManifestObject]], list[ManifestObject]]
KINDS = (*snapshot.KINDS, ManifestVersion, ManifestAttachment, ManifestAssignment, ListDefinition, WebDefinition)


def attributes() -> Iterator[tuple[str, str]]:
    """(class, attribute) of everything that a manifest says."""
    for kind in KINDS:
        for field in dataclasses.fields(kind):
            if (kind.__name__, field.name) not in NAMES_ONLY:
                yield kind.__name__, field.name


def altered(things: Sequence[ManifestObject], kind: str, attribute: str) -> list[ManifestObject]:
    """The objects, one of them with another value in an attribute; the same ones where none has it."""
    done = False
    found: list[ManifestObject] = []
    for thing in things:
        other = thing if done else _altered(thing, kind, attribute)
        done = done or other != thing
        found.append(other)
    return found


def _altered(thing: Any, kind: str, attribute: str) -> Any:
    """Depth first: the object itself, or the first of what is in it."""
    if type(thing).__name__ == kind and (other := _other(thing, attribute, getattr(thing, attribute))) is not None:
        return dataclasses.replace(thing, **{attribute: other})
    for name in ("thing", "versions", "attachments", "assignments", "definition"):
        inside = getattr(thing, name, None)
        if isinstance(inside, tuple):
            parts = list(inside)
            for index, part in enumerate(parts):
                if (other := _altered(part, kind, attribute)) != part:
                    parts[index] = other
                    return dataclasses.replace(thing, **{name: tuple(parts)})
        elif inside is not None and (other := _altered(inside, kind, attribute)) != inside:
            return dataclasses.replace(thing, **{name: other})
    return thing


SOMEBODY_ELSE = ("author", "editor", "deleted_by", "created_by", "principal", "owner")
FRESH = UUID(int=0xF2E5)


def _other(thing: Any, attribute: str, value: Any) -> Any:
    """Another value of the same kind that could stand there; None where it could not be another."""
    if attribute in SOMEBODY_ELSE:
        return None if value in (None, 0) else (1 if value != 1 else 2)
    if attribute in ("web_id", "parent_id", "library_id", "list_id", "object_id", "with_id") and value is None:
        return None
    if attribute == "fields":
        return _other_fields(value)
    if attribute == "sha256":
        return BlobKey(bytes(reversed(value))) if value else None
    match value:
        case bool():
            return not value
        case int():
            return value + 1
        case str():
            return f"{value}x"
        case bytes():
            return bytes([value[0] ^ 1, *value[1:]]) if value else None
        case datetime():
            return value + timedelta(seconds=1)
        case UUID():
            return FRESH
        case Enum():
            return _other_member(value)
        case tuple():
            return value[1:] if value else None
        case ListDefinition() | WebDefinition():
            return dataclasses.replace(value, description="another")
        case None:
            return None
        case _:
            return _altered_inside(thing, attribute, value)


def _altered_inside(thing: Any, attribute: str, value: Any) -> Any:
    assert isinstance(thing, ManifestDeleted), (thing, attribute)
    return dataclasses.replace(value, name=f"{value.name}x")


def _other_fields(text: Fields) -> Fields | None:
    values = field_values(text)
    return fields_text({**values, "Title": "another"}) if values else None


def _other_member(value: Enum) -> Enum | None:
    if isinstance(value, PrincipalKind):
        return PrincipalKind.GROUP if value is PrincipalKind.USER else None
    if isinstance(value, Role):
        return Role.READ if value is not Role.READ else Role.OWNER
    if isinstance(value, LinkScope):
        return LinkScope.ORGANIZATION if value is not LinkScope.ORGANIZATION else LinkScope.ANONYMOUS
    return next(member for member in type(value) if member is not value)
