"""Acceptance: discovery, check and handover of two guarded tenants change neither, as a proxy and the tenants themselves say.

Neither judge is the list of reading calls: the proxy goes by methods and names, and every table of both tenants is compared
row by row, but for sign-in.
"""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

import httpx
import pytest

from cli.estate import PLANS, small_estate
from desk import Desk
from neighbours import Neighbours, Transport
from xtenant.storage import unit_of_work  # noqa: F401 (importing it makes the list of tables whole)
from xtenant.storage.tables import metadata

MakeDesk = Callable[..., Desk]
THERE = "https://fabrikam-my.sharepoint.com/"
HALF = ("-t", "contoso", "--partner-role", "Target", "--partner", THERE)
SIDES = ("--source", "contoso", "--target", "fabrikam")
PLAN = f"""kind,source,target
user,ann@contoso.onmicrosoft.com,ann@fabrikam.onmicrosoft.com
site,{PLANS},https://fabrikam.sharepoint.com/sites/plans
"""
SIGN_IN = frozenset({"keys", "device_codes", "refresh_tokens", "partner_jtis"})
"""Tables that signing in writes to, a partner's signed token included."""

READING_NAME = re.compile(r"(?:Get|Is|Verify|Check)[A-Z]\w*|MnAGroupConnectedPreValidation")
LOGIN = "login.microsoftonline.com"


class ObservingProxy(Transport):
    """Hears every request of the tools, inner calls too; `changing` are those that may change something.

    `heard` holds every inner call once, so that a test sees that something was asked.
    """

    def __init__(self, block: Neighbours) -> None:
        super().__init__(block)
        self.changing: list[str] = []
        self.heard: set[str] = set()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        body = (await request.aread()).decode()
        for inner, reads in _inner_calls(request, body):
            self.heard.add(inner)
            if not reads:
                self.changing.append(inner)
        return await super().handle_async_request(request)


def _inner_calls(request: httpx.Request, body: str) -> list[tuple[str, bool]]:
    path = unquote(request.url.path)
    if path.endswith("/ProcessQuery"):
        parts = re.findall(r"<(\w+)[^>]*?Id=", body.split("<ObjectPaths>")[0]) + re.findall(
            r"<(SetProperty|Static\w+|Identity)", body
        )
        names = re.findall(r'<Method [^>]*?Name="(\w+)"', body)
        odd = [
            (f"query part {part}", False)
            for part in parts
            if part not in ("ObjectPath", "Query", "Method", "ObjectIdentityQuery")
        ]
        return odd + [(f"query {name}", READING_NAME.fullmatch(name) is not None) for name in names]
    if path.endswith("/$batch"):
        calls = json.loads(body)["requests"]
        return [(f"{call['method']} {call['url']}", call["method"] == "GET" and "body" not in call) for call in calls]
    reads = request.method in ("GET", "HEAD") and not body
    sign_in = request.url.host == LOGIN and path.endswith(("/token", "/devicecode"))
    return [(f"{request.method} {path}", reads or sign_in or path.endswith("/_api/contextinfo"))]


def fingerprint(home: Path) -> dict[str, str]:
    """A hash of every table of a tenant but those of sign-in."""
    names = sorted(set(metadata.tables) - SIGN_IN)
    with sqlite3.connect(home / "tenant.db") as database:
        return {name: _rows_hash(database, name) for name in names}


def _rows_hash(database: sqlite3.Connection, table: str) -> str:
    rows = sorted(repr(row) for row in database.execute(f'SELECT * FROM "{table}"'))
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()


@pytest.fixture
def proxy(block: Neighbours, make_desk: MakeDesk) -> ObservingProxy:
    """Everything a real pair has at this stage stands: people, sites with permissions, trust, a row of the map."""
    small_estate(block)
    before = make_desk("contoso", "fabrikam", home="before")
    assert before.run("trust", "set", *SIDES, "--yes").code == 0
    assert before.run("map", "set-user", *_MAPPED, "--yes").code == 0
    block.transport = ObservingProxy(block)
    return block.transport


