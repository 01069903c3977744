"""The JSON text that `GetSPOTenantOrgRelation*` returns as a string (spo-admin.md 4.6).

What Microsoft's string holds is not public; the form is our choice, and reading is tolerant. `OwnStatus`, `PartnerStatus` and
`EarliestStartUtc` stand in the answer by partner only (settled A 15).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from xtenant.protocols.csom.codec.enums import RELATION_STATE, ROLE, SCENARIO


@dataclass(frozen=True, slots=True, kw_only=True)
class RelationRow:
    """One relationship; scenario, role and statuses by their names. What a tenant does not tell is None."""

    scenario: str
    partner_role: str
    partner: str
    partner_tenant_id: UUID | None = None
    created_at: datetime | None = None
    own_status: str | None = None
    partner_status: str | None = None
    earliest_start: datetime | None = None


class _Wire(msgspec.Struct, omit_defaults=True):
    Scenario: int = 0
    PartnerRole: int = 0
    PartnerMySiteHostUrl: str = ""
    State: int | None = None
    PartnerSiteSubscriptionId: str | None = None
    CreatedUtc: datetime | None = None
    OwnStatus: str | None = None
    PartnerStatus: str | None = None
    EarliestStartUtc: datetime | None = None


def write_relations(rows: Sequence[RelationRow]) -> str:
    """The string; empty when there is no row."""
    wires = [
        _Wire(
            Scenario=SCENARIO.number_of(row.scenario),
            PartnerRole=ROLE.number_of(row.partner_role),
            PartnerMySiteHostUrl=row.partner,
            State=RELATION_STATE.number_of("None"),
            PartnerSiteSubscriptionId=None if row.partner_tenant_id is None else str(row.partner_tenant_id),
            CreatedUtc=row.created_at,
            OwnStatus=row.own_status,
            PartnerStatus=row.partner_status,
            EarliestStartUtc=row.earliest_start,
        )
        for row in rows
    ]
    return msgspec.json.encode(wires).decode() if wires else ""


def read_relations(text: str) -> list[RelationRow] | None:
    """The rows, or None when the string has another form: then only the raw text can be shown."""
    if not text.strip():
        return []
    try:
        wires = msgspec.json.decode(text, type=list[_Wire])
        return [_row(wire) for wire in wires]
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None


def _row(wire: _Wire) -> RelationRow:
    return RelationRow(
        scenario=SCENARIO.name_of(wire.Scenario),
        partner_role=ROLE.name_of(wire.PartnerRole),
        partner=wire.PartnerMySiteHostUrl,
        partner_tenant_id=_guid(wire.PartnerSiteSubscriptionId),
        created_at=wire.CreatedUtc,
        own_status=wire.OwnStatus,
        partner_status=wire.PartnerStatus,
        earliest_start=wire.EarliestStartUtc,
    )


def _guid(text: Any) -> UUID | None:
    return None if text is None else UUID(str(text).strip("{}"))
