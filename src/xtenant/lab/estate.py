"""What a lab consists of: its tenants with geos, people and app registrations, made once and kept in `estate.json` (0600).

The ids stay the same for the home's life, through stops and resets. From the estate come each tenant's service settings
and the description that clients read (`lab.json`, `xtenant lab env --format json`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum
from pathlib import Path
from uuid import UUID

import msgspec

from xtenant.domain import errors
from xtenant.domain.caller import ADMIN_APP_PERMISSIONS
from xtenant.domain.licence import MICROSOFT_365_E3, SHARED_DATA_MIGRATION, USER_MIGRATION
from xtenant.domain.ports.clock import IdSource
from xtenant.domain.tenant import GRAPH_HOST, LOGIN_HOST, Geo, GeoCode
from xtenant.lab.certificates import create_app_certificate
from xtenant.lab.private_files import make_private_folder, write_private

ESTATE_FILE = "estate.json"
DEFAULT_TENANTS = ("contoso", "fabrikam")
DEFAULT_GEO = "NAM"
MAX_TENANTS = 16

APP_PERMISSIONS = ADMIN_APP_PERMISSIONS | {
    "OneDrive.Provision.All",
    "Group.ReadWrite.All",
    "Files.ReadWrite.All",
    "Organization.Read.All",
    "Domain.Read.All",
    "SharePointTenantSettings.ReadWrite.All",
    "CrossTenantInformation.ReadBasic.All",
}
"""What the lab's own app may do: R-1.10, and over Graph what the tools ask for."""

DELEGATED_SCOPES = frozenset(
    {
        "AllSites.FullControl",
        "Sites.FullControl.All",
        "Sites.ReadWrite.All",
        "Files.ReadWrite.All",
        "User.Read",
        "User.ReadWrite.All",
        "Group.ReadWrite.All",
        "Directory.Read.All",
        "Organization.Read.All",
        "CrossTenantInformation.ReadBasic.All",
        "SharePointCrossTenantMigration.Manage.All",
    }
)

PUBLIC_CLIENTS = {
    "SharePoint Online Management Shell": UUID("9bc3ab49-b65d-410a-85ad-de819febfddc"),
    "Azure CLI": UUID("04b07795-8ddb-461a-bbee-02f9e1bf7b46"),
    "Microsoft Graph Command Line Tools": UUID("14d82eec-204b-4c2f-b7e8-296a70dab67e"),
    "OneDrive Client for Linux": UUID("d50ca740-c83f-4d1b-b616-12c519384f0c"),
}
"""Public clients that exist in every tenant at Microsoft; people sign in through them by device code."""

BOUGHT = {
    MICROSOFT_365_E3.part_number: 5_000,
    USER_MIGRATION.part_number: 5_000,
    SHARED_DATA_MIGRATION.part_number: 100,
}
"""What each tenant has bought: an ordinary licence with SharePoint, and the two of a migration (R-4.26, R-4.28)."""

PEOPLES_LICENCES = (MICROSOFT_365_E3.part_number,)
"""What the lab's people hold; migration licences are assigned by whoever moves them."""

_NAME = re.compile(r"[a-z][a-z0-9]{1,30}")
_GEO = re.compile(r"[A-Z]{3}")


class PersonRole(Enum):
    GLOBAL_ADMIN = "global_admin"
    SHAREPOINT_ADMIN = "sharepoint_admin"
    USER = "user"


