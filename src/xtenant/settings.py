"""The only reader of the environment and of configuration files; typed, validated once.

`ServiceSettings` describes one tenant service (`HOME/service.json` in a lab, `--config service.toml` otherwise);
`ToolSettings` is what the command line reads from the environment.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

import msgspec

from xtenant.domain import errors
from xtenant.domain.tenant import Geo, GeoCode, PublicTenant, Tenant, TenantId, TenantSettings

RoleName = Literal["global_admin", "sharepoint_admin", "user"]


class GeoEntry(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    code: str
    label: str


class PublicTenantEntry(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    tenant_id: UUID
    display_name: str
    default_domain: str
    domains: list[str]


class UserEntry(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A person seeded at the first start; `password` in clear, which is why the file is 0600. `licences` are part numbers."""

    upn: str
    display_name: str
    role: RoleName = "user"
    password: str = ""
    licences: list[str] = []


class AppEntry(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """An app registration seeded at the first start; `certificate_files` are PEM certificates (public part)."""

    app_id: UUID
    display_name: str
    permissions: list[str] = []
    scopes: list[str] = []
    certificate_files: list[Path] = []
    secrets: list[str] = []
    public_client: bool = False


class SubscriptionEntry(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What the tenant has bought from its first start on."""

    part_number: str
    enabled: int


class SmtpEntry(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    host: str = "127.0.0.1"
    port: int = 25


class ServiceSettings(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """One tenant service.

    `proxy_url` and `ca_file` decide where its own calls to partners lead; `lab` allows what only a lab may do (private
    addresses, import, clock offset). `shared_store` is a folder for content that partners' services name, too: moves between
    them link files instead of sending them. `settings` overrides fields of TenantSettings at the first start.
    """

    tenant_id: UUID
    name: str
    display_name: str
    initial_domain: str
    domains: list[str] = []
    geos: list[GeoEntry]
    public_directory: list[PublicTenantEntry] = []
    home: Path
    database_url: str | None = None
    workflows_url: str | None = None
    proxy_url: str | None = None
    ca_file: Path | None = None
    lab: bool = False
    smtp: SmtpEntry | None = None
    clock_file: Path | None = None
    shared_store: Path | None = None
    settings: dict[str, Any] = {}
    users: list[UserEntry] = []
    apps: list[AppEntry] = []
    subscriptions: list[SubscriptionEntry] = []
    runner: Literal["dbos", "in-process"] = "dbos"

    def tenant(self) -> Tenant:
        """The tenant as the domain sees it."""
        return Tenant(
            tenant_id=TenantId(self.tenant_id),
            name=self.name,
            display_name=self.display_name,
            initial_domain=self.initial_domain,
            geos=tuple(Geo(code=GeoCode(geo.code), label=geo.label) for geo in self.geos),
            domains=tuple(self.domains),
            public_directory=tuple(
                PublicTenant(
                    tenant_id=TenantId(entry.tenant_id),
                    display_name=entry.display_name,
                    default_domain=entry.default_domain,
                    domains=tuple(entry.domains),
                )
                for entry in self.public_directory
            ),
        )

    def tenant_settings(self) -> TenantSettings:
        """TenantSettings with the overrides of the file. Raises UsageError for a field that does not exist."""
        return override(TenantSettings(), self.settings)

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{self.home / 'tenant.db'}"

    @property
    def workflows(self) -> str:
        return self.workflows_url or f"sqlite:///{self.home / 'workflows.db'}"


def override(settings: TenantSettings, values: dict[str, Any]) -> TenantSettings:
    """Replace fields by name, checking names and types. Raises UsageError."""
    try:
        typed = msgspec.convert({**msgspec.to_builtins(settings), **values}, TenantSettings)
        return replace(settings, **{name: getattr(typed, name) for name in values})
    except (msgspec.ValidationError, AttributeError, TypeError) as error:
        raise errors.UsageError(f"This tenant setting does not fit: {error}") from error


def read_service_settings(path: Path) -> ServiceSettings:
    """Read `service.json` or `service.toml`. Raises UsageError with the place of the mistake."""
    decode = msgspec.toml.decode if path.suffix == ".toml" else msgspec.json.decode
    try:
        return decode(path.read_bytes(), type=ServiceSettings, dec_hook=_path_of)
    except FileNotFoundError as error:
        raise errors.UsageError(f"There is no settings file at {path}.") from error
    except msgspec.DecodeError as error:
        raise errors.UsageError(f"{path} cannot be read: {error}") from error


def write_service_settings(path: Path, settings: ServiceSettings) -> None:
    """Write `service.json`, readable by its owner only: it holds the seed's passwords."""
    temporary = path.with_suffix(".new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(settings, enc_hook=str), indent=1))
    temporary.rename(path)


def _path_of(kind: type, value: object) -> Path:
    """msgspec knows no paths: they are text in files."""
    if kind is not Path or not isinstance(value, str):
        raise ValueError(f"{value!r} is not a path")
    return Path(value)


class ToolSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What the command line takes from the environment.

    `profile_home` is XTENANT_HOME; `lab_home` is XTENANT_LAB, set by `lab env` and `lab exec`; `drill_token` is
    XTENANT_DRILL, set by `lab exec --drill`. `proxy_in_effect` is HTTPS_PROXY: the company's proxy for profiles of
    Microsoft 365, never used for a lab's; `company_ca` is XTENANT_CA_FILE: the authorities (PEM) trusted in place of the
    public ones where such a proxy opens connections.
    """

    profile_home: Path
    lab_home: Path | None
    default_lab_home: Path
    proxy_in_effect: str | None
    drill_token: str | None = None
    company_ca: Path | None = None


def read_tool_settings() -> ToolSettings:
    """Read the environment once."""
    home = os.environ.get("XTENANT_HOME")
    lab = os.environ.get("XTENANT_LAB")
    return ToolSettings(
        profile_home=Path(home) if home else Path.home() / ".config" / "xtenant",
        lab_home=Path(lab).resolve() if lab else None,
        default_lab_home=Path.cwd() / ".xtenant",
        proxy_in_effect=os.environ.get("HTTPS_PROXY") or os.environ.get("https_proxy"),
        drill_token=os.environ.get("XTENANT_DRILL") or None,
        company_ca=Path(ca) if (ca := os.environ.get("XTENANT_CA_FILE")) else None,
    )


def environment_of_child(changes: dict[str, str], *, without: tuple[str, ...] = ()) -> dict[str, str]:
    """The environment of this process with changes, for a child (`lab exec`)."""
    inherited = {name: value for name, value in os.environ.items() if name not in without}
    return {**inherited, **changes}
