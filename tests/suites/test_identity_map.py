"""The identity map's contract: one call is the whole map, old versions stay readable, tenants and geos stay apart."""

from __future__ import annotations

from uuid import UUID

import pytest

from clock import FakeClock
from xtenant.domain import errors
from xtenant.domain.caller import Caller, CallerKind
from xtenant.domain.identity import GroupField, GroupKind, Replacement, SourceKey, UserField, UserKind
from xtenant.domain.limits import Limits
from xtenant.domain.ports.units import Units
from xtenant.domain.tenant import Geo, GeoCode, TenantId, TenantSettings
from xtenant.operations import identity_map
from xtenant.storage.database import SqlUnits

SOURCE = TenantId(UUID("aaaaaaaa-1111-4111-8111-111111111111"))
OWN = TenantId(UUID("22222222-2222-4222-8222-222222222222"))
NAM = Geo(code=GeoCode("NAM"), label="fabrikam")
EUR = Geo(code=GeoCode("EUR"), label="fabrikameur")
ADMIN = Caller(kind=CallerKind.USER, upn="admin@fabrikam.com")
ANN = f"User,{SOURCE},ann@contoso.com,ann@fabrikam.com,ann.b@fabrikam.com,RegularUser"
BOB = f"User,{SOURCE},bob@contoso.com,bob@fabrikam.com,bob@fabrikam.com,GuestUser"
SALES = f"Group,{SOURCE},aaaaaaaa-0000-0000-0000-000000000001,bbbbbbbb-0000-0000-0000-000000000001,sales,O365Group"


def replace(units: Units, *lines: str, geo: Geo = NAM, limits: Limits | None = None) -> Replacement:
    return identity_map.replace_map(
        units, own=OWN, geo=geo, caller=ADMIN, lines=lines, limits=limits or Limits(), clock=FakeClock()
    )


def upns(units: Units, value: str, field: UserField = UserField.SOURCE_USER_KEY, geo: Geo = NAM) -> list[str]:
    return [row.target_upn for row in identity_map.lookup_user(units, geo=geo, field=field, value=value)]


def key(name: str) -> SourceKey:
    return SourceKey(SOURCE, name)


def test_a_user_is_found_by_each_field_in_any_letter_case(units: Units) -> None:
    assert replace(units, ANN, BOB, SALES).rejected == []
    assert upns(units, "ANN@contoso.com") == ["ann@fabrikam.com"]
    assert upns(units, "Bob@Fabrikam.com", UserField.TARGET_USER_UPN) == ["bob@fabrikam.com"]
    assert upns(units, "ann.b@fabrikam.com", UserField.TARGET_USER_EMAIL) == ["ann@fabrikam.com"]
    assert upns(units, "", UserField.TARGET_USER_PUID) == []


def test_a_group_is_found_by_ids_and_name(units: Units) -> None:
    replace(units, SALES)
    for field, value in (
        (GroupField.SOURCE_GROUP_OBJECT_ID, "AAAAAAAA-0000-0000-0000-000000000001"),
        (GroupField.TARGET_GROUP_OBJECT_ID, "bbbbbbbb-0000-0000-0000-000000000001"),
        (GroupField.TARGET_GROUP_NAME, "Sales"),
    ):
        found = identity_map.lookup_group(units, geo=NAM, field=field, value=value)
        assert [row.kind for row in found] == [GroupKind.O365]


@pytest.mark.parametrize("field", [*UserField, *GroupField])
def test_many_lookups_say_what_each_alone_says(units: Units, field: UserField | GroupField) -> None:
    many = [ANN.replace("ann@contoso", f"u{n}@contoso") for n in range(identity_map.LOOKUP_LIMIT + 5)]
    regular = SALES.replace(
        "000000000001,sales,O365Group", "000000000001,bbbbbbbb-0000-0000-0000-000000000001,RegularGroup"
    )
    replace(units, *many, BOB, SALES, regular.replace("aaaaaaaa-0", "cccccccc-0"))
    values = ["U7@contoso.com", "bob@fabrikam.com", "ann@fabrikam.com", "ann.b@fabrikam.com", "SALES", "", " ", "x"]
    values += ["AAAAAAAA-0000-0000-0000-000000000001", "bbbbbbbb-0000-0000-0000-000000000001"]

    def alone(value: str) -> list[object]:
        if isinstance(field, UserField):
            return list(identity_map.lookup_user(units, geo=NAM, field=field, value=value))
        return list(identity_map.lookup_group(units, geo=NAM, field=field, value=value))

    together = identity_map.lookup_many(units, geo=NAM, field=field, values=values)
    assert [list(found) for found in together] == [alone(value) for value in values]
    few = values[:2]
    assert [list(one) for one in identity_map.lookup_many(units, geo=NAM, field=field, values=few)] == [
        alone(value) for value in few
    ]


def test_a_replacement_is_the_whole_map(units: Units) -> None:
    replace(units, ANN, BOB)
    replace(units, BOB)
    assert upns(units, "ann@contoso.com") == []
    assert upns(units, "bob@contoso.com") == ["bob@fabrikam.com"]


def test_an_old_version_still_answers_as_it_did(units: Units) -> None:
    replace(units, ANN, BOB)
    replace(units, ANN.replace("ann@fabrikam.com", "anna@fabrikam.com"))
    keys = [key("ann@contoso.com"), key("bob@contoso.com"), key("nobody@contoso.com")]
    before = identity_map.resolve(units, geo=NAM, version=1, keys=keys)
    now = identity_map.resolve(units, geo=NAM, version=2, keys=keys)
    assert {found.key for found in before} == {"ann@contoso.com", "bob@contoso.com"}
    assert [getattr(row, "target_upn", None) for row in now.values()] == ["anna@fabrikam.com"]


