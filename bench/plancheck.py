"""`plan check` of 4,000 moves over 1,000,000 items, both inventories in place, the tenants' own answers given beforehand.

It runs in a process of its own, whose peak memory it is: plan read, both sides opened, every rule judged, the page of the report
written. Beside it stand bare passes over the table of items in that process, one before and one after; the ratio is of processor
time. The first inventory, which takes a crawl, is measured apart.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import UUID

from bench.figures import Figure
from bulk.scene import Land, Scene
from ground import Ground
from xtenant.bulk.preflight.checking import checked
from xtenant.bulk.report.rows import Report
from xtenant.bulk.report.writing import ReportForm, write_report
from xtenant.domain.move import JobKind
from xtenant.domain.plan import Plan, PlannedMove, read_plan, written_plan
from xtenant.inventory.facts import Assignment, Item, Right, Scope, ScopeKind, Site, SiteKind, SiteUser
from xtenant.inventory.store import Inventory

MOVES, ITEMS = 4_000, 1_000_000
PEOPLE, GROUPS = 2_000, 400
LONG_EVERY, LONG_PATHS = 100, 25
"""Every hundredth site has paths that are too long at the target, and as many are locked."""
SECONDS = 120
RUNS = 3


def measure(ground: Ground, folder: Path) -> list[Figure]:
    place = folder / "plancheck"
    place.mkdir()
    build(place)
    told = [run(place) for _ in range(RUNS)]
    what = f"plan check, {MOVES:,} moves, {ITEMS:,} items"
    assert {each["errors"] for each in told} == {2 * MOVES // LONG_EVERY}, told
    return [
        Figure(name=f"{what} (under {SECONDS})", unit="s by the clock", values=[each["wall"] for each in told]),
        Figure(name=what, unit="s of processor", values=[each["spent"] for each in told]),
        Figure(name="a bare pass over the items", unit="s of processor", values=[each["bare"] for each in told]),
        Figure(name=what, unit="× the bare pass", values=[each["spent"] / each["bare"] for each in told]),
        Figure(name=what, unit="MB at peak", values=[each["peak"] for each in told]),
    ]


def build(place: Path) -> None:
    """Both inventories and the plan, as files."""
    with Inventory(place / "contoso.db") as here, Inventory(place / "fabrikam.db") as there:
        source, target = Land("contoso", here), Land("fabrikam", there)
        moves: list[PlannedMove] = []
        with here.writing(), there.writing():
            for number in range(MOVES):
                move, site = _moved(source, target, number)
                here.put_site(replace(site, lock_state="ReadOnly") if number % LONG_EVERY == 1 else site)
                moves.append(move)
                _fill(here, source, site, number)
        plan = "".join(written_plan(Plan(moves=moves), name="plan.yaml"))
        (place / "plan.yaml").write_text(plan, encoding="utf-8")
        (place / "map.csv").write_text("".join(_map(source, target, moves)), encoding="utf-8")


def _map(source: Land, target: Land, moves: list[PlannedMove]) -> Iterator[str]:
    company = source.facts.tenant_id
    for move in moves:
        if move.kind is JobKind.USER:
            yield f"User,{company},{move.source},{move.target},{move.target},RegularUser\n"
        elif move.kind is JobKind.GROUP:
            yield f"Group,{company},{source.id_of(move.source)},{target.id_of(move.target)},{move.target},O365Group\n"


def _moved(source: Land, target: Land, number: int) -> tuple[PlannedMove, Site]:
    """Half of the moves are OneDrives, a tenth sites of groups, the others sites."""
    name = f"name{number}"
    if number < PEOPLE:
        source.person(name)
        target.person(name)
        site, kind, sides = source.onedrive(name), JobKind.USER, (source.upn(name), target.upn(name))
    elif number < PEOPLE + GROUPS:
        group = source.group(name)
        target.group(name)
        site = source.site(f"sites/{name}", kind=SiteKind.GROUP, template="GROUP#0", group_id=group.principal_id)
        kind, sides = JobKind.GROUP, (name, name)
    else:
        site = source.site(f"sites/{name}", owner_id=source.id_of("name1"))
        kind, sides = JobKind.SITE, (site.url, f"https://fabrikam.sharepoint.com/sites/their-{name}")
    return PlannedMove(move_id=f"m{number}", kind=kind, source=sides[0], target=sides[1], wave="1"), site


def _fill(here: Inventory, source: Land, site: Site, number: int) -> None:
    here.put_items(site.site_id, _items(site.site_id, long=number % LONG_EVERY == 0))
    here.put_scopes(site.site_id, [Scope(site_id=site.site_id, scope_id=site.site_id, kind=ScopeKind.WEB, path="")])
    people = [f"name{(number + step) % PEOPLE}" for step in range(3)]
    here.put_assignments(
        site.site_id,
        [
            Assignment(site_id=site.site_id, scope_id=site.site_id, principal_id=source.id_of(name), right=Right.READ)
            for name in people
        ],
    )
    users = [SiteUser(site_id=site.site_id, login_name=name, upn=source.upn(name)) for name in people]
    here.put_site_users(site.site_id, users)


def _items(site_id: UUID, *, long: bool) -> Iterator[Item]:
    """A library, ten folders, and files, one in seven with a name outside ASCII."""
    each = ITEMS // MOVES
    for number in range(each):
        kind, path = ScopeKind.FILE, f"Shared Documents/Folder {number % 10}/Minutes of meeting {number}.docx"
        if number == 0:
            kind, path = ScopeKind.LIST, "Shared Documents"
        elif number <= 10:
            kind, path = ScopeKind.FOLDER, f"Shared Documents/Folder {number % 10}"
        elif number % 7 == 0:
            path = f"Shared Documents/Folder {number % 10}/Besprechung über Größen {number}.docx"
        elif long and number >= each - LONG_PATHS:
            path = (
                f"Shared Documents/Folder {number % 10}/{'A long folder name ' * 9}x/{'A long name ' * 15}{number}.docx"
            )
        yield Item(site_id=site_id, item_id=UUID(int=number + 1), kind=kind, path=path, scope_id=site_id, size_bytes=9)


def run(place: Path) -> dict[str, float]:
    """One measurement in a process of its own."""
    path = {"PYTHONPATH": f"{Path(__file__).parents[1]}:{Path(__file__).parents[1] / 'tests'}"}
    command = [sys.executable, "-m", "bench.plancheck", str(place)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=path)
    return json.loads(done.stdout)


def child(place: Path) -> dict[str, float]:
    """Bare pass, check, bare pass; processor seconds, seconds by the clock, megabytes."""
    with Inventory(place / "contoso.db") as here, Inventory(place / "fabrikam.db") as there:
        scene = Scene(source=Land("contoso", here), target=Land("fabrikam", there))
        scene.map_file = place / "map.csv"
        there.put_licences([replace(each, enabled=2 * MOVES) for each in there.licences()])
        before = bare(here)
        began, clock = time.process_time(), time.perf_counter()
        text = (place / "plan.yaml").read_text(encoding="utf-8")
        scene.moves = list(read_plan(text, name="plan.yaml").moves)
        result = checked(scene.given())
        told = Report(context={"plan": "plan.yaml"}, findings=result.findings, not_checked=result.not_checked)
        write_report(place / "report.html", ReportForm.HTML, told)
        spent, wall = time.process_time() - began, time.perf_counter() - clock
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        return {
            "bare": (before + bare(here)) / 2,
            "spent": spent,
            "wall": wall,
            "peak": peak,
            "errors": result.errors,
            "findings": len(result.findings),
            "not_checked": len(result.not_checked),
        }


def bare(inventory: Inventory) -> float:
    """Every path of every item read and dropped."""
    began = time.process_time()
    for _ in inventory.item_paths():
        pass
    return time.process_time() - began


if __name__ == "__main__":
    print(json.dumps(child(Path(sys.argv[1]))))
