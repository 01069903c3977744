"""Cmdlets of sites, of the recycle bin, and of the people a site knows."""

from __future__ import annotations

from xtenant.client.sites import LOCK_STATES
from xtenant.cmdlets import site_users, sites
from xtenant.cmdlets.cmdlet import CONFIRM, NO_WAIT, WHAT_IF, Cmdlet, Run, choice, identity, text
from xtenant.cmdlets.parameters import Kind, Parameter

_ONE, _LIST = frozenset({"Identity"}), frozenset({"List"})


def _removal(name: str, what: str, run: Run) -> Cmdlet:
    return Cmdlet(name=name, what=what, run=run, parameters=(identity(), NO_WAIT, CONFIRM, WHAT_IF))


ROWS: tuple[Cmdlet, ...] = (
    Cmdlet(
        name="Get-SPOSite",
        what="List sites, or show one; redirects are listed with -Template RedirectSite#0.",
        run=sites.get,
        parameters=(
            identity(sets=_ONE),
            Parameter(name="Template", sets=_LIST),
            Parameter(name="Limit", kind=Kind.LIMIT),
            Parameter(name="IncludePersonalSite", kind=Kind.FLAG, sets=_LIST),
            Parameter(name="Filter", sets=_LIST),
        ),
    ),
    _removal("Remove-SPOSite", "Delete a site, or the redirect a move left; it goes to the recycle bin.", sites.remove),
    _removal("Remove-SPODeletedSite", "Delete a site from the recycle bin for good.", sites.remove_deleted),
    Cmdlet(
        name="Set-SPOSite",
        what="Change a site: its lock, its owner, its title.",
        run=sites.change,
        parameters=(
            identity(),
            choice("LockState", LOCK_STATES, mandatory=False),
            text("Owner", mandatory=False),
            text("Title", mandatory=False),
            NO_WAIT,
        ),
    ),
    Cmdlet(
        name="Get-SPODeletedSite",
        what="List the sites in the recycle bin, or show one.",
        run=sites.deleted,
        parameters=(
            identity(sets=_ONE),
            Parameter(name="Limit", kind=Kind.LIMIT),
            Parameter(name="IncludePersonalSite", kind=Kind.SWITCH, sets=_LIST),
            Parameter(name="IncludeOnlyPersonalSite", kind=Kind.SWITCH, sets=_LIST),
        ),
    ),
    Cmdlet(
        name="Restore-SPODeletedSite",
        what="Bring a site back from the recycle bin to its address.",
        run=sites.restore,
        parameters=(identity(), NO_WAIT),
    ),
    Cmdlet(
        name="Get-SPOUser",
        what="List whom a site knows, or show one user.",
        run=site_users.get,
        parameters=(
            text("Site", 0),
            text("LoginName", mandatory=False),
            Parameter(name="Limit", kind=Kind.LIMIT),
        ),
    ),
    Cmdlet(
        name="Set-SPOUser",
        what="Make somebody an administrator of a site, or no more.",
        run=site_users.appoint,
        parameters=(
            text("Site", 0),
            text("LoginName", 1),
            Parameter(name="IsSiteCollectionAdmin", kind=Kind.FLAG, position=2, mandatory=True),
        ),
    ),
    Cmdlet(
        name="Remove-SPOUser",
        what="Make a site forget a user, with the rights they have in it.",
        run=site_users.remove,
        parameters=(text("Site", 0), text("LoginName", 1)),
    ),
)
