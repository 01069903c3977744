"""One check of a plan: every group of rules over what was given, its findings in order, what was not judged, each row's verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

import msgspec

from xtenant.bulk.findings import Finding, NotChecked, Object, ObjectKind, Severity
from xtenant.bulk.preflight.given import Given
from xtenant.bulk.preflight.registry import GROUPS
from xtenant.bulk.preflight.rows import ASK
from xtenant.bulk.preflight.rules import Group, Outcome

Progress = Callable[[str, int, int], None]
MOST_ALIKE = 10
"""Objects of one question that are named one by one; more become one question."""
_ORDER = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}


class Verdict(Enum):
    """What becomes of a row of the plan (R-9.1.2)."""

    OK = "ok"
    WARNING = "warning"
    BLOCKED = "blocked"


class RowVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """A row with the rules that speak of it; those that speak of everything are told once, in the result."""

    id: str
    source: str
    target: str
    wave: str
    verdict: Verdict
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The outcome: errors first; `not_checked` is never empty where something could not be judged."""

    findings: Sequence[Finding]
    not_checked: Sequence[NotChecked]
    rows: Sequence[RowVerdict]
    counts: Mapping[Severity, int] = field(default_factory=dict[Severity, int])

    @property
    def errors(self) -> int:
        return self.counts[Severity.ERROR]


def checked(
    given: Given, *, groups: Sequence[Group] = GROUPS, progress: Progress = lambda what, done, total: None
) -> Result:
    """Run every group. Nothing is sent and nothing is written; what the tenants said is in `given.online`."""
    findings: dict[str, Finding] = {}
    unknown: list[NotChecked] = []
    for number, group in enumerate(groups):
        progress("rules", number, len(groups))
        _gather(group.run(given), findings, unknown)
    progress("rules", len(groups), len(groups))
    ordered = sorted(findings.values(), key=lambda each: (_ORDER[each.severity], each.rule, each.object.name, each.id))
    told = [_rooted(each, findings) for each in _with_roots_of_refusals(ordered)]
    counts = {severity: sum(each.severity is severity for each in told) for severity in Severity}
    return Result(findings=told, not_checked=list(_together(unknown)), rows=_verdicts(given, told), counts=counts)


def _gather(outcomes: Iterable[Outcome], findings: dict[str, Finding], unknown: list[NotChecked]) -> None:
    for outcome in outcomes:
        if isinstance(outcome, Finding):
            findings.setdefault(outcome.id, outcome)
        else:
            unknown.append(outcome)


def _with_roots_of_refusals(ordered: Sequence[Finding]) -> Iterator[Finding]:
    """What the tenant itself refuses depends on every error that touches the same row."""
    of_all: list[str] = []
    of_row: dict[str, list[str]] = {}
    for each in ordered:
        if each.severity is Severity.ERROR and each.rule != ASK.rule:
            for ids in [of_row.setdefault(move, []) for move in each.object.moves] or [of_all]:
                ids.append(each.id)
    for each in ordered:
        if each.rule == ASK.rule:
            roots = (*of_all, *of_row.get(each.object.moves[0], ())) if each.object.moves else ()
            yield msgspec.structs.replace(each, depends_on=roots)
        else:
            yield each


def _rooted(finding: Finding, findings: Mapping[str, Finding]) -> Finding:
    """Only roots that were found are named."""
    roots = tuple(root for root in dict.fromkeys(finding.depends_on) if root in findings and root != finding.id)
    return finding if roots == finding.depends_on else msgspec.structs.replace(finding, depends_on=roots)


def _together(unknown: Iterable[NotChecked]) -> Iterator[NotChecked]:
    """Questions in the rulebook's order; the same one about many objects is asked once."""
    alike: dict[tuple[str, str, str], list[NotChecked]] = {}
    for each in unknown:
        alike.setdefault((each.rule, each.reason, each.who.value), []).append(each)
    for _, some in sorted(alike.items(), key=lambda pair: _rule_key(pair[0][0])):
        if len(some) <= MOST_ALIKE:
            yield from some
            continue
        moves = tuple(dict.fromkeys(move for each in some if each.object for move in each.object.moves))
        about = Object(kind=ObjectKind.PLAN, name=f"{len(some):,} objects", moves=moves)
        question = f"{some[0].question} The same is asked of {len(some) - 1:,} more."
        yield msgspec.structs.replace(some[0], object=about, question=question)


def _rule_key(rule: str) -> tuple[object, ...]:
    """R-6.9 before R-6.10."""
    return tuple(f"{int(part):06}" if part.isdigit() else part for part in rule.replace("-", ".").split("."))


def _verdicts(given: Given, findings: Sequence[Finding]) -> list[RowVerdict]:
    """An error without rows of its own blocks them all."""
    of_all = {each.severity for each in findings if not each.object.moves}
    severities: dict[str, set[Severity]] = {}
    rules: dict[str, list[str]] = {}
    for each in findings:
        for move in each.object.moves:
            severities.setdefault(move, set()).add(each.severity)
            rules.setdefault(move, []).append(each.rule)
    return [
        RowVerdict(
            id=moving.move.move_id,
            source=moving.move.source,
            target=moving.move.target,
            wave=moving.move.wave,
            verdict=_verdict(of_all | severities.get(moving.move.move_id, set())),
            rules=tuple(dict.fromkeys(rules.get(moving.move.move_id, ()))),
        )
        for moving in given.moves
    ]


def _verdict(severities: set[Severity]) -> Verdict:
    if Severity.ERROR in severities:
        return Verdict.BLOCKED
    return Verdict.WARNING if Severity.WARNING in severities else Verdict.OK
