"""What a report holds, and its plain forms: CSV with one row for each finding and each rule that was not judged, and JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from xtenant.bulk.findings import Finding, NotChecked, Severity
from xtenant.domain import sheets

COLUMNS = (
    "severity", "rule", "object_kind", "object", "moves", "cause", "who", "remedy", "commands", "waits_for", "evidence", "id",
    "depends_on",
)  # fmt: skip
NOT_CHECKED = "not checked"
"""What stands in the column of severities where a rule could not be judged; never 'ok'."""
ORDER = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The outcome of one check. `context` says what was looked at, in the order in which it is told: plan, source, target, …"""

    context: Mapping[str, str]
    findings: Sequence[Finding]
    not_checked: Sequence[NotChecked]

    def counts(self) -> Mapping[str, int]:
        """How many findings there are of each severity, and how many rules were not judged."""
        found = Counter(each.severity for each in self.findings)
        return {
            "errors": found[Severity.ERROR],
            "warnings": found[Severity.WARNING],
            "notes": found[Severity.NOTE],
            "not_checked": len(self.not_checked),
        }

    def in_order(self) -> list[Finding]:
        """Errors first, then by rule and object."""
        return sorted(self.findings, key=lambda each: (ORDER[each.severity], each.rule, each.object.name, each.id))


def csv_lines(report: Report) -> Iterator[str]:
    """A table that a spreadsheet may open: cells that it would run are shielded."""
    yield from sheets.written(COLUMNS, (_finding_row(each) for each in report.in_order()))
    rest = sheets.written(COLUMNS, map(_unjudged_row, report.not_checked))
    next(rest)
    yield from rest


def json_pieces(report: Report) -> Iterator[str]:
    """One object: the context, the findings as they are, what was not checked, and the counts."""
    encode = msgspec.json.Encoder().encode
    yield f'{{\n  "context": {encode(report.context).decode()},\n  "findings": ['
    yield from _listed(report.in_order())
    yield '],\n  "not_checked": ['
    yield from _listed(report.not_checked)
    counts = {key: value for key, value in report.counts().items() if key != "not_checked"}
    yield "]" + "".join(f',\n  "{key}": {value}' for key, value in counts.items()) + "\n}\n"


def _listed(values: Sequence[Finding] | Sequence[NotChecked]) -> Iterator[str]:
    encode = msgspec.json.Encoder().encode
    for number, value in enumerate(values):
        yield ("," if number else "") + "\n    " + encode(value).decode()
    if values:
        yield "\n  "


def _finding_row(found: Finding) -> Mapping[str, str]:
    return {
        "severity": found.severity.value,
        "rule": found.rule,
        "object_kind": found.object.kind.value,
        "object": found.object.name,
        "moves": " ".join(found.object.moves),
        "cause": found.cause,
        "who": found.remedy.who.value,
        "remedy": found.remedy.text,
        "commands": "\n".join(found.remedy.commands),
        "waits_for": found.remedy.waits_for,
        "evidence": found.evidence.value,
        "id": found.id,
        "depends_on": " ".join(found.depends_on),
    }


def _unjudged_row(unjudged: NotChecked) -> Mapping[str, str]:
    about = unjudged.object
    return {
        "severity": NOT_CHECKED,
        "rule": unjudged.rule,
        "object_kind": about.kind.value if about else "",
        "object": about.name if about else "",
        "moves": " ".join(about.moves) if about else "",
        "cause": unjudged.reason,
        "who": unjudged.who.value,
        "remedy": unjudged.question,
        "commands": "\n".join(unjudged.commands),
    }
