"""What `access diff` foretells is what the services decide: a tangled site, crawled over the wire, moved for real, asked anew."""

from __future__ import annotations

import ast
import random
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from uuid import UUID

import anyio
import pytest
import structlog.testing

from clock import CountingIds
from desk import InProcess, app_certificate
from moves.scene import Rights, add_group, add_user, ask_graph
from moves.two_tenants import SOURCE_URL, TARGET_URL, TwoTenants, add_site, fill, two_tenants, user
from neighbours import APP_ID
from xtenant.client.opening import TenantOpener
from xtenant.client.profiles import Credential, CredentialKind, LabTie, Profile, ProfileKind, ProfileStore
from xtenant.domain import plan
from xtenant.domain.caller import Caller, CallerKind
from xtenant.domain.content import GROUP_TEMPLATE, WEB, Role, Site
from xtenant.domain.directory import Group, GroupKind
from xtenant.domain.limits import Limits
from xtenant.inventory.crawl import crawl_tenant
from xtenant.inventory.facts import Right
from xtenant.inventory.store import Inventory
from xtenant.operations import access, identity_map, sites
from xtenant.people.access.membership import Membership
from xtenant.people.access.prediction import Prediction, predicted
from xtenant.people.access.telling import Totals, full_rows, site_row
from xtenant.service import TenantService

SOURCES = Path(__file__).parents[2] / "src" / "xtenant"
SEED = 20261123
PEOPLE = ("ann", "bob", *(f"p{number}" for number in range(12)))
FOLDERS = ("a", "b", "c")
FILES = {f"{folder}/{number}.txt": [b"x"] for folder in FOLDERS for number in range(6)} | {"top.txt": [b"x"]}
RIGHTS = {None: Right.NONE, Role.READ: Right.READ, Role.WRITE: Right.WRITE, Role.OWNER: Right.FULL}
GROUP_URL, THEIR_GROUP_URL = (
    "https://contoso.sharepoint.com/sites/crew",
    "https://fabrikam.sharepoint.com/sites/their-crew",
)
URLS = {
    "text": (SOURCE_URL, TARGET_URL),
    "heir": (f"{SOURCE_URL}2", f"{TARGET_URL}2"),
    "group": (GROUP_URL, THEIR_GROUP_URL),
}
THE_WEB = UUID(int=0)
HEIR = "p9@fabrikam.onmicrosoft.com"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return app_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory, certificate: tuple[Path, Path]) -> Iterator[TwoTenants]:
    folder = tmp_path_factory.mktemp("foretold")
    with structlog.testing.capture_logs(), two_tenants(folder, certificate=certificate[1]) as pair:
        yield pair


@pytest.fixture(scope="module")
def dice() -> random.Random:
    return random.Random(SEED)


