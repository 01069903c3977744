"""The SharePoint settings of the tenant (graph-migrations.md 4.6): read and changed by SharePoint administrators and by
apps with the permission; `isSiteCreationEnabled` is how site creation is restricted during a migration (R-4.9).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from xtenant.domain import errors
from xtenant.domain.caller import Caller, CallerKind
from xtenant.domain.ports.units import Units
from xtenant.domain.sharepoint_settings import SharePointSettings

SETTINGS_WRITE = frozenset({"SharePointTenantSettings.ReadWrite.All"})
SETTINGS_READ = SETTINGS_WRITE | {"SharePointTenantSettings.Read.All"}
LONGEST_LIST = 5_000


class SettingsRefused(errors.UsageError):
    """A value a setting cannot have."""

    code = "settingsRefused"


def read_settings(units: Units, caller: Caller) -> SharePointSettings:
    """The settings in force. Raises AccessDenied."""
    _require(caller, SETTINGS_READ)
    with units.read() as uow:
        return uow.sharepoint_settings.get()


def change_settings(units: Units, caller: Caller, changes: Mapping[str, object]) -> SharePointSettings:
    """Change the settings named, in the spelling of SharePointSettings and of its types. Raises SettingsRefused."""
    _require(caller, SETTINGS_WRITE)
    for name, value in changes.items():
        if isinstance(value, int) and value < 0:
            raise SettingsRefused(f"{name} cannot be negative.")
        if isinstance(value, tuple) and len(value) > LONGEST_LIST:  # pyright: ignore[reportUnknownArgumentType]
            raise SettingsRefused(f"{name} holds at most {LONGEST_LIST} values.")
    with units.write() as uow:
        changed = dataclasses.replace(uow.sharepoint_settings.get(), **changes)  # pyright: ignore[reportArgumentType]
        uow.sharepoint_settings.put(changed)
    return changed


def _require(caller: Caller, permissions: frozenset[str]) -> None:
    by_role = caller.kind is CallerKind.USER and caller.is_sharepoint_admin
    by_permission = caller.kind is CallerKind.APP and bool(caller.permissions & permissions)
    if not by_role and not by_permission:
        raise errors.AccessDenied(
            "Only SharePoint administrators, and apps with the permission, get at the tenant's SharePoint settings.",
            remedy=f"Use a SharePoint administrator, or an app with one of: {', '.join(sorted(permissions))}.",
        )
