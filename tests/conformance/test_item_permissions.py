"""Rights on single items over Graph (content-api.md 1.12): given, shown as own or inherited, changed, taken; and what follows
for every way to an item."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from clock import FakeClock
from graph_tenant import ANN, BOB, MOVER, GraphTenant, graph_tenant
from xtenant.domain.directory import User
from xtenant.domain.drive import Drive
from xtenant.protocols.graph.codec import drives


@pytest.fixture
def graph(tmp_path: Path, clock: FakeClock) -> Iterator[GraphTenant]:
    with graph_tenant(tmp_path, clock) as made:
        yield made


class Tree:
    """Ann's site with `open/`, `closed/inner/deep.txt` and `closed/beside.txt`."""

    def __init__(self, graph: GraphTenant, drive: Drive) -> None:
        self.graph = graph
        self.base = f"/drives/{drives.drive_id(drive)}"
        for path in ("open/note.txt", "closed/inner/deep.txt", "closed/beside.txt"):
            graph.put(drive, path, b"text")

    def ask(self, method: str, path: str, who: object = ANN, **more: Any) -> Any:
        return self.graph.ask(method, f"{self.base}/{path}".rstrip("/"), who, **more)  # type: ignore[arg-type]

    def give(self, path: str, user: User, *roles: str, **more: object) -> str:
        body = {"recipients": [{"objectId": str(user.user_id)}], "roles": list(roles), **more}
        answer = self.ask("POST", f"{path}/invite", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()["value"][0]["id"]

    def names(self, path: str, who: object = BOB) -> list[str]:
        answer = self.ask("GET", f"{path}/children", who)
        assert answer.status_code == 200, answer.text
        return [row["name"] for row in answer.json()["value"]]


@pytest.fixture
def tree(graph: GraphTenant) -> Tree:
    return Tree(graph, graph.make_site())


DEEP, CLOSED, INNER = "root:/closed/inner/deep.txt:", "root:/closed:", "root:/closed/inner:"


def test_a_right_on_one_file_opens_the_way_to_it_and_nothing_beside(tree: Tree) -> None:
    tree.give(DEEP, BOB, "read")
    assert tree.ask("GET", DEEP.rstrip(":"), BOB).status_code == 200
    assert tree.ask("GET", f"{DEEP}/content", BOB).status_code == 302
    assert tree.ask("GET", f"{DEEP}/versions", BOB).status_code == 200
    # limited access: the folders may be walked, and list what may be read
    assert (tree.names("root"), tree.names(CLOSED), tree.names(INNER)) == ([], [], ["deep.txt"])
    for path in ("root", "root:/closed", "root:/closed/beside.txt", "root:/open", "root:/open/note.txt"):
        assert tree.ask("GET", path, BOB).status_code == 403, path
    assert tree.ask("GET", "root:/open:/children", BOB).status_code == 403
    # names of what is not there are told to nobody who may not read the folder
    assert tree.ask("GET", "root:/open/none.txt", BOB).status_code == 403
    assert tree.ask("GET", "root:/closed/none.txt", BOB).status_code == 403
    rows = tree.ask("GET", "root/delta", BOB).json()["value"]
    assert [row["name"] for row in rows] == ["deep.txt"]
    assert tree.ask("GET", "", BOB).status_code == 200


def test_reading_does_not_write_and_each_write_asks_for_its_own_item(tree: Tree) -> None:
    tree.give(CLOSED, BOB, "read")
    tree.give(INNER, BOB, "write")
    root = tree.ask("GET", "root", ANN).json()["id"]
    for method, path, more in (
        ("PUT", "root:/closed/new.txt:/content", {"content": b"x"}),
        ("PUT", "root:/closed/beside.txt:/content", {"content": b"x"}),
        ("POST", "root:/closed:/children", {"json": {"name": "f", "folder": {}}}),
        ("POST", "root:/closed/new.bin:/createUploadSession", {"json": {}}),
        ("PATCH", "root:/closed/beside.txt", {"json": {"name": "other.txt"}}),
        ("PATCH", "root:/closed/inner", {"json": {"parentReference": {"id": root}}}),
        ("DELETE", "root:/closed/beside.txt", {}),
        ("DELETE", "root:/closed", {}),
        ("DELETE", "root:/open", {}),
    ):
        assert tree.ask(method, path, BOB, **more).status_code == 403, (method, path)
        assert tree.ask("GET", "root:/closed/beside.txt", ANN).status_code == 200
    assert tree.ask("PUT", "root:/closed/inner/new.txt:/content", BOB, content=b"x").status_code == 201
    assert tree.ask("PUT", "root:/closed/inner/a/b.txt:/content", BOB, content=b"x").status_code == 201
    assert tree.ask("PATCH", DEEP.rstrip(":"), BOB, json={"name": "renamed.txt"}).status_code == 200
    beside = tree.ask("GET", "root:/closed", ANN).json()["id"]
    moved = tree.ask("PATCH", "root:/closed/inner/new.txt", BOB, json={"parentReference": {"id": beside}})
    assert moved.status_code == 403
    assert tree.ask("DELETE", "root:/closed/inner/new.txt", BOB).status_code == 204


def test_a_folder_that_holds_what_one_may_not_change_is_not_deleted(tree: Tree) -> None:
    tree.give(CLOSED, BOB, "write")
    tree.give(DEEP, BOB, "read", retainInheritedPermissions=False)
    assert tree.ask("DELETE", "root:/closed", BOB).status_code == 403
    assert tree.ask("DELETE", "root:/closed/beside.txt", BOB).status_code == 204


def test_permissions_are_shown_as_own_or_inherited(tree: Tree) -> None:
    given = tree.give(CLOSED, BOB, "read")
    own = {row["id"]: row for row in tree.ask("GET", f"{CLOSED}/permissions").json()["value"]}
    assert "inheritedFrom" not in own[given]
    below = {row["id"]: row for row in tree.ask("GET", f"{DEEP}/permissions").json()["value"]}
    assert below[given]["inheritedFrom"]["name"] == "closed"
    assert tree.ask("GET", f"{DEEP}/permissions/{given}").json()["roles"] == ["read"]
    assert [row["id"] for row in tree.ask("GET", f"{DEEP}/permissions", BOB).json()["value"]] == [given]
    for method, more in (("PATCH", {"json": {"roles": ["write"]}}), ("DELETE", {})):
        assert tree.ask(method, f"{DEEP}/permissions/{given}", ANN, **more).status_code == 400
        assert tree.ask(method, f"{CLOSED}/permissions/{given}", BOB, **more).status_code == 403
    assert tree.ask("PATCH", f"{CLOSED}/permissions/{given}", json={"roles": ["write"]}).status_code == 200
    assert tree.ask("PATCH", DEEP.rstrip(":"), BOB, json={}).status_code == 200
    assert tree.ask("DELETE", f"{CLOSED}/permissions/{given}").status_code == 204
    assert tree.ask("GET", DEEP.rstrip(":"), BOB).status_code == 403
    assert tree.ask("GET", "", BOB).status_code == 403


def test_who_may_manage_rights_is_told_which_permissions_there_are_not(tree: Tree) -> None:
    tree.give(CLOSED, BOB, "write")
    for nobodys in ("bm9ib2R5LWhhcy10aGlz", "AAAAAAAAAAAAAAAAAAAAAA", "*"):
        path = f"{CLOSED}/permissions/{nobodys}"
        answers = [tree.ask("DELETE", path, who).status_code for who in (ANN, MOVER, BOB)]
        assert answers == [404, 404, 403]


def test_a_drive_is_listed_for_who_may_enter_it(tree: Tree) -> None:
    site = tree.ask("GET", "root", ANN).json()["parentReference"]["siteId"]
    assert tree.graph.ask("GET", f"/sites/{site}/drives", BOB).status_code == 403
    tree.give(DEEP, BOB, "read")
    assert len(tree.graph.ask("GET", f"/sites/{site}/drives", BOB).json()["value"]) == 1
    found = tree.graph.ask("GET", "/sites?search=*", BOB).json()["value"]
    assert [row["id"] for row in found] == [site]


def test_an_upload_session_ends_where_the_right_does(tree: Tree) -> None:
    given = tree.give(CLOSED, BOB, "write")
    begun = tree.ask("POST", "root:/closed/big.bin:/createUploadSession", BOB, json={})
    assert begun.status_code == 200
    assert tree.ask("DELETE", f"{CLOSED}/permissions/{given}").status_code == 204
    sent = tree.graph.ask(
        "PUT", begun.json()["uploadUrl"], None, content=b"text", headers={"Content-Range": "bytes 0-3/4"}
    )
    assert sent.status_code == 403, sent.text
    assert tree.ask("GET", "root:/closed/big.bin", ANN).status_code == 404
