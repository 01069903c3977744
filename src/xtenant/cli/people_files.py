"""The files of step 4 and 5 on disk: moves, people, maps. Read with a clear refusal, written whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from xtenant.domain import errors, plan
from xtenant.people.rows import PersonRow, read_people

LARGEST_BYTES = 256 * 1024 * 1024


def read_text(path: Path, what: str) -> str:
    """A file's text, without byte-order mark. Raises UsageError for one that is missing, too large or not UTF-8."""
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise errors.TooLarge(f"{path} is larger than {LARGEST_BYTES} bytes.")
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise errors.UsageError(f"There is no file {path}.", remedy=f"Name {what}.") from error
    except OSError as error:
        raise errors.UsageError(
            f"{path} cannot be read: {error.strerror}.", remedy="Close it elsewhere, or name another file."
        ) from error
    except UnicodeDecodeError as error:
        raise errors.UsageError(f"{path} is not UTF-8.", remedy="Save it as CSV UTF-8.") from error


def moves_of(path: Path) -> list[plan.PlannedMove]:
    """The moves of a file. Raises UsageError."""
    return list(plan.read_moves(read_text(path, "the plan of moves, moves.csv"), name=str(path)))


def people_of(path: Path) -> list[PersonRow]:
    """The rows of a people file. Raises UsageError."""
    return read_people(read_text(path, "the people file of `xtenant people plan`"), name=str(path))


def replace_file(path: Path, lines: Iterable[str]) -> Path | None:
    """Write a file whole; the one that stood there becomes `NAME.before`, which is returned. Raises UsageError."""
    fresh = path.with_name(path.name + ".new")
    before = path.with_name(path.name + ".before")
    try:
        with fresh.open("w", encoding="utf-8", newline="") as file:
            file.writelines(lines)
            file.flush()
            os.fsync(file.fileno())
        kept = path.exists()
        if kept:
            path.replace(before)
        fresh.replace(path)
    except OSError as error:
        raise errors.UsageError(f"{path} cannot be written: {error.strerror}.", remedy="Name another file.") from error
    return before if kept else None
