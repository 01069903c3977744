"""What a service does first when its database was put back from a backup (settled B 5): every partner is asked for the jobs it
knows, the furthest state of each is adopted, and only then do sites open and moves go on."""

from __future__ import annotations

from uuid import UUID

import structlog

from xtenant.domain import errors, trust
from xtenant.domain.ports.partner_moves import Peer
from xtenant.domain.tenant import TenantId
from xtenant.engine.workbench import Workbench
from xtenant.operations import recovery

log = structlog.get_logger("xtenant.engine")

FIRST = UUID(int=0)
RETRY_SECONDS = 1.0
SILENT = (errors.PartnerUnreachable, errors.NetworkError, errors.Throttled, trust.UnknownPartner)


def carry_out(bench: Workbench) -> bool:
    """Ask every partner once; whether all answered, which ends the recovery. May be called again and again."""
    silent = [
        peer.partner.host for peer in recovery.peers_to_ask(bench.units, bench.tenant) if not _answers(bench, peer)
    ]
    if silent:
        log.warning("recovery.waiting", partners=silent)
        return False
    recovery.end(bench.units)
    log.info("recovery.ended")
    return True


def _answers(bench: Workbench, peer: Peer) -> bool:
    try:
        adopted = _adopt_all(bench, peer)
    except SILENT as error:
        log.warning("recovery.partner_silent", partner=peer.partner.host, code=error.code)
        return False
    log.info("recovery.partner_asked", partner=peer.partner.host, jobs=adopted)
    return True


def _adopt_all(bench: Workbench, peer: Peer) -> int:
    after, more, adopted = FIRST, True, 0
    while more:
        page = bench.channel.known_jobs(peer, after)
        for known in page.jobs:
            if recovery.adopt(bench.units, peer, TenantId(page.tenant_id), known, clock=bench.clock):
                bench.channel.reopen(peer, known.job_id)
                log.warning("recovery.lost", job=str(known.job_id), partner=peer.partner.host)
            after = known.job_id
            adopted += 1
        more = page.more and bool(page.jobs)
    return adopted
