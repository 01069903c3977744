"""Judges one row by itself: words, ids, addresses, types (R-5.40 to R-5.50, R-5.53 to R-5.55, R-5.61, R-5.63)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from xtenant.domain.identity import GroupKind, UserKind
from xtenant.inventory.facts import PrincipalKind
from xtenant.people.maplint import patterns
from xtenant.people.maplint.findings import Finding, error, warning
from xtenant.people.maplint.given import Directory, Given
from xtenant.people.maplint.patterns import shown
from xtenant.people.maplint.reading import COLUMNS, Unread

REGULAR_USER, GUEST_USER = UserKind.REGULAR.value, UserKind.GUEST.value
REGULAR_GROUP, O365_GROUP = GroupKind.REGULAR.value, GroupKind.O365.value
_MEMBER_TYPES = (REGULAR_USER, UserKind.ADMIN.value)
_WORDS = {"user": "User", "group": "Group"}
_CACHED = 10_000
"""How many spellings of ids and domains are remembered as good; a file with more is only slower."""


@dataclass(frozen=True, slots=True)
class _Types:
    """What column 6 may say."""

    rule: str
    words: Mapping[str, str]
    usual: Collection[str]
    remedy: str


_USER_TYPES = _Types(
    "R-5.46",
    {kind.value.casefold(): kind.value for kind in UserKind},
    (REGULAR_USER, GUEST_USER),
    f"Write {REGULAR_USER} for a member, {GUEST_USER} for a guest (R-5.11).",
)
_GROUP_TYPES = _Types(
    "R-5.48",
    {kind.value.casefold(): kind.value for kind in GroupKind},
    (REGULAR_GROUP, O365_GROUP),
    f"Write {REGULAR_GROUP} for a security group, {O365_GROUP} for a Microsoft 365 group (R-5.11, R-5.12).",
)


class RowJudge:
    """Knows the tenants. `judge` is called a million times: each field is looked at fast, and closely only when it is odd."""

    def __init__(self, given: Given, directory: Directory | None) -> None:
        self._sources: Mapping[UUID, frozenset[str]] = {side.tenant_id: side.domains for side in given.sources}
        self._target = given.target
        self._target_domains = given.target.domains if given.target else frozenset[str]()
        self._directory = directory
        self._begun = False
        self._companies: set[str] = set()
        self._source_domains: set[tuple[str, str]] = set()
        self._account_domains: set[str] = set()
        self._mail_domains: set[str] = set()
        self._guest_domains: set[str] = set()
        """Domains of guests' own mail, which need not be the target's (settled C 8)."""

    def judge(self, line: int, fields: list[str], found: list[Finding]) -> None:
        """Append all that is wrong with a row by itself, by columns. The first row judged may be a header."""
        if len(fields) != COLUMNS or not self._begun:
            first, self._begun = not self._begun, True
            if self._is_misshapen(line, fields, found, first=first):
                return
        word = fields[0]
        if word != "User" and word != "Group":
            word = _word(line, word, found)
        if fields[1] not in self._companies:
            self._company(line, fields[1], found)
        if word == "User":
            self._user(line, fields, found)
        elif word == "Group":
            self._group(line, fields, found)

    def _is_misshapen(self, line: int, fields: list[str], found: list[Finding], *, first: bool) -> bool:
        if isinstance(fields, Unread):
            return True
        about = len(fields) > 1 and patterns.GUID(fields[1])
        if first and not about and fields[0].casefold() not in _WORDS:
            message = f"The first row begins with '{shown(fields[0])}': a header."
            found.append(error("R-5.41", line, 1, message, "Remove it."))
            return True
        if len(fields) != COLUMNS:
            column = min(len(fields) + 1, COLUMNS)
            remedy = "Give all six: type, source tenant id, source, target, mail or name, kind (R-5.1)."
            found.append(error("R-5.40", line, column, f"The row has {len(fields)} field(s), not six.", remedy))
            return True
        return False

    def _company(self, line: int, company: str, found: list[Finding]) -> None:
        if not patterns.GUID(company):
            remedy = "Give the source's tenant id, digits and hyphens only (R-5.13)."
            found.append(error("R-5.43", line, 2, f"'{shown(company)}' is no tenant id.", remedy))
            return
        tenant_id = UUID(company)
        if self._target is not None and tenant_id == self._target.tenant_id:
            remedy = "Give the source's tenant id (R-5.13)."
            found.append(error("R-5.44", line, 2, "This is the target's tenant id.", remedy))
        elif self._sources and tenant_id not in self._sources:
            remedy = f"The sources are {', '.join(map(str, self._sources))}."
            found.append(error("R-5.43", line, 2, f"{company} is none of the sources given.", remedy))
        elif len(self._companies) < _CACHED:
            self._companies.add(company)

    def _user(self, line: int, fields: list[str], found: list[Finding]) -> None:
        _, company, source, target, mail, kind = fields
        local, _, domain = source.partition("@")
        if (company, domain) not in self._source_domains or not patterns.PLAIN_LOCAL(local):
            self._source(line, company, source, found)
        local, _, domain = target.partition("@")
        if domain not in self._account_domains or not patterns.PLAIN_LOCAL(local):
            self._address(line, 4, target, self._account_domains, found)
        if target == source or target.casefold() == source.casefold():
            message = f"Source and target are both '{shown(source)}'."
            found.append(error("R-5.55", line, 4, message, "Give the account in the target tenant."))
        if mail != target:
            good = self._guest_domains if kind == GUEST_USER else self._mail_domains
            local, _, domain = mail.partition("@")
            if domain not in good or not patterns.PLAIN_LOCAL(local):
                self._address(line, 5, mail, good, found)
        if kind != REGULAR_USER:
            kind = _type(line, kind, _USER_TYPES, found)
        if self._directory is not None or ("#EXT#" in target) != (kind == GUEST_USER):
            self._account(line, target, kind, found)

    def _source(self, line: int, company: str, source: str, found: list[Finding]) -> None:
        if not patterns.is_address(source):
            message = f"'{shown(source)}' is no user principal name."
            found.append(error("R-5.45", line, 3, message, "Write it as name@domain (R-5.5)."))
        elif (company, domain := source.rpartition("@")[2]) not in self._source_domains:
            known = self._sources.get(UUID(company)) if self._sources and patterns.GUID(company) else None
            if known and domain.casefold() not in known:
                remedy = f"Its domains are {', '.join(sorted(known)[:10])}."
                found.append(error("R-5.53", line, 3, f"'{shown(domain)}' is no domain of the source.", remedy))
            elif company in self._companies and len(self._source_domains) < _CACHED:
                self._source_domains.add((company, domain))
        if "'" in source:
            found.append(_apostrophe(line, 3, source))

    def _address(self, line: int, column: int, address: str, good: set[str], found: list[Finding]) -> None:
        """Column 4 or 5; `good` are the domains known to be right there."""
        if not patterns.is_address(address):
            what = "user principal name" if column == 4 else "mail address"
            message = f"'{shown(address)}' is no {what}."
            found.append(error("R-5.45", line, column, message, "Write it as name@domain (R-5.6, R-5.7)."))
        elif (domain := address.rpartition("@")[2]) not in good:
            known = None if good is self._guest_domains else self._target_domains
            if known and domain.casefold() not in known:
                remedy = f"Its domains are {', '.join(sorted(known)[:10])}."
                found.append(error("R-5.53", line, column, f"'{shown(domain)}' is no domain of the target.", remedy))
            elif len(good) < _CACHED:
                good.add(domain)
        if column == 4 and "'" in address:
            found.append(_apostrophe(line, column, address))

    def _account(self, line: int, target: str, kind: str, found: list[Finding]) -> None:
        """Whether the account is there, and is a guest if and only if the row says so."""
        if not patterns.is_address(target):
            return
        known = None if self._directory is None else self._directory.people.get(target.casefold())
        if self._directory is not None and known is None:
            message = f"The target has no account '{shown(target)}'."
            found.append(
                error("R-5.63", line, 4, message, "Create it first (R-4.3); `xtenant people check` tells who lacks.")
            )
        is_guest = patterns.is_guest_name(target) if known is None else known is PrincipalKind.GUEST
        if is_guest and kind in _MEMBER_TYPES:
            message = f"'{shown(target)}' is a guest in the target."
            found.append(warning("R-5.61", line, 6, message, "Write GuestUser."))
        elif not is_guest and kind == GUEST_USER:
            message = f"'{shown(target)}' looks like a member, not a guest."
            found.append(warning("R-5.61", line, 6, message, "Write RegularUser."))

    def _group(self, line: int, fields: list[str], found: list[Finding]) -> None:
        _, _, source, target, name, kind = fields
        if not patterns.GUID(source):
            self._object_id(line, 3, source, found)
        if not patterns.GUID(target):
            self._object_id(line, 4, target, found)
        elif self._directory is not None and target.lower() not in self._directory.groups:
            message = f"The target has no group {target}."
            found.append(error("R-5.63", line, 4, message, "Create it first (R-4.13, R-4.20)."))
        if kind != REGULAR_GROUP and kind != O365_GROUP:
            kind = _type(line, kind, _GROUP_TYPES, found)
        if kind == REGULAR_GROUP:
            if name != target and name.casefold() != target.casefold():
                message = f"Column 5 of a security group is '{shown(name)}', not column 4."
                found.append(error("R-5.49", line, 5, message, "Repeat the target's object id (R-5.15)."))
        elif kind == O365_GROUP:
            self._alias(line, target, name, found)
        elif kind and (not name or len(name) > patterns.LONGEST_NAME or not name.isprintable()):
            message = "Column 5 is empty, too long or holds control letters."
            found.append(error("R-5.40", line, 5, message, "Give a name (R-5.1)."))

    def _object_id(self, line: int, column: int, text: str, found: list[Finding]) -> None:
        remedy = "Take it from the portal: digits and hyphens only (R-5.14)."
        found.append(error("R-5.47", line, column, f"'{shown(text)}' is no object id.", remedy))
        if "'" in text:
            found.append(_apostrophe(line, column, text))

    def _alias(self, line: int, target: str, name: str, found: list[Finding]) -> None:
        remedy = "Give the alias that the group has in the target (R-5.16)."
        trouble = None if patterns.PLAIN_ALIAS(name) and not patterns.GUID(name) else patterns.alias_trouble(name)
        if trouble is not None:
            message = f"Column 5 of a Microsoft 365 group, '{shown(name)}', {trouble}."
            found.append(error("R-5.50", line, 5, message, remedy))
        elif self._directory is not None:
            alias = self._directory.groups.get(target.lower(), name)
            if alias.casefold() != name.casefold():
                message = f"The target's group has the alias '{shown(alias)}', not '{shown(name)}'."
                found.append(error("R-5.50", line, 5, message, remedy))


def _word(line: int, word: str, found: list[Finding]) -> str:
    """Column 1 as it should be written; empty for what is neither."""
    known = _WORDS.get(word.casefold(), "")
    if known:
        message = f"'{shown(word)}' is written unlike {known}."
        found.append(warning("R-5.42", line, 1, message, f"Write {known}."))
    else:
        message = f"'{shown(word)}' is neither User nor Group."
        found.append(error("R-5.42", line, 1, message, "Write User or Group (R-5.3)."))
    return known


def _type(line: int, word: str, types: _Types, found: list[Finding]) -> str:
    """Column 6 as it should be written; empty for what is no type."""
    known = types.words.get(word.casefold(), "")
    if not known:
        found.append(error(types.rule, line, 6, f"'{shown(word)}' is no type.", types.remedy))
    elif known not in types.usual:
        found.append(warning(types.rule, line, 6, f"The type {known} is unusual.", types.remedy))
    elif known != word:
        found.append(warning(types.rule, line, 6, f"'{word}' is written unlike {known}.", f"Write {known}."))
    return known


def _apostrophe(line: int, column: int, text: str) -> Finding:
    message = f"'{shown(text)}' has an apostrophe, which fails the move (R-4.11)."
    return error("R-5.54", line, column, message, "Rename the account first.")
