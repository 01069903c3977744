"""The census of a site: what there is of each kind, the recycle bin included."""

from __future__ import annotations

from clock import CountingIds
from content_samples import NOW, add_site, person, put_blobs, row
from xtenant.domain.content import Role
from xtenant.domain.ports.units import Units


def test_a_census_counts_live_and_deleted_things_with_versions_and_rights(units: Units) -> None:
    ids = CountingIds()
    site, library = add_site(units, ids)
    put_blobs(units, b"one", b"three")
    with units.write() as uow:
        [by] = uow.principals.ensure([person()]).values()
        writer = uow.write_site(site.key, now=NOW)
        folder = writer.add_item(row(ids, "deep", parent=library, by=by))
        writer.add_item(row(ids, "a.txt", parent=folder, contents=[b"one", b"three"], by=by))
        gone = writer.add_item(row(ids, "gone.txt", parent=folder, contents=[b"one"], by=by))
        for scope in (folder, gone):
            writer.break_inheritance(scope.key, copy=False)
            writer.assign(by, Role.READ, scope=scope.key)
        writer.delete_by(gone, by=by, now=NOW)
    with units.read() as uow:
        census = uow.census.of_site(site.key)
        assert uow.scopes.page(site.key, after=library.key, limit=9) == [folder.key]
        assert uow.scopes.page(site.key, after=library.key, limit=9, deleted=True) == [folder.key, gone.key]
        assert set(uow.scopes.objects(site.key, [gone.item_id], deleted=True)) == {gone.item_id}
        assert not uow.scopes.objects(site.key, [gone.item_id])
    assert census.counts == {"lists": 1, "folders": 1, "files": 1, "deleted": 1, "scopes": 3, "rights": 2}
    assert (census.versions, census.size_bytes) == (3, 11)
