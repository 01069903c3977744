"""Figures of the moves for the operator, in the text form that Prometheus reads (exposition format 0.0.4).

Nobody's route: the operator's own socket or port shows them. Names hold no ids and no addresses, so that their number stays
small however many moves there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from xtenant.domain.move import OPEN_STATES, Direction, MovePhase, MoveState
from xtenant.domain.ports.clock import Clock
from xtenant.domain.ports.units import Units

Sample = tuple[dict[str, str], float]
DIRECTIONS = {Direction.OUT: "out", Direction.IN: "in"}


def exposition(units: Units, *, clock: Clock) -> str:
    """All figures as they stand now."""
    with units.read() as uow:
        counts = uow.queue.counts()
        busy = uow.queue.busy(clock.security_now())
        work = uow.queue.work()
        recovering = uow.recovery.stands()
    jobs = [
        ({"direction": DIRECTIONS[direction], "state": state.wire_name, "phase": phase.name.lower()}, float(count))
        for (direction, state, phase), count in sorted(counts.items())
    ]
    pending = sum(n for (way, state, _), n in counts.items() if way is Direction.OUT and state in OPEN_STATES)
    waiting = sum(
        n
        for (way, state, phase), n in counts.items()
        if way is Direction.OUT
        and state in (MoveState.SCHEDULED, MoveState.READY_TO_TRIGGER)
        and phase is MovePhase.VALIDATION
    )
    blocks = [
        _block("xtenant_moves", "Move jobs by direction, state and phase.", jobs),
        _block("xtenant_queue_pending", "Source jobs that have not ended; the bound counts these.", [({}, pending)]),
        _block("xtenant_queue_waiting", "Source jobs that have not begun.", [({}, waiting)]),
        _block("xtenant_moves_claimed", "Jobs that a living worker carries on.", _by_direction(busy)),
        _block("xtenant_move_items", "Items done of the jobs that are kept.", _by_direction(work.items)),
        _block("xtenant_move_bytes", "Bytes done of the jobs that are kept.", _by_direction(work.bytes)),
        _block("xtenant_move_passes", "Further passes of open jobs.", _by_direction(work.passes)),
        _block(
            "xtenant_move_seconds", "Seconds from start to end of the jobs that are kept.", _by_direction(work.seconds)
        ),
        _block(
            "xtenant_recovering", "1 while a database that was put back waits for partners.", [({}, float(recovering))]
        ),
    ]
    return "".join(line for block in blocks for line in block)


def _by_direction(counts: Mapping[Direction, float]) -> list[Sample]:
    return [({"direction": DIRECTIONS[direction]}, float(count)) for direction, count in sorted(counts.items())]


def _block(name: str, what: str, samples: Iterable[Sample]) -> Iterator[str]:
    yield f"# HELP {name} {what}\n# TYPE {name} gauge\n"
    for labels, value in samples:
        inside = ",".join(f'{key}="{text}"' for key, text in labels.items())
        yield f"{name}{{{inside}}} {value:g}\n" if inside else f"{name} {value:g}\n"
