"""A hardened reading of XML: elements, attributes and text, and nothing that could reach out or blow up.

The parser feeds a target of ours, so a document type, an entity or a processing instruction ends the reading before
anything of it is acted upon, and depth and count are checked while reading (settled A 17).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from lxml import etree as _etree  # pyright: ignore[reportAttributeAccessIssue, reportUnknownVariableType]

from xtenant.domain.limits import Limits
from xtenant.protocols.csom.codec.values import InvalidClientQuery

etree = cast(Any, _etree)
"""lxml brings no types."""


class Node:
    """An element: local name within our one namespace, attributes, text, children."""

    __slots__ = ("attributes", "children", "name", "text")

    def __init__(self, name: str, attributes: Mapping[str, str]) -> None:
        self.name = name
        self.attributes = attributes
        self.children: list[Node] = []
        self.text = ""

    def attribute(self, name: str) -> str:
        """A required attribute. Raises InvalidClientQuery when it is missing."""
        try:
            return self.attributes[name]
        except KeyError:
            raise InvalidClientQuery(f"The element {self.name} lacks the attribute {name}.") from None

    def flag(self, name: str) -> bool:
        return self.attributes.get(name, "").lower() == "true"


class _Target:
    """lxml's target interface: called while reading, may refuse at any point."""

    def __init__(self, namespace: str, limits: Limits) -> None:
        self._prefix = f"{{{namespace}}}"
        self._limits = limits
        self._open: list[Node] = []
        self._text: list[str] = []
        self._count = 0
        self.root: Node | None = None

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self._count += 1
        if self._count > self._limits.xml_elements:
            raise InvalidClientQuery(f"The query has more than {self._limits.xml_elements} elements.")
        if len(self._open) >= self._limits.xml_depth:
            raise InvalidClientQuery(f"The query is nested deeper than {self._limits.xml_depth} elements.")
        if not tag.startswith(self._prefix):
            raise InvalidClientQuery("The query has an element outside the client query namespace.")
        node = Node(tag.removeprefix(self._prefix), dict(attributes))
        if self._open:
            self._open[-1].children.append(node)
        else:
            self.root = node
        self._open.append(node)
        self._text.clear()

    def end(self, tag: str) -> None:
        node = self._open.pop()
        if not node.children:
            node.text = "".join(self._text)
        self._text.clear()

    def data(self, data: str) -> None:
        self._text.append(data)

    def comment(self, text: str) -> None:
        """Comments mean nothing."""

    def pi(self, target: str, data: str | None = None) -> None:
        raise InvalidClientQuery("Processing instructions are not part of a query.")

    def doctype(self, name: str | None, public_id: str | None, system: str | None) -> None:
        raise InvalidClientQuery("A document type is not part of a query.")

    def close(self) -> Node | None:
        return self.root


def read(body: bytes, namespace: str, limits: Limits) -> Node:
    """The root element. Raises InvalidClientQuery for anything but a well-formed, harmless, bounded document."""
    if len(body) > limits.xml_body:
        raise InvalidClientQuery(f"The query is larger than {limits.xml_body} bytes.")
    target = _Target(namespace, limits)
    # "internal": with False, lxml leaves `&amp;` in an attribute as `&#38;`; other entities need the document type refused above
    parser = etree.XMLParser(
        target=target,
        resolve_entities="internal",
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
    )
    try:
        etree.fromstring(body, parser)
    except InvalidClientQuery:
        raise
    except (etree.LxmlError, ValueError, LookupError, AssertionError) as error:
        raise InvalidClientQuery("The query is not well-formed XML.") from error
    if target.root is None:
        raise InvalidClientQuery("The query is empty.")
    return target.root
