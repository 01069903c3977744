"""What a plan asks of files and lists beyond their content: a file's sensitivity label, a list's template.

No client of ours sets them, and no move carries them: labels do not survive one (R-7.23), workflows are made anew (R-7.18).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemFacts:
    """`label` is the name of a file's sensitivity label; `user_defined` says that its owner chose who may open the file,
    which blocks the move of the site (R-7.24). `list_template` is the number of a list's template, 0 for a library's."""

    label: str = ""
    user_defined: bool = False
    list_template: int = 0


PLAIN = ItemFacts()
