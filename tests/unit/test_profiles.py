"""Profiles: kept in private files, found by name, and never used outside their lab."""

from __future__ import annotations

import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import httpx
import msgspec
import pytest

from xtenant.client.lab import LAB_FILE, LabDescription, LabGeo, LabTenant
from xtenant.client.opening import ProfileNetwork, proxy_url
from xtenant.client.profiles import (
    Credential,
    CredentialKind,
    LabTie,
    Profile,
    ProfileKind,
    ProfileStore,
    UnknownProfile,
    parse_admin_url,
    way_to,
)
from xtenant.domain import errors
from xtenant.domain.tenant import GeoCode


def profile(name: str = "contoso", *, lab_id: str | None = "lab-1", geos: dict[str, str] | None = None) -> Profile:
    return Profile(
        name=name,
        kind=ProfileKind.LAB if lab_id else ProfileKind.MICROSOFT365,
        admin_url=f"https://{name}-admin.sharepoint.com",
        tenant_id="11111111-1111-4111-8111-111111111111",
        client_id="aaaaaaaa-0000-4000-8000-000000000001",
        credential=Credential(kind=CredentialKind.CERTIFICATE, file="/nowhere.pem"),
        lab=LabTie(lab_id=lab_id, home="/nowhere") if lab_id else None,
        geos=geos or {},
    )


def lab_tenant(name: str) -> LabTenant:
    urls = {
        "admin_url": f"https://{name}-admin.sharepoint.com",
        "host_url": f"https://{name}-my.sharepoint.com/",
        "root_url": f"https://{name}.sharepoint.com",
    }
    return LabTenant(
        tenant_id="11111111-1111-4111-8111-111111111111",
        initial_domain=f"{name}.onmicrosoft.com",
        client_id="aaaaaaaa-0000-4000-8000-000000000001",
        certificate_file="/nowhere.pem",
        geos={"NAM": LabGeo(**urls)},
        **urls,
    )


def write_lab(home: Path, *, lab_id: str = "lab-1", proxy: str = "http://127.0.0.1:9") -> Path:
    home.mkdir(exist_ok=True)
    tenants = {name: lab_tenant(name) for name in ("contoso", "fabrikam")}
    description = LabDescription(id=lab_id, proxy=proxy, ca_file="/nowhere-ca.pem", tenants=tenants)
    (home / LAB_FILE).write_bytes(msgspec.json.encode(description))
    return home


