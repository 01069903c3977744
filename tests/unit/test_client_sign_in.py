"""The tools' sign-in: MSAL as it comes, over an in-process transport, against our own login host.

MSAL reads the machine's clock itself, so these tests run on the real one.
"""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import anyio
import httpx
import pytest

from entrance import (
    ADELE,
    ADMIN,
    APP,
    CERTIFICATE,
    CERTIFICATE_KEY,
    GRAPH,
    PASSWORD,
    SECRET,
    TENANT_ID,
    Entrance,
    entrance,
    new_certificate,
)
from xtenant.client.sign_in import AppCertificate, AppSecret, Credential, DeviceSignIn, PersonPassword, SignIn
from xtenant.domain import errors
from xtenant.domain.tenant import TenantId
from xtenant.operations import device_codes
from xtenant.outside.clock import SystemClock
from xtenant.protocols.oauth.call import tenant_of_token

BY_SECRET = AppSecret(client_id=str(APP), secret=SECRET)
BY_CERTIFICATE = AppCertificate(client_id=str(APP), pem=CERTIFICATE_KEY + CERTIFICATE)
BY_PASSWORD = PersonPassword(client_id=str(APP), upn=ADELE, password=PASSWORD)


class Impatient(SystemClock):
    """Real time, but nobody waits; `meanwhile` happens instead."""

    def __init__(self, meanwhile: Callable[[], None]) -> None:
        super().__init__()
        self._meanwhile = meanwhile
        self.waited: list[float] = []

    def wait(self, seconds: float) -> None:
        self.waited.append(seconds)
        self._meanwhile()


class Kept:
    """A token cache store that remembers."""

    def __init__(self) -> None:
        self.text: str | None = None

    def load(self) -> str | None:
        return self.text

    def save(self, text: str) -> None:
        self.text = text


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Entrance]:
    with entrance(tmp_path, SystemClock()) as made:
        yield made


def sign_in(door: Entrance, credential: Credential, **more: Any) -> SignIn:
    more.setdefault("clock", SystemClock())
    return SignIn(TENANT_ID, credential, door.client, **more)


def claims_of(token: str) -> dict[str, Any]:
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def test_an_app_signs_in_by_secret_and_by_certificate(door: Entrance) -> None:
    assert claims_of(sign_in(door, BY_SECRET).token_for(GRAPH))["appidacr"] == "1"
    token = sign_in(door, BY_CERTIFICATE).token_for(f"{ADMIN}/")
    assert door.knock(token).status_code == 200


def test_a_token_is_asked_for_once_a_resource(door: Entrance) -> None:
    signed_in = sign_in(door, BY_CERTIFICATE)
    first = signed_in.token_for(ADMIN)
    assert signed_in.token_for(ADMIN) == first
    assert signed_in.token_for(GRAPH) != first


def test_a_person_signs_in_by_password_and_stays_signed_in_by_the_stored_cache(door: Entrance) -> None:
    kept = Kept()
    first = sign_in(door, BY_PASSWORD, cache=kept).token_for(GRAPH)
    wrong = PersonPassword(client_id=str(APP), upn=ADELE, password="no longer asked for")
    later = sign_in(door, wrong, cache=kept)
    assert later.token_for(GRAPH) == first
    assert claims_of(later.token_for(ADMIN))["upn"] == ADELE


def test_a_cache_that_cannot_be_read_is_left_aside(door: Entrance) -> None:
    kept = Kept()
    kept.text = "{ not json"
    assert sign_in(door, BY_PASSWORD, cache=kept).token_for(GRAPH)
    assert kept.text and kept.text.startswith("{")


def test_a_device_code_is_shown_and_polled_until_approved(door: Entrance) -> None:
    shown: list[str] = []

    def approve() -> None:
        code = shown[0].split(" enter the code ")[1].split(" ")[0]
        device_codes.approve_device_code(door.units, code, ADELE, clock=door.clock)

    clock = Impatient(approve)
    token = sign_in(door, DeviceSignIn(client_id=str(APP), show=shown.append), clock=clock).token_for(ADMIN)
    assert claims_of(token)["upn"] == ADELE
    assert clock.waited == [5.0]
    assert len(shown) == 1


def test_a_declined_device_code_is_not_signed_in(door: Entrance) -> None:
    shown: list[str] = []

    def decline() -> None:
        code = shown[0].split(" enter the code ")[1].split(" ")[0]
        device_codes.answer_device_code(door.units, code, ADELE, PASSWORD, approve=False, clock=door.clock)

    device = DeviceSignIn(client_id=str(APP), show=shown.append)
    with pytest.raises(errors.NotSignedIn):
        sign_in(door, device, clock=Impatient(decline)).token_for(ADMIN)


