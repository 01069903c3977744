"""At the door: good tokens open, every forged, foreign, late or misdirected one is a 401 and never a fault."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import RSAKey

from clock import CountingIds, FakeClock
from entrance import (
    ADMIN,
    APP,
    EUROPE,
    GRAPH,
    KEYS,
    MY,
    TENANT,
    TENANT_ID,
    Entrance,
    entrance,
    new_keys,
)
from xtenant.domain import errors
from xtenant.domain.caller import AppCredential
from xtenant.domain.limits import DEFAULT
from xtenant.domain.sign_in import SignedIn
from xtenant.domain.tenant import HostRole
from xtenant.wire.bearer import challenge
from xtenant.wire.tokens import TokenIssuer

OWN_KEY = RSAKey.import_key(KEYS.token_pem)
FOREIGN_KEY = RSAKey.import_key(new_keys().token_pem)


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Entrance]:
    with entrance(tmp_path) as made:
        yield made


def part(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def opened(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    header, payload = (json.loads(base64.urlsafe_b64decode(text + "==")) for text in token.split(".")[:2])
    return header, payload


def signed(header: dict[str, Any], payload: dict[str, Any], key: RSAKey = OWN_KEY) -> str:
    return jwt.encode(header, payload, key, algorithms=[header["alg"]])


def by_certificate(door: Entrance, resource: str) -> str:
    return door.issuer.access_token(certificate_grant(door, resource))


def certificate_grant(door: Entrance, resource: str) -> SignedIn:
    with door.units.read() as uow:
        app = uow.apps.by_id(APP)
    assert app
    return SignedIn(app=app, credential=AppCredential.CERTIFICATE, audience=resource)


def test_an_app_by_certificate_is_an_administrator(door: Entrance) -> None:
    answer = door.knock(by_certificate(door, ADMIN))
    assert (answer.status_code, answer.json()) == (200, {"name": f"app:{APP}", "admin": True})


def test_a_person_is_known_by_name(door: Entrance) -> None:
    token = door.person(f"{ADMIN}/.default")["access_token"]
    assert door.knock(token).json() == {"name": "adele@contoso.com", "admin": True}


def test_a_token_for_one_sharepoint_host_is_good_for_the_others(door: Entrance) -> None:
    token = by_certificate(door, MY)
    assert {door.knock(token, host).status_code for host in (ADMIN, MY, EUROPE)} == {200}


def test_a_graph_token_is_refused_on_sharepoint_hosts_and_the_other_way_round(door: Entrance) -> None:
    assert door.knock(by_certificate(door, GRAPH), ADMIN).status_code == 401
    assert door.knock(by_certificate(door, ADMIN), GRAPH).status_code == 401
    assert door.knock(by_certificate(door, GRAPH), GRAPH).status_code == 200


def test_an_app_by_secret_is_good_for_graph_only(door: Entrance) -> None:
    refused = door.knock(door.app_token(ADMIN), ADMIN)
    assert refused.status_code == 401
    assert "Unsupported app only token." in refused.text
    assert door.knock(door.app_token(GRAPH), GRAPH).status_code == 200


def test_the_scheme_is_read_in_any_letter_case(door: Entrance) -> None:
    token = by_certificate(door, GRAPH)
    assert door.client.get(f"{GRAPH}/door", headers={"Authorization": f"bearer {token}"}).status_code == 200


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic abc", "Bearer a b", "Bearer \x7f"])
def test_no_token_is_a_401(door: Entrance, header: str) -> None:
    assert door.client.get(f"{ADMIN}/door", headers={"Authorization": header}).status_code == 401


def test_an_expired_token_is_refused_at_its_second(door: Entrance) -> None:
    token = by_certificate(door, ADMIN)
    clock = door.clock
    assert isinstance(clock, FakeClock)
    clock.advance(seconds=DEFAULT.access_token_seconds - 1)
    assert door.knock(token).status_code == 200
    clock.advance(seconds=1)
    assert door.knock(token).status_code == 401


def test_business_time_does_not_touch_tokens(door: Entrance) -> None:
    token = by_certificate(door, ADMIN)
    assert isinstance(door.clock, FakeClock)
    door.clock.advance_business(days=30)
    assert door.knock(token).status_code == 200


def public_pem() -> bytes:
    key: Any = serialization.load_pem_private_key(KEYS.token_pem.encode(), None)
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(serialization.Encoding.PEM, form)


def hmac_signed(header: dict[str, Any], payload: dict[str, Any]) -> str:
    body = f"{part(header)}.{part(payload)}"
    mac = hmac.digest(public_pem(), body.encode(), hashlib.sha256)
    return f"{body}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def forgeries(token: str) -> dict[str, str]:
    header, payload = opened(token)
    head, body, signature = token.split(".")
    foreign_kid = FOREIGN_KEY.thumbprint()
    without_kid = {name: value for name, value in header.items() if name != "kid"}
    other_tenant = {"tid": "22222222-2222-4222-8222-222222222222"}
    public = FOREIGN_KEY.as_dict(private=False)
    return {
        "none": f"{part(header | {'alg': 'none'})}.{body}.",
        "none with signature": f"{part(header | {'alg': 'None'})}.{body}.{signature}",
        "HS256 with the public key": hmac_signed(header | {"alg": "HS256"}, payload),
        "PS256 with our own key": signed(header | {"alg": "PS256"}, payload),
        "RS512 with our own key": signed(header | {"alg": "RS512"}, payload),
        "foreign key, our kid": signed(header, payload, FOREIGN_KEY),
        "foreign key, its kid": signed(header | {"kid": foreign_kid}, payload, FOREIGN_KEY),
        "foreign key in the header": signed(header | {"jwk": public}, payload, FOREIGN_KEY),
        "our key, foreign kid": signed(header | {"kid": foreign_kid}, payload),
        "our key, no kid": signed(without_kid, payload),
        "unknown critical header": f"{part(header | {'crit': ['exp']})}.{body}.{signature}",
        "changed claims": f"{head}.{part(payload | {'roles': ['Everything']})}.{signature}",
        "another tenant": signed(header, payload | other_tenant),
        "another issuer": signed(header, payload | {"iss": "https://sts.windows.net/other/"}),
        "another resource": signed(header, payload | {"aud": "https://fabrikam-admin.sharepoint.com"}),
        "a list of audiences": signed(header, payload | {"aud": [ADMIN]}),
        "no expiry": signed(header, {name: value for name, value in payload.items() if name != "exp"}),
        "expiry as text": signed(header, payload | {"exp": "9999999999"}),
        "not yet valid": signed(header, payload | {"nbf": payload["exp"]}),
        "unknown credential": signed(header, payload | {"appidacr": "9"}),
        "cut short": token[:-2],
        "no signature": f"{head}.{body}.",
        "two parts": f"{head}.{body}",
        "five parts": f"{head}.{body}.{signature}.{head}.{body}",
        "deeply nested header": base64.urlsafe_b64encode(b"[" * 20_000).decode() + f".{body}.{signature}",
        "too long": token + "A" * 40_000,
    }


FORGERIES = sorted(forgeries(f"{part({'alg': 'RS256'})}.{part({'exp': 1})}.c2ln"))


@pytest.mark.parametrize("kind", FORGERIES)
def test_a_forged_token_is_a_401(door: Entrance, kind: str) -> None:
    good = by_certificate(door, ADMIN)
    assert door.knock(good).status_code == 200
    assert door.knock(forgeries(good)[kind]).status_code == 401


def test_an_id_token_opens_nothing(door: Entrance) -> None:
    assert door.knock(door.person()["id_token"], GRAPH).status_code == 401


def test_a_token_of_a_tenant_that_shares_our_clock_and_form_is_refused(door: Entrance) -> None:
    other = TokenIssuer(tenant=TENANT, keys=new_keys(), clock=door.clock, ids=CountingIds(), limits=DEFAULT)
    assert door.knock(other.access_token(certificate_grant(door, ADMIN))).status_code == 401


ISSUER = TokenIssuer(tenant=TENANT, keys=KEYS, clock=FakeClock(), ids=CountingIds(), limits=DEFAULT)


@given(st.one_of(st.text(), st.from_regex(r"[A-Za-z0-9_-]{0,40}(\.[A-Za-z0-9_-]{0,40}){2}", fullmatch=True)))
def test_any_text_is_a_token_or_a_refusal(text: str) -> None:
    with pytest.raises(errors.NotSignedIn):
        ISSUER.read(text)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_any_signed_claims_are_a_token_or_a_refusal(value: Any) -> None:
    header = {"alg": "RS256", "kid": ISSUER.jwks()["keys"][0]["kid"]}
    claims = {"aud": ADMIN, "iss": value, "tid": value, "exp": value, "nbf": value, "wids": value}
    with pytest.raises(errors.NotSignedIn):
        ISSUER.read(signed(header, claims))


def test_the_challenge_of_a_sharepoint_host_names_the_tenant() -> None:
    value = challenge(TENANT, HostRole.MY)
    assert value.startswith(f'Bearer realm="{TENANT_ID}",client_id="00000003-0000-0ff1-ce00-000000000000",')
    assert "trusted_issuers=" in value
    assert 'client_id="00000003-0000-0000-c000-000000000000"' in challenge(TENANT, HostRole.GRAPH)
