"""Who may start a move, and to whom: eleven callers × nine situations × four targets, asked of the operation and over the wire.

Only the own SharePoint administrator, global administrator and the app with its permissions, only in GoodToProceed, only to
that target; everybody else learns the same whatever the trust is.
"""

from __future__ import annotations

import re

import pytest
from anyio.from_thread import BlockingPortal

from access import tables
from access.asking import ask
from access.callers import OWN, SERVICES, Asker, Askers
from access.estate import FABRIKAM, Estate
from access.samples import START, as_json, ok
from access.situations import (
    CONTOSO_EUR_URL,
    CONTOSO_URL,
    FABRIKAM_URL,
    GOOD,
    NORTHWIND_URL,
    SITUATIONS,
    Situation,
)
from xtenant.domain import errors, trust
from xtenant.domain.caller import ANONYMOUS, Caller, CallerKind
from xtenant.domain.tenant import HostRole, HostUrl
from xtenant.domain.trust import Verification
from xtenant.operations.trust import may_start
from xtenant.wire.bearer import caller_at

MAY = frozenset({Asker.SHAREPOINT_ADMIN, Asker.GLOBAL_ADMIN, Asker.APP})
TARGETS = {"fabrikam": FABRIKAM_URL, "northwind": NORTHWIND_URL, "own": CONTOSO_URL, "own other geo": CONTOSO_EUR_URL}
STARTS = [name for name, route in tables.routes().items() if route.verb == "move.start"]

MICROSOFT_CODES = {trust.NoTrust: "MnATrustNoSetupForPartner", trust.WrongDirection: "MnATrustWrongCmdletUsage"}
"""E-02 and E-04."""


def refusal_of(asker: Asker, situation: Situation, target: HostUrl) -> type[errors.XTenantError] | None:
    """What must be raised; None for the one case in which a move may start."""
    if asker not in MAY:
        return errors.AccessDenied
    if target in (CONTOSO_URL, CONTOSO_EUR_URL):
        return trust.OwnHostUrl
    if target == FABRIKAM_URL and situation is GOOD:
        return None
    reversed_roles = target == FABRIKAM_URL and situation.name == "reversed roles"
    return trust.WrongDirection if reversed_roles else trust.NoTrust


def caller_of(asker: Asker, estate: Estate, askers: Askers) -> Caller:
    """Whom the administration host takes a caller for; nobody, where it refuses the token."""
    if asker in SERVICES:
        service = estate.block[SERVICES[asker]]
        geo = service.tenant.default_geo
        return Caller(kind=CallerKind.PARTNER, partner=geo.host_url, tenant_id=service.tenant.tenant_id)
    token = askers.bearer(asker, at_graph=False)
    if token is None:
        return ANONYMOUS
    if asker is Asker.PARTNERS_ADMIN:  # as if the token's tenant had been overlooked at the door
        return caller_at(estate.block[FABRIKAM].backend.tokens, token, HostRole.ADMIN)
    try:
        return caller_at(estate.contoso.backend.tokens, token, HostRole.ADMIN)
    except errors.NotSignedIn:
        return ANONYMOUS


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("situation", SITUATIONS, ids=str)
def test_only_source_admins_may_start_and_only_to_a_good_target(
    situation: Situation, target: str, estate: Estate, askers: Askers, portal: BlockingPortal
) -> None:
    situation.apply(estate)
    for asker in Asker:
        expected = refusal_of(asker, situation, TARGETS[target])
        got = portal.call(_start, estate, caller_of(asker, estate, askers), TARGETS[target])
        if expected is None:
            assert isinstance(got, Verification) and got.start_allowed, asker
        else:
            assert type(got) is expected, (asker, got)
            assert got.microsoft_code == MICROSOFT_CODES.get(expected)


