"""What must not happen: a lab profile that reaches a real host, a hostile body that breaks a service, a forged token that works.

A listening socket stands in for the world: every proxy variable of the environment names it, and it must hear nothing.
"""

from __future__ import annotations

import base64
import json
import re
import shutil
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.labs import XTENANT, Done, Lab, lab_up, outside_environment, process, xtenant
from xtenant.client.profiles import Credential, CredentialKind, Profile, ProfileKind, ProfileStore
from xtenant.lab.environment import PROXY_VARIABLES

ADMIN = "https://contoso-admin.sharepoint.com"
FABRIKAM = "https://fabrikam-my.sharepoint.com/"
TENANT = "{268004ae-ef6b-4e9b-8425-127220d84719}"
LINES = f"""\
Connect-SPOService -Url {ADMIN}
Get-SPOCrossTenantHostUrl
Set-SPOCrossTenantRelationship -Scenario MnA -PartnerRole Target -PartnerCrossTenantHostUrl {FABRIKAM}
"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with lab_up(tmp_path_factory.mktemp("isolation") / "home") as running:
        yield running


class World:
    """A socket that hangs up on everybody who connects; `heard` says whether anybody has."""

    def __init__(self) -> None:
        self.heard = False
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._hang_up, daemon=True)
        self._thread.start()

    def _hang_up(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.heard = True
            connection.close()

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(10)

    @property
    def as_proxy(self) -> dict[str, str]:
        """An environment whose every way out leads here."""
        return dict.fromkeys(PROXY_VARIABLES, f"http://127.0.0.1:{self.port}") | {"NO_PROXY": "", "no_proxy": ""}


@pytest.fixture
def world() -> Iterator[World]:
    world = World()
    yield world
    world.close()


@pytest.fixture(scope="module")
def profiles(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A profile home with the lab's contoso in it, kept by `connect` inside the lab."""
    home = tmp_path_factory.mktemp("profiles")
    done = lab.tools("connect", "contoso", "--url", ADMIN, profiles=home)
    assert (done.code, done.json["kind"]) == (0, "lab"), done.err
    return home


