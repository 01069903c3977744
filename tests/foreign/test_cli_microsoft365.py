"""CLI for Microsoft 365, unmodified from npm, against the lab (issue: part A, done-when 5)."""

from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from foreign.conftest import CommandLineForMicrosoft365, ForeignLab


@pytest.fixture(scope="module")
def signed_in(m365: CommandLineForMicrosoft365, lab: ForeignLab) -> CommandLineForMicrosoft365:
    contoso = lab.facts["tenants"]["contoso"]
    with open(contoso["certificate_file"], "rb") as file:
        certificate = x509.load_pem_x509_certificate(file.read())
    done = m365.run(
        *("login", "--authType", "certificate"),
        *("--certificateFile", contoso["certificate_file"]),
        *("--thumbprint", certificate.fingerprint(hashes.SHA1()).hex().upper()),
        *("--appId", contoso["client_id"], "--tenant", contoso["tenant_id"]),
    )
    assert done.code == 0, done.err or done.out
    return m365


def test_it_signs_in_by_certificate_and_lists_the_sites(signed_in: CommandLineForMicrosoft365) -> None:
    sites = signed_in.json("spo", "site", "list")
    assert isinstance(sites, list)
    assert "https://contoso.sharepoint.com" in {site["Url"].rstrip("/") for site in sites}


def test_it_knows_who_it_is_signed_in_as(signed_in: CommandLineForMicrosoft365, lab: ForeignLab) -> None:
    status = signed_in.json("status")
    assert status["appId"] == lab.facts["tenants"]["contoso"]["client_id"]
