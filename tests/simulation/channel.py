"""A partner channel in one process that loses, repeats, delays and reorders, as a chooser tells it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from enum import IntEnum
from typing import TYPE_CHECKING, TypeVar
from uuid import UUID

from xtenant.domain import errors
from xtenant.domain.content import BlobKey, LockState
from xtenant.domain.move import MoveJobId
from xtenant.domain.ports.partner_moves import (
    Frame,
    JobState,
    KnownJobs,
    Offer,
    Peer,
    StartAnswer,
    StartQuestion,
    TargetView,
)
from xtenant.domain.snapshot import Snapshot
from xtenant.operations import grants, preconditions, recovery, snapshots
from xtenant.operations.grants import PartnerCall

if TYPE_CHECKING:
    from simulation.sides import Side
    from simulation.world import World

T = TypeVar("T")


class Fate(IntEnum):
    """What happens to a call."""

    ARRIVES = 0
    LOST = 1
    ANSWER_LOST = 2
    TWICE = 3
    DELAYED = 4


class UnreliableChannel:
    """`MoveChannel` from one side to the other; handlers are the real operations."""

    def __init__(self, world: World, own: str, other: str) -> None:
        self._world = world
        self._own = own
        self._other = other

    @property
    def _here(self) -> Side:
        return self._world.sides[self._own]

    @property
    def _there(self) -> Side:
        return self._world.sides[self._other]

    def _send(self, handler: Callable[[], T]) -> T:
        fate = self._world.next_fate()
        if fate is Fate.LOST:
            raise errors.PartnerUnreachable("lost")
        if fate is Fate.DELAYED:
            self._world.delayed.append((self._other, handler))
            raise errors.PartnerUnreachable("delayed")
        if fate is Fate.TWICE:
            self._world.deliver(self._other, handler)
        answer = self._world.deliver(self._other, handler)
        if fate is Fate.ANSWER_LOST:
            raise errors.PartnerUnreachable("answer lost")
        return answer

    def _call(self, job_id: MoveJobId, fence: int) -> PartnerCall:
        return PartnerCall(
            geo=self._there.tenant.default_geo,
            partner=self._here.tenant.default_geo.host_url,
            partner_tenant_id=self._here.tenant.tenant_id,
            job_id=job_id,
            fence=fence,
        )

    def can_start(self, peer: Peer, question: StartQuestion) -> StartAnswer:
        there, here = self._there, self._here
        return self._send(
            lambda: preconditions.answer_start(
                there.units,
                there.tenant.default_geo,
                here.tenant.default_geo.host_url,
                here.tenant.tenant_id,
                question,
                clock=there.clock,
            )
        )

    def offer(self, peer: Peer, offer: Offer) -> TargetView:
        call, there = self._call(offer.job_id, offer.fence), self._there
        return self._send(
            lambda: grants.receive_offer(there.units, call, offer, clock=there.clock, stop=there.bench.stop)
        )

    def offer_state(self, peer: Peer, job_id: MoveJobId, fence: int) -> TargetView:
        call, there = self._call(job_id, fence), self._there
        return self._send(lambda: grants.answer_state(there.units, call))

    def restore(self, peer: Peer, job_id: MoveJobId, fence: int, snapshot: Snapshot) -> TargetView:
        call, there = self._call(job_id, fence), self._there
        return self._send(
            lambda: grants.receive_restore(there.units, call, snapshot, clock=there.clock, stop=there.bench.stop)
        )

    def restore_state(self, peer: Peer, job_id: MoveJobId, fence: int) -> TargetView:
        return self.offer_state(peer, job_id, fence)

    def publish(
        self, peer: Peer, job_id: MoveJobId, fence: int, root: bytes, deadline_seconds: float, *, lock: LockState
    ) -> TargetView:
        call, there = self._call(job_id, fence), self._there
        slow = self._world.next_is_slow()
        return self._send(
            lambda: grants.receive_publish(
                there.units,
                call,
                root,
                deadline_seconds=deadline_seconds,
                lock=lock,
                received=there.clock.monotonic() - (2 * deadline_seconds if slow else 0),
                clock=there.clock,
                stop=there.bench.stop,
            )
        )

    def abort(self, peer: Peer, job_id: MoveJobId, fence: int) -> TargetView:
        call, there = self._call(job_id, fence), self._there
        return self._send(lambda: grants.receive_abort(there.units, call, clock=there.clock, stop=there.bench.stop))

    def finish(self, peer: Peer, job_id: MoveJobId, fence: int, *, lock: LockState) -> TargetView:
        call, there = self._call(job_id, fence), self._there
        return self._send(
            lambda: grants.receive_finish(there.units, call, lock=lock, clock=there.clock, stop=there.bench.stop)
        )

    def restart(self, peer: Peer, job_id: MoveJobId, fence: int, root: bytes) -> TargetView:
        call, there = self._call(job_id, fence), self._there
        return self._send(lambda: recovery.receive_restart(there.units, call, root, clock=there.clock))

    def known_jobs(self, peer: Peer, after: UUID) -> KnownJobs:
        there, here = self._there, self._here
        own = there.tenant.tenant_id
        return self._send(
            lambda: recovery.known_jobs(there.units, own, peer.own.host_url, here.tenant.tenant_id, after)
        )

    def reopen(self, peer: Peer, job_id: MoveJobId) -> JobState:
        there, here = self._there, self._here
        return self._send(
            lambda: recovery.receive_reopen(
                there.units, peer.own.host_url, here.tenant.tenant_id, job_id, clock=there.clock
            )
        )

    def manifest(self, peer: Peer, job_id: MoveJobId, ordinal: int) -> bytes:
        there = self._there

        def answer() -> bytes:
            part = snapshots.part_of(there.units, peer.own.host_url, self._here.tenant.tenant_id, job_id, ordinal)
            return b"".join(there.blobs.open(BlobKey(part.sha256)))

        return self._send(answer)

    def blobs(self, peer: Peer, job_id: MoveJobId, keys: Sequence[BlobKey]) -> Iterator[Frame]:
        there = self._there

        def answer() -> list[Frame]:
            allowed = snapshots.allowed_blobs(there.units, peer.own.host_url, self._here.tenant.tenant_id, job_id, keys)
            return [(key, there.blobs.size(key), there.blobs.open(key)) for key in allowed]

        yield from self._send(answer)

    def job_state(self, peer: Peer, job_id: MoveJobId) -> JobState:
        there = self._there
        return self._send(
            lambda: snapshots.state_of(there.units, peer.own.host_url, self._here.tenant.tenant_id, job_id)
        )

    def rehash(self, peer: Peer, job_id: MoveJobId, key: BlobKey) -> bool:
        there = self._there
        return self._send(
            lambda: snapshots.rehash(
                there.units, there.blobs, peer.own.host_url, self._here.tenant.tenant_id, job_id, key
            )
        )


class SimulatedTrust:
    """`TrustCheck` whose answer the world holds; asking the partner can fail like any call."""

    def __init__(self, world: World) -> None:
        self._world = world

    def good(self, geo: object, partner: object, *, partner_is_source: bool) -> bool:
        if self._world.next_fate() is Fate.LOST:
            raise errors.PartnerUnreachable("lost")
        return self._world.trusted
