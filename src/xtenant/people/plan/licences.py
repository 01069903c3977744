"""Licences of the migration: which are missing, and how many to buy (R-4.25 to R-4.32). Nothing is bought here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from xtenant.domain.move import JobKind
from xtenant.domain.plan import PlannedMove
from xtenant.inventory.facts import Licence, Principal, Site
from xtenant.people.plan.needed import Need

ONEDRIVE_SKU = UUID("946ce899-873d-44bb-9d8b-671870cbfdbf")
ONEDRIVE_PART = "Cross_tenant_user_data_migration"
"""R-4.26."""

SHARED_DATA_PART = "Cross_tenant_shared_data_migration"
"""The part number of the licence of sites is not public: ours is inferred from R-4.26 and R-4.28."""

GB_PER_LICENCE = 100
GRACE = 1.2
"""R-4.29, R-4.31: the volume may be 20 percent more than was bought."""

MB_PER_GB = 1024
LARGEST_SITE_MB = 25 * 1024 * 1024
"""A site holds 25 TB at most: a larger figure was not in megabytes (R-4.30)."""


class OneDriveLicence:
    """The migration licence of OneDrives, one for each person on either side (R-4.25)."""

    def __init__(self, licences: Iterable[Licence]) -> None:
        named = {each.sku_id for each in licences if each.part_number.casefold() == ONEDRIVE_PART.casefold()}
        self._skus = named | {ONEDRIVE_SKU}

    def is_assigned(self, source: Principal, target: Principal | None) -> bool:
        held = set(source.licences) | set(target.licences if target is not None else ())
        return bool(held & self._skus)

    def others_of(self, principal: Principal) -> set[UUID]:
        """Licences of a principal that are no migration licence (R-4.4 wants one with SharePoint)."""
        return set(principal.licences) - self._skus

    def free(self, licences: Iterable[Licence]) -> int:
        return sum(max(0, each.enabled - each.consumed) for each in licences if each.sku_id in self._skus)


@dataclass(frozen=True, slots=True, kw_only=True)
class OneDriveCount:
    """One licence a OneDrive that moves; free ones of either side may be assigned before any is bought."""

    needed: int
    assigned: int
    free_source: int
    free_target: int

    @property
    def to_assign(self) -> int:
        return self.needed - self.assigned

    @property
    def to_buy(self) -> int:
        return max(0, self.to_assign - self.free_source - self.free_target)


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedDataCount:
    """Licences for the volume of moving sites, sold by 100 GB. `suspicious` are sites whose figure cannot be in MB."""

    sites: int
    volume_mb: int
    owned: int
    suspicious: tuple[str, ...] = ()

    @property
    def volume_gb(self) -> float:
        return round(self.volume_mb / MB_PER_GB, 3)

    @property
    def needed(self) -> int:
        return -(-self.volume_mb // (GB_PER_LICENCE * MB_PER_GB))

    @property
    def to_buy(self) -> int:
        return max(0, self.needed - self.owned)

    @property
    def lasts_to_gb(self) -> float:
        """The volume the licences needed still cover, the grace of 20 percent included."""
        return round(self.needed * GB_PER_LICENCE * GRACE, 3)


def count_onedrives(
    needs: Iterable[Need], targets: Iterable[Principal | None], source: Sequence[Licence], target: Sequence[Licence]
) -> OneDriveCount:
    """`targets` go with `needs`."""
    licence = OneDriveLicence((*source, *target))
    pairs = [(need, found) for need, found in zip(needs, targets, strict=True) if need.mover is not None]
    return OneDriveCount(
        needed=len(pairs),
        assigned=sum(1 for need, found in pairs if licence.is_assigned(need.principal, found)),
        free_source=licence.free(source),
        free_target=licence.free(target),
    )


def count_shared_data(
    moving: Iterable[tuple[PlannedMove, Site]],
    source: Iterable[Licence],
    target: Iterable[Licence],
    *,
    part_number: str,
) -> SharedDataCount:
    """The volume is the sum of `StorageUsageCurrent` over sites and group sites, read as megabytes (R-4.30)."""
    sites = {site.site_id: site for move, site in moving if move.kind is not JobKind.USER}
    owned = [each.enabled for each in (*source, *target) if each.part_number.casefold() == part_number.casefold()]
    return SharedDataCount(
        sites=len(sites),
        volume_mb=sum(site.storage_mb for site in sites.values()),
        owned=sum(owned),
        suspicious=tuple(sorted(site.url for site in sites.values() if site.storage_mb > LARGEST_SITE_MB)),
    )
