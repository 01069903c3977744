"""Content as callers use it: sites, folders, files, versions, changes, rights, upload sessions, imports."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from blob_stores import ForgetfulBlobStore
from clock import CountingIds, FakeClock
from content_samples import NOW
from xtenant.domain import content as words
from xtenant.domain import errors, paths
from xtenant.domain.caller import GLOBAL_ADMINISTRATOR, Caller, CallerKind
from xtenant.domain.content import LockState, Role, Site, StoredBlob
from xtenant.domain.directory import Group, GroupId, GroupKind, User, UserId
from xtenant.domain.drive import DriveRef, ItemView, Where
from xtenant.domain.site import NoSuchSite, NothingDeleted, PersonalSites
from xtenant.domain.tenant import Geo, GeoCode
from xtenant.domain.upload import (
    ConflictBehavior,
    FileDates,
    FragmentLengthMismatch,
    FragmentOutOfOrder,
    FragmentOverlap,
    UploadSessionGone,
)
from xtenant.operations import access, blobs, content, deleted_sites, files, imports, permissions, sites, uploads
from xtenant.storage.database import SqlUnits
from xtenant.storage.uploads import FolderUploads

GEO = Geo(code=GeoCode("NAM"), label="contoso")
URL = "https://contoso.sharepoint.com/sites/x"
ANNA, BEN, TEAM = UUID(int=1), UUID(int=2), UUID(int=3)
APP = Caller(kind=CallerKind.APP, app_id=UUID(int=9), permissions=frozenset({"Sites.FullControl.All"}))
READER = dataclasses.replace(APP, permissions=frozenset({"Files.Read.All"}))


def user(user_id: UUID) -> Caller:
    return Caller(kind=CallerKind.USER, user_id=user_id, upn="x@contoso.com")


@dataclasses.dataclass
class World:
    """A tenant with two people, a group, a site of Anna's and a place for content."""

    units: SqlUnits
    clock: FakeClock
    ids: CountingIds
    store: ForgetfulBlobStore
    uploads: FolderUploads
    site: Site

    @property
    def ref(self) -> DriveRef:
        return DriveRef(site_id=self.site.site_id)

    def keep(self, text: bytes) -> StoredBlob:
        return blobs.keep(self.units, self.store, lambda: [text], clock=self.clock)

    def put(self, path: str, text: bytes, by: Caller = APP, **more: object) -> tuple[ItemView, bool]:
        where = Where(names=paths.split_path(path))
        stored = self.keep(text)
        return files.put_file(
            self.units, by, ref=self.ref, where=where, stored=stored, clock=self.clock, ids=self.ids, **more
        )  # type: ignore[arg-type]

    def find(self, path: str, by: Caller = APP) -> ItemView:
        return content.find_item(self.units, by, ref=self.ref, where=Where(names=paths.split_path(path)))

    def lock(self, **changes: object) -> None:
        with self.units.write() as uow:
            found = uow.sites.by_key(self.site.key, lock=True)
            assert found is not None
            uow.sites.update(dataclasses.replace(found, **changes))  # type: ignore[arg-type]


@pytest.fixture
def world(units: SqlUnits, clock: FakeClock, ids: CountingIds, tmp_path: Path) -> Iterator[World]:
    with units.write() as uow:
        for guid, name in ((ANNA, "anna"), (BEN, "ben")):
            upn = f"{name}@contoso.com"
            uow.users.add(User(user_id=UserId(guid), upn=upn, display_name=name.title(), mail=upn, created_at=NOW))
        uow.groups.add(
            Group(
                group_id=GroupId(TEAM),
                kind=GroupKind.SECURITY,
                display_name="Team",
                mail_nickname="team",
                created_at=NOW,
            )
        )
        uow.memberships.add(GroupId(TEAM), BEN)
    site = sites.create_site(units, geo=GEO, url=URL, title="X", owner=ANNA, clock=clock, ids=ids)
    yield World(units, clock, ids, ForgetfulBlobStore(), FolderUploads(tmp_path, units._tenant_id), site)


