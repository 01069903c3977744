"""Takes away, in batches, what will never be visible again: hidden sites of refused moves, and, once the retention is over,
the content behind the redirects of successful ones (settled B 9, B 12)."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

from xtenant.domain.move import KEEP_REFUSED, Direction, Grant, MoveJob
from xtenant.engine.workbench import Workbench

AT_ONCE = 20


def collect(bench: Workbench) -> bool:
    """One round; whether there was anything to do."""
    now = bench.clock.business_now()
    with bench.units.read() as uow:
        refused = uow.grants.to_collect(limit=AT_ONCE)
        retention = timedelta(seconds=uow.settings.get().source_retention)
        moved = uow.jobs.to_collect(finished_before=now - retention, limit=AT_ONCE)
        old = uow.grants.has_refused(decided_before=now - KEEP_REFUSED)
    for grant in refused:
        _collect_refused(bench, grant)
    for job in moved:
        _collect_moved(bench, job)
    if old:
        with bench.units.write() as uow:
            uow.grants.forget_refused(decided_before=now - KEEP_REFUSED, limit=bench.limits.write_rows)
    return bool(refused or moved or old)


def _collect_refused(bench: Workbench, grant: Grant) -> None:
    more = True
    while more and grant.site_key is not None:
        with bench.units.write() as uow:
            more = uow.sites.purge(grant.site_key, limit=bench.limits.write_rows)
        bench.stop("collect.batch")
    with bench.units.write() as uow:
        uow.blobs.unpin(grant.job_id)
        locked = uow.grants.lock(grant.job_id)
        if locked is not None:
            uow.grants.save(dataclasses.replace(locked, collected=True))
    bench.stop("collect.done")


def _collect_moved(bench: Workbench, job: MoveJob) -> None:
    more = True
    while more and job.site_key is not None:
        with bench.units.write() as uow:
            site = uow.sites.by_key(job.site_key)
            more = site is not None and uow.leftovers.remove_content(job.site_key, limit=bench.limits.write_rows)
        bench.stop("collect.batch")
    with bench.units.write() as uow:
        uow.blobs.unpin(job.job_id)
        locked = uow.jobs.lock(job.job_id, Direction.OUT)
        if locked is not None:
            uow.jobs.save(dataclasses.replace(locked, collected=True))
    bench.stop("collect.done")
