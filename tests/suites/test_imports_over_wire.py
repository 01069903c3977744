"""Real files into a site: walk, archive, route, rows; and archives that are none."""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clock import FakeClock
from graph_tenant import ANN, ROOT, GraphTenant, graph_tenant
from xtenant.client.imports import import_folder, legal_name
from xtenant.domain import errors
from xtenant.domain.caller import AppCredential, Caller, CallerKind
from xtenant.domain.limits import DEFAULT
from xtenant.domain.sign_in import SignedIn
from xtenant.domain.tenant import HostRole
from xtenant.operations import content
from xtenant.protocols.graph import serve as graph_serve
from xtenant.protocols.sharepoint_rest import serve
from xtenant.wire.archive import END, BadArchive, Member, read_members, write_member
from xtenant.wire.bearer import BearerAuthenticator
from xtenant.wire.edge import Edge
from xtenant.wire.routes import Router

ADMIN_URL = "https://contoso-admin.sharepoint.com"
MOMENT = datetime(2020, 5, 4, 3, 2, 1, tzinfo=UTC)


@pytest.fixture
def tenant(tmp_path: Path, clock: FakeClock) -> Iterator[GraphTenant]:
    """A tenant whose admin host answers our own routes."""
    store = tmp_path / "store"
    store.mkdir()
    with graph_tenant(store, clock) as made:
        edge = Edge(
            tenant=made.backend.tenant,
            router=Router([*serve.mount(made.backend), *graph_serve.mount(made.backend)]),
            authenticator=BearerAuthenticator(made.issuer),
            renderers=dict.fromkeys(
                ["graph", "sharepoint_rest", "download", *(role.value for role in HostRole)], serve.render_error
            ),
            ids=made.ids,
            limits=DEFAULT,
        )
        made.client = httpx.Client(transport=type(made.client._transport)(edge))  # type: ignore[call-arg]
        yield made


def tree_of(tenant: GraphTenant, site_url: str) -> dict[str, Any]:
    caller = Caller(kind=CallerKind.USER, user_id=ANN.user_id)
    site = content.find_site_by_url(tenant.units, caller, url=site_url)
    drive = content.drives_of(tenant.units, caller, site_id=site.site_id)[0]
    from xtenant.domain.drive import DriveRef

    page = content.delta(tenant.units, caller, ref=DriveRef(site_id=drive.site.site_id), token=None, limit=500)
    return {"/".join(view.path): view for view in page.views if view.path}


def test_a_folder_arrives_with_dates_names_and_versions(tenant: GraphTenant, tmp_path: Path) -> None:
    source = tmp_path / "source"
    (source / "docs").mkdir(parents=True)
    (source / "docs" / "a.txt").write_bytes(b"hello")
    (source / "docs" / "empty").write_bytes(b"")
    (source / "docs" / "what?.txt").write_bytes(b"x" * 70_000)
    (source / "link").symlink_to(source / "docs")
    os.mkfifo(source / "pipe")
    os.utime(source / "docs" / "a.txt", (1_600_000_000, 1_600_000_000))
    made = tenant.ask("POST", f"{ADMIN_URL}/_api/xtenant/sites", json={"url": f"{ROOT}/sites/new", "owner": ANN.upn})
    assert made.json()["library"] == "Shared Documents", made.text

    def send(pieces: Iterator[bytes]) -> object:
        url = f"{ADMIN_URL}/_api/xtenant/import?site={ROOT}/sites/new&author={ANN.upn}"
        answer = tenant.ask("POST", url, content=b"".join(pieces))
        assert answer.status_code == 200, answer.text
        return answer.json()

    report = import_folder(source, send, path_from_site="sites/new/Shared Documents", author=ANN.upn)
    assert (report.folders, report.files, report.size_bytes) == (1, 3, 70_005)
    assert sorted(report.skipped) == [("link", "symbolic link"), ("pipe", "special file")]
    assert [old for old, _ in report.renamed] == ["docs/what?.txt"]
    tree = tree_of(tenant, f"{ROOT}/sites/new")
    assert set(tree) == {"docs", "docs/a.txt", "docs/empty", "docs/what\uff1f.txt"}
    file = tree["docs/a.txt"]
    assert file.item.modified_at == datetime.fromtimestamp(1_600_000_000, UTC)
    assert file.author.name == "Ann"
    send(archive([("docs/a.txt", b"one more"), ("docs/a.txt", b"and more")]))
    again = tree_of(tenant, f"{ROOT}/sites/new")["docs/a.txt"].item
    assert (again.version, again.size_bytes) == ((3, 0), 8)


