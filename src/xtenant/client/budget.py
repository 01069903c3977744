"""Budgets of a profile home: one bucket a tenant, what an administrator said of it, and what was spent across runs.

`budget/TENANTID.json` holds the last slices and the use of the last day by quarter hours; every process of the home notes there
what it is about to spend, so that a killed one is not forgotten and two at once count each other. `budget/TENANTID.settings.json`
holds what was set.
"""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import msgspec

from xtenant.client.profiles import Profile, ProfileKind, write_private
from xtenant.domain import errors
from xtenant.domain.budget import Allowance, Prices, allowance_of
from xtenant.domain.ports.clock import Clock, IdSource
from xtenant.wire.pacing import Bucket, Known, Slice

DAY_SLICES = 96
"""The day's use is kept by the quarter of an hour; one counts until its end is a day old."""

FASTEST = 60
_KEPT_WINDOWS = 3


class BudgetSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an administrator says of a tenant's limits. Without `licences` the smallest row counts."""

    licences: int | None = None
    rest_units: int = 2
    rest_rights_units: int = 5
    speed: int = 1

    @property
    def allowance(self) -> Allowance:
        return allowance_of(self.licences or 0, speed=self.speed)

    @property
    def prices(self) -> Prices:
        return Prices(rest=self.rest_units, rest_rights=self.rest_rights_units)


class _Books(msgspec.Struct, kw_only=True):
    """The file: recent slices by key, and units by quarter hour (its number since 1970)."""

    recent: dict[str, tuple[float, float, int]] = {}
    day: dict[int, int] = {}


