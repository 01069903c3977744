"""Graph's identifiers and addresses: round trips, and no text that leads to anything but a value or a refusal."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import quote
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xtenant.domain import errors
from xtenant.domain.content import Item, ItemId, ItemKey, ItemKind, PrincipalKey, SiteId, SiteKey
from xtenant.protocols.graph.codec import address, bodies, ids, query, ranges, writing
from xtenant.protocols.graph.codec.address import Address, ItemRef, Place, Segment, parse_address

NOW = datetime(2026, 11, 23, tzinfo=UTC)
guids = st.uuids()
names = st.text(
    st.characters(exclude_categories=("Cc", "Cs"), exclude_characters='"*:<>?/\\|'), min_size=1, max_size=40
).filter(lambda name: name not in (".", ".."))


def item(guid: UUID, kind: ItemKind = ItemKind.FILE) -> Item:
    return Item(
        key=ItemKey(1),
        site_key=SiteKey(1),
        item_id=ItemId(guid),
        library_key=None,
        parent_key=None,
        kind=kind,
        name="a",
        int_id=1,
        created_at=NOW,
        modified_at=NOW,
        author=PrincipalKey(1),
        editor=PrincipalKey(1),
    )


@given(guids, guids, guids)
def test_a_drive_id_gives_back_what_it_is_made_of(site: UUID, web: UUID, library: UUID) -> None:
    drive = ids.DriveId(SiteId(site), web, ItemId(library))
    assert len(str(drive)) == 66
    assert ids.parse_drive_id(str(drive)) == drive


@given(guids, guids)
def test_an_item_id_gives_back_its_guid(library: UUID, unique: UUID) -> None:
    drive = ids.DriveId(SiteId(library), library, ItemId(library))
    text = ids.item_id_of(drive, item(unique))
    assert len(text) == 34
    assert ids.parse_item_id(text) == unique
    assert ids.parse_item_id(text.lower().replace("o", "O")) == unique


@given(guids)
def test_a_root_id_ends_as_every_root_id_at_microsoft(library: UUID) -> None:
    drive = ids.DriveId(SiteId(library), library, ItemId(library))
    text = ids.item_id_of(drive, item(library, ItemKind.LIBRARY))
    assert text.endswith("56Y2GOVW7725BZO354PWSELRRZ")
    assert ids.parse_item_id(text) is None


def test_a_site_id_is_read_in_each_form() -> None:
    site, web = UUID(int=1), UUID(int=2)
    assert ids.parse_site_id(f"contoso.sharepoint.com,{site},{web}") == ids.SiteName(
        "contoso.sharepoint.com", SiteId(site), web
    )
    assert ids.parse_site_id(str(site)) == ids.SiteName(None, SiteId(site), None)
    assert ids.parse_site_id("contoso.sharepoint.com") == ids.SiteName("contoso.sharepoint.com")


@given(st.text(max_size=80))
def test_any_text_as_an_id_is_a_value_or_a_refusal(text: str) -> None:
    for parse in (ids.parse_drive_id, ids.parse_item_id, ids.parse_site_id, query.unpack_token):
        try:
            parse(text)
        except errors.XTenantError:
            continue


DRIVE = "b!drive0001"
SPELLINGS = [
    ("drives/b%21drive0001/items/root/children", ItemRef(), ("children",)),
    (f"drives/{DRIVE}/root", ItemRef(), ()),
    (f"drives/{DRIVE}/root:/a.txt:/", ItemRef(None, ("a.txt",)), ()),
    (f"drives/{DRIVE}/root:/a.txt:", ItemRef(None, ("a.txt",)), ()),
    (f"drives/{DRIVE}/root:/a.txt", ItemRef(None, ("a.txt",)), ()),
    (f"drives/{DRIVE}/root:/a/b%20c.txt:/content", ItemRef(None, ("a", "b c.txt")), ("content",)),
    (f"drives/{DRIVE}/root:/.%2Fnew.txt", ItemRef(None, ("new.txt",)), ()),
    (f"drives/{DRIVE}/items/01ROOT:/a.txt:", ItemRef("01ROOT", ("a.txt",)), ()),
    (f"drives/{DRIVE}/items/root%3A%2Fnew.txt%3A/content", ItemRef(None, ("new.txt",)), ("content",)),
    (f"drives/{DRIVE}/items/01X:/s:/createUploadSession", ItemRef("01X", ("s",)), ("createUploadSession",)),
    (f"drives/{DRIVE}/root/delta()", ItemRef(), ("delta",)),
    (f"drives/{DRIVE}/items/01X/versions/1.0/content", ItemRef("01X"), ("versions", "1.0", "content")),
    (f"drives/{DRIVE}/", None, ()),
    (f"drives/{DRIVE}/root:/50%25 %23 a+b (1) it's.txt", ItemRef(None, ("50% # a+b (1) it's.txt",)), ()),
]


@pytest.mark.parametrize(("raw", "ref", "rest"), SPELLINGS)
def test_every_recorded_spelling_means_its_item(raw: str, ref: ItemRef | None, rest: tuple[str, ...]) -> None:
    read = parse_address(raw)
    assert (read.place, read.name, read.item) == (Place.DRIVE, DRIVE, ref)
    assert tuple(segment.name for segment in read.rest) == rest


@pytest.mark.parametrize(
    ("raw", "wanted"),
    [
        (
            "sites/contoso.sharepoint.com%3A%2Fsites%2Fx",
            Address(place=Place.SITE, name="contoso.sharepoint.com", path=("sites", "x")),
        ),
        (
            "sites/contoso.sharepoint.com:/sites/x:/drives",
            Address(place=Place.SITE, name="contoso.sharepoint.com", path=("sites", "x"), rest=(Segment("drives"),)),
        ),
        ("sites/root", Address(place=Place.SITE, name="root")),
        ("sites/root:/sites/x:", Address(place=Place.SITE, name="root", path=("sites", "x"))),
        (
            "sites/h,g/drives/b!1/root:/a",
            Address(place=Place.SITE, name="h,g", in_drive=True, drive="b!1", item=ItemRef(None, ("a",))),
        ),
        ("me/drive", Address(place=Place.ME, in_drive=True)),
        ("me/drives", Address(place=Place.ME, rest=(Segment("drives"),))),
        ("users/ana%40x.com/drive/root", Address(place=Place.USER, name="ana@x.com", in_drive=True, item=ItemRef())),
        (
            "drives/d/root/delta(token='2021-09-29T20:00:00Z')",
            Address(
                place=Place.DRIVE,
                name="d",
                in_drive=True,
                item=ItemRef(),
                rest=(Segment("delta", "token='2021-09-29T20:00:00Z'"),),
            ),
        ),
    ],
)
def test_sites_users_and_functions_are_read(raw: str, wanted: Address) -> None:
    assert parse_address(raw) == wanted


@given(st.lists(names, min_size=1, max_size=5))
def test_names_survive_encoding(path: list[str]) -> None:
    raw = f"drives/{DRIVE}/root:/" + "/".join(quote(name, safe="") for name in path) + ":/content"
    read = parse_address(raw)
    assert read.item == ItemRef(None, tuple(path))
    assert read.verb == "content"


@given(st.text(max_size=200))
def test_any_path_is_an_address_or_a_refusal(raw: str) -> None:
    for text in (raw, f"drives/{raw}", f"sites/{raw}", f"drives/d/root:{raw}", quote(raw)):
        try:
            parse_address(text)
        except errors.UsageError:
            continue


@pytest.mark.parametrize("raw", ["drives/d/root:/a/../b", "drives/d/root:/%2e%2e/b", "drives/d/root:/a%00b", "x/y", ""])
def test_paths_that_go_up_or_hold_control_characters_are_refused(raw: str) -> None:
    with pytest.raises(address.InvalidAddress):
        parse_address(raw)


def test_a_path_of_401_characters_is_too_long() -> None:
    with pytest.raises(address.PathIsTooLong):
        parse_address(f"drives/d/root:/{'a/' * 200}b")


@given(st.integers(0, 2_000), st.text("bytes=-0123456789,", max_size=30))
def test_any_range_header_is_a_span_inside_the_content(total: int, header: str) -> None:
    try:
        span = ranges.parse_range(header, total)
    except errors.WrongRange:
        return
    assert span is None or (span.start >= 0 and span.size > 0 and span.start + span.size <= total)


@pytest.mark.parametrize(
    "header", [None, "", "bytes 5-4/10", "bytes 0-10/10", "bytes -1-4/10", "bytes 0-4/*", f"bytes 0-1/{10**17}"]
)
def test_an_impossible_content_range_is_refused(header: str | None) -> None:
    with pytest.raises(errors.WrongRange):
        ranges.parse_content_range(header)


@given(st.binary(max_size=200))
def test_any_body_is_read_or_refused(body: bytes) -> None:
    for kind in (writing.FolderBody, writing.ItemPatch, writing.SessionBody, writing.InviteBody):
        try:
            bodies.decode(body, kind)
        except errors.UsageError:
            continue


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b'{"item":{"name":"big.bin"}}',
        b'{"item": {"@name.conflictBehavior": "replace", "fileSystemInfo": {"lastModifiedDateTime": "2026-01-02T03:04:05Z"}}}',
        b'{"item":{"fileSystemInfo":{"createdDateTime":"2026-01-02T03:04:05.123Z","lastModifiedDateTime":"2026-01-02T03:04:05Z"}}}',
    ],
)
def test_recorded_session_bodies_are_read(body: bytes) -> None:
    assert not bodies.decode(body, writing.SessionBody).defer_commit


def test_options_are_read_with_and_without_dollar() -> None:
    for name in ("$top", "top", "$TOP"):
        assert query.parse_options([(name, "1000")]).top == 1000
    with pytest.raises(query.InvalidOption):
        query.parse_options([("bogus", "1")])


@given(st.text(max_size=50))
def test_a_paging_key_survives_its_token(key: str) -> None:
    assert query.unpack_token(query.pack_token(key)) == key
