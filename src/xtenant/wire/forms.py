"""What kind of request a request is, without what it carries: for the log of changes, and for records of a shake-down.

`call_of` names a call for a reader, `ids_of` the objects it is about, `form_of` its whole shape: method, path, names and
types of everything in the body, no value. Two requests of one form differ in values only. Nothing here shows a secret: values
are taken from a closed list of places, and only when they have the shape of an id, a user's name or an address.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, cast
from urllib.parse import parse_qsl, unquote, urlsplit

import httpx
from lxml import etree

from xtenant.domain.tenant import GRAPH_HOST, SHAREPOINT_SUFFIX

MOST_IDS = 40
LONGEST_ID = 400

_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_UPN = re.compile(r"[^\s@'\"<>/\\]{1,64}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})+", re.IGNORECASE)
_COLLECTIONS = frozenset(
    {"users", "groups", "drives", "items", "sites", "lists", "members", "owners", "deleteditems", "moves"}
)
_WORD = re.compile(r"[$A-Za-z][A-Za-z0-9$_.]*")
_CHILD_WORDS = frozenset({"$ref", "getallsites", "delta", "microsoft.graph.user", "microsoft.graph.group"})
_METHOD_NAME = re.compile(rb'<Method\s(?:[^>]*?\s)?Name="([A-Za-z0-9_.]{1,100})"')
_IN_SITE = re.compile(r"^/(sites|teams|personal)/[^/]+", re.IGNORECASE)
_ID_KEYS = frozenset(
    name.lower()
    for name in (
        "id",
        "userId",
        "principalId",
        "skuId",
        "userPrincipalName",
        "invitedUserEmailAddress",
        "mail",
        "SourceSiteUrl",
        "TargetSiteUrl",
        "TenantMergeSourceMySiteHostUrl",
        "TenantMergeTargetMySiteHostUrl",
        "@odata.id",
        "owners@odata.bind",
        "members@odata.bind",
    )
)
"""The members of JSON bodies whose values name objects."""

_KEPT_ATTRIBUTES = ("Name", "TypeId", "Type", "SelectAllProperties", "ScalarProperty")


def call_of(request: httpx.Request) -> str:
    """`POST contoso-admin.sharepoint.com/_vti_bin/client.svc/ProcessQuery RemoveSite`: what was asked, without any value."""
    shown = f"{request.method} {request.url.host}{_path_form(request.url)}"
    content = _content(request)
    if content is not None and _is_query(request):
        names = list(dict.fromkeys(name.decode() for name in _METHOD_NAME.findall(content)))
        shown += " " + " ".join(names[:10]) if names else ""
    elif content is not None and _is_batch(request):
        counted = Counter(f"{method} {path}" for method, path, _ in _batched(content))
        shown += " [" + ", ".join(f"{name} x{count}" for name, count in counted.most_common(5)) + "]"
    return shown


def ids_of(request: httpx.Request) -> tuple[str, ...]:
    """The ids, user names and addresses of the objects a request is about, each once, at most `MOST_IDS`."""
    found: dict[str, None] = {}
    for value in _values(request):
        if (plain := _plain_id(value)) is not None:
            found.setdefault(plain)
        if len(found) == MOST_IDS:
            break
    return tuple(found)


def form_of(request: httpx.Request) -> str:
    """The shape of a request as text; equal for requests that differ in values only."""
    query = ",".join(sorted({name for name, _ in parse_qsl(request.url.query.decode("ascii"), keep_blank_values=True)}))
    host = "graph" if request.url.host == GRAPH_HOST else "sharepoint"
    return f"{request.method} {host} {_path_form(request.url)} ?{query} {_body_form(request)}"


def form_digest(request: httpx.Request) -> str:
    """The form's SHA-256, as records of a shake-down keep it."""
    return hashlib.sha256(form_of(request).encode()).hexdigest()


def _content(request: httpx.Request) -> bytes | None:
    try:
        return request.content
    except httpx.RequestNotRead:
        return None


def _is_query(request: httpx.Request) -> bool:
    return request.url.path.lower().endswith("/client.svc/processquery")


def _is_batch(request: httpx.Request) -> bool:
    return request.url.host == GRAPH_HOST and request.url.path.lower().endswith("/$batch")


def _path_form(url: httpx.URL) -> str:
    raw = url.raw_path.decode("ascii").partition("?")[0]
    return _sharepoint_path(raw) if url.host.endswith(SHAREPOINT_SUFFIX) else _graph_path(raw)


def _sharepoint_path(raw: str) -> str:
    path = _IN_SITE.sub(lambda match: f"/{match[1].lower()}/{{}}", raw)
    return re.sub(r"\([^)]*\)", "({})", _GUID.sub("{}", path))


