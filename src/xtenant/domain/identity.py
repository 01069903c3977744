"""The identity map: which source person or group becomes whom in this tenant (step 5, R-5.1 to R-5.31).

Values only; rows are read and judged in `operations/identity_map.py` (settled C 6). Names compare without regard to case.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import TypeAlias
from uuid import UUID

from xtenant.domain.tenant import GeoCode, TenantId


class UserField(Enum):
    """`TenantIdentityMappingUserField`: by what a user row is looked up (R-5.27)."""

    SOURCE_USER_KEY = "SourceUserKey"
    TARGET_USER_PUID = "TargetUserPuid"
    TARGET_USER_UPN = "TargetUserUpn"
    TARGET_USER_EMAIL = "TargetUserEmail"


class GroupField(Enum):
    """`TenantIdentityMappingGroupField` (R-5.28)."""

    SOURCE_GROUP_OBJECT_ID = "SourceGroupObjectId"
    TARGET_GROUP_OBJECT_ID = "TargetGroupObjectId"
    TARGET_GROUP_NAME = "TargetGroupName"


class UserKind(Enum):
    """`TenantIdentityMappingUserType`, column 6 of a user row (R-5.9)."""

    NONE = "None"
    REGULAR = "RegularUser"
    ADMIN = "AdminUser"
    GUEST = "GuestUser"


class GroupKind(Enum):
    """`TenantIdentityMappingGroupType`, column 6 of a group row (R-5.10)."""

    NONE = "None"
    REGULAR = "RegularGroup"
    ADMIN = "AdminGroup"
    O365 = "O365Group"


@dataclass(frozen=True, slots=True)
class SourceKey:
    """What a row is found by: the source tenant and the person's UPN or the group's object id, folded for comparison."""

    company_id: TenantId
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UserMapping:
    """A row for a person."""

    company_id: TenantId
    source_upn: str
    target_upn: str
    target_email: str
    target_puid: str = ""
    kind: UserKind = UserKind.REGULAR

    @property
    def source_key(self) -> SourceKey:
        return SourceKey(self.company_id, self.source_upn.casefold())


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupMapping:
    """A row for a group; `target_name` is the target's alias of a Microsoft 365 group, else the target id (R-5.15, R-5.16)."""

    company_id: TenantId
    source_group_id: UUID
    target_group_id: UUID
    target_name: str
    kind: GroupKind = GroupKind.REGULAR

    @property
    def source_key(self) -> SourceKey:
        return SourceKey(self.company_id, str(self.source_group_id))


Mapping: TypeAlias = UserMapping | GroupMapping


@dataclass(frozen=True, slots=True, kw_only=True)
class MapVersion:
    """One state of a geo's map. Each geo has its own map (R-5.31); versions count from 1."""

    geo: GeoCode
    version: int
    replaced_at: datetime
    replaced_by: str
    row_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """A row that was not taken: its 1-based number among the rows sent, and why, for the log."""

    line: int
    reason: str

    @property
    def message(self) -> str:
        """What goes back over the wire (settled C 7); Microsoft's exact text is not public (E-32)."""
        return f"{self.line}: can't be added. Check the format"


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement:
    """What became of a whole map sent: the version now in force (None when nothing was taken) and the rows refused."""

    version: MapVersion | None
    rejected: Sequence[Rejected] = ()
