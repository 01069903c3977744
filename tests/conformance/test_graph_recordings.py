"""Requests that rclone and abraunegg's onedrive really sent: each reaches its route and gets what the client reads.

The recordings name ids of a stub (`b!drive0001`, `root0`, `item-a`); they are replaced by ids of a seeded library.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from clock import FakeClock
from graph_tenant import ANN, GraphTenant, graph_tenant
from xtenant.protocols.graph.codec.drives import drive_id

RECORDINGS = Path(__file__).parent / "recordings" / "graph"


@dataclass(frozen=True)
class Recorded:
    client: str
    number: int
    method: str
    target: str
    body: str


def recorded() -> Iterator[Recorded]:
    for client in ("rclone", "onedrive"):
        text = (RECORDINGS / f"{client}.txt").read_text()
        for number, part in re.findall(
            r"^=== (\d+) ===\n(.*?)(?=\n(?:=== |########)|\Z)", text, re.MULTILINE | re.DOTALL
        ):
            head, _, body = part.strip().partition("\n\n")
            method, target, _ = head.splitlines()[0].split(" ")
            if target.startswith("/v1.0/"):
                yield Recorded(client, int(number), method, target, body.split("\n########")[0].strip())


class Library:
    """A library with what the recordings speak of."""

    def __init__(self, graph: GraphTenant) -> None:
        self.graph = graph
        drive = graph.make_site()
        self.drive = str(drive_id(drive))
        self.names = {"root0": graph.ask("GET", f"/drives/{self.drive}/root", ANN).json()["id"]}
        self.names["item-a"] = graph.put(drive, "a.bin", b"x" * 3_000)["id"]
        for name in ("sub", "sub2"):
            body = {"name": name, "folder": {}}
            made = graph.ask("POST", f"/drives/{self.drive}/root/children", ANN, json=body)
            self.names["sub" if name == "sub" else "f-sub2"] = made.json()["id"]

    def send(self, request: Recorded) -> httpx.Response:
        target = request.target.replace("b!drive0001", self.drive)
        for stub, real in self.names.items():
            target = re.sub(rf"items/{stub}(?=[/:?]|$)", f"items/{real}", target)
        body = request.body.encode() if request.method in ("POST", "PATCH") else None
        return self.graph.ask(
            request.method,
            f"https://graph.microsoft.com{target}",
            ANN,
            content=body,
            headers={"Content-Type": "application/json"},
        )


@pytest.fixture
def library(tmp_path: Path, clock: FakeClock) -> Iterator[Library]:
    with graph_tenant(tmp_path, clock) as tenant:
        yield Library(tenant)


def check_item(row: dict[str, Any]) -> None:
    """What content-api.md 2.1 and 2.2 say both clients read of an item."""
    assert row["id"] and "#" not in row["id"] and row["name"]
    assert isinstance(row["size"], int)
    assert row["parentReference"]["driveId"]
    assert row["fileSystemInfo"]["lastModifiedDateTime"].endswith("Z")
    assert row["eTag"].startswith('"')
    assert ("root" in row) or row["parentReference"]["id"]
    if "file" in row:
        assert len(row["file"]["hashes"]["quickXorHash"]) == 28
    else:
        assert "folder" in row


ABSENT = re.compile(r"(new\.txt|newdir|small\.txt|big\.bin):?(\?|$)")


@pytest.mark.parametrize("client", ["rclone", "onedrive"])
def test_every_recorded_request_is_answered_with_what_the_client_reads(library: Library, client: str) -> None:
    for request in (each for each in recorded() if each.client == client):
        answer = library.send(request)
        where = (
            f"{client} {request.number}: {request.method} {request.target} -> {answer.status_code} {answer.text[:300]}"
        )
        if request.method == "GET" and answer.status_code == 404:
            assert ABSENT.search(request.target), where
            assert answer.json()["error"]["code"] == "itemNotFound"
            continue
        if request.method == "POST" and answer.status_code == 409:
            assert answer.json()["error"]["code"] == "nameAlreadyExists", where
            continue
        assert answer.status_code in (200, 201, 204, 302), where
        if answer.status_code == 302:
            assert "contoso.sharepoint.com" in answer.headers["location"]
        elif "createUploadSession" in request.target:
            told = answer.json()
            assert told["uploadUrl"] and told["expirationDateTime"].endswith("Z"), where
        elif request.method != "DELETE":
            check_answer(request, answer.json())
        if request.method == "DELETE":
            library.names["item-a"] = library.graph.ask(
                "PUT", f"/drives/{library.drive}/root:/a.bin:/content", ANN, content=b"x"
            ).json()["id"]


def check_answer(request: Recorded, told: dict[str, Any]) -> None:
    if "value" in told:
        for row in told["value"]:
            check_item(row)
    elif "?select=size" in request.target:
        assert {"size", "file", "webUrl", "lastModifiedBy", "lastModifiedDateTime"} <= set(told)
    elif re.search(r"/drives/[^/]+/?(\?|$)", request.target):
        assert told["quota"]["remaining"] > 0
    else:
        check_item(told)


def test_the_recordings_are_read_whole() -> None:
    seen = [each.client for each in recorded()]
    assert (seen.count("rclone") > 30, seen.count("onedrive") > 6) == (True, True)
