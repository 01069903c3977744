"""Reads the parts of a partner's snapshot: hostile input. Bounded, no entities, no network, forward only."""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from typing import Any

from lxml import etree

from xtenant.domain import errors
from xtenant.domain.snapshot import ManifestObject
from xtenant.package import site_file
from xtenant.package.elements import items, lists, people, rights
from xtenant.package.elements.markup import TAG
from xtenant.package.elements.webs import WebBeingRead
from xtenant.package.text import PART_LIMIT, DamagedPackage


def read_part(stored: bytes) -> Iterator[ManifestObject]:
    """The objects of a part, in order, be it a manifest or a site file.

    Raises DamagedPackage for anything that is not a part of ours: bad compression, a bomb, a document type, wrong XML or
    JSON, missing or malformed attributes, elements that do not belong together.
    """
    text = inflated(stored)
    return site_file.read(text) if text.startswith(b"{") else _read_manifest(text)


def inflated(stored: bytes) -> bytes:
    """The text of a part. Raises DamagedPackage."""
    inflater = zlib.decompressobj()
    try:
        text = inflater.decompress(stored, PART_LIMIT)
    except zlib.error as error:
        raise DamagedPackage("A manifest part is not compressed as it should be.") from error
    if not inflater.eof or inflater.unconsumed_tail or inflater.unused_data:
        raise DamagedPackage("A manifest part is cut off, too long, or has something behind it.")
    return text


def _read_manifest(xml: bytes) -> Iterator[ManifestObject]:
    if b"<!DOCTYPE" in xml or b"<!ENTITY" in xml:
        raise DamagedPackage("A manifest part has no document type.")
    assembly = _Assembly()
    try:
        for _, wrapper in etree.iterparse(
            io.BytesIO(xml), events=("end",), tag=f"{TAG}SPObject", resolve_entities=False, no_network=True
        ):
            thing = assembly.add(wrapper)
            if thing is not None:
                yield thing
            _release(wrapper)
        assembly.end()
    except (etree.XMLSyntaxError, KeyError, ValueError, IndexError, errors.UsageError) as error:
        raise DamagedPackage(f"A manifest part cannot be read: {error}") from error


def _release(wrapper: Any) -> None:
    """Frees what stands before; the payload that an assembly still holds has left its wrapper."""
    wrapper.clear()
    while wrapper.getprevious() is not None:
        del wrapper.getparent()[0]


class _Assembly:
    """Puts objects together from their elements: a web and what belongs to it, a root folder and its list, a file or folder
    and its list item. Raises ValueError where one is missing."""

    def __init__(self) -> None:
        self._web: WebBeingRead | None = None
        self._waiting: tuple[str, Any] | None = None

    def add(self, wrapper: Any) -> ManifestObject | None:
        kind, payload = wrapper.get("ObjectType"), wrapper[0]
        if self._web is not None:
            self._web.take(kind, payload)
            return self._web_when_whole()
        if self._waiting is not None:
            return self._joined(kind, payload)
        match kind:
            case "SPWeb":
                self._web = WebBeingRead(payload)
                return self._web_when_whole()
            case "SPFolder" | "SPFile":
                wrapper.remove(payload)
                self._waiting = kind, payload
                return None
            case _:
                return _read_alone(kind, payload)

    def end(self) -> None:
        if self._web is not None or self._waiting is not None:
            raise ValueError("a part ends before all of an object was there")

    def _web_when_whole(self) -> ManifestObject | None:
        web = None if self._web is None else self._web.whole()
        if web is not None:
            self._web = None
        return web

    def _joined(self, kind: str, payload: Any) -> ManifestObject:
        assert self._waiting is not None
        (first, waiting), self._waiting = self._waiting, None
        if first == "SPFolder" and kind in (lists.LIBRARY, lists.LIST) and lists.is_root_folder(waiting):
            return lists.read(kind, payload, waiting)
        if kind != "SPListItem":
            raise ValueError(f"a file or folder is followed by '{kind}'")
        return items.file_of(waiting, payload) if first == "SPFile" else items.folder_of(waiting, payload)


def _read_alone(kind: str | None, payload: Any) -> ManifestObject | None:
    match kind:
        case "DeploymentUserX":
            return people.principal_of(payload)
        case "DeploymentGroupX":
            return people.group_of(payload)
        case "SPListItem":
            return items.list_item_of(payload)
        case "DeploymentRoleAssignments":
            return rights.scope_of(payload[0])
        case "SPSite" | "DeploymentRoles":
            return None  # said by the web, and the same in every snapshot
        case _:
            raise DamagedPackage(f"A manifest part holds '{kind}', which no snapshot of ours has.")
