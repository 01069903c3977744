"""Whose OneDrive moves: the account at the target, its licence, and the licence of the migration: R-6.35, R-6.36, R-4.8."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from xtenant.bulk.findings import Evidence, Remedy, Who
from xtenant.bulk.preflight import declarations, lines
from xtenant.bulk.preflight.given import Given, Moving
from xtenant.bulk.preflight.rules import Group, Outcome, Rule
from xtenant.bulk.preflight.sides import Side
from xtenant.domain.move import JobKind
from xtenant.inventory.facts import Licence, Principal, PrincipalKind
from xtenant.people.plan.licences import (
    ONEDRIVE_PART,
    SHARED_DATA_PART,
    OneDriveLicence,
    SharedDataCount,
    count_shared_data,
)

ACCOUNT = Rule(
    rule="R-6.35",
    text="the target's account exists and may have a OneDrive",
    evidence=Evidence.ERROR_LIST,
    read="Graph users of the target: UPN, assignedLicenses; subscribedSkus: servicePlans",
    fails_as="E-14 to E-16",
)
LICENCE = Rule(
    rule="R-6.36",
    text="the licence of the migration is there: one a person, or one for each 100 GB of sites",
    evidence=Evidence.DOCUMENTED,
    read="assignedLicenses of either side; for sites declared: shared_data_licences",
    fails_as="E-11",
)
SIGN_IN = Rule(
    rule="R-4.8",
    text="the target's account does not sign in before the move",
    evidence=Evidence.DOCUMENTED,
    read="Graph users of the target: accountEnabled",
    fails_as="E-21",
)
_NO_SITES = ("SHAREPOINTWAC", "SHAREPOINT_PROJECT", "SHAREPOINTONLINE_T2T")
"""Service plans of that name that give no site: Office for the web, Project, the migration's own."""
_UPN = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


class Stock:
    """Free units of products, handed out as remedies name them: what one remedy uses the next cannot."""

    def __init__(self, *sides: Side) -> None:
        self._left = {(side.who, each.sku_id): each.enabled - each.consumed for side in sides for each in side.licences}

    def take(self, side: Side, wanted: Callable[[Licence], bool], held: frozenset[str] = frozenset()) -> str:
        """The part number of a product that still has a unit: one that is held elsewhere before the one most in use. Empty
        where none has."""
        free = [each for each in side.licences if wanted(each) and self._left[side.who, each.sku_id] > 0]
        best = max(free, key=lambda each: (each.part_number.casefold() in held, each.consumed), default=None)
        if best is None:
            return ""
        self._left[side.who, best.sku_id] -= 1
        return best.part_number


def is_suite(each: Licence) -> bool:
    """Whether a product gives its holder SharePoint and with it a OneDrive (R-4.4), and is none of the migration's own."""
    own = each.part_number.casefold() in (ONEDRIVE_PART.casefold(), SHARED_DATA_PART.casefold())
    return not own and _may_give_sharepoint(each)


def _may_give_sharepoint(each: Licence | None) -> bool:
    """By the names of its service plans; a product whose plans are not told gets the benefit of the doubt."""
    if each is None or not each.plans:
        return True
    return any(
        plan.upper().startswith(("SHAREPOINT", "ONEDRIVE")) and not plan.upper().startswith(_NO_SITES)
        for plan in each.plans
    )


def look(given: Given) -> Iterator[Outcome]:
    licence = OneDriveLicence((*given.source.licences, *given.target.licences))
    stock = Stock(given.source, given.target)
    for moving in given.moves:
        if moving.is_onedrive:
            yield from _account(given, moving, licence, stock)
            yield from _migration_licence(given, moving, licence, stock)
    yield from _sign_in(given)
    yield from _volume(given)


