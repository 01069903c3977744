"""A moved site's package fetched from its source: by a global administrator, whole, and clean."""

from __future__ import annotations

import uuid
from pathlib import Path

import anyio
import pytest
import structlog.testing

from desk import Desk, app_certificate
from moves.two_tenants import SOURCE_URL, add_site, fill, token_of, two_tenants
from neighbours import Neighbours
from xtenant.client.packages import CutOff, FolderTree, fetch_package, unpack
from xtenant.domain import errors
from xtenant.outside.clock import SystemClock
from xtenant.outside.ids import SystemIds
from xtenant.package.checking import check, overview
from xtenant.wire.archive import END, Member, write_member
from xtenant.wire.transport import Connection, Session, open_http

FILES = {"a.txt": [b"first", b"second"], "Plans/b.bin": [b"b" * 40_000], "Plans/empty": [b""]}


async def fetch(block: Neighbours, token: str, admin_url: str, job_id: str, folder: Path) -> tuple[int, int]:
    async def token_for(_: str) -> str:
        return token

    async with open_http(Connection(), transport=block.transport) as http:
        session = Session(http, token_for, clock=SystemClock(), ids=SystemIds())
        return await fetch_package(session, admin_url, uuid.UUID(job_id), folder)


def test_a_global_administrator_gets_the_whole_package_of_a_move_and_nobody_else_does(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    private, public = app_certificate(tmp_path)
    with two_tenants(tmp_path, certificate=public) as pair, structlog.testing.capture_logs():
        fill(pair.source, add_site(pair.source), FILES)
        job_id = pair.start().json()["Id"]
        assert pair.wait_for_end(job_id)["State"] == 2
        admin_url = pair.source.tenant.default_geo.admin_url
        out = tmp_path / "out"
        files, size = anyio.run(fetch, pair.block, token_of(pair.source, "admin"), admin_url, job_id, out)
        checked = check(FolderTree(out))
        assert list(checked) == []
        assert (checked.not_checked, len(FolderTree(out).sizes)) == ((), files)
        assert sum(FolderTree(out).sizes.values()) == size
        head, rows = overview(FolderTree(out))
        assert head is not None and (head.job_id, head.versions) == (job_id, 4)
        assert sum(row.counts["versions"] for row in rows) == 4
        bytes_of = sorted(place.read_bytes() for place in out.rglob("*.dat"))
        assert bytes_of == sorted({text for texts in FILES.values() for text in texts})
        with pytest.raises(errors.NotFound):
            anyio.run(fetch, pair.block, token_of(pair.source, "admin"), admin_url, str(uuid.uuid4()), tmp_path / "no")
        with pytest.raises(errors.AccessDenied):
            anyio.run(fetch, pair.block, token_of(pair.source, "spadmin"), admin_url, job_id, tmp_path / "no")
        desk = Desk(pair.block, tmp_path / "desk", private, capsys, monkeypatch)
        desk.add("contoso")
        by_app = desk.run("package", "export", job_id, "-t", "contoso", "--to", str(tmp_path / "by-app"))
        assert by_app.code == 4 and not list(tmp_path.glob("*by-app*")), by_app.err
        told = desk.run("package", "show", str(out)).json
        assert (told["id"], told["versions"]) == (job_id, 4)
        assert SOURCE_URL in (out / "site.json").read_text("utf-8")
        assert desk.run("package", "check", str(out)).json["findings"] == []
        next(out.rglob("*.dat")).unlink()
        damaged = desk.run("package", "check", str(out))
        assert damaged.code == 1 and {"P-10", "P-16"} <= {one["rule"] for one in damaged.json["findings"]}


def test_an_archive_without_its_ledger_is_cut_off(tmp_path: Path) -> None:
    moment = SystemClock().business_now()
    member = Member(names=("site.json",), is_folder=False, size_bytes=2, modified_at=moment, content=iter([b"{}"]))
    with pytest.raises(CutOff):
        unpack(iter([*write_member(member), END]), tmp_path, lambda files, size: None)


def test_an_archive_that_names_a_file_twice_overwrites_nothing(tmp_path: Path) -> None:
    moment = SystemClock().business_now()
    pieces = [
        piece
        for text in (b"{}", b"[]")
        for piece in write_member(
            Member(names=("site.json",), is_folder=False, size_bytes=2, modified_at=moment, content=iter([text]))
        )
    ]
    with pytest.raises(errors.UsageError, match="File exists"):
        unpack(iter([*pieces, END]), tmp_path, lambda files, size: None)
    assert (tmp_path / "site.json").read_bytes() == b"{}"
