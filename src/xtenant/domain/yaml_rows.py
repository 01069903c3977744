"""Tables that people edit in git: a head of texts and a list of rows, written as YAML. Beside `sheets`, which is their spreadsheet.

Every scalar is taken as the text that stands there, so that `no`, `1` and a date mean what they look like. Only this much of
YAML is read: one document, a mapping, one list of mappings, a cell that is itself a mapping or a list of texts. Anchors, tags and
anything deeper are refused, so that no file grows while it is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import yaml
from yaml import events

from xtenant.domain import errors

_IN_BRACES = frozenset(",[]{}")
_DEEPEST = 5
"""Head, list, row, cell, text in a cell."""


class UnreadableYaml(errors.UsageError):
    """A file that should be such a table is none, or holds more of YAML than a table needs."""

    code = "unreadableYaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scalar:
    """A text and where it stands: line from 1, characters from `start` to `end` of the file."""

    text: str
    line: int
    start: int
    end: int
    column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    line: int
    column: int
    flow: bool
    parts: Sequence[Node]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    line: int
    flow: bool
    parts: Mapping[str, tuple[Scalar, Node]]


Node = Scalar | Listed | Mapped


@dataclass(frozen=True, slots=True, kw_only=True)
class YamlRows:
    """What was read. `rows` are cells by column, each with its line; `tree` is the document as it stands in the file."""

    head: Mapping[str, str]
    rows: Sequence[tuple[int, Mapping[str, str]]]
    tree: Mapped = field(repr=False)


def read(
    text: str, columns: Sequence[str], *, rows: str, head: Sequence[str], required: Sequence[str], what: str
) -> YamlRows:
    """The rows under the key `rows`, missing columns empty, and the head's texts.

    Raises UnreadableYaml for what is no such file, UsageError for an unknown, doubled or missing key.
    """
    tree = _tree(text, what)
    unknown = [name for name in tree.parts if name not in (*head, rows)]
    if unknown or rows not in tree.parts:
        told = f"unknown: {', '.join(map(repr, unknown))}" if unknown else f"missing: {rows}"
        raise errors.UsageError(
            f"{what} does not have the keys it should ({told}).", remedy=f"They are {', '.join((*head, rows))}."
        )
    listed = tree.parts[rows][1]
    if isinstance(listed, Scalar) and not listed.text:
        listed = Listed(line=listed.line, column=0, flow=True, parts=())
    if not isinstance(listed, Listed):
        raise UnreadableYaml(f"In {what} the value of '{rows}' is no list.", remedy="Begin each row with a hyphen.")
    return YamlRows(
        head={name: _cell(tree.parts[name][1], what) if name in tree.parts else "" for name in head},
        rows=[(row.line, _row(row, columns, required, what)) for row in listed.parts],
        tree=tree,
    )


def written(
    head: Mapping[str, str], rows: str, table: Iterable[Mapping[str, str | Mapping[str, str]]]
) -> Iterator[str]:
    """A file of such a table, a key a line; keys of the head and cells that are empty are left out."""
    yield _dumped({name: value for name, value in head.items() if value})
    first = True
    for row in table:
        if first:
            yield f"{rows}:\n"
        first = False
        yield written_row(row, indent=0)
    if first:
        yield f"{rows}: []\n"


def written_row(row: Mapping[str, str | Mapping[str, str]], *, indent: int) -> str:
    """One row of a block list whose hyphen stands `indent` characters from the margin."""
    text = _dumped([{name: value for name, value in row.items() if value}])
    return "".join(" " * indent + line for line in text.splitlines(keepends=True))


def written_scalar(text: str) -> str:
    """A text as it may stand behind a key, in braces too, on one line."""
    plain = _dumped({"x": text}).removeprefix("x:").strip()
    if "\n" not in plain and _IN_BRACES.isdisjoint(plain):
        return plain
    for style in (None, '"'):
        dumped = yaml.dump(
            [text],
            Dumper=yaml.CSafeDumper,
            default_flow_style=True,
            default_style=style,
            width=2**30,
            allow_unicode=True,
        )
        if dumped.count("\n") == 1:
            return dumped.strip()[1:-1]
    return '""'


def _dumped(value: object) -> str:
    if not value:
        return ""
    return yaml.dump(value, Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True, width=2**30)


def _row(node: Node, columns: Sequence[str], required: Sequence[str], what: str) -> Mapping[str, str]:
    if not isinstance(node, Mapped):
        raise UnreadableYaml(f"Line {node.line} of {what} is no row.", remedy="Write `- kind: …` with its keys below.")
    unknown = [name for name in node.parts if name not in columns]
    missing = [name for name in required if name not in node.parts]
    if unknown or missing:
        told = f"unknown: {', '.join(map(repr, unknown))}" if unknown else f"missing: {', '.join(missing)}"
        raise errors.UsageError(
            f"The row in line {node.line} of {what} does not have the keys it should ({told}).",
            remedy=f"They are {', '.join(columns)}.",
        )
    return {name: _cell(node.parts[name][1], what) if name in node.parts else "" for name in columns}


def _cell(node: Node, what: str) -> str:
    """A text; a mapping as `key=value;…`, a list as its texts with `;` between."""
    match node:
        case Scalar():
            return node.text.strip()
        case Mapped():
            pairs = [(name, value) for name, (_, value) in node.parts.items()]
        case Listed():
            pairs = [("", value) for value in node.parts]
    told: list[str] = []
    for name, value in pairs:
        if not isinstance(value, Scalar) or ";" in value.text or "=" in name or ";" in name:
            raise UnreadableYaml(f"Line {node.line} of {what} is no text.", remedy="Write plain texts, without `;`.")
        told.append(f"{name}={value.text}" if isinstance(node, Mapped) else value.text)
    return ";".join(told)


def _tree(text: str, what: str) -> Mapped:
    try:
        found = _Reader(yaml.parse(text.removeprefix("\ufeff"), Loader=yaml.CSafeLoader), what).document()
    except yaml.MarkedYAMLError as error:
        where = f"line {error.problem_mark.line + 1} of " if error.problem_mark else ""
        raise UnreadableYaml(f"{where}{what} is not YAML: {error.problem}.", remedy="Correct this line.") from error
    except yaml.YAMLError as error:
        raise UnreadableYaml(
            f"{what} is not YAML: it holds signs YAML does not allow.", remedy="Remove them."
        ) from error
    if not isinstance(found, Mapped):
        raise UnreadableYaml(f"{what} holds no keys.", remedy="Begin with `moves:` and a list.")
    return found


class _Reader:
    """Events as a tree of bounded depth."""

    def __init__(self, stream: Iterator[events.Event], what: str) -> None:
        self._stream = stream
        self._what = what

    def document(self) -> Node | None:
        found: Node | None = None
        for event in self._stream:
            if isinstance(event, events.StreamStartEvent | events.DocumentStartEvent | events.DocumentEndEvent):
                continue
            if isinstance(event, events.StreamEndEvent):
                break
            if found is not None:
                raise UnreadableYaml(f"{self._what} holds more than one document.", remedy="Keep one.")
            found = self._node(event, 1)
        return found

    def _node(self, event: events.Event, depth: int) -> Node:
        line, _, _ = _place(event)
        if isinstance(event, events.AliasEvent) or getattr(event, "anchor", None) or depth > _DEEPEST:
            raise UnreadableYaml(
                f"Line {line} of {self._what} is more of YAML than is read here.",
                remedy="Write every row out, without anchors and without lists inside lists.",
            )
        tag = getattr(event, "tag", None)
        if tag not in (None, "!", "tag:yaml.org,2002:str"):
            raise UnreadableYaml(f"Line {line} of {self._what} has a tag.", remedy="Write the plain value.")
        match event:
            case events.ScalarEvent():
                return _scalar(event)
            case events.SequenceStartEvent():
                return self._listed(event, depth)
            case events.MappingStartEvent():
                return self._mapped(event, depth)
            case _:
                raise UnreadableYaml(f"Line {line} of {self._what} cannot be read.", remedy="Correct this line.")

    def _listed(self, start: events.SequenceStartEvent, depth: int) -> Listed:
        parts: list[Node] = []
        for event in self._stream:
            if isinstance(event, events.SequenceEndEvent):
                break
            parts.append(self._node(event, depth + 1))
        line, column, _ = _place(start)
        return Listed(line=line, column=column, flow=bool(start.flow_style), parts=parts)

    def _mapped(self, start: events.MappingStartEvent, depth: int) -> Mapped:
        parts: dict[str, tuple[Scalar, Node]] = {}
        for event in self._stream:
            if isinstance(event, events.MappingEndEvent):
                break
            key = self._node(event, _DEEPEST)
            if not isinstance(key, Scalar):
                raise UnreadableYaml(
                    f"Line {key.line} of {self._what} has a key that is no text.", remedy="Correct it."
                )
            if key.text in parts:
                raise UnreadableYaml(
                    f"In line {key.line} of {self._what} '{key.text}' stands twice.", remedy="Remove one."
                )
            parts[key.text] = (key, self._node(next(self._stream), depth + 1))
        return Mapped(line=_place(start)[0], flow=bool(start.flow_style), parts=parts)


def _scalar(event: events.ScalarEvent) -> Scalar:
    line, column, start = _place(event)
    end = event.end_mark.index if event.end_mark else start
    text = "" if not event.style and event.value in ("~", "null", "Null", "NULL") else event.value
    return Scalar(text=text, line=line, start=start, end=end, column=column)


def _place(event: events.Event) -> tuple[int, int, int]:
    """(line from 1, column, character) of an event's first sign; the parser always says so, its declaration does not."""
    mark = event.start_mark
    assert mark is not None
    return mark.line + 1, mark.column, mark.index