_MAPPED = (
    *("-t", "fabrikam", "--source-tenant", "11111111-1111-4111-8111-111111111111"),
    *("--source", "ann@contoso.onmicrosoft.com", "--target", "ann@fabrikam.onmicrosoft.com"),
)


@pytest.fixture
def desk(make_desk: MakeDesk, proxy: ObservingProxy) -> Desk:
    desk = make_desk(home="guarded")
    for name in ("contoso", "fabrikam"):
        desk.add(name, drill=True)
    (desk.home / "moves.csv").write_text(PLAN)
    return desk


LOOKING: tuple[tuple[str, ...], ...] = (
    ("plan", "discover", "-t", "contoso", "--estimate"),
    ("plan", "discover", "-t", "contoso"),
    ("plan", "discover", "-t", "fabrikam"),
    ("plan", "discover", "-t", "contoso", "--full-permissions"),
    ("plan", "discover", "-t", "contoso", "--moves", "moves.csv"),
    ("plan", "check", "moves.csv", *SIDES, "--report", "report.html"),
    ("plan", "check", "moves.csv", *SIDES, "--cached"),
    ("handover", "export", "contoso.handover", "-t", "contoso", "--yes"),
    ("handover", "show", "contoso.handover"),
    ("people", "plan", *SIDES, "--moves", "moves.csv"),
    ("people", "check", "people.csv", "-t", "fabrikam", "--source", "contoso"),
    ("people", "apply", "people.csv", "-t", "fabrikam", "--source", "contoso", "--what-if"),
    ("map", "build", *SIDES, "--moves", "moves.csv", "--people", "people.csv"),
    ("map", "lookup", "-t", "fabrikam", "--field", "TargetUserUpn", "--value", "ann@fabrikam.onmicrosoft.com"),
    ("map", "replace", "map.csv", "-t", "fabrikam", "--what-if"),
    ("doctor", "-t", "contoso"),
    ("doctor", "-t", "fabrikam", "--for", "check"),
    ("trust", "list", "-t", "contoso"),
    ("trust", "test", *HALF),
    ("trust", "set", *HALF, "--what-if"),
    ("trust", "matrix", *SIDES),
    ("move", "list", "--source", "contoso"),
    ("sites", "list", "-t", "contoso", "--include-personal"),
    ("sites", "remove", PLANS, "-t", "contoso", "--what-if"),
    ("compatibility", "--source", "contoso", "--partner", THERE),
    ("-t", "contoso", "Get-SPOSite", "-Limit", "All"),
    ("-t", "fabrikam", "Get-SPODeletedSite"),
)


def test_discovery_check_and_handover_leave_both_tenants_as_they_were(
    desk: Desk, proxy: ObservingProxy, tmp_path: Path
) -> None:

    homes = [tmp_path / name for name in ("contoso", "fabrikam")]
    before = [fingerprint(home) for home in homes]
    for words in LOOKING:
        done = desk.run(*words)
        assert done.code in (0, 1, 2, 3), (words, done.err)
        assert "was not sent" not in done.err, (words, done.err)
    assert proxy.changing == []
    assert [fingerprint(home) for home in homes] == before
    assert {"query GetSitePropertiesFromSharePointByFilters", "query VerifySPOTenantOrgRelation"} <= proxy.heard
    assert any(re.match(r"GET /users", call) for call in proxy.heard), "inner calls of a batch were heard"
    assert len(proxy.heard) > 60
    assert list((desk.home / "audit").glob("*")) == [], "nothing was written down as a change either"


def test_the_proxy_and_the_hash_notice_a_change(
    desk: Desk, proxy: ObservingProxy, make_desk: MakeDesk, tmp_path: Path
) -> None:
    """The control: the same two judges over tools that may send."""
    before = fingerprint(tmp_path / "contoso")
    assert make_desk("contoso", home="unguarded").run("trust", "remove", *HALF).code == 0
    assert proxy.changing == ["query RemoveSPOTenantOrgRelation"]
    after = fingerprint(tmp_path / "contoso")
    assert [name for name in before if before[name] != after[name]] == ["relationships"]
