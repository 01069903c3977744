"""SharePoint's rules for names and paths, in one place: what a name may hold, how long a path may be, what counts as equal.

Names compare without regard to letter case and Unicode composition, and keep the spelling they were given
(`content-api.md` 1.5, 1.18). Percent-encoding is undone here and nowhere else.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import NewType
from urllib.parse import quote, unquote, urlsplit

from xtenant.domain import errors

ItemName = NewType("ItemName", str)
"""A name that `item_name` has accepted."""

NAME_LENGTH = 255
PATH_LENGTH = 400
"""Characters of the decoded path from the site on, `sites/x/…/name` (R-6.51, `content-api.md` 1.18)."""

FORBIDDEN = frozenset('"*:<>?/\\|')
RESERVED = frozenset(
    {".lock", "con", "prn", "aux", "nul", "desktop.ini"}
    | {f"com{digit}" for digit in range(10)}
    | {f"lpt{digit}" for digit in range(10)}
)


class InvalidName(errors.UsageError):
    """A name SharePoint refuses (Graph: invalidRequest, inner invalidPath)."""

    code = "invalidPath"
    remedy = 'Choose a name without the characters " * : < > ? / \\ | and without a blank or dot at its end.'


class PathTooLong(errors.UsageError):
    """The decoded path is longer than 400 characters (Graph: inner pathIsTooLong)."""

    code = "pathIsTooLong"
    remedy = "Shorten a folder's or the file's name; 400 characters count from the site's path on (R-6.51)."


def item_name(text: str, *, folder: bool = False, at_root: bool = False) -> ItemName:
    """Accept a name for a file or folder, or raise InvalidName with the reason (`content-api.md` 1.18)."""
    reason = _fault_of(text, folder=folder, at_root=at_root)
    if reason:
        raise InvalidName(f"The name {text[:NAME_LENGTH]!r} cannot be used: {reason}.")
    return ItemName(text)


def is_item_name(text: str, *, folder: bool = False, at_root: bool = False) -> bool:
    return _fault_of(text, folder=folder, at_root=at_root) is None


def _fault_of(text: str, *, folder: bool, at_root: bool) -> str | None:
    lowered = text.lower()
    rules = (
        (not text, "it is empty"),
        (len(text) > NAME_LENGTH, f"it is longer than {NAME_LENGTH} characters"),
        (not FORBIDDEN.isdisjoint(text), 'it holds one of " * : < > ? / \\ |'),
        (any(unicodedata.category(sign) in ("Cc", "Cs") for sign in text), "it holds a control character"),
        (text != text.strip(" "), "it begins or ends with a blank"),
        (text.endswith("."), "it ends with a dot"),
        (text.startswith("~$") or (folder and text.startswith("~")), "it begins with ~"),
        ("_vti_" in lowered, "it holds _vti_"),
        (lowered in RESERVED, "it is reserved"),
        (at_root and lowered == "forms", "'forms' is reserved at the root of a library"),
    )
    return next((reason for broken, reason in rules if broken), None)


LOOK_ALIKES = str.maketrans({sign: chr(ord(sign) + 0xFEE0) for sign in '"*:<>?/\\|'})


def closest_name(text: str, *, folder: bool = False, at_root: bool = False) -> ItemName:
    """A name SharePoint takes that looks like one of a local file system, as rclone maps them: forbidden characters become
    their full-width look-alikes, blanks at the ends U+2420; what is reserved gets a `_`. Unchanged where allowed."""
    if is_item_name(text, folder=folder, at_root=at_root):
        return ItemName(text)
    name = "".join(chr(0x2400 + ord(sign)) if sign < " " else sign for sign in text.translate(LOOK_ALIKES))
    name = "".join("\ufffd" if unicodedata.category(sign) in ("Cc", "Cs") else sign for sign in name)
    if name.startswith(" "):
        name = "\u2420" + name[1:]
    if name.endswith(" "):
        name = name[:-1] + "\u2420"
    if name.endswith("."):
        name = name[:-1] + "\uff0e"
    name = re.sub("_vti_", "_vti\uff3f", name, flags=re.IGNORECASE)
    name = re.sub("^~", "\uff5e", name) if name.startswith("~") else name
    if len(name) > NAME_LENGTH:
        stem, _, extension = name.rpartition(".")
        name = stem[: NAME_LENGTH - 17] + "." + extension[:16] if stem else name[:NAME_LENGTH]
    if not is_item_name(name, folder=folder, at_root=at_root):
        name = f"_{name}"[:NAME_LENGTH]
    return item_name(name, folder=folder, at_root=at_root)


def name_key(name: str) -> str:
    """What two names must share to be the same name: case folded, composed (NFC)."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def split_path(decoded: str) -> tuple[str, ...]:
    """The names in a decoded path, empty ones left out: `/a//b.txt` → `("a", "b.txt")`."""
    return tuple(part for part in decoded.split("/") if part)


def site_url(text: str) -> str:
    """A site's address as stored: https, host in lower case, path decoded, no trailing slash.

    Raises UsageError for anything that is not such an address.
    """
    parts = urlsplit(text.strip())
    host = (parts.hostname or "").lower()
    if parts.scheme.lower() != "https" or not host or parts.query or parts.fragment or parts.username:
        raise errors.UsageError(f"'{text}' is not the address of a site.")
    names = split_path(unquote(parts.path))
    for name in names:
        item_name(name)
    return "/".join((f"https://{host}", *names))


def url_key(url: str) -> str:
    """What two site addresses must share to be the same address."""
    parts = urlsplit(url.strip())
    path = "/".join(split_path(unquote(parts.path)))
    return name_key(f"https://{(parts.hostname or '').lower()}/{path}").rstrip("/")


def site_path(url: str) -> str:
    """The decoded path of a site's address without slashes at its ends: `sites/x`; empty for a root site."""
    return unquote(urlsplit(url).path).strip("/")


def full_path(url: str, names: Sequence[str]) -> str:
    """The decoded path from the host on: `sites/x/Shared Documents/a/b.txt`."""
    return "/".join(part for part in (site_path(url), *names) if part)


def check_length(url: str, names: Sequence[str]) -> None:
    """Raise PathTooLong when an item's decoded path passes 400 characters."""
    length = len(full_path(url, names))
    if length > PATH_LENGTH:
        raise PathTooLong(f"The path has {length} characters, {PATH_LENGTH} are allowed.", length=length)


def web_url(url: str, names: Sequence[str]) -> str:
    """The percent-encoded address of an item in a browser."""
    return "/".join((url, *(quote(name, safe="") for name in names)))


def personal_path(upn: str) -> str:
    """The last part of a OneDrive's address: every sign of the UPN but letters, digits and `-` becomes `_`."""
    return re.sub(r"[^0-9a-z-]", "_", upn.strip().lower())


def numbered(name: str, number: int) -> str:
    """The name that conflict behaviour 'rename' tries next: `a.txt` → `a 1.txt` (our choice of spelling)."""
    stem, dot, extension = name.rpartition(".")
    if not stem:
        stem, dot, extension = name, "", ""
    tail = f" {number}{dot}{extension}"
    return stem[: NAME_LENGTH - len(tail)] + tail
