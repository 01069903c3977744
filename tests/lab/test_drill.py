"""Drills: good for one child and what it starts, and for nobody else who knows the token."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from clock import CountingIds
from neighbours import TENANT_IDS
from xtenant.client.lab import LAB_FILE, LabDescription, LabGeo, LabTenant, read_lab
from xtenant.client.profiles import Drill, LabTie, Profile, ProfileKind, ProfileStore, lab_profile, way_to
from xtenant.domain import errors
from xtenant.lab.control import ControlServer, ask
from xtenant.lab.drill import Drills, NoDrill, process

JOIN = "import sys, pathlib; from xtenant.lab.control import ask; print(ask(pathlib.Path(sys.argv[1]), 'join-drill', token=sys.argv[2]))"
BEGIN_AND_GO_ON = (
    "import sys, pathlib; from xtenant.lab.control import ask; "
    "print(ask(pathlib.Path(sys.argv[1]), 'drill')['token'], flush=True); sys.stdin.readline()"
)


def served(home: Path, scenario: Callable[[], object]) -> object:
    async def run() -> object:
        drills = Drills("lab-1", CountingIds(start=1))
        server = ControlServer(home, {}, {"drill": drills.begin, "join-drill": drills.join})
        await server.start()
        try:
            return await asyncio.to_thread(scenario)
        finally:
            await server.stop()

    return asyncio.run(run())


@contextmanager
def child_with_a_token(home: Path) -> Generator[str]:
    """Another process that has begun a drill and goes on."""
    with subprocess.Popen(
        [sys.executable, "-c", BEGIN_AND_GO_ON, str(home)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdin and child.stdout
        yield child.stdout.readline().strip()
        child.stdin.close()


def test_who_began_and_what_it_starts_are_part_of_the_drill(tmp_path: Path) -> None:
    def scenario() -> object:
        token = ask(tmp_path, "drill")["token"]
        own = ask(tmp_path, "join-drill", token=token)
        grandchild = subprocess.run(
            ["sh", "-c", f'"$0" -c "{JOIN}" "$1" "$2"; true', sys.executable, str(tmp_path), token],
            capture_output=True,
            text=True,
            check=True,
        )
        return own, grandchild.stdout.strip()

    assert served(tmp_path, scenario) == ({"lab_id": "lab-1"}, "{'lab_id': 'lab-1'}")


def test_a_token_read_elsewhere_is_worth_nothing(tmp_path: Path) -> None:
    def scenario() -> None:
        with child_with_a_token(tmp_path) as token:
            assert token
            ask(tmp_path, "join-drill", token=token)

    with pytest.raises(errors.LabMissing, match="belongs to another process"):
        served(tmp_path, scenario)


def test_a_drill_ends_with_its_child(tmp_path: Path) -> None:
    def scenario() -> None:
        with child_with_a_token(tmp_path) as token:
            pass
        ask(tmp_path, "join-drill", token=token)

    with pytest.raises(errors.LabMissing, match="No drill with this token"):
        served(tmp_path, scenario)


@pytest.mark.parametrize("token", ["", "guessed", "\u00e9"])
def test_an_invented_token_is_refused(tmp_path: Path, token: str) -> None:
    def scenario() -> None:
        ask(tmp_path, "drill")
        ask(tmp_path, "join-drill", token=token)

    with pytest.raises(errors.LabMissing, match="No drill with this token"):
        served(tmp_path, scenario)


def test_a_process_is_told_from_a_later_one_with_its_number() -> None:
    own = process(os.getpid())
    assert own is not None and own.parent == os.getppid() and own.started > 0
    assert process(2**30) is None


@pytest.fixture
def lab_home(tmp_path: Path) -> Iterator[Path]:
    """The home of a lab of two tenants whose proxy answers."""
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        description = LabDescription(
            id="lab-1",
            proxy=f"http://127.0.0.1:{proxy.getsockname()[1]}",
            ca_file="/nowhere-ca.pem",
            tenants={name: lab_tenant(name) for name in ("contoso", "fabrikam")},
        )
        (tmp_path / LAB_FILE).write_bytes(msgspec.json.encode(description))
        yield tmp_path


def lab_tenant(name: str) -> LabTenant:
    admin, host, root = (f"https://{name}{end}.sharepoint.com" for end in ("-admin", "-my", ""))
    return LabTenant(
        tenant_id=str(TENANT_IDS[name]),
        initial_domain=f"{name}.onmicrosoft.com",
        admin_url=admin,
        host_url=host,
        root_url=root,
        client_id="aaaaaaaa-0000-4000-8000-000000000001",
        certificate_file="/nowhere.pem",
        geos={"NAM": LabGeo(admin_url=admin, host_url=host, root_url=root)},
    )


@pytest.fixture
def real_profile(lab_home: Path) -> Profile:
    return replace(lab_profile_of(lab_home, "contoso"), name="real", kind=ProfileKind.MICROSOFT365, lab=None)


def drill_of(lab_id: str, home: Path) -> Drill:
    return lambda: LabTie(lab_id=lab_id, home=str(home))


def test_in_a_drill_the_labs_tenants_are_of_microsoft_365_and_reached_through_the_lab(lab_home: Path) -> None:
    store = ProfileStore(lab_home / "profiles-of-it", lab_home, drill=drill_of("lab-1", lab_home))
    found = store.get("contoso")
    assert (found.kind, found.shown_kind) == (ProfileKind.MICROSOFT365, "microsoft365 (drill)")
    way = way_to(found, lab_home, drill_of("lab-1", lab_home))
    assert way.proxy and way.proxy.startswith("http://127.0.0.1") and way.ca_file


@pytest.mark.parametrize("lab_in_effect", [True, False])
def test_outside_the_drill_its_profiles_are_refused(lab_home: Path, lab_in_effect: bool) -> None:
    found = ProfileStore(lab_home / "p", lab_home, drill=drill_of("lab-1", lab_home)).get("contoso")
    with pytest.raises(errors.LabMissing):
        way_to(found, lab_home if lab_in_effect else None)


def test_a_drill_of_another_lab_leads_nowhere(lab_home: Path) -> None:
    def deny() -> LabTie:
        raise NoDrill("No drill.")

    found = ProfileStore(lab_home / "p", lab_home, drill=drill_of("lab-1", lab_home)).get("contoso")
    for drill in (drill_of("lab-2", lab_home), deny):
        with pytest.raises(errors.LabMissing):
            way_to(found, lab_home, drill)


def test_a_real_profile_is_refused_in_a_drill_too(lab_home: Path, real_profile: Profile) -> None:
    with pytest.raises(errors.LabMissing, match="profile of Microsoft 365"):
        way_to(real_profile, lab_home, drill_of("lab-1", lab_home))


def test_a_lab_profile_of_the_same_home_is_not_seen_in_a_drill(lab_home: Path, real_profile: Profile) -> None:
    """Else a name that looks guarded would lead to a tenant that is not."""
    kept = ProfileStore(lab_home / "p", lab_home)
    kept.save(lab_profile_of(lab_home, "contoso"))
    kept.save(real_profile)
    seen = ProfileStore(lab_home / "p", lab_home, drill=drill_of("lab-1", lab_home)).all()
    assert {(one.name, one.shown_kind) for one in seen} == {
        ("contoso", "microsoft365 (drill)"),
        ("fabrikam", "microsoft365 (drill)"),
    }


def lab_profile_of(lab_home: Path, name: str) -> Profile:
    return lab_profile(name, read_lab(lab_home), lab_home)
