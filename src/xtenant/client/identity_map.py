"""The identity map of a target: replaced whole, edited by row, looked up by field (R-5.23 to R-5.30)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from xtenant.client.map_files import closed_file
from xtenant.client.map_rows import USER_FIELDS, Row, RowKey, UserRow, key_of, row_of, shown
from xtenant.domain import errors
from xtenant.domain.limits import DEFAULT
from xtenant.protocols.csom import call as csom
from xtenant.protocols.graph.call import mappings
from xtenant.wire.transport import Session


@dataclass(frozen=True, slots=True)
class MapRow:
    """One row: a user's or a group's, by Microsoft's column names (R-5.30)."""

    columns: Mapping[str, object]

    def shown(self) -> dict[str, object]:
        return dict(self.columns)


class MapClient:
    """The map calls of one tenant or geo."""

    def __init__(self, session: Session, admin_url: str) -> None:
        self._session = session
        self._admin_url = admin_url

    @staticmethod
    def read_file(path: Path) -> list[str]:
        """The rows of a CSV file as text lines.

        Raises UsageError for a file that is missing, too large or not UTF-8, FileOpenElsewhere for one being edited.
        """
        try:
            text = closed_file(path.absolute()).decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise errors.UsageError(f"{path} is not UTF-8.", remedy="Save it as CSV UTF-8.") from error
        lines = [line for line in text.splitlines() if line.strip()]
        if len(lines) > DEFAULT.map_rows:
            raise errors.TooLarge(f"{path} has more than {DEFAULT.map_rows} rows.")
        return lines

    async def replace(self, lines: Sequence[str]) -> list[str]:
        """Add-SPOTenantIdentityMap: the whole map in one call; the messages of rejected rows (R-5.25, R-5.26)."""
        return await csom.replace_map(self._session, self._admin_url, lines)

    async def users(self, field: str, value: str) -> list[MapRow]:
        """Get-SPOTenantIdentityMappingUser."""
        found = await csom.lookup_user(self._session, self._admin_url, field, value)
        return [MapRow(shown(row)) for row in found]

    async def groups(self, field: str, value: str) -> list[MapRow]:
        """Get-SPOTenantIdentityMappingGroup."""
        found = await csom.lookup_group(self._session, self._admin_url, field, value)
        return [MapRow(shown(row)) for row in found]

    async def find(self, field: str, value: str) -> list[Row]:
        """Rows by any field of users or groups."""
        search = csom.lookup_user if field in USER_FIELDS else csom.lookup_group
        return list(await search(self._session, self._admin_url, field, value))

    async def standing(self, rows: Sequence[Row]) -> dict[RowKey, list[Row]]:
        """What the map in force holds for the source keys of some rows, at most 100, in one query for each kind."""
        people = [row.source_upn for row in rows if isinstance(row, UserRow)]
        ids = [str(row.source_group_id) for row in rows if not isinstance(row, UserRow)]
        found: list[Row] = []
        if people:
            users = await csom.lookup_users(self._session, self._admin_url, "SourceUserKey", people)
            found += [row for one in users for row in one]
        if ids:
            groups = await csom.lookup_groups(self._session, self._admin_url, "SourceGroupObjectId", ids)
            found += [row for one in groups for row in one]
        by_key: dict[RowKey, list[Row]] = {}
        for row in found:
            by_key.setdefault(key_of(row), []).append(row)
        return by_key

    async def set_row(self, row: Row) -> None:
        """Add-SPOTenantIdentityMappingUser or …Group: add a row, or put it in place of the one there (R-5.29)."""
        if isinstance(row, UserRow):
            await csom.set_user(self._session, self._admin_url, row)
        else:
            await csom.set_group(self._session, self._admin_url, row)

    async def remove(self, field: str, value: str) -> None:
        """Remove-SPOTenantIdentityMappingUser or …Group: every row whose field is that. Raises NotFound."""
        remove = csom.remove_users if field in USER_FIELDS else csom.remove_groups
        await remove(self._session, self._admin_url, field, value)

    async def listed(self) -> AsyncIterator[Row]:
        """Every row of the tenant's map by Graph, of its first geo. Raises Refused where a tenant does not list it."""
        for groups in (False, True):
            async for columns in mappings.list_mappings(self._session, groups=groups):
                yield row_of(columns)
