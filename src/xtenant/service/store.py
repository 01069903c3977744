"""The first start of a service and every later one: database, settings, people, apps, licences, root sites."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from xtenant.domain import errors
from xtenant.domain.caller import GLOBAL_ADMINISTRATOR, SHAREPOINT_ADMINISTRATOR
from xtenant.domain.directory import AppId
from xtenant.domain.ports.clock import Clock, IdSource
from xtenant.operations import licences, sign_in, sites
from xtenant.settings import AppEntry, ServiceSettings, UserEntry
from xtenant.storage.database import SqlUnits, open_engine
from xtenant.storage.schema import prepare

SHARED_NOTE = "shared-store"
"""In the home: the path of the shared store that holds the content."""

DIRECTORY_ROLES = {
    "global_admin": frozenset({GLOBAL_ADMINISTRATOR}),
    "sharepoint_admin": frozenset({SHAREPOINT_ADMINISTRATOR}),
    "user": frozenset[UUID](),
}


def open_store(settings: ServiceSettings, clock: Clock, ids: IdSource) -> SqlUnits:
    """Units of work on the service's own store, made and seeded where it is new; present people stay as they are."""
    settings.home.mkdir(parents=True, exist_ok=True)
    engine = open_engine(settings.database)
    tenant = settings.tenant()
    first_start = prepare(engine, tenant.tenant_id)
    units = SqlUnits(engine, tenant.tenant_id)
    if first_start:
        with units.write() as uow:
            uow.settings.put(settings.tenant_settings())
    users = [_seed_user(entry) for entry in settings.users]
    sign_in.seed_directory(units, users, [_seed_app(entry) for entry in settings.apps], clock=clock, ids=ids)
    _seed_licences(settings, units, clock)
    sites.create_root_sites(units, tenant=tenant, clock=clock, ids=ids)
    return units


def content_root(settings: ServiceSettings) -> Path:
    """Where content lies: in the home, or in the shared store, which the home remembers from then on.

    Raises UsageError when the settings name another place than the one where the content is.
    """
    own, note = settings.home / "blobs", settings.home / SHARED_NOTE
    known = Path(note.read_text("utf-8")) if note.exists() else None
    wanted = None if settings.shared_store is None else settings.shared_store.resolve()
    if known is None and wanted is not None and (own / settings.tenant_id.hex / "loose").exists():
        known = own
    if known is not None and known != (wanted or own):
        raise errors.UsageError(
            f"The content of {settings.name} lies in {known}, not in {wanted or own}.",
            remedy=f"Name that folder as shared_store, or move {known / settings.tenant_id.hex} with the service stopped"
            f" and write the new folder's path into {note} (remove it for none).",
        )
    if wanted is not None and known is None:
        note.write_text(str(wanted), "utf-8")
    return wanted or own


def _seed_licences(settings: ServiceSettings, units: SqlUnits, clock: Clock) -> None:
    bought = [(entry.part_number, entry.enabled) for entry in settings.subscriptions]
    held = {entry.upn: entry.licences for entry in settings.users if entry.licences}
    if bought:
        licences.seed_licences(units, bought, held, clock=clock)


def _seed_user(entry: UserEntry) -> sign_in.SeedUser:
    return sign_in.SeedUser(
        upn=entry.upn,
        display_name=entry.display_name,
        password=entry.password,
        directory_roles=DIRECTORY_ROLES[entry.role],
    )


def _seed_app(entry: AppEntry) -> sign_in.SeedApp:
    return sign_in.SeedApp(
        app_id=AppId(entry.app_id),
        display_name=entry.display_name,
        permissions=frozenset(entry.permissions),
        scopes=frozenset(entry.scopes),
        certificates=tuple(file.read_text() for file in entry.certificate_files),
        secrets=tuple(entry.secrets),
        public_client=entry.public_client,
    )
