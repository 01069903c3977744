"""What a check of the plan says: a finding with its cause and its remedy, and what could not be looked at (settled C 20).

Values only; the rules that make them stand in `bulk.preflight`. A finding's id is the same from run to run, so that two runs
can be compared and one finding can name another as its root.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

import msgspec


class Severity(Enum):
    """An error keeps the move from starting or ends it; a warning is lost or at risk; a note is to be known."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Evidence(Enum):
    """What a rule rests on, by the rulebook's tags."""

    DOCUMENTED = "D"
    CMDLET = "C"
    ERROR_LIST = "E"
    FIELD = "F"
    INFERRED = "I"


EVIDENCE_SAYS = {
    Evidence.DOCUMENTED: "Microsoft's published pages",
    Evidence.CMDLET: "Microsoft's cmdlet reference",
    Evidence.ERROR_LIST: "Microsoft's published list of errors",
    Evidence.FIELD: "a field report, not confirmed by Microsoft",
    Evidence.INFERRED: "our inference",
}


class Who(Enum):
    """Whose turn it is."""

    SOURCE = "source administrator"
    TARGET = "target administrator"
    MICROSOFT = "Microsoft"
    PERSON = "person"
    PLAN = "plan"


class ObjectKind(Enum):
    """What a finding is about."""

    PAIR = "pair"
    """The two tenants together: trust, compatibility."""
    TENANT = "tenant"
    SITE = "site"
    PERSON = "person"
    GROUP = "group"
    ITEM = "item"
    MAP = "map"
    PLAN = "plan"


class Object(msgspec.Struct, frozen=True, kw_only=True):
    """What a finding is about. `moves` are the ids of the plan's rows it touches; none means all of them."""

    kind: ObjectKind
    name: str
    moves: tuple[str, ...] = ()


class Remedy(msgspec.Struct, frozen=True, kw_only=True):
    """What removes the finding. `commands` are whole lines, run in their order as they stand: ours begin with `xtenant `,
    the others are Microsoft's cmdlets for a shell. `waits_for` says what has to happen before or after them."""

    who: Who
    text: str
    commands: tuple[str, ...] = ()
    waits_for: str = ""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One problem. `depends_on` are the ids of findings whose remedy may remove this one too."""

    id: str
    rule: str
    severity: Severity
    cause: str
    evidence: Evidence
    object: Object
    remedy: Remedy
    depends_on: tuple[str, ...] = ()


class NotChecked(msgspec.Struct, frozen=True, kw_only=True):
    """A rule that could not be judged, of one object or of all; never 'ok'. `commands` would let it be judged."""

    rule: str
    reason: str
    question: str
    who: Who
    object: Object | None = None
    commands: tuple[str, ...] = ()


def finding_id(rule: str, about: Object, detail: str = "") -> str:
    """The lasting name of a finding: rule, object, and what tells apart several of one rule about one object."""
    parts = (rule, about.kind.value, about.name.casefold(), *([detail.casefold()] if detail else ()))
    return "/".join(part.replace("/", "|") for part in parts)


def found(
    rule: str,
    severity: Severity,
    about: Object,
    cause: str,
    remedy: Remedy,
    *,
    evidence: Evidence,
    detail: str = "",
    depends_on: Iterable[str] = (),
) -> Finding:
    """A finding with its id; `detail` where one object may have several of a rule."""
    return Finding(
        id=finding_id(rule, about, detail),
        rule=rule,
        severity=severity,
        cause=cause,
        evidence=evidence,
        object=about,
        remedy=remedy,
        depends_on=tuple(depends_on),
    )