class AppKind(Enum):
    """The lab's own app, one without any permission (for refusals, settled A 9), or a public client."""

    ADMIN = "admin"
    BARE = "bare"
    PUBLIC = "public"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    upn: str
    display_name: str
    role: PersonRole
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class AppRegistration:
    """`certificate` is the stem of two files in the home's `apps`: `.crt`, and `.pem` with the private key too."""

    app_id: UUID
    display_name: str
    kind: AppKind
    secret: str = field(default="", repr=False)
    certificate: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GeoPlan:
    code: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EstateTenant:
    """One tenant; the first geo keeps the plain hosts (settled A 2)."""

    name: str
    tenant_id: UUID
    display_name: str
    geos: tuple[GeoPlan, ...]
    people: tuple[Person, ...]
    apps: tuple[AppRegistration, ...]

    @property
    def initial_domain(self) -> str:
        return f"{self.name}.onmicrosoft.com"

    @property
    def domain(self) -> str:
        """The domain people's addresses end with."""
        return f"{self.name}.com"

    @property
    def domains(self) -> tuple[str, str]:
        return (self.initial_domain, self.domain)

    @property
    def hosts(self) -> list[str]:
        return [host for geo in self.geos for host in geo_of(geo).hosts]

    def person(self, role: PersonRole) -> Person:
        """The first person of a role."""
        return next(person for person in self.people if person.role is role)

    def app(self, kind: AppKind) -> AppRegistration:
        """The first app of a kind."""
        return next(app for app in self.apps if app.kind is kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Estate:
    """A lab as created. `port` and `proxy_port` are as asked for, 0 meaning any; `waiting_period` in seconds.

    `shared_store` says that all tenants keep their content in one folder of the lab.
    """

    lab_id: UUID
    created_at: datetime
    tenants: tuple[EstateTenant, ...]
    waiting_period: int = 0
    port: int = 0
    proxy_port: int = 0
    shared_store: bool = False

    def tenant(self, name: str) -> EstateTenant:
        """Raises UsageError for a tenant the lab does not have."""
        for tenant in self.tenants:
            if tenant.name == name.lower():
                return tenant
        known = ", ".join(tenant.name for tenant in self.tenants)
        raise errors.UsageError(f"The lab has no tenant '{name}'.", remedy=f"Its tenants: {known}.")

    def server_hosts(self) -> dict[str, Sequence[str]]:
        """Server name → the hosts its certificate must name."""
        servers: dict[str, Sequence[str]] = {tenant.name: tenant.hosts for tenant in self.tenants}
        return {**servers, "front": [LOGIN_HOST, GRAPH_HOST]}


class NoEstate(errors.LabMissing):
    """The home holds no lab yet."""

    code = "noLabHere"


def read_estate(home: Path) -> Estate:
    """Raises NoEstate where no lab was made, UsageError for a file that cannot be read."""
    try:
        return msgspec.json.decode((home / ESTATE_FILE).read_bytes(), type=Estate)
    except FileNotFoundError as error:
        raise NoEstate(f"There is no lab in {home}.") from error
    except msgspec.DecodeError as error:
        raise errors.UsageError(f"{home / ESTATE_FILE} cannot be read: {error}", remedy="Use a new home.") from error


def write_estate(home: Path, estate: Estate) -> None:
    make_private_folder(home)
    write_private(home / ESTATE_FILE, msgspec.json.format(msgspec.json.encode(estate), indent=1))


def apps_folder(home: Path) -> Path:
    return home / "apps"


def tenant_home(home: Path, name: str) -> Path:
    return home / "tenants" / name


def shared_folder(home: Path) -> Path:
    return home / "shared"


def geo_of(plan: GeoPlan) -> Geo:
    return Geo(code=GeoCode(plan.code), label=plan.label)


def parse_geos(texts: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Read `contoso=NAM,EUR` (several, or several in one text separated by blanks). Raises UsageError."""
    found: dict[str, tuple[str, ...]] = {}
    for text in " ".join(texts).split():
        name, equals, codes = text.partition("=")
        geos = tuple(code.strip().upper() for code in codes.split(","))
        if not equals or not all(_GEO.fullmatch(geo) for geo in geos) or len(set(geos)) != len(geos):
            raise errors.UsageError(f"'{text}' does not name geos.", remedy="Write them as contoso=NAM,EUR.")
        found[name.strip().lower()] = geos
    return found


def create_tenant(home: Path, name: str, geos: Sequence[str], *, ids: IdSource, now: datetime) -> EstateTenant:
    """Make a tenant's ids, people and apps, and its apps' certificates in the home. Raises UsageError for a bad name."""
    if not _NAME.fullmatch(name):
        raise errors.UsageError(f"'{name}' cannot be a tenant's name.", remedy="Use letters and digits only.")
    codes = geos or (DEFAULT_GEO,)
    plans = [GeoPlan(code=code, label=name if at == 0 else f"{name}{code.lower()}") for at, code in enumerate(codes)]
    return EstateTenant(
        name=name,
        tenant_id=ids.new_id(),
        display_name=name.capitalize(),
        geos=tuple(plans),
        people=_people(name, ids),
        apps=_apps(home, name, ids=ids, now=now),
    )


def _people(name: str, ids: IdSource) -> tuple[Person, ...]:
    cloud, company = f"{name}.onmicrosoft.com", f"{name}.com"
    planned = [
        ("admin", cloud, "Global Administrator", PersonRole.GLOBAL_ADMIN),
        ("spadmin", cloud, "SharePoint Administrator", PersonRole.SHAREPOINT_ADMIN),
        ("ann", company, "Ann Archer", PersonRole.USER),
        ("bob", company, "Bob Baker", PersonRole.USER),
        ("carla", company, "Carla Carver", PersonRole.USER),
        ("dev", company, "Dev Dyer", PersonRole.USER),
        ("eva", company, "Eva Engel", PersonRole.USER),
    ]
    return tuple(
        Person(
            upn=f"{who}@{domain}",
            display_name=display_name,
            role=role,
            password=ids.secret(15),
        )
        for who, domain, display_name, role in planned
    )


def _apps(home: Path, name: str, *, ids: IdSource, now: datetime) -> tuple[AppRegistration, ...]:
    own = AppRegistration(
        app_id=ids.new_id(),
        display_name=f"xtenant in {name}",
        kind=AppKind.ADMIN,
        secret=ids.secret(30),
        certificate=f"{name}-app",
    )
    bare = AppRegistration(
        app_id=ids.new_id(),
        display_name=f"An app without permissions in {name}",
        kind=AppKind.BARE,
        secret=ids.secret(30),
        certificate=f"{name}-bare-app",
    )
    folder = apps_folder(home)
    make_private_folder(folder)
    for app in (own, bare):
        pair = create_app_certificate(app.display_name, now=now)
        write_private(folder / f"{app.certificate}.crt", pair.certificate_pem)
        write_private(folder / f"{app.certificate}.pem", pair.key_pem + pair.certificate_pem)
    public = [
        AppRegistration(app_id=app_id, display_name=display_name, kind=AppKind.PUBLIC)
        for display_name, app_id in PUBLIC_CLIENTS.items()
    ]
    return (own, bare, *public)


def grown(
    estate: Estate | None,
    home: Path,
    *,
    names: Sequence[str],
    geos: Mapping[str, Sequence[str]],
    ids: IdSource,
    now: datetime,
) -> Estate:
    """The estate with the tenants asked for: those it has stay as they are, new ones are made.

    Raises UsageError for geos of a tenant that stands with others, for geos of no tenant, and for too many tenants.
    """
    standing = {tenant.name: tenant for tenant in estate.tenants} if estate else {}
    wanted = list(dict.fromkeys([*standing, *(name.strip().lower() for name in names if name.strip())]))
    if strangers := set(geos) - set(wanted):
        raise errors.UsageError(f"--geos names no tenant of the lab: {', '.join(sorted(strangers))}.")
    if len(wanted) > MAX_TENANTS:
        raise errors.UsageError(f"A lab holds at most {MAX_TENANTS} tenants.")
    for name, tenant in standing.items():
        if name in geos and [geo.code for geo in tenant.geos] != list(geos[name]):
            raise errors.UsageError(f"The geos of {name} are settled in this home.", remedy="Use a new home.")
    tenants = tuple(
        standing.get(name) or create_tenant(home, name, geos.get(name, ()), ids=ids, now=now) for name in wanted
    )
    if estate is None:
        return Estate(lab_id=ids.new_id(), created_at=now, tenants=tenants)
    return replace(estate, tenants=tenants)
