"""Records of a made-up estate as rows of a site: numbers become principals, contents what stands for them in the store."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

from xtenant.domain import errors, paths
from xtenant.domain.content import (
    NOTHING_STORED,
    WEB,
    ItemId,
    ItemKey,
    ItemKind,
    ItemRow,
    NewAttachment,
    NewVersion,
    Principal,
    PrincipalKey,
    PrincipalKind,
    RoleAssignment,
    SiteKey,
    StoredBlob,
)
from xtenant.domain.estates import (
    FIRST_SITE_GROUP,
    EstateAttachment,
    EstateItem,
    EstateLink,
    EstateRights,
    EstateSiteGroup,
    EstateVersion,
)
from xtenant.domain.fields import Fields, People, field_values, fields_text
from xtenant.domain.lists import list_definition_of, web_definition_of
from xtenant.domain.permissions import SiteGroup, SiteGroupMember
from xtenant.domain.ports.clock import IdSource
from xtenant.domain.ports.content import SiteWriter
from xtenant.domain.ports.units import UnitOfWork
from xtenant.domain.sharing import SharingLink
from xtenant.operations.estate_people import UnknownNumber


@dataclasses.dataclass(slots=True)
class Numbers:
    """Principal keys by the numbers of an estate."""

    keys: dict[int, PrincipalKey]

    def key(self, number: int) -> PrincipalKey:
        """Raises UnknownNumber."""
        found = self.keys.get(number)
        if found is None:
            raise UnknownNumber(f"The estate has nobody with the number {number}.")
        return found

    def fields(self, text: Fields) -> Fields:
        """Fields with people as this tenant's keys. Raises UnknownNumber, WrongField."""
        if not text:
            return text
        return fields_text(
            {
                name: People(tuple(self.key(number) for number in value.refs)) if isinstance(value, People) else value
                for name, value in field_values(text).items()
            }
        )


class SiteRows:
    """Writes the records of one site."""

    def __init__(self, site_key: SiteKey, numbers: Numbers, ids: IdSource, link_hash: Callable[[UUID], bytes]) -> None:
        self._site_key = site_key
        self._numbers = numbers
        self._ids = ids
        self._link_hash = link_hash

    def put_site_groups(self, uow: UnitOfWork, writer: SiteWriter, groups: Sequence[EstateSiteGroup]) -> None:
        guids = {group.number: self._ids.new_id() for group in groups}
        if any(number < FIRST_SITE_GROUP for number in guids):
            raise errors.UsageError(f"A SharePoint group of an estate has a number from {FIRST_SITE_GROUP} on.")
        keys = uow.principals.ensure(_site_group(guids[group.number], group.title) for group in groups)
        self._numbers.keys |= {number: keys[guid] for number, guid in guids.items()}
        key = self._numbers.key
        writer.put_site_groups(
            [
                SiteGroup(
                    site_key=self._site_key,
                    principal=key(group.number),
                    title=group.title,
                    description=group.description,
                )
                for group in groups
            ],
            [
                SiteGroupMember(group=key(group.number), member=key(member))
                for group in groups
                for member in dict.fromkeys(group.members)
            ],
            (),
        )

    def put_items(
        self, uow: UnitOfWork, writer: SiteWriter, items: Sequence[EstateItem], stored: Mapping[bytes, StoredBlob]
    ) -> None:
        writer.add_rows([self._row(item, stored) for item in items])
        shaped = [item for item in items if item.definition and item.deleted_at is None]
        keys = self._keys(uow, [item.item_id for item in shaped])
        for item in shaped:
            if item.kind is ItemKind.WEB:
                writer.put_web(keys[item.item_id], web_definition_of(item.definition))
            else:
                writer.put_list(keys[item.item_id], list_definition_of(item.definition))

    def put_rights(self, uow: UnitOfWork, writer: SiteWriter, rights: Sequence[EstateRights]) -> None:
        keys = self._keys(uow, [one.item_id for one in rights if one.item_id is not None])
        scopes = [WEB if one.item_id is None else keys[one.item_id] for one in rights]
        writer.put_scopes(
            [scope for scope in scopes if scope != WEB],
            [
                RoleAssignment(site_key=self._site_key, principal=self._numbers.key(number), role=role, scope=scope)
                for scope, one in zip(scopes, rights, strict=True)
                for number, role in one.given
            ],
        )

    def put_links(self, uow: UnitOfWork, writer: SiteWriter, links: Sequence[EstateLink]) -> None:
        keys = self._keys(uow, [one.item_id for one in links])
        writer.put_links(
            [
                SharingLink(
                    link_id=one.link_id,
                    item_key=keys[one.item_id],
                    kind=one.kind,
                    scope=one.scope,
                    token_hash=self._link_hash(one.link_id),
                    created_at=one.created_at,
                    created_by=self._numbers.key(one.created_by),
                    expires_at=one.expires_at,
                    members=tuple(self._numbers.key(number) for number in one.members),
                )
                for one in links
            ]
        )

    def _keys(self, uow: UnitOfWork, ids: Sequence[UUID]) -> dict[UUID, ItemKey]:
        """By id the keys of items that are there. Raises NotFound."""
        found = uow.scopes.objects(self._site_key, [ItemId(one) for one in ids])
        if len(found) < len(set(ids)):
            raise errors.NotFound("The estate names an item that it did not bring.")
        return {item_id: item.key for item_id, item in found.items()}

    def _row(self, item: EstateItem, stored: Mapping[bytes, StoredBlob]) -> ItemRow:
        if item.kind in (ItemKind.FILE, ItemKind.FOLDER):
            paths.item_name(item.name, folder=item.kind is ItemKind.FOLDER)
        key, fields = self._numbers.key, self._numbers.fields
        return ItemRow(
            item_id=ItemId(item.item_id),
            library_id=None if item.list_id is None else ItemId(item.list_id),
            parent_id=None if item.parent_id is None else ItemId(item.parent_id),
            kind=item.kind,
            name=item.name,
            int_id=item.number,
            created_at=item.created_at,
            modified_at=item.modified_at,
            author=key(item.author),
            editor=key(item.editor),
            versions=tuple(self._version(item, one, stored) for one in item.versions),
            fields=fields(item.fields),
            attachments=tuple(self._attachment(one, stored) for one in item.attachments),
            deleted_at=item.deleted_at,
            deleted_by=key(item.deleted_by) if item.deleted_at is not None else PrincipalKey(0),
            deleted_with=None if item.deleted_with is None else ItemId(item.deleted_with),
        )

    def _version(self, item: EstateItem, version: EstateVersion, stored: Mapping[bytes, StoredBlob]) -> NewVersion:
        return NewVersion(
            major=version.major,
            minor=version.minor,
            stored=stored[version.content] if item.kind is ItemKind.FILE else NOTHING_STORED,
            modified_at=version.modified_at,
            editor=self._numbers.key(version.editor),
            comment=version.comment,
            fields=self._numbers.fields(version.fields),
        )

    def _attachment(self, one: EstateAttachment, stored: Mapping[bytes, StoredBlob]) -> NewAttachment:
        paths.item_name(one.name)
        return NewAttachment(
            name=one.name,
            stored=stored[one.content],
            created_at=one.created_at,
            modified_at=one.modified_at,
            author=self._numbers.key(one.author),
            editor=self._numbers.key(one.editor),
        )


def _site_group(guid: UUID, title: str) -> Principal:
    return Principal(key=PrincipalKey(0), kind=PrincipalKind.SITE_GROUP, directory_id=guid, name=title, login=title)