def _graph_path(raw: str) -> str:
    parts: list[str] = []
    for part in raw.split("/"):
        within = parts and parts[-1].lower() in _COLLECTIONS and part.lower() not in _CHILD_WORDS
        name, bracket, _ = part.partition("(")
        if not part:
            parts.append(part)
        elif within or not _WORD.fullmatch(name):
            parts.append("{}")
        else:
            parts.append(f"{name}({{}})" if bracket else name)
    return "/".join(parts)


def _batched(content: bytes) -> Iterator[tuple[str, str, Any]]:
    """Method, path without values, and the call itself."""
    body = _json(content)
    calls = cast("dict[str, Any]", body).get("requests") if isinstance(body, dict) else None
    for call in cast("list[Any]", calls) if isinstance(calls, list) else []:
        if isinstance(call, dict):
            facts = cast("dict[str, Any]", call)
            path = _graph_path("/" + urlsplit(str(facts.get("url"))).path.lstrip("/"))
            yield str(facts.get("method")), path, facts


def _json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def _tree(content: bytes) -> Any:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True)
    try:
        return etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError):
        return None


def _body_form(request: httpx.Request) -> str:
    content = _content(request)
    if content is None:
        return "pieces"
    if not content:
        return "-"
    if _is_query(request):
        root = _tree(content)
        return "unreadable" if root is None else _xml_form(root)
    if _is_batch(request):
        forms = {f"{method} {path} {_json_form(call.get('body'))}" for method, path, call in _batched(content)}
        return "batch[" + "; ".join(sorted(forms)) + "]"
    body = _json(content)
    return "bytes" if body is None else _json_form(body)


def _xml_form(element: Any) -> str:
    """Names, types, flags and enumerated values; equal items of an array once, so that a list of any length has one form."""
    if not isinstance(element.tag, str):
        return "other"
    told = ",".join(f"{name}={element.get(name)}" for name in _KEPT_ATTRIBUTES if element.get(name) is not None)
    inner = [_xml_form(child) for child in element]
    if element.get("Type") == "Array":
        inner = list(dict.fromkeys(inner))
    elif element.get("Type") in ("Boolean", "Enum"):
        inner.append(element.text or "")
    return f"{etree.QName(element).localname}({told})[{';'.join(inner)}]"


def _json_form(value: Any) -> str:
    if isinstance(value, dict):
        members = cast("dict[str, Any]", value)
        return "{" + ",".join(f"{name}:{_member_form(name, members[name])}" for name in sorted(members)) + "}"
    if isinstance(value, list):
        return "[" + ",".join(sorted({_json_form(one) for one in cast("list[Any]", value)})) + "]"
    return type(value).__name__


def _member_form(name: str, value: Any) -> str:
    """The type of an object and what a flag says belong to the form: `ValidationOnly` true is another call than false."""
    if name.endswith("@odata.type") and isinstance(value, str):
        return value
    return str(value) if isinstance(value, bool) else _json_form(value)


def _values(request: httpx.Request) -> Iterator[object]:
    yield from _values_of_path(request.url.raw_path.decode("ascii"))
    content = _content(request)
    if content is None:
        return
    if _is_query(request):
        yield from _values_of_query(content)
    elif _is_batch(request):
        for _, _, call in _batched(content):
            yield from _values_of_path(str(call.get("url")))
            yield from _values_of_json(call.get("body"))
    else:
        yield from _values_of_json(_json(content))


def _values_of_path(raw: str) -> Iterator[str]:
    path = unquote(raw.partition("?")[0])
    for quoted in re.findall(r"'([^']*)'", path):
        yield quoted.replace("##", "//", 1).replace("#", "/")  # SharePoint's keys write slashes as number signs
    yield from _GUID.findall(path)
    yield from path.split("/")


def _values_of_query(content: bytes) -> Iterator[str]:
    root = _tree(content)
    if root is None:
        return
    for parameter in root.iter("{*}Parameter"):
        yield parameter.text or ""


def _values_of_json(value: Any, *, named: bool = False) -> Iterator[object]:
    if isinstance(value, dict):
        for name, member in cast("dict[str, Any]", value).items():
            yield from _values_of_json(member, named=name.lower() in _ID_KEYS)
    elif isinstance(value, list):
        for member in cast("list[Any]", value):
            yield from _values_of_json(member, named=named)
    elif named:
        yield value


def _plain_id(value: object) -> str | None:
    """The value when it is an id, a user's name, or an address of SharePoint or Graph without anything behind its path."""
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_ID:
        return None
    text = value.strip().strip("{}")
    if _GUID.fullmatch(text) or _UPN.fullmatch(text):
        return text.lower()
    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
    except ValueError:
        return None
    known = host == GRAPH_HOST or host.endswith(SHAREPOINT_SUFFIX)
    return f"https://{host}{parts.path}" if parts.scheme == "https" and known else None
