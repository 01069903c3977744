"""Everything that keeps a move from starting, or ends it: one class per row of the error catalogue (rulebook 10).

Texts with a Microsoft code are Microsoft's, word for word; remedies are ours. A start gathers all obstacles and raises one
`StartRefused` (R-10.1: a refused start leaves no job behind). E-02 and E-04 stand in `domain/trust.py`.
"""

from __future__ import annotations

from collections.abc import Sequence

from xtenant.domain import errors
from xtenant.domain.errors import Retry


class Obstacle(errors.Refused):
    """A precondition of a move that does not hold."""

    code = "moveBlocked"


class TrustGone(Obstacle):
    """E-02, said while a job runs or by the target: no relationship that allows the move."""

    code = "noTrust"
    microsoft_code = "MnATrustNoSetupForPartner"
    remedy = "Test-SPOCrossTenantRelationship must say GoodToProceed on both sides; then start again."
    retry = Retry.AFTER_SOMEONE_ACTS

    def __init__(self, partner: str) -> None:
        super().__init__(f"There is no Cross-Tenant relationship established for partner [{partner}].")


class Reported(Obstacle):
    """An obstacle that the target found; code and text are its own."""

    def __init__(self, code: str, text: str, microsoft_code: str | None, remedy: str | None = None) -> None:
        super().__init__(text, microsoft_code=microsoft_code, remedy=remedy)
        self.reported_code = code


class MoveFeatureOff(Obstacle):
    """E-01."""

    code = "featureIsNotEnabled"
    microsoft_code = "FeatureIsNotEnabled"
    remedy = "Ask Microsoft to enable the feature on both tenants."
    retry = Retry.AFTER_SOMEONE_ACTS

    def __init__(self, feature: str) -> None:
        super().__init__(f"The Cross-Tenant content move [{feature}] feature is not enabled for this tenant.")


class Incompatible(Obstacle):
    """E-29."""

    code = "incompatible"
    microsoft_code = "MnAPartnersFarmsAreIncompatible"
    remedy = "Wait 48 hours, ask Get-SPOCrossTenantCompatibilityStatus again, then contact support."
    retry = Retry.LATER

    def __init__(self) -> None:
        super().__init__(
            "Please verify the compatibility status before running the migration. In case of incompatible tenants, "
            "we recommend waiting for a minimum of 48 hours."
        )


class SourceMissing(Obstacle):
    """The source site does not exist, or is a redirect already (R-6.29)."""

    code = "sourceMissing"
    remedy = "Check the address of the source site."

    def __init__(self, url: str) -> None:
        super().__init__(f"The source site [{url}] does not exist.")


class SourceOneDriveMissing(Obstacle):
    """E-06."""

    code = "sourceOneDriveMissing"
    microsoft_code = "MnAOdbForSourceUPNDoesNotExist"
    remedy = "Check the user principal name; without a OneDrive there is nothing to move."

    def __init__(self, upn: str) -> None:
        super().__init__(f"OneDrive site for source user UPN [{upn}] does not exist.")


class SourceLocked(Obstacle):
    """E-33, E-34: the administrator's lock stands (R-6.30)."""

    code = "sourceLocked"
    remedy = "Run Set-SPOSite -LockState Unlock on the source site and start again."
    retry = Retry.AFTER_SOMEONE_ACTS

    def __init__(self, url: str, lock_state: str) -> None:
        super().__init__(f"The source site [{url}] is locked: {lock_state}.")


class TooBig(Obstacle):
    """Size or item count over the limit (R-6.32, R-6.33, E-22)."""

    code = "tooBig"
    remedy = "Split the site, or archive part of it, before moving it."

    def __init__(self, what: str, actual: int, limit: int) -> None:
        super().__init__(f"The source site has {actual:,} {what}; the limit is {limit:,}.")


class TargetPathTooLong(Obstacle):
    """E-25."""

    code = "pathTooLong"
    microsoft_code = "MnATargetUrlNotValidForRename"
    remedy = "Choose a shorter target URL, or have files moved higher up, and start again."

    def __init__(self, source_url: str, target_url: str) -> None:
        super().__init__(
            f"For site Source url '{source_url}', target url '{target_url}', including files and folders, exceeds the "
            "character limit of the destination."
        )