def test_a_file_is_new_then_has_versions_newest_first(world: World) -> None:
    view, created = world.put("a/b/File.txt", b"one", by=user(ANNA))
    assert created
    assert view.path == ("a", "b", "File.txt")
    assert view.author is not None
    assert view.author.name == "Anna"
    view, created = world.put("A/B/file.TXT", b"two!")
    assert not created
    assert (view.item.name, view.item.version, view.item.size_bytes) == ("File.txt", (2, 0), 4)
    assert view.editor is not None
    assert view.editor.name == "SharePoint App"
    shown = content.versions(world.units, APP, ref=world.ref, where=Where(item_id=view.item.item_id))
    assert [one.version.major for one in shown] == [2, 1]
    first = content.version(world.units, APP, ref=world.ref, where=Where(item_id=view.item.item_id), number=(1, 0))
    assert b"".join(world.store.open(first.blob)) == b"one"


def test_conflict_behaviours_fail_rename_and_replace(world: World) -> None:
    world.put("a.txt", b"1")
    with pytest.raises(words.NameTaken):
        world.put("A.txt", b"2", conflict=ConflictBehavior.FAIL)
    view, created = world.put("a.txt", b"2", conflict=ConflictBehavior.RENAME)
    assert (view.item.name, created) == ("a 1.txt", True)
    make = {"ref": world.ref, "parent": Where(), "clock": world.clock, "ids": world.ids}
    folder = files.create_folder(world.units, APP, name="F", **make)  # type: ignore[arg-type]
    with pytest.raises(words.NameTaken):
        files.create_folder(world.units, APP, name="f", **make)  # type: ignore[arg-type]
    again = files.create_folder(world.units, APP, name="f", conflict=ConflictBehavior.REPLACE, **make)  # type: ignore[arg-type]
    assert again.item.key == folder.item.key
    with pytest.raises(words.NameTaken):
        world.put("F", b"a file over a folder")


def test_dates_are_kept_and_cut_and_what_is_none_stays(world: World) -> None:
    old = NOW - timedelta(days=900)
    view, _ = world.put("a", b"1", dates=FileDates(created_at=old, modified_at=old))
    assert view.item.created_at == view.item.modified_at == old.replace(microsecond=0)
    changed = files.change_item(
        world.units,
        APP,
        ref=world.ref,
        where=Where(item_id=view.item.item_id),
        dates=FileDates(modified_at=NOW),
        clock=world.clock,
    )
    assert changed.item.created_at == old.replace(microsecond=0)
    assert changed.item.modified_at == NOW.replace(microsecond=0)


def test_renaming_moving_deleting_and_if_match(world: World) -> None:
    world.put("a/x.txt", b"1")
    world.put("b/y.txt", b"2")
    x, b = world.find("a/x.txt"), world.find("b")
    where = Where(item_id=x.item.item_id)
    moved = files.change_item(
        world.units, APP, ref=world.ref, where=where, name="z.txt", parent=b.item.item_id, clock=world.clock
    )
    assert moved.path == ("b", "z.txt")
    with pytest.raises(errors.PreconditionFailed):
        files.delete_item(world.units, APP, ref=world.ref, where=where, matches=lambda item: False, clock=world.clock)
    files.delete_item(world.units, APP, ref=world.ref, where=Where(names=("b",)), clock=world.clock)
    with pytest.raises(errors.NotFound):
        world.find("b/z.txt")
    with pytest.raises(errors.UsageError):
        files.delete_item(world.units, APP, ref=world.ref, where=Where(), clock=world.clock)


def test_a_path_beyond_400_characters_and_a_bad_name_are_refused(world: World) -> None:
    with pytest.raises(paths.PathTooLong):
        world.put("/".join(["x" * 200, "y" * 200]), b"1")
    with pytest.raises(paths.InvalidName):
        world.put("a/con", b"1")
    with pytest.raises(errors.NotFound):
        world.find("x" * 200)


def test_delta_tells_everything_then_only_changes(world: World) -> None:
    for number in range(5):
        world.put(f"d{number % 2}/f{number}", b"x")
    first = content.delta(world.units, APP, ref=world.ref, token=None, limit=3)
    second = content.delta(world.units, APP, ref=world.ref, token=first.next_token, limit=3)
    third = content.delta(world.units, APP, ref=world.ref, token=second.next_token, limit=3)
    views = [*first.views, *second.views, *third.views]
    assert [len(view.path) for view in views] == [0, 1, 1, 2, 2, 2, 2, 2]
    assert first.delta_token is None
    assert third.delta_token is not None
    quiet = content.delta(world.units, APP, ref=world.ref, token=third.delta_token, limit=3)
    assert [view.path for view in quiet.views] == [()]
    world.put("d0/new", b"y")
    files.delete_item(world.units, APP, ref=world.ref, where=Where(names=("d1",)), clock=world.clock)
    token, seen = third.delta_token, []
    for _page in range(9):
        page = content.delta(world.units, APP, ref=world.ref, token=token, limit=2)
        seen += [(view.path[-1], view.item.deleted_at is not None) for view in page.views if view.path]
        token = page.next_token or ""
        if page.delta_token:
            break
    assert seen == [("new", False), ("f1", True), ("f3", True), ("d1", True)]


