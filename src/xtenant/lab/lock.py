"""The exclusive lock of a home: whoever holds it may write there, and loses it when its process ends, however it ends."""

from __future__ import annotations

import fcntl
from pathlib import Path

from xtenant.domain import errors
from xtenant.lab.private_files import make_private_folder

LOCK_NAME = "lock"


class HomeInUse(errors.Conflict):
    """Another process serves this home."""

    code = "homeInUse"
    remedy = "Stop the other process first (`xtenant lab down`), or use another home."


class HomeNotWritable(errors.UsageError):
    """The home cannot be made or written."""

    code = "homeNotWritable"
    remedy = "Name a folder of yours with --home, or with XTENANT_LAB."


class HomeLock:
    """Held from its making until `release`. Raises HomeInUse when somebody else holds it, HomeNotWritable."""

    def __init__(self, home: Path) -> None:
        try:
            make_private_folder(home)
            self._file = (home / LOCK_NAME).open("w")
        except OSError as error:
            raise HomeNotWritable(f"{home} cannot be written: {error.strerror}.") from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self._file.close()
            raise HomeInUse(f"Another process serves {home}.") from error

    def release(self) -> None:
        self._file.close()


def is_locked(home: Path) -> bool:
    """Whether some process serves a home now."""
    try:
        with (home / LOCK_NAME).open("r") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False
