"""What the plan of identities says beside its rows: counts, licences to buy, restrictions to set, what to look at (R-4.1 to R-4.32)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from xtenant.inventory.facts import Licence, TenantFacts
from xtenant.people.plan.licences import GB_PER_LICENCE, SharedDataCount
from xtenant.people.plan.planning import PeoplePlan

MOST_SHOWN = 50
"""Unresolved names and changed rows shown one by one; the rest is counted."""

_HOW_SITES = (
    "SharePoint admin centre, Settings, Site creation: untick 'Users can create SharePoint sites'; or over Graph "
    'PATCH /v1.0/admin/sharepoint/settings {"isSiteCreationEnabled": false}'
)
_HOW_ONEDRIVE = (
    "SharePoint admin centre, More features, User profiles, Manage User Permissions: remove 'Create Personal Site' from "
    "Everyone except external users (no Graph or cmdlet does it)"
)


def report_of(plan: PeoplePlan, licences_of_target: Sequence[Licence]) -> dict[str, object]:
    """The whole report as one object."""
    return {**counts_of(plan, licences_of_target), **lists_of(plan)}


def counts_of(plan: PeoplePlan, licences_of_target: Sequence[Licence]) -> dict[str, object]:
    """How many of what, the licences, and notes."""
    return {
        "source": plan.source.display_name,
        "target": plan.target.display_name,
        "rows": len(plan.rows),
        "methods": dict(sorted(Counter(row.method.value for row in plan.rows).items())),
        "kinds": dict(sorted(Counter(row.kind.value for row in plan.rows).items())),
        "rules": dict(sorted(Counter(row.rules[0].value for row in plan.rows).items())),
        "awaiting_confirmation": sum(1 for row in plan.rows if row.awaits_confirmation),
        "with_problems": sum(1 for row in plan.rows if row.problems),
        "problems": dict(sorted(Counter(_rule(text) for row in plan.rows for text in row.problems).items())),
        "memberships": plan.memberships,
        "nested_groups": plan.nested_groups,
        "licences": _licences(plan, licences_of_target),
        "unresolved_count": len(plan.unresolved),
        "changed_count": len(plan.changed),
        "notes": list(_notes(plan)),
    }


def lists_of(plan: PeoplePlan) -> dict[str, list[dict[str, object]]]:
    """What is told one by one."""
    return {
        "restrictions": list(_restrictions(plan)),
        "unresolved": [
            {"move": each.move_id, "name": each.name, "problem": each.text} for each in plan.unresolved[:MOST_SHOWN]
        ],
        "changed": [
            {"name": each.before.shown_name, "before": each.before.target_upn, "now": each.now.target_upn}
            for each in plan.changed[:MOST_SHOWN]
        ],
    }


def _rule(text: str) -> str:
    """The rule a problem begins with."""
    first = text.partition(":")[0]
    return first if first.startswith("R-") else "other"


def _licences(plan: PeoplePlan, of_target: Sequence[Licence]) -> dict[str, object]:
    onedrives, shared = plan.onedrives, plan.shared_data
    return {
        "onedrive": {
            "rule": "R-4.25",
            "needed": onedrives.needed,
            "assigned": onedrives.assigned,
            "free_on_source": onedrives.free_source,
            "free_on_target": onedrives.free_target,
            "to_assign": onedrives.to_assign,
            "to_buy": onedrives.to_buy,
        },
        "shared_data": {
            "rule": "R-4.28",
            "sites": shared.sites,
            "volume_gb": shared.volume_gb,
            "unit": "StorageUsageCurrent read as MB, 1 GB = 1024 MB (R-4.30, U-7)",
            "needed": shared.needed,
            "owned": shared.owned,
            "to_buy": shared.to_buy,
            "lasts_to_gb": shared.lasts_to_gb,
        },
        "free_on_target": {each.part_number: max(0, each.enabled - each.consumed) for each in of_target},
    }


def _restrictions(plan: PeoplePlan) -> Iterator[dict[str, object]]:
    """Self-creation of sites and OneDrives; on the source too where people go on working there (R-4.9)."""
    for side, facts in (("target", plan.target), ("source", plan.source)):
        yield _restriction(side, "R-4.9", "sites", facts.site_creation_enabled, _HOW_SITES)
        yield _restriction(side, _onedrive_rule(side), "OneDrives", facts.personal_site_creation_enabled, _HOW_ONEDRIVE)


def _onedrive_rule(side: str) -> str:
    return "R-4.8" if side == "target" else "R-4.9"


def _restriction(side: str, rule: str, what: str, enabled: bool | None, how: str) -> dict[str, object]:
    state = "not known" if enabled is None else "open" if enabled else "restricted"
    return {"rule": rule, "side": side, "what": what, "state": state, "how": "" if state == "restricted" else how}


def _notes(plan: PeoplePlan) -> Iterator[str]:
    if plan.domains:
        initial = plan.target.initial_domain
        yield f"no --domain for {', '.join(plan.domains)}: their people get names in {initial}"
    if plan.with_mail:
        yield (
            f"R-4.12: {plan.with_mail} people to be created have a mail address on the source: if their mailboxes move too, "
            "plan with --mailboxes, since an account made first breaks the mailbox move"
        )
    guests = sum(1 for row in plan.rows if row.kind.value == "user" and row.method.value == "guest")
    if guests:
        yield f"R-4.5: {guests} people have permissions and no OneDrive move: planned as guests; --others create makes accounts"
    yield from _volume_notes(plan.shared_data)
    yield from _tenant_notes(plan.source, plan.target)


def _volume_notes(shared: SharedDataCount) -> Iterator[str]:
    for url in shared.suspicious:
        yield f"R-4.30: the size of {url} is more than a site can hold in MB: the figure may be in bytes; count by hand"
    if shared.needed:
        yield (
            f"R-4.31: {shared.needed} x {GB_PER_LICENCE} GB cover the sites as they are, and growth up to "
            f"{shared.lasts_to_gb:g} GB (20 percent)"
        )


def _tenant_notes(source: TenantFacts, target: TenantFacts) -> Iterator[str]:
    if source.tenant_id == target.tenant_id:
        yield "R-5.44: source and target are the same tenant"
