"""Own organization relationships and the inbox of requests received."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Column, Connection, Integer, Row, Table, UniqueConstraint, delete, insert, select, update

from xtenant.domain.tenant import GeoCode, HostUrl, TenantId
from xtenant.domain.trust import OrganizationRelationship, PartnerRole, ReceivedRequest, RelationKey, Scenario
from xtenant.storage.tables import Guid, Instant, Key, Text, metadata

relationships = Table(
    "relationships",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=True),
    Column("tenant_id", Guid, nullable=False),
    Column("relation_id", Guid, nullable=False),
    Column("geo", Text(16), nullable=False),
    Column("partner", Text(255), nullable=False),
    Column("partner_role", Text(16), nullable=False),
    Column("scenario", Text(16), nullable=False),
    Column("requested_at", Instant, nullable=False),
    Column("requested_by", Text(320), nullable=False),
    Column("partner_tenant_id", Guid),
    UniqueConstraint("tenant_id", "geo", "partner", "partner_role", "scenario"),
)

inbox = Table(
    "trust_inbox",
    metadata,
    Column("key", Key, primary_key=True, autoincrement=True),
    Column("tenant_id", Guid, nullable=False),
    Column("request_id", Guid, nullable=False),
    Column("geo", Text(16), nullable=False),
    Column("partner", Text(255), nullable=False),
    Column("partner_tenant_id", Guid, nullable=False),
    Column("answer_role", Text(16), nullable=False),
    Column("scenario", Text(16), nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("repeated", Integer, nullable=False),
    UniqueConstraint("tenant_id", "geo", "partner", "answer_role", "scenario"),
)


class RelationshipStore:
    """`RelationshipRepository` on SQL."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    def put(self, relationship: OrganizationRelationship) -> None:
        values = {
            "relation_id": relationship.relation_id,
            "requested_at": relationship.requested_at,
            "requested_by": relationship.requested_by,
            "partner_tenant_id": relationship.partner_tenant_id,
        }
        where = self._where(relationship.key)
        if self._connection.execute(update(relationships).where(*where).values(values)).rowcount == 0:
            self._connection.execute(
                insert(relationships).values(tenant_id=self._tenant_id, **_key_columns(relationship.key), **values)
            )

    def get(self, key: RelationKey) -> OrganizationRelationship | None:
        row = self._connection.execute(select(relationships).where(*self._where(key))).one_or_none()
        return None if row is None else _relationship(row)

    def remove(self, key: RelationKey) -> bool:
        return self._connection.execute(delete(relationships).where(*self._where(key))).rowcount > 0

    def all(self, geo: GeoCode | None = None) -> Sequence[OrganizationRelationship]:
        return self._list(*([relationships.c.geo == geo] if geo is not None else []))

    def by_partner(self, geo: GeoCode, partner: HostUrl) -> Sequence[OrganizationRelationship]:
        return self._list(relationships.c.geo == geo, relationships.c.partner == partner.text)

    def by_scenario(self, geo: GeoCode, scenario: Scenario, role: PartnerRole) -> Sequence[OrganizationRelationship]:
        return self._list(
            relationships.c.geo == geo,
            relationships.c.scenario == scenario.value,
            relationships.c.partner_role == role.value,
        )

    def _list(self, *where: Any) -> Sequence[OrganizationRelationship]:
        rows = self._connection.execute(
            select(relationships)
            .where(relationships.c.tenant_id == self._tenant_id, *where)
            .order_by(relationships.c.key)
        )
        return [_relationship(row) for row in rows]

    def _where(self, key: RelationKey) -> list[Any]:
        columns = relationships.c
        return [columns.tenant_id == self._tenant_id] + [columns[n] == v for n, v in _key_columns(key).items()]


class InboxStore:
    """`InboxRepository` on SQL."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    def put(self, request: ReceivedRequest) -> None:
        place = {
            "geo": request.geo,
            "partner": request.partner.text,
            "answer_role": request.answer_role.value,
            "scenario": request.scenario.value,
        }
        values = {
            "request_id": request.request_id,
            "partner_tenant_id": request.partner_tenant_id,
            "received_at": request.received_at,
            "repeated": request.repeated,
        }
        where = [inbox.c.tenant_id == self._tenant_id] + [inbox.c[n] == v for n, v in place.items()]
        if self._connection.execute(update(inbox).where(*where).values(values)).rowcount == 0:
            self._connection.execute(insert(inbox).values(tenant_id=self._tenant_id, **place, **values))

    def get(self, geo: GeoCode, partner: HostUrl, answer_role: PartnerRole) -> ReceivedRequest | None:
        row = self._connection.execute(
            select(inbox).where(
                inbox.c.tenant_id == self._tenant_id,
                inbox.c.geo == geo,
                inbox.c.partner == partner.text,
                inbox.c.answer_role == answer_role.value,
            )
        ).one_or_none()
        return None if row is None else _request(row)

    def all(self, geo: GeoCode | None = None) -> Sequence[ReceivedRequest]:
        where = [inbox.c.tenant_id == self._tenant_id] + ([inbox.c.geo == geo] if geo is not None else [])
        rows = self._connection.execute(select(inbox).where(*where).order_by(inbox.c.received_at, inbox.c.key))
        return [_request(row) for row in rows]


def _key_columns(key: RelationKey) -> dict[str, str]:
    return {
        "geo": key.geo,
        "partner": key.partner.text,
        "partner_role": key.partner_role.value,
        "scenario": key.scenario.value,
    }


def _relationship(row: Row[Any]) -> OrganizationRelationship:
    return OrganizationRelationship(
        key=RelationKey(
            geo=GeoCode(row.geo),
            partner=HostUrl(row.partner),
            partner_role=PartnerRole(row.partner_role),
            scenario=Scenario(row.scenario),
        ),
        relation_id=row.relation_id,
        requested_at=row.requested_at,
        requested_by=row.requested_by,
        partner_tenant_id=row.partner_tenant_id,
    )


def _request(row: Row[Any]) -> ReceivedRequest:
    return ReceivedRequest(
        request_id=row.request_id,
        geo=GeoCode(row.geo),
        partner=HostUrl(row.partner),
        partner_tenant_id=row.partner_tenant_id,
        answer_role=PartnerRole(row.answer_role),
        scenario=Scenario(row.scenario),
        received_at=row.received_at,
        repeated=row.repeated,
    )
