"""`xtenant lab set KEY=VALUE`: the tenant settings under names that people can read, with values they would write."""

from __future__ import annotations

import dataclasses
import difflib
import re
from collections.abc import Callable
from enum import Enum
from uuid import UUID

from xtenant.domain import errors
from xtenant.domain.tenant import TenantSettings
from xtenant.domain.trust import is_schema_version

ALIASES = {
    "MnAODMove": "feature_od_move",
    "MnASiteMove": "feature_site_move",
    "E36": "imitate_e36",
    "map_rejects": "map_rejects_whole",
}
"""Microsoft's feature names (R-9, settled A 16) and the one report that `E36` imitates."""

DURATIONS = frozenset({"waiting_period", "source_retention", "blob_grace", "security_clock_offset"})
SIZES = frozenset({"size_limit_bytes"})

FASTEST = 60
"""How often faster than real a lab's windows of throttling may run: shorter than a second none can be told."""

LICENCES = "licences."
"""`licences.PART_NUMBER=UNITS` is no setting but what the tenant has bought (R-4.26, R-4.28)."""

_UNITS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1, "": 1}
_STEP = re.compile(r"(\d+(?:\.\d+)?)([dhms]?)")
_SIZE = re.compile(r"(\d+)\s*(|[kmgt])i?b?", re.IGNORECASE)
_PERMISSION = re.compile(r"(?:(?:graph|sharepoint)/)?[A-Za-z]+(?:\.[A-Za-z]+)+", re.IGNORECASE)
_WORDS = {"on": True, "true": True, "yes": True, "1": True, "off": False, "false": False, "no": False, "0": False}


def seconds_of(text: str) -> int:
    """Read a duration: `7d`, `12h`, `1d12h`, `90` (seconds), with a sign where it makes sense. Raises UsageError."""
    sign, bare = (-1, text[1:]) if text.startswith("-") else (1, text)
    steps = _STEP.findall(bare.lower())
    if not steps or "".join(number + unit for number, unit in steps) != bare.lower():
        raise errors.UsageError(f"'{text}' is not a duration.", remedy="Write 7d, 12h, 30m, 45s, or several together.")
    return sign * round(sum(float(number) * _UNITS[unit] for number, unit in steps))


def switch(settings: TenantSettings, key: str, text: str) -> TenantSettings:
    """The settings with one of them changed. Raises UsageError for an unknown key (with the nearest) or a bad value."""
    field = _field_of(key)
    value = _reader_of(field, getattr(settings, field))(text)
    if field == "throttle_speed" and not 1 <= int(str(value)) <= FASTEST:
        raise errors.UsageError(f"throttle_speed is 1 to {FASTEST}.")
    if isinstance(value, int) and value < 0 and field != "security_clock_offset":
        raise errors.UsageError(f"{key} cannot be negative.")
    return dataclasses.replace(settings, **{field: value})


def units_of(text: str) -> int:
    """How many units of a licence. Raises UsageError."""
    return number(text)


def switches_of(settings: TenantSettings) -> dict[str, object]:
    """All settings by field name, values as JSON holds them."""
    values = ((field.name, getattr(settings, field.name)) for field in dataclasses.fields(settings))
    return {name: value.value if isinstance(value, Enum) else value for name, value in values}


def _field_of(key: str) -> str:
    fields = [field.name for field in dataclasses.fields(TenantSettings)]
    known = {name.lower(): field for name, field in [*((field, field) for field in fields), *ALIASES.items()]}
    wanted = key.strip().lower().replace("-", "_")
    if wanted in known:
        return known[wanted]
    readable = {name.lower(): name for name in [*fields, *ALIASES]}
    near = [readable[name] for name in difflib.get_close_matches(wanted, readable, n=3)]
    hint = f"Did you mean {' or '.join(near)}?" if near else f"There are: {', '.join([*ALIASES, *fields])}."
    raise errors.UsageError(f"There is no setting '{key}'.", remedy=hint)


def _reader_of(field: str, present: object) -> Callable[[str], object]:
    if field in DURATIONS:
        return seconds_of
    if field in SIZES:
        return size
    if field == "personal_site_creation":
        return _creators
    if field == "map_rejects_whole":
        return _map_rejects
    if field == "app_permissions":
        return _permissions
    if field == "schema_version":
        return _schema_version
    if isinstance(present, bool):
        return boolean
    if isinstance(present, Enum):
        return lambda text: member(type(present), text)
    return number if isinstance(present, int) else str


def _creators(text: str) -> str:
    """Who gets a OneDrive by using it: everyone, nobody, or a group's object id."""
    if text.lower() in ("everyone", "nobody"):
        return text.lower()
    try:
        return str(UUID(text))
    except ValueError:
        raise errors.UsageError(
            f"'{text}' says nothing of who may have a OneDrive.", remedy="Write everyone, nobody, or a group's id."
        ) from None


def _permissions(text: str) -> str:
    """`app_permissions=graph/User.Read.All,sharepoint/Sites.FullControl.All`, `none`, or `registered` (settled C 15)."""
    word = text.strip().lower()
    if word in ("registered", "none", ""):
        return "none" if word == "none" else ""
    names = sorted({name.strip() for name in text.split(",") if name.strip()})
    wrong = [name for name in names if not _PERMISSION.fullmatch(name)]
    if wrong:
        raise errors.UsageError(
            f"'{wrong[0]}' is no permission.",
            remedy="Write User.Read.All, graph/Sites.Read.All or sharepoint/Sites.FullControl.All, with commas between; "
            "none; or registered.",
        )
    return ",".join(names)


def _map_rejects(text: str) -> bool:
    """`map_rejects=whole`, or `rows`: what one bad row of an identity map refuses (settled C 7)."""
    word = text.strip().lower()
    return word == "whole" if word in ("whole", "rows") else boolean(text)


def _schema_version(text: str) -> str:
    if not is_schema_version(text.strip()):
        raise errors.UsageError(f"'{text}' is no schema version.", remedy="Write major.minor, for example 15.0.")
    return text.strip()


def boolean(text: str) -> bool:
    """`on`, `off` and their like. Raises UsageError."""
    if text.lower() not in _WORDS:
        raise errors.UsageError(f"'{text}' is neither on nor off.")
    return _WORDS[text.lower()]


def number(text: str) -> int:
    """A whole number that is not negative. Raises UsageError."""
    if not text.isascii() or not text.isdigit():
        raise errors.UsageError(f"'{text}' is not a whole number.")
    return int(text)


def size(text: str) -> int:
    """Bytes, or `10M`, `5G`, `6T`. Raises UsageError."""
    found = _SIZE.fullmatch(text.strip())
    if not found:
        raise errors.UsageError(f"'{text}' is not a size.", remedy="Write bytes, or 10M, 5G, 1T.")
    return int(found[1]) * 1024 ** " kmgt".index(found[2].lower() or " ")


def member(kind: type[Enum], text: str) -> Enum:
    """The member of that value, in any letter case. Raises UsageError."""
    for member in kind:
        if str(member.value).lower() == text.lower():
            return member
    raise errors.UsageError(f"'{text}' is none of {', '.join(str(member.value) for member in kind)}.")
