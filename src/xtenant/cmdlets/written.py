"""Cmdlet lines as we write them: for a partner's administrator, for a corrected line, for an answer to a request.

What is written here runs both in Microsoft's module and in `xtenant shell`.
"""

from __future__ import annotations

from xtenant.domain.tenant import HostUrl
from xtenant.domain.trust import PartnerRole


def relationship_line(verb: str, role: PartnerRole, partner: HostUrl | str) -> str:
    """`Set|Test|Remove-SPOCrossTenantRelationship` with its three parameters."""
    return f"{verb}-SPOCrossTenantRelationship -Scenario MnA -PartnerRole {role.value} -PartnerCrossTenantHostUrl {partner}"


def connect_line(host_url: HostUrl) -> str:
    """Connect-SPOService for the tenant a host URL belongs to (R-1.7)."""
    return f"Connect-SPOService -Url https://{host_url.label}-admin.sharepoint.com"


def lines_for_partner(verbs: tuple[str, ...], *, own: HostUrl, own_role: PartnerRole, partner: HostUrl) -> list[str]:
    """What the partner's administrator runs on the own side: connect, then each verb naming us and our role."""
    return [connect_line(partner), *(relationship_line(verb, own_role, own) for verb in verbs)]


def note_for_partner(purpose: str, lines: list[str], *, own: HostUrl, partner: HostUrl) -> str:
    """The file that is handed over: comments say what it is, the lines run as they stand."""
    head = [
        f"# For the SharePoint administrator of {partner}",
        f"# {purpose}",
        f"# Host URL of the other side: {own}",
        "# Run these lines in the SharePoint Online Management Shell, or with: xtenant shell < this-file",
    ]
    return "\n".join([*head, *lines]) + "\n"
