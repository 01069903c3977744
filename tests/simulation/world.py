"""Two tenants in one process with everything that can go wrong, and the model of the safety argument that watches them.

A `Chooser` decides what happens next; the world carries it out on the real engine, operations and SQLite stores, and checks
the invariants after every action (settled B): published ⇒ source not writable · acknowledged writes ⊆ source ∪ target ·
content removed at the source ⇒ the redirect stands · Failed ⇒ source as before and target empty · everything ends.
"""

from __future__ import annotations

import dataclasses
import shutil
import sqlite3
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TypeVar
from uuid import UUID

from sqlalchemy import Engine, event

from blob_stores import ForgetfulBlobStore
from clock import CountingIds, FakeClock
from content_samples import person, row, site, version
from simulation.channel import Fate, SimulatedTrust, UnreliableChannel
from xtenant.domain import errors
from xtenant.domain.content import (
    REDIRECT_TEMPLATE,
    Item,
    ItemKey,
    ItemKind,
    LockState,
    PrincipalKey,
    Role,
    Site,
    SiteKey,
)
from xtenant.domain.directory import User, UserId
from xtenant.domain.identity import MapVersion, UserMapping
from xtenant.domain.limits import DEFAULT
from xtenant.domain.move import Decision, Direction, JobKind, MoveJob, MoveJobId, MoveState
from xtenant.domain.ports.move import Claim
from xtenant.domain.ports.units import UnitOfWork, unit_is_open
from xtenant.domain.tenant import Geo, GeoCode, Tenant, TenantId
from xtenant.domain.trust import OrganizationRelationship, PartnerRole, RelationKey
from xtenant.engine import leftovers
from xtenant.engine.dispatcher import Dispatcher
from xtenant.engine.move import step
from xtenant.engine.workbench import Step, Workbench, checked
from xtenant.operations import grants
from xtenant.storage.database import SqlUnits, open_engine
from xtenant.storage.schema import prepare

T = TypeVar("T")
SOURCE, TARGET = "source", "target"
SOURCE_URL = "https://contoso.sharepoint.com/sites/x"
TARGET_URL = "https://fabrikam.sharepoint.com/sites/y"
JOB_ID = MoveJobId(UUID("0190aaaa-0000-7000-8000-000000000001"))
ANN = UUID(int=0xA11)


def tenant_named(name: str, number: int) -> Tenant:
    return Tenant(
        tenant_id=TenantId(UUID(int=number)),
        name=name,
        display_name=name.title(),
        initial_domain=f"{name}.onmicrosoft.com",
        geos=(Geo(code=GeoCode("NAM"), label=name),),
    )


TENANTS = {SOURCE: tenant_named("contoso", 0x11), TARGET: tenant_named("fabrikam", 0x22)}


class Crash(BaseException):
    """A service stops at a stop point; only what its stores hold is left."""

    def __init__(self, side: str, at: str) -> None:
        super().__init__(f"{side} stopped at {at}")
        self.side = side


class NoRunner:
    """The world itself is the runner: it steps the claims it was given."""

    def __init__(self) -> None:
        self.claims: list[Claim] = []

    def submit(self, claim: Claim) -> None:
        self.claims.append(claim)

    def cancel(self, claim: Claim) -> None:
        """A cancelled claim may still be in the middle of a step: it is kept, as a worker that comes back late."""

    def running(self) -> frozenset[Claim]:
        return frozenset()

    def stop(self) -> None:
        self.claims.clear()


ENGINES: dict[Path, Engine] = {}
"""Opened anew for each example and kept for the statements they have compiled."""


