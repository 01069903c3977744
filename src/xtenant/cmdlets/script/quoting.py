"""Values as PowerShell reads them in single quotes, and texts as comments; nothing that is written can leave its line.

In a single-quoted string PowerShell knows no escape but the doubled quote, and five characters are such quotes: the plain one
and the typographic ones (about_Quoting_Rules). Each is doubled as it is.
"""

from __future__ import annotations

import unicodedata

from xtenant.cmdlets.line import SINGLE_QUOTES
from xtenant.domain import errors

COMMENT_LENGTH = 500
_HIDDEN = frozenset("\u061c\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
"""Line and paragraph separators, marks that change the order in which a line is shown, and the byte-order mark: what is
read in review must be what is run."""


class UnwritableValue(errors.UsageError):
    """A value cannot stand on a line of PowerShell as it is."""

    code = "unwritableValue"
    remedy = "Give the object another name first; nothing was written for it."


def quoted(text: str) -> str:
    """A text as a single-quoted string. Raises UnwritableValue for control characters and marks that hide something."""
    if wrong := next((mark for mark in text if not _is_plain(mark)), None):
        raise UnwritableValue(
            f"A value holds the character U+{ord(wrong):04X}, which cannot stand on a line of a script."
        )
    return "'" + "".join(mark * 2 if mark in SINGLE_QUOTES else mark for mark in text) + "'"


def comment(text: str) -> str:
    """A line that says something about a step; what could end the line or hide something is shown as `?`."""
    plain = "".join(mark if _is_plain(mark) else "?" for mark in text[:COMMENT_LENGTH])
    return f"#   {plain}".rstrip()


def _is_plain(mark: str) -> bool:
    return unicodedata.category(mark) not in ("Cc", "Cs") and mark not in _HIDDEN
