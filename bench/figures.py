"""A figure: values measured in one run, told by median and spread."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """`values` as measured, in `unit`; never empty."""

    name: str
    unit: str
    values: Sequence[float]

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def percentile_95(self) -> float:
        ordered = sorted(self.values)
        return ordered[math.ceil(0.95 * len(ordered)) - 1]

    def row(self) -> dict[str, object]:
        return {
            "name": self.name,
            "unit": self.unit,
            "median": round(self.median, 3),
            "least": round(min(self.values), 3),
            "most": round(max(self.values), 3),
            "percentile_95": round(self.percentile_95, 3),
            "values": [round(value, 3) for value in self.values],
        }

    def cells(self) -> list[str]:
        told = [self.median, min(self.values), max(self.values), self.percentile_95]
        return [f"{self.name}, {self.unit}", *(f"{value:,.2f}" for value in told), str(len(self.values))]
