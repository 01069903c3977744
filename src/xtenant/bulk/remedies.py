"""The remedies of a check's report as steps of scripts: each line read by our parser and written anew, by tenant.

The report is a file, perhaps another administrator's: a line that is not one known cmdlet with known parameters is left out and
named. Commands of our own are named too; they are run by hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from xtenant.bulk.findings import Finding
from xtenant.client.profiles import parse_admin_url
from xtenant.cmdlets.script.steps import Step, read, written
from xtenant.domain import errors
from xtenant.domain.changing import changing_verb_of_cmdlet

OURS = "xtenant "
UNDO = {
    "Set-SPOCrossTenantRelationship": "Remove-SPOCrossTenantRelationship with the same values",
    "Remove-SPOCrossTenantRelationship": "Set-SPOCrossTenantRelationship with the same values",
    "Add-SPOTenantIdentityMappingUser": "put the former row, or Remove-SPOTenantIdentityMappingUser",
    "Add-SPOTenantIdentityMappingGroup": "put the former row, or Remove-SPOTenantIdentityMappingGroup",
    "Set-SPOSite": "Set-SPOSite with the values that Get-SPOSite shows before",
    "Set-SPOUser": "Set-SPOUser with the opposite value",
    "Remove-SPOUser": "add the person to the site again, with the rights Get-SPOUser and the site's groups show before",
    "Remove-SPOSite": "Restore-SPODeletedSite with the same address",
    "Restore-SPODeletedSite": "Remove-SPOSite with the same address",
    "Rename-XtItem": "Rename-XtItem with the former name",
    "New-XtUser": "delete the account in the Microsoft Entra admin centre",
    "New-XtGroup": "delete the group in the Microsoft Entra admin centre",
    "New-XtInvitation": "delete the guest in the Microsoft Entra admin centre",
    "Set-XtLicence": "take the licence away in the Microsoft 365 admin centre",
    "Add-XtMember": "take the member out of the group",
}
"""How to undo a cmdlet; others cannot be undone."""


class _Report(msgspec.Struct, kw_only=True):
    findings: list[Finding]


@dataclass(slots=True, kw_only=True)
class Remedies:
    """Steps in the report's order by the tenant's admin URL; `by_hand` are lines that no script holds."""

    steps: list[tuple[str, Step]] = field(default_factory=list[tuple[str, Step]])
    by_hand: list[str] = field(default_factory=list[str])


def read_findings(content: bytes) -> Sequence[Finding]:
    """The findings of a report in JSON. Raises UsageError for another file."""
    try:
        return msgspec.json.decode(content, type=_Report).findings
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise errors.UsageError(
            f"The file is no report of `plan check` in JSON: {error}.", remedy="Write one with --report NAME.json."
        ) from error


def remedies_of(findings: Sequence[Finding]) -> Remedies:
    """A line that several findings name stands once."""
    found = Remedies()
    seen: set[tuple[str, str]] = set()
    for finding in findings:
        admin_url = ""
        for line in finding.remedy.commands:
            if line.startswith(OURS):
                found.by_hand.append(line)
                continue
            try:
                admin_url, step = _read(line, admin_url, finding)
            except errors.UsageError as error:
                found.by_hand.append(f"{line} ({error.text})")
                continue
            if step is not None and (admin_url, step.line) not in seen:
                seen.add((admin_url, step.line))
                found.steps.append((admin_url, step))
    return found


def _read(line: str, admin_url: str, finding: Finding) -> tuple[str, Step | None]:
    """The tenant in force after a line, and its step; a connection and a line that only looks are none."""
    cmdlet, given = read(line)
    if cmdlet.name == "Connect-SPOService":
        return parse_admin_url(given.text("Url")), None
    verb = changing_verb_of_cmdlet(cmdlet.name)
    if verb is None:
        return admin_url, None
    if not admin_url:
        raise errors.UsageError("no connection stands before it")
    step = Step(
        verb=verb,
        line=written(cmdlet.name, dict(given)),
        what=f"{finding.rule}: {finding.cause}",
        undo=UNDO.get(cmdlet.name, "cannot be undone"),
        subject=finding.object.name,
    )
    return admin_url, step
