"""The authority signs for Microsoft's names only, and its files are private."""

from __future__ import annotations

import asyncio
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509

from lab.servers import Echo, certificates, client_through, proxying, serving
from xtenant.lab.certificates import CertificateFolder, create_app_certificate

HOSTS = ["contoso-admin.sharepoint.com", "contoso-my.sharepoint.com", "contosoeur.sharepoint.com"]


def test_a_client_that_trusts_the_authority_reaches_every_host_through_the_proxy(tmp_path: Path) -> None:
    folder = certificates(tmp_path, contoso=HOSTS)

    async def scenario() -> list[str]:
        async with serving(Echo("contoso"), folder, "contoso") as port, proxying(dict.fromkeys(HOSTS, port)) as proxy:
            async with client_through(proxy, folder) as client:
                return [(await client.get(f"https://{host}/a%2Fb?q=1")).text for host in HOSTS]

    assert asyncio.run(scenario()) == [f"contoso GET /a%2Fb?q=1 {host} 0" for host in HOSTS]


def test_the_authority_cannot_vouch_for_a_host_outside_its_names(tmp_path: Path) -> None:
    folder = certificates(tmp_path, evil=["www.example.com"])

    async def scenario() -> None:
        async with serving(Echo("evil"), folder, "evil") as port, proxying({"www.example.com": port}) as proxy:
            async with client_through(proxy, folder) as client:
                await client.get("https://www.example.com/")

    with pytest.raises(httpx.ConnectError, match="permitted subtree violation"):
        asyncio.run(scenario())


def test_keys_are_private_and_in_the_form_that_the_server_reads(tmp_path: Path) -> None:
    certificates(tmp_path, contoso=HOSTS)
    for name in ("ca.key", "contoso.key"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
        assert (tmp_path / name).read_bytes().startswith(b"-----BEGIN PRIVATE KEY-----")


def test_a_further_geo_gets_a_new_server_certificate_from_the_same_authority(tmp_path: Path) -> None:
    folder = certificates(tmp_path, contoso=HOSTS)
    authority, server = folder.ca_file.read_bytes(), folder.certificate_file("contoso").read_bytes()
    certificates(tmp_path, contoso=HOSTS)
    assert folder.certificate_file("contoso").read_bytes() == server
    certificates(tmp_path, contoso=[*HOSTS, "contosoapc.sharepoint.com"])
    assert folder.ca_file.read_bytes() == authority
    assert folder.certificate_file("contoso").read_bytes() != server


def test_all_certificates_are_renewed_a_week_before_the_authority_ends(tmp_path: Path) -> None:
    folder = certificates(tmp_path, contoso=HOSTS)
    before = folder.ca_file.read_bytes(), folder.certificate_file("contoso").read_bytes()
    folder.renew("test", {"contoso": HOSTS}, now=datetime.now(UTC) + timedelta(days=24))
    after = folder.ca_file.read_bytes(), folder.certificate_file("contoso").read_bytes()
    assert before[0] != after[0] and before[1] != after[1]


def test_the_authority_lives_a_month_and_may_not_make_authorities(tmp_path: Path) -> None:
    folder: CertificateFolder = certificates(tmp_path, contoso=HOSTS)
    authority = x509.load_pem_x509_certificate(folder.ca_file.read_bytes())
    limits = authority.extensions.get_extension_for_class(x509.BasicConstraints).value
    assert limits.path_length == 0
    assert authority.not_valid_after_utc - datetime.now(UTC) <= timedelta(days=30)


def test_an_app_certificate_is_rsa_because_assertions_are(tmp_path: Path) -> None:
    pair = create_app_certificate("contoso app", now=datetime.now(UTC))
    assert pair.certificate.public_key().key_size == 2048  # type: ignore[union-attr]
