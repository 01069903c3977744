"""Whom an object names: authors, editors, people in fields, members, holders of rights."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from xtenant.domain.fields import Fields, people_in
from xtenant.domain.snapshot import (
    ManifestFile,
    ManifestFolder,
    ManifestLibrary,
    ManifestListItem,
    ManifestScope,
    ManifestSubweb,
    ManifestWeb,
)

Exported = (
    ManifestWeb | ManifestSubweb | ManifestLibrary | ManifestFolder | ManifestFile | ManifestListItem | ManifestScope
)


def refs_of(thing: Exported) -> set[int]:
    match thing:
        case ManifestWeb():
            return set() if thing.owner is None else {thing.owner}
        case ManifestScope():
            return {given.principal for given in thing.assignments}
        case ManifestFile():
            return {*_made(thing), *(one.editor for one in thing.versions), *people_in(_fields(thing))}
        case ManifestListItem():
            attached = {ref for one in thing.attachments for ref in (one.author, one.editor)}
            return {*_made(thing), *(one.editor for one in thing.versions), *people_in(_fields(thing)), *attached}
        case ManifestFolder():
            return {*_made(thing), *people_in([thing.fields])}
        case ManifestSubweb() | ManifestLibrary():
            return set(_made(thing))


def _made(
    thing: ManifestSubweb | ManifestLibrary | ManifestFolder | ManifestFile | ManifestListItem,
) -> Iterable[int]:
    return thing.author, thing.editor


def _fields(thing: ManifestFile | ManifestListItem) -> Iterator[Fields]:
    return (version.fields for version in thing.versions)
