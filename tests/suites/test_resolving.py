"""Who becomes whom in a move, on both engines: by the map, by the policy, and never by what a hostile manifest claims."""

from __future__ import annotations

import dataclasses
from uuid import UUID

from move_samples import NOW, PARTNER_ID, grant, job, job_id
from xtenant.domain.content import Principal, PrincipalKey, PrincipalKind
from xtenant.domain.directory import User, UserId
from xtenant.domain.identity import MapVersion, UserMapping
from xtenant.domain.move import Resolution, ResolutionRule
from xtenant.domain.ports.units import Units
from xtenant.domain.snapshot import ManifestPrincipal
from xtenant.domain.tenant import GeoCode
from xtenant.engine.phases.restore import people
from xtenant.operations import access

BOSS = UUID(int=0xB055)
BOSS_UPN = "boss@fabrikam.com"


def someone(ref: int, login: str, **more: object) -> ManifestPrincipal:
    values: dict[str, object] = {"kind": PrincipalKind.USER, "directory_id": UUID(int=ref), "name": login.title()}
    return ManifestPrincipal(ref=ref, login=login, **(values | more))  # type: ignore[arg-type]


def resolved(units: Units, *named: ManifestPrincipal, unmapped: str = "") -> dict[int, Resolution]:
    """The table after these were met, in a tenant that knows the boss and maps Ann to her."""
    with units.write() as uow:
        if uow.users.by_upn(BOSS_UPN) is None:
            uow.users.add(User(user_id=UserId(BOSS), upn=BOSS_UPN, display_name="Boss", created_at=NOW))
            row = UserMapping(
                company_id=PARTNER_ID, source_upn="ann@contoso.com", target_upn=BOSS_UPN, target_email=BOSS_UPN
            )
            version = MapVersion(geo=GeoCode("NAM"), version=1, replaced_at=NOW, replaced_by="admin", row_count=1)
            uow.identity_map.replace(version, [row])
        given = dataclasses.replace(grant(), map_version=1, unmapped=unmapped)
        people.resolve(uow, job(), given, named)
        return {row.source_ref: row for row in uow.resolutions.of_job(job_id())}


def test_a_person_becomes_whom_the_map_says_in_any_letter_case_and_the_others_are_text(units: Units) -> None:
    rows = resolved(units, someone(1, "Ann@CONTOSO.com"), someone(2, "bob@contoso.com"))
    assert (rows[1].target_id, rows[1].rule) == (BOSS, ResolutionRule.MAP)
    assert rows[2].rule is ResolutionRule.UNMAPPED
    assert rows[2].target_login == "bob@contoso.com"
    with units.read() as uow:
        assert people.admitted(uow, job(), [1, 2]) == {1}


def test_the_policy_gives_unmapped_people_and_groups_to_one_person_while_that_person_is_there(units: Units) -> None:
    group = someone(3, str(UUID(int=3)), kind=PrincipalKind.GROUP)
    rows = resolved(units, someone(2, "bob@contoso.com"), group, unmapped=BOSS_UPN)
    assert {(rows[ref].target_id, rows[ref].rule) for ref in (2, 3)} == {(BOSS, ResolutionRule.POLICY)}
    rows = resolved(units, someone(4, "carla@contoso.com"), unmapped="gone@fabrikam.com")
    assert rows[4].rule is ResolutionRule.UNMAPPED


def test_only_sharepoints_own_account_passes_as_one_of_the_system(units: Units) -> None:
    """A manifest is a partner's input: it may not touch, name or admit somebody of ours by claiming an id."""
    boss = Principal(key=PrincipalKey(0), kind=PrincipalKind.USER, directory_id=BOSS, name="Boss", login=BOSS_UPN)
    with units.write() as uow:
        uow.principals.ensure([boss])
    claimed = someone(5, "evil", kind=PrincipalKind.SYSTEM, directory_id=BOSS)
    app = someone(6, "x", kind=PrincipalKind.SYSTEM, directory_id=access.SHAREPOINT_APP.directory_id)
    rows = resolved(units, claimed, app)
    assert rows[5].rule is ResolutionRule.UNMAPPED and rows[5].target_id != BOSS
    assert (rows[6].rule, rows[6].target_login) == (ResolutionRule.SYSTEM, access.SHAREPOINT_APP.login)
    with units.read() as uow:
        assert uow.principals.by_directory_ids([BOSS])[BOSS].name == "Boss"
