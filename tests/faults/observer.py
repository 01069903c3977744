"""An observer beside a move: every 50 ms it tries to write the source and to read the target, and remembers every answer.

What counts as a violation is settled here in one pure function (`violations`): a write answered 2xx that is missing at the
target in the end; a read of the target answered 200 before its publish was committed; a write answered 2xx after it.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Collection
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from ground import GRAPH, Ground, Plot
from xtenant.cli.demo.stage import SOURCE, TARGET
from xtenant.wire.transport import Connection, open_http_sync

EVERY_SECONDS = 0.05
ANSWER_SECONDS = 5.0
PREFIX = "observed-"
NO_ANSWER = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One request: when it was sent and answered (seconds since 1970), and its status, 0 when none came.

    `name` is the file written, or which of the target's resources was read.
    """

    sent: float
    answered: float
    status: int
    name: str

    @property
    def good(self) -> bool:
        return 200 <= self.status < 300


@dataclass(kw_only=True)
class Observations:
    writes: list[Seen] = field(default_factory=list)
    reads: list[Seen] = field(default_factory=list)


def violations(seen: Observations, *, published: float, arrived: Collection[str]) -> list[str]:
    """Every violation in words. `published` is when the target committed; `arrived` names the files at the target's root."""
    found = [
        f"{write.name} was acknowledged at the source and is missing at the target"
        for write in seen.writes
        if write.good and write.name not in arrived
    ]
    found += [
        f"{read.name} of the target answered {read.status} {published - read.answered:.3f} s before the publication"
        for read in seen.reads
        if read.good and read.answered < published
    ]
    found += [
        f"{write.name} was accepted by the source {write.sent - published:.3f} s after the publication"
        for write in seen.writes
        if write.good and write.sent > published
    ]
    return found


def published_at(service_log: Path, since: int) -> float:
    """When the target's publish was committed: the last log line from inside a transaction that is followed by the line
    behind a commit. A process that died in between wrote the first line only, and the transaction was not."""
    before = 0.0
    for line in service_log.read_bytes()[since:].decode().splitlines():
        event = json.loads(line) if line.startswith("{") else {}
        if event.get("event") != "stop_point.passed":
            continue
        if event["name"] == "publish.committed":
            break
        before = datetime.fromisoformat(event["timestamp"]).timestamp()
    else:
        raise AssertionError("the target's log tells of no publication")
    assert before
    return before


class Observer:
    """A thread of its own between `__enter__` and `__exit__`."""

    def __init__(self, ground: Ground, plot: Plot) -> None:
        self.seen = Observations()
        self._tokens = {side: ground.token(side, GRAPH) for side in (SOURCE, TARGET)}
        lab = ground.stage.lab
        self._way = Connection(proxy_url=lab.proxy, ca_file=Path(lab.ca_file), timeout_seconds=ANSWER_SECONDS)
        source, target = (urlsplit(url) for url in (plot.source_url, plot.target_url))
        self._source = f"{GRAPH}/v1.0/sites/{source.netloc}:{source.path}:/drive"
        self._target = f"{GRAPH}/v1.0/sites/{target.netloc}:{target.path}"
        self._ending = threading.Event()
        self._threads = [
            threading.Thread(target=self._watch, args=(what,), name=what.__name__) for what in (self._write, self._read)
        ]
        self._failures: list[BaseException] = []

    def __enter__(self) -> Observer:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        for thread in self._threads:
            thread.join()
        assert not self._failures, self._failures

    def _watch(self, what: object) -> None:
        assert callable(what)
        try:
            with ExitStack() as stack:
                http = stack.enter_context(open_http_sync(self._way))
                number = 0
                while not self._ending.is_set():
                    began = time.monotonic()
                    what(http, number)
                    number += 1
                    self._ending.wait(max(0.0, EVERY_SECONDS - (time.monotonic() - began)))
        except BaseException as failure:
            self._failures.append(failure)
            raise

    def _write(self, http: httpx.Client, number: int) -> None:
        name = f"{PREFIX}{number:05d}.txt"
        url = f"{self._source}/root:/{name}:/content"
        self.seen.writes.append(self._ask(http, "PUT", url, SOURCE, name, content=name.encode()))

    def _read(self, http: httpx.Client, number: int) -> None:
        """The site, its library and what lies in it, by turns."""
        name, tail = (("the site", ""), ("the drive", ":/drive"), ("the items", ":/drive/root/children"))[number % 3]
        self.seen.reads.append(self._ask(http, "GET", self._target + tail, TARGET, name))

    def _ask(
        self, http: httpx.Client, method: str, url: str, side: str, name: str, content: bytes | None = None
    ) -> Seen:
        sent = time.time()
        try:
            answer = http.request(
                method, url, content=content, headers={"Authorization": f"Bearer {self._tokens[side]}"}
            )
            status = answer.status_code
        except httpx.HTTPError:
            status = NO_ANSWER
        return Seen(sent=sent, answered=time.time(), status=status, name=name)
