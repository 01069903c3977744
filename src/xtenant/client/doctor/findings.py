"""What a check-up says: findings with their meaning and remedy, what was found in order, and what could not be looked at."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum

from xtenant.domain.consents import Level


class Purpose(Enum):
    """What the tenant is wanted for; each needs a level of permissions (settled C 15)."""

    DISCOVER = "discover"
    CHECK = "check"
    MOVE = "move"

    @property
    def level(self) -> Level:
        """Discovery asks the admin host for sites, geos, holds and locks, and lists for items: level `admin` as well."""
        return Level.MOVE if self is Purpose.MOVE else Level.ADMIN


class Severity(Enum):
    """An error keeps the purpose from being reached; a warning soon will or may; a note is to be known."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is not as it should be. `click` is a way through a portal, `run` whole command lines."""

    check: str
    severity: Severity
    cause: str
    means: str
    click: str = ""
    run: tuple[str, ...] = ()
    rule: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotChecked:
    """A question nobody could answer from here, and why."""

    check: str
    why: str


@dataclass(kw_only=True)
class Diagnosis:
    """Everything said of one profile."""

    profile: str
    findings: list[Finding] = field(default_factory=list[Finding])
    not_checked: list[NotChecked] = field(default_factory=list[NotChecked])
    passed: list[str] = field(default_factory=list[str])

    def error(
        self, check: str, cause: str, means: str, *, click: str = "", run: Iterable[str] = (), rule: str = ""
    ) -> None:
        self._add(Severity.ERROR, check, cause, means, click, run, rule)

    def warning(
        self, check: str, cause: str, means: str, *, click: str = "", run: Iterable[str] = (), rule: str = ""
    ) -> None:
        self._add(Severity.WARNING, check, cause, means, click, run, rule)

    def note(
        self, check: str, cause: str, means: str, *, click: str = "", run: Iterable[str] = (), rule: str = ""
    ) -> None:
        self._add(Severity.NOTE, check, cause, means, click, run, rule)

    def unknown(self, check: str, why: str) -> None:
        """Nobody could look; never to be taken for 'in order'."""
        self.not_checked.append(NotChecked(check=check, why=why))

    def fine(self, check: str) -> None:
        """Looked at and in order."""
        self.passed.append(check)

    def found(self, check: str) -> bool:
        """Whether something was found to be wrong with it."""
        return any(one.check == check and one.severity is not Severity.NOTE for one in self.findings)

    def count(self, severity: Severity) -> int:
        return sum(one.severity is severity for one in self.findings)

    def _add(
        self, severity: Severity, check: str, cause: str, means: str, click: str, run: Iterable[str], rule: str
    ) -> None:
        self.findings.append(
            Finding(check=check, severity=severity, cause=cause, means=means, click=click, run=tuple(run), rule=rule)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the check-up is for: the purpose, and the partner where one is named.

    `partner_role` is what the partner is in these moves, `Source` or `Target`, as in the trust commands.
    """

    purpose: Purpose = Purpose.CHECK
    partner: str | None = None
    partner_role: str | None = None

    @property
    def is_target(self) -> bool:
        """Whether this tenant is to be the target; without a word about it it may be either."""
        return self.partner_role == "Source"

    @property
    def is_source(self) -> bool:
        return self.partner_role == "Target"
