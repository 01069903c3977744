"""Random version histories move exactly: every number, date, editor, comment, size, value and byte of every version."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from estates import hash_of_link
from moves.two_tenants import TwoTenants, two_tenants
from xtenant.domain.content import TEAM_SITE_TEMPLATE, TERABYTE, ItemKind
from xtenant.domain.estates import EstateItem, EstatePerson, EstateRights, EstateSite, EstateVersion
from xtenant.domain.fields import fields_text
from xtenant.domain.lists import ListDefinition, WebDefinition, definition_text
from xtenant.operations.estates import Ground, plant
from xtenant.service import TenantService

BEGAN = datetime(2019, 1, 1, tzinfo=UTC)
PEOPLE = (EstatePerson(number=1, user="ann", name="Ann"), EstatePerson(number=2, user="bob", name="Bob"))
LIBRARY = UUID(int=1)
_runs = count(1)

texts = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=30)


@st.composite
def histories(draw: st.DrawFn) -> tuple[EstateVersion, ...]:
    """1 to 40 versions, major and minor mixed; numbers rise, moments never fall."""
    steps = draw(st.lists(st.tuples(st.booleans(), st.integers(1, 3), st.integers(0, 86_400)), min_size=1, max_size=40))
    major, minor, moment = draw(st.sampled_from([(0, 0), (0, 7), (3, 0), (40, 2)])), 0, BEGAN
    (major, minor), found = major, []
    for is_major, step, seconds in steps:
        major, minor = (major + step, 0) if is_major else (major, minor + step)
        moment += timedelta(seconds=seconds)
        title = draw(texts)
        found.append(
            EstateVersion(
                major=major,
                minor=minor,
                modified_at=moment,
                editor=draw(st.integers(1, 2)),
                content=draw(st.binary(max_size=60)),
                comment=draw(texts),
                fields=fields_text({"Title": title} if title else {}),
            )
        )
    return tuple(found)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoTenants]:
    with two_tenants(tmp_path_factory.mktemp("histories")) as pair:
        yield pair


def site_of(number: int, drawn: list[tuple[EstateVersion, ...]]) -> list[object]:
    files = [
        EstateItem(
            item_id=UUID(int=100 + at),
            kind=ItemKind.FILE,
            list_id=LIBRARY,
            parent_id=LIBRARY,
            name=f"{at}.bin",
            number=at + 1,
            created_at=BEGAN,
            modified_at=history[-1].modified_at,
            author=1,
            editor=history[-1].editor,
            versions=history,
        )
        for at, history in enumerate(drawn)
    ]
    site = EstateSite(
        name=f"histories-{number}",
        template=TEAM_SITE_TEMPLATE,
        title="Histories",
        owner=1,
        created_at=BEGAN,
        modified_at=BEGAN,
        quota_bytes=TERABYTE,
        web=definition_text(WebDefinition()),
    )
    library = EstateItem(
        item_id=LIBRARY,
        kind=ItemKind.LIBRARY,
        name="Shared Documents",
        created_at=BEGAN,
        modified_at=BEGAN,
        author=1,
        editor=1,
        definition=definition_text(ListDefinition(minor_versions=True)),
    )
    return [*PEOPLE, site, library, *files, EstateRights()]


Told = dict[UUID, list[tuple[object, ...]]]


def held(service: TenantService, url: str) -> Told:
    """By item everything a store keeps of its versions, editors by the part of their name that both tenants share."""
    with service.units.read() as uow:
        site = uow.sites.visible_by_url(url)
        assert site is not None and not site.is_redirect
        library = uow.items.root_of(site.key)
        assert library is not None
        items = {item.key: item for item in uow.items.children(library, after_name="", limit=1_000)}
        versions = list(uow.items.versions(items))
        editors = uow.principals.by_keys({version.editor for version in versions})
        found: Told = {}
        for version in versions:
            found.setdefault(items[version.item_key].item_id, []).append(
                (
                    version.major,
                    version.minor,
                    version.modified_at,
                    version.comment,
                    version.fields,
                    version.size_bytes,
                    b"".join(service.backend.blobs.open(version.blob)),
                    editors[version.editor].login.partition("@")[0],
                )
            )
        return found


@given(drawn=st.lists(histories(), min_size=1, max_size=12))
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_random_histories_move_exactly(pair: TwoTenants, drawn: list[tuple[EstateVersion, ...]]) -> None:
    number = next(_runs)
    source = pair.source
    ground = Ground(
        units=source.units,
        store=source.backend.blobs,
        tenant=source.tenant,
        geo=source.tenant.default_geo,
        clock=source.clock,
        ids=source.ids,
        link_hash=hash_of_link,
    )
    plant(ground, site_of(number, drawn))  # type: ignore[arg-type]
    here, there = (f"https://{name}.sharepoint.com/sites/histories-{number}" for name in ("contoso", "fabrikam"))
    before = held(source, here)
    assert {item: len(rows) for item, rows in before.items()} == {
        UUID(int=100 + at): len(history) for at, history in enumerate(drawn)
    }
    answer = pair.start(here, there)
    assert answer.status_code == 201, answer.text
    job = pair.wait_for_end(answer.json()["Id"])
    assert job["StateName"] == "Success", job
    assert held(pair.target, there) == before
