"""Our own cmdlets of people, groups and licences, for which SharePoint's module has none (settled C 10)."""

from __future__ import annotations

from xtenant.cmdlets import people
from xtenant.cmdlets.cmdlet import Cmdlet, choice, text

ROWS: tuple[Cmdlet, ...] = (
    Cmdlet(
        name="New-XtUser",
        what="Create an account, blocked at first, with a random password nobody sees; run on the target.",
        run=people.create_user,
        parameters=(
            text("UserPrincipalName"),
            text("DisplayName"),
            text("UsageLocation"),
            choice("SignIn", people.SIGN_INS, mandatory=False),
        ),
    ),
    Cmdlet(
        name="Enable-XtUser",
        what="Let a person sign in whose account New-XtUser or `people apply` made.",
        run=people.enable_user,
        parameters=(text("User"),),
    ),
    Cmdlet(
        name="New-XtInvitation",
        what="Invite a guest; no mail is sent.",
        run=people.invite,
        parameters=(text("Mail"), text("DisplayName", mandatory=False)),
    ),
    Cmdlet(
        name="New-XtGroup",
        what="Create a group; a Microsoft 365 group gets no site, so that one can be moved there.",
        run=people.create_group,
        parameters=(
            choice("Kind", people.KINDS),
            text("DisplayName"),
            text("Alias"),
            choice("Visibility", people.VISIBILITIES, mandatory=False),
            text("Owner", mandatory=False),
        ),
    ),
    Cmdlet(
        name="Add-XtMember",
        what="Add a person or group to a group, named by alias or object id.",
        run=people.add_member,
        parameters=(text("Group"), text("Member"), choice("As", people.STANDINGS, mandatory=False)),
    ),
    Cmdlet(
        name="Set-XtLicence",
        what="Assign a licence, named by part number or id.",
        run=people.set_licence,
        parameters=(text("User"), text("Sku")),
    ),
)
