"""Tokens of a lab's people over the control socket, and what a lab's tenant has bought (settled C 4)."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from clock import FakeClock
from neighbours import Neighbours, neighbours
from xtenant.domain import errors
from xtenant.domain.caller import GLOBAL_ADMINISTRATOR, Caller, CallerKind
from xtenant.domain.directory import ExternalState
from xtenant.lab.clock import CLOCK_FILE, LabClock
from xtenant.lab.control import ControlServer, ask
from xtenant.lab.estate import tenant_home
from xtenant.lab.people_commands import PeopleCommands, tokens
from xtenant.lab.stop_switch import StopSwitch
from xtenant.lab.tenant_commands import TenantCommands
from xtenant.operations import invitations, users
from xtenant.service import TenantService

GRAPH = "https://graph.microsoft.com"
ANN, BOB = "ann@contoso.onmicrosoft.com", "bob@contoso.onmicrosoft.com"
ADMIN = Caller(kind=CallerKind.USER, directory_roles=frozenset({GLOBAL_ADMINISTRATOR}))


@pytest.fixture
def block(tmp_path: Path, clock: FakeClock) -> Iterator[Neighbours]:
    with neighbours(tmp_path, clock, "contoso") as block:
        yield block


@pytest.fixture
def service(block: Neighbours) -> TenantService:
    return block["contoso"]


def made(service: TenantService, *upns: str, resource: str = GRAPH) -> list[str]:
    return PeopleCommands(service.backend).tokens({"upns": list(upns), "resource": resource})


def holders(service: TenantService, found: list[str]) -> list[str | None]:
    return [service.backend.tokens.read(token).caller.upn for token in found]


def create(service: TenantService, name: str, *, enabled: bool = True) -> str:
    upn = f"{name}@contoso.onmicrosoft.com"
    new = users.NewUser(
        upn=upn, display_name=name, mail_nickname=name, account_enabled=enabled, password="Correct-Horse-7"
    )
    users.create_user(service.units, service.tenant, ADMIN, new, clock=service.clock, ids=service.ids)
    return upn


def test_many_people_get_their_own_tokens_in_the_order_asked(service: TenantService) -> None:
    late = create(service, "late")
    assert holders(service, made(service, late, ANN, BOB.upper(), ANN)) == [late, ANN, BOB, ANN]
    claims = service.backend.tokens.read(made(service, ANN, resource="https://contoso.sharepoint.com/")[0])
    assert (claims.host, claims.caller.kind) == ("contoso.sharepoint.com", CallerKind.USER)
    assert claims.caller.directory_roles == frozenset()


def test_a_token_is_good_for_what_the_person_may_do(service: TenantService, block: Neighbours) -> None:
    headers = {"Authorization": f"Bearer {made(service, ANN)[0]}"}
    with httpx.Client(transport=block.sync_transport, headers=headers) as http:
        assert http.get(f"{GRAPH}/v1.0/me").json()["userPrincipalName"] == ANN
        assert http.delete(f"{GRAPH}/v1.0/users/{BOB}").status_code == 403


def test_a_guest_gets_a_token_and_has_then_accepted(service: TenantService) -> None:
    wish = invitations.InvitationWish(mail="ana@fabrikam.com", redirect_url="https://contoso.sharepoint.com")
    guest = invitations.invite(service.units, service.tenant, ADMIN, wish, clock=service.clock, ids=service.ids)
    assert holders(service, made(service, guest.upn)) == ["ana_fabrikam.com#EXT#@contoso.onmicrosoft.com"]
    with service.units.read() as uow:
        after = uow.users.by_id(guest.user_id)
    assert after is not None and after.external_state is ExternalState.ACCEPTED


def test_who_is_disabled_unknown_or_asks_elsewhere_gets_none(service: TenantService) -> None:
    blocked = create(service, "blocked", enabled=False)
    with pytest.raises(errors.Refused, match=r"'blocked@.*' is disabled"):
        made(service, ANN, blocked)
    with pytest.raises(errors.UsageError, match="nobody called"):
        made(service, "nobody@contoso.onmicrosoft.com")
    with pytest.raises(errors.UsageError, match="resource principal"):
        made(service, ANN, resource="https://fabrikam.sharepoint.com")
    for wrong in ({}, {"upns": []}, {"upns": "ann"}, {"upns": [7]}):
        with pytest.raises(errors.UsageError):
            PeopleCommands(service.backend).tokens({"resource": GRAPH, **wrong})


def test_a_service_that_is_no_labs_makes_none(service: TenantService) -> None:
    outside = PeopleCommands(dataclasses.replace(service.backend, lab=False))
    with pytest.raises(errors.Refused, match="Only a lab"):
        outside.tokens({"upns": [ANN], "resource": GRAPH})


def test_tokens_and_licences_travel_over_the_socket(service: TenantService, tmp_path: Path) -> None:
    home = tenant_home(tmp_path, "contoso")
    home.mkdir(parents=True)
    commands = TenantCommands(service, LabClock(tmp_path / CLOCK_FILE), StopSwitch())

    def asking() -> list[str]:
        ask(home, "set", pairs=[["licences.spe_e3", "7"], ["licences_required", "on"]])
        with pytest.raises(errors.UsageError, match="part number"):
            ask(home, "set", pairs=[["licences_required", "off"], ["licences.Nothing", "7"]])
        assert ask(home, "synced", upns=[BOB]) == [BOB]
        return tokens(tmp_path, "contoso", [ANN] * 300, GRAPH)

    async def scenario() -> Any:
        server = ControlServer(home, commands.table())
        await server.start()
        try:
            return await asyncio.to_thread(asking)
        finally:
            await server.stop()

    assert holders(service, asyncio.run(scenario())) == [ANN] * 300
    with service.units.read() as uow:
        assert ("SPE_E3", 7) in [(row.sku.part_number, row.enabled) for row in uow.licences.subscriptions()]
        assert uow.settings.get().licences_required
        bob = uow.users.by_upn(BOB)
    assert bob is not None and bob.synced
