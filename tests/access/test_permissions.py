"""Apps are held to the table of reading calls: its row's permission opens a call, everything but that leaves it shut."""

from __future__ import annotations

import re
from uuid import UUID

import pytest
from anyio.from_thread import BlockingPortal

from access import tables
from access.asking import ask
from access.callers import Asker, Askers
from access.estate import Estate
from access.samples import host_of, path_of, sample_of
from access.situations import GOOD
from xtenant.domain.caller import ADMIN_APP_PERMISSIONS, AppCredential, Who
from xtenant.domain.consents import CONSENTS, INCLUDED_IN
from xtenant.domain.directory import App, AppId
from xtenant.domain.sign_in import SignedIn
from xtenant.domain.tenant import GRAPH_HOST, HostRole
from xtenant.wire import readonly
from xtenant.wire.readonly import Body, Call
from xtenant.wire.routes import Route

EVERYTHING = {each.name for each in CONSENTS} | set(INCLUDED_IN) | {"Files.Read.All", "GroupMember.Read.All"}


def listed(estate: Estate, route: Route) -> tuple[Call, HostRole] | None:
    """The row of the list that names a route's sample, where the row asks for a permission."""
    sample = sample_of(route, estate)
    if sample is None or route.who is Who.PARTNER:
        return None
    host = next(host for host in HostRole if host in route.hosts)
    path = path_of(route.path, {**sample.values, **sample.at.get(host, {})})
    call = readonly.listed_call(route.method, host_of(host, estate), path)
    return None if call is None or call.permission == "-" or call.body is not Body.NONE else (call, host)


class Holding(Askers):
    """The app of the test, with permissions of its own."""

    def __init__(self, estate: Estate, permissions: set[str]) -> None:
        self._tokens = estate.contoso.backend.tokens
        self._holding = App(
            app_id=AppId(UUID(int=0xC0)),
            object_id=UUID(int=0xC1),
            display_name="Holding",
            permissions=frozenset(permissions),
        )

    def bearer(self, asker: Asker, *, at_graph: bool) -> str:
        audience = f"https://{GRAPH_HOST}" if at_graph else "https://contoso-admin.sharepoint.com"
        return self._tokens.access_token(
            SignedIn(app=self._holding, credential=AppCredential.CERTIFICATE, audience=audience)
        )


def judged(estate: Estate, portal: BlockingPortal, route: Route, call: Call, host: HostRole) -> list[str]:
    """What is wrong with a route's answers to an app with the permission of its row, and to one with all others."""
    sample = sample_of(route, estate)
    assert sample is not None
    wider = {call.permission, *INCLUDED_IN.get(call.permission, ()), *call.instead}
    others = EVERYTHING - wider - {one for one in EVERYTHING if call.permission in INCLUDED_IN.get(one, ())}
    beside = {"Group.Read.All"} if call.path.startswith("/groups") else set[str]()  # the group is looked up first
    wrong: list[str] = []
    for permissions, opens in (({call.permission, *beside}, True), (others, False)):
        answer = portal.call(ask, estate, Holding(estate, permissions), route, host, sample, Asker.APP)
        if (answer.status == 403) is opens:
            wrong.append(
                f"{route.method} {route.path} with {sorted(permissions)}: {answer.status} {answer.body[:200]!r}"
            )
    return wrong


def test_a_listed_call_asks_an_app_for_its_rows_permission(estate: Estate, portal: BlockingPortal) -> None:
    GOOD.apply(estate)
    found = [(route, place) for route in tables.routes().values() if (place := listed(estate, route)) is not None]
    wrong = [line for route, (call, host) in found for line in judged(estate, portal, route, call, host)]
    assert not wrong, "\n".join(wrong)
    assert len({call.path for _, (call, _) in found}) > 25


QUERY = (
    '<Request xmlns="http://schemas.microsoft.com/sharepoint/clientquery/2009" SchemaVersion="15.0.0.0" '
    'LibraryVersion="16.0.0.0" ApplicationName="t"><Actions><ObjectPath Id="2" ObjectPathId="1" />'
    '<Method Name="{}" Id="3" ObjectPathId="1"><Parameters>{}</Parameters></Method></Actions>'
    '<ObjectPaths><Constructor Id="1" TypeId="{{268004ae-ef6b-4e9b-8425-127220d84719}}" /></ObjectPaths></Request>'
)
RELATION = (
    '<Parameter Type="Enum">1</Parameter><Parameter Type="Enum">1</Parameter>'
    '<Parameter Type="String">https://fabrikam-my.sharepoint.com/</Parameter>'
)


@pytest.mark.parametrize(
    ("permissions", "method", "denied"),
    [
        ({"Sites.FullControl.All"}, "GetMySiteHostUrl", False),
        ({"Sites.Read.All"}, "GetMySiteHostUrl", True),
        ({"Sites.FullControl.All"}, "RemoveSPOTenantOrgRelation", True),
        (set(ADMIN_APP_PERMISSIONS), "RemoveSPOTenantOrgRelation", False),
    ],
)
def test_a_reading_app_runs_the_reading_methods_of_a_query_alone(
    permissions: set[str], method: str, denied: bool, estate: Estate, portal: BlockingPortal
) -> None:
    GOOD.apply(estate)
    body = QUERY.format(method, RELATION if method.startswith("Remove") else "").encode()
    headers = {"Authorization": f"Bearer {Holding(estate, permissions).bearer(Asker.APP, at_graph=False)}"}
    headers["Content-Type"] = "text/xml"

    async def send() -> bytes:
        host = "contoso-admin.sharepoint.com"
        return (await estate.ask("POST", host, "/_vti_bin/client.svc/ProcessQuery", headers, body)).body

    assert bool(re.search(rb"unauthorized operation", portal.call(send))) is denied


def test_a_call_inside_a_batch_asks_for_its_own_permission(estate: Estate, portal: BlockingPortal) -> None:
    body = b'{"requests":[{"id":"1","method":"GET","url":"/users"},{"id":"2","method":"GET","url":"/groups"}]}'
    headers = {"Content-Type": "application/json"}
    headers["Authorization"] = f"Bearer {Holding(estate, {'User.Read.All'}).bearer(Asker.APP, at_graph=True)}"

    async def send() -> bytes:
        return (await estate.ask("POST", GRAPH_HOST, "/v1.0/$batch", headers, body)).body

    told = portal.call(send)
    assert b'"id":"1","status":200' in told
    assert b'"id":"2","status":403' in told


def test_permissions_of_one_api_stand_in_tokens_for_it_alone(estate: Estate) -> None:
    read = estate.contoso.backend.tokens.read
    held = Holding(estate, {"graph/Sites.Read.All", "sharepoint/Sites.FullControl.All", "User.Read.All"})
    at_graph = read(held.bearer(Asker.APP, at_graph=True)).caller.permissions
    assert at_graph == {"Sites.Read.All", "User.Read.All"}
    assert read(held.bearer(Asker.APP, at_graph=False)).caller.permissions == {"Sites.FullControl.All", "User.Read.All"}
