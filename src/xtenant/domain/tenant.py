"""Tenants, their geographies and the three URLs that must never be mixed up (R-1.6, R-2.3, R-1.7).

A geo counts as a tenant of its own in every step (R-1.5): it has its own admin, personal-site and root host. Addresses
written here are always the real ones; where they lead is the transport's affair.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from enum import Enum
from typing import NewType
from urllib.parse import urlsplit
from uuid import UUID

from xtenant.domain import errors

TenantId = NewType("TenantId", UUID)
GeoCode = NewType("GeoCode", str)

LOGIN_HOST = "login.microsoftonline.com"
GRAPH_HOST = "graph.microsoft.com"
SHAREPOINT_SUFFIX = ".sharepoint.com"


class HostRole(Enum):
    """Which of the virtual hosts a request is for."""

    ADMIN = "admin"
    MY = "my"
    ROOT = "root"
    LOGIN = "login"
    GRAPH = "graph"


@dataclass(frozen=True, slots=True)
class HostUrl:
    """A cross-tenant host URL: `https://NAME-my.sharepoint.com/`, lower case, with one trailing slash (R-2.3, R-1.8)."""

    text: str

    @property
    def host(self) -> str:
        return urlsplit(self.text).netloc

    @property
    def label(self) -> str:
        """The tenant's (or geo's) name part, equal in its admin, host and root URL (R-1.7)."""
        return self.host.removesuffix(SHAREPOINT_SUFFIX).removesuffix("-my")

    def __str__(self) -> str:
        return self.text


def host_role(host: str) -> HostRole:
    """Tell an admin, personal-site and root host apart by the end of the first label (R-1.6)."""
    name = host.lower()
    if name == LOGIN_HOST:
        return HostRole.LOGIN
    if name == GRAPH_HOST:
        return HostRole.GRAPH
    label = name.split(".")[0]
    if label.endswith("-admin"):
        return HostRole.ADMIN
    return HostRole.MY if label.endswith("-my") else HostRole.ROOT


def parse_host_url(text: str) -> HostUrl:
    """Read a partner's host URL as an administrator types it.

    Raises UsageError for anything but `https://NAME-my.sharepoint.com[/]`; an admin or root URL gets the text of E-27.
    Private addresses, user info, ports and paths are refused here, before any connection (design section 5).
    """
    try:
        parts = urlsplit(text.strip())
    except ValueError as error:  # half an IPv6 address, or letters that turn into slashes
        raise errors.UsageError(f"The host URL '{text}' cannot be read.") from error
    try:
        port = parts.port
    except ValueError:
        port = -1
    host = (parts.hostname or "").lower()
    if parts.scheme.lower() != "https":
        raise errors.UsageError(
            f"The host URL '{text}' does not start with https://.",
            remedy="Use the line that Get-SPOCrossTenantHostUrl prints on the partner, https://NAME-my.sharepoint.com/.",
        )
    if is_address(host):
        raise errors.UsageError(
            f"The host URL '{text}' names an address, not a tenant.",
            remedy="Use the partner's host name, https://NAME-my.sharepoint.com/.",
        )
    if parts.username or parts.password or port is not None or parts.query or parts.fragment:
        raise errors.UsageError(f"The host URL '{text}' has parts a host URL cannot have.")
    if parts.path not in ("", "/"):
        raise errors.UsageError(f"The host URL '{text}' has a path; only the host belongs here.")
    label = host.removesuffix(SHAREPOINT_SUFFIX)
    if not host.endswith(SHAREPOINT_SUFFIX) or not is_tenant_label(label):
        raise errors.UsageError(f"'{text}' is not the address of a SharePoint tenant.")
    if host_role(host) is not HostRole.MY:
        raise NotAHostUrl(host)
    return HostUrl(f"https://{host}/")


class NotAHostUrl(errors.UsageError):
    """An admin or root URL was given where the host URL belongs (E-27)."""

    code = "notAHostUrl"
    microsoft_code = "MnAFatalErrorAdminSiteCouldNotBeUsedAsMySiteHost"

    def __init__(self, host: str) -> None:
        label = host.removesuffix(SHAREPOINT_SUFFIX).removesuffix("-admin")
        super().__init__(
            "Cross-tenant moves are blocked because the TargetCrossTenantHostUrl value is incorrect.",
            remedy=f"'{host}' is not the personal-site host; the partner's host URL reads https://{label}-my.sharepoint.com/.",
        )


def is_address(host: str) -> bool:
    """Whether a host is an IP address (IPv4, IPv6, or a spelling that resolvers take for one)."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host.replace(".", "").isdigit() or host.startswith("0x") or host == "localhost"
    return True


def is_tenant_label(label: str) -> bool:
    return 0 < len(label) <= 63 and label[0] != "-" and label.replace("-", "").isalnum() and label.isascii()