@pytest.fixture(scope="module")
def map_file(pair: TwoTenants, dice: random.Random, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """People and groups on both sides, nested three deep and in circles, other members over there, two people in no row."""
    for service in (pair.source, pair.target):
        for name in PEOPLE[2:]:
            add_user(service, name)
    ours, theirs = _groups(pair.source, dice), _groups(pair.target, dice)
    for url in (SOURCE_URL, f"{SOURCE_URL}2"):
        _lay_out(pair, add_site(pair.source, url, owner="admin"), ours, dice)
    crew, their_crew = _crew(pair), _their_crew(pair)
    tenant_id = pair.source.tenant.tenant_id
    lines = [
        f"User,{tenant_id},{name}@contoso.onmicrosoft.com,{target}@fabrikam.onmicrosoft.com,{target}@fabrikam.com,RegularUser"
        for name, target in [(name, name) for name in ("admin", *PEOPLE[:10])] + [("p8", "p10"), ("p9", "nobody")]
    ]
    lines += [
        f"Group,{tenant_id},{mine.group_id},{other.group_id},{other.group_id},RegularGroup"
        for mine, other in zip(ours[:4], theirs[:4], strict=True)
    ]
    lines.append(f"Group,{tenant_id},{crew.group_id},{their_crew.group_id},their-crew,O365Group")
    target = pair.target
    sent = identity_map.replace_map(
        target.units,
        own=target.tenant.tenant_id,
        geo=target.tenant.default_geo,
        caller=Caller(kind=CallerKind.USER, upn="admin"),
        lines=lines,
        limits=Limits(),
        clock=target.clock,
    )
    assert not sent.rejected
    file = tmp_path_factory.mktemp("map") / "map.csv"
    file.write_text("\n".join(lines))
    return file


def _groups(service: TenantService, dice: random.Random) -> list[Group]:
    groups = [add_group(service, f"g{number}", dice.sample(PEOPLE, 3), kind=GroupKind.SECURITY) for number in range(5)]
    with service.units.write() as uow:
        uow.memberships.add(groups[0].group_id, groups[1].group_id)
        uow.memberships.add(groups[1].group_id, groups[2].group_id)
        uow.memberships.add(groups[3].group_id, user(service, "p11").user_id, owner=True)
    return groups


def _crew(pair: TwoTenants) -> Group:
    """A Microsoft 365 group with its site: members may write, owners everything; one file is the group's to read only."""
    service = pair.source
    group = add_group(service, "crew", ["p1", "p3", "p10"], kind=GroupKind.UNIFIED, site_url=GROUP_URL)
    with service.units.write() as uow:
        uow.memberships.add(group.group_id, user(service, "p4").user_id, owner=True)
        site = sites.add_site(
            uow,
            geo=service.tenant.default_geo,
            url=GROUP_URL,
            title="Crew",
            template=GROUP_TEMPLATE,
            owner=None,
            clock=service.clock,
            ids=service.ids,
            group_id=group.group_id,
        )
    fill(service, site, FILES, author="admin")
    Rights(service, site).give_to("a/1.txt", {group: Role.READ, "p5": Role.WRITE})
    return group


def _their_crew(pair: TwoTenants) -> Group:
    """Made over Graph by the prescribed method (R-4.17), with other members and another owner."""
    wish = {
        "displayName": "Their crew",
        "mailNickname": "their-crew",
        "groupTypes": ["Unified"],
        "mailEnabled": False,
        "securityEnabled": True,
        "visibility": "Private",
        "resourceBehaviorOptions": ["ProvisionSiteOnDemand"],
    }
    made = ask_graph(pair, "fabrikam", "POST", "/beta/groups", json=wish)
    assert made.status_code == 201, made.text
    with pair.target.units.write() as uow:
        group = uow.groups.by_alias("their-crew")
        assert group is not None
        for name, owner in (("p1", False), ("p6", False), ("p7", True)):
            uow.memberships.add(group.group_id, user(pair.target, name).user_id, owner=owner)
    return group


def _lay_out(pair: TwoTenants, site: Site, groups: Sequence[Group], dice: random.Random) -> None:
    fill(pair.source, site, FILES, author="admin")
    rights = Rights(pair.source, site)
    crew = rights.group("Crew", "p1", "p10", groups[2], groups[4])
    guests = rights.group("Guests", "p3", groups[0])
    rights.admin("p2")
    roles = (Role.READ, Role.WRITE, Role.OWNER)
    for path in ("", "a", "b", "a/1.txt", "b/2.txt", "b/3.txt", "c/4.txt"):
        who = [*dice.sample(PEOPLE, 3), *dice.sample(groups, 2), dice.choice((crew, guests))]
        rights.give_to(path, {each: dice.choice(roles) for each in who})


@pytest.fixture(scope="module")
def inventories(
    pair: TwoTenants, map_file: Path, certificate: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Inventory, Inventory]]:
    """Both tenants as a crawl over the wire finds them before the moves."""
    home = tmp_path_factory.mktemp("desk")
    with Inventory.memory() as source, Inventory.memory() as target:
        crawled(pair, "contoso", source, home, certificate[0])
        crawled(pair, "fabrikam", target, home, certificate[0])
        yield source, target


@pytest.fixture(scope="module")
def today(pair: TwoTenants, inventories: tuple[Inventory, Inventory]) -> Mapping[str, Mapping[tuple[str, UUID], Right]]:
    """What the source decides before anything moves."""
    return {policy: decided(pair.source, source) for policy, (source, _) in URLS.items()}


def crawled(pair: TwoTenants, name: str, inventory: Inventory, home: Path, certificate: Path) -> None:
    tenant = pair.block[name].tenant
    profile = Profile(
        name=name,
        kind=ProfileKind.LAB,
        admin_url=tenant.default_geo.admin_url,
        tenant_id=str(tenant.tenant_id),
        client_id=str(APP_ID),
        credential=Credential(kind=CredentialKind.CERTIFICATE, file=str(certificate)),
        lab=LabTie(lab_id="in-process", home=str(home)),
    )
    opener = TenantOpener(
        ProfileStore(home), InProcess(pair.block), clock=pair.source.clock, ids=CountingIds(start=900_000_000),
        show=lambda line: None,
    )  # fmt: skip

    async def work() -> None:
        async with opener.open(profile) as client:
            read = [url for url, _ in URLS.values()] if name == "contoso" else ()
            report = await crawl_tenant(client, inventory, clock=pair.source.clock, sites=read)
            assert not report.unread
            assert not report.missing

    anyio.run(work)


