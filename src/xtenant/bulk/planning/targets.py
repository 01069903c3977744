"""Where each candidate goes, by rules an administrator gives: domains of people, and names of sites and groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote

from xtenant.bulk.planning.candidates import Candidate
from xtenant.domain import errors, paths
from xtenant.domain.move import JobKind
from xtenant.domain.tenant import HostUrl
from xtenant.people.plan.names import legal_alias, legal_local_part

STAR = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class RenameRule:
    """`OLD=NEW`. A star in OLD stands for any signs, the one in NEW for the same signs. Letter case does not count."""

    old: str
    new: str

    def apply(self, name: str) -> str | None:
        """The new name, or None where the rule does not speak of this one."""
        before, star, after = self.old.casefold().partition(STAR)
        folded = name.casefold()
        if not star:
            return self.new if folded == before else None
        if len(name) < len(before) + len(after) or not (folded.startswith(before) and folded.endswith(after)):
            return None
        return self.new.replace(STAR, name[len(before) : len(name) - len(after)], 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetRules:
    """`renames` with an @ in them are of people, the others of the last part of a site's address and of aliases; the first that
    speaks of a name counts. `domains` leads domains of people, folded; all others become `initial_domain`."""

    host_url: HostUrl
    initial_domain: str
    domains: Mapping[str, str] = field(default_factory=dict[str, str])
    renames: Sequence[RenameRule] = ()

    def target_of(self, candidate: Candidate) -> str:
        """The cell of the target."""
        match candidate.kind:
            case JobKind.USER:
                return self._account(candidate.source)
            case JobKind.GROUP:
                return legal_alias(self._renamed(candidate.source))
            case JobKind.SITE:
                return self._address(candidate.source)

    def address_of(self, candidate: Candidate, target: str) -> str:
        """The address a target leads to, as the service computes it (spo-admin.md 5.8, R-5.20)."""
        match candidate.kind:
            case JobKind.USER:
                return f"{self.host_url}personal/{paths.personal_path(target)}"
            case JobKind.GROUP:
                managed = paths.site_path(candidate.site.url).partition("/")[0]
                return f"{self._root()}/{managed or 'sites'}/{target}"
            case JobKind.SITE:
                return target

    def _account(self, upn: str) -> str:
        renamed = self._renamed(upn, of_people=True)
        if renamed != upn:
            return renamed
        local, _, domain = upn.rpartition("@")
        return f"{legal_local_part(local)}@{self.domains.get(domain.casefold(), self.initial_domain)}"

    def _address(self, url: str) -> str:
        managed, _, name = unquote(paths.site_path(url)).partition("/")
        return f"{self._root()}/{managed}/{self._renamed(name)}" if name else f"{self._root()}/sites/{managed}"

    def _root(self) -> str:
        return f"https://{self.host_url.label}.sharepoint.com"

    def _renamed(self, name: str, *, of_people: bool = False) -> str:
        for rule in self.renames:
            if ("@" in rule.old) is of_people:
                found = rule.apply(name)
                if found is not None:
                    return found
        return name


def read_rename(text: str) -> RenameRule:
    """`proj-*=contoso-*`. Raises UsageError."""
    old, sign, new = (part.strip() for part in text.partition("="))
    if not sign or not old or not new or old.count(STAR) > 1 or new.count(STAR) > old.count(STAR):
        raise errors.UsageError(
            f"'{text}' is no rule for names.",
            remedy="Write --rename OLD=NEW with at most one star in each: --rename 'proj-*=contoso-*'",
        )
    if ("@" in old) is not ("@" in new):
        raise errors.UsageError(f"'{text}' makes a person of a site.", remedy="An @ stands on both sides or on none.")
    return RenameRule(old=old, new=new)
