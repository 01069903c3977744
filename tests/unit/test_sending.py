"""The one place every changing request passes: what it lets through, and what it writes down."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from clock import CountingIds, FakeClock
from neighbours import TENANT_IDS
from xtenant.client.audit import Place
from xtenant.client.profiles import Credential, CredentialKind, LabTie, Profile, ProfileKind
from xtenant.client.sending import Sending
from xtenant.client.shakedown import FILE, NotShakenDown, tool_version
from xtenant.wire.forms import form_digest
from xtenant.wire.readonly import ReadOnlyRefused
from xtenant.wire.transport import Connection, open_http, open_http_sync

pytestmark = pytest.mark.anyio

HOST = "contoso.sharepoint.com"
GEO = "contosoeur-my.sharepoint.com"
REAL = Profile(
    name="contoso",
    kind=ProfileKind.MICROSOFT365,
    admin_url="https://contoso-admin.sharepoint.com",
    tenant_id=str(TENANT_IDS["contoso"]),
    client_id="aaaaaaaa-0000-4000-8000-000000000001",
    credential=Credential(kind=CredentialKind.CERTIFICATE, file="/nowhere.pem"),
    geos={"NAM": "https://contoso-admin.sharepoint.com", "EUR": "https://contosoeur-admin.sharepoint.com"},
)
LAB = replace(REAL, kind=ProfileKind.LAB, lab=LabTie(lab_id="lab-1", home="/nowhere"))


def removal(host: str = HOST) -> httpx.Request:
    url = f"https://{host}/sites/a/_api/web/siteusers/removebyid(7)"
    return httpx.Request("POST", url, headers={"client-request-id": "c-1"})


@pytest.fixture
def sending(tmp_path: Path) -> Sending:
    return Sending(tmp_path, clock=FakeClock(), ids=CountingIds())


def tried(home: Path, verb: str, request: httpx.Request) -> None:
    line = {
        "verb": verb,
        "tenant_id": str(TENANT_IDS["northwind"]),
        "tool_version": tool_version(),
        "wire_form": form_digest(request),
        "date": "2026-11-23",
        "person": "ann",
    }
    (home / FILE).write_text(json.dumps(line) + "\n")
    (home / FILE).chmod(0o600)


async def send(sending: Sending, profile: Profile, request: httpx.Request, status: int = 200) -> list[str]:
    """Send by the real guards over a network that answers anything; the hosts that were reached."""
    reached: list[str] = []

    def answer(asked: httpx.Request) -> httpx.Response:
        reached.append(asked.url.host)
        return httpx.Response(status, headers={"request-id": "s-1"}, stream=httpx.ByteStream(b"{}"))

    connection = Connection(watch=sending.watch(profile))
    async with open_http(connection, transport=httpx.MockTransport(answer)) as http:
        await http.send(request)
    return reached


def outcomes(sending: Sending) -> Iterator[tuple[str, str, str]]:
    path = Place(home=sending.home, tenant_id=TENANT_IDS["contoso"]).path
    for line in path.read_text().splitlines() if path.exists() else []:
        found = json.loads(line)
        yield found["verb"], found["outcome"], found["detail"]


async def test_undeclared_changes_of_a_real_tenant_are_refused_and_not_written_down(sending: Sending) -> None:
    tried(sending.home, "permissions.write", removal())
    with pytest.raises(ReadOnlyRefused, match="only looks there"):
        await send(sending, REAL, removal())
    assert list(outcomes(sending)) == []


async def test_a_declared_change_of_the_form_tried_goes_out_between_two_lines(sending: Sending) -> None:
    tried(sending.home, "permissions.write", removal())
    with sending.declared("permissions.write", [REAL]):
        assert await send(sending, REAL, removal()) == [HOST]
        assert await send(sending, REAL, removal(GEO)) == [GEO]
    assert list(outcomes(sending))[:2] == [("permissions.write", "sent", ""), ("permissions.write", "ok", "200")]
    with pytest.raises(ReadOnlyRefused):
        await send(sending, REAL, removal())


async def test_a_declared_change_goes_to_no_other_tenant(sending: Sending) -> None:
    tried(sending.home, "permissions.write", removal())
    with sending.declared("permissions.write", [REAL]):
        for host in ("fabrikam.sharepoint.com", "contoso-evil.sharepoint.com", "contoso.example.com"):
            with pytest.raises(ReadOnlyRefused, match="not one of contoso"):
                await send(sending, REAL, removal(host))
        other = replace(REAL, name="fabrikam", tenant_id=str(TENANT_IDS["fabrikam"]))
        with pytest.raises(ReadOnlyRefused, match="only looks there"):
            await send(sending, other, removal())


async def test_a_declared_change_of_another_form_is_refused(sending: Sending) -> None:
    tried(sending.home, "permissions.write", removal())
    with sending.declared("permissions.write", [REAL]), pytest.raises(NotShakenDown, match="another form"):
        await send(sending, REAL, httpx.Request("DELETE", f"https://{HOST}/sites/a/_api/web"))


def test_a_verb_nobody_tried_cannot_be_declared_for_a_real_tenant(sending: Sending) -> None:
    with pytest.raises(NotShakenDown) as refused, sending.declared("trust.set", [LAB, REAL]):
        pytest.fail("declared")
    assert "--emit powershell" in refused.value.remedy


async def test_a_labs_tenant_may_be_changed_and_its_changes_are_written_down(sending: Sending) -> None:
    with sending.declared("sites.remove", [LAB]):
        await send(sending, LAB, removal(), status=403)
    await send(sending, LAB, removal())
    assert [(verb, outcome) for verb, outcome, _ in outcomes(sending)] == [
        ("sites.remove", "sent"),
        ("sites.remove", "failed"),
        ("-", "sent"),
        ("-", "ok"),
    ]


def test_clients_that_are_not_async_are_watched_too(sending: Sending) -> None:
    reached: list[str] = []

    def answer(asked: httpx.Request) -> httpx.Response:
        reached.append(asked.url.path)
        return httpx.Response(200, stream=httpx.ByteStream(b""))

    connection = Connection(watch=sending.watch(REAL))
    with open_http_sync(connection, transport=httpx.MockTransport(answer)) as http:
        http.post("https://login.microsoftonline.com/common/oauth2/v2.0/token", data={"grant_type": "x"})
        with pytest.raises(ReadOnlyRefused):
            http.send(removal())
    assert reached == ["/common/oauth2/v2.0/token"]
    with open_http_sync(Connection(watch=sending.watch(LAB)), transport=httpx.MockTransport(answer)) as http:
        http.send(removal())
    assert [outcome for _, outcome, _ in outcomes(sending)] == ["sent", "ok"]


@pytest.mark.parametrize(
    ("url", "body", "detail"),
    [
        ("https://contoso-admin.sharepoint.com/_vti_bin/client.svc/ProcessQuery", '[{"ErrorInfo":null},1]', "200"),
        (
            "https://contoso-admin.sharepoint.com/_vti_bin/client.svc/ProcessQuery",
            '[{"ErrorInfo":{"ErrorTypeName":"X.Refused","ErrorMessage":"secret"}}]',
            "200 X.Refused",
        ),
        ("https://contoso-admin.sharepoint.com/_vti_bin/client.svc/ProcessQuery", "<html>", "200 unreadable answer"),
        (
            "https://graph.microsoft.com/v1.0/$batch",
            '{"responses":[{"status":201},{"status":403},{"status":409},{}]}',
            "200 3 of 4 calls refused: 403, 409, 500",
        ),
        ("https://graph.microsoft.com/v1.0/$batch", '{"responses":[{"status":201}]}', "200"),
        ("https://graph.microsoft.com/v1.0/$batch", "[" * 50_000, "200 unreadable answer"),
    ],
)
async def test_what_an_answer_says_inside_is_told_and_the_answer_stays_whole(
    sending: Sending, url: str, body: str, detail: str
) -> None:
    transport = httpx.MockTransport(lambda asked: httpx.Response(200, stream=httpx.ByteStream(body.encode())))
    async with open_http(Connection(watch=sending.watch(LAB)), transport=transport) as http:
        answer = await http.post(url, content=b"<changing/>")
    assert answer.text == body
    assert [told for _, outcome, told in outcomes(sending) if outcome != "sent"] == [detail]
