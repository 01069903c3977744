"""Planting a made-up estate in a lab's tenant over the wire, one request a site (`xtenant lab generate`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import chain
from typing import cast
from urllib.parse import urlsplit

import anyio.from_thread
import anyio.to_thread
import msgspec

from xtenant.domain import errors
from xtenant.domain.estates import EstateRecord, EstateTally
from xtenant.protocols.sharepoint_rest.call import administration
from xtenant.wire.bulk import BulkTransfer
from xtenant.wire.estates import write_records
from xtenant.wire.transport import TokenFor

Progress = Callable[[int], None]
"""Told how many items have been sent so far."""


async def plant_estate(
    bulk: BulkTransfer,
    token_for: TokenFor,
    admin_url: str,
    people: Iterable[EstateRecord],
    sites: Iterable[Iterable[EstateRecord]],
    *,
    progress: Progress = lambda _: None,
) -> EstateTally:
    """Send each site with everybody it may name; what the tenant made of all of them.

    Raises Conflict for a site that is there (those before it stay), NotFound where the service is no lab's.
    """
    everybody = list(people)
    whole = _tally_of(everybody)
    sent = EstateTally()

    async def token_of_host() -> str:
        return await token_for(f"https://{urlsplit(admin_url).netloc}")

    def send(site: Iterable[EstateRecord]) -> EstateTally:
        pieces = write_records(_counted(chain(everybody, site), sent, progress))
        token = anyio.from_thread.run(token_of_host)
        try:
            return _read(administration.send_estate(bulk, token, admin_url, pieces=pieces))
        except errors.Conflict as conflict:
            raise errors.Conflict(
                "A site of this estate is there already; those before it were made.",
                remedy="Take another --seed, or begin anew with `xtenant lab reset`.",
            ) from conflict

    for site in sites:
        made = await anyio.to_thread.run_sync(partial(send, site))
        made.people = made.groups = 0  # the same for every site
        whole.add(made)
    return whole


def _counted(records: Iterable[EstateRecord], sent: EstateTally, progress: Progress) -> Iterator[EstateRecord]:
    told = sent.items
    for record in records:
        sent.count(record)
        if sent.items >= told + 500:
            told = sent.items
            progress(told)
        yield record
    progress(sent.items)


def _tally_of(records: Iterable[EstateRecord]) -> EstateTally:
    tally = EstateTally()
    for record in records:
        tally.count(record)
    return tally


def _read(answer: dict[str, object]) -> EstateTally:
    try:
        return msgspec.convert(cast(object, answer), EstateTally)
    except msgspec.ValidationError as error:
        raise errors.Unexpected("The answer cannot be read.") from error
