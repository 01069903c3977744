"""The one call that asks a tenant to check a move: let through only where that was allowed, and only as itself."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from xtenant.client.profiles import Credential, CredentialKind, LabTie, Profile, ProfileKind
from xtenant.client.validating import ValidationWatch
from xtenant.domain.move import JobKind
from xtenant.domain.tenant import HostUrl
from xtenant.protocols.graph.call.tasks import TASKS, parameters
from xtenant.protocols.graph.codec.tasks import TYPES
from xtenant.wire import readonly_bodies
from xtenant.wire.readonly import ReadOnlyRefused, judge

PARTNER = HostUrl("https://fabrikam-my.sharepoint.com/")
SITE = parameters(
    JobKind.SITE, "https://contoso.sharepoint.com/sites/a", "https://fabrikam.sharepoint.com/sites/a", PARTNER
)


def task(body: object) -> httpx.Request:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return httpx.Request("POST", TASKS, content=content)


def test_the_types_a_task_may_have_are_those_the_codec_writes() -> None:
    assert set(TYPES.values()) == readonly_bodies.TASKS


@pytest.mark.parametrize("kind", list(JobKind))
def test_a_task_that_only_validates_passes_where_it_was_allowed(kind: JobKind) -> None:
    request = task({"parameters": parameters(kind, "a@contoso.com", "a@fabrikam.com", PARTNER)})
    judge(request, validation=True)
    with pytest.raises(ReadOnlyRefused):
        judge(request)


CHANGING: tuple[object, ...] = (
    {"parameters": {**SITE, "validateOnly": False}},
    {"parameters": {**SITE, "validateOnly": "true"}},
    {"parameters": {**SITE, "validateOnly": 1}},
    {"parameters": {key: value for key, value in SITE.items() if key != "validateOnly"}},
    {"parameters": {**SITE, "ValidateOnly": False}},
    {"parameters": {**SITE, "@odata.type": "#microsoft.graph.somethingElse"}},
    {"parameters": SITE, "id": "1"},
    {"parameters": [SITE]},
    [SITE],
    json.dumps({"parameters": SITE})
    .encode()
    .replace(b'"validateOnly": true', b'"validateOnly": true, "validateOnly": false'),
    json.dumps({"parameters": SITE}).encode().replace(b'{"parameters"', b'{"parameters": {}, "parameters"'),
    json.dumps({"parameters": SITE}).encode("utf-16"),
    b"{" * 50_000,
    b"",
)


@pytest.mark.parametrize("body", CHANGING)
def test_anything_else_to_the_same_address_is_refused(body: object) -> None:
    with pytest.raises(ReadOnlyRefused):
        judge(task(body), validation=True)


def test_other_addresses_methods_and_carriers_stay_refused() -> None:
    good = {"parameters": SITE}
    refused = [
        httpx.Request("PATCH", TASKS, json=good),
        httpx.Request("POST", f"{TASKS}/1/cancel", json=good),
        httpx.Request("POST", TASKS, json=good, headers={"X-HTTP-Method": "DELETE"}),
        httpx.Request(
            "POST",
            "https://graph.microsoft.com/beta/$batch",
            json={"requests": [{"id": "1", "method": "POST", "url": TASKS.partition("/beta")[2], "body": good}]},
        ),
    ]
    for request in refused:
        with pytest.raises(ReadOnlyRefused):
            judge(request, validation=True)


def test_only_a_labs_tenants_are_asked(tmp_path: Path) -> None:
    lab = Profile(
        name="contoso",
        kind=ProfileKind.LAB,
        admin_url="https://contoso-admin.sharepoint.com",
        tenant_id="11111111-1111-4111-8111-111111111111",
        client_id="x",
        credential=Credential(kind=CredentialKind.SECRET),
        lab=LabTie(lab_id="1", home=str(tmp_path)),
    )
    ValidationWatch(lab).begin(task({"parameters": SITE}))
    real = Profile(
        name="contoso",
        kind=ProfileKind.MICROSOFT365,
        admin_url=lab.admin_url,
        tenant_id=lab.tenant_id,
        client_id="x",
        credential=lab.credential,
    )
    with pytest.raises(ReadOnlyRefused, match="not tried there"):
        ValidationWatch(real).begin(task({"parameters": SITE}))