class FileLedger:
    """A ledger in a file, changed under a lock."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._own: set[str] = set()

    def exchange(self, mine: Sequence[Slice], now: float, allowance: Allowance) -> Known:
        """Note our slices; what others spent lately, and everybody in the last day."""
        with _locked(self._path):
            books = self._read()
            for each in mine:
                self._own.add(each.key)
                books.recent[each.key] = (each.began, each.ended, each.units)
            _fold(books, now, allowance)
            if mine:
                write_private(self._path, msgspec.json.encode(books))
        self._own &= books.recent.keys()
        return self._known(books, now, allowance)

    def spent(self, now: float, allowance: Allowance) -> tuple[int, int]:
        """Units of the last minute and of the last day, as far as they were announced."""
        books = self._read()
        _fold(books, now, allowance)
        minute = sum(units for _, ended, units in books.recent.values() if ended + allowance.minute_seconds > now)
        return minute, sum(books.day.values()) + sum(units for _, _, units in books.recent.values())

    def _known(self, books: _Books, now: float, allowance: Allowance) -> Known:
        quarter = allowance.day_seconds / DAY_SLICES
        frees = [((number + 1) * quarter + allowance.day_seconds, units) for number, units in books.day.items()]
        frees += [(ended + allowance.day_seconds, units) for _, ended, units in books.recent.values()]
        others = [
            Slice(key=key, began=began, ended=ended, units=units)
            for key, (began, ended, units) in books.recent.items()
            if key not in self._own
        ]
        return Known(others=others, day_units=sum(units for _, units in frees), day_frees=sorted(frees))

    def _read(self) -> _Books:
        """What stands in the file; a file that is none counts as nothing spent, since the tenant tells us otherwise."""
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=_Books)
        except (FileNotFoundError, msgspec.DecodeError):
            return _Books()


class MemoryLedger:
    """For tools without a profile home: nothing is known of others."""

    def exchange(self, mine: Sequence[Slice], now: float, allowance: Allowance) -> Known:
        return Known()


class Budgets:
    """The buckets of one process, shared by all sessions of a tenant."""

    def __init__(self, home: Path, *, clock: Clock, ids: IdSource) -> None:
        self._home = home / "budget"
        self._clock = clock
        self._key = ids
        self._lock = threading.Lock()
        self._buckets: dict[str, Bucket] = {}

    def of(self, profile: Profile) -> Bucket | None:
        """The bucket of a profile's tenant; None for a profile whose tenant is not known yet.

        It makes requests wait for tenants of Microsoft 365, drills included, and for others once they show that they have limits.
        """
        if not _is_guid(profile.tenant_id):
            return None
        with self._lock:
            if profile.tenant_id not in self._buckets:
                self._buckets[profile.tenant_id] = self._made(profile)
            return self._buckets[profile.tenant_id]

    def settings_of(self, profile: Profile) -> BudgetSettings:
        """What was set for a tenant. Raises UsageError for a file that cannot be read."""
        path = self._settings_file(profile)
        try:
            found = msgspec.json.decode(path.read_bytes(), type=BudgetSettings)
        except FileNotFoundError:
            return BudgetSettings()
        except msgspec.DecodeError as error:
            raise errors.UsageError(
                f"{path} cannot be read: {error}", remedy="Set the budget again with `xtenant budget set`."
            ) from error
        return _checked(found, profile)

    def put(self, profile: Profile, wishes: Mapping[str, int]) -> BudgetSettings:
        """Change settings by name. Raises UsageError for a name or number that does not fit; nothing is changed then."""
        given = {**msgspec.structs.asdict(self.settings_of(profile)), **wishes}
        try:
            settings = _checked(msgspec.convert(given, BudgetSettings), profile)
        except msgspec.ValidationError as error:
            raise errors.UsageError(
                f"This does not fit a budget: {error}", remedy=f"There are: {', '.join(names())}."
            ) from error
        write_private(self._settings_file(profile), msgspec.json.format(msgspec.json.encode(settings), indent=2))
        with self._lock:
            self._buckets.pop(profile.tenant_id, None)
        return settings

    def spent(self, profile: Profile) -> tuple[int, int]:
        """Units of the last minute and of the last day."""
        now = self._clock.security_now().timestamp()
        return FileLedger(self._file(profile)).spent(now, self.settings_of(profile).allowance)

    def _made(self, profile: Profile) -> Bucket:
        settings = self.settings_of(profile)
        return Bucket(
            settings.allowance,
            clock=self._clock,
            ledger=FileLedger(self._file(profile)),
            key=str(self._key.new_id()),
            prices=settings.prices,
            enforced=profile.kind is ProfileKind.MICROSOFT365,
            row_known=settings.licences is not None,
            learns_window=profile.lab is not None,
        )

    def _file(self, profile: Profile) -> Path:
        return self._home / f"{UUID(profile.tenant_id)}.json"

    def _settings_file(self, profile: Profile) -> Path:
        return self._home / f"{UUID(profile.tenant_id)}.settings.json"


def names() -> tuple[str, ...]:
    """What can be set."""
    return BudgetSettings.__struct_fields__


def _checked(settings: BudgetSettings, profile: Profile) -> BudgetSettings:
    if settings.speed != 1 and profile.lab is None:
        raise errors.UsageError(
            "Only a lab's windows can be shorter than Microsoft's.", remedy="Leave speed at 1 for this tenant."
        )
    if not 1 <= settings.speed <= FASTEST or min(settings.rest_units, settings.rest_rights_units) < 0:
        raise errors.UsageError(f"speed is 1 to {FASTEST}, and prices are not negative.")
    if settings.licences is not None and settings.licences < 0:
        raise errors.UsageError("A tenant has no fewer than 0 licences.")
    return settings


def _fold(books: _Books, now: float, allowance: Allowance) -> None:
    """Slices long past go into their quarter hour; quarters older than a day are forgotten."""
    quarter = allowance.day_seconds / DAY_SLICES
    past = [
        key for key, (_, ended, _) in books.recent.items() if ended + _KEPT_WINDOWS * allowance.minute_seconds <= now
    ]
    for key in past:
        _, ended, units = books.recent.pop(key)
        number = int(ended // quarter)
        books.day[number] = books.day.get(number, 0) + units
    for number in [each for each in books.day if (each + 1) * quarter + allowance.day_seconds <= now]:
        del books.day[number]


def _is_guid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


@contextmanager
def _locked(path: Path) -> Generator[None]:
    """Nobody else changes the file meanwhile."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
