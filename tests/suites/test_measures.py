"""Figures for the operator: what the text holds, on both engines, and the port that shows it."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import httpx

from clock import FakeClock
from move_samples import NOW, job, job_id
from xtenant.domain.move import Direction, MovePhase, MoveState
from xtenant.domain.ports.units import Units
from xtenant.operations.measures import exposition
from xtenant.service.metrics import metrics_on


def test_the_figures_tell_states_queue_work_and_passes(units: Units) -> None:
    clock = FakeClock()
    with units.write() as uow:
        uow.jobs.add(job(1), queue_limit=9)
        uow.jobs.add(job(2, state=MoveState.RESCHEDULED, phase=MovePhase.RESTORE, passes=3), queue_limit=9)
        ended = {"started_at": NOW, "finished_at": NOW + timedelta(seconds=90), "phase": MovePhase.ENDED}
        uow.jobs.add(job(3, state=MoveState.SUCCESS, items_done=7, bytes_done=700, **ended), queue_limit=9)
        now = clock.security_now()
        assert uow.jobs.claim(job(1), worker="a", until=now + timedelta(seconds=30), security_now=now)
    lines = exposition(units, clock=clock).splitlines()
    for line in (
        'xtenant_moves{direction="out",state="Scheduled",phase="validation"} 1',
        'xtenant_moves{direction="out",state="Rescheduled",phase="restore"} 1',
        "xtenant_queue_pending 2",
        "xtenant_queue_waiting 1",
        'xtenant_moves_claimed{direction="out"} 1',
        'xtenant_move_items{direction="out"} 7',
        'xtenant_move_bytes{direction="out"} 700',
        'xtenant_move_passes{direction="out"} 3',
        'xtenant_move_seconds{direction="out"} 90',
        "xtenant_recovering 0",
    ):
        assert line in lines, line
    told = "\n".join(lines)
    assert "contoso" not in told and str(job_id()) not in told, "no names of anybody or anything"
    with units.read() as uow:
        assert uow.queue.work().seconds == {Direction.OUT: 90.0}


def test_the_port_of_the_operator_shows_figures_and_nothing_else() -> None:
    async def ask() -> tuple[httpx.Response, httpx.Response, httpx.Response]:
        async with metrics_on(0, lambda: "xtenant_queue_pending 2\n") as port, httpx.AsyncClient() as http:
            place = f"http://127.0.0.1:{port}"
            return await http.get(f"{place}/metrics"), await http.get(f"{place}/"), await http.post(f"{place}/metrics")

    found, other, posted = asyncio.run(ask())
    assert (found.status_code, found.text) == (200, "xtenant_queue_pending 2\n")
    assert found.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert (other.status_code, posted.status_code) == (404, 404)