def test_delta_latest_is_empty_and_a_strange_token_is_expired(world: World) -> None:
    latest = content.delta(world.units, APP, ref=world.ref, token="latest", limit=3)
    assert not latest.views
    assert latest.delta_token
    for token in ("s.999999", "x", "s.", "s.1.2.3", "f.-1.0", "s.٣"):
        with pytest.raises(errors.Expired):
            content.delta(world.units, APP, ref=world.ref, token=token, limit=3)


def test_children_are_paged_with_their_people(world: World) -> None:
    for name in ("b", "a", "c"):
        world.put(name, b"x", by=user(ANNA))
    page = content.children(world.units, APP, ref=world.ref, limit=2)
    assert [view.item.name for view in page.views] == ["a", "b"]
    assert page.folder.children == 3
    rest = content.children(world.units, APP, ref=world.ref, after_name=page.next_name or "", limit=2)
    assert ([view.item.name for view in rest.views], rest.next_name) == (["c"], None)


def test_rights_come_from_ownership_assignments_and_groups(world: World) -> None:
    world.put("a", b"x")
    admin = dataclasses.replace(user(BEN), directory_roles=frozenset({GLOBAL_ADMINISTRATOR}))
    assert world.find("a", by=user(ANNA))
    assert world.find("a", by=READER)
    for caller in (user(BEN), admin, dataclasses.replace(APP, permissions=frozenset({"User.Read.All"}))):
        with pytest.raises(errors.AccessDenied):
            world.find("a", by=caller)
    with pytest.raises(errors.AccessDenied):
        world.put("a", b"y", by=READER)
    give = {"ref": world.ref, "clock": world.clock}
    permissions.give(world.units, user(ANNA), names=["team"], role=Role.READ, **give)  # type: ignore[arg-type]
    assert world.find("a", by=user(BEN))
    with pytest.raises(errors.AccessDenied):
        world.put("a", b"y", by=user(BEN))
    permissions.give(world.units, user(ANNA), names=["ben@contoso.com"], role=Role.WRITE, **give)  # type: ignore[arg-type]
    assert world.put("a", b"y", by=user(BEN))
    with pytest.raises(errors.AccessDenied):
        permissions.take_away(world.units, user(BEN), directory_id=TEAM, **give)  # type: ignore[arg-type]
    shown = permissions.list_permissions(world.units, user(ANNA), ref=world.ref)
    assert {(one.principal.name, one.role) for one in shown} == {
        ("Anna", Role.OWNER),
        ("Team", Role.READ),
        ("Ben", Role.WRITE),
    }
    # who may not manage rights is told of the own ones
    shown = permissions.list_permissions(world.units, user(BEN), ref=world.ref)
    assert {one.principal.name for one in shown} == {"Team", "Ben"}
    for guid in (TEAM, BEN):
        permissions.take_away(world.units, user(ANNA), directory_id=guid, **give)  # type: ignore[arg-type]
    with pytest.raises(errors.AccessDenied):
        world.find("a", by=user(BEN))


def test_hidden_sites_do_not_exist_and_locked_ones_say_so(world: World) -> None:
    world.put("a", b"x")
    world.lock(lock_state=LockState.NO_ACCESS)
    with pytest.raises(words.SiteLocked):
        world.find("a")
    world.lock(lock_state=LockState.UNLOCK, published_at=None, hidden_job=UUID(int=77))
    for caller in (APP, user(ANNA)):
        with pytest.raises(errors.NotFound):
            world.find("a", by=caller)
        with pytest.raises(errors.NotFound):
            content.find_site_by_url(world.units, caller, url=URL)
    assert content.list_sites(world.units, APP, after=words.SiteKey(0), limit=9) == ([], None)
    with pytest.raises(words.NameTaken):
        sites.create_site(world.units, geo=GEO, url=URL, title="again", owner=None, clock=world.clock, ids=world.ids)


