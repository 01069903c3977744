"""Addresses of webs, lists and items below `/_api/web`, and the arguments of calls on them (content-api.md 4.4, 4.5)."""

from __future__ import annotations

import re
from uuid import UUID

from xtenant.domain import errors
from xtenant.domain.content import ItemId, PrincipalKey, Role
from xtenant.domain.permissions import Securable
from xtenant.protocols.sharepoint_rest.codec.roles import role_of_number
from xtenant.wire import odata

LARGEST_NUMBER = 2**31 - 1

_BY_KEY = re.compile(r"lists\((?:guid)?'(?P<key>[^']*)'\)", re.IGNORECASE)
_BY_ID = re.compile(r"lists/getbyid\((?P<arguments>.*)\)", re.IGNORECASE)
_BY_TITLE = re.compile(r"lists/getbytitle\((?P<arguments>.*)\)", re.IGNORECASE)
_ITEM = re.compile(r"(?P<list>.*)/items(?:/getbyid)?\((?P<number>[^()]*)\)", re.IGNORECASE)


def parse_securable(text: str) -> Securable:
    """The web for nothing, else `lists(guid'…')`, `lists/getbyid('…')`, `lists/getbytitle('…')`, each with `/items(5)` or
    without. Raises NotFound for anything else."""
    path = text.strip("/")
    if not path:
        return Securable()
    item = _ITEM.fullmatch(path)
    number = None if item is None else parse_number(item["number"])
    address = path if item is None else item["list"]
    by_title = _BY_TITLE.fullmatch(address)
    if by_title is not None:
        title = odata.arguments(by_title["arguments"], "title")["title"]
        return Securable(list_title=title, item_number=number)
    by_id = _BY_ID.fullmatch(address)
    by_key = _BY_KEY.fullmatch(address)
    if by_id is not None:
        guid = odata.arguments(by_id["arguments"], "id")["id"]
    elif by_key is not None:
        guid = by_key["key"]
    else:
        raise errors.NotFound(f"Nothing answers at '{path[:80]}' of a web.")
    try:
        return Securable(list_id=ItemId(UUID(guid)), item_number=number)
    except ValueError:
        raise errors.UsageError(f"'{guid[:40]}' is no list id.") from None


def parse_number(text: str) -> int:
    """A number of an item, user or group. Raises UsageError."""
    plain = text.strip()
    if not (plain.isascii() and plain.isdecimal() and len(plain) <= 10) or int(plain) > LARGEST_NUMBER:
        raise errors.UsageError(f"'{plain[:40]}' is no number of an item, user or group.")
    return int(plain)


def read_role(text: str) -> tuple[PrincipalKey, Role]:
    """`principalid=5,roledefid=1073741827`, plain or quoted. Raises UsageError."""
    given = odata.arguments(text, "principalid", "roledefid")
    return PrincipalKey(parse_number(given["principalid"])), role_of_number(parse_number(given["roledefid"]))


def read_break(text: str) -> tuple[bool, bool]:
    """`copyRoleAssignments=true,clearSubscopes=false`; what is left out is false. Raises UsageError."""
    names = [name for name in ("copyRoleAssignments", "clearSubscopes") if f"{name}=".lower() in text.lower()]
    given = odata.arguments(text, *names) if text.strip() else {}
    return _truth(given.get("copyRoleAssignments")), _truth(given.get("clearSubscopes"))


def _truth(text: str | None) -> bool:
    if text is None or text.lower() in ("true", "false"):
        return text is not None and text.lower() == "true"
    raise errors.UsageError(f"'{text[:40]}' is neither true nor false.")
