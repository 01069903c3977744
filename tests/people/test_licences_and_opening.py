"""How many licences to buy (R-4.25 to R-4.32), what a report says, and whose OneDrive has arrived."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from people_samples import directory, moves, onedrive, onedrive_licences, site, user
from xtenant.client.moves import MoveJob
from xtenant.inventory.facts import Licence
from xtenant.people.apply.opening import people_of_moves
from xtenant.people.plan.matching import Wishes
from xtenant.people.plan.planning import PeoplePlan, plan_people
from xtenant.people.plan.report import report_of

SKU = UUID("946ce899-873d-44bb-9d8b-671870cbfdbf")
SITES = "https://contoso.sharepoint.com/sites"
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def planned(*, free_source: int = 0, free_target: int = 0, sizes: tuple[int, ...] = (), owned: int = 0) -> PeoplePlan:
    has_one = user("ann", licences=(SKU,))
    rest = [user("bob"), user("cat"), user("dan")]
    source = directory("contoso", [has_one, *rest], site_creation_enabled=True)
    for person in (has_one, *rest):
        onedrive(source, person, storage_mb=500_000)
    for number, size in enumerate(sizes):
        site(source, f"{SITES}/s{number}", owner=has_one, storage_mb=size)
    target = directory("fabrikam", [], site_creation_enabled=False)
    source.put_licences([onedrive_licences(free_source + 1, 1)])
    shared = Licence(sku_id=UUID(int=5), part_number="Cross_tenant_shared_data_migration", enabled=owned, consumed=0)
    target.put_licences([onedrive_licences(free_target), shared])
    steps = [f"user,{person.upn},{person.upn.replace('contoso', 'fabrikam')}" for person in (has_one, *rest)]
    steps += [f"site,{SITES}/s{number},https://fabrikam.sharepoint.com/s{number}" for number in range(len(sizes))]
    return plan_people(source, target, moves(*steps), wishes=Wishes(initial_domain="fabrikam.onmicrosoft.com"))


def test_free_licences_of_either_side_are_used_before_any_is_bought() -> None:
    count = planned(free_source=1, free_target=1).onedrives
    assert (count.needed, count.assigned, count.to_assign, count.to_buy) == (4, 1, 3, 1)
    assert planned(free_target=9).onedrives.to_buy == 0


@pytest.mark.parametrize(
    ("sizes", "needed"), [((0,), 0), ((1,), 1), ((102_400,), 1), ((102_401,), 2), ((60_000, 60_000), 2)]
)
def test_the_volume_of_sites_is_rounded_up_to_whole_licences_and_onedrives_do_not_count(
    sizes: tuple[int, ...], needed: int
) -> None:
    shared = planned(sizes=sizes).shared_data
    assert (shared.needed, shared.volume_mb) == (needed, sum(sizes))
    assert shared.lasts_to_gb == needed * 120


def test_owned_volume_is_taken_off_and_a_figure_in_bytes_is_noticed() -> None:
    assert planned(sizes=(250_000,), owned=1).shared_data.to_buy == 2
    suspicious = planned(sizes=(60_000_000_000,))
    assert suspicious.shared_data.suspicious == (f"{SITES}/s0",)
    assert any("R-4.30" in note for note in report_of(suspicious, [])["notes"])  # type: ignore[attr-defined]


def test_the_report_says_what_is_restricted_and_how_to_restrict_the_rest() -> None:
    report = report_of(planned(), [])
    restrictions = {(each["side"], each["what"]): each for each in report["restrictions"]}  # type: ignore[attr-defined]
    assert restrictions["target", "sites"]["state"] == "restricted"
    assert (
        restrictions["source", "sites"]["state"] == "open"
        and "isSiteCreationEnabled" in restrictions["source", "sites"]["how"]
    )
    assert restrictions["target", "OneDrives"]["state"] == "not known" and restrictions["target", "OneDrives"]["how"]


def job(source: str, target: str, state: str = "Success", *, hours: int = 0) -> MoveJob:
    return MoveJob(
        id=UUID(int=hours + 1),
        source_url=f"https://contoso-my.sharepoint.com/personal/{source}",
        target_url=f"https://fabrikam-my.sharepoint.com/personal/{target}/",
        state=state,
        state_name=state,
        finished_at=NOON + timedelta(hours=hours),
    )


def test_a_onedrive_has_arrived_with_its_own_successful_move_and_not_after_it_went_back() -> None:
    wanted = moves("user,ann@contoso.com,ann.b@fabrikam.com")
    there = job("ann_contoso_com", "ann_b_fabrikam_com")
    back = job("ann_b_fabrikam_com", "ann_contoso_com", hours=1)
    again = job("ann_contoso_com", "ann_b_fabrikam_com", hours=2)

    def arrived(*jobs: MoveJob) -> bool:
        return people_of_moves(wanted, jobs)[0].arrived

    assert arrived(there) and arrived(there, back, again)
    assert not arrived() and not arrived(there, back)
    assert not arrived(job("ann_contoso_com", "ann_b_fabrikam_com", "InProgress"))
    assert not arrived(job("bob_contoso_com", "ann_b_fabrikam_com"))
