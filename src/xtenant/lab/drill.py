"""Drills: a child of `xtenant lab exec --drill` sees the lab's tenants as tenants of Microsoft 365 (settled C 12).

A token is good for one child: the process that asked for it, which `lab exec` then becomes, and what that starts. Who asks
is told by the kernel on the control socket, never by the asker, so that a token read elsewhere is worth nothing there.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xtenant.domain import errors
from xtenant.domain.ports.clock import IdSource

MOST_ANCESTORS = 64


class NoDrill(errors.LabMissing):
    """The drill's token is not good for this process."""

    code = "noDrill"
    remedy = "Run the command itself through `xtenant lab exec --drill -- …`."


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """A process as the kernel lists it; `started` tells it from a later one with the same number."""

    number: int
    parent: int
    started: int


def process(number: int) -> Process | None:
    """What runs under a number, or None."""
    try:
        line = Path(f"/proc/{number}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    fields = line.rpartition(")")[2].split()  # the name before it may hold anything
    return Process(number=number, parent=int(fields[1]), started=int(fields[19]))


class Drills:
    """The drills of one running lab; they end with their child, at the latest with the lab."""

    def __init__(self, lab_id: str, ids: IdSource) -> None:
        self._lab_id = lab_id
        self._ids = ids
        self._begun: dict[str, Process] = {}

    async def begin(self, facts: Mapping[str, Any], asker: int) -> object:
        """A token for the asking process and what it starts."""
        self._forget_ended()
        found = process(asker)
        if found is None:
            raise NoDrill("The process that asked is gone.")
        token = self._ids.secret()
        self._begun[token] = found
        return {"token": token}

    async def join(self, facts: Mapping[str, Any], asker: int) -> object:
        """The lab's id for a process of the token's child. Raises NoDrill for every other."""
        self._forget_ended()
        given = str(facts.get("token", "")).encode()
        child = next((one for token, one in self._begun.items() if secrets.compare_digest(token.encode(), given)), None)
        if child is None:
            raise NoDrill("No drill with this token is going on in the lab.")
        if not _descends(asker, child):
            raise NoDrill("The drill's token belongs to another process.")
        return {"lab_id": self._lab_id}

    def _forget_ended(self) -> None:
        self._begun = {token: one for token, one in self._begun.items() if _is_same(process(one.number), one)}


def _descends(number: int, child: Process) -> bool:
    for _ in range(MOST_ANCESTORS):
        found = process(number)
        if found is None:
            return False
        if _is_same(found, child):
            return True
        number = found.parent
    return False


def _is_same(found: Process | None, known: Process) -> bool:
    return found is not None and (found.number, found.started) == (known.number, known.started)