def test_forgetting_keeps_pinned_versions(units: Units) -> None:
    replace(units, ANN)
    replace(units, BOB)
    replace(units, SALES)
    assert identity_map.forget_old_versions(units, geo=NAM, pinned={2}) == 1
    assert identity_map.resolve(units, geo=NAM, version=1, keys=[key("ann@contoso.com")]) == {}
    assert len(identity_map.resolve(units, geo=NAM, version=2, keys=[key("bob@contoso.com")])) == 1
    assert identity_map.forget_old_versions(units, geo=NAM, pinned=()) == 1


def test_rejected_rows_come_back_by_line_and_the_good_ones_count(units: Units) -> None:
    done = replace(units, ANN, BOB.replace("GuestUser", "Member"), "", "nonsense", SALES.replace("O365", "Security"))
    assert [row.message for row in done.rejected] == [f"{line}: can't be added. Check the format" for line in (2, 4, 5)]
    assert done.version is not None and done.version.row_count == 1


def test_the_setting_refuses_all_for_one_bad_row(units: Units) -> None:
    replace(units, BOB)
    with units.write() as uow:
        uow.settings.put(TenantSettings(map_rejects_whole=True))
    assert replace(units, ANN, "nonsense").version is None
    assert upns(units, "bob@contoso.com") == ["bob@fabrikam.com"]


@pytest.mark.parametrize(
    "line",
    [
        "Type,SourceTenantCompanyID,SourceUserUpn,TargetUserUpn,TargetUserEmail,UserType",
        ANN.replace(str(SOURCE), "contoso"),
        ANN.replace("ann@contoso.com", "ann"),
        ANN + ",more",
        ANN.rsplit(",", 1)[0],
        SALES.replace("bbbbbbbb-", "x"),
        'User,"unclosed',
        "{",
        '{"Type": "User"}',
        ANN.replace("RegularUser", ""),
        ANN.replace("ann@contoso.com", "a" * 400 + "@contoso.com"),
        ANN.replace(str(SOURCE), str(OWN)),
        ANN.replace(str(SOURCE), SOURCE.hex),
        SALES.replace("O365Group", "RegularGroup"),
        SALES.replace("sales", "bbbbbbbb-0000-0000-0000-000000000001"),
        SALES.replace("sales", "sales team"),
        SALES.replace("sales", "sales.team"),
        SALES.replace("sales", ""),
        SALES.replace("O365Group", "Unified"),
    ],
)
def test_what_is_no_row_is_refused(units: Units, line: str) -> None:
    done = replace(units, line)
    assert done.version is None
    assert [row.line for row in done.rejected] == [1]


@pytest.mark.parametrize(
    "line",
    [
        ANN.lower(),
        ANN.replace("RegularUser", "None"),
        ANN.replace(str(SOURCE), f"{{{str(SOURCE).upper()}}}"),
        SALES.replace("sales", "BBBBBBBB-0000-0000-0000-000000000001").replace("O365Group", "RegularGroup"),
        SALES.replace("O365Group", "AdminGroup").replace("sales", "Sales team"),
        f'"User","{SOURCE}","ann@contoso.com","ann@fabrikam.com","ann@fabrikam.com","AdminUser"',
    ],
)
def test_odd_rows_that_say_what_they_mean_are_taken(units: Units, line: str) -> None:
    assert replace(units, line).rejected == []


def test_excel_leftovers_are_taken(units: Units) -> None:
    done = replace(units, "\ufeff" + ANN + "\r", BOB + ",,", ",,,,,", f'"User",{SALES[6:]}'.replace("User", "Group"))
    assert done.rejected == []
    assert done.version is not None and done.version.row_count == 3


def test_a_source_key_may_stand_once(units: Units) -> None:
    done = replace(units, ANN, ANN.replace("ann@contoso", "ANN@Contoso").replace("RegularUser", "GuestUser"))
    assert [row.line for row in done.rejected] == [2]
    found = identity_map.lookup_user(units, geo=NAM, field=UserField.SOURCE_USER_KEY, value="ann@contoso.com")
    assert [row.kind for row in found] == [UserKind.REGULAR]


def test_each_geo_has_its_own_map(units: Units) -> None:
    replace(units, ANN)
    assert upns(units, "ann@contoso.com", geo=EUR) == []


def test_another_tenant_sees_nothing_of_it(units: SqlUnits) -> None:
    replace(units, ANN)
    others = SqlUnits(units._engine, TenantId(UUID("22222222-2222-4222-8222-222222222222")))  # pyright: ignore
    assert upns(others, "ann@contoso.com") == []
    assert identity_map.map_in_force(others, geo=NAM) is None


def test_too_many_rows_are_refused_before_anything_is_read(units: Units) -> None:
    with pytest.raises(errors.TooLarge):
        replace(units, ANN, BOB, limits=Limits(map_rows=1))


def test_two_replacements_at_once_do_not_both_become_the_same_version(units: Units) -> None:
    replace(units, ANN)
    with units.write() as uow:
        standing = uow.identity_map.in_force(NAM.code)
        assert standing is not None
        with pytest.raises(errors.Conflict):
            uow.identity_map.replace(standing, [])
