"""The directory in an inventory: the tenant, its licences, people, groups and who belongs to which group."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from xtenant.domain import errors
from xtenant.inventory.facts import Licence, Member, Principal, PrincipalKind, TenantFacts
from xtenant.inventory.schema import Rows, blob_ids, ids_blob, moment_text, name_key, truth

_PRINCIPAL = (
    "principal_id, kind, name, upn, mail, alias, visibility, account_enabled, usage_location, licences, "
    "directory_synced, on_demand, site_url"
)


class EmptyInventory(errors.NotFound):
    """Nothing was read into this inventory yet, or not all of it."""

    code = "emptyInventory"
    remedy = "Read the tenant with `xtenant plan discover`."


class DirectoryRows(Rows):
    """Readers and writers of the directory. Principals are told in the order of their ids."""

    def put_tenant(self, tenant: TenantFacts) -> None:
        row = (
            1,
            tenant.tenant_id.bytes,
            tenant.display_name,
            tenant.initial_domain,
            "\n".join(tenant.domains),
            "\n".join(tenant.host_urls),
            tenant.site_creation_enabled,
            tenant.personal_site_creation_enabled,
            moment_text(tenant.read_at),
        )
        self._write("INSERT OR REPLACE INTO tenant VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", [row])

    def tenant(self) -> TenantFacts:
        """Raises EmptyInventory when no tenant was read."""
        row = self._one("SELECT * FROM tenant")
        if row is None:
            raise EmptyInventory("The inventory is empty: no tenant was read into it.")
        _, tenant_id, name, initial, domains, host_urls, sites, personal, read_at = row
        return TenantFacts(
            tenant_id=UUID(bytes=tenant_id),
            display_name=name,
            initial_domain=initial,
            domains=tuple(filter(None, domains.split("\n"))),
            host_urls=tuple(filter(None, host_urls.split("\n"))),
            site_creation_enabled=truth(sites),
            personal_site_creation_enabled=truth(personal),
            read_at=datetime.fromisoformat(read_at),
        )

    def put_licences(self, licences: Iterable[Licence]) -> None:
        """These instead of those before."""
        with self.writing():
            self._database.execute("DELETE FROM licences")
            rows = (
                (each.sku_id.bytes, each.part_number, each.enabled, each.consumed, "\n".join(each.plans))
                for each in licences
            )
            self._write("INSERT OR REPLACE INTO licences VALUES (?, ?, ?, ?, ?)", rows)

    def licences(self) -> list[Licence]:
        found = self._database.execute(
            "SELECT sku_id, part_number, enabled, consumed, plans FROM licences ORDER BY 2, 1"
        )
        return [
            Licence(
                sku_id=UUID(bytes=sku),
                part_number=part,
                enabled=enabled,
                consumed=consumed,
                plans=tuple(filter(None, plans.split("\n"))),
            )
            for sku, part, enabled, consumed, plans in found
        ]

    def put_principals(self, principals: Iterable[Principal], *, instead_of: Collection[PrincipalKind] = ()) -> None:
        """Add principals, or renew those with the same id; all others of the kinds `instead_of` are forgotten
        with their members."""
        with self.writing():
            self._forget(instead_of)
            places = ", ".join("?" * 16)
            self._write(f"INSERT OR REPLACE INTO principals VALUES ({places})", map(_principal_row, principals))

    def principals(self, kinds: Collection[PrincipalKind] | None = None) -> Iterator[Principal]:
        """Everybody, or those of some kinds."""
        wanted = [kind.value for kind in (PrincipalKind if kinds is None else kinds)]
        places = ", ".join("?" * len(wanted))
        found = self._database.execute(
            f"SELECT {_PRINCIPAL} FROM principals WHERE kind IN ({places}) ORDER BY principal_id", wanted
        )
        return map(_principal, found)

    def principals_between(self, first: str, end: str) -> Iterator[Principal]:
        """Those whose id is not less than one text and less than another."""
        found = self._database.execute(
            f"SELECT {_PRINCIPAL} FROM principals WHERE principal_id >= ? AND principal_id < ? ORDER BY principal_id",
            (first, end),
        )
        return map(_principal, found)

    def principal(self, principal_id: str) -> Principal | None:
        return self._principal_where("principal_id = ?", principal_id)

    def principal_by_upn(self, upn: str) -> Principal | None:
        """In any letter case."""
        return self._principal_where("upn_key = ? AND upn_key <> ''", name_key(upn))

    def principal_by_mail(self, mail: str) -> Principal | None:
        """In any letter case; the first by id where several have it."""
        return self._principal_where("mail_key = ? AND mail_key <> ''", name_key(mail))

    def principal_by_alias(self, alias: str) -> Principal | None:
        """A group by its alias (`mailNickname`)."""
        kinds = f"('{PrincipalKind.M365_GROUP.value}', '{PrincipalKind.SECURITY_GROUP.value}')"
        return self._principal_where(f"alias_key = ? AND alias_key <> '' AND kind IN {kinds}", name_key(alias))

    def put_members(self, group_id: str, members: Iterable[Member]) -> None:
        """The direct members and owners of a group, instead of those before."""
        with self.writing():
            self._database.execute("DELETE FROM members WHERE group_id = ?", (group_id,))
            rows = ((group_id, each.member_id, each.owner) for each in members)
            self._write("INSERT OR REPLACE INTO members VALUES (?, ?, ?)", rows)

    def members(self, group_id: str) -> list[Member]:
        """Direct members, then owners."""
        found = self._database.execute(
            "SELECT group_id, member_id, owner FROM members WHERE group_id = ? ORDER BY owner, member_id", (group_id,)
        )
        return [_member(row) for row in found]

    def all_members(self) -> Iterator[Member]:
        """Every membership of every group, SharePoint groups included."""
        found = self._database.execute("SELECT group_id, member_id, owner FROM members ORDER BY 1, 3, 2")
        return map(_member, found)

    def memberships_of(self, principal_id: str) -> list[Member]:
        """The groups a principal is directly in, or owns."""
        found = self._database.execute(
            "SELECT group_id, member_id, owner FROM members WHERE member_id = ? ORDER BY 1, 3", (principal_id,)
        )
        return [_member(row) for row in found]

    def _forget(self, kinds: Collection[PrincipalKind]) -> None:
        """Principals of these kinds, and who belonged to them."""
        wanted = [kind.value for kind in kinds]
        chosen = f"FROM principals WHERE kind IN ({', '.join('?' * len(wanted))})"
        self._database.execute(f"DELETE FROM members WHERE group_id IN (SELECT principal_id {chosen})", wanted)
        self._database.execute(f"DELETE {chosen}", wanted)

    def _principal_where(self, condition: str, value: str) -> Principal | None:
        row = self._one(f"SELECT {_PRINCIPAL} FROM principals WHERE {condition} ORDER BY principal_id LIMIT 1", value)
        return None if row is None else _principal(row)


def _principal_row(principal: Principal) -> Sequence[object]:
    return (
        principal.principal_id,
        principal.kind.value,
        principal.name,
        principal.upn,
        principal.mail,
        principal.alias,
        principal.visibility,
        principal.account_enabled,
        principal.usage_location,
        ids_blob(principal.licences),
        principal.directory_synced,
        principal.on_demand,
        principal.site_url,
        name_key(principal.upn),
        name_key(principal.mail),
        name_key(principal.alias),
    )


def _principal(row: Sequence[Any]) -> Principal:
    (id_, kind, name, upn, mail, alias, visibility, enabled, location, licences, synced, on_demand, site_url) = row
    return Principal(
        principal_id=id_,
        kind=PrincipalKind(kind),
        name=name,
        upn=upn,
        mail=mail,
        alias=alias,
        visibility=visibility,
        account_enabled=bool(enabled),
        usage_location=location,
        licences=blob_ids(licences),
        directory_synced=bool(synced),
        on_demand=bool(on_demand),
        site_url=site_url,
    )


def _member(row: Sequence[Any]) -> Member:
    return Member(group_id=row[0], member_id=row[1], owner=bool(row[2]))
