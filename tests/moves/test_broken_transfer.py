"""Content on its way when the connection breaks: what came is kept, the rest is asked for again, and the move ends well."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from moves.two_tenants import SOURCE_URL, TARGET_URL, TwoTenants, add_site, content_of, fill, two_tenants

FILES = {f"file-{number:02d}.bin": [bytes([number]) * 20_000] for number in range(40)}


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[TwoTenants]:
    with two_tenants(tmp_path) as pair:
        yield pair


class Breaking:
    """Answers to calls for content are cut at these bytes, one after the other; what was asked for is noted."""

    def __init__(self, pair: TwoTenants, cuts: list[int]) -> None:
        self.asked: list[int] = []
        self._cuts = cuts
        self._plain = pair.block.transport.handle_async_request
        pair.block.transport.handle_async_request = self  # type: ignore[method-assign, assignment]

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        body = await request.aread()
        answer = await self._plain(request)
        if not request.url.path.endswith("/partner/blobs"):
            return answer
        self.asked.append(len(json.loads(body)["keys"]))
        content = await answer.aread()
        if self._cuts:
            content = content[: self._cuts.pop(0)]
        return httpx.Response(answer.status_code, content=content)


def test_what_arrived_before_the_connection_broke_is_not_asked_for_again(pair: TwoTenants) -> None:
    frame = 40 + 20_000
    breaking = Breaking(pair, [10 * frame + 7, 12 * frame + 10_000, 0])
    fill(pair.source, add_site(pair.source), FILES)
    before = content_of(pair.source, SOURCE_URL)
    job = pair.wait_for_end(pair.start().json()["Id"])
    assert job["StateName"] == "Success", job
    assert content_of(pair.target, TARGET_URL) == before
    # an answer that ends before its first blob is no break: the rest is asked for in the same pass
    assert breaking.asked == [40, 30, 18, 18]