def decided(service: TenantService, url: str) -> Mapping[tuple[str, UUID], Right]:
    """What the service decides for every person and item."""
    with service.units.read() as uow:
        site = uow.sites.visible_by_url(url)
        assert site is not None
        assert not site.is_redirect
        items = list(uow.items.page(site.key, after=WEB, limit=1_000))
        found: dict[tuple[str, UUID], Right] = {}
        for name in ("admin", *PEOPLE):
            person = user(service, name)
            standing = access.standing_of(uow, Caller(kind=CallerKind.USER, user_id=person.user_id), site)
            found[person.upn, THE_WEB] = RIGHTS[standing.on_web]
            roles = access.roles_on(uow, standing, items)
            found |= {(person.upn, item.item_id): RIGHTS[roles[item.key]] for item in items}
    return found


MOVES = plan.read_moves(
    "kind,source,target\n"
    + "".join(f"site,{source},{target}\n" for source, target in (URLS["text"], URLS["heir"]))
    + "group,crew,their-crew\n"
)


def foretold(
    prediction: Prediction, number: int
) -> tuple[dict[tuple[str, UUID], Right], dict[tuple[str, UUID], Right]]:
    """The file of all rows as rights by person and object, before and after; whoever is not in it has none."""
    accesses = list(prediction.sites())
    before: dict[tuple[str, UUID], Right] = {}
    after: dict[tuple[str, UUID], Right] = {}
    for row in full_rows(prediction, accesses[number]):
        place = THE_WEB if row["kind"] == "web" else UUID(row["item_id"])
        before[row["person"], place] = Right(row["before"])
        after[row["target_person"], place] = Right(row["after"])
    return before, after


def compared(told: Mapping[tuple[str, UUID], Right], truth: Mapping[tuple[str, UUID], Right]) -> None:
    wrong = {
        key: (told.get(key, Right.NONE), right) for key, right in truth.items() if told.get(key, Right.NONE) != right
    }
    assert wrong == {}, f"seed {SEED}"


def move(pair: TwoTenants, policy: str) -> None:
    source, target = URLS[policy]
    body = {"UnmappedTargetUpn": HEIR} if policy == "heir" else {}
    answer = pair.start(source, target, body=body)
    assert answer.status_code == 201, answer.text
    assert pair.wait_for_end(answer.json()["Id"])["StateName"] == "Success"


@pytest.mark.parametrize("policy", URLS)
def test_every_right_before_and_after_a_move_was_foretold(
    pair: TwoTenants,
    map_file: Path,
    inventories: tuple[Inventory, Inventory],
    today: Mapping[str, Mapping[tuple[str, UUID], Right]],
    policy: str,
) -> None:
    prediction = predicted(*inventories, MOVES, map_file, HEIR if policy == "heir" else "text")
    number = list(URLS).index(policy)
    before, after = foretold(prediction, number)
    compared(before, today[policy])
    move(pair, policy)
    then = decided(pair.target, URLS[policy][1])
    assert set(then.values()) == set(Right), "a scene worth foretelling"
    compared(after, then)
    for (upn, item), right in list(today[policy].items())[::7]:
        assert prediction.rights(URLS[policy][0], upn, "" if item == THE_WEB else item)[0] is right
    assert prediction.right_after(URLS[policy][0], HEIR) is then[HEIR, THE_WEB]


def test_a_site_is_summed_up_by_who_gains_and_who_loses(
    map_file: Path, inventories: tuple[Inventory, Inventory]
) -> None:
    prediction = predicted(*inventories, MOVES, map_file)
    totals = Totals()
    [row, *_] = [site_row(prediction, access, totals) for access in prediction.sites()]
    before, after = foretold(prediction, 0)
    assert row["people_today"] == len({upn for (upn, _), right in before.items() if right is not Right.NONE})
    assert row["people_after"] == len({upn for (upn, _), right in after.items() if right is not Right.NONE})
    assert {"g4", "p10@contoso.onmicrosoft.com"} <= set(row["unmapped"])
    assert row["gains"] == len(row["gaining"]) > 0
    assert row["loses"] == len(row["losing"]) > 0
    assert totals.sites == 3


def test_a_rule_changed_on_one_side_alone_is_noticed(
    today: Mapping[str, Mapping[tuple[str, UUID], Right]],
    map_file: Path,
    inventories: tuple[Inventory, Inventory],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        Membership, "_walked", lambda self, group: frozenset(filter(self.is_person, self.members(group)))
    )
    before, _ = foretold(predicted(*inventories, MOVES, map_file), 0)
    with pytest.raises(AssertionError, match="seed"):
        compared(before, today["text"])


def test_prediction_and_decision_share_no_code() -> None:
    """Settled C 6. What both use are values of `domain` and of the inventory."""
    used: set[str] = set()
    for path in (SOURCES / "people" / "access").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom):
                used.add(node.module or "")
    ours = {name for name in used if name.startswith("xtenant.")}
    assert {name.split(".")[1] for name in ours} <= {"domain", "inventory", "people"}
    assert {name for name in ours if name.startswith("xtenant.domain")} <= {
        "xtenant.domain", "xtenant.domain.move", "xtenant.domain.paths", "xtenant.domain.plan",
    }  # fmt: skip
