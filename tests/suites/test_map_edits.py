"""Single rows of the map: each edit is a version of its own, pinned versions stay as they were, deltas are all or nothing."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from uuid import UUID

import pytest

from clock import FakeClock
from xtenant.domain import errors
from xtenant.domain.caller import ADMIN_APP_PERMISSIONS, SHAREPOINT_ADMINISTRATOR, Caller, CallerKind
from xtenant.domain.identity import GroupField, GroupMapping, Mapping, SourceKey, UserField, UserMapping
from xtenant.domain.limits import Limits
from xtenant.domain.ports.units import Units
from xtenant.domain.tenant import Geo, GeoCode, TenantId
from xtenant.operations import identity_map, map_edits
from xtenant.operations.map_edits import Change

SOURCE = TenantId(UUID("aaaaaaaa-1111-4111-8111-111111111111"))
OTHER = TenantId(UUID("bbbbbbbb-1111-4111-8111-111111111111"))
OWN = TenantId(UUID("22222222-2222-4222-8222-222222222222"))
NAM = Geo(code=GeoCode("NAM"), label="fabrikam")
ADMIN = Caller(kind=CallerKind.USER, upn="admin@fabrikam.com", directory_roles=frozenset({SHAREPOINT_ADMINISTRATOR}))
GROUP_A, GROUP_B = "aaaaaaaa-0000-0000-0000-000000000001", "bbbbbbbb-0000-0000-0000-000000000001"
ANN = f"User,{SOURCE},ann@contoso.com,ann@fabrikam.com,ann@fabrikam.com,RegularUser"
SALES = f"Group,{SOURCE},{GROUP_A},{GROUP_B},sales,O365Group"
ADMINS = f"Group,{SOURCE},{GROUP_A},{GROUP_B},admins,AdminGroup"


def whole(units: Units, *lines: str) -> None:
    done = identity_map.replace_map(
        units, own=OWN, geo=NAM, caller=ADMIN, lines=lines, limits=Limits(), clock=FakeClock()
    )
    assert not done.rejected


def delta(units: Units, *changes: Change, groups: bool = False, limits: Limits | None = None) -> Sequence[object]:
    return map_edits.apply_delta(
        units,
        changes,
        groups=groups,
        own=OWN,
        geo=NAM,
        caller=ADMIN,
        limits=limits or Limits(),
        clock=FakeClock(),
    )


def user(name: str, target: str | None = None, company: TenantId | None = SOURCE) -> Change:
    target = target or name
    return Change(
        source=f"{name}@contoso.com",
        company_id=company,
        target=f"{target}@fabrikam.com",
        name=f"{target}@fabrikam.com",
        kind="RegularUser",
    )


def gone(name: str, company: TenantId | None = None) -> Change:
    return Change(source=f"{name}@contoso.com", company_id=company, removed=True)


def set_row(units: Units, row: Mapping) -> None:
    map_edits.set_row(units, row, geo=NAM, caller=ADMIN, limits=Limits(), clock=FakeClock())


def people(units: Units) -> dict[str, str]:
    rows, _, _ = map_edits.list_mappings(units, groups=False, geo=NAM, caller=ADMIN, version=None, after=0, limit=100)
    return {row.source_upn: row.target_upn for row in rows if isinstance(row, UserMapping)}


def in_force(units: Units) -> tuple[int, int]:
    version = identity_map.map_in_force(units, geo=NAM)
    return (version.version, version.row_count) if version else (0, 0)


def test_a_row_is_added_and_put_in_place_of_the_one_there(units: Units) -> None:
    row = identity_map.read_user(
        OWN, str(SOURCE), "ann@contoso.com", "ann@fabrikam.com", "ann@fabrikam.com", "RegularUser", puid="p1"
    )
    set_row(units, row)
    assert in_force(units) == (1, 1)
    set_row(units, dataclasses.replace(row, source_upn="ANN@contoso.com", target_upn="anna@fabrikam.com"))
    assert (in_force(units), people(units)) == ((2, 1), {"ANN@contoso.com": "anna@fabrikam.com"})
    found = identity_map.lookup_user(units, geo=NAM, field=UserField.TARGET_USER_PUID, value="p1")
    assert [one.target_upn for one in found] == ["anna@fabrikam.com"]


def test_the_same_row_again_makes_no_version(units: Units) -> None:
    whole(units, ANN)
    set_row(units, identity_map.read_user(OWN, *ANN.split(",")[1:]))
    assert in_force(units) == (1, 1)


def test_a_pinned_version_does_not_see_an_edit(units: Units) -> None:
    whole(units, ANN, SALES)
    delta(units, user("ann", "anna"), user("bob"))
    keys = [SourceKey(SOURCE, "ann@contoso.com"), SourceKey(SOURCE, "bob@contoso.com")]
    before = identity_map.resolve(units, geo=NAM, version=1, keys=keys)
    now = identity_map.resolve(units, geo=NAM, version=2, keys=keys)
    assert [getattr(row, "target_upn", "") for row in before.values()] == ["ann@fabrikam.com"]
    assert sorted(getattr(row, "target_upn", "") for row in now.values()) == ["anna@fabrikam.com", "bob@fabrikam.com"]
    assert in_force(units) == (2, 3)


def test_rows_are_removed_by_any_field(units: Units) -> None:
    whole(units, ANN, SALES)
    common = {"geo": NAM, "caller": ADMIN, "limits": Limits(), "clock": FakeClock()}
    map_edits.remove_users(units, UserField.TARGET_USER_EMAIL, "ANN@fabrikam.com", **common)  # type: ignore[arg-type]
    map_edits.remove_groups(units, GroupField.TARGET_GROUP_NAME, "sales", **common)  # type: ignore[arg-type]
    assert in_force(units) == (3, 0)
    with pytest.raises(map_edits.MappingNotFound):
        map_edits.remove_users(units, UserField.SOURCE_USER_KEY, "ann@contoso.com", **common)  # type: ignore[arg-type]
    with pytest.raises(errors.UsageError):
        map_edits.remove_users(units, UserField.TARGET_USER_PUID, " ", **common)  # type: ignore[arg-type]


def test_a_field_that_fits_too_many_rows_removes_none(units: Units) -> None:
    lines = [ANN.replace("ann@contoso", f"u{n}@contoso") for n in range(map_edits.LOOKUP_LIMIT + 1)]
    whole(units, *lines)
    with pytest.raises(errors.Conflict):
        map_edits.remove_users(
            units,
            UserField.TARGET_USER_UPN,
            "ann@fabrikam.com",
            geo=NAM,
            caller=ADMIN,
            limits=Limits(),
            clock=FakeClock(),
        )
    assert in_force(units) == (1, map_edits.LOOKUP_LIMIT + 1)


def test_items_of_a_delta_are_applied_in_their_order(units: Units) -> None:
    done = delta(units, user("ann"), gone("ann"), user("bob"), gone("nobody"), user("bob", "robert"))
    assert [type(one).__name__ for one in done] == ["UserMapping", "Removed", "UserMapping", "Removed", "UserMapping"]
    assert people(units) == {"bob@contoso.com": "robert@fabrikam.com"}
    assert in_force(units) == (1, 1)


def test_a_delta_with_one_bad_item_changes_nothing_and_names_every_bad_one(units: Units) -> None:
    whole(units, ANN)
    bad = Change(source="carl@contoso.com", company_id=SOURCE, target="carl", name="c@f.com", kind="RegularUser")
    with pytest.raises(map_edits.DeltaRefused) as refused:
        delta(units, gone("ann"), bad, user("dora", company=None), user("eve", company=OWN))
    assert [text.split(":")[0] for text in refused.value.problems] == ["Item 1", "Item 2", "Item 3"]
    assert (in_force(units), people(units)) == ((1, 1), {"ann@contoso.com": "ann@fabrikam.com"})


@pytest.mark.parametrize("size", [0, map_edits.DELTA_ITEMS + 1])
def test_a_delta_has_one_to_fifty_items(units: Units, size: int) -> None:
    with pytest.raises(map_edits.DeltaRefused):
        delta(units, *(user(f"u{n}") for n in range(size)))
    assert in_force(units) == (0, 0)


def test_what_an_item_leaves_out_stays_as_it_is(units: Units) -> None:
    whole(units, ANN, SALES)
    delta(units, Change(source="Ann@Contoso.com", target="anna@fabrikam.com"))
    delta(units, Change(source=GROUP_A.upper(), name="marketing"), groups=True)
    ann = map_edits.mapping_of(units, "ann@contoso.com", groups=False, geo=NAM, caller=ADMIN)
    group = map_edits.mapping_of(units, GROUP_A, groups=True, geo=NAM, caller=ADMIN)
    assert isinstance(ann, UserMapping) and isinstance(group, GroupMapping)
    assert (ann.target_upn, ann.target_email, ann.company_id) == ("anna@fabrikam.com", "ann@fabrikam.com", SOURCE)
    assert (group.target_name, str(group.target_group_id)) == ("marketing", GROUP_B)


def test_a_security_group_gets_its_id_for_an_alias(units: Units) -> None:
    delta(units, Change(source=GROUP_A, company_id=SOURCE, target=GROUP_B, kind="RegularGroup"), groups=True)
    found = map_edits.mapping_of(units, GROUP_A, groups=True, geo=NAM, caller=ADMIN)
    assert isinstance(found, GroupMapping) and found.target_name == GROUP_B


@pytest.mark.parametrize("change", [Change(source=GROUP_A, name="x"), Change(source=GROUP_A, removed=True)])
def test_an_admin_group_is_shown_and_not_touched_by_a_delta(units: Units, change: Change) -> None:
    whole(units, ADMINS)
    with pytest.raises(map_edits.DeltaRefused, match="AdminGroup"):
        delta(units, change, groups=True)
    assert in_force(units) == (1, 1)


def test_the_same_person_of_two_sources_is_two_rows(units: Units) -> None:
    delta(units, user("ann"), user("ann", "ann2", company=OTHER))
    assert in_force(units) == (1, 2)
    with pytest.raises(map_edits.DeltaRefused, match="sourceOrganizationId"):
        delta(units, user("ann", "ann3", company=None))
    delta(units, gone("ann", OTHER))
    assert people(units) == {"ann@contoso.com": "ann@fabrikam.com"}


def test_a_full_map_takes_no_further_row(units: Units) -> None:
    whole(units, ANN)
    with pytest.raises(errors.TooLarge):
        delta(units, user("bob"), limits=Limits(map_rows=1))


def test_a_list_keeps_to_the_version_it_began_with(units: Units) -> None:
    whole(units, ANN, ANN.replace("ann@", "bob@"), SALES)
    first, version, last = map_edits.list_mappings(
        units, groups=False, geo=NAM, caller=ADMIN, version=None, after=0, limit=1
    )
    delta(units, gone("bob"))
    rest, _, _ = map_edits.list_mappings(
        units, groups=False, geo=NAM, caller=ADMIN, version=version, after=last, limit=5
    )
    names = [row.source_upn for row in (*first, *rest) if isinstance(row, UserMapping)]
    assert names == ["ann@contoso.com", "bob@contoso.com"]
    assert map_edits.count_mappings(units, groups=False, geo=NAM, caller=ADMIN) == 1
    assert map_edits.count_mappings(units, groups=True, geo=NAM, caller=ADMIN) == 1


@pytest.mark.parametrize(
    ("caller", "reads", "writes"),
    [
        (Caller(kind=CallerKind.USER, upn="ann@fabrikam.com"), False, False),
        (Caller(kind=CallerKind.APP, permissions=frozenset({map_edits.READ})), True, False),
        (Caller(kind=CallerKind.APP, permissions=ADMIN_APP_PERMISSIONS), True, True),
        (Caller(kind=CallerKind.APP, permissions=frozenset({"User.ReadWrite.All"})), False, False),
    ],
)
def test_reading_and_changing_ask_for_their_permission(caller: Caller, reads: bool, writes: bool) -> None:
    for permissions, allowed in (((map_edits.READ, map_edits.MANAGE), reads), ((map_edits.MANAGE,), writes)):
        if allowed:
            map_edits.require(caller, *permissions)
        else:
            with pytest.raises(errors.AccessDenied):
                map_edits.require(caller, *permissions)
