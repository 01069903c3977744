"""What a lab tells others of itself: each tenant's service settings, the front's signposts, and the clients' `lab.json`."""

from __future__ import annotations

from pathlib import Path

from xtenant.client.lab import LabDescription, LabGeo, LabTenant, LabUser
from xtenant.lab.clock import CLOCK_FILE
from xtenant.lab.estate import (
    APP_PERMISSIONS,
    BOUGHT,
    DELEGATED_SCOPES,
    PEOPLES_LICENCES,
    AppKind,
    AppRegistration,
    Estate,
    EstateTenant,
    GeoPlan,
    PersonRole,
    apps_folder,
    geo_of,
    shared_folder,
    tenant_home,
)
from xtenant.lab.ports import LOOPBACK
from xtenant.lab.tenant_hints import KnownTenant
from xtenant.settings import (
    AppEntry,
    GeoEntry,
    PublicTenantEntry,
    ServiceSettings,
    SmtpEntry,
    SubscriptionEntry,
    UserEntry,
)


def service_settings(
    estate: Estate, tenant: EstateTenant, home: Path, *, proxy_port: int, smtp_port: int, ca_file: Path
) -> ServiceSettings:
    """The settings one tenant's service starts with."""
    return ServiceSettings(
        tenant_id=tenant.tenant_id,
        name=tenant.name,
        display_name=tenant.display_name,
        initial_domain=tenant.initial_domain,
        domains=list(tenant.domains),
        geos=[GeoEntry(code=geo.code, label=geo.label) for geo in tenant.geos],
        public_directory=[_public_entry(other) for other in estate.tenants],
        home=tenant_home(home, tenant.name),
        proxy_url=f"http://{LOOPBACK}:{proxy_port}",
        ca_file=ca_file,
        lab=True,
        smtp=SmtpEntry(host=LOOPBACK, port=smtp_port),
        clock_file=home / CLOCK_FILE,
        shared_store=shared_folder(home) if estate.shared_store else None,
        settings={"waiting_period": estate.waiting_period},
        users=[
            UserEntry(
                upn=person.upn,
                display_name=person.display_name,
                role=person.role.value,
                password=person.password,
                licences=list(PEOPLES_LICENCES),
            )
            for person in tenant.people
        ],
        subscriptions=[SubscriptionEntry(part_number=part, enabled=units) for part, units in BOUGHT.items()],
        apps=[_app_entry(app, home) for app in tenant.apps],
    )


def known_tenants(estate: Estate) -> list[KnownTenant]:
    """What the front looks for in requests."""
    return [
        KnownTenant(
            name=tenant.name,
            tenant_id=str(tenant.tenant_id),
            domains=frozenset(tenant.domains),
            client_ids=frozenset(str(app.app_id) for app in tenant.apps),
        )
        for tenant in estate.tenants
    ]


def describe(estate: Estate, home: Path, *, proxy_port: int, ca_file: Path) -> LabDescription:
    """What clients need: the shape of design section 4, the lab's id, and the people of settled A 7."""
    return LabDescription(
        id=str(estate.lab_id),
        proxy=f"http://{LOOPBACK}:{proxy_port}",
        ca_file=str(ca_file),
        home=str(home),
        tenants={tenant.name: _described(tenant, home) for tenant in estate.tenants},
    )


def _described(tenant: EstateTenant, home: Path) -> LabTenant:
    app = tenant.app(AppKind.ADMIN)
    first = _geo(tenant.geos[0])
    return LabTenant(
        tenant_id=str(tenant.tenant_id),
        initial_domain=tenant.initial_domain,
        admin_url=first.admin_url,
        host_url=first.host_url,
        root_url=first.root_url,
        geos={plan.code: _geo(plan) for plan in tenant.geos},
        admin_upn=tenant.person(PersonRole.SHAREPOINT_ADMIN).upn,
        client_id=str(app.app_id),
        client_secret=app.secret,
        certificate_file=str(apps_folder(home) / f"{app.certificate}.pem"),
        users={
            role.value: LabUser(upn=tenant.person(role).upn, password=tenant.person(role).password)
            for role in PersonRole
        },
    )


def _geo(plan: GeoPlan) -> LabGeo:
    geo = geo_of(plan)
    return LabGeo(admin_url=geo.admin_url, host_url=geo.host_url.text, root_url=geo.root_url)


def _public_entry(tenant: EstateTenant) -> PublicTenantEntry:
    return PublicTenantEntry(
        tenant_id=tenant.tenant_id,
        display_name=tenant.display_name,
        default_domain=tenant.domain,
        domains=list(tenant.domains),
    )


def _app_entry(app: AppRegistration, home: Path) -> AppEntry:
    is_admin, is_public = app.kind is AppKind.ADMIN, app.kind is AppKind.PUBLIC
    return AppEntry(
        app_id=app.app_id,
        display_name=app.display_name,
        permissions=sorted(APP_PERMISSIONS) if is_admin else [],
        scopes=sorted(DELEGATED_SCOPES) if is_admin or is_public else [],
        certificate_files=[apps_folder(home) / f"{app.certificate}.crt"] if app.certificate else [],
        secrets=[app.secret] if app.secret else [],
        public_client=is_public or is_admin,
    )
