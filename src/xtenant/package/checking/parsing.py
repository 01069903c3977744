"""XML of a stranger, forward only: no entities, no network, no document type, bounded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lxml import etree

from xtenant.package.checking.tree import Tree

LARGEST = 256 * 1024 * 1024
"""No manifest is read beyond this; a good one has 25 MB."""


class Unreadable(Exception):
    """The file is no XML of the form that is read here; the text says why."""


def root_of(tree: Tree, path: str) -> Any:
    """The whole of a small file."""
    for event, element in _events(tree, path, ("end",)):
        if event == "end" and element.getparent() is None:
            return element
    raise Unreadable("It is empty.")


def objects_of(tree: Tree, path: str, tag: str) -> Iterator[Any]:
    """Every `SPObject`, whole; what was read is let go of. The root element itself comes first."""
    first = True
    for event, element in _events(tree, path, ("start", "end")):
        if first:
            first = False
            yield element
        elif event == "end" and element.tag == tag:
            yield element
            element.clear()
            while element.getprevious() is not None:
                del element.getparent()[0]


def _events(tree: Tree, path: str, events: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    if tree.sizes[path] > LARGEST:
        raise Unreadable(f"It has {tree.sizes[path]:,} bytes; no manifest has more than {LARGEST:,}.")
    with tree.open(path) as source:
        try:
            found = etree.iterparse(source, events=events, resolve_entities=False, no_network=True)
            for event, element in found:
                if element.getroottree().docinfo.doctype:
                    raise Unreadable("It has a document type.")
                yield str(event), element
        except etree.XMLSyntaxError as error:
            raise Unreadable(f"{error}") from error
