"""Two writers of the directory at once: a reader of changes who has seen one has seen all that came before."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

from clock import FakeClock
from xtenant.domain.directory import User, UserId
from xtenant.domain.query import Place
from xtenant.storage.database import SqlUnits

NOW = FakeClock().business_now()
WRITERS, EACH = 4, 12


def user(number: int) -> User:
    return User(user_id=UserId(UUID(int=number)), upn=f"u{number}@contoso.com", display_name="U", created_at=NOW)


def test_nobody_is_missed_by_a_reader_of_changes_between_many_writers(units: SqlUnits) -> None:
    ended = threading.Event()

    def write(writer: int) -> None:
        for number in range(EACH):
            with units.write() as uow:
                uow.users.add(user(1 + writer * EACH + number))

    def read() -> list[int]:
        seen: list[int] = []
        place, last_round = Place(0, UUID(int=0)), False
        while not last_round:
            last_round = ended.is_set()
            with units.read() as uow:
                found = uow.user_lists.changes(place, seen=0, limit=5)
            seen += [one.place.object_id.int for one in found]
            place = found[-1].place if found else place
            last_round = last_round and not found
        return seen

    with ThreadPoolExecutor(WRITERS + 1) as pool:
        reading = pool.submit(read)
        try:
            for done in [pool.submit(write, number) for number in range(WRITERS)]:
                done.result(60)
        finally:
            ended.set()
        assert sorted(reading.result(60)) == list(range(1, WRITERS * EACH + 1))
