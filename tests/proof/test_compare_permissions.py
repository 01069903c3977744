"""Permissions compared through the map: every kind of difference is told, and what the map explains is none."""

from __future__ import annotations

import dataclasses

import pytest

from xtenant.proof.compare import Aspect
from xtenant.proof.compare_permissions import permission_differences
from xtenant.proof.permissions import SITE_GROUP, PermissionFacts

CREW, THEIR_CREW = "c0000000-0000-4000-8000-000000000001", "d0000000-0000-4000-8000-000000000001"
MAP = {"Ann@contoso.com": "ann.archer@fabrikam.com", "bob@contoso.com": "bob@fabrikam.com", CREW: THEIR_CREW}
READERS = f"{SITE_GROUP}Readers"
BEFORE = PermissionFacts(
    scopes={
        "": {"ann@contoso.com": "Full Control", READERS: "Read", f"{CREW}_o": "Full Control"},
        "Documents/plan.docx": {"bob@contoso.com": "Read", "carla@contoso.com": "Edit"},
        "Documents/carlas.docx": {"carla@contoso.com": "Edit"},
    },
    groups={"Readers": frozenset({CREW, "carla@contoso.com"})},
    admins=frozenset({"ann@contoso.com", "carla@contoso.com"}),
)
AFTER = PermissionFacts(
    scopes={
        "": {"ann.archer@fabrikam.com": "Full Control", READERS: "Read", f"{THEIR_CREW}_o": "Full Control"},
        "Documents/plan.docx": {"bob@fabrikam.com": "Read"},
        "Documents/carlas.docx": {},
    },
    groups={"Readers": frozenset({THEIR_CREW})},
    admins=frozenset({"ann.archer@fabrikam.com"}),
)


def test_what_the_map_explains_is_no_difference() -> None:
    assert list(permission_differences(BEFORE, AFTER, principals=MAP)) == []
    assert BEFORE.rights == 6


def test_an_heir_is_expected_to_have_what_people_outside_the_map_had() -> None:
    inherited = PermissionFacts(
        scopes={
            **AFTER.scopes,
            "Documents/plan.docx": {"bob@fabrikam.com": "Edit"},
            "Documents/carlas.docx": {"bob@fabrikam.com": "Edit"},
        },
        groups={"Readers": frozenset({THEIR_CREW, "bob@fabrikam.com"})},
        admins=AFTER.admins | {"bob@fabrikam.com"},
    )
    assert list(permission_differences(BEFORE, inherited, principals=MAP, heir="Bob@fabrikam.com")) == []
    found = list(permission_differences(BEFORE, inherited, principals=MAP))
    assert {difference.aspect for difference in found} == {Aspect.RIGHT, Aspect.MEMBERS, Aspect.ADMINS}


PLAN = "Documents/plan.docx"
CHANGES: dict[str, tuple[PermissionFacts, Aspect]] = {
    "a scope too few": (
        dataclasses.replace(AFTER, scopes={path: given for path, given in AFTER.scopes.items() if path != PLAN}),
        Aspect.SCOPE,
    ),
    "a scope too many": (dataclasses.replace(AFTER, scopes={**AFTER.scopes, "Documents": {}}), Aspect.SCOPE),
    "a right too few": (dataclasses.replace(AFTER, scopes={**AFTER.scopes, PLAN: {}}), Aspect.RIGHT),
    "a right too many": (
        dataclasses.replace(AFTER, scopes={**AFTER.scopes, "Documents/carlas.docx": {"x@fabrikam.com": "Read"}}),
        Aspect.RIGHT,
    ),
    "another role": (
        dataclasses.replace(AFTER, scopes={**AFTER.scopes, PLAN: {"bob@fabrikam.com": "Edit"}}),
        Aspect.RIGHT,
    ),
    "a group too few": (dataclasses.replace(AFTER, groups={}), Aspect.SITE_GROUP),
    "a member too many": (
        dataclasses.replace(AFTER, groups={"Readers": frozenset({THEIR_CREW, "x@fabrikam.com"})}),
        Aspect.MEMBERS,
    ),
    "an administrator too few": (dataclasses.replace(AFTER, admins=frozenset()), Aspect.ADMINS),
}


@pytest.mark.parametrize("what", CHANGES)
def test_every_kind_of_difference_is_told_once(what: str) -> None:
    after, aspect = CHANGES[what]
    [found] = permission_differences(BEFORE, after, principals=MAP)
    assert found.aspect is aspect
