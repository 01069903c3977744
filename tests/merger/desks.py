"""Who carries the merger out: one person with both sign-ins, or two administrators who exchange nothing but files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from e2e.labs import Done, Lab

SOURCE, TARGET = "contoso", "fabrikam"
HOST_URLS = {SOURCE: "https://contoso-my.sharepoint.com/", TARGET: "https://fabrikam-my.sharepoint.com/"}
ROLES = {SOURCE: "Target", TARGET: "Source"}
"""The role of the partner, as each side names it."""
OK = (0,)


class Desks(Protocol):
    """Runs commands as the administrator of a side."""

    moves: Path

    def run(self, side: str, *arguments: str, codes: tuple[int, ...] = OK) -> Done: ...

    def seen(self, side: str, *, by: str) -> str:
        """How a side names the other (or itself) in `--source` and `--target`: a profile, or a file received just now."""
        ...


def run_in(lab: Lab, folder: Path, arguments: tuple[str, ...], codes: tuple[int, ...]) -> Done:
    done = lab.tools(*arguments, profiles=folder / "profiles")
    assert done.code in codes, f"xtenant {' '.join(arguments)}: {done.code}\n{done.out}\n{done.err}"
    return done


def connected(lab: Lab, folder: Path, *tenants: str) -> None:
    folder.mkdir(exist_ok=True)
    for tenant in tenants:
        run_in(lab, folder, ("connect", tenant, "--url", f"https://{tenant}-admin.sharepoint.com"), OK)


@dataclass
class OneDesk:
    """One person with both profiles."""

    lab: Lab
    folder: Path
    moves: Path

    def __post_init__(self) -> None:
        connected(self.lab, self.folder, SOURCE, TARGET)

    def run(self, side: str, *arguments: str, codes: tuple[int, ...] = OK) -> Done:
        return run_in(self.lab, self.folder, arguments, codes)

    def seen(self, side: str, *, by: str) -> str:
        return side


@dataclass
class TwoDesks:
    """Two people, two profile homes; what one knows of the other's tenant comes by signed files."""

    lab: Lab
    folder: Path
    moves: Path
    _numbers: Iterator[int] = field(default_factory=lambda: iter(range(1_000)))
    _words: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.folder.mkdir(exist_ok=True)
        for side in (SOURCE, TARGET):
            connected(self.lab, self.folder / side, side)

    def run(self, side: str, *arguments: str, codes: tuple[int, ...] = OK) -> Done:
        return run_in(self.lab, self.folder / side, arguments, codes)

    def seen(self, side: str, *, by: str) -> str:
        if side == by:
            return side
        file = self.folder / f"{side}-{next(self._numbers)}.handover"
        level = "permissions" if side == SOURCE else "plan"
        moves = ["--moves", str(self.moves)] if side == SOURCE else []
        told = self.run(side, "handover", "export", str(file), "-t", side, "--level", level, *moves, "--yes")
        words = told.err.strip().splitlines()[-1].partition(": ")[2].strip()
        assert self._words.setdefault(side, words) == words, "the same key each time"
        self.run(by, "handover", "import", str(file), "--fingerprint", words)
        return str(file)


def establish_trust(desks: Desks) -> None:
    """Each administrator the own half, naming the other's host URL (steps 1 to 3)."""
    for side in (SOURCE, TARGET):
        other = TARGET if side == SOURCE else SOURCE
        words = ("-t", side, "--partner-role", ROLES[side], "--partner", HOST_URLS[other])
        desks.run(side, "trust", "set", *words, "--yes", codes=(0, 3))
    told = desks.run(SOURCE, "trust", "test", "-t", SOURCE, "--partner-role", "Target", "--partner", HOST_URLS[TARGET])
    assert told.json["status"] == "GoodToProceed", told.out