class Side:
    """One tenant service: durable stores, and what a crash takes away."""

    def __init__(self, world: World, name: str, folder: Path) -> None:
        self.world = world
        self.name = name
        self.tenant = TENANTS[name]
        self.clock = world.clock
        self.file = folder / f"{name}.db"
        self.engine = ENGINES.setdefault(self.file, open_fast(self.file))
        self.units = SqlUnits(self.engine, self.tenant.tenant_id)
        self._reader = sqlite3.connect(self.file)
        self.blobs = ForgetfulBlobStore()
        self.stops = 0
        self.start()

    def start(self) -> None:
        other = TARGET if self.name == SOURCE else SOURCE
        self.runner = NoRunner()
        self.bench = Workbench(
            tenant=self.tenant,
            units=self.units,
            blobs=self.blobs,
            clock=self.clock,
            ids=self.world.ids,
            channel=UnreliableChannel(self.world, self.name, other),
            trust=SimulatedTrust(self.world),
            limits=DEFAULT,
            stop=checked(self.stop),
        )
        self.dispatcher = Dispatcher(self.bench, self.runner, worker=self.name)

    def stop(self, at: str) -> None:
        self.stops += 1
        self.world.visited[at] = self.world.visited.get(at, 0) + 1
        if self.world.crash_here(self.name, self.stops) or self.world.crash_at == at:
            self.world.crash_at = None
            raise Crash(self.name, at)
        hangs = self.world.pause_here(self.name, self.stops) or self.world.hang_at == at
        if hangs and not unit_is_open():
            self.world.hang_at = None
            self.world.overtake(self.name)

    def look(self, query: str, *values: object) -> list[tuple[object, ...]]:
        """Read the store beside our own code."""
        return self._reader.execute(query, values).fetchall()

    def close(self) -> None:
        self._reader.close()
        self.engine.dispose()

    def crash(self) -> None:
        """All that was in memory is gone, and what was not synced."""
        self.world.crashes += 1
        self.blobs.crash()
        self.start()
        self.dispatcher.begin()


def open_fast(file: Path) -> Engine:
    """An engine whose commits do not wait for the disk: a crash here ends no machine."""
    engine = open_engine(f"sqlite:///{file}")
    event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
    return engine


