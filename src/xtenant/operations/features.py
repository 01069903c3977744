"""Which kinds of cross-tenant move this tenant has switched on (R-6.25, settled A 16)."""

from __future__ import annotations

from dataclasses import dataclass

from xtenant.domain.ports.units import Units


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """`MnAODMove` for OneDrives, `MnASiteMove` for sites."""

    od_move: bool
    site_move: bool

    @property
    def any(self) -> bool:
        return self.od_move or self.site_move


def features(units: Units) -> Features:
    """The switches in force."""
    with units.read() as uow:
        settings = uow.settings.get()
    return Features(od_move=settings.feature_od_move, site_move=settings.feature_site_move)
