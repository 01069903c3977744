"""Facts of the world around a site, stated in the lab, and the refusals they bring (E-07, E-13, E-23, E-24, E-28, E-31, R-6.40)."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import pytest

from moves.scene import add_user
from moves.two_tenants import SOURCE_URL, TwoTenants, add_site, fill, two_tenants, user
from xtenant.domain.content import PrincipalKey, Role, Site
from xtenant.domain.directory import User, UserId, UserType
from xtenant.domain.ports.units import UnitOfWork
from xtenant.lab.site_switches import statements_of
from xtenant.operations import access, sites
from xtenant.operations.site_facts import state_facts

ONEDRIVE = "https://contoso-my.sharepoint.com/personal/ann_contoso_onmicrosoft_com"
TARGET_ONEDRIVE = "https://fabrikam-my.sharepoint.com/personal/ann_fabrikam_onmicrosoft_com"
VALIDATION_ONLY = 2


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoTenants]:
    with two_tenants(tmp_path_factory.mktemp("pair")) as pair:
        fill(pair.source, add_site(pair.source), {"Plan.docx": [b"plan"]})
        source = pair.source
        geo, clock, ids = source.tenant.default_geo, source.clock, source.ids
        sites.create_personal_site(source.units, geo=geo, user=user(source, "ann"), clock=clock, ids=ids)
        yield pair


def state(pair: TwoTenants, url: str = SOURCE_URL, **pairs: str) -> None:
    source = pair.source
    stated = statements_of([(name.replace("__", ":"), value) for name, value in pairs.items()])
    state_facts(source.units, url=url, stated=stated, clock=source.clock, ids=source.ids)


def validated(pair: TwoTenants, url: str = SOURCE_URL) -> str:
    """What a start with ValidationOnly says against the move; empty where nothing."""
    target = TARGET_ONEDRIVE if url == ONEDRIVE else "https://fabrikam.sharepoint.com/sites/their-plans"
    answer = pair.start(url, target, body={"Option": VALIDATION_ONLY})
    return "" if answer.is_success else answer.json()["odata.error"]["message"]["value"]


@pytest.mark.parametrize(
    ("stated", "undone", "said"),
    [
        ({"holds": "on"}, {"holds": "off"}, "under a hold policy"),
        ({"status": "Creating"}, {"status": "Active"}, f"does not yet exist. Current URL - [{SOURCE_URL}]"),
        ({"storage": "6T"}, {"storage": "0"}, "the limit is 5,497,558,138,880"),
        ({"lock": "ReadOnly"}, {"lock": "Unlock"}, "is locked: ReadOnly"),
    ],
)
def test_a_fact_of_a_site_refuses_its_move_until_it_is_undone(
    pair: TwoTenants, stated: dict[str, str], undone: dict[str, str], said: str
) -> None:
    assert validated(pair) == ""
    state(pair, **stated)
    assert said in validated(pair)
    state(pair, **undone)
    assert validated(pair) == ""


def test_a_label_with_user_defined_permissions_blocks_and_another_does_not(pair: TwoTenants) -> None:
    source = pair.source

    def label(value: str) -> None:
        stated = statements_of([("label:Shared Documents/Plan.docx", value)])
        state_facts(source.units, url=SOURCE_URL, stated=stated, clock=source.clock, ids=source.ids)

    label("Secret,user-defined")
    assert "'Plan.docx' has the label 'Secret'" in validated(pair)
    label("Secret")
    assert validated(pair) == ""


def test_a_onedrive_that_another_owns_is_refused_and_stays_its_persons(pair: TwoTenants) -> None:
    state(pair, ONEDRIVE, owner="bob@contoso.onmicrosoft.com")
    assert "has a site owner 'bob@contoso.onmicrosoft.com' that doesn't match" in validated(pair, ONEDRIVE)
    with pair.source.units.read() as uow:
        kept = uow.sites.visible_personal_of(user(pair.source, "ann").user_id)
        assert kept is not None and uow.sites.visible_personal_of(user(pair.source, "bob").user_id) is None
    state(pair, ONEDRIVE, owner="ann@contoso.onmicrosoft.com")
    assert validated(pair, ONEDRIVE) == ""


def test_users_with_the_targets_domain_refuse_a_move_members_and_guests(pair: TwoTenants) -> None:
    source = pair.source
    guest = User(
        user_id=UserId(source.ids.new_id()),
        upn="dora_fabrikam.onmicrosoft.com#EXT#@contoso.onmicrosoft.com",
        display_name="Dora",
        user_type=UserType.GUEST,
        created_at=source.clock.business_now(),
    )
    member = dataclasses.replace(add_user(source, "eve"), upn="eve@fabrikam.onmicrosoft.com")
    with source.units.write() as uow:
        uow.users.add(guest)
        uow.users.update(member)
    for person in (guest, member):
        with source.units.write() as uow:
            key = _known(uow, person)
            uow.write_site(_site(pair).key, now=source.clock.business_now()).assign(key, Role.READ)
        said = validated(pair)
        assert "contains users with the target tenant domain 'fabrikam.onmicrosoft.com'" in said
        assert person.upn.lower() in said
        with source.units.write() as uow:
            key = _known(uow, person)
            uow.write_site(_site(pair).key, now=source.clock.business_now()).remove_site_user(key)
        assert validated(pair) == ""


@pytest.mark.parametrize(
    ("changes", "there", "said"),
    [
        ({"byok": True}, {}, "'Bring Your Own Key' (BYOK) is enabled for the Source tenant"),
        ({"farm": "EU-12"}, {"farm": "eu-12"}, "partners reside in the same SPO location"),
    ],
)
def test_a_fact_of_the_tenants_refuses_every_move(
    pair: TwoTenants, changes: dict[str, object], there: dict[str, object], said: str
) -> None:
    before = [service.units for service in (pair.source, pair.target)]
    for units, changed in zip(before, (changes, there), strict=True):
        with units.write() as uow:
            uow.settings.put(dataclasses.replace(uow.settings.get(), **changed))  # type: ignore[arg-type]
    assert said in validated(pair)
    with pair.source.units.write() as uow:
        uow.settings.put(dataclasses.replace(uow.settings.get(), byok=False, farm=""))
    assert validated(pair) == ""


def test_the_validation_phase_refuses_what_came_to_be_since_the_start(pair: TwoTenants) -> None:
    source, url = pair.source, "https://contoso.sharepoint.com/sites/late"
    site = add_site(source, url)
    eve = add_user(source, "eva")
    with source.units.write() as uow:
        uow.users.update(dataclasses.replace(eve, upn="eva@fabrikam.onmicrosoft.com"))
    with source.units.write() as uow:
        key = _known(uow, dataclasses.replace(eve, upn="eva@fabrikam.onmicrosoft.com"))
        uow.write_site(site.key, now=source.clock.business_now()).assign(key, Role.READ)
    started = pair.start(url, "https://fabrikam.sharepoint.com/sites/late")
    assert started.status_code == 201, started.text
    job = pair.wait_for_end(started.json()["Id"])
    assert job["State"] == 3
    assert "target tenant domain" in str(job)


def _site(pair: TwoTenants) -> Site:
    with pair.source.units.read() as uow:
        site = uow.sites.visible_by_url(SOURCE_URL)
    assert site is not None
    return site


def _known(uow: UnitOfWork, person: User) -> PrincipalKey:
    return uow.principals.ensure([access.user_as_principal(person)])[person.user_id]