def _account(given: Given, moving: Moving, licence: OneDriveLicence, stock: Stock) -> Iterator[Outcome]:
    about, target, upn = moving.about_target_person(), given.target, moving.move.target
    if not _UPN.fullmatch(upn):
        text = "Write the target's user principal name into the row."
        yield ACCOUNT.error(about, f"'{upn}' is no user principal name.", Remedy(who=Who.PLAN, text=text))
        return
    account = moving.target_person
    if account is None and not (target.whole and target.knows_people):
        question = f"Is there an account {upn} at the target, with SharePoint?"
        yield ACCOUNT.unknown("the target's file does not tell of everybody", question, Who.TARGET, about=about)
    elif account is None:
        yield _absent(given, moving, stock)
    elif account.kind is PrincipalKind.GUEST:
        text = "Give the person a member account of their own at the target, and write its name into row and map."
        yield ACCOUNT.error(
            about, f"{upn} is a guest at the target; guests have no OneDrive.", Remedy(who=Who.TARGET, text=text)
        )
    elif not any(_may_give_sharepoint(target.licence(sku)) for sku in licence.others_of(account)):
        yield _unlicensed(given, moving, account, stock)


def _absent(given: Given, moving: Moving, stock: Stock) -> Outcome:
    upn = moving.move.target
    if upn.rpartition("@")[2].casefold() not in given.target.domains:
        text = f"The target's domains are {', '.join(sorted(given.target.domains))}: correct the row."
        cause = f"The target has no account {upn}, and its domain is not the target's."
        remedy = Remedy(who=Who.PLAN, text=text, commands=_of_own_domain(given, moving))
        return ACCOUNT.error(moving.about_target_person(), cause, remedy)
    name = moving.person.name if moving.person else upn.partition("@")[0]
    location = (moving.person.usage_location if moving.person else "") or _usual_location(given.target)
    line = lines.cmdlet("New-XtUser", UserPrincipalName=upn, DisplayName=name or upn, UsageLocation=location or None)
    sku = _suite(given, moving.person, stock)
    assign = (lines.cmdlet("Set-XtLicence", User=upn, Sku=sku),) if sku else ()
    text = "Create the account with a licence for SharePoint; it stays blocked until its OneDrive has moved (R-4.8)."
    remedy = Remedy(who=Who.TARGET, text=text, commands=lines.on(given.target.host_url, line, *assign))
    return ACCOUNT.error(moving.about_target_person(), f"The target has no account {upn}.", remedy)


def _of_own_domain(given: Given, moving: Moving) -> tuple[str, ...]:
    """The row with the one account of the target that has the same name before the @."""
    local = moving.move.target.partition("@")[0]
    known = [each for domain in sorted(given.target.domains) if (each := given.target.person(f"{local}@{domain}"))]
    return lines.edit(given.plan, moving.move.move_id, target=known[0].upn) if len(known) == 1 else ()


def _unlicensed(given: Given, moving: Moving, account: Principal, stock: Stock) -> Outcome:
    sku = _suite(given, moving.person, stock)
    commands = lines.on(given.target.host_url, lines.cmdlet("Set-XtLicence", User=account.upn, Sku=sku)) if sku else ()
    text = (
        "Assign a licence with SharePoint (R-4.4)." if sku else "Buy a licence with SharePoint and assign it (R-4.4)."
    )
    remedy = Remedy(who=Who.TARGET, text=text, commands=commands, waits_for="" if sku else "a free licence")
    return ACCOUNT.error(
        moving.about_target_person(),
        f"{account.upn} has no licence with SharePoint at the target.",
        remedy,
        detail="licence",
    )


def _suite(given: Given, person: Principal | None, stock: Stock) -> str:
    """A product of the target with free units, best the one the person has at the source."""
    held = (
        frozenset(given.source.part_number(sku).casefold() for sku in person.licences) if person else frozenset[str]()
    )
    return stock.take(given.target, is_suite, held)


def _usual_location(side: Side) -> str:
    return next((each.usage_location for each in side.people.values() if each.usage_location), "")


