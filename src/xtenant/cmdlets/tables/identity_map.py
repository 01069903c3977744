"""Cmdlets of the identity map."""

from __future__ import annotations

from xtenant.cmdlets import identity_map
from xtenant.cmdlets.cmdlet import Cmdlet
from xtenant.cmdlets.parameters import Kind, Parameter
from xtenant.domain.identity import GroupKind, UserKind


def _field_and_value(fields: tuple[str, ...]) -> tuple[Parameter, Parameter]:
    return (
        Parameter(name="Field", kind=Kind.CHOICE, choices=fields, position=0, mandatory=True),
        Parameter(name="Value", position=1, mandatory=True),
    )


def _names(kinds: type[UserKind] | type[GroupKind]) -> tuple[str, ...]:
    return tuple(kind.value for kind in kinds)


ROWS: tuple[Cmdlet, ...] = (
    Cmdlet(
        name="Add-SPOTenantIdentityMap",
        what="Replace the whole identity map by a CSV file of six columns; run on the target.",
        run=identity_map.replace,
        parameters=(Parameter(name="IdentityMapPath", position=0, mandatory=True),),
    ),
    Cmdlet(
        name="Get-SPOTenantIdentityMappingUser",
        what="Look a user up in the identity map.",
        run=identity_map.user,
        parameters=_field_and_value(identity_map.USER_FIELDS),
    ),
    Cmdlet(
        name="Get-SPOTenantIdentityMappingGroup",
        what="Look a group up in the identity map.",
        run=identity_map.group,
        parameters=_field_and_value(identity_map.GROUP_FIELDS),
    ),
    Cmdlet(
        name="Add-SPOTenantIdentityMappingUser",
        what="Add one user to the identity map, or put the row in place of the one there; run on the target.",
        run=identity_map.set_user,
        parameters=(
            Parameter(name="SourceTenantCompanyId", kind=Kind.GUID, mandatory=True),
            Parameter(name="SourceUserKey", mandatory=True),
            Parameter(name="TargetUserPuid"),
            Parameter(name="TargetUserUpn", mandatory=True),
            Parameter(name="TargetUserEmail", mandatory=True),
            Parameter(name="UserType", kind=Kind.CHOICE, choices=_names(UserKind), mandatory=True),
        ),
    ),
    Cmdlet(
        name="Add-SPOTenantIdentityMappingGroup",
        what="Add one group to the identity map, or put the row in place of the one there; run on the target.",
        run=identity_map.set_group,
        parameters=(
            Parameter(name="SourceTenantCompanyId", kind=Kind.GUID, mandatory=True),
            Parameter(name="SourceGroupObjectId", kind=Kind.GUID, mandatory=True),
            Parameter(name="TargetGroupObjectId", kind=Kind.GUID, mandatory=True),
            Parameter(name="TargetGroupName", mandatory=True),
            Parameter(name="GroupType", kind=Kind.CHOICE, choices=_names(GroupKind), mandatory=True),
        ),
    ),
    Cmdlet(
        name="Remove-SPOTenantIdentityMappingUser",
        what="Remove a user from the identity map; run on the target.",
        run=identity_map.remove_user,
        parameters=_field_and_value(identity_map.USER_FIELDS),
    ),
    Cmdlet(
        name="Remove-SPOTenantIdentityMappingGroup",
        what="Remove a group from the identity map; run on the target.",
        run=identity_map.remove_group,
        parameters=_field_and_value(identity_map.GROUP_FIELDS),
    ),
)
