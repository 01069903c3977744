"""Grants, on both engines: who gets which token, and what is refused with which AADSTS number."""

from __future__ import annotations

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from clock import CountingIds, FakeClock
from entrance import ADELE, ADMIN, APP, APPS, BARE_APP, GRAPH, MY, PASSWORD, PERSON, SECRET, TENANT, TENANT_ID
from xtenant.domain.caller import AppCredential
from xtenant.domain.ports.units import Units
from xtenant.domain.sign_in import ClientRefused, DeviceCodeState, GrantRefused
from xtenant.operations import device_codes, passwords
from xtenant.operations.sign_in import (
    ClientProof,
    SeedApp,
    check_password,
    ensure_keys,
    hash_of,
    refresh,
    seed_directory,
    sign_in_app,
    sign_in_person,
)
from xtenant.storage.database import SqlUnits

PUBLIC = ClientProof(client_id=str(APP))
BY_SECRET = ClientProof(client_id=str(APP), secret=SECRET)
DAY = 86_400


@pytest.fixture
def seeded(units: SqlUnits, clock: FakeClock, ids: CountingIds) -> SqlUnits:
    mine = SqlUnits(units._engine, TENANT_ID)  # pyright: ignore[reportPrivateUsage]
    seed_directory(mine, [PERSON], APPS, clock=clock, ids=ids)
    return mine


@pytest.fixture
def given(clock: FakeClock, ids: CountingIds) -> dict[str, Any]:
    return {"clock": clock, "ids": ids, "refresh_seconds": 90 * DAY}


def test_keys_are_made_once_even_by_two_at_a_time(units: Units) -> None:
    first = ensure_keys(units)
    assert ensure_keys(units) == first
    assert "PRIVATE" not in repr(first)
    assert first.token_pem != first.partner_pem


def test_two_services_that_start_together_agree_on_the_keys(units: Units) -> None:
    with ThreadPoolExecutor(2) as pool:
        a, b = pool.map(lambda _: ensure_keys(units), range(2))
    assert a == b == ensure_keys(units)


def test_seeding_again_changes_no_id_and_no_password(seeded: Units, clock: FakeClock, ids: CountingIds) -> None:
    with seeded.read() as uow:
        before = uow.users.by_upn(ADELE), uow.apps.by_id(APP)
    seed_directory(seeded, [dataclasses.replace(PERSON, password="another")], APPS, clock=clock, ids=ids)
    with seeded.read() as uow:
        assert (uow.users.by_upn(ADELE), uow.apps.by_id(APP)) == before


def test_nothing_secret_is_stored_in_clear(seeded: Units) -> None:
    with seeded.read() as uow:
        user, app = uow.users.by_upn(ADELE), uow.apps.by_id(APP)
    assert user and app
    assert PASSWORD not in repr(user)
    assert SECRET not in repr(app)
    assert passwords.password_matches(app.secret_hashes[0], SECRET)


def test_an_app_signs_in_by_secret(seeded: Units, clock: FakeClock) -> None:
    grant = sign_in_app(seeded, TENANT, BY_SECRET, f"{ADMIN}/.default", clock=clock)
    assert (grant.audience, grant.credential, grant.user) == (ADMIN, AppCredential.SECRET, None)


@pytest.mark.parametrize(
    ("scope", "audience"),
    [
        (".default", GRAPH),
        ("https://graph.microsoft.com//.default", GRAPH),
        ("00000003-0000-0000-c000-000000000000/.default", GRAPH),
        ("00000003-0000-0ff1-ce00-000000000000/.default", "https://contoso.sharepoint.com"),
        (f"00000003-0000-0ff1-ce00-000000000000/contoso-my.sharepoint.com@{TENANT_ID}/.default", MY),
        ("https://CONTOSO-my.sharepoint.com/.default", MY),
        ("https://contosoeur-admin.sharepoint.com/.default", "https://contosoeur-admin.sharepoint.com"),
    ],
)
def test_a_scope_names_its_resource(seeded: Units, clock: FakeClock, scope: str, audience: str) -> None:
    assert sign_in_app(seeded, TENANT, BY_SECRET, scope, clock=clock).audience == audience


@pytest.mark.parametrize(
    ("scope", "number"),
    [
        ("https://fabrikam.sharepoint.com/.default", 500011),
        ("https://contoso.sharepoint.com.evil.example/.default", 500011),
        ("", 70011),
        ("https://graph.microsoft.com/", 70011),
        ("https://graph.microsoft.com/%00", 70011),
        (f"{GRAPH}/.default {ADMIN}/.default", 28000),
        ("Files.ReadWrite.All", 1002012),
    ],
)
def test_a_scope_that_cannot_be_meant_is_refused(seeded: Units, clock: FakeClock, scope: str, number: int) -> None:
    with pytest.raises(GrantRefused) as refused:
        sign_in_app(seeded, TENANT, BY_SECRET, scope, clock=clock)
    assert refused.value.number == number