def _migration_licence(given: Given, moving: Moving, licence: OneDriveLicence, stock: Stock) -> Iterator[Outcome]:
    person, account = moving.person, moving.target_person
    if person is None:
        return
    about = moving.about_person()
    if licence.is_assigned(person, account):
        return
    if not given.source.knows_people or (account is None and not given.target.knows_people):
        question = f"Is the licence {ONEDRIVE_PART} assigned to {moving.move.source} or {moving.move.target}?"
        yield LICENCE.unknown("licences are not told", question, Who.TARGET, about=about)
        return
    side, name, sku = _free_unit(given, moving, stock)
    if side is None:
        text = "Buy the licence Cross Tenant User Data Migration, one a person, and assign it on either side (R-4.25)."
        remedy = Remedy(who=Who.PERSON, text=text, waits_for="a free licence on either side")
    else:
        line = lines.cmdlet("Set-XtLicence", User=name, Sku=sku)
        text = f"Assign the licence, of which {side.name} has free units; either side will do (R-4.32)."
        remedy = Remedy(who=side.who, text=text, commands=lines.on(side.host_url, line))
    roots = [ACCOUNT.id_of(moving.about_target_person())] if account is None and side is given.target else []
    cause = f"Neither {moving.move.source} nor {moving.move.target} has the licence of the migration."
    yield LICENCE.error(about, cause, remedy, depends_on=roots)


def _free_unit(given: Given, moving: Moving, stock: Stock) -> tuple[Side | None, str, str]:
    for side, name in ((given.source, moving.move.source), (given.target, moving.move.target)):
        sku = stock.take(side, _is_migration)
        if sku:
            return side, name, sku
    return None, "", ""


def _is_migration(each: Licence) -> bool:
    return each.part_number.casefold() == ONEDRIVE_PART.casefold()


def _sign_in(given: Given) -> Iterator[Outcome]:
    """Once for all: with open accounts it takes one click to make the OneDrive that blocks the move."""
    open_accounts = [
        moving
        for moving in given.moves
        if moving.is_onedrive and moving.target_person and moving.target_person.account_enabled
    ]
    if open_accounts:
        first = open_accounts[0].move.target
        cause = f"{len(open_accounts)} account(s) at the target may sign in before their OneDrive has moved, such as {first}."
        text = "Block their sign-in until their move is done, or restrict OneDrive creation (R-4.9)."
        remedy = Remedy(who=Who.TARGET, text=text, waits_for="the moves")
        yield SIGN_IN.warning(given.target.about(), cause, remedy)


def _volume(given: Given) -> Iterator[Outcome]:
    """Sites: the volume against what was bought; that this licence exists at all no call tells (R-4.28 to R-4.31)."""
    moving = [(each.move, each.site) for each in given.moves if each.site and each.move.kind is not JobKind.USER]
    if not moving:
        return
    count = count_shared_data(moving, given.source.licences, given.target.licences, part_number=SHARED_DATA_PART)
    about = given.about_plan()
    line = declarations.command(given.plan, "shared_data_licences", str(max(1, count.needed)))
    said = given.value("shared_data_licences")
    owned = int(said) if said else count.owned
    if not said and not owned:
        question = f"Were {max(1, count.needed)} licences Cross-Tenant Shared Data Migration bought, for {count.volume_gb:.0f} GB of sites?"
        yield LICENCE.unknown("no call tells of this licence", question, Who.PERSON, about=about, commands=(line,))
    elif owned * 1.2 < count.needed:
        yield LICENCE.error(about, _short(count, owned), _buy(count, owned, line), detail="volume")
    elif owned < count.needed:
        yield LICENCE.warning(about, f"{_short(count, owned)} The excess is within the 20 percent of grace.",
                              _buy(count, owned, line), detail="volume")  # fmt: skip


def _short(count: SharedDataCount, owned: int) -> str:
    return f"The sites that move hold {count.volume_gb:.0f} GB, for which {count.needed} licences are needed; there are {owned}."


def _buy(count: SharedDataCount, owned: int, line: str) -> Remedy:
    text = (
        f"Buy {count.needed - owned} more licences Cross-Tenant Shared Data Migration, then declare how many there are."
    )
    return Remedy(who=Who.PERSON, text=text, commands=(line,), waits_for="the purchase")


GROUP = Group(name="People", rules=(ACCOUNT, LICENCE, SIGN_IN), run=look)
