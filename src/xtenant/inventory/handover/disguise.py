"""Pseudonyms of people in a handover file: HMAC with a secret that both administrators enter (settled C 19).

Equal mails and UPNs have equal pseudonyms, so exact matching stays possible; rules on prefixes and domains do not. Names,
UPNs, mails and aliases of people, and address and title of OneDrives are replaced; groups, team sites and paths are not.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import b32encode
from collections.abc import Iterable
from dataclasses import dataclass, replace
from uuid import UUID

from xtenant.domain import errors
from xtenant.inventory.facts import (
    Assignment,
    Member,
    NotRead,
    Principal,
    PrincipalKind,
    Site,
    SiteKind,
    SiteUser,
)
from xtenant.inventory.schema import name_key
from xtenant.inventory.store import Inventory

SHORTEST_SECRET = 12
DOMAIN = "pseudonym.invalid"
PEOPLE = (PrincipalKind.USER, PrincipalKind.GUEST, PrincipalKind.OTHER)


@dataclass(frozen=True, slots=True)
class Pseudonyms:
    """Made by `from_secret`; `key` alone is enough to make the same pseudonyms again."""

    key: bytes

    @classmethod
    def from_secret(cls, secret: str, tenant_id: UUID) -> Pseudonyms:
        """Slow on purpose, and different for each tenant told of. Raises UsageError for a short secret."""
        if len(secret) < SHORTEST_SECRET:
            raise errors.UsageError(f"The secret of pseudonyms has {SHORTEST_SECRET} characters at least.")
        return cls(hashlib.scrypt(secret.encode(), salt=tenant_id.bytes, n=2**15, r=8, p=1, maxmem=2**26))

    def check_value(self) -> str:
        """Tells whether two secrets are the same, and nothing else."""
        return hmac.digest(self.key, b"check", "sha256").hex()

    def of(self, text: str) -> str:
        """Empty stays empty; equal but for letter case stays equal."""
        if not text:
            return ""
        digest = hmac.digest(self.key, b"name " + name_key(text).encode(), "sha256")
        return "x" + b32encode(digest[:15]).decode().lower()

    def address_of(self, address: str) -> str:
        return f"{self.of(address)}@{DOMAIN}" if address else ""

    def id_of(self, principal_id: str) -> str:
        """Ids of the directory stay; a login name of somebody who is not in it names a person."""
        return self.of(principal_id) if principal_id.startswith("i:") else principal_id

    def principal(self, principal: Principal) -> Principal:
        if principal.kind not in PEOPLE:
            return principal
        return replace(
            principal,
            principal_id=self.id_of(principal.principal_id),
            name=self.of(principal.name),
            upn=self.address_of(principal.upn),
            mail=self.address_of(principal.mail),
            alias=self.of(principal.alias),
        )

    def member(self, member: Member) -> Member:
        return replace(member, member_id=self.id_of(member.member_id))

    def assignment(self, assignment: Assignment) -> Assignment:
        return replace(assignment, principal_id=self.id_of(assignment.principal_id))

    def site(self, site: Site) -> Site:
        told = replace(site, admins=tuple(self.id_of(each) for each in site.admins))
        if site.kind is not SiteKind.PERSONAL:
            return told
        front, _, last = site.url.rpartition("/")
        return replace(told, url=f"{front}/{self.of(last)}", title=self.of(site.title))

    def site_user(self, user: SiteUser) -> SiteUser:
        """Groups keep their login names; those of people hold their UPN or mail."""
        named = bool(user.upn or user.mail) or "@" in user.login_name
        return replace(
            user,
            login_name=self.of(user.login_name) if named else user.login_name,
            upn=self.address_of(user.upn),
            mail=self.address_of(user.mail),
        )

    def not_read(self, row: NotRead) -> NotRead:
        """Of a site, its id tells which one; address and reason may name a person."""
        if row.site_id is None:
            return replace(row, reason="")
        return replace(row, subject=f"{row.site_id} {self.of(row.subject)}", reason="")


def comparable(inventory: Inventory, pseudonyms: Pseudonyms) -> Inventory:
    """A tenant's directory and licences in memory with the same pseudonyms, to be matched against a partner's file."""
    copy = Inventory.memory()
    with copy.writing():
        copy.put_tenant(inventory.tenant())
        copy.put_licences(inventory.licences())
        copy.put_principals(map(pseudonyms.principal, inventory.principals()))
        for group_id, members in _by_group(inventory.all_members()):
            copy.put_members(group_id, map(pseudonyms.member, members))
        for site in inventory.sites():
            copy.put_site(pseudonyms.site(site))
    return copy


def _by_group(members: Iterable[Member]) -> Iterable[tuple[str, list[Member]]]:
    some: list[Member] = []
    for member in members:
        if some and some[0].group_id != member.group_id:
            yield some[0].group_id, some
            some = []
        some.append(member)
    if some:
        yield some[0].group_id, some
