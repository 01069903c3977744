"""`$batch`: up to twenty requests in one (content-api.md 1.15)."""

from __future__ import annotations

import base64
from typing import Any

import msgspec

from xtenant.domain import errors

METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})


class Part(msgspec.Struct, rename="camel", kw_only=True):
    """One request; `url` is relative to the version."""

    id: str
    method: str
    url: str
    headers: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    body: Any = None
    depends_on: list[str] = msgspec.field(default_factory=list[str])

    def content(self) -> bytes:
        """The body as bytes: JSON inline, anything else as base64. Raises UsageError."""
        if self.body is None:
            return b""
        kind = next((value for name, value in self.headers.items() if name.lower() == "content-type"), "")
        if "json" in kind.lower() or not isinstance(self.body, str):
            return msgspec.json.encode(self.body)
        try:
            return base64.b64decode(self.body, validate=True)
        except ValueError as error:
            raise errors.UsageError(f"The body of request '{self.id}' is not base64.") from error


class BatchBody(msgspec.Struct, forbid_unknown_fields=True):
    requests: list[Part]


def check(batch: BatchBody, limit: int) -> None:
    """Raise UsageError for the whole batch: too many, ids twice, unknown methods, dependencies forward or unknown."""
    if not 0 < len(batch.requests) <= limit:
        raise errors.UsageError(f"A batch holds 1 to {limit} requests.")
    seen: set[str] = set()
    for part in batch.requests:
        if not part.id or part.id in seen:
            raise errors.UsageError("Every request of a batch needs an id of its own.")
        if part.method.upper() not in METHODS:
            raise errors.UsageError(f"'{part.method}' is no method a batch may use.")
        if unknown := set(part.depends_on) - seen:
            raise errors.UsageError(f"Request '{part.id}' depends on {', '.join(sorted(unknown))}, not before it.")
        seen.add(part.id)
