"""What a crawl asked a tenant for, and a tenant that does not let everything be read."""

from __future__ import annotations

import re

import httpx
import pytest

from inventory.estate import Planting
from neighbours import Neighbours
from xtenant.inventory.crawl import CrawlReport, crawl_tenant
from xtenant.inventory.store import Inventory


async def crawl(
    planting: Planting, inventory: Inventory, sites: list[str] | None = None, *, whole: bool = False
) -> CrawlReport:
    return await crawl_tenant(planting.client, inventory, clock=planting.block.clock, sites=sites, whole=whole)


class Asked:
    """What went over the wire since `forget`."""

    def __init__(self, block: Neighbours) -> None:
        self._seen = block.transport.seen
        self._from = 0
        self.forget()

    def forget(self) -> None:
        self._from = len(self._seen)

    def all(self) -> list[tuple[str, str]]:
        return [(method, path) for method, _, path in self._seen[self._from :]]

    def paths(self) -> list[str]:
        return [path for _, path in self.all()]

    def count(self) -> int:
        return len(self._seen) - self._from

    def like(self, pattern: str) -> list[str]:
        """What of each path a pattern catches in its first group."""
        return [found[1] for path in self.paths() if (found := re.search(pattern, path))]


class Killed(BaseException):
    """Ends a crawl as a kill would: nothing of ours catches it."""


async def killed_after(planting: Planting, inventory: Inventory, asked: Asked, requests: int) -> None:
    """A crawl that ends so many requests after its beginning."""
    asked.forget()

    def struck(what: str, done: int, total: int | None) -> None:
        if asked.count() >= requests:
            raise Killed

    with pytest.raises((Killed, BaseExceptionGroup)):
        await crawl_tenant(planting.client, inventory, clock=planting.block.clock, progress=struck)
    assert asked.count() >= requests


def kill_at(block: Neighbours, monkeypatch: pytest.MonkeyPatch, pattern: str) -> None:
    """Let the crawl die as it asks for a path that matches."""
    through = block.transport.handle_async_request

    async def handle(request: httpx.Request) -> httpx.Response:
        if re.search(pattern, request.url.raw_path.decode()):
            raise Killed
        return await through(request)

    monkeypatch.setattr(block.transport, "handle_async_request", handle)


def refuse(block: Neighbours, monkeypatch: pytest.MonkeyPatch, pattern: str, status: int = 403) -> list[str]:
    """Let the tenant answer with a status where method and path match; the paths it struck at."""
    struck: list[str] = []
    through = block.transport.handle_async_request

    async def handle(request: httpx.Request) -> httpx.Response:
        path = request.url.raw_path.decode()
        body = (await request.aread()).decode("utf-8", "replace")
        if re.search(pattern, f"{request.method} {path} {body}"):
            struck.append(path)
            told = {"error": {"code": "refusedByTheTest", "message": f"The tenant says {status}."}}
            return httpx.Response(status, json=told, request=request)
        return await through(request)

    monkeypatch.setattr(block.transport, "handle_async_request", handle)
    return struck
