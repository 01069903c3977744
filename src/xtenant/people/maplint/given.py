"""What a map is judged against: the tenants, the moves, the previous map. What is not given is not judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from xtenant.domain.plan import PlannedMove
from xtenant.inventory.facts import PrincipalKind
from xtenant.inventory.store import Inventory
from xtenant.people.maplint.findings import Needs


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One tenant: its id for certain; domains and inventory where they are known.

    `whole` = the inventory tells of everybody, so that whoever is not in it does not exist.
    """

    tenant_id: UUID
    domains: frozenset[str] = frozenset()
    inventory: Inventory | None = None
    whole: bool = True

    @classmethod
    def of(cls, inventory: Inventory) -> Side:
        """The side that an inventory tells of. Of disguised people only the tenant's id and domains are of use."""
        facts = inventory.tenant()
        named = (*facts.domains, facts.initial_domain)
        domains = frozenset(name.casefold() for name in named if name)
        origin = inventory.origin()
        if origin is not None and (origin.pseudonyms or origin.level == "counts"):
            return cls(tenant_id=facts.tenant_id, domains=domains)
        whole = origin is None or not origin.moving_only
        return cls(tenant_id=facts.tenant_id, domains=domains, inventory=inventory, whole=whole)


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """Everything beside the file. `previous` is the map in force, or the file it was sent from."""

    sources: tuple[Side, ...] = ()
    target: Side | None = None
    moves: Sequence[PlannedMove] | None = None
    previous: Path | None = None

    def had(self) -> Needs:
        """What can be compared. Permissions are told by `against.Expectations`, which knows the sites that move."""
        had = Needs.NOTHING
        if self.sources and all(side.domains for side in self.sources):
            had |= Needs.SOURCE_DOMAINS
        if self.target is not None:
            had |= Needs.TARGET | (Needs.TARGET_DOMAINS if self.target.domains else Needs.NOTHING)
        if self.moves is not None:
            had |= Needs.MOVES
        if self.previous is not None:
            had |= Needs.PREVIOUS
        return had


@dataclass(frozen=True, slots=True)
class Directory:
    """Accounts and groups of the target, for one look each. Empty where the inventory tells of no people."""

    people: Mapping[str, PrincipalKind] = field(default_factory=dict[str, PrincipalKind])
    """UPN, folded → USER or GUEST."""
    groups: Mapping[str, str] = field(default_factory=dict[str, str])
    """Object id → the alias of a Microsoft 365 group, empty for a security group."""

    @classmethod
    def of(cls, side: Side | None) -> Directory | None:
        """None where nothing is known, so that nothing is judged."""
        if side is None or side.inventory is None or not side.whole:
            return None
        people: dict[str, PrincipalKind] = {}
        groups: dict[str, str] = {}
        for principal in side.inventory.principals():
            if principal.kind in (PrincipalKind.USER, PrincipalKind.GUEST):
                people[principal.upn.casefold()] = principal.kind
            elif principal.kind in (PrincipalKind.SECURITY_GROUP, PrincipalKind.M365_GROUP):
                alias = principal.alias if principal.kind is PrincipalKind.M365_GROUP else ""
                groups[principal.principal_id.lower()] = alias
        return cls(people, groups) if people else None
