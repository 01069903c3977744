"""The bodies that a call may carry where nothing may be changed: a batch of calls, a ProcessQuery, a task that only validates.

Read here apart from the codecs, on purpose: a mistake there must not let a changing call through. Whatever is not understood
to the last element is refused.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from lxml import etree

from xtenant.domain.limits import MIB

LARGEST = MIB
MOST_CALLS = 20

NAMESPACE = "{http://schemas.microsoft.com/sharepoint/clientquery/2009}"
TENANT_TYPE = "{268004ae-ef6b-4e9b-8425-127220d84719}"
"""`Microsoft.Online.SharePoint.TenantAdministration.Tenant` (spo-admin.md 4)."""

ACTIONS = frozenset({"ObjectPath", "ObjectIdentityQuery", "Query", "Method"})
PATHS = frozenset({"Constructor", "Property", "Method"})
METHODS = frozenset(
    {
        "GetMySiteHostUrl",
        "VerifySPOTenantOrgRelation",
        "GetSPOTenantOrgRelationAll",
        "GetSPOTenantOrgRelationByPartner",
        "GetSPOTenantOrgRelationByScenario",
        "GetOrgRelationTargetGroupManagedPath",
        "IsMnALicensingFlightEnabled",
        "IsMnALicensingEnabledForTenant",
        "IsMnALicensingEnabledForUser",
        "MnAGroupConnectedPreValidation",
        "IsMnACmdletCorrectnessCheckEnabled",
        "CheckMnATenantIdentityMapCallCorrectness",
        "GetPersonalSiteUrl",
        "GetRootSiteUrl",
        "GetTenantInstances",
        "GetSitePropertiesByUrl",
        "GetSitePropertiesFromSharePointByFilters",
        "GetDeletedSiteProperties",
        "GetDeletedSitePropertiesByUrl",
        "GetDeletedSitePropertiesFromSharePoint",
        "GetTenantUserIdentityMappingItem",
        "GetTenantGroupIdentityMappingItem",
    }
)
"""The methods of `Tenant` that only read (settled C 14)."""

TASKS = frozenset(f"#microsoft.graph.sharePoint{kind}MigrationTaskParameters" for kind in ("User", "Site", "Group"))
"""The `@odata.type`s of a migration task's parameters (graph-migrations.md 2.5)."""


class Changing(Exception):
    """The body may change something; the text says which part of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InnerCall:
    """One call of a batch."""

    method: str
    url: str
    headers: Mapping[str, object] = field(default_factory=dict[str, object])


def calls_of_batch(content: bytes) -> Iterator[InnerCall]:
    """The calls of a Graph `$batch`, none with a body. Raises Changing for anything else than that."""
    _require_small(content)
    try:
        body: Any = json.loads(content, object_pairs_hook=_single)
    except (ValueError, RecursionError):
        raise Changing("its batch cannot be read") from None
    requests: Any = cast("dict[str, Any]", body).get("requests") if isinstance(body, dict) else None
    if not isinstance(requests, list) or set(cast("dict[str, Any]", body)) != {"requests"}:
        raise Changing("its batch is not of the usual form")
    calls = cast("list[Any]", requests)
    if not 0 < len(calls) <= MOST_CALLS:
        raise Changing(f"a batch holds 1 to {MOST_CALLS} calls")
    for call in calls:
        yield _inner(call)


def _inner(call: object) -> InnerCall:
    if not isinstance(call, dict):
        raise Changing("its batch is not of the usual form")
    facts = cast("dict[str, Any]", call)
    method, url, headers = facts.get("method"), facts.get("url"), facts.get("headers", {})
    known = set(facts) <= {"id", "method", "url", "headers", "dependsOn"}
    if not known or not isinstance(method, str) or not isinstance(url, str) or not isinstance(headers, dict):
        raise Changing("a call inside it carries a body or is not of the usual form")
    return InnerCall(method=method, url=url, headers=cast("dict[str, object]", headers))


def _single(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; names that differ in case only are doubled too, since a server may take either."""
    if len({name.lower() for name, _ in pairs}) != len(pairs):
        raise Changing("a name stands in it twice")
    return dict(pairs)


def judge_query(content: bytes) -> None:
    """Let a ProcessQuery pass that only reads. Raises Changing naming the first part that does not."""
    _require_small(content)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise Changing("its query cannot be read") from None
    if root.getroottree().docinfo.internalDTD is not None or root.tag != f"{NAMESPACE}Request":
        raise Changing("its query is not of the usual form")
    for section in root:
        name = _name(section)
        if name == "Actions":
            _each(section, ACTIONS)
        elif name == "ObjectPaths":
            _each(section, PATHS)
        else:
            raise Changing(f"its query holds a {name}")


def _each(section: Any, allowed: frozenset[str]) -> None:
    """Judge every direct element; every Method counts, whether something refers to it or not."""
    for part in section:
        name = _name(part)
        if name not in allowed:
            raise Changing(f"its query holds a {name}")
        if name == "Constructor" and part.get("TypeId", "").lower() != TENANT_TYPE:
            raise Changing("its query makes an object other than the tenant")
        if name == "Method" and part.get("Name") not in METHODS:
            raise Changing(f"its query calls {part.get('Name')!r}")


def _name(element: Any) -> str:
    if not isinstance(element.tag, str):
        raise Changing("its query holds a comment or an instruction")
    return element.tag.removeprefix(NAMESPACE)


def _require_small(content: bytes) -> None:
    if len(content) > LARGEST:
        raise Changing(f"it is longer than {LARGEST} bytes")


def judge_validation(content: bytes) -> None:
    """Let a migration task pass that says by the literal `true` that it only validates (settled C 13). Raises Changing.

    A member that stands twice, in whatever letter case, is read by one server and overread by another: refused.
    """
    if len(content) > LARGEST:
        raise Changing("its body is too large to be judged")
    try:
        body = json.loads(content.decode("utf-8"), object_pairs_hook=_once_each)
    except (UnicodeDecodeError, ValueError, RecursionError):
        raise Changing("its body is no JSON") from None
    if not isinstance(body, dict) or list(cast("dict[str, Any]", body)) != ["parameters"]:
        raise Changing("its body holds more than parameters")
    parameters = cast("dict[str, Any]", body)["parameters"]
    if not isinstance(parameters, dict):
        raise Changing("its parameters are no object")
    given = cast("dict[str, Any]", parameters)
    if given.get("@odata.type") not in TASKS:
        raise Changing("its parameters are of no known type")
    if given.get("validateOnly") is not True:
        raise Changing("it does not say that it only validates")


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name.casefold() for name, _ in pairs]
    if len(set(names)) != len(names):
        raise Changing("a member of its body stands twice")
    return dict(pairs)
