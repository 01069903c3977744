"""Small factories of sites, items and blobs for tests."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from clock import CountingIds
from xtenant.domain import quick_xor
from xtenant.domain.content import (
    TEAM_SITE_TEMPLATE,
    BlobKey,
    Item,
    ItemId,
    ItemKind,
    ItemRow,
    NewVersion,
    Principal,
    PrincipalKey,
    PrincipalKind,
    Site,
    SiteId,
    SiteKey,
    StoredBlob,
)
from xtenant.domain.ports.units import Units
from xtenant.domain.tenant import GeoCode

NOW = datetime(2026, 11, 23, 12, 0, 0, 987_654, tzinfo=UTC)
ALICE = UUID(int=0xA11CE)


def site(ids: CountingIds, url: str = "https://contoso.sharepoint.com/sites/x", **changes: object) -> Site:
    values: dict[str, object] = {
        "key": SiteKey(0),
        "site_id": SiteId(ids.new_id()),
        "web_id": ids.new_id(),
        "geo": GeoCode("NAM"),
        "url": url,
        "title": "X",
        "template": TEAM_SITE_TEMPLATE,
        "owner_id": ALICE,
        "created_at": NOW,
        "modified_at": NOW,
        "published_at": NOW,
    }
    return Site(**(values | changes))  # type: ignore[arg-type]


def stored(content: bytes) -> StoredBlob:
    return StoredBlob(
        key=BlobKey(hashlib.sha256(content).digest()),
        size_bytes=len(content),
        quick_xor=quick_xor.quick_xor(content),
    )


def row(
    ids: CountingIds,
    name: str,
    *,
    parent: ItemRow | Item | None = None,
    kind: ItemKind = ItemKind.FOLDER,
    contents: Sequence[bytes] = (),
    by: int = 1,
    int_id: int = 0,
) -> ItemRow:
    """A row below a parent; contents become versions 1.0, 2.0, …"""
    return ItemRow(
        item_id=ItemId(ids.new_id()),
        library_id=None,
        parent_id=None if parent is None else parent.item_id,
        kind=ItemKind.FILE if contents else kind,
        name=name,
        int_id=int_id,
        created_at=NOW,
        modified_at=NOW,
        author=PrincipalKey(by),
        editor=PrincipalKey(by),
        versions=tuple(version(content, number, by=by) for number, content in enumerate(contents, start=1)),
    )


def version(content: bytes, major: int, *, by: int = 1) -> NewVersion:
    return NewVersion(
        major=major, minor=0, stored=stored(content), modified_at=NOW, editor=PrincipalKey(by), comment=""
    )


def person(guid: UUID = ALICE, name: str = "Alice") -> Principal:
    return Principal(
        key=PrincipalKey(0),
        kind=PrincipalKind.USER,
        directory_id=guid,
        name=name,
        login=f"{name.lower()}@contoso.onmicrosoft.com",
        mail=None,
    )


def add_site(units: Units, ids: CountingIds, **changes: object) -> tuple[Site, Item]:
    """A published site with a library `Documents`."""
    with units.write() as uow:
        added = uow.sites.add(site(ids, **changes))  # type: ignore[arg-type]
        job = added.hidden_job
        writer = uow.write_site(added.key, now=NOW, job=job)
        library = writer.add_item(row(ids, "Shared Documents", kind=ItemKind.LIBRARY))
    return added, library


def put_blobs(units: Units, *contents: bytes) -> None:
    """Rows of blobs whose bytes lie nowhere."""
    with units.write() as uow:
        uow.blobs.put([stored(content) for content in contents], now=NOW)
