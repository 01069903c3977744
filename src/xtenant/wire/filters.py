"""`$filter` and `$orderby` of a list: OData text into a predicate of `domain/query.py`, over the noun's allow-list of fields.

odata-query is used as parser alone. Its lexer knows no `not(`, no function names in mixed case and no list of one; Graph's
clients send all three, so the tokens are mended on their way to its parser.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

from odata_query import ast
from odata_query.exceptions import ODataException
from odata_query.grammar import ODataLexer, ODataParser

from xtenant.domain import query
from xtenant.domain.limits import Limits
from xtenant.domain.query import (
    All,
    Among,
    Collection,
    Comparison,
    Either,
    Field,
    InvalidQuery,
    Kind,
    Not,
    Noun,
    Operator,
    Order,
    Predicate,
    Some,
    UnsupportedQuery,
    Value,
)

_COMPARATORS: Mapping[type[Any], Operator] = {
    ast.Eq: Operator.EQUAL,
    ast.NotEq: Operator.NOT_EQUAL,
    ast.Lt: Operator.LESS,
    ast.LtE: Operator.AT_MOST,
    ast.Gt: Operator.GREATER,
    ast.GtE: Operator.AT_LEAST,
}
_FUNCTIONS = {
    "startswith": Operator.STARTS,
    "endswith": Operator.ENDS,
    "contains": Operator.CONTAINS,
}
_PARSER_FAULTS = (ODataException, AttributeError, IndexError, KeyError, RuntimeError, TypeError, ValueError)
"""What odata-query raises for text that is no filter: its own errors, and slips of its grammar's actions."""


def parse_filter(text: str, noun: Noun, limits: Limits) -> Predicate:
    """Read `$filter`. Raises InvalidQuery for what is no filter of this noun, UnsupportedQuery for what is not answered."""
    check_text("$filter", text, limits)
    try:
        tokens: list[Any] = list(ODataLexer().tokenize(text.strip()))  # pyright: ignore[reportUnknownArgumentType]
        tree: Any = ODataParser().parse(_mended(tokens))
    except _PARSER_FAULTS as error:
        raise InvalidQuery(f"Invalid filter clause: '{text[:200]}' cannot be read.") from error
    return _Reader(noun, limits).predicate(tree)


def parse_order(text: str, noun: Noun) -> Order:
    """Read `$orderby`: one field, `asc` or `desc`. Raises InvalidQuery, or UnsupportedQuery for a field lists do not come by."""
    words = text.split()
    direction = words[1].lower() if len(words) > 1 else "asc"
    if not words or len(words) > 2 or direction not in ("asc", "desc") or "," in text:
        raise InvalidQuery(f"Invalid orderby clause: '{text[:200]}'.", remedy="Write one property and asc or desc.")
    found = field_named(noun.fields, words[0], noun.name)
    if not found.sortable:
        raise UnsupportedQuery(
            f"Lists of this type are not ordered by '{words[0]}'.", remedy="Order by another property."
        )
    return Order(found, direction == "desc")


def check_text(option: str, text: str, limits: Limits) -> None:
    """Raise InvalidQuery for an option longer than the limit, and for characters that no name has."""
    if len(text) > limits.query_text:
        raise InvalidQuery(f"{option} is longer than {limits.query_text} characters.", remedy="Ask in several calls.")
    if any(ord(character) < 32 or 0xD800 <= ord(character) < 0xE000 for character in text):
        raise InvalidQuery(f"{option} has unprintable characters.")


def field_named(fields: Mapping[str, Field], name: str, type_name: str) -> Field:
    """A field by its spelling on the wire, in any letter case. Raises InvalidQuery in Graph's words."""
    found = next((one for one in fields.values() if wire_name(one.name) == name.lower()), None)
    if found is None:
        raise unknown_property(name, type_name)
    return found


def unknown_property(name: str, type_name: str) -> InvalidQuery:
    return InvalidQuery(f"Could not find a property named '{name[:100]}' on type 'microsoft.graph.{type_name}'.")


def wire_name(name: str) -> str:
    """The wire's spelling in lower case: `display_name` is `displayname`."""
    return name.replace("_", "")


