"""A tenant service for keeps: started from a settings file, ended by SIGTERM."""

from __future__ import annotations

import signal
import ssl
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from e2e.labs import XTENANT, xtenant_process
from xtenant.lab.certificates import create_authority, issue_server
from xtenant.lab.ports import lease_port

HOST = "contoso-admin.sharepoint.com"
SETTINGS = """
tenant_id = "11111111-1111-4111-8111-111111111111"
name = "contoso"
display_name = "Contoso"
initial_domain = "contoso.onmicrosoft.com"
home = "{home}"

[[geos]]
code = "NAM"
label = "contoso"
"""


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path, Path]:
    now = datetime.now(UTC)
    authority = create_authority("test", now=now)
    server = issue_server(authority, ["127.0.0.1", HOST], now=now)
    certificate, key, config = tmp_path / "c.pem", tmp_path / "k.pem", tmp_path / "service.toml"
    certificate.write_bytes(server.certificate_pem)
    key.write_bytes(server.key_pem)
    config.write_text(SETTINGS.format(home=tmp_path / "home"))
    return config, certificate, key


def test_a_service_answers_until_it_is_told_to_stop(files: tuple[Path, Path, Path]) -> None:
    config, certificate, key = files
    lease = lease_port(0)
    port = lease.port
    lease.release()
    command = [*XTENANT, "serve", "--config", config, "--certificate", certificate, "--key", key, "--port", str(port)]
    with subprocess.Popen([str(part) for part in command], stderr=subprocess.PIPE) as process:
        try:
            transport = httpx.HTTPTransport(verify=_anything(), retries=20)
            with httpx.Client(transport=transport, base_url=f"https://127.0.0.1:{port}", trust_env=False) as client:
                for _ in range(100):
                    try:
                        answer = client.get("/", headers={"Host": HOST})
                        break
                    except httpx.ConnectError:
                        assert process.poll() is None
            assert answer.status_code == 401 and "Contoso" in answer.text
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=30) == 0


def test_a_settings_file_with_a_mistake_is_refused_with_its_place(files: tuple[Path, Path, Path]) -> None:
    config, certificate, key = files
    config.write_text(config.read_text().replace("tenant_id", "tenantid"))
    done = xtenant_process("serve", "--config", str(config), "--certificate", str(certificate), "--key", str(key))
    assert done.code == 5 and "tenantid" in done.err and done.err.startswith("error:")


def _anything() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