class World:
    """Both sides, the messages under way, and the model."""

    def __init__(
        self,
        template: Path,
        folder: Path,
        *,
        fates: Callable[[], Fate],
        crash_here: Callable[[str, int], bool],
        slow: Callable[[], bool],
        pause_here: Callable[[str, int], bool] = lambda side, count: False,
    ) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(template, folder)
        self.clock = FakeClock()
        self.ids = CountingIds(start=1_000_000)
        self.next_fate = fates
        self.next_is_slow = slow
        self.crash_here = crash_here
        self.pause_here = pause_here
        self.overtaking = False
        self.crash_at: str | None = None
        self.hang_at: str | None = None
        self.trusted = True
        self.delayed: list[tuple[str, Callable[[], object]]] = []
        self.visited: dict[str, int] = {}
        self.crashes = 0
        self.written: set[str] = set()
        self.sides = {name: Side(self, name, folder) for name in (SOURCE, TARGET)}
        seed_blobs(self)
        self._shapes: dict[str, tuple[tuple[object, ...], dict[str, object] | None]] = {}
        self.before = self.last_source = self.shape(SOURCE)
        self.lock = LockState.UNLOCK

    def close(self) -> None:
        for side in self.sides.values():
            side.close()

    # --- what may happen

    def deliver(self, to: str, handler: Callable[[], T]) -> T:
        """Run a handler at a side; if the side stops meanwhile, the caller hears nothing."""
        try:
            return handler()
        except Crash as crash:
            self.sides[crash.side].crash()
            raise errors.PartnerUnreachable("the partner stopped") from crash

    def deliver_delayed(self, index: int) -> None:
        """A message that was overtaken arrives after all."""
        to, handler = self.delayed.pop(index % len(self.delayed))
        try:
            self.deliver(to, handler)
        except errors.XTenantError:
            return

    def guarded(self, name: str, work: Callable[[], object]) -> None:
        """Something a side does by itself; it may stop on the way."""
        try:
            work()
        except Crash as crash:
            self.sides[crash.side].crash()

    def dispatch(self, name: str) -> None:
        self.guarded(name, self.sides[name].dispatcher.tick)

    def step(self, name: str, index: int) -> bool:
        """One step of one claim, the youngest or one that should be over; False when there is none."""
        claims = self.sides[name].runner.claims
        if not claims:
            return False
        claim = claims[index % len(claims)]

        def work() -> None:
            if step(self.sides[name].bench, claim) is Step.OVER and claim in claims:
                claims.remove(claim)

        self.guarded(name, work)
        return True

    def collect(self, name: str) -> None:
        self.guarded(name, lambda: leftovers.collect(self.sides[name].bench))

    def crash(self, name: str) -> None:
        self.sides[name].crash()

    def expire_leases(self) -> None:
        """Real time passes: a claim in the middle of a step is no longer the youngest when it goes on."""
        self.clock.advance(seconds=31)

    def overtake(self, name: str) -> None:
        """A worker hangs in the middle of its step; its lease ends, another claim works on, then the first comes back."""
        if self.overtaking:
            return
        self.overtaking = True
        self.expire_leases()
        for _ in range(20):
            for side in (name, TARGET if name == SOURCE else SOURCE):
                self.dispatch(side)
                self.step(side, -1)
        self.overtaking = False

    def wait(self, seconds: float) -> None:
        self.clock.advance(seconds=seconds)

    def refuse(self) -> None:
        side = self.sides[TARGET]

        def work() -> None:
            try:
                grants.refuse_move(side.units, JOB_ID, clock=self.clock, stop=side.bench.stop)
            except errors.XTenantError:
                return

        self.guarded(TARGET, work)

    def write(self, number: int) -> bool:
        """A user adds a file at the source; whether the tenant said yes."""
        name = f"user{number}.txt"
        side = self.sides[SOURCE]
        if name in self.written:
            return False
        try:
            with side.units.read() as uow:
                found = uow.sites.visible_by_url(SOURCE_URL)
                library = None if found is None or found.is_redirect else uow.items.root_of(found.key)
            if found is None or library is None:
                return False
            content = name.encode()
            side.blobs.settle([side.blobs.put([content]).key])
            with side.units.write() as uow:
                writer = uow.write_site(found.key, now=self.clock.business_now())
                fresh = version(content, 1)
                uow.blobs.put([fresh.stored], now=self.clock.security_now())
                writer.add_rows([row(self.ids, name, parent=library, contents=[content])])
        except errors.XTenantError:
            return False
        self.written.add(name)
        return True

    def set_lock(self, lock: LockState) -> None:
        with self.sides[SOURCE].units.write() as uow:
            found = uow.sites.visible_by_url(SOURCE_URL)
            if found is not None and not found.is_redirect:
                uow.sites.update(dataclasses.replace(found, lock_state=lock))
                self.lock = lock

    # --- what the model sees

    def job(self, name: str) -> MoveJob | None:
        direction = Direction.OUT if name == SOURCE else Direction.IN
        with self.sides[name].units.read() as uow:
            return uow.jobs.get(JOB_ID, direction)

    def decision(self) -> Decision:
        with self.sides[TARGET].units.read() as uow:
            grant = uow.grants.get(JOB_ID)
        return grant.decision if grant else Decision.NONE

    def shape(self, name: str, *, with_people: bool = False) -> dict[str, object] | None:
        """The visible content of a side by path: ids, dates, versions with their bytes; None without a visible site.

        Read again only when the site's change number or state is another: a hidden change would show as one.
        """
        mark = (*self.site_mark(name), with_people)
        if self._shapes.get(name, ((), None))[0] != mark:
            self._shapes[name] = (mark, self._read_shape(name, with_people=with_people))
        return self._shapes[name][1]

    def _read_shape(self, name: str, *, with_people: bool) -> dict[str, object] | None:
        side = self.sides[name]
        with side.units.read() as uow:
            found = uow.sites.visible_by_url(SOURCE_URL if name == SOURCE else TARGET_URL)
            if found is None or found.is_redirect:
                return None
            return content_of(uow, side.blobs, found, with_people=with_people)

    def site_mark(self, name: str) -> tuple[object, ...]:
        """What stands at a side's address: change number, template, freeze, visibility, lock, redirect. Plain SQL."""
        found = self.sides[name].look(
            "SELECT change_no, template, frozen_by, published_at, lock_state, redirect_url FROM sites "
            "WHERE url = ? AND deleted_at IS NULL",
            SOURCE_URL if name == SOURCE else TARGET_URL,
        )
        return found[0] if found else ()

    def check(self) -> None:
        """The invariants, as an observer of both tenants sees them now."""
        source, target = self.shape(SOURCE), self.shape(TARGET)
        _, template, frozen_by, _, lock_state, redirect_url = self.site_mark(SOURCE)
        [(state, offered)] = self.sides[SOURCE].look("SELECT state, offered FROM move_jobs WHERE direction = 0")
        decided = self.sides[TARGET].look("SELECT decision FROM grants")
        published = decided == [("published",)]
        redirect = template == REDIRECT_TEMPLATE
        self.last_source = source or self.last_source
        if target is not None:
            assert published, "visible without a decision"
            assert frozen_by is not None or redirect, "published, and the source may be written"
            assert target == self.last_source, "the target shows something else than was sealed"
        else:
            assert not published, "published, and nothing is visible"
            assert source is not None, "content removed at the source and not there at the target"
        if source is None:
            assert redirect and redirect_url == TARGET_URL, "content removed without a redirect"
        if frozen_by is not None and not self.overtaking:
            assert not self.write(99), "a frozen source was written"
        held = set(source or ()) | set(target or ())
        assert {f"Shared Documents/{name}" for name in self.written} <= held, "an acknowledged write is lost"
        if frozen_by is None and offered and state != MoveState.SUCCESS and not redirect:
            assert target is None, "unlocked while the target shows the site"
        if state == MoveState.FAILED:
            assert target is None, "failed, and the target shows something"
            assert frozen_by is None, "failed, and the source is frozen"
            assert lock_state == self.lock.value, "failed, and the lock is another than the administrator's"
            assert source is not None and self.before is not None
            kept = {path: what for path, what in source.items() if path in self.before}
            assert kept == self.before, "failed, and the source is not as it was"

    def check_end(self) -> None:
        """Everything ended, and nothing is left over."""
        job, mirror = self.job(SOURCE), self.job(TARGET)
        assert job is not None and job.state in (MoveState.SUCCESS, MoveState.FAILED), f"did not end: {job}"
        assert mirror is None or not mirror.is_open, f"the target's row did not end: {mirror}"
        if job.state is MoveState.SUCCESS:
            assert self.shape(TARGET) is not None
            assert self.shape(SOURCE) is None
            return
        with self.sides[TARGET].units.read() as uow:
            assert not uow.sites.any_by_url(TARGET_URL), "remains of the hidden site"

    def calm_down(self, *, crashes_go_on: bool = False) -> None:
        """Nothing more goes wrong: everything must end, within bounds."""
        self.next_fate = lambda: Fate.ARRIVES
        self.next_is_slow = lambda: False
        if not crashes_go_on:
            self.crash_here = lambda side, count: False
            self.pause_here = lambda side, count: False
        for _ in range(200):
            for name in (SOURCE, TARGET):
                self.dispatch(name)
                for index in range(8 * len(self.sides[name].runner.claims)):
                    self.step(name, index)
            self.check()
            if self._is_over():
                return
            self.collect(TARGET)
            self.clock.advance(seconds=40)

    def _is_over(self) -> bool:
        job, mirror = self.job(SOURCE), self.job(TARGET)
        if job is None or job.is_open or (mirror is not None and mirror.is_open):
            return False
        with self.sides[TARGET].units.read() as uow:
            return not uow.grants.to_collect(limit=1)