async def _start(estate: Estate, caller: Caller, target: HostUrl) -> Verification | errors.XTenantError:
    backend = estate.contoso.backend
    try:
        return await may_start(
            backend.units,
            backend.partner,
            tenant=backend.tenant,
            geo=backend.tenant.default_geo,
            caller=caller,
            target=target,
            clock=backend.clock,
        )
    except errors.XTenantError as error:
        return error


@pytest.mark.parametrize("name", STARTS)
@pytest.mark.parametrize("target", TARGETS)
def test_a_start_over_the_wire_says_why_not(
    target: str, name: str, estate: Estate, askers: Askers, portal: BlockingPortal
) -> None:
    route = tables.routes()[name]
    at_graph = HostRole.GRAPH in route.hosts
    sample = ok(**as_json(_task_to(TARGETS[target]) if at_graph else _job_to(TARGETS[target])))
    for situation in SITUATIONS:
        situation.apply(estate)
        for asker in Asker:
            expected = refusal_of(_at_graph(asker) if at_graph else asker, situation, TARGETS[target])
            answer = portal.call(ask, estate, askers, route, _host(at_graph), sample, asker)
            cell = (situation.name, asker, answer.body)
            if expected is errors.AccessDenied:
                known = asker in OWN and (at_graph or asker is not Asker.APP_BY_SECRET)
                assert answer.status == (403 if known else 401), cell
            elif expected is None:
                assert answer.status == 200, cell
            elif at_graph:
                status, code = GRAPH_WORDS[expected]
                assert (answer.status, f'"code":"{code}"'.encode() in answer.body) == (status, True), cell
            else:
                assert answer.status == 400, cell
                assert f'"code":"{expected.code}"'.encode() in answer.body, cell


def _without_ids(body: bytes) -> bytes:
    """An answer without the ids of the request, which Graph's envelope repeats."""
    return re.sub(rb'"(?:client-)?request-id":"[^"]*"', b"", body)


GRAPH_WORDS: dict[type[errors.XTenantError], tuple[int, str]] = {
    trust.NoTrust: (422, "MnATrustNoSetupForPartner"),
    trust.WrongDirection: (422, "MnATrustWrongCmdletUsage"),
    trust.OwnHostUrl: (400, "invalidRequest"),
}
"""Status and code of a task that is refused (graph-migrations.md 2.7)."""


def _at_graph(asker: Asker) -> Asker:
    """Graph takes an app's secret, SharePoint's hosts do not (R-1.9)."""
    return Asker.APP if asker is Asker.APP_BY_SECRET else asker


def _host(at_graph: bool) -> HostRole:
    return HostRole.GRAPH if at_graph else HostRole.ADMIN


def _job_to(target: HostUrl) -> dict[str, object]:
    there = f"https://{target.label}.sharepoint.com/sites/plans"
    return START | {"TargetSiteUrl": there, "TenantMergeTargetMySiteHostUrl": target.text}


def _task_to(target: HostUrl) -> dict[str, object]:
    return {
        "parameters": {
            "@odata.type": "#microsoft.graph.sharePointSiteMigrationTaskParameters",
            "targetOrganizationHost": target.text,
            "sourceSiteUrl": START["SourceSiteUrl"],
            "targetSiteUrl": f"https://{target.label}.sharepoint.com/sites/plans",
            "validateOnly": True,
        }
    }


@pytest.mark.parametrize("name", STARTS)
def test_a_refused_caller_is_told_the_same_whatever_the_trust_is(
    name: str, estate: Estate, askers: Askers, portal: BlockingPortal
) -> None:
    route = tables.routes()[name]
    at_graph = HostRole.GRAPH in route.hosts
    sample = ok(**as_json(_task_to(FABRIKAM_URL) if at_graph else START))
    for asker in {asker for asker in Asker if (_at_graph(asker) if at_graph else asker) not in MAY}:
        said: set[bytes] = set()
        for situation in SITUATIONS:
            situation.apply(estate)
            said.add(_without_ids(portal.call(ask, estate, askers, route, _host(at_graph), sample, asker).body))
        assert len(said) == 1, asker