@pytest.mark.parametrize(
    ("proof", "number"),
    [
        (ClientProof(client_id=str(APP), secret="wrong"), 7000215),
        (PUBLIC, 7000218),
        (ClientProof(client_id=str(BARE_APP)), 7000218),
        (ClientProof(client_id=str(APP), assertion="a.b.c"), 700027),
        (ClientProof(client_id=str(APP), assertion="é" * 10), 700027),
    ],
)
def test_an_app_that_proves_nothing_is_refused(
    seeded: Units, clock: FakeClock, proof: ClientProof, number: int
) -> None:
    with pytest.raises(ClientRefused) as refused:
        sign_in_app(seeded, TENANT, proof, ".default", clock=clock)
    assert refused.value.number == number


@pytest.mark.parametrize("client_id", ["nonsense", "00000000-0000-0000-0000-00000000dead", ""])
def test_an_unknown_app_is_refused(seeded: Units, clock: FakeClock, client_id: str) -> None:
    with pytest.raises(GrantRefused) as refused:
        sign_in_app(seeded, TENANT, ClientProof(client_id=client_id, secret="x"), ".default", clock=clock)
    assert refused.value.number == 700016


def test_a_public_client_without_secrets_may_not_send_one(seeded: Units, given: dict[str, Any]) -> None:
    public = SeedApp(app_id=BARE_APP, display_name="Public", public_client=True)
    seed_directory(seeded, [], [public], clock=given["clock"], ids=given["ids"])
    with pytest.raises(ClientRefused) as refused:
        sign_in_app(seeded, TENANT, ClientProof(client_id=str(BARE_APP), secret="x"), ".default", clock=given["clock"])
    assert refused.value.number == 700025


def test_a_person_signs_in_by_password(seeded: Units, given: dict[str, Any]) -> None:
    grant = sign_in_person(seeded, TENANT, PUBLIC, ADELE.upper(), PASSWORD, f"{ADMIN}/.default openid", **given)
    assert grant.user and grant.user.upn == ADELE
    assert grant.scopes == {"AllSites.FullControl", "Files.ReadWrite.All"}
    assert grant.refresh_token is None


def test_only_consented_scopes_are_granted(seeded: Units, given: dict[str, Any]) -> None:
    wanted = "Files.ReadWrite.All Mail.Read"
    assert sign_in_person(seeded, TENANT, PUBLIC, ADELE, PASSWORD, wanted, **given).scopes == {"Files.ReadWrite.All"}
    with pytest.raises(GrantRefused) as refused:
        sign_in_person(seeded, TENANT, PUBLIC, ADELE, PASSWORD, "Mail.Read", **given)
    assert refused.value.number == 65001


@pytest.mark.parametrize(("upn", "password"), [(ADELE, "wrong"), (ADELE, ""), ("nobody@contoso.com", PASSWORD)])
def test_a_wrong_name_and_a_wrong_password_sound_alike(seeded: Units, upn: str, password: str) -> None:
    with pytest.raises(GrantRefused) as refused:
        check_password(seeded, upn, password)
    assert refused.value.number == 50126


def disable_adele(units: Units) -> None:
    with units.write() as uow:
        user = uow.users.by_upn(ADELE)
        assert user
        uow.users.update(dataclasses.replace(user, account_enabled=False))


def test_a_disabled_account_signs_in_no_more(seeded: Units, given: dict[str, Any]) -> None:
    grant = sign_in_person(seeded, TENANT, PUBLIC, ADELE, PASSWORD, ".default offline_access", **given)
    assert grant.refresh_token
    disable_adele(seeded)
    for attempt in (
        lambda: check_password(seeded, ADELE, PASSWORD),
        lambda: refresh(seeded, TENANT, PUBLIC, grant.refresh_token or "", None, **given),
    ):
        with pytest.raises(GrantRefused) as refused:
            attempt()
        assert refused.value.number == 50057


def test_a_refresh_gives_a_new_token_and_the_old_one_keeps_working(seeded: Units, given: dict[str, Any]) -> None:
    first = sign_in_person(seeded, TENANT, PUBLIC, ADELE, PASSWORD, f"{MY}/.default offline_access", **given)
    assert first.refresh_token and first.refresh_token.startswith(f"1.{TENANT_ID}.")
    second = refresh(seeded, TENANT, PUBLIC, first.refresh_token, None, **given)
    again = refresh(seeded, TENANT, PUBLIC, first.refresh_token, None, **given)
    assert second.audience == again.audience == MY
    assert len({first.refresh_token, second.refresh_token, again.refresh_token}) == 3


