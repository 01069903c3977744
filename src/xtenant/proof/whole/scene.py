"""What the parts of a crawl share: who asks which site, where facts go, and who stands behind SharePoint's numbers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import anyio

from xtenant.proof.content import Hashes
from xtenant.proof.permissions import below_web
from xtenant.proof.whole.facts import Plain, people, person
from xtenant.proof.whole.ledger import Ledger
from xtenant.wire.transport import Session

AT_ONCE = 8
Row = Mapping[str, Any]

T = TypeVar("T")


@dataclass(slots=True, kw_only=True)
class Scene:
    """One site being read. `folder` takes working files; `content` reads the bytes of files, where they are wanted."""

    session: Session
    admin_url: str
    site_url: str
    ledger: Ledger
    folder: Path
    content: Hashes | None = None
    names: dict[int, str] = field(default_factory=dict[int, str])
    """Users and SharePoint groups of the site by their numbers."""

    def below(self, server_relative: str) -> str:
        """A path from the host on as one below the site, with a slash before it."""
        return "/" + below_web(self.site_url, server_relative)

    def person(self, number: object) -> Plain:
        """Who stands behind a number; one that the site does not tell stays a number, and differs."""
        known = self.names.get(number) if isinstance(number, int) else None
        return number if known is None else person(known)

    def people(self, numbers: Iterable[int]) -> Plain:
        """Several, as a set."""
        return people(self.names.get(number, str(number)) for number in numbers)


async def each(of: Iterable[T], work: Callable[[T], Awaitable[None]], *, at_once: int = AT_ONCE) -> None:
    """Do some work for each, several at once. Raises the first error, alone."""
    places = anyio.CapacityLimiter(at_once)

    async def one(thing: T) -> None:
        async with places:
            await work(thing)

    try:
        async with anyio.create_task_group() as group:
            for thing in of:
                group.start_soon(one, thing)
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from errors