def content_of(uow: UnitOfWork, blobs: ForgetfulBlobStore, found: Site, *, with_people: bool) -> dict[str, object]:
    """A site's content in a form that two tenants can be compared by."""
    shape: dict[str, object] = {}
    items = list(uow.items.page(found.key, after=ItemKey(0), limit=1_000))
    paths = uow.items.paths_of(items)
    libraries = {item.key: item.name for item in items if item.kind is ItemKind.LIBRARY}
    versions: dict[ItemKey, list[tuple[object, ...]]] = {}
    for found_version in uow.items.versions([item.key for item in items]):
        content = b"".join(blobs.open(found_version.blob))
        versions.setdefault(found_version.item_key, []).append(
            (found_version.major, found_version.minor, content, found_version.modified_at, found_version.comment)
        )
    for item in items:
        path = "/".join((libraries[item.library_key or item.key], *paths[item.key]))
        shape[path] = (item.item_id, item.int_id, item.created_at, item.modified_at, tuple(versions.get(item.key, ())))
    if with_people:
        people = uow.principals.by_keys({key for item in items for key in (item.author, item.editor)})
        shape["people"] = sorted((principal.login, principal.name) for principal in people.values())
    return shape


def make_template(folder: Path) -> None:
    """Both stores as they stand before the move; copied for each example."""
    folder.mkdir(parents=True)
    clock, ids = FakeClock(), CountingIds()
    for name in (SOURCE, TARGET):
        engine = open_fast(folder / f"{name}.db")
        tenant = TENANTS[name]
        prepare(engine, tenant.tenant_id)
        units = SqlUnits(engine, tenant.tenant_id)
        (seed_source if name == SOURCE else seed_target)(units, clock, ids)
        engine.dispose()  # the last connection to close writes the log back into the database


