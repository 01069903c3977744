"""What administrators and the world do while a move is under way: locks, trust, maps, a taken address, damaged content.

Most of it does not end the move: the grant holds what was agreed. Failed comes of three causes only, each named here; then
the source is as it was and can be written, and nothing of it is at the target.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from faults.crossing import Crossing
from faults.hop import Call, Pass, Treatment
from faults.orphans import left_clean
from faults.strikes import Case, judged
from xtenant.cli.demo.stage import SOURCE, TARGET
from xtenant.client.sites import SiteChange
from xtenant.domain.move import MovePhase
from xtenant.domain.trust import PartnerRole
from xtenant.lab.estate import tenant_home
from xtenant.protocols.sharepoint_rest.call import administration


def at_first(
    crossing: Crossing, case: Case, operation: str, act: Callable[[], object], *, number: int = 1
) -> list[object]:
    """Act when a call of this kind is on its way, before it arrives; where the move stood then comes into the list."""
    struck: list[object] = []

    def treat(call: Call) -> Treatment:
        if call.operation == operation and call.number == number and not struck:
            struck.append(crossing.phase(case))
            try:
                act()
            except BaseException as failure:
                struck.append(failure)
        return Pass()

    crossing.hop.treat = treat
    return struck


@pytest.mark.faults
@pytest.mark.parametrize("lock", ["ReadOnly", "NoAccess"])
@pytest.mark.parametrize(
    ("operation", "phase"),
    [("manifest", MovePhase.RESTORE), ("publish", MovePhase.RESTORE)],
    ids=["manifest", "publish"],
)
def test_a_lock_changed_in_the_middle_of_a_move_does_not_end_it(
    crossing: Crossing, lock: str, operation: str, phase: MovePhase, tmp_path: Path
) -> None:
    case = crossing.prepared(tmp_path)
    url = case.plot.source_url
    struck = at_first(crossing, case, operation, lambda: locked(crossing, SOURCE, url, lock))
    with crossing.observed(case) as observer:
        job = crossing.ground.start(case.plot)
        ended = crossing.ground.until_ended(job, seconds=60)
        assert (ended.state, ended.error) == ("Success", None)
        assert lock_of(crossing, TARGET, case.plot.target_url) == lock
        locked(crossing, TARGET, case.plot.target_url, "Unlock")
        crossing.succeeds(case, observer, job)
    judged(case, observer)
    assert struck == [phase]
    left_clean(crossing.ground)


def locked(crossing: Crossing, side: str, url: str, lock: str) -> None:
    """As an administrator does it, over CSOM: a frozen site takes a lock (settled B 4)."""
    tenant = crossing.ground.migration.source if side == SOURCE else crossing.ground.migration.target
    crossing.ground.portal.call(tenant.sites.set, url, SiteChange(lock_state=lock))


def lock_of(crossing: Crossing, side: str, url: str) -> str:
    return str(crossing.ground.tell(side, "set-site", url=url, pairs=[])["LockState"])


@pytest.mark.faults
def test_trust_removed_after_the_grant_does_not_end_the_move(crossing: Crossing, tmp_path: Path) -> None:
    """The grant covers its job to the end (settled B 6)."""
    case = crossing.prepared(tmp_path)
    struck = at_first(crossing, case, "restore", lambda: trust_removed(crossing))
    try:
        crossing.moves(case)
    finally:
        crossing.ground.portal.call(crossing.ground.migration.establish_trust)
    assert struck == [MovePhase.RESTORE]
    left_clean(crossing.ground)


@pytest.mark.faults
def test_trust_removed_before_the_grant_ends_the_move(crossing: Crossing, tmp_path: Path) -> None:
    case = crossing.prepared(tmp_path)
    struck = at_first(crossing, case, "can_start", lambda: trust_removed(crossing), number=2)
    try:
        crossing.fails(case, code="MnATrustNoSetupForPartner")
    finally:
        crossing.ground.portal.call(crossing.ground.migration.establish_trust)
    assert struck == [MovePhase.VALIDATION]
    left_clean(crossing.ground)


def trust_removed(crossing: Crossing) -> None:
    """The target's half: an administrator there has had second thoughts."""
    ground = crossing.ground

    async def remove() -> None:
        source = await ground.migration.source.host_url()
        await ground.migration.target.trust.remove(source, PartnerRole.SOURCE)

    ground.portal.call(remove)


@pytest.mark.faults
def test_a_map_replaced_in_the_middle_of_a_move_changes_nothing_of_it(crossing: Crossing, tmp_path: Path) -> None:
    """The version in force at the grant is pinned: everybody becomes who the old map says."""
    ground = crossing.ground
    case = crossing.prepared(tmp_path)
    everybody = next(iter(ground.people.values()))
    struck = at_first(crossing, case, "restore", lambda: mapped(crossing, dict.fromkeys(ground.people, everybody)))
    try:
        crossing.moves(case)
    finally:
        mapped(crossing, ground.people)
    assert struck == [MovePhase.RESTORE]
    left_clean(crossing.ground)


def mapped(crossing: Crossing, people: dict[str, str]) -> None:
    ground = crossing.ground
    tenant_id = ground.stage.estate.tenant(SOURCE).tenant_id
    lines = [f"User,{tenant_id},{old},{new},{new},RegularUser" for old, new in people.items()]
    assert not ground.portal.call(ground.migration.target.map.replace, lines)


@pytest.mark.faults
def test_an_address_taken_at_the_last_moment_ends_the_move(crossing: Crossing, tmp_path: Path) -> None:
    ground = crossing.ground
    case = crossing.prepared(tmp_path)
    struck = at_first(crossing, case, "restore", lambda: taken(crossing, case.plot.target_url))
    crossing.fails(case, code="MnASiteMoveTargetUrlHasWriteConflict", seen_anyway=True)
    assert struck == [MovePhase.RESTORE]
    row = ground.portal.call(ground.migration.target.sites.get, case.plot.target_url)
    assert row.title == "Taken", "the other's site is no longer theirs"
    left_clean(crossing.ground)


def taken(crossing: Crossing, url: str) -> None:
    target = crossing.ground.migration.target
    owner = next(iter(crossing.ground.people.values()))

    async def make() -> None:
        await administration.make_site(target.session, target.admin_url, url=url, title="Taken", owner=owner)

    crossing.ground.portal.call(make)


@pytest.mark.faults
def test_the_only_copy_of_a_sources_content_is_damaged_and_ends_the_move(crossing: Crossing, tmp_path: Path) -> None:
    ground = crossing.ground
    case = crossing.prepared(tmp_path)
    file = largest_content(tenant_home(ground.home, SOURCE))
    whole = file.read_bytes()
    damaged = bytes([whole[0] ^ 1]) + whole[1:]
    struck = at_first(crossing, case, "restore", lambda: file.write_bytes(damaged))
    ended = crossing.fails(case, code="large-0.bin", damaged="large/large-0.bin")
    assert struck == [MovePhase.RESTORE]
    assert ended.error is not None
    file.write_bytes(whole)
    left_clean(crossing.ground)


def largest_content(home: Path) -> Path:
    """The newest of the large files: the one this case planted."""
    files = [path for path in (home / "blobs").glob("*/loose/*/*") if path.stat().st_size == 400_000]
    return max(files, key=lambda path: path.stat().st_mtime_ns)