def archive(files: list[tuple[str, bytes]]) -> Iterator[bytes]:
    for path, body in files:
        yield from write_member(
            Member(
                names=tuple(path.split("/")),
                is_folder=False,
                size_bytes=len(body),
                modified_at=MOMENT,
                content=iter([body]),
            )
        )
    yield END


def test_a_onedrive_is_made_once(tenant: GraphTenant) -> None:
    url = f"{ADMIN_URL}/_api/xtenant/sites"
    first, second = (tenant.ask("POST", url, json={"user": ANN.upn}).json() for _ in range(2))
    assert first == second
    assert first["url"] == "https://contoso-my.sharepoint.com/personal/ann_contoso_onmicrosoft_com"


def test_only_administrators_import(tenant: GraphTenant) -> None:
    assert tenant.ask("POST", f"{ADMIN_URL}/_api/xtenant/sites", ANN, json={"user": ANN.upn}).status_code == 403
    assert tenant.ask("POST", f"{ADMIN_URL}/_api/xtenant/import?site=x", ANN, content=b"").status_code == 403


@pytest.mark.parametrize("body", [b"", b"x" * 600, b"\0" * 511, b"{}"])
def test_what_is_no_archive_is_a_bad_request(tenant: GraphTenant, body: bytes) -> None:
    tenant.make_site()
    answer = tenant.ask("POST", f"{ADMIN_URL}/_api/xtenant/import?site={ROOT}/sites/x", content=body)
    assert answer.status_code == 400


def test_links_and_paths_upwards_are_refused(tenant: GraphTenant) -> None:
    for name, kind in (("../up", tarfile.REGTYPE), ("link", tarfile.SYMTYPE), ("dev", tarfile.CHRTYPE)):
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "x"
            tar.addfile(info)
        with pytest.raises(BadArchive):
            list(read_members([packed.getvalue()]))


def test_what_tar_itself_packs_is_read() -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar:
        info = tarfile.TarInfo("Größe/" + "long" * 60 + ".txt")
        info.size, info.mtime = 5, 1_600_000_000.5
        tar.addfile(info, io.BytesIO(b"hello"))
    found = [(member.names, b"".join(member.content)) for member in read_members([packed.getvalue()])]
    assert found == [(("Größe", "long" * 60 + ".txt"), b"hello")]


@given(st.binary(max_size=2_000), st.integers(1, 700))
def test_any_bytes_are_an_archive_or_a_refusal(raw: bytes, cut: int) -> None:
    start = b"".join(archive([("a/b.txt", b"hello")]))[:-1024]
    for body in (raw, start + raw, start[:300] + raw + start[300:]):
        try:
            list(read_members(body[at : at + cut] for at in range(0, len(body), cut)))
        except errors.UsageError:
            continue


@given(st.lists(st.text(min_size=1, max_size=300), max_size=6))
def test_any_names_become_legal_and_different(names: list[str]) -> None:
    from xtenant.domain import paths

    taken: set[str] = set()
    for name in names:
        made = legal_name(name, taken, folder=False, at_root=True)
        assert paths.is_item_name(made, at_root=True) and paths.name_key(made) not in taken
        taken.add(paths.name_key(made))


def test_an_app_without_permissions_is_refused(tenant: GraphTenant) -> None:
    from graph_tenant import BARE

    token = tenant.issuer.access_token(SignedIn(app=BARE, credential=AppCredential.CERTIFICATE, audience=ADMIN_URL))
    answer = tenant.client.post(
        f"{ADMIN_URL}/_api/xtenant/sites", headers={"Authorization": f"Bearer {token}"}, json={}
    )
    assert answer.status_code == 403
