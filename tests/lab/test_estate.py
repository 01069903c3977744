"""A lab's tenants are made once, keep their ids, and describe themselves as the design says."""

from __future__ import annotations

import stat
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from clock import CountingIds
from xtenant.client.lab import LAB_FILE, read_lab
from xtenant.domain import errors
from xtenant.domain.caller import ADMIN_APP_PERMISSIONS
from xtenant.lab.description import describe, known_tenants, service_settings
from xtenant.lab.estate import AppKind, Estate, create_tenant, grown, parse_geos, read_estate, write_estate
from xtenant.lab.private_files import write_private
from xtenant.settings import read_service_settings, write_service_settings

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def make(home: Path, *names: str, estate: Estate | None = None, **geos: tuple[str, ...]) -> Estate:
    return grown(estate, home, names=names, geos=geos, ids=CountingIds(), now=NOW)


def test_an_estate_is_the_same_after_a_restart(tmp_path: Path) -> None:
    estate = make(tmp_path, "contoso", "fabrikam")
    write_estate(tmp_path, estate)
    assert read_estate(tmp_path) == estate
    assert stat.S_IMODE((tmp_path / "estate.json").stat().st_mode) == 0o600


def test_a_third_tenant_joins_without_changing_the_others(tmp_path: Path) -> None:
    before = make(tmp_path, "contoso", "fabrikam")
    after = make(tmp_path, "northwind", estate=before)
    assert after.tenants[:2] == before.tenants
    assert after.lab_id == before.lab_id
    assert [tenant.name for tenant in after.tenants] == ["contoso", "fabrikam", "northwind"]


def test_the_first_geo_keeps_the_plain_hosts(tmp_path: Path) -> None:
    estate = make(tmp_path, "contoso", contoso=("NAM", "EUR"))
    assert estate.tenants[0].hosts == [
        "contoso-admin.sharepoint.com",
        "contoso-my.sharepoint.com",
        "contoso.sharepoint.com",
        "contosoeur-admin.sharepoint.com",
        "contosoeur-my.sharepoint.com",
        "contosoeur.sharepoint.com",
    ]


def test_geos_are_settled_once_a_tenant_stands(tmp_path: Path) -> None:
    estate = make(tmp_path, "contoso", contoso=("NAM", "EUR"))
    make(tmp_path, "contoso", estate=estate, contoso=("NAM", "EUR"))
    with pytest.raises(errors.UsageError, match="settled"):
        make(tmp_path, "contoso", estate=estate, contoso=("EUR", "NAM"))


@pytest.mark.parametrize("text", ["contoso", "contoso=", "contoso=EURO", "contoso=NAM,NAM"])
def test_what_names_no_geos_is_refused(text: str) -> None:
    with pytest.raises(errors.UsageError):
        parse_geos([text])


def test_several_tenants_geos_are_read() -> None:
    assert parse_geos(["contoso=nam,EUR fabrikam=NAM"]) == {"contoso": ("NAM", "EUR"), "fabrikam": ("NAM",)}


@pytest.mark.parametrize("name", ["", "con-toso", "../x", "1abc", "a" * 40, "Contoso.com"])
def test_a_name_that_makes_no_host_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(errors.UsageError):
        create_tenant(tmp_path, name, (), ids=CountingIds(), now=NOW)


def test_the_description_has_what_clients_need_and_no_more(tmp_path: Path) -> None:
    estate = make(tmp_path, "contoso")
    lab = describe(estate, tmp_path, proxy_port=8080, ca_file=tmp_path / "ca.pem")
    contoso = lab.tenants["contoso"]
    assert contoso.admin_url == "https://contoso-admin.sharepoint.com"
    assert contoso.host_url == "https://contoso-my.sharepoint.com/"
    assert contoso.root_url == "https://contoso.sharepoint.com"
    assert contoso.initial_domain == "contoso.onmicrosoft.com"
    assert contoso.admin_upn == contoso.users["sharepoint_admin"].upn == "spadmin@contoso.onmicrosoft.com"
    assert set(contoso.users) == {"global_admin", "sharepoint_admin", "user"}
    assert set(contoso.geos) == {"NAM"}
    pem = Path(contoso.certificate_file)
    assert b"PRIVATE KEY" in pem.read_bytes() and b"CERTIFICATE" in pem.read_bytes()
    assert stat.S_IMODE(pem.stat().st_mode) == 0o600


def test_the_tools_read_the_description_back(tmp_path: Path) -> None:
    lab = describe(make(tmp_path, "contoso"), tmp_path, proxy_port=8080, ca_file=tmp_path / "ca.pem")
    write_private(tmp_path / LAB_FILE, msgspec.json.encode(lab))
    assert read_lab(tmp_path) == lab


def test_a_tenants_settings_survive_their_file(tmp_path: Path) -> None:
    estate = make(tmp_path, "contoso", "fabrikam")
    settings = service_settings(
        estate, estate.tenants[0], tmp_path, proxy_port=1, smtp_port=2, ca_file=tmp_path / "ca.pem"
    )
    write_service_settings(tmp_path / "service.json", settings)
    assert read_service_settings(tmp_path / "service.json") == settings
    assert {entry.default_domain for entry in settings.public_directory} == {"contoso.com", "fabrikam.com"}


def test_only_the_labs_own_app_counts_as_administrator(tmp_path: Path) -> None:
    estate = make(tmp_path, "contoso")
    tenant = estate.tenants[0]
    settings = service_settings(estate, tenant, tmp_path, proxy_port=1, smtp_port=2, ca_file=tmp_path / "ca.pem")
    admins = [app.app_id for app in settings.apps if set(app.permissions) >= ADMIN_APP_PERMISSIONS]
    assert admins == [tenant.app(AppKind.ADMIN).app_id]
    bare = next(app for app in settings.apps if app.app_id == tenant.app(AppKind.BARE).app_id)
    assert not bare.permissions and not bare.scopes and bare.certificate_files


def test_the_front_knows_each_tenant_by_its_domains(tmp_path: Path) -> None:
    known = known_tenants(make(tmp_path, "contoso"))[0]
    assert known.is_called("contoso.com") and known.is_called("contoso.onmicrosoft.com")
    assert known.is_called(known.tenant_id) and not known.is_called("fabrikam.com")