@dataclass(frozen=True, slots=True, kw_only=True)
class Geo:
    """One geography of a tenant with the hosts of its own; `label` is the name part (`contoso`, `contosoeur`)."""

    code: GeoCode
    label: str

    @property
    def admin_host(self) -> str:
        return f"{self.label}-admin{SHAREPOINT_SUFFIX}"

    @property
    def my_host(self) -> str:
        return f"{self.label}-my{SHAREPOINT_SUFFIX}"

    @property
    def root_host(self) -> str:
        return f"{self.label}{SHAREPOINT_SUFFIX}"

    @property
    def host_url(self) -> HostUrl:
        return HostUrl(f"https://{self.my_host}/")

    @property
    def admin_url(self) -> str:
        return f"https://{self.admin_host}"

    @property
    def root_url(self) -> str:
        return f"https://{self.root_host}"

    @property
    def hosts(self) -> tuple[str, str, str]:
        return (self.admin_host, self.my_host, self.root_host)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicTenant:
    """What anybody may learn of a tenant from the public directory (`findTenantInformation…`, settled A 10)."""

    tenant_id: TenantId
    display_name: str
    default_domain: str
    domains: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenant:
    """What a tenant service is: fixed at its creation, the first geo is the default one.

    `domains` are its verified domains beside the initial one; the public directory may name more.
    """

    tenant_id: TenantId
    name: str
    display_name: str
    initial_domain: str
    geos: tuple[Geo, ...]
    public_directory: tuple[PublicTenant, ...] = field(default=())
    domains: tuple[str, ...] = ()

    @property
    def default_domain(self) -> str:
        """The domain new addresses end with: what the public directory says of us, else the initial domain."""
        own = (row.default_domain for row in self.public_directory if row.tenant_id == self.tenant_id)
        return next(own, self.initial_domain)

    @property
    def verified_domains(self) -> tuple[str, ...]:
        """Every domain accounts may end with, in lower case, the default one first."""
        public = (name for row in self.public_directory if row.tenant_id == self.tenant_id for name in row.domains)
        names = (self.default_domain, *self.domains, *public, self.initial_domain)
        return tuple(dict.fromkeys(name.lower() for name in names))

    @property
    def default_geo(self) -> Geo:
        return self.geos[0]

    def geo_of_host(self, host: str) -> Geo | None:
        """The geo that owns a host name, or None."""
        name = host.lower()
        return next((geo for geo in self.geos if name in geo.hosts), None)

    def owns(self, host_url: HostUrl) -> bool:
        """Whether a host URL is one of our own geos (R-2.5, R-0.8)."""
        return any(geo.host_url == host_url for geo in self.geos)


class StatusSet(Enum):
    """Which edition of the status list a tenant answers with: `preview` still knows Dormant (R-3.16 to R-3.18)."""

    CURRENT = "current"
    PREVIEW = "preview"


class Throttling(Enum):
    """Whether callers are held to Microsoft's published limits (content-api.md 1.17)."""

    OFF = "off"
    PUBLISHED = "published"


DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantSettings:
    """What an operator may switch (`xtenant lab set`); durations in seconds of business time unless said otherwise."""

    waiting_period: int = 7 * DAY_SECONDS
    status_set: StatusSet = StatusSet.CURRENT
    repeat_keeps_age: bool = True
    feature_od_move: bool = True
    feature_site_move: bool = True
    imitate_e36: bool = False
    schema_version: str = "16.0"
    source_retention: int = 30 * DAY_SECONDS
    blob_grace: int = 3600
    size_limit_bytes: int = 5 * 1024**4
    item_limit: int = 1_000_000
    map_rejects_whole: bool = False
    max_hidden_per_partner: int = 100
    moves_at_once: int = 0
    """How many moves go on at once in each direction over all workers of the tenant; 0 leaves it to each worker's slots."""
    security_clock_offset: int = 0
    throttle: Throttling = Throttling.OFF
    throttle_licences: int = 1_000
    """How many licences the tenant is taken to have for its row of the published limits."""
    throttle_speed: int = 1
    """How many times shorter the windows of the limits are than Microsoft's, in real time."""
    licences_required: bool = False
    """Whether a OneDrive moves only with licences: the migration licence on either side, SharePoint's at the target."""
    personal_site_creation: str = "everyone"
    """Who gets a OneDrive by using it: everyone, nobody, or the members of the group whose object id stands here (R-4.8)."""
    app_permissions: str = ""
    """What the tenant has consented to for its apps, in place of what they are registered with: names with commas between,
    `graph/NAME` or `sharepoint/NAME` where only one of the two is meant, `none`; empty leaves the registrations in force."""
    byok: bool = False
    """Whether the tenant encrypts with a key of its own, which keeps it from being a source (E-28)."""
    farm: str = ""
    """The farm this tenant lies on; two tenants of one named farm cannot move to each other (E-31)."""
