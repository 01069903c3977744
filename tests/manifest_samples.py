"""Every object that a snapshot holds, drawn at random: what writer, reader, export and check are tried with."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from xtenant.domain.content import PrincipalKind, Role
from xtenant.domain.fields import Address, FieldValue, Lookup, People, fields_text
from xtenant.domain.lists import Column, ColumnKind, ContentType, ListDefinition, WebDefinition
from xtenant.domain.sharing import LinkKind, LinkScope
from xtenant.domain.snapshot import (
    ManifestAssignment,
    ManifestAttachment,
    ManifestDeleted,
    ManifestFile,
    ManifestFolder,
    ManifestGroup,
    ManifestLibrary,
    ManifestLink,
    ManifestListItem,
    ManifestObject,
    ManifestPrincipal,
    ManifestScope,
    ManifestSubweb,
    ManifestVersion,
    ManifestWeb,
    ScopeKind,
)


def plain_item(fields: str, **facts: Any) -> ManifestListItem:
    """A list item whose only version is as the item itself says."""
    version = ManifestVersion(
        major=1,
        minor=0,
        sha256=b"",
        size_bytes=0,
        quick_xor=b"",
        modified_at=facts["modified_at"],
        editor=facts["editor"],
        fields=fields,
    )
    return ManifestListItem(**facts, versions=(version,))


texts = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=40)
dates = st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2100, 1, 1)).map(
    lambda d: d.replace(microsecond=0, tzinfo=UTC)
)
numbers = st.integers(min_value=1, max_value=2**40)
counts = st.integers(0, 2**31 - 1)
values: st.SearchStrategy[FieldValue] = st.one_of(
    texts,
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False).map(lambda number: int(number) if number.is_integer() else number),
    st.lists(texts | st.sampled_from([";", "#", "a;#b", ";#", ""]), max_size=3).map(tuple),
    st.lists(numbers, max_size=3).map(lambda found: People(tuple(found))),
    st.lists(numbers, max_size=3).map(lambda found: Lookup(tuple(found))),
    st.builds(Address, texts, texts),
)
field_texts = st.just("") | st.dictionaries(texts, values, max_size=3).map(fields_text)
hashes = {"sha256": st.binary(min_size=32, max_size=32), "quick_xor": st.binary(min_size=20, max_size=20)}
version_facts = {
    "major": st.integers(0, 600),
    "minor": st.integers(0, 511),
    "modified_at": dates,
    "editor": numbers,
    "comment": texts,
    "fields": field_texts,
}
versions = st.builds(ManifestVersion, size_bytes=st.integers(0, 2**50), **hashes, **version_facts)
item_versions = st.builds(
    ManifestVersion, size_bytes=st.just(0), sha256=st.just(b""), quick_xor=st.just(b""), **version_facts
)
made = {"created_at": dates, "modified_at": dates, "author": numbers, "editor": numbers}
numbered = {
    "item_id": st.uuids(),
    "library_id": st.uuids(),
    "parent_id": st.uuids(),
    "name": texts,
    "path": texts,
    "int_id": counts,
    **made,
}
columns = st.lists(
    st.builds(
        Column,
        column_id=st.uuids(),
        name=texts,
        title=texts,
        kind=st.sampled_from(ColumnKind),
        required=st.booleans(),
        hidden=st.booleans(),
        indexed=st.booleans(),
        description=texts,
        group=texts,
        default=texts,
        choices=st.lists(texts, max_size=2).map(tuple),
        looks_at=st.none() | st.uuids(),
    ),
    max_size=2,
).map(tuple)
content_types = st.lists(
    st.builds(
        ContentType,
        type_id=texts,
        name=texts,
        description=texts,
        group=texts,
        hidden=st.booleans(),
        columns=st.lists(st.uuids(), max_size=2).map(tuple),
    ),
    max_size=2,
).map(tuple)
web_definitions = st.builds(
    WebDefinition,
    title=texts,
    description=texts,
    template=texts,
    language=counts,
    time_zone=counts,
    columns=columns,
    content_types=content_types,
)
list_definitions = st.builds(
    ListDefinition,
    template=counts,
    title=texts,
    description=texts,
    hidden=st.booleans(),
    versioning=st.booleans(),
    minor_versions=st.booleans(),
    version_limit=counts,
    moderation=st.booleans(),
    attachments=st.booleans(),
    content_types_enabled=st.booleans(),
    columns=columns,
    content_types=content_types,
)
attachments = st.builds(ManifestAttachment, name=texts, size_bytes=st.integers(0, 2**50), **hashes, **made)
webs = st.builds(
    ManifestSubweb,
    web_id=st.uuids(),
    parent_id=st.none() | st.uuids(),
    name=texts,
    path=texts,
    definition=web_definitions,
    **made,
)
libraries = st.builds(
    ManifestLibrary,
    list_id=st.uuids(),
    name=texts,
    path=texts,
    is_library=st.booleans(),
    web_id=st.none() | st.uuids(),
    definition=list_definitions,
    **made,
)
folders = st.builds(ManifestFolder, fields=field_texts, **numbered)
files = st.builds(ManifestFile, versions=st.lists(versions, min_size=1, max_size=4).map(tuple), **numbered)
list_items = st.builds(
    ManifestListItem,
    versions=st.lists(item_versions, min_size=1, max_size=4).map(tuple),
    attachments=st.lists(attachments, max_size=2).map(tuple),
    **numbered,
) | st.builds(plain_item, fields=field_texts, **numbered)
entries = st.one_of(webs, libraries, folders, files, list_items)
assignments = st.builds(ManifestAssignment, principal=numbers, role=st.sampled_from(Role))
scopes = st.builds(
    ManifestScope,
    kind=st.sampled_from(ScopeKind),
    object_id=st.uuids(),
    path=texts.filter(lambda text: not text.startswith("/")),
    web_id=st.uuids(),
    web_path=st.sampled_from(["", "sites/finance"]),
    assignments=st.lists(assignments, max_size=4).map(tuple),
)
elements: st.SearchStrategy[ManifestObject] = st.one_of(
    st.builds(
        ManifestPrincipal,
        ref=numbers,
        kind=st.sampled_from([kind for kind in PrincipalKind if kind is not PrincipalKind.SITE_GROUP]),
        directory_id=st.uuids(),
        name=texts,
        login=texts,
        mail=st.none() | texts,
        admin=st.booleans(),
    ),
    st.builds(
        ManifestGroup,
        ref=numbers,
        group_id=st.uuids(),
        name=texts,
        description=texts,
        members=st.lists(numbers, max_size=4).map(tuple),
    ),
    st.builds(
        ManifestWeb,
        web_id=st.uuids(),
        site_id=st.uuids(),
        url=st.just("https://contoso.sharepoint.com/sites/a b"),
        title=texts,
        template=st.just("STS#3"),
        created_at=dates,
        modified_at=dates,
        owner=st.none() | numbers,
        definition=web_definitions,
        quota_bytes=st.integers(0, 2**50),
    ),
    entries,
    scopes,
)
without_element: st.SearchStrategy[ManifestObject] = st.one_of(
    st.builds(
        ManifestLink,
        link_id=st.uuids(),
        object_id=st.uuids(),
        path=texts,
        kind=st.sampled_from(LinkKind),
        scope=st.sampled_from(LinkScope),
        token_hash=st.binary(min_size=32, max_size=32),
        created_at=dates,
        created_by=numbers,
        expires_at=st.none() | dates,
        members=st.lists(numbers, max_size=3).map(tuple),
    ),
    st.builds(ManifestDeleted, thing=entries, deleted_at=dates, deleted_by=numbers, with_id=st.uuids()),
)
