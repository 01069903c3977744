"""Two writers at once: what a unique index's refusal is called outside."""

from __future__ import annotations

from sqlalchemy.exc import IntegrityError

from xtenant.domain import errors


class refusing:
    """Turns a unique index's refusal (two writers at once on PostgreSQL) into Conflict."""

    def __init__(self, field: str, value: str) -> None:
        self._error = taken(field, value)

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, IntegrityError):
            raise self._error from error


def taken(field: str, value: str) -> errors.Conflict:
    return errors.Conflict(f"Another object with the same value for property {field} already exists.", value=value)
