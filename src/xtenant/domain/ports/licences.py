"""Port of a tenant's licences: subscriptions and who holds their units."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Protocol

from xtenant.domain.directory import UserId
from xtenant.domain.licence import AssignedLicence, Sku, SkuId, Subscription


class LicenceRepository(Protocol):
    """Units held by deleted users count as free, and are held again when the user is restored."""

    def subscribe(self, sku: Sku, enabled: int) -> None:
        """Buy a product, or change how many units there are."""
        ...

    def subscriptions(self) -> Sequence[Subscription]:
        """Everything bought with its counters, by part number."""
        ...

    def skus(self) -> Sequence[Sku]:
        """Everything bought, without the counters, which cost a count."""
        ...

    def locked(self, sku_ids: Collection[SkuId]) -> Mapping[SkuId, Subscription]:
        """The subscriptions named, with counters; until this unit of work ends nobody else gets at them."""
        ...

    def of_users(self, user_ids: Iterable[UserId]) -> Mapping[UserId, Sequence[AssignedLicence]]:
        """What each of many users holds, in one query per 500; users without licences are missing."""
        ...

    def assign(self, user_id: UserId, licence: AssignedLicence) -> None:
        """Give a unit, or change the plans of the one held."""
        ...

    def take(self, user_id: UserId, sku_ids: Collection[SkuId]) -> None: ...
