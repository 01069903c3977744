"""The file of an identity map on disk: read whole, and only when nobody is editing it (R-5.24, R-5.62)."""

from __future__ import annotations

import fcntl
from pathlib import Path

from xtenant.domain import errors
from xtenant.domain.limits import DEFAULT, Limits

LOCK_NAMES = ("~${name}", ".~lock.{name}#")
"""What Excel and LibreOffice put beside a file that they hold open."""

_EXAMPLE = "six columns, no header, as `User,SOURCE-TENANT-ID,SOURCE-UPN,TARGET-UPN,TARGET-MAIL,RegularUser`"


class FileOpenElsewhere(errors.UsageError):
    """The file is being edited; what is on disk may be half of what is meant (R-5.24, E-30)."""

    code = "mapFileOpen"
    remedy = "Save it and close it, then send it again."


def closed_file(path: Path, limits: Limits = DEFAULT) -> bytes:
    """The content of a file that nobody is editing. Raises UsageError for none, FileOpenElsewhere, TooLarge."""
    try:
        if path.stat().st_size > limits.xml_body:
            raise errors.TooLarge(f"{path} is larger than {limits.xml_body} bytes.")
        for name in LOCK_NAMES:
            if path.with_name(name.format(name=path.name)).exists():
                raise FileOpenElsewhere(f"{path} is open in a spreadsheet.")
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return file.read()
    except BlockingIOError as error:
        raise FileOpenElsewhere(f"{path} is locked by another program.") from error
    except (FileNotFoundError, IsADirectoryError) as error:
        raise errors.UsageError(f"There is no file {path}.", remedy=f"Name the identity map: {_EXAMPLE}.") from error
    except OSError as error:
        raise errors.UsageError(
            f"{path} cannot be read: {error.strerror}.", remedy="Close it elsewhere (E-30)."
        ) from error