def _mended(tokens: Sequence[Any]) -> Iterator[Any]:
    """odata-query's tokens with `not(` as negation, functions in lower case, and lists of one closed by a comma."""
    in_list = False
    for at, token in enumerate(tokens):
        following = tokens[at + 1].type if at + 1 < len(tokens) else ""
        if token.type == "ODATA_IDENTIFIER" and following == "(":
            name = token.value.full_name().lower()
            token.value = ast.Identifier(name)
            if name == "not":
                token.type, token.value = "NOT", ast.Not()
        if token.type == "IN":
            in_list = _has_one_member(tokens[at + 1 :])
        if token.type == ")" and in_list:
            in_list = False
            comma = type(token)()
            comma.type, comma.value, comma.lineno, comma.index = ",", ",", token.lineno, token.index
            yield comma
        yield token


def _has_one_member(tokens: Iterable[Any]) -> bool:
    """Whether `( literal )` follows."""
    kinds = [token.type for token, _ in zip((one for one in tokens if one.type != "WS"), range(3), strict=False)]
    return len(kinds) == 3 and kinds[0] == "(" and kinds[2] == ")"


class _Reader:
    """Turns one tree into a predicate; counts its parts."""

    def __init__(self, noun: Noun, limits: Limits) -> None:
        self._noun = noun
        self._limits = limits
        self._parts = 0
        self._choices = 0

    def predicate(self, node: Any, inside: tuple[str, Collection] | None = None) -> Predicate:
        """`inside` is the name a lambda gives to a member of a collection."""
        self._parts += 1
        if self._parts > self._limits.query_parts:
            raise UnsupportedQuery(
                f"The filter has more than {self._limits.query_parts} parts.", remedy="Ask for less."
            )
        match node:
            case ast.BoolOp():
                return self._joined(node, inside)
            case ast.UnaryOp(op=ast.Not()):
                return Not(self.predicate(node.operand, inside))
            case ast.Compare():
                return self._compared(node, inside)
            case ast.Call():
                return self._called(node, inside)
            case ast.CollectionLambda() if inside is None:
                return self._some(node)
            case ast.Identifier() | ast.Attribute():
                return _comparison(self._field(node, inside), Operator.EQUAL, True)
            case _:
                raise _unreadable()

    def _joined(self, node: ast.BoolOp, inside: tuple[str, Collection] | None) -> Predicate:
        """A chain of the same word is one predicate, however long; the parser nests it to the left."""
        kind, waiting, parts = type(node.op), list[Any]([node]), list[Any]()
        while waiting:
            one = waiting.pop()
            if isinstance(one, ast.BoolOp) and type(one.op) is kind:
                waiting += [one.right, one.left]
            else:
                parts.append(one)
        if kind is ast.Or:
            self._choose(len(parts))
        read = tuple(self.predicate(part, inside) for part in parts)
        return Either(read) if kind is ast.Or else All(read)

    def _compared(self, node: ast.Compare, inside: tuple[str, Collection] | None) -> Predicate:
        left: Any = node.left
        if isinstance(left, ast.UnaryOp) and isinstance(left.op, ast.Not):  # the parser binds `not` closer than `eq`
            return Not(self._compared(ast.Compare(node.comparator, left.operand, node.right), inside))
        if isinstance(left, ast.Call):
            return self._judged(left, node, inside)
        asked = self._field(left, inside)
        if isinstance(node.comparator, ast.In):
            if not isinstance(node.right, ast.List):
                raise _unreadable()
            self._choose(len(node.right.val))
            return Among(asked, tuple(_value(asked, one) for one in node.right.val))
        return _comparison(asked, _COMPARATORS[type(node.comparator)], _value(asked, node.right))

    def _judged(self, call: ast.Call, node: ast.Compare, inside: tuple[str, Collection] | None) -> Predicate:
        """`startswith(…) eq true`."""
        if not isinstance(node.right, ast.Boolean) or not isinstance(node.comparator, ast.Eq):
            raise _unreadable()
        told = self._called(call, inside)
        return told if node.right.py_val else Not(told)

    def _called(self, node: ast.Call, inside: tuple[str, Collection] | None) -> Predicate:
        operator = _FUNCTIONS.get(node.func.full_name())
        if operator is None:
            raise UnsupportedQuery(f"The function '{node.func.full_name()[:50]}' is not supported in a filter here.")
        asked = self._field(node.args[0], inside)
        if not isinstance(node.args[1], ast.String):
            raise InvalidQuery(f"{operator.value} takes a property and a text.")
        return _comparison(asked, operator, node.args[1].py_val)

    def _some(self, node: ast.CollectionLambda) -> Predicate:
        name = node.owner.name if isinstance(node.owner, ast.Identifier) else ""
        found = next((one for one in self._noun.collections.values() if wire_name(one.name) == name.lower()), None)
        if found is None:
            raise unknown_property(name, self._noun.name)
        if not isinstance(node.operator, ast.Any):
            raise UnsupportedQuery("Collections are filtered with any only.")
        if node.lambda_ is None:
            return Some(found)
        return Some(found, self.predicate(node.lambda_.expression, (node.lambda_.identifier.name, found)))

    def _field(self, node: Any, inside: tuple[str, Collection] | None) -> Field:
        """The field an operand names: of the noun, or of a lambda's member."""
        if inside is not None:
            return self._member(node, *inside)
        if isinstance(node, ast.Identifier) and not node.namespace:
            return field_named(self._noun.fields, node.name, self._noun.name)
        if isinstance(node, ast.Attribute):
            return field_named(self._noun.fields, _path(node), self._noun.name)
        raise InvalidQuery("Invalid filter clause: a comparison begins with a property.")

    def _member(self, node: Any, variable: str, collection: Collection) -> Field:
        if isinstance(node, ast.Identifier) and node.name == variable and collection.element is not None:
            return collection.element
        if isinstance(node, ast.Attribute) and isinstance(node.owner, ast.Identifier) and node.owner.name == variable:
            return field_named(collection.fields, node.attr, collection.name)
        raise InvalidQuery(f"Invalid filter clause: the lambda of '{collection.name}' compares its own members only.")

    def _choose(self, count: int) -> None:
        self._choices += count
        if self._choices > self._limits.query_choices:
            raise UnsupportedQuery(
                f"Too many child clauses specified in search filter expression: {self._choices}. "
                f"Max allowed: {self._limits.query_choices}.",
                remedy="Ask in several calls, for instance in one $batch.",
            )


