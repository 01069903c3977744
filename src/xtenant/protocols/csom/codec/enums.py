"""Enums of the administration objects: names as Microsoft prints them, numbers as they travel (spo-admin.md 4.3).

Names and their order are verified; most numbers are inferred from the declaration order and may be replaced by a recorded
trace in this one place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from xtenant.protocols.csom.codec.values import EnumName, EnumNumber, Value
from xtenant.wire.faults import OutOfRange
from xtenant.wire.routes import Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class EnumTable:
    """One enum; `evidence` speaks of the numbers."""

    name: str
    numbers: Mapping[str, int]
    evidence: Evidence = Evidence.INFERRED

    def number_of(self, name: str) -> int:
        return self.numbers[name]

    def name_of(self, number: int) -> str:
        """Raises OutOfRange for a number outside the table."""
        for name, known in self.numbers.items():
            if known == number:
                return name
        raise OutOfRange(f"{number} is no value of {self.name}. (Parameter '{self.name}')")

    def read(self, value: Value) -> str:
        """The name behind a parameter: an enum or plain number, or a name in any letter case. Raises OutOfRange."""
        match value:
            case EnumNumber(number):
                return self.name_of(number)
            case int() if not isinstance(value, bool):
                return self.name_of(value)
            case EnumName(text) | str(text):
                for name in self.numbers:
                    if name.lower() == text.lower():
                        return name
            case _:
                pass
        raise OutOfRange(f"This is no value of {self.name}. (Parameter '{self.name}')")


def _table(name: str, *values: str, evidence: Evidence = Evidence.INFERRED) -> EnumTable:
    numbers = MappingProxyType({value: number for number, value in enumerate(values)})
    return EnumTable(name=name, numbers=numbers, evidence=evidence)


SCENARIO = _table("OrgRelationScenario", "None", "MnA")
ROLE = _table("OrgRelationRole", "None", "Source", "Target")
RELATION_STATE = _table(
    "OrgRelationState",
    "None",
    "MergeContentDefined",
    "IdentityMappingInProgress",
    "IdentityMappingCompleted",
    "ContentMergeInProgress",
    "ContentMergeCompleted",
)
VERIFICATION_STATUS = _table(
    "OrgRelationVerificationStatus",
    "NotEstablished",
    "NotEstablishedByPartner",
    "Dormant",
    "DormantByPartner",
    "GoodToProceed",
    "CouldNotContactPartner",
)
LICENSE_TYPE = _table("MnALicenseType", "MnAODMove", "MnASiteMove")
USER_LICENSE_CHECK = _table(
    "MnAUserLicenseCheckResult",
    "Success",
    "IdmEntryDoesNotExist",
    "IdmTooManyEntries",
    "IdmEntryDoesNotCorrespondWithRequest",
    "TargetUserIsNotLicensed",
    "SourceUserIsNotLicensed",
)
GROUP_PRE_VALIDATION = _table(
    "MnAGroupConnectedPreValidationCheckResult",
    "CheckDisabled",
    "Success",
    "IdmEntryDoesNotExist",
    "IdmTooManyEntries",
    "IdmEntryDoesNotCorrespondWithRequest",
)
MAP_CALL_CORRECTNESS = _table(
    "MnATenantIdentityMapCallCorrectnessCheckResult",
    "TrustIsNotEstablishedYet",
    "CallFromTheSourceSide",
    "CallFromTheTargetSide",
    "CallUnderReverseConfig",
)
MAP_ITEM_TYPE = _table("TenantIdentityMapItemType", "User", "Group")
MAP_USER_FIELD = _table(
    "TenantIdentityMappingUserField", "SourceUserKey", "TargetUserPuid", "TargetUserUpn", "TargetUserEmail"
)
MAP_GROUP_FIELD = _table(
    "TenantIdentityMappingGroupField", "SourceGroupObjectId", "TargetGroupObjectId", "TargetGroupName"
)
MAP_USER_TYPE = _table("TenantIdentityMappingUserType", "None", "RegularUser", "AdminUser", "GuestUser")
MAP_GROUP_TYPE = _table("TenantIdentityMappingGroupType", "None", "RegularGroup", "AdminGroup", "O365Group")
MIGRATION_STATE = _table(
    "TenantIdentityMigrationState",
    "None",
    "ReadyForMigration",
    "MigrationInProgress",
    "MigrationCompleted",
    "MigrationSuspended",
)
ODB_MIGRATION_STATUS = _table("OdbMigrationStatus", "NotStarted", "InProgress", "Completed", "Failed", "Invalid")
PERSONAL_SITE_FILTER = _table(
    "PersonalSiteFilter", "UseServerDefault", "Include", "Exclude", evidence=Evidence.VERIFIED
)
LOCK_STATE = _table("SpoSiteLockState", "Unlock", "NoAdditions", "ReadOnly", "NoAccess")
RESTRICTED_TO_REGION = _table("RestrictedToRegion", "NoRestriction", "BlockMoveOnly", "BlockFull", "Unknown")
ARCHIVE_STATUS = _table("ArchiveStatusType", "NotArchived", "FullyArchived", "RecentlyArchived", "Reactivating")

TABLES: tuple[EnumTable, ...] = (
    SCENARIO,
    ROLE,
    RELATION_STATE,
    VERIFICATION_STATUS,
    LICENSE_TYPE,
    USER_LICENSE_CHECK,
    GROUP_PRE_VALIDATION,
    MAP_CALL_CORRECTNESS,
    MAP_ITEM_TYPE,
    MAP_USER_FIELD,
    MAP_GROUP_FIELD,
    MAP_USER_TYPE,
    MAP_GROUP_TYPE,
    MIGRATION_STATE,
    ODB_MIGRATION_STATUS,
    PERSONAL_SITE_FILTER,
    LOCK_STATE,
    RESTRICTED_TO_REGION,
    ARCHIVE_STATUS,
)
"""Every table, for the page 'What is inferred'."""