class TooManyVersions(Obstacle):
    """One file has more versions than one transaction of Restore can write (our limit; R-6.33 counts the site's)."""

    code = "tooManyVersions"
    remedy = "Delete versions of this file that nobody needs, on the source, and start again."

    def __init__(self, path: str, limit: int) -> None:
        super().__init__(f"The file '{path}' has more than {limit:,} versions.")


class TargetTaken(Obstacle):
    """E-21: a site, a recycled site or a redirect holds the target address (R-6.38)."""

    code = "targetTaken"
    microsoft_code = "MnASiteMoveTargetUrlHasWriteConflict"
    remedy = "Look at what stands at the target address on the target tenant; choose another address unless it is empty and yours."

    def __init__(self) -> None:
        super().__init__(
            "The target tenant has a conflict for the site provided. Check whether site with url from the TargetSiteUrl "
            "property of this job already exists on the target."
        )


class TargetUrlWrong(Obstacle):
    """The target address does not lie on the partner's hosts, or is not that of a site."""

    code = "targetUrlWrong"
    remedy = "The target URL lies on the partner's own host, below /sites/, /teams/ or /personal/."

    def __init__(self, url: str) -> None:
        super().__init__(f"The target URL [{url}] is not one of the partner tenant's.")


class NoMapRow(Obstacle):
    """E-08."""

    code = "noMapRow"
    microsoft_code = "MnAIdentityMapEntryDoesNotExistsForSourceUPN"
    remedy = "Add the row to the identity map, upload the whole map on the target, and look it up."

    def __init__(self, upn: str) -> None:
        super().__init__(f"Identity map entry for source UPN [{upn}] does not exist on the target tenant.")


class MapRowDiffers(Obstacle):
    """E-10."""

    code = "mapRowDiffers"
    microsoft_code = "MnAIdentityMapEntryDoesNotMatchRequest"
    remedy = "Correct the move or the identity map: both must name the same target user."

    def __init__(self, source_upn: str, target_upn: str) -> None:
        super().__init__(
            f"The identity map entry for source UPN [{source_upn}] doesn't correspond to the requested target UPN [{target_upn}]."
        )


class TargetUserMissing(Obstacle):
    """E-15."""

    code = "targetUserMissing"
    microsoft_code = "MnATargetUserDoesNotExist"
    remedy = "Create the user on the target tenant first."

    def __init__(self, upn: str) -> None:
        super().__init__(f"Target user [{upn}] does not exist on the target side.")


class NotLicensed(Obstacle):
    """E-11."""

    code = "notLicensed"
    microsoft_code = "MnAOdbUsersAreNotLicensed"
    remedy = "Assign the licence Cross_tenant_user_data_migration to the user on one of the two sides (R-4.25)."

    def __init__(self, source_upn: str, target_upn: str) -> None:
        super().__init__(
            f"Neither source UPN [{source_upn}], nor target UPN [{target_upn}] are licensed for Cross-tenant OneDrive "
            "migration."
        )


class TargetUserNotEnabled(Obstacle):
    """E-16."""

    code = "targetUserNotEnabled"
    microsoft_code = "MnATargetUserIsNotSpoEnabled"
    remedy = "Assign the target user a licence with a SharePoint plan (R-4.4)."

    def __init__(self, upn: str) -> None:
        super().__init__(f"Target user [{upn}] is not allowed to have any SharePoint resources, including OneDrive.")


class TargetGroupMissing(Obstacle):
    """The group named does not exist on the target (R-6.39)."""

    code = "targetGroupMissing"
    remedy = "Create the Microsoft 365 group on the target tenant first (R-4.17)."

    def __init__(self, alias: str) -> None:
        super().__init__(f"Target group [{alias}] does not exist on the target side.")