def _path(node: ast.Attribute) -> str:
    names = list[str]()
    owner: Any = node
    while isinstance(owner, ast.Attribute):
        names.append(owner.attr)
        owner = owner.owner
    return "/".join([str(getattr(owner, "name", "")), *reversed(names)])


def _comparison(asked: Field, operator: Operator, value: Value) -> Comparison:
    """Raises UnsupportedQuery for an operator that a field of its kind does not have."""
    allowed = {Operator.EQUAL, Operator.NOT_EQUAL}
    if asked.kind is Kind.TEXT and value is not None:
        allowed |= query.TEXT_OPERATORS | query.ORDER_OPERATORS
    if asked.kind is Kind.INSTANT and value is not None:
        allowed |= query.ORDER_OPERATORS
    if operator not in allowed:
        raise UnsupportedQuery(f"Unsupported property filter clause operator '{operator.value}' on this property.")
    if isinstance(value, bool) and asked.kind is not Kind.BOOLEAN:
        raise InvalidQuery("Invalid filter clause: the property is no boolean.")
    return Comparison(asked, operator, value)


def _value(asked: Field, node: Any) -> Value:
    """A literal as the field's kind. Raises InvalidQuery."""
    try:
        return _read(asked.kind, node)
    except (ValueError, OverflowError, TypeError) as error:
        raise InvalidQuery(f"Invalid filter clause: the value is no {asked.kind.value}.") from error


def _read(kind: Kind, node: Any) -> Value:
    match kind, node:
        case _, ast.Null():
            return None
        case Kind.TEXT, ast.String():
            return node.val
        case Kind.GUID, ast.GUID() | ast.String():
            return UUID(node.val) if len(node.val) == 36 else _no_value()
        case Kind.BOOLEAN, ast.Boolean():
            return node.py_val
        case Kind.INSTANT, ast.DateTime():
            told = datetime.fromisoformat(node.val.upper())
            return (told if told.tzinfo else told.replace(tzinfo=UTC)).astimezone(UTC)
        case Kind.INSTANT, ast.Date():
            return datetime.combine(date.fromisoformat(node.val), time(), UTC)
        case _:
            return _no_value()


def _no_value() -> Value:
    raise ValueError


def _unreadable() -> InvalidQuery:
    return InvalidQuery("Invalid filter clause: the expression is not a condition.")
