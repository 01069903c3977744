"""Port of the tenant's own settings."""

from __future__ import annotations

from typing import Protocol

from xtenant.domain.sharepoint_settings import SharePointSettings
from xtenant.domain.tenant import TenantSettings


class SettingsRepository(Protocol):
    def get(self) -> TenantSettings:
        """The settings in force; defaults where nothing was set."""
        ...

    def put(self, settings: TenantSettings) -> None:
        """Store every field."""
        ...


class SharePointSettingsRepository(Protocol):
    def get(self) -> SharePointSettings:
        """The settings in force; a fresh tenant's where nothing was set."""
        ...

    def put(self, settings: SharePointSettings) -> None: ...
