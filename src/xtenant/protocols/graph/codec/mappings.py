"""Identity mappings as Graph beta says them (graph-migrations.md 2.8): bodies, enum words, ids.

Graph's `m365Group` is `O365Group` in the cmdlets; `AdminGroup` has no word here and is shown as `unknownFutureValue`.
"""

from __future__ import annotations

import base64
import binascii
import struct
from collections.abc import Mapping
from typing import TypeAlias
from uuid import UUID

import msgspec

from xtenant.domain import errors
from xtenant.domain.identity import GroupKind, GroupMapping, UserKind, UserMapping
from xtenant.domain.tenant import TenantId

USER, GROUP = 1, 2
"""The kinds inside an id."""

DELTA_CONTEXT = "#$delta"
UNKNOWN = "unknownFutureValue"
USER_WORDS = {
    "none": UserKind.NONE,
    "regularUser": UserKind.REGULAR,
    "adminUser": UserKind.ADMIN,
    "guestUser": UserKind.GUEST,
}
GROUP_WORDS = {"none": GroupKind.NONE, "regularGroup": GroupKind.REGULAR, "m365Group": GroupKind.O365}
_WORDS: Mapping[UserKind | GroupKind, str] = {
    kind: word for words in (USER_WORDS, GROUP_WORDS) for word, kind in words.items()
}
_HEAD = struct.Struct("<ii")
_LONGEST = 2_000
GUID_LENGTH = 36


class BadMapping(errors.UsageError):
    """A body or id of identity mappings that cannot be meant."""

    code = "badMapping"
    remedy = "Compare it with the page of sharePointIdentityMapping."


class _Part(msgspec.Struct, forbid_unknown_fields=True, rename="camel", kw_only=True):
    odata_type: str | None = msgspec.field(default=None, name="@odata.type")


class _Identity(_Part):
    """`userIdentity` or `identity`; both inherit a display name."""

    id: str | None = None
    display_name: str | None = None
    user_principal_name: str | None = None
    ip_address: str | None = None


class _MigrationData(_Part):
    email: str | None = None
    mail_nickname: str | None = None


class _Removed(_Part):
    reason: str = "deleted"


class DeltaItem(_Part):
    """One item of a PATCH. Which members belong to which kind is judged by `change_of`."""

    id: str | None = None
    removed: _Removed | None = msgspec.field(default=None, name="@removed")
    source_organization_id: str | None = None
    user_type: str | None = None
    group_type: str | None = None
    source_user_identity: _Identity | None = None
    target_user_identity: _Identity | None = None
    target_user_migration_data: _MigrationData | None = None
    source_group_identity: _Identity | None = None
    target_group_identity: _Identity | None = None
    target_group_migration_data: _MigrationData | None = None


class DeltaBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """`"@context": "#$delta"` or `@odata.context`, and the items."""

    value: list[DeltaItem]
    context: str | None = msgspec.field(default=None, name="@context")
    odata_context: str | None = msgspec.field(default=None, name="@odata.context")


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What an item says, in our words; None where it says nothing."""

    source: str
    company_id: TenantId | None
    target: str | None
    name: str | None
    kind: str | None
    removed: bool


def items_of(body: DeltaBody) -> list[DeltaItem]:
    """The items of a delta. Raises BadMapping for a body that is not marked as one."""
    context = body.context or body.odata_context or ""
    if not context.endswith(("#$delta", "/$delta")):
        raise BadMapping("The body is no delta.", remedy='Send "@context": "#$delta" and "value".')
    return body.value


def said(body: DeltaBody, *, groups: bool) -> list[Said]:
    """All items of a delta. Raises BadMapping naming every item that cannot be read."""
    found: list[Said] = []
    problems: list[str] = []
    for number, item in enumerate(items_of(body)):
        try:
            found.append(said_of(item, groups=groups))
        except BadMapping as reason:
            problems.append(f"Item {number}: {reason.text}.")
    if problems:
        raise BadMapping(" ".join(problems))
    return found


def said_of(item: DeltaItem, *, groups: bool) -> Said:
    """Read one item. Raises BadMapping for a member of the other kind, an unknown word, a missing source."""
    source, target, data = (
        (item.source_group_identity, item.target_group_identity, item.target_group_migration_data)
        if groups
        else (item.source_user_identity, item.target_user_identity, item.target_user_migration_data)
    )
    strangers = (
        (item.user_type, item.source_user_identity, item.target_user_identity, item.target_user_migration_data)
        if groups
        else (item.group_type, item.source_group_identity, item.target_group_identity, item.target_group_migration_data)
    )
    if any(stranger is not None for stranger in strangers):
        raise BadMapping("a mapping of users and one of groups are mixed")
    name = _name(source, groups)
    if not name:
        raise BadMapping(f"{'sourceGroupIdentity.id' if groups else 'sourceUserIdentity.userPrincipalName'} is missing")
    extra = None if data is None else (data.mail_nickname if groups else data.email)
    return Said(
        source=name,
        company_id=_company(item.source_organization_id),
        target=_name(target, groups),
        name=extra,
        kind=_group_kind(item.group_type) if groups else _user_kind(item.user_type),
        removed=item.removed is not None,
    )


def _name(identity: _Identity | None, groups: bool) -> str | None:
    return None if identity is None else (identity.id if groups else identity.user_principal_name)


def _company(text: str | None) -> TenantId | None:
    if text is None:
        return None
    try:
        return TenantId(UUID(text if len(text) == GUID_LENGTH else ""))
    except ValueError as error:
        raise BadMapping("sourceOrganizationId is no GUID") from error


def _user_kind(word: str | None) -> str | None:
    found = {known.lower(): kind.value for known, kind in USER_WORDS.items()}
    return None if word is None else _known(found, word, "userType")


def _group_kind(word: str | None) -> str | None:
    found = {known.lower(): kind.value for known, kind in GROUP_WORDS.items()}
    return None if word is None else _known(found, word, "groupType")


def _known(words: Mapping[str, str], word: str, name: str) -> str:
    if word.lower() not in words:
        raise BadMapping(f"'{word}' is no {name}")
    return words[word.lower()]


def mapping_id(key: str, *, groups: bool) -> str:
    """The id of a mapping: base64 without padding of two numbers and the source key (decoded from Graph's samples)."""
    return base64.b64encode(_HEAD.pack(1, GROUP if groups else USER) + key.encode()).decode().rstrip("=")


def key_in(mapping: str, *, groups: bool) -> str:
    """The source key inside an id, in either alphabet, padded or not. Raises BadMapping."""
    text = mapping.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        if len(text) > _LONGEST:
            raise ValueError(text)
        content = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
        version, kind = _HEAD.unpack(content[: _HEAD.size])
        key = content[_HEAD.size :].decode()
    except (binascii.Error, struct.error, ValueError) as error:
        raise BadMapping("This is no id of a mapping.") from error
    if version != 1 or kind != (GROUP if groups else USER) or not key:
        raise BadMapping("This is no id of a mapping of this kind.")
    return key


def mapping_json(row: UserMapping | GroupMapping) -> dict[str, object]:
    """A mapping as it is shown."""
    if isinstance(row, UserMapping):
        return {
            "id": mapping_id(row.source_upn, groups=False),
            "sourceOrganizationId": str(row.company_id),
            "userType": _WORDS.get(row.kind, UNKNOWN),
            "sourceUserIdentity": {"userPrincipalName": row.source_upn},
            "targetUserIdentity": {"userPrincipalName": row.target_upn},
            "targetUserMigrationData": {"email": row.target_email},
        }
    shown: dict[str, object] = {
        "id": mapping_id(str(row.source_group_id), groups=True),
        "sourceOrganizationId": str(row.company_id),
        "groupType": _WORDS.get(row.kind, UNKNOWN),
        "sourceGroupIdentity": {"id": str(row.source_group_id)},
        "targetGroupIdentity": {"id": str(row.target_group_id)},
    }
    if row.target_name != str(row.target_group_id):
        shown["targetGroupMigrationData"] = {"mailNickname": row.target_name}
    return shown


def removed_json(source: str, *, groups: bool) -> dict[str, object]:
    """What a delta's answer says of a row that was taken away."""
    member, name = ("sourceGroupIdentity", "id") if groups else ("sourceUserIdentity", "userPrincipalName")
    return {"id": mapping_id(source, groups=groups), member: {name: source}, "deleted": {"state": "deleted"}}


class _Shown(msgspec.Struct, rename="camel", kw_only=True):
    """A mapping as a tenant shows it; members we do not need are let be."""

    source_organization_id: str
    user_type: str | None = None
    group_type: str | None = None
    source_user_identity: _Identity | None = None
    target_user_identity: _Identity | None = None
    target_user_migration_data: _MigrationData | None = None
    source_group_identity: _Identity | None = None
    target_group_identity: _Identity | None = None
    target_group_migration_data: _MigrationData | None = None


_CMDLET_WORDS = {
    **{word.lower(): kind.value for words in (USER_WORDS, GROUP_WORDS) for word, kind in words.items()},
    UNKNOWN.lower(): GroupKind.ADMIN.value,
}
Columns: TypeAlias = tuple[str, str, str, str, str, str]


def columns_of(shown: Mapping[str, object], *, groups: bool) -> Columns:
    """The six columns of a map's file from a mapping as Graph shows it. Raises BadMapping for what is none."""
    try:
        row = msgspec.convert(dict(shown), _Shown)
    except msgspec.ValidationError as error:
        raise BadMapping("The tenant showed what is no identity mapping.") from error
    if groups:
        source, target, data = row.source_group_identity, row.target_group_identity, row.target_group_migration_data
        name, word = data and data.mail_nickname, row.group_type
    else:
        source, target, data = row.source_user_identity, row.target_user_identity, row.target_user_migration_data
        name, word = data and data.email, row.user_type
    target_key = _name(target, groups) or ""
    return (
        "Group" if groups else "User",
        row.source_organization_id,
        _name(source, groups) or "",
        target_key,
        name or target_key,
        _CMDLET_WORDS.get((word or "").lower(), "None"),
    )
