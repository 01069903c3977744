"""The recycle bin and the versions of files over SharePoint REST, and their older versions over Graph."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from clock import FakeClock
from graph_tenant import ANN, BOB
from lists.site_host import SITE, SiteHost, site_host
from xtenant.domain import errors
from xtenant.protocols.graph.codec.drives import drive_id
from xtenant.protocols.sharepoint_rest.call import recycle_bin
from xtenant.wire.transport import Session


@pytest.fixture
def host(tmp_path: Path, clock: FakeClock) -> Iterator[SiteHost]:
    with site_host(tmp_path, clock) as made:
        yield made


def bin_of(host: SiteHost, who: Any = ANN, place: str = "site") -> list[dict[str, Any]]:
    answer = host.tenant.ask("GET", f"{SITE}/_api/{place}/RecycleBin", who, headers={"Accept": "application/json"})
    assert answer.status_code == 200, answer.text
    return answer.json()["value"]


def change(host: SiteHost, name: str, *ids: str, who: Any = ANN) -> int:
    return host.tenant.ask("POST", f"{SITE}/_api/site/RecycleBin/{name}", who, json={"ids": list(ids)}).status_code


def delete(host: SiteHost, path: str, who: Any = ANN) -> None:
    assert host.tenant.ask("DELETE", f"/drives/{drive_id(host.drive)}/root:/{path}", who).status_code == 204


def let_bob_write(host: SiteHost) -> None:
    body = {"recipients": [{"objectId": str(BOB.user_id)}], "roles": ["write"]}
    assert host.tenant.ask("POST", f"/drives/{drive_id(host.drive)}/root/invite", ANN, json=body).status_code == 200


def test_what_is_deleted_over_graph_and_rest_lies_in_the_bin_with_who_did_it(host: SiteHost) -> None:
    host.tenant.put(host.drive, "a/plan.txt", b"plan")
    delete(host, "a/plan.txt")
    tasks = host.make_list("Tasks")
    number = host.rest("POST", f"{tasks}/items", {"Title": "One"})["Id"]
    assert host.send("DELETE", f"{tasks}/items({number})").status_code in (200, 204)
    rows = {row["LeafName"]: row for row in bin_of(host)}
    plan = rows["plan.txt"]
    assert (plan["DirName"], plan["ItemType"], plan["Size"]) == ("sites/x/Shared Documents/a", 1, "4")
    assert (plan["DeletedByName"], plan["AuthorEmail"]) == ("Ann", "ann@contoso.com")
    assert (rows["1_.000"]["ItemType"], rows["1_.000"]["DirName"]) == (3, "sites/x/Lists/Tasks")
    assert bin_of(host, place="web") == bin_of(host)


def test_what_was_deleted_is_restored_with_its_content_and_purged_for_good(host: SiteHost) -> None:
    made = host.tenant.put(host.drive, "a/plan.txt", b"plan")
    host.tenant.put(host.drive, "other.txt", b"other")
    delete(host, "a")
    delete(host, "other.txt")
    folder, other = bin_of(host)
    assert change(host, "RestoreByIds", folder["Id"]) == 200
    found = host.tenant.ask("GET", f"/drives/{drive_id(host.drive)}/root:/a/plan.txt", ANN).json()
    assert (found["id"], found["size"]) == (made["id"], 4)
    assert change(host, "DeleteByIds", other["Id"]) == 200
    assert bin_of(host) == []
    assert change(host, "RestoreByIds", other["Id"]) == 404


def test_all_of_the_named_come_back_or_none(host: SiteHost) -> None:
    host.tenant.put(host.drive, "a.txt", b"a")
    host.tenant.put(host.drive, "b.txt", b"b")
    delete(host, "a.txt")
    delete(host, "b.txt")
    host.tenant.put(host.drive, "b.txt", b"again")
    ids = [row["Id"] for row in bin_of(host)]
    assert change(host, "RestoreByIds", *ids) == 409
    assert len(bin_of(host)) == 2


def test_who_owns_nothing_sees_and_restores_what_they_deleted_themselves(host: SiteHost) -> None:
    let_bob_write(host)
    for name in ("mine.txt", "theirs.txt"):
        host.tenant.put(host.drive, name, b"x")
    delete(host, "mine.txt", ANN)
    delete(host, "theirs.txt", BOB)
    assert [row["LeafName"] for row in bin_of(host, BOB)] == ["theirs.txt"]
    by_name = {row["LeafName"]: row["Id"] for row in bin_of(host)}
    assert change(host, "RestoreByIds", by_name["mine.txt"], who=BOB) == 404
    assert change(host, "RestoreByIds", by_name["theirs.txt"], who=BOB) == 200
    assert [row["LeafName"] for row in bin_of(host)] == ["mine.txt"]


def test_the_bin_is_read_page_by_page_by_our_client(host: SiteHost, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recycle_bin, "PAGE", 2)
    for number in range(5):
        host.tenant.put(host.drive, f"{number}.txt", b"x")
        delete(host, f"{number}.txt")

    async def ask(session: Session) -> list[UUID]:
        found = [row.Id async for row in recycle_bin.deleted_items(session, SITE)]
        await recycle_bin.restore_deleted(session, SITE, found[:1])
        await recycle_bin.purge_deleted(session, SITE, found[1:])
        return found

    assert len(set(host.run(ask))) == 5
    assert bin_of(host) == []
    assert host.tenant.ask("GET", f"/drives/{drive_id(host.drive)}/root:/0.txt", ANN).status_code == 200


@pytest.mark.parametrize("body", [{"ids": ["x"]}, {"ids": 5}, {}, {"ids": [], "more": 1}, {"ids": ["{}"] * 300}])
def test_a_body_that_names_nothing_is_refused(host: SiteHost, body: dict[str, Any]) -> None:
    answer = host.tenant.ask("POST", f"{SITE}/_api/site/RecycleBin/RestoreByIds", ANN, json=body)
    assert answer.status_code == 400


def with_drafts(host: SiteHost) -> str:
    host.rest("PATCH", "lists/getbytitle('Documents')", {"EnableMinorVersions": True})
    host.tenant.put(host.drive, "it's.txt", b"one")
    return "/sites/x/Shared Documents/it's.txt"


def versions(host: SiteHost) -> list[tuple[str, str]]:
    rows = host.tenant.ask("GET", f"/drives/{drive_id(host.drive)}/root:/it's.txt:/versions", ANN).json()["value"]
    return [(row["id"], row["publication"]["level"]) for row in rows]


def test_drafts_are_published_with_a_comment_and_taken_back(host: SiteHost) -> None:
    path = with_drafts(host)
    host.tenant.put(host.drive, "it's.txt", b"two")
    assert versions(host) == [("0.2", "draft"), ("0.1", "draft")]

    async def publish(session: Session) -> None:
        await recycle_bin.publish(session, SITE, path, "it's out")

    host.run(publish)
    assert versions(host) == [("1.0", "published"), ("0.1", "draft")]
    with pytest.raises(errors.Conflict):
        host.run(publish)
    fields = "getfilebyserverrelativepath(DecodedUrl='/sites/x/Shared Documents/it''s.txt')/ListItemAllFields"
    assert host.rest("GET", fields)["OData__CheckinComment"] == "it's out"

    async def take_back(session: Session) -> None:
        await recycle_bin.take_back(session, SITE, path)
        await recycle_bin.check_in(session, SITE, path, "again", kind=1)

    host.run(take_back)
    assert versions(host) == [("1.0", "published"), ("0.1", "draft")]
    assert host.rest("GET", fields)["OData__CheckinComment"] == "again"


def test_comments_of_older_versions_are_read(host: SiteHost) -> None:
    path = with_drafts(host)

    async def comment(session: Session) -> None:
        await recycle_bin.check_in(session, SITE, path, "first")

    host.run(comment)
    host.tenant.put(host.drive, "it's.txt", b"two")
    place = "getfilebyserverrelativepath(DecodedUrl='/sites/x/Shared Documents/it''s.txt')/versions"
    (older,) = host.rest("GET", place)["value"]
    assert (older["VersionLabel"], older["CheckInComment"], older["Size"]) == ("0.1", "first", 3)


def test_a_library_without_minor_versions_publishes_nothing_and_a_reader_neither(host: SiteHost) -> None:
    host.tenant.put(host.drive, "it's.txt", b"one")
    place = "getfilebyserverrelativepath(DecodedUrl='/sites/x/Shared Documents/it''s.txt')"
    assert host.send("POST", f"{place}/publish('x')").status_code == 400
    assert host.send("POST", f"{place}/publish('x')", who=BOB).status_code == 403
    assert host.send("POST", f"{place}/checkin(comment='x',checkintype=7)").status_code == 400
    assert host.send("POST", f"{place}/publish('{'x' * 1_100}')").status_code == 400


def test_an_older_version_is_restored_and_deleted_over_graph(host: SiteHost) -> None:
    for content in (b"one", b"two", b"three"):
        host.tenant.put(host.drive, "f.txt", content)
    place = f"/drives/{drive_id(host.drive)}/root:/f.txt:"
    assert host.tenant.ask("POST", f"{place}/versions/1.0/restoreVersion", BOB).status_code == 403
    assert host.tenant.ask("POST", f"{place}/versions/1.0/restoreVersion", ANN).status_code == 204
    location = host.tenant.ask("GET", f"{place}/content", ANN).headers["Location"]
    assert host.tenant.ask("GET", location, None).content == b"one"
    assert host.tenant.ask("DELETE", f"{place}/versions/2.0", ANN).status_code == 204
    rows = host.tenant.ask("GET", f"{place}/versions", ANN).json()["value"]
    assert [row["id"] for row in rows] == ["4.0", "3.0", "1.0"]
    assert host.tenant.ask("DELETE", f"{place}/versions/4.0", ANN).status_code == 400
    assert host.tenant.ask("DELETE", f"{place}/versions/2.0", ANN).status_code == 404