@pytest.mark.parametrize(
    ("credential", "code", "remedy"),
    [
        (AppSecret(client_id=str(APP), secret="wrong-secret"), "AADSTS7000215", "secret"),
        (PersonPassword(client_id=str(APP), upn=ADELE, password="wrong-secret"), "AADSTS50126", "password"),
        (AppSecret(client_id=str(UUID(int=1)), secret="wrong-secret"), "AADSTS700016", "register"),
    ],
)
def test_a_refusal_says_what_to_do_and_no_secret(
    door: Entrance, credential: Credential, code: str, remedy: str
) -> None:
    with pytest.raises(errors.NotSignedIn) as refused:
        sign_in(door, credential).token_for(GRAPH)
    assert refused.value.microsoft_code == code
    assert remedy in refused.value.remedy
    assert "wrong-secret" not in repr(refused.value) + refused.value.remedy + repr(credential)


def test_an_unregistered_certificate_is_refused(door: Entrance) -> None:
    certificate, key = new_certificate()
    with pytest.raises(errors.NotSignedIn) as refused:
        sign_in(door, AppCertificate(client_id=str(APP), pem=key + certificate)).token_for(ADMIN)
    assert refused.value.microsoft_code == "AADSTS700027"


def test_a_foreign_resource_is_refused(door: Entrance) -> None:
    with pytest.raises(errors.NotSignedIn) as refused:
        sign_in(door, BY_CERTIFICATE).token_for("https://fabrikam-admin.sharepoint.com")
    assert refused.value.microsoft_code == "AADSTS500011"


def test_an_unknown_tenant_is_a_refusal_with_a_remedy(door: Entrance) -> None:
    stranger = SignIn(TenantId(UUID(int=9)), BY_SECRET, door.client, clock=SystemClock())
    with pytest.raises(errors.NotSignedIn, match="does not know this tenant"):
        stranger.token_for(GRAPH)


class Substituted(httpx.BaseTransport):
    """A login host that gives another tenant's token."""

    def __init__(self, door: Entrance, token: str) -> None:
        self._door = door
        self._token = token

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return httpx.Response(200, json=self._door.client.get(str(request.url)).json())
        return httpx.Response(200, json={"token_type": "Bearer", "expires_in": 3599, "access_token": self._token})


@pytest.mark.parametrize("tid", [UUID(int=9), None])
def test_a_token_of_another_tenant_is_refused_and_not_kept(door: Entrance, tid: UUID | None) -> None:
    payload = base64.urlsafe_b64encode(json.dumps({"tid": str(tid)} if tid else {}).encode()).rstrip(b"=").decode()
    kept = Kept()
    http = httpx.Client(transport=Substituted(door, f"e30.{payload}.c2ln"))
    with pytest.raises(errors.NotSignedIn, match="another tenant"):
        SignIn(TENANT_ID, BY_SECRET, http, clock=SystemClock(), cache=kept).token_for(GRAPH)
    assert kept.text is None


@pytest.mark.parametrize("text", ["", "opaque", "a.b.c", "..", "e30.W10.c2ln", "é.é.é"])
def test_a_token_that_cannot_be_read_has_no_tenant(text: str) -> None:
    assert tenant_of_token(text) is None


def unreachable(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("nobody", request=request)


def test_nobody_answering_is_a_network_error() -> None:
    http = httpx.Client(transport=httpx.MockTransport(unreachable))
    with pytest.raises(errors.NetworkError):
        SignIn(TENANT_ID, BY_SECRET, http, clock=SystemClock()).token_for(GRAPH)


def test_a_fault_of_the_login_host_is_an_error_of_ours() -> None:
    http = httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(502, text="bad gateway")))
    with pytest.raises(errors.XTenantError):
        SignIn(TENANT_ID, BY_SECRET, http, clock=SystemClock()).token_for(GRAPH)


def test_the_async_face_works_in_another_thread(door: Entrance) -> None:
    seen: list[str] = []

    class Watching(Kept):
        def save(self, text: str) -> None:
            seen.append(threading.current_thread().name)

    token = anyio.run(sign_in(door, BY_CERTIFICATE, cache=Watching()).token_for_async, ADMIN)
    assert door.knock(token).status_code == 200
    assert seen != [threading.main_thread().name]
