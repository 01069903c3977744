"""Users and groups as lists see them: which expression answers for each field of `query.USERS` and `query.GROUPS`."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Row,
    Table,
    and_,
    cast,
    exists,
    func,
    literal,
    literal_column,
    select,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import JSONB

from xtenant.domain.directory import PROFILE_TEXTS, Group, User
from xtenant.domain.query import EXTENSION_FIELDS
from xtenant.storage.groups import group_of, groups
from xtenant.storage.licences import licences
from xtenant.storage.predicates import Asked, Many, ascii_lower, of_key, of_text
from xtenant.storage.tables import Text
from xtenant.storage.users import user_of, users

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape(Generic[T]):
    """A noun's table, its id, the names it has by `Question.order`, and how a row becomes a value.

    `forgotten` is what a row keeps when its object is deleted for good: nothing that names a person.
    """

    table: Table
    id: Column[Any]
    fields: Mapping[str, Asked]
    many: Mapping[str, Many]
    orders: Mapping[str, ColumnElement[Any]]
    value: Callable[[Row[Any]], T]
    taken: tuple[str, ...]
    forgotten: Mapping[str, object]


@functools.cache
def users_shape(dialect: str) -> Shape[User]:
    own = users.c
    return Shape(
        table=users,
        id=own.user_id,
        fields={
            "id": Asked(expression=own.user_id, nullable=False, indexed=True),
            "user_principal_name": of_key(own.upn_key, nullable=False, indexed=True),
            "display_name": of_key(own.name_key, nullable=False),
            "mail": of_key(own.mail_key, nullable=True, indexed=True),
            "mail_nickname": of_text(own.mail_nickname),
            "user_type": of_text(own.user_type, nullable=False),
            "account_enabled": Asked(expression=own.account_enabled, nullable=False),
            "usage_location": of_text(own.usage_location),
            **{name: of_text(own[name]) for name in PROFILE_TEXTS},
            "external_user_state": of_text(own.external_state),
            "on_premises_sync_enabled": Asked(expression=_true_or_nothing(own.synced)),
            "on_premises_immutable_id": of_text(own.immutable_id),
            "created_date_time": Asked(expression=own.created_at, nullable=False),
            **{name: of_text(_extension(name, dialect)) for name in EXTENSION_FIELDS},
        },
        many={
            "assigned_licenses": Many(fields={"sku_id": Asked(expression=licences.c.sku_id)}, exists=_licensed),
            **{
                name: _texts(own[name], name, dialect) for name in ("proxy_addresses", "other_mails", "business_phones")
            },
        },
        orders={
            "user_principal_name": own.upn_key,
            "display_name": own.name_key,
            "mail": func.coalesce(own.mail_key, ""),
            "created_date_time": type_coerce(own.created_at, BigInteger),
        },
        value=user_of,
        taken=("upn_key",),
        forgotten={
            **dict.fromkeys(("upn", "upn_key", "display_name", "name_key"), ""),
            **dict.fromkeys(("mail", "mail_key", "mail_nickname", "usage_location", *PROFILE_TEXTS, "immutable_id")),
            **dict.fromkeys(("business_phones", "other_mails", "proxy_addresses", "extension_attributes"), ()),
            "directory_roles": None,
            "password_hash": None,
        },
    )


@functools.cache
def groups_shape(dialect: str) -> Shape[Group]:
    own = groups.c
    unified, mail = of_text(own.kind, nullable=False), of_text(own.mail)
    return Shape(
        table=groups,
        id=own.group_id,
        fields={
            "id": Asked(expression=own.group_id, nullable=False, indexed=True),
            "display_name": of_key(own.name_key, nullable=False),
            "mail_nickname": of_key(own.alias_key, nullable=False, indexed=True),
            "mail": mail,
            "description": of_text(own.description),
            "visibility": of_text(own.visibility, nullable=False),
            "mail_enabled": Asked(expression=own.mail_enabled, nullable=False),
            "security_enabled": Asked(expression=own.security_enabled, nullable=False),
            "preferred_data_location": of_text(own.preferred_data_location),
            "on_premises_sync_enabled": Asked(expression=_true_or_nothing(own.synced)),
            "created_date_time": Asked(expression=own.created_at, nullable=False),
        },
        many={
            # a group has one type or none: 'Unified', which the column spells in small letters
            "group_types": Many(
                fields={"group_types": unified}, exists=lambda inner: and_(own.kind == "unified", inner)
            ),
            # a group has its mail address or none
            "proxy_addresses": Many(
                fields={"proxy_addresses": Asked(expression=literal("smtp:") + mail.expression, fold=ascii_lower)},
                exists=lambda inner: and_(own.mail.is_not(None), inner),
            ),
            "resource_behavior_options": _texts(own.resource_behavior_options, "resource_behavior_options", dialect),
        },
        orders={
            "display_name": own.name_key,
            "mail": func.coalesce(mail.expression, ""),
            "created_date_time": type_coerce(own.created_at, BigInteger),
        },
        value=group_of,
        taken=("alias_key",),
        forgotten={
            **dict.fromkeys(("display_name", "name_key", "mail_nickname", "alias_key"), ""),
            **dict.fromkeys(("mail", "description")),
        },
    )


def _extension(field: str, dialect: str) -> ColumnElement[Any]:
    """One attribute out of the pairs that a user's row holds as JSON."""
    name, pairs = (
        "extensionAttribute" + field.rpartition("attribute")[2],
        type_coerce(users.c.extension_attributes, Text),
    )
    if dialect == "postgresql":
        pair = func.jsonb_array_elements(cast(pairs, JSONB)).table_valued("value", name="pair").c.value
        own, text = pair.op("->>")(0), pair.op("->>")(1)
    else:
        pair = func.json_each(pairs).table_valued("value", name="pair").c.value
        own, text = func.json_extract(pair, "$[0]"), func.json_extract(pair, "$[1]")
    return select(text).where(own == name).correlate(users).scalar_subquery()


def _true_or_nothing(column: ColumnElement[bool]) -> ColumnElement[Any]:
    """Graph says true or null of what is synchronized, never false."""
    return func.nullif(column, literal_column("false"), type_=column.type)


def _licensed(inner: ColumnElement[bool]) -> ColumnElement[bool]:
    held = and_(licences.c.tenant_id == users.c.tenant_id, licences.c.user_id == users.c.user_id)
    return exists(select(licences.c.sku_id).where(held, inner).correlate(users))


def _texts(column: Column[Any], name: str, dialect: str) -> Many:
    """A column that holds a short list of texts as JSON."""
    if dialect == "postgresql":
        members = func.jsonb_array_elements_text(cast(type_coerce(column, Text), JSONB)).table_valued(
            "value", name=name
        )
    else:
        members = func.json_each(type_coerce(column, Text)).table_valued("value", name=name)
    return Many(
        fields={name: of_text(members.c.value, nullable=False)},
        exists=lambda inner: exists(select(members.c.value).where(inner).correlate(column.table)),
    )
