"""Checks that no ordinary misfortune reaches: each is met here by what it stands against, and fails when it is taken out.

The fence in `jobs.hold` is met by the workers that hang and come back (`World.step`).
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from simulation.channel import Fate
from simulation.template import SOURCE, TARGET
from simulation.test_stop_points import new_world, until
from simulation.world import World
from xtenant.domain.move import Decision, MoveState


def tamper(world: World, name: str, *statements: str) -> None:
    """Change a store beside the code, as damage would; no counter moves."""
    with sqlite3.connect(world.sides[name].file) as connection:
        for statement in statements:
            assert connection.execute(statement).rowcount > 0, statement
    connection.close()


def test_a_source_that_lost_its_intent_stays_frozen_without_the_targets_refusal(template: Path) -> None:
    """`may_unlock`. While commits last, an intent and giving up exclude each other in one row, and nothing is published
    without an intent. A source put back from a backup has lost that commit: only the target's word keeps it frozen."""
    world = new_world(template)
    world.crash_at = "publish.committed"  # the source hears nothing of it
    until(world, "publish.committed")
    assert world.decision() is Decision.PUBLISHED
    world.next_fate = lambda: Fate.LOST
    tamper(world, SOURCE, "DELETE FROM intents")
    for _ in range(60):
        world.dispatch(SOURCE)
        world.step(SOURCE, -1)
        world.clock.advance(seconds=7_200)
        world.check()
    job = world.job(SOURCE)
    assert job is not None and job.aborting, "it has given up"
    world.next_fate = lambda: Fate.ARRIVES
    for _ in range(10):
        world.dispatch(SOURCE)
        world.step(SOURCE, -1)
        world.clock.advance(seconds=7_200)
        world.check()
    job = world.job(SOURCE)
    assert job is not None and job.is_open and not world.write(1)
    world.close()


HIDDEN = "site_key IN (SELECT key FROM sites WHERE hidden_job IS NOT NULL)"
FILES = f"SELECT key FROM items WHERE {HIDDEN} AND name = 'c.txt'"
OTHERS = f"SELECT key FROM items WHERE {HIDDEN} AND name = 'b.txt'"
STRANGER = "(SELECT key FROM principals WHERE name = 'Bob (left)')"
DAMAGE = {
    "a name": f"UPDATE items SET name = 'z.txt' WHERE key IN ({FILES})",
    "a date": f"UPDATE items SET modified_at = modified_at + 1000000 WHERE key IN ({FILES})",
    "an author": f"UPDATE items SET author = author + 1 WHERE key IN ({FILES})",
    "a version's bytes": f"UPDATE versions SET blob = (SELECT blob FROM versions WHERE item_key NOT IN ({FILES}) LIMIT 1) "
    f"WHERE item_key IN ({FILES}) AND major = 1",
    "a version too few": f"DELETE FROM versions WHERE item_key IN ({FILES}) AND major = 1",
    "an item too few": f"UPDATE items SET deleted_at = created_at WHERE key IN ({FILES})",
    "a right on the web too few": f"DELETE FROM assignments WHERE {HIDDEN} AND scope = 0 AND role = 'owner'",
    "a right on a file too few": f"DELETE FROM assignments WHERE {HIDDEN} AND scope IN ({OTHERS}) AND role = 'read'",
    "another role": f"UPDATE assignments SET role = 'read' WHERE {HIDDEN} AND role = 'owner'",
    "another principal": f"UPDATE assignments SET principal = {STRANGER} WHERE {HIDDEN} AND scope IN ({OTHERS}) "
    "AND role = 'read'",
    "a right too many": f"INSERT INTO assignments SELECT DISTINCT tenant_id, site_key, 0, {STRANGER}, 'read' "
    f"FROM assignments WHERE {HIDDEN}",
    "a right in nobody's scope": f"INSERT INTO assignments SELECT DISTINCT a.tenant_id, a.site_key, i.key, {STRANGER}, 'read' "
    f"FROM assignments a, items i WHERE a.{HIDDEN} AND i.key IN ({FILES})",
    "a right that nobody can use yet": f"INSERT INTO assignments SELECT DISTINCT tenant_id, site_key, 999999, {STRANGER}, "
    f"'read' FROM assignments WHERE {HIDDEN}",
    "a scope too few": f"DELETE FROM scopes WHERE item_key IN ({FILES})",
    "a scope too many": "INSERT INTO scopes SELECT tenant_id, site_key, key FROM items WHERE "
    f"{HIDDEN} AND name = 'a.txt'",
    "another scope": f"UPDATE scopes SET item_key = (SELECT key FROM items WHERE {HIDDEN} AND name = 'a.txt') "
    f"WHERE item_key IN ({FILES})",
    "a group too few": f"DELETE FROM site_groups WHERE {HIDDEN} AND title = 'X Visitors'",
    "a group too many": "INSERT INTO site_groups SELECT DISTINCT tenant_id, site_key, 999999, 'Z', 'z', '' FROM site_groups "
    f"WHERE {HIDDEN}",
    "another group's name": f"UPDATE site_groups SET title = 'Z', title_key = 'z' WHERE {HIDDEN} AND title = 'X Visitors'",
    "a member too few": f"DELETE FROM site_group_members WHERE {HIDDEN} AND member IN (SELECT key FROM principals WHERE "
    "name = 'Team')",
    "a member too many": f"INSERT INTO site_group_members SELECT tenant_id, site_key, principal, {STRANGER} FROM site_groups "
    f"WHERE {HIDDEN} AND title = 'X Visitors'",
    "an administrator too few": f"UPDATE site_users SET admin = 0 WHERE {HIDDEN} AND admin = 1",
    "an administrator too many": f"UPDATE site_users SET admin = 1 WHERE {HIDDEN} AND principal = {STRANGER}",
}


@pytest.mark.parametrize("what", DAMAGE)
def test_a_hidden_site_that_differs_from_the_manifest_is_never_published(what: str, template: Path) -> None:
    """Verification. Building writes what was sealed, so nothing but damage meets it."""
    world = new_world(template)
    before = world.shape(SOURCE)
    until(world, "target.built")
    tamper(world, TARGET, DAMAGE[what])
    world.calm_down()
    world.check_end()
    job = world.job(SOURCE)
    assert job is not None and (job.state, job.error_code) == (MoveState.FAILED, "notAsSealed")
    assert world.decision() is Decision.REFUSED
    assert world.shape(SOURCE) == before
    world.close()


def test_untouched_it_is_published(template: Path) -> None:
    """The control."""
    world = new_world(template)
    until(world, "target.built")
    world.calm_down()
    assert world.decision() is Decision.PUBLISHED
    world.close()
