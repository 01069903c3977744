"""Port of the tenant's own settings."""

from __future__ import annotations

from typing import Protocol

from xtenant.domain.tenant import TenantSettings


class SettingsRepository(Protocol):
    def get(self) -> TenantSettings:
        """The settings in force; defaults where nothing was set."""
        ...

    def put(self, settings: TenantSettings) -> None:
        """Store every field."""
        ...