CONTENTS = {
    "a.txt": [b"one", b"two"],
    "b.txt": [b"three"],
    "deep/c.txt": [b"four", b"five", b"six"],
    "deep/d.txt": [b"one"],
    "deep/er/e.txt": [b"seven"],
}


def seed_source(units: SqlUnits, clock: FakeClock, ids: CountingIds) -> None:
    with units.write() as uow:
        keys = uow.principals.ensure([person(ANN, "Ann"), person(UUID(int=0xB0B), "Bob")])
        by = keys[ANN]
        added = uow.sites.add(site(ids, SOURCE_URL, owner_id=ANN))
        writer = uow.write_site(added.key, now=clock.business_now())
        library = writer.add_item(row(ids, "Shared Documents", kind=ItemKind.LIBRARY, by=by))
        folders: dict[str, Item] = {"": library}
        for path, contents in CONTENTS.items():
            parent = _folder(writer, folders, path.rpartition("/")[0], ids, by)
            uow.blobs.put([version(content, 1).stored for content in contents], now=clock.security_now())
            writer.add_item(row(ids, path.rpartition("/")[2], parent=parent, contents=contents, by=by))
        writer.assign(keys[ANN], Role.OWNER)
        writer.assign(keys[UUID(int=0xB0B)], Role.READ)
        uow.relationships.put(_word(TENANTS[TARGET], PartnerRole.TARGET, clock, ids))
        add_job(uow, added.key, clock)


def _folder(writer: object, folders: dict[str, Item], path: str, ids: CountingIds, by: PrincipalKey) -> Item:
    if path not in folders:
        above, _, name = path.rpartition("/")
        parent = _folder(writer, folders, above, ids, by)
        folders[path] = writer.add_item(row(ids, name, parent=parent, by=by))  # type: ignore[attr-defined]
    return folders[path]


def add_job(uow: UnitOfWork, site_key: SiteKey, clock: FakeClock) -> None:
    target = TENANTS[TARGET]
    now = clock.business_now()
    uow.jobs.add(
        MoveJob(
            job_id=JOB_ID,
            direction=Direction.OUT,
            partner=target.default_geo.host_url,
            partner_tenant_id=target.tenant_id,
            geo=GeoCode("NAM"),
            kind=JobKind.SITE,
            source_key=SOURCE_URL,
            target_key=TARGET_URL,
            source_url=SOURCE_URL,
            target_url=TARGET_URL,
            site_key=site_key,
            created_at=now,
            modified_at=now,
            next_pass_at=now,
        ),
        queue_limit=4_000,
    )


def _word(partner: Tenant, role: PartnerRole, clock: FakeClock, ids: CountingIds) -> OrganizationRelationship:
    """One side's word for the other, a day old."""
    return OrganizationRelationship(
        key=RelationKey(geo=GeoCode("NAM"), partner=partner.default_geo.host_url, partner_role=role),
        relation_id=ids.new_id(),
        requested_at=clock.business_now() - timedelta(days=1),
        requested_by="admin",
        partner_tenant_id=partner.tenant_id,
    )


def seed_target(units: SqlUnits, clock: FakeClock, ids: CountingIds) -> None:
    with units.write() as uow:
        settings = uow.settings.get()
        uow.settings.put(dataclasses.replace(settings, waiting_period=0))
        uow.relationships.put(_word(TENANTS[SOURCE], PartnerRole.SOURCE, clock, ids))
        uow.users.add(
            User(
                user_id=UserId(UUID(int=0xF0A)),
                upn="ann@fabrikam.onmicrosoft.com",
                display_name="Ann F.",
                created_at=clock.business_now(),
            )
        )
        uow.identity_map.replace(
            MapVersion(
                geo=GeoCode("NAM"), version=1, replaced_at=clock.business_now(), replaced_by="admin", row_count=1
            ),
            [
                UserMapping(
                    company_id=TENANTS[SOURCE].tenant_id,
                    source_upn="ann@contoso.onmicrosoft.com",
                    target_upn="ann@fabrikam.onmicrosoft.com",
                    target_email="ann@fabrikam.onmicrosoft.com",
                )
            ],
        )


def seed_blobs(world: World) -> None:
    """The bytes behind the source's rows."""
    blobs = world.sides[SOURCE].blobs
    blobs.settle([blobs.put([content]).key for contents in CONTENTS.values() for content in contents])
