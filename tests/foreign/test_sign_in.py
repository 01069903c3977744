"""Other people's sign-in libraries, unchanged, against a running lab: MSAL and azure-identity for Python.

Each runs in a process of its own with the lab's environment, as `xtenant lab exec` would run it. Needs the fixture `lab` of
this folder with `lab.environment` (variables) and `lab.facts` (what `xtenant lab env --format json` prints).
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import textwrap
from typing import Any, Protocol

import pytest

GRAPH = "https://graph.microsoft.com"
TENANTS = ("contoso", "fabrikam")

PRELUDE = """
import json, sys
facts = json.loads(sys.stdin.read())
login = "https://login.microsoftonline.com"
pem = open(facts["certificate_file"]).read()
client_id, tenant_id, admin = facts["client_id"], facts["tenant_id"], facts["admin_url"].rstrip("/")
person = facts["users"]["sharepoint_admin"]
def done(**told):
    print(json.dumps(told))
"""


class Lab(Protocol):
    environment: dict[str, str]
    facts: dict[str, Any]


def run(lab: Lab, tenant: str, script: str) -> dict[str, Any]:
    """What a script printed as JSON, run with the lab's variables and the tenant's facts on standard input."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    finished = subprocess.run(
        [sys.executable, "-c", PRELUDE + textwrap.dedent(script)],
        input=json.dumps(lab.facts["tenants"][tenant]),
        env={**kept, **lab.environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    return json.loads(finished.stdout.splitlines()[-1])


def claims_of(token: str) -> dict[str, Any]:
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


@pytest.mark.parametrize("tenant", TENANTS)
def test_msal_signs_an_app_in_by_secret(lab: Lab, tenant: str) -> None:
    told = run(
        lab,
        tenant,
        """
        import msal, requests
        app = msal.ConfidentialClientApplication(
            client_id, client_credential=facts["client_secret"], authority=f"{login}/{facts['initial_domain']}")
        graph = app.acquire_token_for_client(["https://graph.microsoft.com/.default"])
        admin_token = app.acquire_token_for_client([f"{admin}/.default"])["access_token"]
        refused = requests.post(f"{admin}/_api/contextinfo", headers={"Authorization": f"Bearer {admin_token}"})
        done(token=graph["access_token"], again=app.acquire_token_for_client(
            ["https://graph.microsoft.com/.default"])["token_source"],
            status=refused.status_code, text=refused.text, challenge=refused.headers.get("WWW-Authenticate", ""))
        """,
    )
    facts = lab.facts["tenants"][tenant]
    claims = claims_of(told["token"])
    assert (claims["aud"], claims["tid"], claims["appidacr"]) == (GRAPH, facts["tenant_id"], "1")
    assert told["again"] == "cache"
    assert told["status"] == 401
    assert "Unsupported app only token." in told["text"]
    assert f'realm="{facts["tenant_id"]}"' in told["challenge"]


@pytest.mark.parametrize("thumbprint", ["sha1", "sha256"])
def test_msal_signs_an_app_in_by_certificate_and_sharepoint_takes_the_token(lab: Lab, thumbprint: str) -> None:
    told = run(
        lab,
        "contoso",
        f"kind = {thumbprint!r}"
        + textwrap.dedent(
            """
            import msal, requests
            from cryptography import x509
            from cryptography.hazmat.primitives import hashes
            certificate = x509.load_pem_x509_certificate(pem[pem.index("-----BEGIN CERT"):].encode())
            credential = {"private_key": pem, "public_certificate": pem}
            if kind == "sha1":
                credential = {"private_key": pem, "thumbprint": certificate.fingerprint(hashes.SHA1()).hex()}
            app = msal.ConfidentialClientApplication(
                client_id, client_credential=credential, authority=f"{login}/{tenant_id}")
            tokens = [app.acquire_token_for_client([f"{host}/.default"])["access_token"]
                      for host in (admin, "https://graph.microsoft.com")]
            answer = requests.post(f"{admin}/_api/contextinfo", headers={
                "Authorization": f"Bearer {tokens[0]}", "Accept": "application/json;odata=nometadata"})
            wrong = requests.post(f"{admin}/_api/contextinfo", headers={"Authorization": f"Bearer {tokens[1]}"})
            done(tokens=tokens, status=answer.status_code, wrong=wrong.status_code,
                 digest=answer.json().get("FormDigestValue", ""))
            """
        ),
    )
    assert [claims_of(token)["appidacr"] for token in told["tokens"]] == ["2", "2"]
    assert (told["status"], told["wrong"]) == (200, 401)
    assert told["digest"].startswith("0x")


def test_msal_signs_a_person_in_by_device_code_and_refreshes_silently(lab: Lab) -> None:
    told = run(
        lab,
        "fabrikam",
        """
        import msal, requests
        app = msal.PublicClientApplication(client_id, authority=f"{login}/{tenant_id}")
        flow = app.initiate_device_flow(["https://graph.microsoft.com/.default"])
        pending = app.acquire_token_by_device_flow(dict(flow), exit_condition=lambda _: True)
        page = requests.post(flow["verification_uri"], data={"code": flow["user_code"], "username": person["upn"],
                             "password": person["password"], "action": "approve"})
        first = app.acquire_token_by_device_flow(dict(flow))
        account = app.get_accounts()[0]
        other = app.acquire_token_silent([f"{admin}/.default"], account=account)
        done(pending=pending["error"], page=page.status_code, upn=account["username"],
             tokens=[first["access_token"], other["access_token"]])
        """,
    )
    facts = lab.facts["tenants"]["fabrikam"]
    assert (told["pending"], told["page"]) == ("authorization_pending", 200)
    assert told["upn"] == facts["users"]["sharepoint_admin"]["upn"]
    assert [claims_of(token)["aud"] for token in told["tokens"]] == [GRAPH, facts["admin_url"].rstrip("/")]
    assert all(claims_of(token)["upn"] == told["upn"] for token in told["tokens"])


def test_azure_identity_signs_in_by_secret_and_by_certificate(lab: Lab) -> None:
    told = run(
        lab,
        "contoso",
        """
        from azure.identity import CertificateCredential, ClientSecretCredential
        secret = ClientSecretCredential(tenant_id, client_id, facts["client_secret"])
        certificate = CertificateCredential(tenant_id, client_id, facts["certificate_file"])
        done(tokens=[secret.get_token("https://graph.microsoft.com/.default").token,
                     certificate.get_token(f"{admin}/.default").token])
        """,
    )
    assert [claims_of(token)["appidacr"] for token in told["tokens"]] == ["1", "2"]


def test_azure_identity_is_told_why_a_secret_is_refused(lab: Lab) -> None:
    told = run(
        lab,
        "contoso",
        """
        from azure.core.exceptions import ClientAuthenticationError
        from azure.identity import ClientSecretCredential
        try:
            ClientSecretCredential(tenant_id, client_id, "wrong").get_token("https://graph.microsoft.com/.default")
        except ClientAuthenticationError as error:
            done(text=str(error))
        """,
    )
    assert "AADSTS7000215" in told["text"]


def test_a_token_of_one_tenant_opens_nothing_in_another(lab: Lab) -> None:
    token = run(
        lab,
        "contoso",
        """
        import msal
        app = msal.ConfidentialClientApplication(client_id, authority=f"{login}/{tenant_id}",
            client_credential={"private_key": pem, "public_certificate": pem})
        done(token=app.acquire_token_for_client([f"{admin}/.default"])["access_token"])
        """,
    )["token"]
    told = run(
        lab,
        "fabrikam",
        f"""
        import requests
        answer = requests.post(f"{{admin}}/_api/contextinfo", headers={{"Authorization": "Bearer {token}"}})
        done(status=answer.status_code)
        """,
    )
    assert told["status"] == 401
