"""What of a source site, its owner or its tenant keeps it from moving; beside `obstacles`, and like it in all.

These facts come from services around SharePoint: holds, labels, encryption, farms (R-6.27 to R-6.31, R-6.40 to R-6.44).
"""

from __future__ import annotations

from collections.abc import Sequence

from xtenant.domain.errors import Retry
from xtenant.domain.obstacles import Obstacle


class SourceNotReady(Obstacle):
    """E-07: the OneDrive, or site, is still being made (R-6.29)."""

    code = "sourceNotReady"
    microsoft_code = "MnAOdbForSourceUPNDoesNotExistYet"
    remedy = "Wait until its status is Active, or take it out of the plan."
    retry = Retry.LATER

    def __init__(self, upn: str, url: str) -> None:
        super().__init__(f"OneDrive site for source user UPN [{upn}] does not yet exist. Current URL - [{url}].")


class SourceOnHold(Obstacle):
    """E-23: a hold keeps the content where it is (R-6.31). Microsoft's text is not public."""

    code = "sourceOnHold"
    remedy = "Have the hold removed, move, and put a hold on the target afterwards (R-7.27)."
    retry = Retry.AFTER_SOMEONE_ACTS

    def __init__(self, url: str) -> None:
        super().__init__(f"The source site [{url}] is under a hold policy.")


class OwnKey(Obstacle):
    """E-28."""

    code = "ownKey"
    microsoft_code = "MnABYOKEnabledOnSourceTenant"
    remedy = "Turn Customer Key off for the source tenant first."

    def __init__(self) -> None:
        super().__init__(
            "Blocking Cross-Tenant moves because 'Bring Your Own Key' (BYOK) is enabled for the Source tenant."
        )


class SameFarm(Obstacle):
    """E-31."""

    code = "sameFarm"
    microsoft_code = "MnAPartnersOnTheSameFarm"
    remedy = "Contact Microsoft support; no administrator can change where a tenant lies."

    def __init__(self) -> None:
        super().__init__(
            "It has been detected that partners reside in the same SPO location that prevents them from migrating."
        )


class TargetDomainInside(Obstacle):
    """E-13: users of the source site bear the target's domain (R-6.43)."""

    code = "targetDomainInside"
    microsoft_code = "MnATargetDomainIsAlreadyInSourceSiteUsers"
    remedy = "Remove these users from the source site, or rename them, and start again."

    def __init__(self, url: str, domain: str, upns: Sequence[str]) -> None:
        super().__init__(
            f"The source ODB '{url}' contains users with the target tenant domain '{domain}' in their UPN, such as "
            f"[{', '.join(upns)}]."
        )


class OwnerDiffers(Obstacle):
    """E-24 (R-6.44)."""

    code = "ownerDiffers"
    microsoft_code = "MnAOdbOwnerUrlMismatch"
    remedy = "Make the OneDrive's user its owner again (Set-SPOSite -Owner) and start again."

    def __init__(self, url: str, owner: str) -> None:
        super().__init__(
            f"The OneDrive site '{url}' has a site owner '{owner}' that doesn't match the owner of the OneDrive."
        )


class LabelBlocks(Obstacle):
    """R-6.40, R-7.24: a file whose label leaves its permissions to its author. Microsoft's text is not public."""

    code = "labelBlocks"
    remedy = "Remove the label first: Unlock-SPOSensitivityLabelEncryptedFile -FileUrl URL -JustificationText TEXT."

    def __init__(self, path: str, label: str) -> None:
        super().__init__(f"The file '{path}' has the label '{label}' with user-defined permissions.")
