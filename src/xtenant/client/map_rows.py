"""Rows of an identity map as the tools hold them: read from a file's line or from the tenant, compared with each other.

The reading here takes a file that the linter has found clean; judging rows is the linter's and the tenant's affair (settled C 6).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias
from uuid import UUID

from xtenant.domain import errors
from xtenant.protocols.csom.call import GroupRow, UserRow

USER_FIELDS = ("SourceUserKey", "TargetUserPuid", "TargetUserUpn", "TargetUserEmail")
GROUP_FIELDS = ("SourceGroupObjectId", "TargetGroupObjectId", "TargetGroupName")

Row: TypeAlias = UserRow | GroupRow
RowKey: TypeAlias = tuple[UUID, str]
"""Source tenant, and the source's UPN or object id, folded."""


def key_of(row: Row) -> RowKey:
    source = row.source_upn if isinstance(row, UserRow) else str(row.source_group_id)
    return row.company_id, source.casefold()


def same(one: Row, other: Row) -> bool:
    """Whether two rows say the same; names compare without regard to case, and a file knows no PUID."""
    return columns_of(one, folded=True) == columns_of(other, folded=True)


def columns_of(row: Row, *, folded: bool = False) -> tuple[str, ...]:
    """The six columns (R-5.3 to R-5.8)."""
    if isinstance(row, UserRow):
        found = ("User", str(row.company_id), row.source_upn, row.target_upn, row.target_email, row.user_type)
    else:
        ids = (str(row.company_id), str(row.source_group_id), str(row.target_group_id))
        found = ("Group", *ids, row.target_name, row.group_type)
    return tuple(column.casefold() for column in found) if folded else found


def line_of(row: Row) -> str:
    """A row as a line of the file."""
    columns = columns_of(row)
    return ",".join(f'"{column}"' if "," in column else column for column in columns)


def row_of(columns: Iterable[str]) -> Row:
    """A row from its six columns. Raises UsageError for what is none."""
    try:
        word, company, source, target, name, kind = (column.strip() for column in columns)
        if word.casefold() == "user":
            return UserRow(
                company_id=UUID(company),
                source_upn=source,
                target_upn=target,
                target_email=name,
                target_puid="",
                user_type=kind,
            )
        return GroupRow(
            company_id=UUID(company),
            source_group_id=UUID(source),
            target_group_id=UUID(target),
            target_name=name,
            group_type=kind,
        )
    except ValueError as error:
        raise errors.UsageError("A line is no row of an identity map.", remedy="Run `xtenant map lint`.") from error


def shown(row: Row) -> dict[str, object]:
    """A row by Microsoft's names of its properties (R-5.30)."""
    if isinstance(row, UserRow):
        return {
            "SourceTenantCompanyId": str(row.company_id),
            "SourceUserKey": row.source_upn,
            "TargetUserPuid": row.target_puid,
            "TargetUserUpn": row.target_upn,
            "TargetUserEmail": row.target_email,
            "UserType": row.user_type,
        }
    return {
        "SourceTenantCompanyId": str(row.company_id),
        "SourceGroupObjectId": str(row.source_group_id),
        "TargetGroupObjectId": str(row.target_group_id),
        "TargetGroupName": row.target_name,
        "GroupType": row.group_type,
    }
