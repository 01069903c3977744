"""How an error is told on standard error: its text, Microsoft's code where there is one, and the remedy."""

from __future__ import annotations

from xtenant.cli.output import note
from xtenant.domain import errors


def report(error: errors.XTenantError) -> int:
    """Print an error with its remedy; its exit code."""
    code = f" [{error.microsoft_code}]" if error.microsoft_code else ""
    note(_indented("error: ", f"{error.text}{code}"))
    if error.remedy:
        note(_indented(" " * 7, error.remedy))
    return int(error.exit_code)


def _indented(first: str, text: str) -> str:
    """Several obstacles are several lines; all stand under the first."""
    return first + text.replace("\n", "\n" + " " * len(first))
