"""`sharepointSettings` as JSON (graph-migrations.md 4.6)."""

from __future__ import annotations

import dataclasses
from typing import Any, get_type_hints

import msgspec

from xtenant.domain.sharepoint_settings import SharePointSettings
from xtenant.protocols.graph.codec.bodies import InvalidBody

_HINTS = get_type_hints(SharePointSettings)


def _graph_name(name: str) -> str:
    first, *rest = name.split("_")
    words = [{"mb": "MB", "ui": "UI"}.get(word, word.capitalize()) for word in rest]
    return first + "".join(words)


NAMES = {_graph_name(field.name): field.name for field in dataclasses.fields(SharePointSettings)}
"""Graph's property → our field."""


def settings_json(settings: SharePointSettings) -> dict[str, object]:
    return {shown: _shown(getattr(settings, name)) for shown, name in NAMES.items()}


def changes_in(body: bytes) -> dict[str, object]:
    """What a PATCH changes, by our field names and typed. Raises InvalidBody for an unknown or ill-typed property."""
    try:
        sent = msgspec.json.decode(body, type=dict[str, Any])
        sent = {name: value for name, value in sent.items() if not name.startswith("@odata.")}
        if unknown := sent.keys() - NAMES.keys():
            raise InvalidBody(f"There is no SharePoint setting {', '.join(sorted(unknown))}.")
        return {NAMES[name]: _read(NAMES[name], value) for name, value in sent.items()}
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidBody(f"The body cannot be read: {error}.") from error


def _read(name: str, value: Any) -> object:
    if name == "idle_session_sign_out" and isinstance(value, dict):
        value = {_snake(key): inner for key, inner in value.items() if not str(key).startswith("@odata.")}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    return msgspec.convert(value, _HINTS[name])


def _snake(name: object) -> str:
    return "".join(f"_{sign.lower()}" if sign.isupper() else sign for sign in str(name))


def _shown(value: object) -> object:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {_graph_name(field.name): getattr(value, field.name) for field in dataclasses.fields(value)}
    return value
