"""Reads a ProcessQuery request: bytes in, a `Request` out, or InvalidClientQuery (spo-admin.md 2).

Attributes and object paths may come in any order; ids are unique over actions and paths; paths refer to paths that exist
and never in a circle. Elements the protocol does not have are refused, attributes we do not need are let be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from xtenant.domain.limits import Limits
from xtenant.protocols.csom.codec import xml
from xtenant.protocols.csom.codec.parameters import guid_in, number_in, value_of
from xtenant.protocols.csom.codec.values import (
    NAMESPACE,
    SCHEMA_VERSIONS,
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
    needs,
    references,
)
from xtenant.protocols.csom.codec.xml import Node


def read_request(body: bytes, limits: Limits) -> Request:
    """The request in a body. Raises InvalidClientQuery for whatever is not one; never anything else."""
    root = xml.read(body, NAMESPACE, limits)
    if root.name != "Request":
        raise InvalidClientQuery(f"The root element is {root.name}, not Request.")
    version = root.attributes.get("SchemaVersion", "15.0.0.0")
    if version not in SCHEMA_VERSIONS:
        raise InvalidClientQuery(f"The schema version {version!r} is not supported.")
    actions = tuple(_action(node) for node in _section(root, "Actions", limits.query_actions))
    paths = [_path(node) for node in _section(root, "ObjectPaths", limits.query_actions)]
    by_id = {path.path_id: path for path in paths}
    if len({action.action_id for action in actions} | by_id.keys()) != len(actions) + len(paths):
        raise InvalidClientQuery("An id is used twice.")
    _check_references(actions, by_id)
    return Request(
        actions=actions,
        paths=by_id,
        schema_version=version,
        library_version=root.attributes.get("LibraryVersion", ""),
        application=root.attributes.get("ApplicationName", ""),
    )


def _section(root: Node, name: str, limit: int) -> list[Node]:
    found = [child for child in root.children if child.name == name]
    if len(found) > 1 or any(child.name not in ("Actions", "ObjectPaths") for child in root.children):
        raise InvalidClientQuery("A request holds Actions and ObjectPaths, each at most once.")
    children = found[0].children if found else []
    if len(children) > limit:
        raise InvalidClientQuery(f"The query has more than {limit} {name}.")
    return children


def _check_references(actions: tuple[Action, ...], paths: Mapping[int, ObjectPath]) -> None:
    for action in actions:
        for path_id in _used_by(action):
            if path_id not in paths:
                raise InvalidClientQuery(
                    f"The action {action.action_id} names the object path {path_id}, which is not there."
                )
    evaluation_order(paths, paths.keys())


def _used_by(action: Action) -> tuple[int, ...]:
    match action:
        case MethodCall():
            return (action.path_id, *references(action.parameters))
        case StaticMethodCall():
            return references(action.parameters)
        case SetProperty():
            return (action.path_id, *references((action.value,)))
        case Unserved():
            return ()
        case _:
            return (action.path_id,)


def evaluation_order(paths: Mapping[int, ObjectPath], wanted: Iterable[int]) -> list[int]:
    """The wanted paths and all they need, each behind what it needs. Raises InvalidClientQuery on a circle or a gap."""
    done: dict[int, bool] = {}
    order: list[int] = []
    stack: list[tuple[int, bool]] = [(path_id, False) for path_id in wanted][::-1]
    while stack:
        path_id, finished = stack.pop()
        if finished:
            done[path_id] = True
            order.append(path_id)
        elif path_id not in done:
            if path_id not in paths:
                raise InvalidClientQuery(f"The object path {path_id} is not there.")
            done[path_id] = False
            stack.append((path_id, True))
            stack.extend((needed, False) for needed in needs(paths[path_id]))
        elif not done[path_id]:
            raise InvalidClientQuery("The object paths refer to each other in a circle.")
    return order


def _action(node: Node) -> Action:
    try:
        read = _ACTIONS[node.name]
    except KeyError:
        raise InvalidClientQuery(f"The action {node.name} does not exist.") from None
    return read(node)


def _query(node: Node) -> Query:
    selection: Selection | None = None
    children: Selection | None = None
    for child in node.children:
        match child.name:
            case "Query":
                selection = _selection(child)
            case "ChildItemQuery":
                children = _selection(child)
            case _:
                raise InvalidClientQuery(f"The element {child.name} is no part of a Query.")
    if selection is None:
        raise InvalidClientQuery("A Query action holds a Query element.")
    return Query(
        action_id=number_in(node, "Id"),
        path_id=number_in(node, "ObjectPathId"),
        selection=selection,
        children=children,
    )


def _selection(node: Node) -> Selection:
    listed: list[PropertySelection] = []
    for group in node.children:
        if group.name != "Properties":
            raise InvalidClientQuery(f"The element {group.name} is not served within a Query.")
        listed.extend(_property(child) for child in group.children)
    return Selection(all_scalars=node.flag("SelectAllProperties"), properties=tuple(listed))


def _property(node: Node) -> PropertySelection:
    if node.name != "Property" or any(child.name != "Query" for child in node.children) or len(node.children) > 1:
        raise InvalidClientQuery("Properties holds Property elements, each with at most one Query.")
    return PropertySelection(
        name=node.attribute("Name"),
        scalar=node.flag("ScalarProperty"),
        select_all=node.flag("SelectAll"),
        query=_selection(node.children[0]) if node.children else None,
    )


def _parameters(node: Node) -> Parameters:
    if not node.children:
        return ()
    if len(node.children) > 1 or node.children[0].name != "Parameters":
        raise InvalidClientQuery(f"{node.name} holds one Parameters element.")
    children = node.children[0].children
    if any(child.name != "Parameter" for child in children):
        raise InvalidClientQuery("Parameters holds Parameter elements.")
    return tuple(value_of(child) for child in children)


def _set_property(node: Node) -> SetProperty:
    if len(node.children) != 1 or node.children[0].name != "Parameter":
        raise InvalidClientQuery("SetProperty holds one Parameter.")
    return SetProperty(
        action_id=number_in(node, "Id"),
        path_id=number_in(node, "ObjectPathId"),
        name=node.attribute("Name"),
        value=value_of(node.children[0]),
    )


def _method_call(node: Node) -> MethodCall:
    return MethodCall(
        action_id=number_in(node, "Id"),
        path_id=number_in(node, "ObjectPathId"),
        name=node.attribute("Name"),
        parameters=_parameters(node),
    )


def _static_method_call(node: Node) -> StaticMethodCall:
    return StaticMethodCall(
        action_id=number_in(node, "Id"),
        type_id=guid_in(node.attribute("TypeId")),
        name=node.attribute("Name"),
        parameters=_parameters(node),
    )


def _instantiate(node: Node) -> Instantiate:
    return Instantiate(action_id=number_in(node, "Id"), path_id=number_in(node, "ObjectPathId"))


def _identity_query(node: Node) -> IdentityQuery:
    return IdentityQuery(action_id=number_in(node, "Id"), path_id=number_in(node, "ObjectPathId"))


def _unserved(node: Node) -> Unserved:
    return Unserved(action_id=number_in(node, "Id"), element=node.name)


_ACTIONS: dict[str, Callable[[Node], Action]] = {
    "ObjectPath": _instantiate,
    "ObjectIdentityQuery": _identity_query,
    "Query": _query,
    "Method": _method_call,
    "StaticMethod": _static_method_call,
    "SetProperty": _set_property,
    "SetStaticProperty": _unserved,
    "ExceptionHandlingScope": _unserved,
    "ExceptionHandlingScopeSimple": _unserved,
    "ConditionalScope": _unserved,
}


def _path(node: Node) -> ObjectPath:
    path_id = number_in(node, "Id")
    match node.name:
        case "Constructor":
            return Constructor(path_id=path_id, type_id=guid_in(node.attribute("TypeId")), parameters=_parameters(node))
        case "Method":
            return MethodPath(
                path_id=path_id,
                parent_id=number_in(node, "ParentId"),
                name=node.attribute("Name"),
                parameters=_parameters(node),
            )
        case "Property":
            return PropertyPath(path_id=path_id, parent_id=number_in(node, "ParentId"), name=node.attribute("Name"))
        case "StaticMethod":
            return StaticMethodPath(
                path_id=path_id,
                type_id=guid_in(node.attribute("TypeId")),
                name=node.attribute("Name"),
                parameters=_parameters(node),
            )
        case "StaticProperty":
            type_id = guid_in(node.attribute("TypeId"))
            return StaticPropertyPath(path_id=path_id, type_id=type_id, name=node.attribute("Name"))
        case "Identity":
            return IdentityPath(path_id=path_id, name=node.attribute("Name"))
        case _:
            raise InvalidClientQuery(f"The object path {node.name} does not exist.")
