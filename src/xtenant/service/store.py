"""The first start of a service and every later one: database, settings, people, apps, licences, root sites."""

from __future__ import annotations

from uuid import UUID

from xtenant.domain.caller import GLOBAL_ADMINISTRATOR, SHAREPOINT_ADMINISTRATOR
from xtenant.domain.directory import AppId
from xtenant.domain.ports.clock import Clock, IdSource
from xtenant.operations import licences, sign_in, sites
from xtenant.settings import AppEntry, ServiceSettings, UserEntry
from xtenant.storage.database import SqlUnits, open_engine
from xtenant.storage.schema import prepare

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
