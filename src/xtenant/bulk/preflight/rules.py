"""What a rule of the check is, and how a group of them is run: the registry and the page in the docs are made of these."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from xtenant.bulk import findings
from xtenant.bulk.findings import Evidence, Finding, NotChecked, Object, Remedy, Severity, Who
from xtenant.bulk.preflight.given import Given

Outcome: TypeAlias = Finding | NotChecked


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule by its number in the rulebook. `read` says where its fact comes from, `fails_as` what happens otherwise."""

    rule: str
    text: str
    evidence: Evidence
    read: str
    fails_as: str = ""

    def error(
        self, about: Object, cause: str, remedy: Remedy, *, detail: str = "", depends_on: Iterable[str] = ()
    ) -> Finding:
        return self._found(Severity.ERROR, about, cause, remedy, detail, depends_on)

    def warning(
        self, about: Object, cause: str, remedy: Remedy, *, detail: str = "", depends_on: Iterable[str] = ()
    ) -> Finding:
        return self._found(Severity.WARNING, about, cause, remedy, detail, depends_on)

    def note(self, about: Object, cause: str, remedy: Remedy, *, detail: str = "") -> Finding:
        return self._found(Severity.NOTE, about, cause, remedy, detail, ())

    def unknown(
        self, reason: str, question: str, who: Who, *, about: Object | None = None, commands: tuple[str, ...] = ()
    ) -> NotChecked:
        return NotChecked(
            rule=self.rule,
            reason=reason,
            question=question,
            who=who,
            object=about,
            commands=tuple(filter(None, commands)),
        )

    def id_of(self, about: Object, detail: str = "") -> str:
        """The id of the finding about an object, for others that depend on it."""
        return findings.finding_id(self.rule, about, detail)

    def _found(
        self,
        severity: Severity,
        about: Object,
        cause: str,
        remedy: Remedy,
        detail: str,
        depends_on: Iterable[str],
    ) -> Finding:
        return findings.found(
            self.rule, severity, about, cause, remedy, evidence=self.evidence, detail=detail, depends_on=depends_on
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Rules that look at the same things. `run` gives every finding, and what could not be judged."""

    name: str
    rules: tuple[Rule, ...]
    run: Callable[[Given], Iterator[Outcome]]
