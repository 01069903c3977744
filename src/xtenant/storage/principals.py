"""Principals: everybody content refers to. Rows outlive the accounts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Column, ColumnElement, Connection, Index, Row, Select, Table, select, union, update
from sqlalchemy.dialects import postgresql, sqlite

from xtenant.domain.content import WEB, Principal, PrincipalKey, PrincipalKind, Role, RoleAssignment, SiteKey
from xtenant.domain.fields import Fields, people_in
from xtenant.domain.tenant import TenantId
from xtenant.storage.attachments import attachments
from xtenant.storage.items import IN_BIN, LEAVES, items, versions
from xtenant.storage.link_rows import link_members, sharing_links
from xtenant.storage.permissions import assignments, site_group_members, site_groups, site_users
from xtenant.storage.tables import Guid, Key, Text, metadata

principals = Table(
    "principals",
    metadata,
    Column("key", Key, primary_key=True),
    Column("tenant_id", Guid, nullable=False),
    Column("kind", Text(8), nullable=False),
    Column("directory_id", Guid, nullable=False),
    Column("name", Text, nullable=False),
    Column("login", Text, nullable=False),
    Column("mail", Text),
)
Index("uq_principals_directory_id", principals.c.tenant_id, principals.c.directory_id, unique=True)

KEYS_A_QUERY = 1_000


def principal_of(row: Row[Any]) -> Principal:
    """A row as a value."""
    return Principal(
        key=PrincipalKey(row.key),
        kind=PrincipalKind(row.kind),
        directory_id=row.directory_id,
        name=row.name,
        login=row.login,
        mail=row.mail,
    )


class PrincipalStore:
    """`PrincipalRepository` on SQL."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    def ensure(self, principals_: Iterable[Principal]) -> dict[UUID, PrincipalKey]:
        wanted = {principal.directory_id: principal for principal in principals_}
        known = self.by_directory_ids(wanted)
        missing = [self._values(fresh) for guid, fresh in sorted(wanted.items()) if guid not in known]
        if missing:
            # another worker may have inserted the same person meanwhile
            engine = postgresql if self._connection.dialect.name == "postgresql" else sqlite
            self._connection.execute(engine.insert(principals).on_conflict_do_nothing(), missing)
        for guid, principal in known.items():
            fresh = wanted[guid]
            if (principal.name, principal.login, principal.mail) != (fresh.name, fresh.login, fresh.mail):
                self._refresh(principal.key, fresh)
        if missing:
            known = self.by_directory_ids(wanted)
        return {guid: principal.key for guid, principal in known.items()}

    def by_keys(self, keys: Iterable[PrincipalKey]) -> dict[PrincipalKey, Principal]:
        return {found.key: found for found in self._many(principals.c.key, list(set(keys)))}

    def by_directory_ids(self, ids: Iterable[UUID]) -> dict[UUID, Principal]:
        return {found.directory_id: found for found in self._many(principals.c.directory_id, list(set(ids)))}

    def of_site(self, site_key: SiteKey) -> Iterator[Principal]:
        named = union(
            *self._named_by_content(site_key),
            self._named(sharing_links, sharing_links.c.created_by, site_key),
            self._named(link_members, link_members.c.member, site_key),
            self._named(assignments, assignments.c.principal, site_key),
            self._named(site_groups, site_groups.c.principal, site_key),
            self._named(site_group_members, site_group_members.c.member, site_key),
            self._named(site_users, site_users.c.principal, site_key).where(site_users.c.admin),
        )
        keys = set(self._connection.execute(named).scalars()) | people_in(self._fields_with_people(site_key))
        ordered = sorted(keys)
        for start in range(0, len(ordered), KEYS_A_QUERY):
            some = principals.c.key.in_(ordered[start : start + KEYS_A_QUERY])
            query = select(principals).where(principals.c.tenant_id == self._tenant_id, some)
            for row in self._connection.execute(query.order_by(principals.c.key)):
                yield principal_of(row)

    def _named_by_content(self, site_key: SiteKey) -> Sequence[Select[Any]]:
        own = (items.c.tenant_id == self._tenant_id) & (items.c.site_key == site_key)
        kept = select(versions.c.editor).join(items, items.c.key == versions.c.item_key).where(own)
        attached = items.c.key == attachments.c.item_key
        return [
            *(select(column).where(own) for column in (items.c.author, items.c.editor)),
            select(items.c.deleted_by).where(own, IN_BIN),
            kept,
            *(
                select(column).join(items, attached).where(own)
                for column in (attachments.c.author, attachments.c.editor)
            ),
        ]

    def _fields_with_people(self, site_key: SiteKey) -> Iterator[Fields]:
        """Every text of fields that names somebody; of files and list items the versions' say it all."""
        own = (items.c.tenant_id == self._tenant_id) & (items.c.site_key == site_key)
        own_texts = select(items.c.fields).where(own, items.c.kind.not_in(LEAVES))
        versions_texts = select(versions.c.fields).join(items, items.c.key == versions.c.item_key).where(own)
        for query, column in ((own_texts, items.c.fields), (versions_texts, versions.c.fields)):
            named = query.where(column.contains('"people"')).distinct().execution_options(yield_per=1_000)
            yield from self._connection.execute(named).scalars()

    def assignments(self, site_key: SiteKey) -> Sequence[RoleAssignment]:
        rows = self._connection.execute(
            select(assignments)
            .where(
                assignments.c.tenant_id == self._tenant_id,
                assignments.c.site_key == site_key,
                assignments.c.scope == WEB,
            )
            .order_by(assignments.c.principal)
        )
        return [
            RoleAssignment(site_key=SiteKey(row.site_key), principal=PrincipalKey(row.principal), role=Role(row.role))
            for row in rows
        ]

    def _named(self, table: Table, column: ColumnElement[Any], site_key: SiteKey) -> Select[Any]:
        return select(column).where(table.c.tenant_id == self._tenant_id, table.c.site_key == site_key)

    def _many(self, column: ColumnElement[Any], keys: Sequence[object]) -> Iterator[Principal]:
        for start in range(0, len(keys), KEYS_A_QUERY):
            query = select(principals).where(
                principals.c.tenant_id == self._tenant_id, column.in_(keys[start : start + KEYS_A_QUERY])
            )
            for row in self._connection.execute(query):
                yield principal_of(row)

    def _values(self, principal: Principal) -> dict[str, object]:
        return {
            "tenant_id": self._tenant_id,
            "kind": principal.kind.value,
            "directory_id": principal.directory_id,
            "name": principal.name,
            "login": principal.login,
            "mail": principal.mail,
        }

    def _refresh(self, key: PrincipalKey, fresh: Principal) -> None:
        self._connection.execute(
            update(principals)
            .where(principals.c.tenant_id == self._tenant_id, principals.c.key == key)
            .values(name=fresh.name, login=fresh.login, mail=fresh.mail)
        )