@pytest.fixture
def proxy() -> Iterator[socket.socket]:
    """A listening socket in place of the lab's proxy."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.05)
        yield listening


def visitors(listening: socket.socket) -> int:
    count = 0
    while True:
        try:
            visitor, _ = listening.accept()
        except TimeoutError:
            return count
        visitor.close()
        count += 1


def test_a_profile_is_kept_and_found_again(tmp_path: Path) -> None:
    store = ProfileStore(tmp_path / "home")
    path = store.save(profile())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert store.get("contoso") == profile()


def test_a_secret_lies_in_a_private_file_of_its_own_and_goes_with_the_profile(tmp_path: Path) -> None:
    store = ProfileStore(tmp_path)
    store.save(profile())
    kept = Path(store.keep_secret("contoso", "hush"))
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert "hush" not in (tmp_path / "profiles" / "contoso.json").read_text()
    store.remove("contoso")
    assert not kept.exists()
    assert store.all() == []


def test_an_unknown_name_is_answered_with_the_nearest(tmp_path: Path) -> None:
    store = ProfileStore(tmp_path)
    store.save(profile())
    with pytest.raises(UnknownProfile) as caught:
        store.get("contosso")
    assert caught.value.remedy == "Did you mean contoso?"
    with pytest.raises(UnknownProfile):
        store.find("contosso")
    assert store.find("fabrikam") is None


@pytest.mark.parametrize("name", ["../x", "", ".hidden", "a/b", "a b"])
def test_a_name_that_no_file_can_have_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(errors.UsageError):
        ProfileStore(tmp_path).save(profile(name))


def test_a_damaged_profile_is_named(tmp_path: Path) -> None:
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "x.json").write_text("{")
    with pytest.raises(errors.UsageError, match=r"x\.json"):
        ProfileStore(tmp_path).all()


def test_the_tenants_of_the_lab_in_effect_are_profiles(tmp_path: Path) -> None:
    store = ProfileStore(tmp_path / "home", write_lab(tmp_path / "lab"))
    assert [one.name for one in store.all()] == ["contoso", "fabrikam"]
    found = store.by_admin_url("https://FABRIKAM-admin.sharepoint.com/")
    assert found is not None and found[0].name == "fabrikam"


def test_a_home_with_a_profile_of_the_lab_knows_only_its_own(tmp_path: Path) -> None:
    store = ProfileStore(tmp_path / "home", write_lab(tmp_path / "lab"))
    store.save(profile("contoso"))
    assert [one.name for one in store.all()] == ["contoso"]


def test_geos_must_be_named_where_there_are_several() -> None:
    geos = {"NAM": "https://contoso-admin.sharepoint.com", "EUR": "https://contosoeur-admin.sharepoint.com"}
    several = profile(geos=geos)
    assert several.admin_url_of(GeoCode("eur")) == geos["EUR"]
    with pytest.raises(errors.UsageError, match="NAM, EUR"):
        several.admin_url_of(None)
    with pytest.raises(errors.UsageError, match="no geo 'APC'"):
        several.admin_url_of(GeoCode("APC"))


@pytest.mark.parametrize(
    "url",
    [
        "http://contoso-admin.sharepoint.com",
        "https://contoso.sharepoint.com",
        "contoso",
        "https://contoso-admin.sharepoint.com/x",
    ],
)
def test_only_an_admin_url_is_an_admin_url(url: str) -> None:
    with pytest.raises(errors.UsageError):
        parse_admin_url(url)


def test_a_lab_profile_goes_by_its_labs_proxy(tmp_path: Path, proxy: socket.socket) -> None:
    url = f"http://127.0.0.1:{proxy.getsockname()[1]}"
    way = way_to(profile(), write_lab(tmp_path / "lab", proxy=url))
    assert (way.proxy, way.ca_file) == (url, "/nowhere-ca.pem")


def test_a_lab_profile_without_its_lab_sends_no_byte(
    tmp_path: Path, proxy: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the proxy of the environment nor that of another lab is even connected to."""
    url = f"http://127.0.0.1:{proxy.getsockname()[1]}"
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, url)
    opened: list[object] = []
    monkeypatch.setattr(socket, "getaddrinfo", lambda *place, **_: opened.append(place))
    for lab_home in (None, tmp_path / "nothing", write_lab(tmp_path / "other", lab_id="lab-2", proxy=url)):
        with pytest.raises(errors.LabMissing) as caught:
            ProfileNetwork(lab_home).asynchronous(profile())
        assert caught.value.exit_code == 7
    assert visitors(proxy) == 0
    assert opened == []


def test_a_lab_whose_proxy_does_not_answer_is_missing(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    with pytest.raises(errors.LabMissing, match="does not answer"):
        way_to(profile(), write_lab(tmp_path / "lab", proxy=f"http://127.0.0.1:{port}"))


def test_a_lab_file_that_names_a_proxy_elsewhere_is_not_believed(tmp_path: Path) -> None:
    with pytest.raises(errors.LabMissing, match="not on this machine"):
        way_to(profile(), write_lab(tmp_path / "lab", proxy="http://192.0.2.1:3128"))


def test_a_microsoft365_profile_refuses_while_a_lab_is_in_effect(tmp_path: Path) -> None:
    with pytest.raises(errors.LabMissing, match="in effect"):
        way_to(profile(lab_id=None), write_lab(tmp_path / "lab"))
    assert way_to(profile(lab_id=None), None).proxy is None


@pytest.mark.parametrize(
    ("said", "meant"), [("http://proxy.example:3128", "proxy.example"), ("127.0.0.1:9", "127.0.0.1")]
)
def test_the_companys_proxy_serves_profiles_of_microsoft_365(said: str, meant: str) -> None:
    assert httpx.URL(proxy_url(said)).host == meant
    assert httpx.URL(proxy_url(said)).scheme == "http"


@pytest.mark.parametrize("said", ["socks5://u:p4ss@proxy.example", "http://", "http://proxy.example:many"])
def test_a_proxy_of_another_kind_is_refused_without_being_shown(said: str) -> None:
    with pytest.raises(errors.UsageError, match="HTTPS_PROXY") as caught:
        proxy_url(said)
    assert "p4ss" not in str(caught.value)


def test_who_is_connected_is_remembered_between_commands(tmp_path: Path) -> None:
    store = ProfileStore(tmp_path)
    assert store.connected() is None
    store.remember_connected("contoso", GeoCode("EUR"))
    assert store.connected() == ("contoso", "EUR")
    store.remember_connected("contoso")
    assert store.connected() == ("contoso", None)
    store.remember_connected(None)
    assert store.connected() is None
