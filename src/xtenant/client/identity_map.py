"""The identity map of a target: replaced whole, looked up by field (R-5.23 to R-5.30)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from xtenant.domain import errors
from xtenant.domain.limits import DEFAULT
from xtenant.protocols.csom import call as csom
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
        """The rows of a CSV file as text lines. Raises UsageError for a file that is missing, too large or not UTF-8."""
        try:
            if path.stat().st_size > DEFAULT.xml_body:
                raise errors.TooLarge(f"{path} is larger than {DEFAULT.xml_body} bytes.")
            text = path.read_text(encoding="utf-8-sig")
        except FileNotFoundError as error:
            raise errors.UsageError(
                f"There is no file {path}.",
                remedy="Name the identity map: six columns, no header, as `User,SOURCE-TENANT-ID,SOURCE-UPN,TARGET-UPN,"
                "TARGET-MAIL,RegularUser`.",
            ) from error
        except OSError as error:
            raise errors.UsageError(
                f"The identity map {path} cannot be read: {error.strerror}.", remedy="Close it elsewhere (E-30)."
            ) from error
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
        return [
            MapRow(
                {
                    "SourceTenantCompanyId": str(row.company_id),
                    "SourceUserKey": row.source_upn,
                    "TargetUserPuid": row.target_puid,
                    "TargetUserUpn": row.target_upn,
                    "TargetUserEmail": row.target_email,
                    "UserType": row.user_type,
                }
            )
            for row in found
        ]

    async def groups(self, field: str, value: str) -> list[MapRow]:
        """Get-SPOTenantIdentityMappingGroup."""
        found = await csom.lookup_group(self._session, self._admin_url, field, value)
        return [
            MapRow(
                {
                    "SourceTenantCompanyId": str(row.company_id),
                    "SourceGroupObjectId": str(row.source_group_id),
                    "TargetGroupObjectId": str(row.target_group_id),
                    "TargetGroupName": row.target_name,
                    "GroupType": row.group_type,
                }
            )
            for row in found
        ]
