"""Reads the text recordings of other people's clients: what was asked, header by header, and what the stub answered."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

RECORDINGS = Path(__file__).parent / "conformance" / "recordings"


@dataclass(frozen=True)
class Exchange:
    """One recorded request; `target` is path and query as sent."""

    method: str
    target: str
    headers: dict[str, str]
    body: str
    status: int
    answer: str


def exchanges(name: str) -> list[Exchange]:
    """Every exchange of `PROTOCOL/FILE`, in order."""
    text = (RECORDINGS / name).read_text()
    return [_exchange(part) for part in re.split(r"^=== \d+ ===\n", text, flags=re.MULTILINE)[1:]]


def _exchange(text: str) -> Exchange:
    asked, _, answered = text.partition("\n--- ")
    head, _, body = asked.partition("\n\n")
    first, *lines = head.splitlines()
    method, target, _ = first.split(" ")
    status, _, rest = answered.partition("\n")
    answer = rest.partition("\n\n")[2].split("\n\n")[0].strip()
    headers = dict(line.split(": ", 1) for line in lines if ": " in line)
    return Exchange(method, target, headers, body.strip("\n"), int(status.split()[0]), answer)