def send(world: World, session: uploads.UploadSession, start: int, part: bytes, total: int) -> uploads.UploadSession:
    return uploads.receive_fragment(
        world.units,
        world.uploads,
        session_id=session.session_id,
        start=start,
        end=start + len(part) - 1,
        total=total,
        pieces=[part[:3], part[3:]],
        clock=world.clock,
    )


def begin(world: World, path: str = "big.bin", **more: object) -> uploads.UploadSession:
    where = Where(names=paths.split_path(path))
    return uploads.create_session(
        world.units, APP, ref=world.ref, where=where, clock=world.clock, ids=world.ids, **more
    )  # type: ignore[arg-type]


def finish(world: World, session: uploads.UploadSession) -> tuple[ItemView, bool]:
    return uploads.finish(
        world.units, world.uploads, world.store, session_id=session.session_id, clock=world.clock, ids=world.ids
    )


def test_a_file_arrives_in_fragments_and_the_last_one_may_come_again(world: World) -> None:
    session = begin(world, dates=FileDates(modified_at=NOW - timedelta(days=3)))
    assert send(world, session, 0, b"0123456789", 15).received == 10
    with pytest.raises(FragmentOverlap):
        send(world, session, 0, b"0123456789", 15)
    with pytest.raises(FragmentOutOfOrder):
        send(world, session, 12, b"012", 15)
    with pytest.raises(FragmentLengthMismatch):
        send(world, session, 10, b"abcde", 16)
    with pytest.raises(errors.UsageError):
        finish(world, session)
    assert send(world, session, 10, b"abcde", 15).is_complete
    view, created = finish(world, session)
    assert created
    assert b"".join(world.store.open(view.item.blob or words.BlobKey(b""))) == b"0123456789abcde"
    assert view.item.modified_at == (NOW - timedelta(days=3)).replace(microsecond=0)
    assert send(world, session, 10, b"abcde", 15).is_complete
    assert finish(world, session)[0].item == view.item
    assert world.uploads.size(session.session_id) == 0


def test_a_fragment_of_another_length_than_its_range_is_refused_and_may_be_sent_again(world: World) -> None:
    session = begin(world)
    for pieces in ([b"short"], [b"much longer", b" than said"]):
        with pytest.raises(FragmentLengthMismatch):
            uploads.receive_fragment(
                world.units,
                world.uploads,
                session_id=session.session_id,
                start=0,
                end=9,
                total=10,
                pieces=pieces,
                clock=world.clock,
            )
    assert send(world, session, 0, b"0123456789", 10).is_complete


def test_a_freeze_ends_an_upload_for_good(world: World) -> None:
    session = begin(world)
    send(world, session, 0, b"01234", 10)
    world.lock(frozen_by=UUID(int=5), epoch=1)
    with pytest.raises(words.SiteFrozen):
        send(world, session, 5, b"56789", 10)
    world.lock(frozen_by=None)
    with pytest.raises(words.StaleEpoch):
        send(world, session, 5, b"56789", 10)


def test_a_complete_upload_is_refused_when_the_freeze_came_before_its_end(world: World) -> None:
    session = begin(world)
    send(world, session, 0, b"0123456789", 10)
    world.lock(epoch=1)
    with pytest.raises(words.StaleEpoch):
        finish(world, session)
    with pytest.raises(errors.NotFound):
        world.find("big.bin")


def test_sessions_expire_are_cancelled_and_swept(world: World) -> None:
    first, second = begin(world, "1"), begin(world, "2")
    send(world, first, 0, b"01234", 10)
    uploads.cancel(world.units, world.uploads, session_id=second.session_id, clock=world.clock)
    with pytest.raises(UploadSessionGone):
        uploads.session_status(world.units, session_id=second.session_id, clock=world.clock)
    world.clock.advance(days=2)
    with pytest.raises(UploadSessionGone):
        send(world, first, 5, b"56789", 10)
    assert uploads.sweep(world.units, world.uploads, clock=world.clock) == 1
    assert world.uploads.size(first.session_id) == 0


def test_a_name_taken_meanwhile_is_a_late_conflict(world: World) -> None:
    session = begin(world, conflict=ConflictBehavior.FAIL)
    send(world, session, 0, b"0123456789", 10)
    world.put("big.bin", b"faster")
    with pytest.raises(words.NameTaken):
        finish(world, session)
    assert uploads.session_status(world.units, session_id=session.session_id, clock=world.clock).is_complete