class NoGroupRow(Obstacle):
    """R-5.57; Microsoft's text for groups is not public."""

    code = "noGroupRow"
    remedy = "Add a row of type O365Group with the group's object id to the identity map and upload the whole map."

    def __init__(self, alias: str) -> None:
        super().__init__(
            f"Identity map entry of type O365Group for source group [{alias}] does not exist on the target tenant."
        )


class GroupRowDiffers(Obstacle):
    """R-5.57: the row leads to another group than the move."""

    code = "groupRowDiffers"
    remedy = "Correct the move or the identity map: both must name the same target group by its alias."

    def __init__(self, source: str, target: str) -> None:
        super().__init__(
            f"The identity map entry for source group [{source}] doesn't correspond to the requested target group [{target}]."
        )


class GroupNameIllegal(Obstacle):
    """E-20: a period in the name or alias of a group (R-4.22)."""

    code = "groupNameIllegal"
    remedy = "Rename the target group so that neither its name nor its alias has a period (R-4.22)."

    def __init__(self, name: str) -> None:
        super().__init__(f"Invalid character: the name or alias of the target group [{name}] has a period.")


class AlreadyMoving(errors.Conflict, Obstacle):
    """E-19."""

    code = "alreadyMoving"
    microsoft_code = "MnASiteMoveIsInprogressOrFinished"
    remedy = "Look at the other job; while it runs or after it succeeded there is nothing to start."

    def __init__(self, url: str) -> None:
        super().__init__(
            "Failed to initiate cross-tenant move because another move job for the same source URL "
            f"[{url}] is already in progress or has finished."
        )


class QueueFull(Obstacle):
    """R-6.45: no more than 4,000 jobs wait or run in one geo."""

    code = "queueFull"
    remedy = "Wait until jobs have ended, then start the next batch."
    retry = Retry.LATER

    def __init__(self, limit: int) -> None:
        super().__init__(f"The queue of this geo holds {limit:,} moves already.")


class DatesWrong(errors.UsageError):
    """R-6.12: the end lies before the beginning, or in the past."""

    code = "datesWrong"
    remedy = "Give a begin date not in the past and an end date after it, both in UTC."


class NotCancellable(errors.Conflict):
    """R-6.78: In Progress, Rescheduled and Success cannot be cancelled."""

    code = "notCancellable"
    remedy = "Wait for the end of the move; a Rescheduled move goes on by itself."


class StartRefused(Obstacle):
    """All obstacles of one start. Code, Microsoft's code and text are those of the first; the rest follow in the text."""

    def __init__(self, obstacles: Sequence[errors.XTenantError]) -> None:
        first = obstacles[0]
        super().__init__(
            "\n".join(str(obstacle) for obstacle in obstacles),
            remedy="\n".join(dict.fromkeys(obstacle.remedy for obstacle in obstacles)),
            microsoft_code=first.microsoft_code,
        )
        self.obstacles = tuple(obstacles)

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(getattr(obstacle, "reported_code", obstacle.code) for obstacle in self.obstacles)


class StaleFence(errors.Conflict):
    """A worker of an older claim tried to write; the newer claim goes on (settled B 2)."""

    code = "staleFence"


class StalePeer(errors.Conflict):
    """A partner's call carries an older fence than one seen before."""

    code = "stalePeer"


class UnknownJob(errors.NotFound):
    """No such job, or not one between the caller and this tenant."""

    code = "unknownJob"

    def __init__(self) -> None:
        super().__init__("There is no such move job.")


class SnapshotDamaged(errors.Refused):
    """A part or a blob does not have the hash the seal names, even at the source."""

    code = "snapshotDamaged"
    remedy = "The named item is damaged at the source: restore it from a version or a backup and start again."


class NotAsSealed(errors.Refused):
    """The hidden site differs from the manifest; it is never published."""

    code = "notAsSealed"
    remedy = "Start the move again; if it happens twice, send both services' logs to the maintainers."


class TransferDamaged(errors.PartnerUnreachable):
    """Content arrived with another hash than its name although the source's copy is sound: tried again in a later pass."""

    code = "transferDamaged"
    remedy = "Nothing to do: the move is tried again. If it stays, look at what stands between the two services."
