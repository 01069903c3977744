"""A directory of 100,000 users, 10,000 nested groups and 500,000 memberships, asked over HTTPS by one client.

Objects are loaded through the repositories, past the service; the calls go to the service's own port, so that the lab's
proxy and front are left out. An address that nobody answers, timed in the same run, tells what a call costs by itself.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TypeVar
from uuid import UUID

import httpx

from bench.figures import Figure
from ground import GRAPH, Ground
from xtenant.cli.demo.stage import SOURCE
from xtenant.domain.directory import Group, GroupId, GroupKind, User, UserId
from xtenant.domain.tenant import GRAPH_HOST, TenantId
from xtenant.lab.estate import tenant_home
from xtenant.storage.database import SqlUnits, open_engine

USERS = 100_000
GROUPS = 10_000
MEMBERSHIPS = 500_000
CHILDREN = 10
BATCH = 10_000
CALLS, WARM_UP = 200, 20
MADE = datetime(2026, 1, 1, tzinfo=UTC)

T = TypeVar("T")


def measure(ground: Ground, folder: Path) -> list[Figure]:
    began = time.perf_counter()
    load(ground)
    loaded = time.perf_counter() - began
    with client_of(ground) as client:
        return [
            Figure(
                name=f"loading {USERS:,} users, {GROUPS:,} groups, {MEMBERSHIPS:,} memberships",
                unit="s",
                values=[loaded],
            ),
            Figure(
                name="an address that nobody answers",
                unit="ms",
                values=timed(lambda _: asked(client, "/v1.0/nowhere", 404)),
            ),
            Figure(name="a page of 100 users", unit="ms", values=timed(pages(client))),
            Figure(
                name="a user by UPN", unit="ms", values=timed(lambda n: asked(client, f"/v1.0/users/{upn(ground, n)}"))
            ),
            Figure(name="a user by filter", unit="ms", values=timed(filtered(client, ground))),
            Figure(name="effective membership of a user, 20 groups", unit="ms", values=timed(checked(client, ground))),
        ]


def timed(call: Callable[[int], object]) -> list[float]:
    """The milliseconds of each of the calls after those that warm up."""
    spent: list[float] = []
    for number in range(WARM_UP + CALLS):
        began = time.perf_counter()
        call(number)
        spent.append(1_000 * (time.perf_counter() - began))
    return spent[WARM_UP:]


def asked(client: httpx.Client, url: str, status: int = 200) -> httpx.Response:
    answer = client.get(url)
    assert answer.status_code == status, answer.text
    return answer


def pages(client: httpx.Client) -> Callable[[int], object]:
    """One page after the other, each by the link of the one before."""
    link = "/v1.0/users?$top=100&$select=id,displayName,userPrincipalName,mail,userType,accountEnabled,usageLocation"

    def turn(number: int) -> object:
        nonlocal link
        page = asked(client, link).json()
        assert len(page["value"]) == 100
        link = page["@odata.nextLink"].removeprefix(GRAPH)
        return page

    return turn


def filtered(client: httpx.Client, ground: Ground) -> Callable[[int], object]:
    def turn(number: int) -> object:
        query = f"$filter=userPrincipalName eq '{upn(ground, number)}'&$select=id,userPrincipalName,assignedLicenses"
        found = asked(client, f"/v1.0/users?{query}").json()["value"]
        assert len(found) == 1
        return found

    return turn


def checked(client: httpx.Client, ground: Ground) -> Callable[[int], object]:
    """Whether somebody is in any of 20 groups: those at the top of the tree, which most are in through nesting."""
    wanted = {"groupIds": [str(group_id(number)) for number in range(20)]}

    def turn(number: int) -> object:
        answer = client.post(f"/v1.0/users/{upn(ground, number)}/checkMemberGroups", json=wanted)
        assert str(group_id(0)) in answer.json()["value"], answer.text
        return answer

    return turn


@contextmanager
def client_of(ground: Ground) -> Iterator[httpx.Client]:
    """One connection to the service's port; it answers for Graph's name, its certificate names its own hosts."""
    port, host = ground.state(SOURCE)["port"], ground.stage.estate.tenant(SOURCE).hosts[0]
    headers = {"Host": GRAPH_HOST, "Authorization": f"Bearer {ground.token(SOURCE, GRAPH)}"}
    trusted = ssl.create_default_context(cafile=ground.stage.lab.ca_file)

    def name(request: httpx.Request) -> None:
        request.extensions["sni_hostname"] = host

    hooks = {"request": [name]}
    base = f"https://127.0.0.1:{port}"
    with httpx.Client(base_url=base, headers=headers, verify=trusted, trust_env=False, event_hooks=hooks) as client:
        yield client


def load(ground: Ground) -> None:
    """Write the directory into the tenant's store."""
    tenant = ground.stage.estate.tenant(SOURCE)
    engine = open_engine(f"sqlite:///{tenant_home(ground.home, SOURCE) / 'tenant.db'}")
    units = SqlUnits(engine, TenantId(tenant.tenant_id))
    for users in batches(people(tenant.domain)):
        with units.write() as uow:
            uow.users.add_many(users)
    with units.write() as uow:
        uow.groups.add_many(list(teams()))
    for pairs in batches(iter(sorted(memberships()))):  # group by group
        with units.write() as uow:
            uow.memberships.add_many(pairs)
    engine.dispose()


def batches(rows: Iterator[T]) -> Iterator[list[T]]:
    while batch := list(islice(rows, BATCH)):
        yield batch


def people(domain: str) -> Iterator[User]:
    for number in range(USERS):
        yield User(
            user_id=user_id(number),
            upn=f"person{number:06d}@{domain}",
            display_name=f"Person {number % 997:03d} of {number:06d}",
            mail=f"person{number:06d}@{domain}",
            mail_nickname=f"person{number:06d}",
            usage_location="DE",
            department=f"Department {number % 100}",
            created_at=MADE,
        )


def teams() -> Iterator[Group]:
    for number in range(GROUPS):
        yield Group(
            group_id=group_id(number),
            kind=GroupKind.SECURITY,
            display_name=f"Team {number:05d}",
            mail_nickname=f"team{number:05d}",
            created_at=MADE,
        )


def memberships() -> Iterator[tuple[GroupId, UUID]]:
    """Each group lies in one of a tenth of its number, four deep; people fill up the rest, each in five groups or fewer."""
    inner = ((group_id((number - 1) // CHILDREN), group_id(number)) for number in range(1, GROUPS))
    yield from inner
    wanted = MEMBERSHIPS - (GROUPS - 1)
    for place in range(wanted):
        number, turn = place % USERS, place // USERS
        yield group_id((number * 7_919 + turn * 4_729) % GROUPS), user_id(number)


def user_id(number: int) -> UserId:
    return UserId(UUID(int=(0xA << 120) + (number * 0x9E3779B97F4A7C15 & (1 << 64) - 1)))


def group_id(number: int) -> GroupId:
    return GroupId(UUID(int=(0xB << 120) + (number * 0x9E3779B97F4A7C15 & (1 << 64) - 1)))


def upn(ground: Ground, number: int) -> str:
    """Numbers of calls are spread over everybody."""
    return f"person{number * 487 % USERS:06d}@{ground.stage.estate.tenant(SOURCE).domain}"
