"""What a person really can do with an item, found out with that person's own token and without changing anything.

Reading: GET of the item. Writing: an empty PATCH of it. Full control: taking away a permission that does not exist, which only
somebody who may manage permissions is told.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from urllib.parse import quote

from merger.estate import FULL, READ, WRITE
from merger.planting import GRAPH, Door

NONE = "none"
NOBODYS = "bm9ib2R5LWhhcy10aGlz"
"""The id of a permission nobody has."""
LANES = 4


@dataclass
class Prober:
    """Asks one tenant, as many people. `tokens` by UPN."""

    door: Door
    tenant: str
    tokens: dict[str, str]
    drives: dict[str, str] = field(default_factory=dict)
    items: dict[tuple[str, tuple[str, ...]], str] = field(default_factory=dict)

    def item_of(self, site_url: str, path: tuple[str, ...]) -> str:
        """The address of an item by its id, looked up by the app."""
        if (site_url, path) not in self.items:
            drive = f"{GRAPH}/v1.0/drives/{self.drive_of(site_url)}"
            found = self.door.done("GET", f"{drive}/root:/{quote('/'.join(path))}", tenant=self.tenant)
            self.items[site_url, path] = f"{drive}/items/{found['id']}"
        return self.items[site_url, path]

    def drive_of(self, site_url: str) -> str:
        """Graph's id of the default library of a site, looked up by the app."""
        if site_url not in self.drives:
            host, _, path = site_url.removeprefix("https://").partition("/")
            found = self.door.done("GET", f"{GRAPH}/v1.0/sites/{host}:/{path}:/drive", tenant=self.tenant)
            self.drives[site_url] = found["id"]
        return self.drives[site_url]

    def right(self, upn: str, item: str) -> str:
        """none, read, write or full; a person without a token can do nothing."""
        token = self.tokens.get(upn)
        if token is None:
            return NONE
        if not self._allowed(token, "GET", item):
            assert not self._allowed(token, "PATCH", item), "who may not read must not write"
            return NONE
        if not self._allowed(token, "PATCH", item):
            return READ
        return FULL if self._allowed(token, "DELETE", f"{item}/permissions/{NOBODYS}", missing=True) else WRITE

    def rights(self, asked: list[tuple[str, str, tuple[str, ...]]]) -> list[str]:
        """The same for many (UPN, site, path) at once, in order."""
        items = [self.item_of(site_url, path) for _, site_url, path in asked]
        with ThreadPoolExecutor(LANES) as pool:
            return list(pool.map(self.right, [upn for upn, _, _ in asked], items))

    def _allowed(self, token: str, method: str, url: str, *, missing: bool = False) -> bool:
        body = {"json": {}} if method == "PATCH" else {}
        answer = self.door.call(method, url, tenant=self.tenant, token=token, **body)
        wanted = (404,) if missing else (200,)
        assert answer.status_code in (*wanted, 403, 404), f"{method} {url}: {answer.status_code} {answer.text}"
        return answer.status_code in wanted
