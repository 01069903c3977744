"""Files over Graph: reading, writing, sessions, pre-authenticated addresses, delta, rights (content-api.md 1)."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clock import FakeClock
from graph_tenant import ADMIN, ANN, BARE, BOB, GRAPH, MOVER, ROOT, GraphTenant, graph_tenant
from xtenant.domain.drive import Drive
from xtenant.protocols.graph.codec.drives import drive_id

DATES = {"createdDateTime": "2020-02-03T04:05:06Z", "lastModifiedDateTime": "2021-02-03T04:05:06Z"}


@pytest.fixture
def graph(tmp_path: Path, clock: FakeClock) -> Iterator[GraphTenant]:
    with graph_tenant(tmp_path, clock) as tenant:
        yield tenant


@pytest.fixture
def drive(graph: GraphTenant) -> Drive:
    return graph.make_site()


def base(drive: Drive) -> str:
    return f"/drives/{drive_id(drive)}"


def code_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def test_a_small_file_goes_in_and_comes_out_with_ranges(graph: GraphTenant, drive: Drive) -> None:
    row = graph.put(drive, "a/b/Größe #1 +50% it's.txt", b"hello world")
    assert (row["name"], row["size"]) == ("Größe #1 +50% it's.txt", 11)
    assert row["file"]["hashes"]["quickXorHash"] and len(row["file"]["hashes"]["quickXorHash"]) == 28
    found = graph.ask("GET", f"{base(drive)}/items/{row['id']}/content", ANN)
    assert found.status_code == 302 and found.content == b""
    address = found.headers["location"]
    assert address.startswith(f"{ROOT}/_layouts/15/download.aspx?UniqueId=")
    whole = graph.ask("GET", address, None)
    assert (whole.status_code, whole.content) == (200, b"hello world")
    assert whole.headers["accept-ranges"] == "bytes" and whole.headers["content-length"] == "11"
    part = graph.ask("GET", address, None, headers={"Range": "bytes=6-"})
    assert (part.status_code, part.content, part.headers["content-range"]) == (206, b"world", "bytes 6-10/11")
    assert graph.ask("GET", address, None, headers={"Range": "bytes=11-"}).status_code == 416
    assert graph.ask("GET", address, None, headers={"Range": "bytes=-5"}).content == b"world"
    head = graph.ask("HEAD", address, None)
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", "11")
    etag = whole.headers["etag"]
    assert graph.ask("GET", address, None, headers={"If-None-Match": etag}).status_code == 304


def test_a_large_file_goes_through_in_pieces(graph: GraphTenant, drive: Drive) -> None:
    body = bytes(range(256)) * 4096 * 5
    row = graph.put(drive, "big.bin", body)
    address = graph.ask("GET", f"{base(drive)}/items/{row['id']}", ANN).json()["@microsoft.graph.downloadUrl"]
    assert graph.ask("GET", address, None).content == body
    middle = graph.ask("GET", address, None, headers={"Range": f"bytes=1048000-{len(body) - 2}"})
    assert middle.content == body[1048000:-1]


def test_addresses_expire_and_cannot_be_made_up(graph: GraphTenant, drive: Drive, clock: FakeClock) -> None:
    row = graph.put(drive, "a.txt", b"one")
    address: str = row["@microsoft.graph.downloadUrl"]
    for wrong in (
        address.replace("tempauth=v1.", "tempauth=v1.x"),
        re.sub("tempauth=[^&]*", "tempauth=v1.e30.AAAA", address),
        address.split("&tempauth")[0],
        re.sub("tempauth=[^&]*", "tempauth=%00%ff", address),
    ):
        assert graph.ask("GET", wrong, None).status_code == 401
    clock.advance(seconds=3_601)
    assert graph.ask("GET", address, None).status_code == 401


def test_an_old_address_still_brings_the_version_it_was_made_for(graph: GraphTenant, drive: Drive) -> None:
    first = graph.put(drive, "a.txt", b"one")
    second = graph.put(drive, "a.txt", b"two!")
    assert first["id"] == second["id"] and first["eTag"] != second["eTag"] and first["cTag"] != second["cTag"]
    assert graph.ask("GET", first["@microsoft.graph.downloadUrl"], None).content == b"one"
    listed = graph.ask("GET", f"{base(drive)}/items/{first['id']}/versions", ANN).json()["value"]
    assert [(row["id"], row["size"]) for row in listed] == [("2.0", 4), ("1.0", 3)]
    old = graph.ask("GET", f"{base(drive)}/items/{first['id']}/versions/1.0/content", ANN)
    assert graph.ask("GET", old.headers["location"], None).content == b"one"
    assert graph.ask("GET", f"{base(drive)}/items/{first['id']}/versions/2.0/content", ANN).status_code == 400
    assert graph.ask("GET", f"{base(drive)}/items/{first['id']}/versions/9.0/content", ANN).status_code == 404


def test_an_item_has_every_facet_clients_read(graph: GraphTenant, drive: Drive) -> None:
    row = graph.put(drive, "docs/report.docx", b"x")
    assert row["createdBy"]["user"]["displayName"] == "Ann"
    assert row["lastModifiedBy"]["user"] == {
        "id": str(ANN.user_id),
        "displayName": "Ann",
        "email": "ann@contoso.com",
    }
    assert row["file"]["mimeType"].endswith("wordprocessingml.document")
    parent = row["parentReference"]
    assert parent["driveId"] == str(drive_id(drive)) and parent["driveType"] == "documentLibrary"
    assert parent["path"] == f"/drives/{drive_id(drive)}/root:/docs" and parent["name"] == "docs"
    folder = graph.ask("GET", f"{base(drive)}/items/{parent['id']}", ANN).json()
    assert folder["folder"] == {"childCount": 1} and "file" not in folder
    assert row["webUrl"] == f"{ROOT}/sites/x/Shared%20Documents/docs/report.docx"
    root = graph.ask("GET", f"{base(drive)}/root", ANN).json()
    assert root["root"] == {} and "id" not in root["parentReference"] and "path" not in root["parentReference"]
    assert graph.ask("GET", f"{base(drive)}/items/{root['id']}", ANN).json()["id"] == root["id"]
    ids = graph.ask("GET", f"{base(drive)}/items/{row['id']}?$select=id,sharepointIds", ANN).json()
    assert set(ids) == {"@odata.context", "@odata.etag", "id", "sharepointIds"}


def test_every_child_is_listed_once_through_next_links(graph: GraphTenant, drive: Drive) -> None:
    names = [f"file {number:02}.txt" for number in range(7)]
    for name in names:
        graph.put(drive, name, name.encode())
    url, seen = f"{base(drive)}/root/children?$top=3", []
    while url:
        page = graph.ask("GET", url, ANN).json()
        assert page["value"], "rclone stops at an empty page"
        seen += [row["name"] for row in page["value"]]
        url = page.get("@odata.nextLink")
    assert seen == names


def test_folders_are_made_and_doubles_answered_as_asked(graph: GraphTenant, drive: Drive) -> None:
    url = f"{base(drive)}/root/children"
    body = {"name": "new", "folder": {}, "@name.conflictBehavior": "fail"}
    assert graph.ask("POST", url, ANN, json=body).status_code == 201
    assert code_of(graph.ask("POST", url, ANN, json=body)) == (409, "nameAlreadyExists")
    renamed = graph.ask("POST", url, ANN, json={**body, "@name.conflictBehavior": "rename"})
    assert renamed.json()["name"] == "new 1"
    bad = graph.ask("POST", url, ANN, json={**body, "name": "a:b"})
    assert code_of(bad) == (400, "invalidRequest") and bad.json()["error"]["innerError"]["code"] == "invalidPath"


def test_dates_names_and_places_are_patched(graph: GraphTenant, drive: Drive) -> None:
    row = graph.put(drive, "a.txt", b"one")
    folder = graph.ask("POST", f"{base(drive)}/root/children", ANN, json={"name": "f", "folder": {}}).json()
    url = f"{base(drive)}/items/{row['id']}"
    dated = graph.ask("PATCH", url, ANN, json={"fileSystemInfo": DATES}).json()
    assert dated["fileSystemInfo"] == DATES
    only = {"fileSystemInfo": {"lastModifiedDateTime": "2022-02-03T04:05:06.789Z"}}
    dated = graph.ask("PATCH", url, ANN, json=only).json()["fileSystemInfo"]
    assert dated == {**DATES, "lastModifiedDateTime": "2022-02-03T04:05:06Z"}
    target = {"name": "b.txt", "parentReference": {"driveId": str(drive_id(drive)), "id": folder["id"]}}
    moved = graph.ask("PATCH", url, ANN, json=target).json()
    assert (moved["name"], moved["parentReference"]["name"]) == ("b.txt", "f")
    root_id = graph.ask("GET", f"{base(drive)}/root", ANN).json()["id"]
    back = graph.ask("PATCH", f"{base(drive)}/root:/f/b.txt:", ANN, json={"parentReference": {"id": root_id}}).json()
    assert back["parentReference"]["name"] == "root"
    assert code_of(graph.ask("PATCH", url, ANN, json={"name": "c"}, headers={"If-Match": row["eTag"]})) == (
        412,
        "resourceModified",
    )
    fresh = graph.ask("GET", url, ANN).json()["eTag"]
    assert graph.ask("DELETE", url, ANN, headers={"If-Match": fresh}).status_code == 204
    assert code_of(graph.ask("DELETE", url, ANN)) == (404, "itemNotFound")
    assert code_of(graph.ask("GET", f"{base(drive)}/root:/b.txt", ANN)) == (404, "itemNotFound")


def start_session(graph: GraphTenant, drive: Drive, name: str = "big.bin", **body: Any) -> str:
    answer = graph.ask("POST", f"{base(drive)}/root:/{name}:/createUploadSession", ANN, json=body)
    assert answer.status_code == 200, answer.text
    assert answer.json()["expirationDateTime"].endswith("Z")
    return answer.json()["uploadUrl"]


def send(graph: GraphTenant, url: str, body: bytes, start: int, total: int) -> Any:
    span = f"bytes {start}-{start + len(body) - 1}/{total}"
    return graph.ask("PUT", url, None, content=body, headers={"Content-Range": span})


def test_a_session_takes_fragments_of_any_length_in_order(graph: GraphTenant, drive: Drive) -> None:
    body = bytes(range(250)) * 3200
    url = start_session(graph, drive, item={"fileSystemInfo": DATES})
    assert url.startswith(f"{ROOT}/_api/v2.0/drives/")
    first = send(graph, url, body[:327_680], 0, len(body))
    assert first.status_code == 202
    assert first.json()["nextExpectedRanges"] == [f"327680-{len(body) - 1}"]
    assert code_of(send(graph, url, body[:100], 0, len(body))) == (416, "invalidRange")
    late = send(graph, url, body[700_000:], 700_000, len(body))
    assert late.json()["error"]["innerError"]["code"] == "fragmentOutOfOrder"
    other = send(graph, url, body[327_680:400_000], 327_680, len(body) + 1)
    assert other.json()["error"]["innerError"]["code"] == "fragmentLengthMismatch"
    assert send(graph, url, body[327_680:655_361], 327_680, len(body)).status_code == 202
    assert graph.ask("GET", url, None).json()["nextExpectedRanges"] == [f"655361-{len(body) - 1}"]
    done = send(graph, url, body[655_361:], 655_361, len(body))
    assert (done.status_code, done.json()["size"], done.json()["fileSystemInfo"]) == (201, len(body), DATES)
    again = send(graph, url, body[655_361:], 655_361, len(body))
    assert (again.status_code, again.json()["id"]) == (201, done.json()["id"])
    assert graph.ask("GET", again.json()["@microsoft.graph.downloadUrl"], None).content == body


def test_a_token_on_an_upload_address_is_tolerated(graph: GraphTenant, drive: Drive) -> None:
    url = start_session(graph, drive)
    answer = graph.ask("PUT", url, ANN, content=b"abc", headers={"Content-Range": "bytes 0-2/3"})
    assert answer.status_code == 201


def test_a_session_can_be_cancelled_and_is_then_unknown(graph: GraphTenant, drive: Drive, clock: FakeClock) -> None:
    url = start_session(graph, drive)
    assert graph.ask("DELETE", url, None).status_code == 204
    gone = send(graph, url, b"abc", 0, 3)
    assert code_of(gone) == (404, "itemNotFound")
    assert gone.json()["error"]["innerError"]["code"] == "uploadSessionNotFound"
    late = start_session(graph, drive)
    clock.advance(days=2)
    assert send(graph, late, b"abc", 0, 3).status_code in (401, 404)


def test_a_deferred_session_waits_for_its_commit(graph: GraphTenant, drive: Drive) -> None:
    url = start_session(graph, drive, "later.txt", deferCommit=True)
    assert send(graph, url, b"abc", 0, 3).status_code == 202
    assert graph.ask("GET", f"{base(drive)}/root:/later.txt", ANN).status_code == 404
    assert graph.ask("POST", url, None).status_code == 201
    assert graph.ask("GET", f"{base(drive)}/root:/later.txt", ANN).json()["size"] == 3


@pytest.mark.parametrize(
    "span",
    [
        None,
        "bytes 0-2/2",
        "bytes -1-2/3",
        "bytes 2-1/3",
        f"bytes 0-2/{10**30}",
        "bytes 0-99999999999999/999999999999999",
    ],
)
def test_hostile_ranges_are_refused(graph: GraphTenant, drive: Drive, span: str | None) -> None:
    url = start_session(graph, drive)
    headers = {} if span is None else {"Content-Range": span}
    assert graph.ask("PUT", url, None, content=b"abc", headers=headers).status_code == 416


def test_delta_tells_everything_once_and_then_what_changed(graph: GraphTenant, drive: Drive) -> None:
    row = graph.put(drive, "a/b.txt", b"one")
    graph.put(drive, "c.txt", b"two")
    url, seen, page = f"{base(drive)}/root/delta?$top=2", [], {}
    while url:
        page = graph.ask("GET", url, ANN).json()
        seen += [item["name"] for item in page["value"]]
        url = page.get("@odata.nextLink")
    assert seen[0] == "root" and sorted(seen) == ["a", "b.txt", "c.txt", "root"]
    assert seen.index("a") < seen.index("b.txt")
    token = re.search("[?&]token=([^&]+)", page["@odata.deltaLink"])
    assert token is not None
    graph.ask("DELETE", f"{base(drive)}/items/{row['id']}", ANN)
    graph.put(drive, "d.txt", b"three")
    changed = graph.ask("GET", f"{base(drive)}/root/delta?token={token[1]}", ANN).json()
    by_id = {item["id"]: item for item in changed["value"]}
    assert by_id[row["id"]]["deleted"] == {"state": "deleted"}
    assert "d.txt" in [item.get("name") for item in changed["value"]]
    latest = graph.ask("GET", f"{base(drive)}/root/delta()?token=latest", ANN).json()
    assert latest["value"] == [] and "token=" in latest["@odata.deltaLink"]
    assert code_of(graph.ask("GET", f"{base(drive)}/root/delta?token=nonsense", ANN)) == (410, "resyncRequired")


def test_sites_are_found_by_every_spelling(graph: GraphTenant, drive: Drive) -> None:
    graph.make_site(ROOT)
    wanted = graph.ask("GET", "/sites/contoso.sharepoint.com:/sites/x", ANN).json()["id"]
    host, site, web = wanted.split(",")
    assert host == "contoso.sharepoint.com"
    for spelling in (
        "contoso.sharepoint.com%3A%2Fsites%2Fx",
        "contoso.sharepoint.com:/SITES/X:",
        "root:/sites/x",
        wanted,
        wanted.replace(",", "%2C"),
        f"{site}",
        f"{site},{web}",
    ):
        assert graph.ask("GET", f"/sites/{spelling}", ANN).json()["id"] == wanted, spelling
    assert graph.ask("GET", "/sites/root?$select=webUrl", ANN).json()["webUrl"] == ROOT
    drives = graph.ask("GET", f"/sites/{wanted}/drives", ANN).json()["value"]
    assert [(row["id"], row["name"], row["driveType"]) for row in drives] == [
        (str(drive_id(drive)), "Documents", "documentLibrary")
    ]
    by_path = graph.ask("GET", "/sites/contoso.sharepoint.com:/sites/x:/drive", ANN).json()
    assert by_path["id"] == str(drive_id(drive)) and by_path["quota"]["remaining"] == 1024**4
    found = graph.ask("GET", "/sites?search=*", ANN).json()["value"]
    assert {row["webUrl"] for row in found} == {ROOT, f"{ROOT}/sites/x"}
    assert len(graph.ask("GET", "/sites/getAllSites").json()["value"]) == 2
    assert code_of(graph.ask("GET", "/sites/contoso.sharepoint.com:/sites/none", ANN)) == (404, "itemNotFound")


def test_asking_for_a_onedrive_never_makes_one(graph: GraphTenant) -> None:
    for _ in range(2):
        assert graph.ask("GET", f"/users/{BOB.upn}/drive").status_code == 404
    assert graph.ask("GET", "/me/drive", BOB).status_code == 404
    assert graph.ask("GET", "/me/drives", BOB).json()["value"] == []
    assert graph.ask("GET", "/me/drive").status_code == 400


def test_rights_are_kept_at_every_call(graph: GraphTenant, drive: Drive) -> None:
    row = graph.put(drive, "a.txt", b"one")
    item = f"{base(drive)}/items/{row['id']}"
    for who in (BOB, ADMIN, BARE):
        for method, url in (
            ("GET", item),
            ("GET", f"{item}/content"),
            ("DELETE", item),
            ("GET", f"{base(drive)}/root/delta"),
        ):
            assert graph.ask(method, url, who).status_code == 403, (who, method, url)
        assert graph.ask("PUT", f"{base(drive)}/root:/n.txt:/content", who, content=b"x").status_code == 403
    invited = graph.ask(
        "POST", f"{base(drive)}/root/invite", ANN, json={"recipients": [{"email": BOB.upn}], "roles": ["read"]}
    )
    permission = invited.json()["value"][0]
    assert permission["grantedToV2"]["user"]["displayName"] == "Bob" and permission["roles"] == ["read"]
    assert graph.ask("GET", item, BOB).status_code == 200
    assert graph.ask("DELETE", item, BOB).status_code == 403
    one = f"{base(drive)}/root/permissions/{permission['id']}"
    assert graph.ask("PATCH", one, ANN, json={"roles": ["write"]}).json()["roles"] == ["write"]
    assert {p["roles"][0] for p in graph.ask("GET", f"{base(drive)}/root/permissions", ANN).json()["value"]} == {
        "owner",
        "write",
    }
    assert graph.ask("DELETE", one, ANN).status_code == 204
    assert graph.ask("GET", item, BOB).status_code == 403
    assert graph.ask("GET", item, MOVER).status_code == 200
    assert graph.ask("GET", item, None).status_code == 401


def test_the_same_is_answered_below_api_v2_of_the_own_host(graph: GraphTenant, drive: Drive) -> None:
    graph.put(drive, "a.txt", b"one")
    for version in ("v2.0", "v2.1"):
        url = f"{ROOT}/_api/{version}{base(drive)}/root/children?$top=1000"
        page = graph.ask("GET", url, ANN)
        assert [row["name"] for row in page.json()["value"]] == ["a.txt"], page.text


def test_a_batch_runs_its_parts_by_the_same_rules(graph: GraphTenant, drive: Drive) -> None:
    parts = [
        {"id": "0", "method": "GET", "url": f"{base(drive)}/root", "headers": {"Authorization": "x"}},
        {
            "id": "1",
            "method": "POST",
            "url": f"{base(drive)[1:]}/root/children",
            "headers": {"Content-Type": "application/json"},
            "body": {"name": "made", "folder": {}},
            "dependsOn": ["0"],
        },
        {"id": "2", "method": "GET", "url": "/users/nobody"},
        {"id": "3", "method": "GET", "url": f"{base(drive)}/root:/made", "dependsOn": ["2"]},
        {
            "id": "4",
            "method": "PUT",
            "url": f"{base(drive)}/root:/made/a b.txt:/content",
            "headers": {"Content-Type": "text/plain"},
            "body": base64.b64encode(b"inner").decode(),
        },
        {"id": "5", "method": "GET", "url": f"{base(drive)}/root:/made/a b.txt:/content"},
    ]
    answers = {
        row["id"]: row for row in graph.ask("POST", "/$batch", ANN, json={"requests": parts}).json()["responses"]
    }
    assert {name: row["status"] for name, row in answers.items()} == {
        "0": 200,
        "1": 201,
        "2": 404,
        "3": 424,
        "4": 201,
        "5": 302,
    }
    assert answers["1"]["body"]["name"] == "made"
    assert graph.ask("GET", answers["5"]["headers"]["location"], None).content == b"inner"


@pytest.mark.parametrize(
    "requests",
    [
        [],
        [{"id": "1", "method": "GET", "url": "/me"}] * 2,
        [{"id": str(n), "method": "GET", "url": "/me"} for n in range(21)],
        [{"id": "1", "method": "TRACE", "url": "/me"}],
        [{"id": "1", "method": "GET", "url": "/me", "dependsOn": ["1"]}],
        [{"method": "GET", "url": "/me"}],
    ],
)
def test_a_malformed_batch_is_refused_whole(graph: GraphTenant, requests: list[Any]) -> None:
    assert graph.ask("POST", "/$batch", ANN, json={"requests": requests}).status_code == 400


@pytest.mark.parametrize(
    ("method", "path", "wanted"),
    [
        ("POST", "/root/createLink", 400),
        ("POST", "/root/copy", 501),
        ("POST", "/root:/a.txt:/copy", 501),
        ("GET", "/root/search(q='x')", 501),
        ("GET", "/root/children?$expand=thumbnails", 501),
        ("GET", "/root:/../../x", 400),
        ("GET", "/root:/%2e%2e/x", 400),
        ("GET", "/root:/a%00b", 400),
        ("GET", "/root:/%ff%fe", 400),
        ("GET", "/items/nonsense", 404),
        ("GET", "/items/01" + "A" * 32, 404),
        ("GET", "/root:/" + "a/" * 250, 400),
        ("GET", "/root/children?$top=-1", 400),
        ("GET", "/root/children?$skiptoken=%ff", 400),
        ("DELETE", "/root", 400),
        ("PUT", "/root/content", 400),
        ("GET", "/root/content", 400),
        ("GET", "/bogus", 400),
    ],
)
def test_hostile_and_unserved_addresses_are_refused_clearly(
    graph: GraphTenant, drive: Drive, method: str, path: str, wanted: int
) -> None:
    answer = graph.ask(method, base(drive) + path, ANN, json={} if method == "POST" else None)
    assert answer.status_code == wanted, answer.text
    assert answer.json()["error"]["message"]


def test_a_drive_of_nobody_is_not_found_and_a_malformed_one_refused(graph: GraphTenant, drive: Drive) -> None:
    fake = str(drive_id(drive))[:-4] + "AAAA"
    assert graph.ask("GET", f"/drives/{fake}/root", ANN).status_code == 404
    assert code_of(graph.ask("GET", "/drives/b!short/root", ANN)) == (400, "invalidRequest")


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(codec="utf-8"), max_size=60), st.sampled_from(["GET", "PATCH", "DELETE", "POST", "PUT"]))
def test_no_address_is_a_fault_of_ours(graph: GraphTenant, drive: Drive, text: str, method: str) -> None:
    for start in (
        f"{GRAPH}{base(drive)}/root:/",
        f"{GRAPH}{base(drive)}/items/",
        f"{GRAPH}/sites/",
        f"{GRAPH}/drives/",
    ):
        for raw in (quote(text, safe=""), quote(text, safe="/:()'")):
            assert (
                graph.ask(method, start + raw, ANN).status_code < 500
                or graph.ask(method, start + raw, ANN).json()["error"]["code"] == "notSupported"
            )
