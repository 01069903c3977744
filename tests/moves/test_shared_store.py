"""A move between two services that keep their content in one store: linked, never sent, and equal all the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from moves.two_tenants import SOURCE_URL, TARGET_URL, TwoTenants, add_site, content_of, fill, two_tenants
from neighbours import TENANT_IDS, settings_of
from xtenant.domain import errors
from xtenant.service.store import content_root

LARGE = bytes(range(256)) * 5_000
FILES = {
    "a.txt": [b"one", b"two"],
    "deep/c.bin": [LARGE],
    "deep/d.bin": [LARGE[1:], LARGE[2:]],
    **{f"many/{number}.txt": [b"small %d" % number] for number in range(40)},
}


def calls_for_content(pair: TwoTenants) -> int:
    """How often the target asked for content when the site moved whole."""
    fill(pair.source, add_site(pair.source), FILES)
    before = content_of(pair.source, SOURCE_URL)
    job = pair.wait_for_end(pair.start().json()["Id"])
    assert job["StateName"] == "Success", job
    assert content_of(pair.target, TARGET_URL) == before
    return sum(path.endswith("/partner/blobs") for _, _, path in pair.block.transport.seen)


def test_content_in_a_shared_store_is_linked_and_nothing_is_sent(tmp_path: Path) -> None:
    store = tmp_path / "shared"
    with two_tenants(tmp_path, shared_store=store) as pair:
        assert calls_for_content(pair) == 0
    theirs = {path.name: path for path in (store / TENANT_IDS["contoso"].hex / "loose").rglob("*/*")}
    ours = {path.name: path for path in (store / TENANT_IDS["fabrikam"].hex / "loose").rglob("*/*")}
    linked = [name for name in ours if name in theirs and ours[name].samefile(theirs[name])]
    assert len(linked) >= 3  # the large ones; the manifest's parts come by wire, the small ones lie in packs


def test_without_a_shared_store_everything_is_sent(tmp_path: Path) -> None:
    with two_tenants(tmp_path) as pair:
        assert calls_for_content(pair) == 1


def test_a_store_that_only_the_target_names_changes_nothing(tmp_path: Path) -> None:
    with two_tenants(tmp_path, each={"fabrikam": {"shared_store": tmp_path / "shared"}}) as pair:
        assert calls_for_content(pair) == 1


def test_a_service_refuses_to_start_away_from_its_content(tmp_path: Path) -> None:
    home, store = tmp_path / "home", tmp_path / "shared"
    plain, sharing, elsewhere = (
        settings_of("contoso", home, shared_store=place) for place in (None, store, tmp_path / "other")
    )
    home.mkdir()
    assert content_root(plain) == home / "blobs"
    assert content_root(sharing) == store
    assert content_root(sharing) == store
    for wrong in (plain, elsewhere):
        with pytest.raises(errors.UsageError, match="lies in"):
            content_root(wrong)


def test_a_service_that_has_content_of_its_own_does_not_begin_to_share(tmp_path: Path) -> None:
    (tmp_path / "blobs" / TENANT_IDS["contoso"].hex / "loose").mkdir(parents=True)
    with pytest.raises(errors.UsageError, match="lies in"):
        content_root(settings_of("contoso", tmp_path, shared_store=tmp_path / "shared"))
