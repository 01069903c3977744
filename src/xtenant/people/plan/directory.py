"""The target's directory, held by every name a match may go by, and the names that are taken there."""

from __future__ import annotations

from collections.abc import Iterable

from xtenant.inventory.facts import Principal, PrincipalKind

PEOPLE = frozenset({PrincipalKind.USER, PrincipalKind.GUEST})
GROUPS = frozenset({PrincipalKind.SECURITY_GROUP, PrincipalKind.M365_GROUP})


class TargetDirectory:
    """Read once from an inventory. Names compare without regard to case; `claimed` grows as rows take principals."""

    def __init__(self, principals: Iterable[Principal]) -> None:
        self._by_id: dict[str, Principal] = {}
        self._by_upn: dict[str, Principal] = {}
        self._by_mail: dict[str, Principal] = {}
        self._by_alias: dict[str, Principal] = {}
        self._by_name: dict[tuple[bool, str], list[Principal]] = {}
        self._reserved: set[str] = set()
        self._claims: dict[str, str] = {}
        for principal in principals:
            if principal.kind in PEOPLE | GROUPS:
                self._add(principal)

    def by_id(self, principal_id: str) -> Principal | None:
        return self._by_id.get(principal_id)

    def by_upn(self, upn: str) -> Principal | None:
        return self._by_upn.get(upn.casefold()) if upn else None

    def by_mail(self, mail: str) -> Principal | None:
        """A person whose mail, or UPN, is this address."""
        if not mail:
            return None
        key = mail.casefold()
        found = self._by_mail.get(key) or self._by_upn.get(key)
        return found if found is not None and found.kind in PEOPLE else None

    def by_alias(self, alias: str) -> Principal | None:
        return self._by_alias.get(alias.casefold()) if alias else None

    def by_name(self, name: str, *, group: bool) -> Principal | None:
        """Somebody nobody else shares the display name with."""
        found = self._by_name.get((group, name.casefold()), [])
        return found[0] if len(found) == 1 else None

    def claim(self, target: Principal, source_id: str) -> None:
        """A row takes a principal; the first one stays known."""
        self._claims.setdefault(target.principal_id, source_id)

    def claimed_by(self, target: Principal) -> str | None:
        """The source id of the row that took a principal first."""
        return self._claims.get(target.principal_id)

    def reserve(self, name: str) -> None:
        """A name that a row is going to use: a UPN or an alias."""
        self._reserved.add(name.casefold())

    def is_taken(self, name: str) -> bool:
        """Whether a UPN or an alias belongs to somebody, or is promised."""
        key = name.casefold()
        return key in self._by_upn or key in self._by_mail or key in self._by_alias or key in self._reserved

    def _add(self, principal: Principal) -> None:
        group = principal.kind in GROUPS
        self._by_id[principal.principal_id] = principal
        for name, index in ((principal.upn, self._by_upn), (principal.mail, self._by_mail)):
            if name:
                index.setdefault(name.casefold(), principal)
        if group and principal.alias:
            self._by_alias.setdefault(principal.alias.casefold(), principal)
        self._by_name.setdefault((group, principal.name.casefold()), []).append(principal)
