"""Writes a ProcessQuery request as a client does: paths and actions share one counter (spo-admin.md 2 and 9, client 1).

Use `Query` for a sequence of calls: `construct`, then `call` for methods that yield a scalar (form A) or `method` and
`select` for those that yield an object (form P).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from uuid import UUID
from xml.sax.saxutils import escape, quoteattr

from xtenant.protocols.csom.codec.parameters import written
from xtenant.protocols.csom.codec.values import (
    NAMESPACE,
    Action,
    Constructor,
    IdentityPath,
    IdentityQuery,
    Instantiate,
    InvalidClientQuery,
    MethodCall,
    MethodPath,
    ObjectPath,
    Parameters,
    PropertyPath,
    PropertySelection,
    Query,
    Request,
    Selection,
    SetProperty,
    StaticMethodCall,
    StaticMethodPath,
    StaticPropertyPath,
    Unserved,
    Value,
)

EVERYTHING = Selection(all_scalars=True)


class QueryBuilder:
    """Collects paths and actions; `request()` gives the value, `content()` its XML."""

    def __init__(self, application: str = "xtenant") -> None:
        self._application = application
        self._next = 1
        self._paths: dict[int, ObjectPath] = {}
        self._actions: list[Action] = []

    def construct(self, type_id: UUID) -> int:
        """A new server object; its path id."""
        path_id = self._number()
        return self._evaluated(Constructor(path_id=path_id, type_id=type_id))

    def identity(self, name: str) -> int:
        """An object of an earlier reply; no `ObjectPath` action is sent for it, as recorded clients do."""
        path_id = self._number()
        self._paths[path_id] = IdentityPath(path_id=path_id, name=name)
        return path_id

    def method(self, parent_id: int, name: str, *parameters: Value) -> int:
        """Form P: a method whose result is an object; its path id."""
        path_id = self._number()
        return self._evaluated(MethodPath(path_id=path_id, parent_id=parent_id, name=name, parameters=parameters))

    def call(self, path_id: int, name: str, *parameters: Value) -> int:
        """Form A: a method that yields a scalar or nothing; its action id."""
        action_id = self._number()
        self._actions.append(MethodCall(action_id=action_id, path_id=path_id, name=name, parameters=parameters))
        return action_id

    def select(self, path_id: int, *names: str, children: bool = False) -> int:
        """Ask for some properties, or for all scalars when none is named; its action id."""
        selection = EVERYTHING
        if names:
            selection = Selection(properties=tuple(PropertySelection(name=name) for name in names))
        action_id = self._number()
        query = Query(
            action_id=action_id, path_id=path_id, selection=selection, children=EVERYTHING if children else None
        )
        self._actions.append(query)
        return action_id

    def set(self, path_id: int, name: str, value: Value) -> None:
        self._actions.append(SetProperty(action_id=self._number(), path_id=path_id, name=name, value=value))

    def request(self) -> Request:
        return Request(actions=tuple(self._actions), paths=dict(self._paths), application=self._application)

    def content(self) -> bytes:
        """The request's XML. Raises InvalidClientQuery for text that XML cannot hold."""
        return write_request(self.request())

    def _number(self) -> int:
        number = self._next
        self._next += 1
        return number

    def _evaluated(self, path: ObjectPath) -> int:
        self._paths[path.path_id] = path
        self._actions.append(Instantiate(action_id=self._number(), path_id=path.path_id))
        return path.path_id


def write_request(request: Request) -> bytes:
    """The XML of a request. Raises InvalidClientQuery for text that XML cannot hold (control characters)."""
    attributes = {
        "AddExpandoFieldTypeSuffix": "true",
        "SchemaVersion": request.schema_version,
        "LibraryVersion": request.library_version,
        "ApplicationName": request.application,
        "xmlns": NAMESPACE,
    }
    actions = _element("Actions", {}, *(_action(action) for action in request.actions))
    paths = _element("ObjectPaths", {}, *(_path(path) for path in request.paths.values()))
    return _element("Request", attributes, actions, paths).encode()


_IMPOSSIBLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _element(name: str, attributes: Mapping[str, str | int], *inside: str) -> str:
    start = "".join(f" {key}={quoteattr(_possible(str(value)))}" for key, value in attributes.items())
    content = "".join(inside)
    return f"<{name}{start}>{content}</{name}>" if content else f"<{name}{start} />"


def _possible(text: str) -> str:
    if _IMPOSSIBLE.search(text):
        raise InvalidClientQuery("A value holds characters that cannot be sent.")
    return text


def _value(name: str, value: Value, more: Mapping[str, str] | None = None) -> str:
    attributes, text, children = written(value)
    content = escape(_possible(text or ""), {"\r": "&#13;"})
    inside = (_value(child, inner, further) for child, further, inner in children)
    return _element(name, {**(more or {}), **attributes}, content, *inside)


def _parameters(parameters: Parameters) -> str:
    return _element("Parameters", {}, *(_value("Parameter", value) for value in parameters)) if parameters else ""


def _selection(name: str, selection: Selection) -> str:
    properties = _element("Properties", {}, *(_property(chosen) for chosen in selection.properties))
    return _element(name, {"SelectAllProperties": "true" if selection.all_scalars else "false"}, properties)


def _property(chosen: PropertySelection) -> str:
    flags = {"ScalarProperty": chosen.scalar, "SelectAll": chosen.select_all}
    inner = "" if chosen.query is None else _selection("Query", chosen.query)
    return _element("Property", {"Name": chosen.name, **{key: "true" for key, on in flags.items() if on}}, inner)


def _action(action: Action) -> str:
    match action:
        case Instantiate():
            return _element("ObjectPath", {"Id": action.action_id, "ObjectPathId": action.path_id})
        case IdentityQuery():
            return _element("ObjectIdentityQuery", {"Id": action.action_id, "ObjectPathId": action.path_id})
        case Query():
            children = "" if action.children is None else _selection("ChildItemQuery", action.children)
            inside = _selection("Query", action.selection) + children
            return _element("Query", {"Id": action.action_id, "ObjectPathId": action.path_id}, inside)
        case MethodCall():
            place = {"Name": action.name, "Id": action.action_id, "ObjectPathId": action.path_id}
            return _element("Method", place, _parameters(action.parameters))
        case StaticMethodCall():
            place = {"TypeId": f"{{{action.type_id}}}", "Name": action.name, "Id": action.action_id}
            return _element("StaticMethod", place, _parameters(action.parameters))
        case SetProperty():
            place = {"Id": action.action_id, "ObjectPathId": action.path_id, "Name": action.name}
            return _element("SetProperty", place, _value("Parameter", action.value))
        case Unserved():
            return _element(action.element, {"Id": action.action_id})


def _path(path: ObjectPath) -> str:
    match path:
        case Constructor():
            place = {"Id": path.path_id, "TypeId": f"{{{path.type_id}}}"}
            return _element("Constructor", place, _parameters(path.parameters))
        case MethodPath():
            place = {"Id": path.path_id, "ParentId": path.parent_id, "Name": path.name}
            return _element("Method", place, _parameters(path.parameters))
        case PropertyPath():
            return _element("Property", {"Id": path.path_id, "ParentId": path.parent_id, "Name": path.name})
        case StaticMethodPath():
            place = {"Id": path.path_id, "Name": path.name, "TypeId": f"{{{path.type_id}}}"}
            return _element("StaticMethod", place, _parameters(path.parameters))
        case StaticPropertyPath():
            return _element("StaticProperty", {"Id": path.path_id, "TypeId": f"{{{path.type_id}}}", "Name": path.name})
        case IdentityPath():
            return _element("Identity", {"Id": path.path_id, "Name": path.name})
