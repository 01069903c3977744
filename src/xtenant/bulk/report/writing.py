"""A report's file: written whole or not at all, and readable by its owner alone, since it names people and their sites."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from enum import Enum
from pathlib import Path

from xtenant.bulk.report import page, rows
from xtenant.bulk.report.rows import Report
from xtenant.domain import errors


class ReportForm(Enum):
    HTML = "html"
    CSV = "csv"
    JSON = "json"


def write_report(place: Path, form: ReportForm, report: Report) -> None:
    """Write a report, instead of one that stands there. Raises UsageError where that is not possible."""
    unfinished = place.with_name(f".{place.name}.unfinished")
    try:
        unfinished.unlink(missing_ok=True)
        unfinished.touch(mode=0o600, exist_ok=False)
        with unfinished.open("w", encoding="utf-8", newline="") as file:
            file.writelines(_pieces(form, report))
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(place)
    except OSError as error:
        raise errors.UsageError(f"{place} cannot be written: {error.strerror}.", remedy="Name another file.") from error
    finally:
        unfinished.unlink(missing_ok=True)


def _pieces(form: ReportForm, report: Report) -> Iterable[str]:
    pieces: Mapping[ReportForm, Iterable[str]] = {
        ReportForm.HTML: page.pieces(report),
        ReportForm.CSV: rows.csv_lines(report),
        ReportForm.JSON: rows.json_pieces(report),
    }
    return pieces[form]
