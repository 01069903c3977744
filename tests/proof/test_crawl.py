"""The crawl over Graph against a real service in this process: every item, every version, every page."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from clock import CountingIds, FakeClock
from neighbours import APP_ID, SECRET, TENANT_IDS, Neighbours, neighbours
from xtenant.domain import errors
from xtenant.domain.content import Site
from xtenant.domain.tenant import LOGIN_HOST
from xtenant.operations import access, imports, sites
from xtenant.operations.imports import ImportEntry, ImportVersion
from xtenant.proof import crawl as crawling
from xtenant.proof.baseline import Baseline
from xtenant.proof.crawl import crawl
from xtenant.proof.facts import ItemFacts, Kind
from xtenant.protocols.graph.call.drives import drive_of_site_url
from xtenant.protocols.graph.codec.drives import RemoteDrive
from xtenant.wire.transport import Connection, Session, open_http

pytestmark = pytest.mark.anyio

SITE_URL = "https://contoso.sharepoint.com/sites/project"
OLD, LATER = datetime(2020, 2, 29, 8, tzinfo=UTC), datetime(2024, 5, 1, 9, 30, tzinfo=UTC)


def entry(path: str, *versions: bytes) -> ImportEntry:
    moments = (OLD, LATER)
    return ImportEntry(
        names=tuple(path.split("/")),
        created_at=OLD,
        modified_at=moments[len(versions) - 1] if versions else OLD,
        versions=tuple(
            ImportVersion(modified_at=moments[at], pieces=lambda content=content: [content])
            for at, content in enumerate(versions)
        ),
    )


@pytest.fixture
def block(tmp_path: Path, clock: FakeClock) -> Iterator[Neighbours]:
    with neighbours(tmp_path, clock, "contoso") as block:
        yield block


@pytest.fixture
def site(block: Neighbours) -> Site:
    service = block["contoso"]
    return sites.create_site(
        service.units,
        geo=service.tenant.default_geo,
        url=SITE_URL,
        title="Project",
        owner=None,
        clock=service.clock,
        ids=service.ids,
    )


def fill(block: Neighbours, site: Site, *entries: ImportEntry) -> None:
    service = block["contoso"]
    imports.import_items(
        service.units,
        service.backend.blobs,
        site_id=site.site_id,
        author=access.SHAREPOINT_APP,
        entries=entries,
        clock=service.clock,
        ids=service.ids,
    )


@pytest.fixture
async def session(block: Neighbours) -> AsyncIterator[Session]:
    async with open_http(Connection(), transport=block.transport) as http:

        async def token_for(resource: str) -> str:
            form = {
                "grant_type": "client_credentials",
                "client_id": str(APP_ID),
                "client_secret": SECRET,
                "scope": f"{resource}/.default",
            }
            url = f"https://{LOGIN_HOST}/{TENANT_IDS['contoso']}/oauth2/v2.0/token"
            answer: httpx.Response = await http.post(url, data=form)
            return str(answer.json()["access_token"])

        yield Session(http, token_for, clock=block.clock, ids=CountingIds(start=500_000_000))


async def crawled(session: Session, folder: Path) -> dict[str, ItemFacts]:
    with Baseline(folder / "crawl.baseline") as baseline:
        await crawl(session, await drive_of_site_url(session, SITE_URL), baseline)
        return {item.path: item for item in baseline.items()}


async def test_every_item_is_recorded_with_what_graph_tells(
    block: Neighbours, site: Site, session: Session, tmp_path: Path
) -> None:
    fill(
        block, site, entry("Deep/er/far down.txt", b"far"), entry("Annex #3 (100% signed).pdf", b"pdf"), entry("Empty")
    )
    found = await crawled(session, tmp_path)
    assert sorted(found) == ["Annex #3 (100% signed).pdf", "Deep", "Deep/er", "Deep/er/far down.txt", "Empty"]
    file = found["Deep/er/far down.txt"]
    assert (file.kind, file.size_bytes, file.created_at, file.modified_at) == (Kind.FILE, 3, OLD, OLD)
    assert found["Empty"].kind is Kind.FOLDER and found["Empty"].versions == ()
    assert len(file.quick_xor) == 28 and file.author


async def test_a_file_written_twice_has_both_versions(
    block: Neighbours, site: Site, session: Session, tmp_path: Path
) -> None:
    fill(block, site, entry("once.txt", b"one"), entry("twice.txt", b"one", b"twotwo"))
    found = await crawled(session, tmp_path)
    assert [(v.number, v.size_bytes, v.modified_at) for v in found["twice.txt"].versions] == [
        ("2.0", 6, LATER),
        ("1.0", 3, OLD),
    ]
    assert [(v.number, v.size_bytes, v.modified_at) for v in found["once.txt"].versions] == [("1.0", 3, OLD)]


async def test_history_is_asked_only_where_there_is_more_than_one_version(
    block: Neighbours, site: Site, session: Session, tmp_path: Path
) -> None:
    fill(block, site, *(entry(f"{number}.txt", b"x") for number in range(30)))
    await crawled(session, tmp_path)
    assert not [path for _, _, path in block.transport.seen if "$batch" in path or "versions" in path]


async def test_many_histories_take_one_batch_for_twenty_files(
    block: Neighbours, site: Site, session: Session, tmp_path: Path
) -> None:
    fill(block, site, *(entry(f"{number}.txt", b"x", b"y") for number in range(30)))
    found = await crawled(session, tmp_path)
    assert {len(item.versions) for item in found.values()} == {2}
    assert len([path for _, _, path in block.transport.seen if path.endswith("/$batch")]) == 2


async def test_long_folders_are_read_page_by_page(
    block: Neighbours, site: Site, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crawling, "PAGE_SIZE", 7)
    paths = [f"Folder/{number:03}.txt" for number in range(50)]
    fill(block, site, *(entry(path, b"x") for path in paths))
    assert sorted(await crawled(session, tmp_path)) == ["Folder", *paths]


async def test_an_empty_drive_has_nothing(block: Neighbours, site: Site, session: Session, tmp_path: Path) -> None:
    assert await crawled(session, tmp_path) == {}


async def test_one_changed_byte_changes_the_hash_that_is_recorded(
    block: Neighbours, site: Site, session: Session, tmp_path: Path
) -> None:
    fill(block, site, entry("a.txt", b"content"), entry("b.txt", b"contenu"))
    found = await crawled(session, tmp_path)
    assert found["a.txt"].quick_xor != found["b.txt"].quick_xor


# What another server than ours may answer.


def a_row(item_id: str, name: str, parent: str | None, **more: object) -> dict[str, object]:
    return {
        "id": item_id,
        "name": name,
        "size": 1,
        "fileSystemInfo": {"createdDateTime": "2020-01-01T00:00:00Z", "lastModifiedDateTime": "2020-01-02T00:00:00Z"},
        "createdBy": {"user": {"email": "ann@contoso.com"}},
        "lastModifiedBy": {"user": {"email": "bob@contoso.com"}},
        "parentReference": {"id": parent} if parent else {},
        **(more or {"file": {"hashes": {"quickXorHash": "x"}}}),
    }


async def crawled_from(rows: list[dict[str, object]], clock: FakeClock, folder: Path) -> dict[str, ItemFacts]:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/delta"):
            return httpx.Response(200, json={"value": rows})
        if request.url.path.endswith("/$batch"):
            parts = json.loads(request.content)["requests"]
            return httpx.Response(200, json={"responses": [{"id": part["id"], "status": 429} for part in parts]})
        version = {"id": "4.0", "size": 1, "lastModifiedDateTime": "2020-01-02T00:00:00Z"}
        return httpx.Response(200, json={"value": [version]})

    async def token_for(resource: str) -> str:
        return "token"

    async with open_http(Connection(), transport=httpx.MockTransport(answer)) as http:
        session = Session(http, token_for, clock=clock, ids=CountingIds())
        drive = RemoteDrive(id="b!d", name="Documents", drive_type="business", url="https://x/")
        with Baseline(folder / "crawl.baseline") as baseline:
            await crawl(session, drive, baseline)
            return {item.path: item for item in baseline.items()}


ROOT = a_row("r", "root", None, root={}, folder={})


async def test_an_item_listed_before_its_folder_is_placed_all_the_same(clock: FakeClock, tmp_path: Path) -> None:
    rows = [ROOT, a_row("3", "deep.txt", "2"), a_row("2", "b", "1", folder={}), a_row("1", "a", "r", folder={})]
    assert sorted(await crawled_from(rows, clock, tmp_path)) == ["a", "a/b", "a/b/deep.txt"]


async def test_an_item_whose_folder_is_never_listed_ends_the_crawl(clock: FakeClock, tmp_path: Path) -> None:
    with pytest.raises(errors.NetworkError, match="1 items lie in folders that were not listed"):
        await crawled_from([ROOT, a_row("3", "lost.txt", "nowhere")], clock, tmp_path)


async def test_two_items_of_one_path_are_never_taken_for_one(clock: FakeClock, tmp_path: Path) -> None:
    with pytest.raises(errors.Conflict):
        await crawled_from([ROOT, a_row("1", "a.txt", "r"), a_row("2", "a.txt", "r")], clock, tmp_path)


async def test_a_history_refused_in_a_batch_is_asked_for_alone(clock: FakeClock, tmp_path: Path) -> None:
    found = await crawled_from([ROOT, a_row("1", "a.txt", "r")], clock, tmp_path)
    assert [version.number for version in found["a.txt"].versions] == ["4.0"]
