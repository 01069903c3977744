"""What does not come along, or comes changed: workflows, apps, labels, holds, Teams, links: R-7.14 to R-7.28."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from xtenant.bulk.findings import Evidence, Remedy, Who
from xtenant.bulk.preflight import declarations
from xtenant.bulk.preflight.given import Given, Moving
from xtenant.bulk.preflight.rules import Group, Outcome, Rule
from xtenant.domain.move import JobKind
from xtenant.inventory.facts import Site

LINKS = Rule(rule="R-7.15", text="sharing links redirect; access is by permission at the target",
             evidence=Evidence.DOCUMENTED, read="the inventory: sharing links of each site")  # fmt: skip
WORKFLOWS = Rule(rule="R-7.18", text="workflows of 2010 and 2013 are made again at the target",
                 evidence=Evidence.DOCUMENTED, read="lists: BaseTemplate 117, 118, 122, 140, 4501")  # fmt: skip
APPS = Rule(rule="R-7.19", text="apps and add-ins are published again", evidence=Evidence.DOCUMENTED,
            read="not looked for; declared: apps")  # fmt: skip
FLOWS = Rule(rule="R-7.20", text="Power Apps and flows are made and connected again", evidence=Evidence.DOCUMENTED,
             read="not looked for; declared: flows")  # fmt: skip
WEB_PARTS = Rule(rule="R-7.21", text="web parts that point elsewhere are changed or built again",
                 evidence=Evidence.DOCUMENTED, read="not looked for; declared: web_parts")  # fmt: skip
TEAMS = Rule(rule="R-7.22", text="Teams content, channels and structure do not move", evidence=Evidence.DOCUMENTED,
             read="SiteProperties: Template, GroupId")  # fmt: skip
LABELS = Rule(rule="R-7.23", text="sensitivity labels lose protection and policy", evidence=Evidence.DOCUMENTED,
              read="SiteProperties: SensitivityLabel; list items: _DisplayName")  # fmt: skip
HISTORY = Rule(rule="R-7.25", text="version history: no page of Microsoft's says that it comes along",
               evidence=Evidence.INFERRED, read="the rulebook (U-10)")  # fmt: skip
METADATA = Rule(rule="R-7.26", text="metadata: no page of Microsoft's says that it comes along",
                evidence=Evidence.INFERRED, read="the rulebook (U-10)")  # fmt: skip
SUBSITES = Rule(rule="R-9.1.1", text="everything of a site was looked at: subsites, what was refused",
                evidence=Evidence.DOCUMENTED, read="the inventory: subsites, what could not be read")  # fmt: skip
_CHANNELS = ("TEAMCHANNEL#0", "TEAMCHANNEL#1")
NAMES_SHOWN = 5


def look(given: Given) -> Iterator[Outcome]:
    labels = _labels_of_items(given)
    for moving in given.moves:
        if moving.site is None or moving.site.is_redirect:
            continue
        yield from _workflows(moving, moving.site)
        yield from _labels(moving, moving.site, labels.get(moving.site.site_id, {}))
        yield from _teams(moving, moving.site)
        yield from _subsites(moving, moving.site)
    yield from _links(given)
    for rule, key, what in (
        (APPS, "apps", "apps or add-ins"),
        (FLOWS, "flows", "Power Apps or flows"),
        (WEB_PARTS, "web_parts", "web parts that point to other sites or services"),
    ):
        if not given.value(key):
            commands = (declarations.command(given.plan, key),)
            yield rule.unknown("not looked for", f"Do the sites that move use {what}?", Who.SOURCE, commands=commands)
    yield from _untold(given)


def _workflows(moving: Moving, site: Site) -> Iterator[Outcome]:
    about = moving.about_site()
    if site.read_at is None:
        question = f"Does {site.url} have workflows of 2010 or 2013?"
        yield WORKFLOWS.unknown("its lists were not read", question, Who.SOURCE, about=about)
    elif site.workflows:
        text = "Have them made and published again at the target, better as flows; tell their owners beforehand."
        remedy = Remedy(who=Who.PERSON, text=text)
        yield WORKFLOWS.warning(
            about, f"{site.url} has {site.workflows} list(s) of workflows; they do not move.", remedy
        )


def _labels_of_items(given: Given) -> dict[UUID, dict[str, int]]:
    found: dict[UUID, dict[str, int]] = {}
    for site_id, label, count in given.source.inventory.labels():
        found.setdefault(site_id, {})[label] = count
    return found


def _labels(moving: Moving, site: Site, of_items: dict[str, int]) -> Iterator[Outcome]:
    about = moving.about_site()
    text = "Remove labels before the move and apply the target's afterwards, by hand (R-7.23, R-7.32)."
    remedy = Remedy(who=Who.PERSON, text=text)
    if site.label:
        yield LABELS.warning(about, f"{site.url} carries the label '{site.label}'.", remedy, detail="site")
    if of_items:
        names = ", ".join(f"'{name}' ({count:,})" for name, count in sorted(of_items.items())[:NAMES_SHOWN])
        yield LABELS.warning(
            about, f"{sum(of_items.values()):,} file(s) in {site.url} carry labels: {names}.", remedy, detail="files"
        )


def _teams(moving: Moving, site: Site) -> Iterator[Outcome]:
    if site.template.upper() in _CHANNELS:
        text = "Move its files as a site only if nobody needs the channel; the team itself is made anew at the target."
        yield TEAMS.warning(
            moving.about_site(), f"{site.url} belongs to a channel of a team.", Remedy(who=Who.PERSON, text=text)
        )
    elif moving.move.kind is JobKind.GROUP:
        text = "If the group has a team: chats, channels and tabs stay behind; plan them apart."
        yield TEAMS.note(
            moving.about_site(), f"{site.url} may be the site of a team.", Remedy(who=Who.PERSON, text=text)
        )


def _subsites(moving: Moving, site: Site) -> Iterator[Outcome]:
    if site.subsites:
        question = f"What do the {site.subsites} subsite(s) of {site.url} hold, and who has rights there?"
        yield SUBSITES.unknown("subsites are not read", question, Who.SOURCE, about=moving.about_site())


def _links(given: Given) -> Iterator[Outcome]:
    count = sum(moving.site.sharing_links for moving in given.moves if moving.site)
    if count:
        text = (
            "Tell people: the links lead to the new place, and open for those who have rights there (R-7.15, R-7.16)."
        )
        cause = f"{count:,} sharing link(s) lie on what moves."
        yield LINKS.note(given.source.about(), cause, Remedy(who=Who.PERSON, text=text))


def _untold(given: Given) -> Iterator[Outcome]:
    """What nobody has said anything about: kept as a note, since it changes nothing in the plan."""
    text = "Try one site first and compare it (R-8.18)."
    for rule, what in ((HISTORY, "versions"), (METADATA, "columns and their values")):
        cause = f"Whether {what} come along is written nowhere by Microsoft (U-10)."
        yield rule.note(given.about_plan(), cause, Remedy(who=Who.PERSON, text=text))


GROUP = Group(
    name="What does not come along",
    rules=(LINKS, WORKFLOWS, APPS, FLOWS, WEB_PARTS, TEAMS, LABELS, HISTORY, METADATA, SUBSITES),
    run=look,
)
