"""The lines of remedies: Microsoft's cmdlets and commands of ours, quoted so that they run as they stand.

Names in them come from tenants and from other people's files: what cannot be written on one line safely gives no line.
"""

from __future__ import annotations

import re
import shlex
import unicodedata

from xtenant.cmdlets import written
from xtenant.domain.tenant import HostUrl

_PLAIN = re.compile(r"[A-Za-z0-9$][A-Za-z0-9._:/+$-]*")
_QUOTES = "'\u2018\u2019\u201a\u201b"
"""All of these end a single-quoted text in PowerShell."""


def cmdlet(name: str, **parameters: str | None) -> str:
    """`Set-SPOSite -Identity 'https://…' -LockState Unlock`; parameters that are None are left out. Empty where a value cannot
    be written."""
    given = {key: value for key, value in parameters.items() if value is not None}
    if not all(map(_writable, given.values())):
        return ""
    return " ".join((name, *(f"-{key} {quoted(value)}" for key, value in given.items())))


def ours(*words: str) -> str:
    """`xtenant …`, each word quoted for a shell. Empty where a word cannot be written."""
    return shlex.join(("xtenant", *words)) if all(map(_writable, words)) else ""


def edit(plan: str, move_id: str, *, drop: bool = False, **columns: str | None) -> tuple[str, ...]:
    """`xtenant plan edit`: a row of the plan with other columns, or taken out. None where a value cannot be written."""
    words = ["plan", "edit", plan, "--id", move_id, *(["--drop"] if drop else [])]
    for name, value in columns.items():
        words += [f"--{name}", value] if value is not None else []
    line = ours(*words)
    return (line,) if line else ()


def on(host_url: HostUrl | None, *lines: str) -> tuple[str, ...]:
    """Cmdlets run on one tenant, the connection first. None at all where one line could not be written."""
    if host_url is None or not lines or not all(lines):
        return ()
    return (written.connect_line(host_url), *lines)


def quoted(value: str) -> str:
    """A value for PowerShell: plain words as they are, everything else in single quotes."""
    if _PLAIN.fullmatch(value):
        return value
    return "'" + "".join(sign * 2 if sign in _QUOTES else sign for sign in value) + "'"


def _writable(value: str) -> bool:
    return bool(value) and not any(unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp") for sign in value)
