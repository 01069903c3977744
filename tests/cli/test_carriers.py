"""Every changing call of the service, in each carrier, is refused on a guarded tenant before a connection is opened for it."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import anyio
import httpx
import msgspec
import pytest

from access import tables
from clock import FakeClock
from neighbours import TENANT_IDS
from xtenant.client.lab import LAB_FILE, LabDescription
from xtenant.client.opening import ProfileNetwork
from xtenant.client.profiles import Credential, CredentialKind, LabTie, Profile, ProfileKind
from xtenant.client.sending import Sending
from xtenant.domain import errors
from xtenant.domain.changing import CHANGING
from xtenant.domain.tenant import HostRole
from xtenant.lab.certificates import CertificateFolder
from xtenant.outside.ids import SystemIds
from xtenant.protocols.csom.codec.build import QueryBuilder
from xtenant.protocols.csom.codec.types import TENANT_ID
from xtenant.wire.readonly_bodies import METHODS
from xtenant.wire.routes import Route

HOSTS = {
    HostRole.ADMIN: "contoso-admin.sharepoint.com",
    HostRole.MY: "contoso-my.sharepoint.com",
    HostRole.ROOT: "contoso.sharepoint.com",
    HostRole.GRAPH: "graph.microsoft.com",
    HostRole.LOGIN: "login.microsoftonline.com",
}
QUERY = f"https://{HOSTS[HostRole.ADMIN]}/_vti_bin/client.svc/ProcessQuery"
BATCH = "https://graph.microsoft.com/v1.0/$batch"
READING_POSTS = re.compile(
    r"/_api/contextinfo|/(\{[^/]*\}|common|organizations)/oauth2/v2\.0/(token|devicecode)|/(v1\.0|beta)/\$batch|"
    r"/_vti_bin/client\.svc/ProcessQuery"
)
"""What changes nothing by itself although it is no GET: sign-in, the form digest, and the two carriers."""


@dataclass(frozen=True, slots=True)
class Guarded:
    """A network to a guarded tenant, by way of a listening proxy that counts who connects."""

    network: ProfileNetwork
    profile: Profile
    home: Path
    proxy: socket.socket

    def visitors(self) -> int:
        count = 0
        while True:
            try:
                visitor, _ = self.proxy.accept()
            except TimeoutError:
                return count
            visitor.close()
            count += 1

    def refusals(self, requests: list[httpx.Request]) -> list[str]:
        """What each was refused with; fails when one was not, or when somebody connected."""

        async def work() -> list[str]:
            sending = Sending(self.home, clock=FakeClock(), ids=SystemIds())
            async with self.network.asynchronous(self.profile, watch=sending.watch(self.profile)) as http:
                assert self.visitors() == 1  # whether the lab answers is asked once, before anything else
                http.timeout = 0.5  # nobody answers what gets through
                found: list[str] = []
                for request in requests:
                    found.append(await _refusal(http, request))
                    if " " in found[-1]:
                        break
                return found

        found = anyio.run(work)
        assert self.visitors() == 0, "a connection was opened"
        return found


async def _refusal(http: httpx.AsyncClient, request: httpx.Request) -> str:
    try:
        answer = await http.send(request)
    except errors.XTenantError as error:
        return error.code
    except httpx.HTTPError as error:
        return f"{request.method} {request.url} was let through: {error!r}"
    return f"{request.method} {request.url} was answered with {answer.status_code}"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    home = tmp_path_factory.mktemp("guarded")
    certificates = CertificateFolder(folder=home)
    certificates.renew("lab-1", {"contoso": tuple(HOSTS.values())}, now=FakeClock().security_now())
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        proxy.settimeout(0.02)
        lab = LabDescription(
            id="lab-1", proxy=f"http://127.0.0.1:{proxy.getsockname()[1]}", ca_file=str(certificates.ca_file)
        )
        (home / LAB_FILE).write_bytes(msgspec.json.encode(lab))
        tie = LabTie(lab_id="lab-1", home=str(home))
        profile = Profile(
            name="contoso",
            kind=ProfileKind.MICROSOFT365,
            admin_url="https://contoso-admin.sharepoint.com",
            tenant_id=str(TENANT_IDS["contoso"]),
            client_id="aaaaaaaa-0000-4000-8000-000000000001",
            credential=Credential(kind=CredentialKind.CERTIFICATE, file="/nowhere.pem"),
            lab=tie,
        )
        yield Guarded(ProfileNetwork(home, drill=lambda: tie), profile, home, proxy)


def changing_routes() -> list[Route]:
    return [
        route
        for route in tables.routes().values()
        if route.method not in ("GET", "HEAD") and not READING_POSTS.fullmatch(route.path)
    ]


def filled(route: Route) -> str:
    return re.sub(r"\{[^}]*\}", "x", route.path)


def refused(guarded: Guarded, requests: list[httpx.Request]) -> None:
    assert requests
    assert set(guarded.refusals(requests)) == {"readOnlyRefused"}


def test_every_changing_route_is_refused_as_a_call_of_its_own(guarded: Guarded) -> None:
    requests = [
        httpx.Request(route.method, f"https://{HOSTS[role]}{filled(route)}", json={})
        for route in changing_routes()
        for role in route.hosts
        if role in HOSTS
    ]
    assert {route.verb for route in changing_routes()} >= {verb for verb in CHANGING if _has_route(verb)}
    refused(guarded, requests)


def _has_route(verb: str) -> bool:
    return any(route.verb == verb and route.method != "GET" for route in tables.routes().values())


def test_every_changing_route_of_graph_is_refused_inside_a_batch(guarded: Guarded) -> None:
    reading = {"id": "0", "method": "GET", "url": "/organization"}
    calls = [
        {"id": "1", "method": route.method, "url": re.sub(r"^/(v1\.0|beta)", "", filled(route)), **body}
        for route in changing_routes()
        if HostRole.GRAPH in route.hosts
        for body in ({}, {"body": {}, "headers": {"Content-Type": "application/json"}})
    ]
    for url in (BATCH, BATCH.replace("v1.0", "beta")):
        refused(guarded, [httpx.Request("POST", url, json={"requests": [reading, call]}) for call in calls])


def test_a_changing_call_hidden_in_a_reading_batch_is_refused(guarded: Guarded) -> None:
    def batch(call: dict[str, object]) -> httpx.Request:
        return httpx.Request("POST", BATCH, content=json.dumps({"requests": [{"id": "1", **call}]}))

    refused(
        guarded,
        [
            batch({"method": "GET", "url": "/users", "headers": {"X-HTTP-Method-Override": "DELETE"}}),
            batch({"method": "get", "url": "/users/../users/x/drive/root/children", "body": {}}),
            batch({"method": "POST", "url": "/$batch", "body": {"requests": []}}),
            httpx.Request("POST", BATCH, json={"requests": []}, headers={"X-HTTP-Method": "PATCH"}),
        ],
    )


def queries(name: str) -> Iterator[bytes]:
    """A changing method called for its value, selected for its object, and behind one that reads."""
    for form in ("call", "path", "behind"):
        query = QueryBuilder()
        tenant = query.construct(TENANT_ID)
        if form == "behind":
            query.call(tenant, "GetMySiteHostUrl")
        if form == "call":
            query.call(tenant, name, "x")
        else:
            query.select(query.method(tenant, name, "x"))
        yield query.content()


def test_every_changing_method_is_refused_in_every_form_of_a_query(guarded: Guarded) -> None:
    names = {name.partition(".")[2] for name in tables.csom_methods()} - METHODS
    assert {"NewSPOTenantOrgRelation", "RemoveSite", "AddOrUpdateTenantIdentityMap", "Update"} <= names
    refused(guarded, [httpx.Request("POST", QUERY, content=content) for name in names for content in queries(name)])


def test_setting_a_property_is_refused_in_a_query(guarded: Guarded) -> None:
    query = QueryBuilder()
    site = query.method(query.construct(TENANT_ID), "GetSitePropertiesByUrl", "https://contoso.sharepoint.com", False)
    query.set(site, "LockState", "NoAccess")
    refused(guarded, [httpx.Request("POST", QUERY, content=query.content())])


def test_the_proxy_does_hear_of_a_call_that_only_reads(guarded: Guarded) -> None:
    """The control: what is not refused connects."""

    async def work() -> str:
        sending = Sending(guarded.home, clock=FakeClock(), ids=SystemIds())
        async with guarded.network.asynchronous(guarded.profile, watch=sending.watch(guarded.profile)) as http:
            guarded.visitors()
            with anyio.move_on_after(0.2):
                await _refusal(http, httpx.Request("GET", "https://graph.microsoft.com/v1.0/organization"))
        return "done"

    assert anyio.run(work) == "done"
    assert guarded.visitors() >= 1
