"""Making files durable: one by one, or everything a file system has waiting at once.

For many files the second is much cheaper: one wait instead of one for each. It writes what others left waiting, too.
"""

from __future__ import annotations

import ctypes
import os
import sys

TELLS_FAULTS_SINCE = (5, 8)
"""Before this Linux, `syncfs` did not say that writing had failed."""


def sync_path(path: str) -> None:
    """A file or folder. Raises OSError."""
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_file_system(folder: str) -> None:
    """Everything written on the file system that a folder is on; only where `can_sync_at_once`. Raises OSError."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        if _libc().syncfs(handle):
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), folder)
    finally:
        os.close(handle)


def can_sync_at_once() -> bool:
    """Whether `sync_file_system` is to be relied on here."""
    if sys.platform != "linux":
        return False
    version = tuple(int(part) for part in os.uname().release.split("-")[0].split(".")[:2] if part.isdecimal())
    return version >= TELLS_FAULTS_SINCE and hasattr(_libc(), "syncfs")


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
