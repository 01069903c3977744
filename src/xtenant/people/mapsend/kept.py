"""Every map sent from this home, with its hash, its time and what became of it in each geo: `maps/TENANT-ID`, readable by its
owner alone. Microsoft's administration calls show no whole map, so these files are what a next map is compared with.
"""

from __future__ import annotations

import dataclasses
import fcntl
import hashlib
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path

import msgspec

from xtenant.client.profiles import write_private
from xtenant.domain import errors


class State(Enum):
    """What is known of a map in one geo."""

    SENDING = "sending"
    STANDS = "stands"
    DIFFERS = "differs"
    FAILED = "failed"
    IN_DOUBT = "in doubt"


class How(Enum):
    """How a map came about: sent whole, sent again, or the one before with a row changed."""

    REPLACE = "replace"
    RESTORE = "restore"
    EDIT = "edit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One map sent. `whole` is False where only single rows of it are known here."""

    number: int
    sent_at: datetime
    how: How
    sha256: str
    rows: int
    source: str
    geos: Mapping[str, State]
    whole: bool = True


class KeptMaps:
    """The maps sent to one tenant."""

    def __init__(self, home: Path, tenant_id: str) -> None:
        self._folder = home / "maps" / tenant_id.lower()
        self._index = self._folder / "index.json"

    def all(self) -> list[Kept]:
        """Oldest first. Raises UsageError for an index that cannot be read."""
        try:
            return msgspec.json.decode(self._index.read_bytes(), type=list[Kept])
        except FileNotFoundError:
            return []
        except msgspec.MsgspecError as error:
            raise errors.UsageError(f"{self._index} cannot be read: {error}.", remedy="Move it away.") from error

    def begin(
        self, content: bytes, *, how: How, rows: int, source: str, geos: Iterable[str], at: datetime, whole: bool = True
    ) -> Kept:
        """Keep a map before it is sent, so that a crash leaves it told as being sent."""
        with self._alone():
            kept = self.all()
            made = Kept(
                number=kept[-1].number + 1 if kept else 1,
                sent_at=at,
                how=how,
                sha256=hashlib.sha256(content).hexdigest(),
                rows=rows,
                source=source,
                geos=dict.fromkeys(geos, State.SENDING),
                whole=whole,
            )
            write_private(self.path(made.number), content)
            self._write([*kept, made])
        return made

    def settle(self, number: int, geo: str, state: State) -> None:
        """Note what became of a map in a geo."""
        with self._alone():
            self._write(
                [
                    dataclasses.replace(one, geos={**one.geos, geo: state}) if one.number == number else one
                    for one in self.all()
                ]
            )

    def path(self, number: int) -> Path:
        return self._folder / f"{number:04}.csv"

    def get(self, number: int) -> Kept:
        """Raises UsageError."""
        for one in self.all():
            if one.number == number:
                return one
        raise errors.UsageError(f"No map {number} was sent from here.", remedy="`xtenant map history` lists them.")

    def possible(self, geo: str) -> list[Kept]:
        """What may be in force in a geo, newest first: back to the newest that certainly stood there whole."""
        found: list[Kept] = []
        for one in reversed(self.all()):
            state = one.geos.get(geo, State.FAILED)
            if state is not State.FAILED:
                found.append(one)
            if state is State.STANDS and one.whole:
                break
        return found

    def before_last(self) -> Kept:
        """The newest whole map with another content than the one sent last. Raises UsageError."""
        kept = [one for one in self.all() if State.STANDS in one.geos.values()]
        for one in reversed(kept):
            if one.whole and one.sha256 != kept[-1].sha256:
                return one
        raise errors.UsageError(
            "No earlier map was sent from here.", remedy="`xtenant map history` lists what was; send a file instead."
        )

    def _write(self, kept: Sequence[Kept]) -> None:
        write_private(self._index, msgspec.json.format(msgspec.json.encode(kept), indent=2))

    @contextmanager
    def _alone(self) -> Generator[None]:
        """One program at a time changes the index."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (self._folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
