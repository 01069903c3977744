"""Group-connected sites: the group at the target, made as Microsoft prescribes and without a site: R-6.39."""

from __future__ import annotations

from collections.abc import Iterator

from xtenant.bulk.findings import Evidence, Remedy, Who
from xtenant.bulk.preflight import declarations, lines
from xtenant.bulk.preflight.given import Given, Moving
from xtenant.bulk.preflight.rules import Group, Outcome, Rule
from xtenant.domain.move import JobKind
from xtenant.inventory.facts import Principal

MADE = Rule(
    rule="R-6.39",
    text="the target's Microsoft 365 group is made by the prescribed method, has no site, no period, the same access type",
    evidence=Evidence.DOCUMENTED,
    read="Graph groups of the target, their sites/root; the make cannot be read, declared: group_method",
    fails_as="R-4.15 to R-4.22",
)


def look(given: Given) -> Iterator[Outcome]:
    unsure: list[Moving] = []
    for moving in given.moves:
        if moving.move.kind is not JobKind.GROUP:
            continue
        group = moving.target_group
        if group is None:
            yield _absent(given, moving)
            continue
        yield from _there(given, moving, group)
        if not group.on_demand and not group.site_url:
            unsure.append(moving)
    said = given.value("group_method")
    if unsure and said != "prescribed":
        line = declarations.command(given.plan, "group_method")
        text = "Ask who made them, or make them anew as R-4.17 says; then declare it."
        remedy = Remedy(who=Who.TARGET, text=text, commands=(line,))
        cause = f"Of {len(unsure)} target group(s) it is not known how they were made, such as {unsure[0].move.target}."
        yield MADE.warning(given.target.about(), cause, remedy, detail="method")


def _absent(given: Given, moving: Moving) -> Outcome:
    about, alias = moving.about_target_group(), moving.move.target
    if not (given.target.whole and given.target.knows_people):
        question = (
            f"Is there a Microsoft 365 group {alias} at the target, made with ProvisionSiteOnDemand and without a site?"
        )
        return MADE.unknown("the target's file does not tell of every group", question, Who.TARGET, about=about)
    name = (moving.group.name if moving.group else alias).replace(".", " ")
    visibility = moving.group.visibility if moving.group else ""
    line = lines.cmdlet("New-XtGroup", Kind="Unified", DisplayName=name, Alias=alias, Visibility=visibility or None)
    text = "Create it with ProvisionSiteOnDemand, so that it gets no site (R-4.17), and with the source's access type (R-4.19)."
    remedy = Remedy(who=Who.TARGET, text=text, commands=lines.on(given.target.host_url, line))
    return MADE.error(about, f"The target has no Microsoft 365 group with the alias {alias}.", remedy)


def _there(given: Given, moving: Moving, group: Principal) -> Iterator[Outcome]:
    about = moving.about_target_group()
    if group.site_url:
        text = "Make another group as R-4.17 says and write its alias into row and map; a group with a site cannot take one (R-4.21)."
        remedy = Remedy(who=Who.TARGET, text=text)
        yield MADE.error(
            about, f"The target's group {group.alias} has the site {group.site_url} already.", remedy, detail="site"
        )
    source = moving.group
    if source is not None and _differ(source.visibility, group.visibility):
        text = f"Make the target's group {source.visibility} (R-4.19)."
        remedy = Remedy(who=Who.TARGET, text=text, waits_for="the same access type on both sides")
        cause = f"The group {group.alias} is {group.visibility} at the target and {source.visibility} at the source."
        yield MADE.error(about, cause, remedy, detail="visibility")


def _differ(one: str, other: str) -> bool:
    """Two access types, both known."""
    return bool(one and other) and one.casefold() != other.casefold()


GROUP = Group(name="Groups", rules=(MADE,), run=look)
