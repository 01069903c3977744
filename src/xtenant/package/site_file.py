"""Parts named `site-00001.json`: what the manifest has no element for, sharing links and the recycle bin (settled B 10).

One JSON document of objects, one a line: `{"format": …, "objects": [{"kind": …, "object": {…}}, …]}`; kinds are those that a
seal counts, members the fields of the manifest object. Read from a partner: every value is held against what a store takes.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

from xtenant.domain import errors, fields
from xtenant.domain.lists import ListDefinition, WebDefinition, definition_text, list_definition_of, web_definition_of
from xtenant.domain.snapshot import (
    KINDS,
    ManifestDeleted,
    ManifestEntry,
    ManifestFile,
    ManifestLink,
    ManifestListItem,
    ManifestObject,
    ManifestScope,
)
from xtenant.package.elements.markup import COUNTS_BELOW, REFS_BELOW
from xtenant.package.text import DamagedPackage, storable

FORMAT = "xtenant-site-1"
HEAD = f'{{"format":"{FORMAT}","objects":[\n'.encode()
TAIL = b"]}\n"
SMALL = frozenset({"int_id", "major", "minor"})
LENGTHS = {"sha256": (0, 32), "quick_xor": (0, 20), "token_hash": (32,)}
KIND_OF = {name: kind for kind, name in KINDS.items()}


class _Part(msgspec.Struct, forbid_unknown_fields=True):
    format: str
    objects: list[msgspec.Raw]


class _Named(msgspec.Struct, forbid_unknown_fields=True):
    kind: str
    object: msgspec.Raw


class _Deleted(msgspec.Struct, forbid_unknown_fields=True):
    thing: _Named
    deleted_at: datetime
    deleted_by: int
    with_id: UUID


def stands_here(thing: ManifestObject) -> bool:
    """Whether an object is of those that the manifest has no element for."""
    return isinstance(thing, ManifestLink | ManifestDeleted)


def object_bytes(thing: ManifestObject) -> bytes:
    """One object, for its line."""
    return msgspec.json.encode(_named(thing))


def _named(thing: ManifestObject) -> dict[str, Any]:
    body: Any = thing
    if isinstance(thing, ManifestDeleted):
        body = {
            "thing": _named(thing.thing),
            "deleted_at": thing.deleted_at,
            "deleted_by": thing.deleted_by,
            "with_id": thing.with_id,
        }
    return {"kind": KINDS[type(thing)], "object": body}


def read(text: bytes) -> Iterator[ManifestObject]:
    """The objects of a part, in order. Raises DamagedPackage."""
    try:
        part = msgspec.json.decode(text, type=_Part)
        if part.format != FORMAT:
            raise DamagedPackage(f"This is no {FORMAT}.")
        for line in part.objects:
            yield _checked(_object(msgspec.json.decode(line, type=_Named)))
    except (msgspec.DecodeError, errors.UsageError, ValueError, RecursionError) as error:
        raise DamagedPackage(f"A site file cannot be read: {error}") from error


def _object(named: _Named) -> ManifestObject:
    kind = KIND_OF.get(named.kind)
    if kind in (ManifestLink, ManifestScope):  # in an exported package, the scopes of what is deleted stand here
        return msgspec.json.decode(named.object, type=kind)
    if kind is not ManifestDeleted:
        raise ValueError(f"'{named.kind[:20]}' stands in no site file")
    found = msgspec.json.decode(named.object, type=_Deleted)
    return ManifestDeleted(
        thing=_entry(found.thing),
        deleted_at=found.deleted_at,
        deleted_by=found.deleted_by,
        with_id=found.with_id,
    )


def _entry(named: _Named) -> ManifestEntry:
    kind = KIND_OF.get(named.kind)
    if kind is None or not issubclass(kind, ManifestEntry):
        raise ValueError(f"'{named.kind[:20]}' is nothing that is deleted")
    entry = msgspec.json.decode(named.object, type=kind)
    if isinstance(entry, ManifestFile | ManifestListItem):
        wanted = 32 if isinstance(entry, ManifestFile) else 0
        if not entry.versions or any(len(version.sha256) != wanted for version in entry.versions):
            raise ValueError("a version has no content, or has one that it should not have")
    if isinstance(entry, ManifestListItem) and any(len(one.sha256) != 32 for one in entry.attachments):
        raise ValueError("an attachment has no content")
    return entry


def _checked(thing: ManifestObject) -> ManifestObject:
    """Raises DamagedPackage, UsageError or ValueError for what no store can hold."""
    _check("", thing)
    return thing


def _check(name: str, value: object) -> None:
    match value:
        case bool() | None:
            return
        case str():
            _check_text(name, value)
        case int():
            if not 0 <= value < (COUNTS_BELOW if name in SMALL else REFS_BELOW):
                raise ValueError(f"{name} is out of range")
        case bytes():
            if len(value) not in LENGTHS[name]:
                raise ValueError(f"{name} has the wrong length")
        case datetime():
            if value.tzinfo != UTC or value.microsecond:
                raise ValueError(f"{name} is no whole second in UTC")
        case tuple():
            for one in value:  # pyright: ignore[reportUnknownVariableType] -- what is in it is looked at next
                _check(name, one)  # pyright: ignore[reportUnknownArgumentType]
        case ListDefinition():
            list_definition_of(definition_text(value))
        case WebDefinition():
            web_definition_of(definition_text(value))
        case _ if dataclasses.is_dataclass(value):
            for field in dataclasses.fields(value):
                _check(field.name, getattr(value, field.name))
        case _:
            return  # ids and enumerations are what they are


def _check_text(name: str, text: str) -> None:
    if name == "fields" and fields.canonical(text) != text:
        raise ValueError("fields are not in their one form")
    if not storable(text):
        raise ValueError(f"{name} holds a character that cannot be stored")
