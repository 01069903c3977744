"""Text, dates and numbers as they stand in a manifest."""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime

from xtenant.domain import errors
from xtenant.domain.snapshot import PART_BYTES

NAMESPACE = "urn:deployment-manifest-schema"

PART_LIMIT = 4 * PART_BYTES
"""No text of a part is larger: a part is closed when it passes PART_BYTES, and one object is bounded."""

_FORBIDDEN = re.compile("[\x00-\x1f\ud800-\udfff\ufffe\uffff]")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_LOOKS_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")


class DamagedPackage(errors.Refused):
    """A part or seal is not what it should be: damaged, hostile or of another snapshot."""

    code = "damagedPackage"
    remedy = "Make the snapshot again; nothing was restored from this one."


def escaped(text: str) -> str:
    """Text for an attribute: what XML cannot hold, line breaks included, becomes `_xHHHH_`."""
    if "_x" not in text and text.isprintable():  # most of what there is
        return text
    text = _LOOKS_ESCAPED.sub("_x005F_", text)
    return _FORBIDDEN.sub(lambda found: f"_x{ord(found[0]):04X}_", text)


def unescaped(text: str) -> str:
    """The text behind `escaped`. Raises DamagedPackage for what no name of ours can hold."""
    if "_x" not in text:  # a parser lets nothing through that cannot be stored
        return text
    text = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
    if not storable(text):
        raise DamagedPackage("A text holds a character that cannot be stored.")
    return text


def storable(text: str) -> bool:
    return not _UNSTORABLE.search(text)


def date_text(moment: datetime) -> str:
    """xs:dateTime in UTC, whole seconds (migration-package 7.2)."""
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return f"{moment.isoformat()[:19]}Z"


def date_of(text: str) -> datetime:
    """A whole second in UTC. Raises DamagedPackage for anything else."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise DamagedPackage(f"'{text[:40]}' is no date.") from error
    if moment.tzinfo is not UTC or moment.microsecond:
        raise DamagedPackage(f"'{text[:40]}' is no whole second in UTC.")
    return moment


def base64_text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def base64_of(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as error:
        raise DamagedPackage("A hash is no base64.") from error


def part_name(ordinal: int) -> str:
    """`Manifest-00001.xml` for the first part (settled B 10)."""
    return f"Manifest-{ordinal:05d}.xml"


def site_part_name(ordinal: int) -> str:
    """`site-00007.json`: a part with what has no element in a manifest; ordinals go on (settled B 10)."""
    return f"site-{ordinal:05d}.json"