def test_administrators_see_lock_remove_and_purge_sites(world: World) -> None:
    world.put("a", b"x")
    sites.set_lock_state(world.units, url=URL, lock_state=LockState.NO_ADDITIONS)
    world.lock(frozen_by=UUID(int=5))
    facts = sites.site_by_url(world.units, url=URL + "/")
    assert (facts.lock_state, facts.owner_upn, facts.storage_bytes) == (LockState.READ_ONLY, "anna@contoso.com", 1)
    with pytest.raises(words.SiteFrozen):
        sites.remove_site(world.units, url=URL, clock=world.clock)
    world.lock(frozen_by=None)
    with pytest.raises(NothingDeleted):
        sites.remove_deleted_site(world.units, url=URL)
    sites.remove_site(world.units, url=URL, clock=world.clock)
    with pytest.raises(NoSuchSite):
        sites.site_by_url(world.units, url=URL)
    assert len(deleted_sites.list_deleted_sites(world.units, clock=world.clock).sites) == 1
    sites.remove_deleted_site(world.units, url=URL)
    assert not deleted_sites.list_deleted_sites(world.units, clock=world.clock).sites


def test_a_onedrive_is_made_once_and_listed_when_asked_for(world: World) -> None:
    with world.units.read() as uow:
        anna = uow.users.by_id(UserId(ANNA))
        assert anna is not None
    made = [
        sites.create_personal_site(world.units, geo=GEO, user=anna, clock=world.clock, ids=world.ids) for _ in range(2)
    ]
    assert made[0].key == made[1].key
    assert made[0].url == "https://contoso-my.sharepoint.com/personal/anna_contoso_com"
    drive = content.personal_drive(world.units, user(ANNA))
    assert drive.library.name == "Documents"
    with pytest.raises(errors.AccessDenied):
        content.personal_drive(world.units, user(BEN), user_id=UserId(ANNA))
    urls = {
        kind: [facts.url for facts in sites.list_sites(world.units, geo=GEO, personal=kind).sites]
        for kind in PersonalSites
    }
    assert urls[PersonalSites.DEFAULT] == urls[PersonalSites.EXCLUDE] == [URL]
    assert urls[PersonalSites.INCLUDE] == [URL, made[0].url]
    assert len(sites.list_sites(world.units, geo=GEO, filter_text="Url -like '*/SITES/X*'").sites) == 1
    assert not sites.list_sites(world.units, geo=GEO, filter_text="Template -eq 'RedirectSite#0'").sites


def entry(path: str, *texts: bytes) -> imports.ImportEntry:
    when = NOW - timedelta(days=700)
    return imports.ImportEntry(
        names=paths.split_path(path),
        created_at=when,
        modified_at=when,
        versions=tuple(imports.ImportVersion(modified_at=when, pieces=lambda text=text: [text]) for text in texts),
    )


def bring(world: World, *entries: imports.ImportEntry) -> imports.ImportTally:
    with world.units.read() as uow:
        anna = access.principal_of_user(uow, ANNA)
    return imports.import_items(
        world.units,
        world.store,
        site_id=world.site.site_id,
        author=anna,
        entries=entries,
        clock=world.clock,
        ids=world.ids,
    )


def test_an_import_keeps_dates_makes_folders_and_may_be_repeated(world: World) -> None:
    tree = (entry("a"), entry("a/b/1.txt", b"v1", b"v2"), entry("A/2.txt", b"x"), entry("empty"))
    tally = bring(world, *tree)
    assert (tally.folders, tally.files, tally.versions, tally.size_bytes) == (3, 2, 3, 5)
    view = world.find("a/b/1.txt")
    assert view.item.version == (2, 0)
    assert view.item.modified_at == (NOW - timedelta(days=700)).replace(microsecond=0)
    assert view.author is not None
    assert view.author.name == "Anna"
    again = bring(world, *tree)
    assert (again.folders, again.files, again.replaced) == (0, 0, 2)
    assert world.find("a/2.txt").item.version == (1, 0)


def test_an_import_numbers_names_that_differ_in_letter_case_only(world: World) -> None:
    tally = bring(world, entry("d/README", b"1"), entry("d/readme", b"2"), entry("d/other", b"3"))
    assert (tally.files, tally.renamed) == (3, 1)
    page = content.children(world.units, APP, ref=world.ref, where=Where(names=("d",)), limit=9)
    assert [view.item.name for view in page.views] == ["other", "README", "readme 1"]