@pytest.fixture(scope="module")
def lab_gone(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of a lab as one that died leaves it: its description is there, nobody listens."""
    home = tmp_path_factory.mktemp("gone")
    shutil.copy(lab.home / "lab.json", home)
    description = json.loads((home / "lab.json").read_text())
    with socket.create_server(("127.0.0.1", 0)) as closed_soon:
        description["proxy"] = f"http://127.0.0.1:{closed_soon.getsockname()[1]}"
    (home / "lab.json").write_text(json.dumps(description))
    return home


COMMANDS = (
    ("host-url", "-t", "contoso"),
    ("trust", "set", "-t", "contoso", "--partner-role", "Target", "--partner", FABRIKAM, "--yes"),
    ("trust", "matrix", "-t", "contoso"),
    ("token", "-t", "contoso", "--resource", "https://graph.microsoft.com"),
    ("move", "list", "--source", "contoso"),
    ("-t", "contoso", "Get-SPOCrossTenantHostUrl"),
    ("shell", "-t", "contoso"),
    ("shell",),
)


def refused_with_7(environment: dict[str, str], world: World) -> None:
    for command in COMMANDS:
        done = xtenant(*command, stdin=LINES, environment=environment)
        assert (done.code, done.out) == (7, ""), (command, done.err)
        assert "lab" in done.err
    assert not world.heard


def test_without_the_labs_environment_a_lab_profile_sends_nothing(profiles: Path, world: World) -> None:
    refused_with_7({"XTENANT_HOME": str(profiles), **world.as_proxy}, world)


def test_with_its_lab_gone_a_lab_profile_sends_nothing(profiles: Path, lab_gone: Path, world: World) -> None:
    refused_with_7({"XTENANT_HOME": str(profiles), "XTENANT_LAB": str(lab_gone), **world.as_proxy}, world)


def test_with_an_empty_lab_home_a_lab_profile_sends_nothing(profiles: Path, tmp_path: Path, world: World) -> None:
    refused_with_7({"XTENANT_HOME": str(profiles), "XTENANT_LAB": str(tmp_path), **world.as_proxy}, world)


def test_the_stand_in_hears_who_does_connect(tmp_path: Path, world: World) -> None:
    """The control: outside any lab a profile of Microsoft 365 goes by the proxy of the environment."""
    profile = microsoft365_profile(tmp_path)
    done = xtenant("host-url", "-t", profile.name, environment={"XTENANT_HOME": str(tmp_path), **world.as_proxy})
    assert world.heard
    assert done.code in (6, 7), done.err


def in_world(profiles: Path, world: World) -> dict[str, str]:
    return {**outside_environment(), "XTENANT_HOME": str(profiles), **world.as_proxy}


def microsoft365_profile(home: Path) -> Profile:
    profile = Profile(
        name="real",
        kind=ProfileKind.MICROSOFT365,
        admin_url=ADMIN,
        tenant_id="11111111-1111-4111-8111-111111111111",
        client_id="22222222-2222-4222-8222-222222222222",
        credential=Credential(kind=CredentialKind.SECRET, file=str(home / "secret")),
    )
    (home / "secret").write_text("not a secret")
    ProfileStore(home).save(profile)
    return profile


def test_a_microsoft365_profile_refuses_while_a_lab_is_in_effect(lab: Lab, tmp_path: Path) -> None:
    profile = microsoft365_profile(tmp_path)
    before = lab.status["refused_hosts"]
    for command in (("host-url",), ("trust", "list"), ("shell",)):
        done = lab.tools(*command, "-t", profile.name, stdin=LINES, profiles=tmp_path)
        assert (done.code, done.out) == (7, ""), done.err
        assert "Microsoft 365" in done.err and "XTENANT_LAB" in done.err
    assert lab.status["refused_hosts"] == before


def test_the_kernel_sees_no_connection_of_a_lab_profile_outside_its_lab(
    profiles: Path, tmp_path: Path, world: World
) -> None:
    """The same by the system calls of a real process, which no proxy variable can hide."""
    trace = tmp_path / "trace"
    tracing = ("strace", "-f", "-qq", "-e", "trace=connect,sendto,sendmsg,sendmmsg", "-o", str(trace))
    if shutil.which("strace") is None or process(*tracing, "true").code != 0:
        pytest.skip("strace is not installed here or may not trace")
    done = process(*tracing, *XTENANT, *COMMANDS[1], environment=in_world(profiles, world))
    assert done.code == 7, done.err
    assert not re.findall(r".*AF_INET.*", trace.read_text())
    assert not world.heard


# Hostile input from inside the lab, by curl, which knows nothing of our client.


@pytest.fixture(scope="module")
def token(lab: Lab) -> str:
    done = lab.tools("token", "-t", "contoso", "--resource", ADMIN, "--as", "sharepoint_admin")
    assert done.code == 0, done.err
    return done.out.strip()


@pytest.fixture(scope="module")
def digest(lab: Lab, token: str) -> str:
    answer = lab.program(
        "curl", "-sS", "-X", "POST", "-H", f"Authorization: Bearer {token}", f"{ADMIN}/_api/contextinfo"
    )
    found = re.search(r"0x[0-9A-Fa-f]{16,},[^\"<]+", answer.out)
    assert found, answer.out
    return found[0]


def query(actions: str) -> str:
    return (
        '<Request AddExpandoFieldTypeSuffix="true" SchemaVersion="15.0.0.0" LibraryVersion="16.0.0.0" '
        'ApplicationName="curl" xmlns="http://schemas.microsoft.com/sharepoint/clientquery/2009">'
        f'<Actions>{actions}</Actions><ObjectPaths><Constructor Id="1" TypeId="{TENANT}" /></ObjectPaths></Request>'
    )


def new_relation(partner: str) -> str:
    return query(
        '<Method Name="NewSPOTenantOrgRelation" Id="3" ObjectPathId="1"><Parameters>'
        '<Parameter Type="Enum">1</Parameter><Parameter Type="Enum">2</Parameter>'
        f'<Parameter Type="String">{partner}</Parameter></Parameters></Method>'
    )


def post(lab: Lab, tmp_path: Path, token: str, digest: str, body: str) -> tuple[int, str]:
    """Status and body of one ProcessQuery."""
    (tmp_path / "body.xml").write_text(body)
    headers = (
        "-H",
        f"Authorization: Bearer {token}",
        "-H",
        f"X-RequestDigest: {digest}",
        "-H",
        "Content-Type: text/xml",
    )
    url = f"{ADMIN}/_vti_bin/client.svc/ProcessQuery"
    sent = ("--data-binary", f"@{tmp_path / 'body.xml'}", "-w", "\n%{http_code}", "--max-time", "30", url)
    done: Done = lab.program("curl", "-sS", *headers, *sent)
    text, _, status = done.out.rpartition("\n")
    return int(status), text


GOOD = query('<Method Name="GetMySiteHostUrl" Id="3" ObjectPathId="1" />')
BOMB = "<!DOCTYPE r [<!ENTITY a0 'ha'>" + "".join(f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 12))
HOSTILE = {
    "entity bomb": BOMB + "]>" + new_relation("&a11;"),
    "external entity": "<!DOCTYPE r [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>" + new_relation("&x;"),
    "outside document type": "<!DOCTYPE Request SYSTEM 'WORLD/x.dtd'>" + GOOD,
    "outside parameter entity": "<!DOCTYPE r [<!ENTITY % x SYSTEM 'WORLD/x'>%x;]>" + GOOD,
    "depth": query('<Method Name="a" Id="3" ObjectPathId="1"><Parameters>' + "<Parameter>" * 50_000),
    "size": query(f"<!-- {'x' * 40_000_000} -->"),
    "no end": GOOD[:-20],
    "nothing": "",
}


def test_hostile_xml_is_refused_and_the_service_lives(
    lab: Lab, tmp_path: Path, world: World, token: str, digest: str
) -> None:
    pid = lab.tenants["contoso"]["pid"]
    for name, body in HOSTILE.items():
        body = body.replace("WORLD", f"http://127.0.0.1:{world.port}")
        status, text = post(lab, tmp_path, token, digest, body)
        assert status == 400, (name, status, text[:300])
        assert "root:" not in text, name
    assert not world.heard
    status, text = post(lab, tmp_path, token, digest, GOOD)
    assert status == 200 and "contoso-my" in text
    assert lab.tenants["contoso"]["pid"] == pid


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def changed(encoded: str, **values: object) -> str:
    return part(json.loads(base64.urlsafe_b64decode(encoded + "==")) | values)


def test_a_forged_token_is_refused_everywhere(lab: Lab, tmp_path: Path, token: str, digest: str) -> None:
    header, claims, signature = token.split(".")
    turned = signature[:10] + ("A" if signature[10] != "A" else "B") + signature[11:]
    forged = {
        "not signed": f"{part({'alg': 'none', 'typ': 'JWT'})}.{claims}.",
        "another signature": f"{header}.{claims}.{turned}",
        "another tenant": f"{header}.{changed(claims, tid='11111111-1111-4111-8111-111111111111')}.{signature}",
        "later end": f"{header}.{changed(claims, exp=4_000_000_000)}.{signature}",
        "symmetric": f"{changed(header, alg='HS256')}.{claims}.{signature}",
        "key from elsewhere": f"{changed(header, jku='https://example.com/keys')}.{claims}.{turned}",
        "no token": "x",
        "empty parts": "..",
        "long": "a" * 7000 + ".b.c",
    }
    for name, bearer in forged.items():
        status, text = post(lab, tmp_path, bearer, digest, GOOD)
        assert status == 401, (name, status, text)
        assert "contoso-my" not in text


def test_a_host_url_with_a_private_address_is_refused_before_any_connection(
    lab: Lab, tmp_path: Path, world: World, token: str, digest: str
) -> None:
    addresses = (f"https://127.0.0.1:{world.port}/", "https://10.0.0.5/", "https://169.254.169.254/", "https://[::1]/")
    for address in (*addresses, f"https://localhost:{world.port}/", "https://2130706433/"):
        status, text = post(lab, tmp_path, token, digest, new_relation(address))
        assert status == 200 and "System.ArgumentException" in text, (address, text)
        done = lab.tools("trust", "set", "-t", "contoso", "--partner-role", "Target", "--partner", address, "--yes")
        assert (done.code, done.out) == (5, ""), (address, done.err)
    assert not world.heard
    assert lab.tools("trust", "list", "-t", "contoso").json == []
    assert not set(lab.status["refused_hosts"]) & {"127.0.0.1", "10.0.0.5", "169.254.169.254", "localhost"}
