"""What a tenant lets one app ask in a minute and in a day, counted in Microsoft's resource units (content-api.md 1.17).

The rows and the price of a Graph call are published; what SharePoint's own REST and CSOM calls cost is not, so that price is an
assumption which both ends share and which an administrator may set (settled C 17).
"""

from __future__ import annotations

from dataclasses import dataclass

MINUTE_SECONDS = 60.0
DAY_SECONDS = 86_400.0
TENANT_WINDOW_SECONDS = 300.0
USER_REQUESTS = 3_000
"""Requests of one person in five minutes, whatever app sends them."""

SHARE = 0.95
"""How much of a row we spend: the rest is for what we cannot see, a second copy of the same app for example."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of the published table: units of one app in a minute and in 24 hours, of the whole tenant in 5 minutes."""

    up_to_licences: int | None
    minute_units: int
    day_units: int
    tenant_units: int


ROWS: tuple[Row, ...] = (
    Row(up_to_licences=1_000, minute_units=1_250, day_units=1_200_000, tenant_units=18_750),
    Row(up_to_licences=5_000, minute_units=2_500, day_units=2_400_000, tenant_units=37_500),
    Row(up_to_licences=15_000, minute_units=3_750, day_units=3_600_000, tenant_units=56_250),
    Row(up_to_licences=50_000, minute_units=5_000, day_units=4_800_000, tenant_units=75_000),
    Row(up_to_licences=None, minute_units=6_250, day_units=6_000_000, tenant_units=93_750),
)


def row_for(licences: int) -> Row:
    """The row of a tenant with so many licences."""
    return next(row for row in ROWS if row.up_to_licences is None or licences <= row.up_to_licences)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """What a call to SharePoint's REST or CSOM is taken to cost: any, and one about permissions (our assumption)."""

    rest: int = 2
    rest_rights: int = 5


PRICES = Prices()


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What may be spent in any stretch of a minute and of a day; shorter stretches where a lab's windows are shortened."""

    minute_units: int
    day_units: int
    minute_seconds: float = MINUTE_SECONDS
    day_seconds: float = DAY_SECONDS

    @property
    def units_a_second(self) -> float:
        return self.minute_units / self.minute_seconds


def allowance_of(licences: int, *, speed: int = 1, share: float = SHARE) -> Allowance:
    """Our share of the row of so many licences; `speed` is how many times shorter a lab's windows are."""
    row = row_for(licences)
    return Allowance(
        minute_units=int(row.minute_units * share),
        day_units=int(row.day_units * share),
        minute_seconds=MINUTE_SECONDS / speed,
        day_seconds=DAY_SECONDS / speed,
    )
