"""The login host against recordings of other people's clients, and its documents and errors by `content-api.md` 3."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit
from uuid import UUID

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from entrance import (
    ADELE,
    ADMIN,
    APP,
    ASSERTION_TYPE,
    BARE_APP,
    CERTIFICATE,
    CERTIFICATE_KEY,
    DEVICE_GRANT,
    GRAPH,
    LOGIN,
    PASSWORD,
    SECRET,
    TENANT,
    TENANT_ID,
    TOKEN,
    Entrance,
    entrance,
    new_certificate,
)
from recorded import Exchange, exchanges


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Entrance]:
    with entrance(tmp_path) as made:
        yield made


def assertion(
    door: Entrance, *, alg: str = "RS256", padded: bool = False, key: str = CERTIFICATE_KEY, **claims: Any
) -> str:
    """A client assertion as MSAL makes it; `claims` replace or (None) remove its own."""
    der = x509.load_pem_x509_certificate(CERTIFICATE.encode()).public_bytes(serialization.Encoding.DER)
    kind, member = (hashlib.sha1, "x5t") if alg == "RS256" else (hashlib.sha256, "x5t#S256")
    thumbprint = base64.urlsafe_b64encode(kind(der).digest()).decode()
    now = door.clock.security_now().timestamp()
    whole = {"aud": TOKEN, "iss": str(APP), "sub": str(APP), "exp": now + 600.25, "iat": now, "jti": "one"} | claims
    header = {"alg": alg, member: thumbprint if padded else thumbprint.rstrip("=")}
    kept = {name: value for name, value in whole.items() if value is not None}
    return jwt.encode(header, kept, RSAKey.import_key(key), algorithms=[alg])


def claims_of(token: str) -> dict[str, Any]:
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def send(door: Entrance, recorded: Exchange, **values: str) -> httpx.Response:
    """A recorded request with the values its placeholders stood for."""
    basic = base64.b64encode(f"{APP}:{SECRET}".encode()).decode()
    fill = {"client-id": str(APP), "secret": SECRET, "client": basic, "jwt": assertion(door)} | values
    body, headers = recorded.body, dict(recorded.headers)
    for name, value in fill.items():
        body = body.replace(f"<{name}>", value)
        headers = {key: text.replace(f"<{name}>", value) for key, text in headers.items()}
    for name in ("Host", "Content-Length"):
        headers.pop(name, None)
    return door.client.request(recorded.method, LOGIN + recorded.target, content=body.encode(), headers=headers)


def recorded(*names: str) -> list[Any]:
    return [
        pytest.param(exchange, id=f"{name.split('.')[0]}-{number}")
        for name in names
        for number, exchange in enumerate(exchanges(f"oauth/{name}"), 1)
    ]


@pytest.mark.parametrize("exchange", recorded("msal-azure-identity.txt", "cli-microsoft365.txt"))
def test_what_msal_azure_identity_and_the_cli_send_is_answered(door: Entrance, exchange: Exchange) -> None:
    answer = send(door, exchange)
    assert answer.status_code == exchange.status
    assert answer.headers["content-type"].startswith("application/json")
    missing = set(json.loads(exchange.answer)) - set(answer.json())
    assert not missing
    if exchange.method == "POST":
        assert answer.headers["cache-control"] == "no-store"
        assert claims_of(answer.json()["access_token"])["idtyp"] == "app"
        assert not {"scope", "refresh_token", "id_token"} & set(answer.json())


def test_discovery_keeps_the_way_the_caller_names_the_tenant(door: Entrance) -> None:
    by_domain = exchanges("oauth/msal-azure-identity.txt")[4]
    told, expected = send(door, by_domain).json(), json.loads(by_domain.answer)
    for name in ("token_endpoint", "authorization_endpoint", "device_authorization_endpoint", "jwks_uri", "issuer"):
        assert urlsplit(told[name]).path == urlsplit(expected[name]).path


@pytest.mark.parametrize("exchange", recorded("rclone-onedrive.txt", "onedrive-client.txt"))
def test_rclone_and_onedrive_refresh_without_a_scope(door: Entrance, exchange: Exchange) -> None:
    answer = send(door, exchange, token=door.person()["refresh_token"])
    assert answer.status_code == 200
    assert set(json.loads(exchange.answer)) <= set(answer.json())
    assert claims_of(answer.json()["access_token"])["aud"] == GRAPH
    assert "Write" in answer.json()["scope"]


def test_rclone_signs_in_by_basic_header_with_a_bare_scope(door: Entrance) -> None:
    basic = httpx.BasicAuth(quote(str(APP)), quote(SECRET))
    answer = door.client.post(TOKEN, data={"grant_type": "client_credentials", "scope": ".default"}, auth=basic)
    assert claims_of(answer.json()["access_token"])["aud"] == GRAPH


def by_certificate(door: Entrance, signed: str, resource: str = ADMIN, endpoint: str = TOKEN) -> httpx.Response:
    return door.ask(
        endpoint,
        client_id=str(APP),
        grant_type="client_credentials",
        scope=f"{resource}/.default",
        client_assertion=signed,
        client_assertion_type=ASSERTION_TYPE,
    )


@pytest.mark.parametrize("padded", [True, False])
@pytest.mark.parametrize("alg", ["RS256", "PS256"])
def test_assertions_of_both_kinds_are_taken_padded_or_not(door: Entrance, alg: str, padded: bool) -> None:
    answer = by_certificate(door, assertion(door, alg=alg, padded=padded))
    assert claims_of(answer.json()["access_token"])["appidacr"] == "2"


def test_one_assertion_serves_several_resources(door: Entrance) -> None:
    once = assertion(door)
    assert by_certificate(door, once, ADMIN).status_code == by_certificate(door, once, GRAPH).status_code == 200


@pytest.mark.parametrize("name", [str(TENANT_ID), "contoso", "contoso.onmicrosoft.com", "Contoso.com"])
@pytest.mark.parametrize("ending", ["/oauth2/v2.0/token", "/oauth2/token", "/v2.0", "/oauth2/v2.0/token/"])
def test_an_assertion_may_name_the_token_endpoint_in_each_spelling(door: Entrance, name: str, ending: str) -> None:
    assert by_certificate(door, assertion(door, aud=f"{LOGIN}/{name}{ending}")).status_code == 200


@pytest.mark.parametrize(
    ("claims", "number"),
    [
        ({"aud": f"{LOGIN}/fabrikam.onmicrosoft.com/oauth2/v2.0/token"}, 700023),
        ({"aud": None}, 700023),
        ({"aud": {"a": 1}}, 700023),
        ({"iss": str(BARE_APP)}, 700021),
        ({"sub": None}, 700021),
        ({"exp": 1}, 700024),
        ({"exp": None}, 700024),
        ({"exp": 4_000_000_000}, 700024),
        ({"nbf": 4_000_000_000}, 700024),
    ],
)
def test_an_assertion_that_says_something_else_is_refused(door: Entrance, claims: Any, number: int) -> None:
    answer = by_certificate(door, assertion(door, **claims))
    assert (answer.status_code, answer.json()["error_codes"]) == (401, [number])


def test_an_assertion_signed_with_another_key_is_refused(door: Entrance) -> None:
    answer = by_certificate(door, assertion(door, key=new_certificate()[1]))
    assert (answer.status_code, answer.json()["error_codes"]) == (401, [700027])


@pytest.mark.parametrize("junk", ["", ".", "..", "a.b.c", "[" * 20_000, "e30.e30.", "eyJhbGciOiJub25lIn0.e30."])
def test_an_assertion_that_is_none_is_a_refusal(door: Entrance, junk: str) -> None:
    assert by_certificate(door, junk).status_code in (400, 401)


def test_an_assertion_keyed_with_the_public_certificate_is_refused(door: Entrance) -> None:
    def part(value: Any) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    real = assertion(door).split(".")
    header = json.loads(base64.urlsafe_b64decode(real[0] + "==")) | {"alg": "HS256"}
    mac = hashlib.sha256(CERTIFICATE.encode()).digest()
    forged = f"{part(header)}.{real[1]}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"
    assert by_certificate(door, forged).status_code == 401


def test_an_access_token_has_the_claims_clients_read(door: Entrance) -> None:
    app = claims_of(by_certificate(door, assertion(door)).json()["access_token"])
    assert app["iss"] == f"https://sts.windows.net/{TENANT_ID}/"
    assert (app["aud"], app["tid"], app["appid"], app["ver"]) == (ADMIN, str(TENANT_ID), str(APP), "1.0")
    assert app["oid"] == app["sub"]
    assert "Sites.FullControl.All" in app["roles"]
    assert app["exp"] - app["iat"] == 3599
    person = claims_of(door.person()["access_token"])
    assert (person["upn"], person["idtyp"], person["appidacr"]) == (ADELE, "user", "0")
    assert person["scp"] == "AllSites.FullControl Files.ReadWrite.All"
    assert person["wids"] == ["f28a1f50-f6e7-4571-818b-6a12f2af6b6c"]
    assert "roles" not in person


def test_a_person_gets_id_token_and_client_info(door: Entrance) -> None:
    answer = door.person()
    id_token, access = claims_of(answer["id_token"]), claims_of(answer["access_token"])
    assert id_token["iss"] == f"{LOGIN}/{TENANT_ID}/v2.0"
    assert (id_token["aud"], id_token["preferred_username"], id_token["ver"]) == (str(APP), ADELE, "2.0")
    info = json.loads(base64.urlsafe_b64decode(answer["client_info"] + "=="))
    assert info == {"uid": access["oid"], "utid": str(TENANT_ID)}


@pytest.mark.parametrize(
    "path", ["/common/discovery/v2.0/keys", f"/{TENANT_ID}/discovery/v2.0/keys", "/contoso/discovery/keys"]
)
def test_the_published_keys_check_our_tokens(door: Entrance, path: str) -> None:
    keys = door.client.get(path).json()
    assert "d" not in keys["keys"][0]
    token = jwt.decode(door.app_token(GRAPH), KeySet.import_key_set(keys), algorithms=["RS256"])
    assert token.claims["tid"] == str(TENANT_ID)


def test_the_v1_endpoint_takes_a_resource(door: Entrance) -> None:
    answer = door.ask(
        f"{LOGIN}/{TENANT_ID}/oauth2/token",
        client_id=str(APP),
        client_secret=SECRET,
        grant_type="client_credentials",
        resource=ADMIN + "/",
    ).json()
    assert (answer["resource"], answer["expires_in"]) == (ADMIN, "3599")
    assert claims_of(answer["access_token"])["aud"] == ADMIN


def test_instance_discovery_tells_aliases_and_where_to_go_on(door: Entrance) -> None:
    asked = {"api-version": "1.1", "authorization_endpoint": f"{LOGIN}/contoso.com/oauth2/v2.0/authorize"}
    answer = door.client.get("/common/discovery/instance", params=asked).json()
    assert answer["tenant_discovery_endpoint"] == f"{LOGIN}/contoso.com/v2.0/.well-known/openid-configuration"
    assert "login.microsoftonline.com" in answer["metadata"][0]["aliases"]


def test_instance_discovery_refuses_a_strange_authority(door: Entrance) -> None:
    asked = {"authorization_endpoint": "https://login.evil.example/contoso.com/oauth2/authorize"}
    answer = door.client.get("/common/discovery/instance", params=asked)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_instance")


def test_small_questions_before_sign_in_are_answered(door: Entrance) -> None:
    assert door.client.head("/").status_code == 200
    assert door.client.get("/").status_code == 200
    realm = door.client.get("/common/userrealm/nobody@contoso.com", params={"api-version": "1.0"}).json()
    assert (realm["account_type"], realm["domain_name"]) == ("Managed", "contoso.com")
    assert door.client.get("/contoso/.well-known/openid-configuration").json()["issuer"].startswith("https://sts.")
    signed_out = door.client.get(
        "/common/oauth2/v2.0/logout", params={"post_logout_redirect_uri": "https://evil.example"}
    )
    assert (signed_out.status_code, "location" in signed_out.headers) == (200, False)


def test_an_error_has_entras_shape(door: Entrance) -> None:
    sent = "bf936035-93e4-41b4-9d63-628100ae64ba"
    answer = door.client.post(
        TOKEN,
        data={"client_id": str(APP), "client_secret": "x", "grant_type": "client_credentials", "scope": ".default"},
        headers={"client-request-id": sent},
    )
    body = answer.json()
    assert (answer.status_code, body["error"], body["error_codes"]) == (401, "invalid_client", [7000215])
    assert body["error_description"].startswith("AADSTS7000215: ")
    assert body["correlation_id"] == sent
    assert UUID(body["trace_id"])
    assert {"timestamp", "error_uri"} <= set(body)
    assert SECRET not in answer.text


@pytest.mark.parametrize(
    ("form", "status", "word"),
    [
        ({}, 400, "invalid_request"),
        ({"grant_type": "client_credentials"}, 400, "invalid_request"),
        ({"grant_type": "authorization_code", "client_id": str(APP)}, 400, "unsupported_grant_type"),
        ({"grant_type": "refresh_token", "client_id": str(APP), "refresh_token": "x"}, 400, "invalid_grant"),
        ({"grant_type": DEVICE_GRANT, "client_id": str(APP), "device_code": "x"}, 400, "bad_verification_code"),
        ({"grant_type": "client_credentials", "client_id": "x", "scope": ".default"}, 400, "unauthorized_client"),
    ],
)
def test_a_form_that_lacks_something_is_refused_in_words(
    door: Entrance, form: dict[str, str], status: int, word: str
) -> None:
    answer = door.ask(**form)
    assert (answer.status_code, answer.json()["error"]) == (status, word)


@pytest.mark.parametrize(
    "body",
    [
        b"\xff\xfe",
        b"a=1&a=2",
        b"grant_type=password&username=a%00b&password=x&client_id=y",
        b"grant_type=%ff",
        b"&".join(b"a%d=1" % number for number in range(100)),
    ],
)
def test_a_hostile_form_is_a_refusal(door: Entrance, body: bytes) -> None:
    assert door.client.post(TOKEN, content=body).status_code == 400


def test_a_form_beyond_its_limit_is_refused(door: Entrance) -> None:
    assert door.client.post(TOKEN, content=b"a" * 70_000).status_code == 413


@pytest.mark.parametrize("tenant", ["fabrikam.onmicrosoft.com", "consumers", "22222222-2222-4222-8222-222222222222"])
def test_another_tenant_in_the_path_is_refused(door: Entrance, tenant: str) -> None:
    answer = door.ask(f"{LOGIN}/{tenant}/oauth2/v2.0/token", grant_type="client_credentials")
    assert (answer.status_code, answer.json()["error_codes"]) == (400, [90002])


def start(door: Entrance) -> dict[str, Any]:
    return door.ask(
        f"{LOGIN}/contoso/oauth2/v2.0/devicecode",
        client_id=str(APP),
        scope=f"{GRAPH}/.default offline_access openid profile",
    ).json()


def poll(door: Entrance, code: str) -> httpx.Response:
    return door.ask(grant_type=DEVICE_GRANT, client_id=str(APP), device_code=code, code=code)


def fill_in(door: Entrance, started: dict[str, Any], **changed: str) -> httpx.Response:
    form = {"code": started["user_code"], "username": ADELE, "password": PASSWORD, "action": "approve"} | changed
    return door.client.post(started["verification_uri"], data=form, headers={"Origin": LOGIN})


def test_a_person_approves_a_device_in_the_form(door: Entrance) -> None:
    started = start(door)
    assert started["user_code"] in started["message"]
    assert started["verification_uri"] == f"{LOGIN}/{TENANT.initial_domain}/deviceauth"
    pending = poll(door, started["device_code"])
    assert (pending.status_code, pending.json()["error"]) == (400, "authorization_pending")
    page = door.client.get(started["verification_uri"], params={"otc": '"><script>'})
    assert "<script>" not in page.text
    assert "&amp; Co" in page.text
    done = fill_in(door, started)
    assert done.status_code == 200
    assert "Mover &lt;b&gt;" in done.text
    granted = poll(door, started["device_code"]).json()
    assert {"access_token", "refresh_token", "id_token", "client_info"} <= set(granted)


def test_the_form_shows_a_reason_and_never_the_password(door: Entrance) -> None:
    refused = fill_in(door, start(door), password="Wrong-Horse", username='"><img src=x>')
    assert refused.status_code == 400
    assert "Wrong-Horse" not in refused.text
    assert "<img" not in refused.text


def test_a_form_sent_from_another_page_does_nothing(door: Entrance) -> None:
    started = start(door)
    form = {"code": started["user_code"], "username": ADELE, "password": PASSWORD, "action": "approve"}
    evil = door.client.post(started["verification_uri"], data=form, headers={"Origin": "https://evil.example"})
    assert evil.status_code == 400
    assert poll(door, started["device_code"]).json()["error"] == "authorization_pending"
    framed = door.client.get(started["verification_uri"]).headers
    assert framed["x-frame-options"] == "DENY"


def test_the_form_declines_too(door: Entrance) -> None:
    started = start(door)
    assert "declined" in fill_in(door, started, action="decline").text
    assert poll(door, started["device_code"]).json()["error"] == "authorization_declined"
