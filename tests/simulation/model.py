"""What an observer of both tenants sees, and the invariants of the safety argument that must hold of it at any time."""

from __future__ import annotations

from content_samples import row, version
from simulation.reading import content_of
from simulation.sides import Side
from simulation.template import JOB_ID, SOURCE, SOURCE_URL, TARGET, TARGET_URL
from xtenant.domain import errors
from xtenant.domain.content import REDIRECT_TEMPLATE, LockState
from xtenant.domain.move import Decision, Direction, MoveJob, MoveState


class Observer:
    """The invariants (settled B): published ⇒ source not writable · acknowledged writes ⊆ source ∪ target · content removed
    at the source ⇒ the redirect stands · Failed ⇒ source as before and target empty."""

    def __init__(self, sides: dict[str, Side]) -> None:
        self.sides = sides
        self.overtaking = False
        self.written: set[str] = set()
        self.lock = LockState.UNLOCK
        self._shapes: dict[str, tuple[tuple[object, ...], dict[str, object] | None]] = {}
        self.before = self.last_source = self.shape(SOURCE)

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
                writer = uow.write_site(found.key, now=side.clock.business_now())
                fresh = version(content, 1)
                uow.blobs.put([fresh.stored], now=side.clock.security_now())
                writer.add_rows([row(side.bench.ids, name, parent=library, contents=[content])])
        except errors.XTenantError:
            return False
        self.written.add(name)
        return True

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
            return content_of(uow, side.blobs, found, with_people=with_people, translated=name == SOURCE)

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
            assert kept == self._with_writes(self.before), "failed, and the source is not as it was"

    def _with_writes(self, before: dict[str, object]) -> dict[str, object]:
        """The site's numbers (items, versions, bytes) count what its users wrote meanwhile: a file of one version each."""
        items, versions, size = before["numbers"]  # type: ignore[misc]
        count, written = len(self.written), sum(len(name) for name in self.written)
        return before | {"numbers": (items + count, versions + count, size + written)}

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