def test_a_refresh_may_ask_for_another_resource_of_the_tenant(seeded: Units, given: dict[str, Any]) -> None:
    first = sign_in_person(seeded, TENANT, PUBLIC, ADELE, PASSWORD, ".default offline_access", **given)
    grant = refresh(seeded, TENANT, PUBLIC, first.refresh_token or "", f"{ADMIN}/.default openid", **given)
    assert grant.audience == ADMIN
    assert "openid" in grant.open_id


def test_a_refresh_token_ends_when_its_time_is_over(seeded: Units, given: dict[str, Any]) -> None:
    first = sign_in_person(seeded, TENANT, PUBLIC, ADELE, PASSWORD, ".default offline_access", **given)
    given["clock"].advance(days=90)
    with pytest.raises(GrantRefused) as refused:
        refresh(seeded, TENANT, PUBLIC, first.refresh_token or "", None, **given)
    assert refused.value.number == 700082


def test_a_refresh_token_is_for_its_own_app(seeded: Units, given: dict[str, Any]) -> None:
    first = sign_in_person(seeded, TENANT, PUBLIC, ADELE, PASSWORD, ".default offline_access", **given)
    other = ClientProof(client_id=str(BARE_APP), secret=SECRET)
    with pytest.raises(GrantRefused) as refused:
        refresh(seeded, TENANT, other, first.refresh_token or "", None, **given)
    assert refused.value.number == 700005


def start(units: Units, given: dict[str, Any], scope: str = f"{GRAPH}/.default offline_access openid") -> Any:
    return device_codes.start_device_code(
        units, TENANT, str(APP), scope, clock=given["clock"], ids=given["ids"], life_seconds=900
    )


def refusal_when_polling(units: Units, code: str, given: dict[str, Any]) -> str:
    with pytest.raises(GrantRefused) as refused:
        device_codes.poll_device_code(units, TENANT, PUBLIC, code, **given)
    return refused.value.word


def test_a_device_code_is_pending_then_good_once(seeded: Units, given: dict[str, Any]) -> None:
    started = start(seeded, given)
    assert started.device_code.startswith(f"{TENANT_ID}.")
    assert refusal_when_polling(seeded, started.device_code, given) == "authorization_pending"
    assert refusal_when_polling(seeded, started.device_code, given) == "authorization_pending"
    app = device_codes.approve_device_code(seeded, started.user_code.lower(), ADELE, clock=given["clock"])
    assert app.app_id == APP
    grant = device_codes.poll_device_code(seeded, TENANT, PUBLIC, started.device_code, **given)
    assert grant.user and grant.user.upn == ADELE
    assert grant.refresh_token
    assert refusal_when_polling(seeded, started.device_code, given) == "bad_verification_code"


def test_a_person_may_decline(seeded: Units, given: dict[str, Any]) -> None:
    started = start(seeded, given)
    device_codes.answer_device_code(seeded, started.user_code, ADELE, PASSWORD, approve=False, clock=given["clock"])
    assert refusal_when_polling(seeded, started.device_code, given) == "authorization_declined"


def test_a_wrong_password_approves_nothing(seeded: Units, given: dict[str, Any]) -> None:
    started = start(seeded, given)
    with pytest.raises(GrantRefused):
        device_codes.answer_device_code(seeded, started.user_code, ADELE, "x", approve=True, clock=given["clock"])
    with seeded.read() as uow:
        row = uow.device_codes.by_hash(hash_of(started.device_code))
    assert row and row.state is DeviceCodeState.PENDING


def test_a_device_code_expires(seeded: Units, given: dict[str, Any]) -> None:
    started = start(seeded, given)
    given["clock"].advance(seconds=901)
    assert refusal_when_polling(seeded, started.device_code, given) == "expired_token"
    with pytest.raises(GrantRefused) as refused:
        device_codes.approve_device_code(seeded, started.user_code, ADELE, clock=given["clock"])
    assert refused.value.word == "expired_token"


def test_a_device_code_is_for_its_own_app(seeded: Units, given: dict[str, Any]) -> None:
    started = start(seeded, given)
    device_codes.approve_device_code(seeded, started.user_code, ADELE, clock=given["clock"])
    other = ClientProof(client_id=str(BARE_APP), secret=SECRET)
    with pytest.raises(GrantRefused):
        device_codes.poll_device_code(seeded, TENANT, other, started.device_code, **given)


def test_one_tenants_keys_and_codes_are_not_anothers(seeded: SqlUnits, units: Units, given: dict[str, Any]) -> None:
    started = start(seeded, given)
    ensure_keys(seeded)
    with units.read() as uow:
        assert uow.keys.get("token") is None
        assert uow.device_codes.by_user_code(started.user_code) is None
        assert uow.device_codes.by_hash(hash_of(started.device_code)) is None
