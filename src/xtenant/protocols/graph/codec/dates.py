"""Dates on Graph's wire: ISO 8601 in UTC with `Z`; we write whole seconds, as the store keeps them (settled B 10)."""

from __future__ import annotations

from datetime import UTC, datetime

from xtenant.domain import errors


class InvalidDate(errors.UsageError):
    """A text that is no date and time."""

    code = "invalidDate"
    remedy = "Write 2026-11-23T12:00:00Z."


def date_text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_date(text: str) -> datetime:
    """Read a date with offset or `Z`; fractions are cut. Raises InvalidDate."""
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise InvalidDate(f"'{text}' has no time zone.")
        return moment.astimezone(UTC).replace(microsecond=0)
    except (ValueError, OverflowError):
        raise InvalidDate(f"'{text}' is no date and time.") from None
