"""The nine situations are what they are called: asked over the wire, contoso's Test says their status."""

from __future__ import annotations

import msgspec
import pytest
from anyio.from_thread import BlockingPortal

from access.callers import Asker, Askers
from access.csom_samples import method_query
from access.estate import Estate
from access.situations import SITUATIONS, Situation
from access.tables import csom_methods
from access.test_csom_matrix import PATH
from xtenant.domain.trust import TrustStatus
from xtenant.protocols.csom.codec.enums import VERIFICATION_STATUS

VERIFY = "Tenant.VerifySPOTenantOrgRelation"


@pytest.mark.parametrize("situation", SITUATIONS, ids=str)
def test_a_situation_has_its_status(
    situation: Situation, estate: Estate, askers: Askers, portal: BlockingPortal
) -> None:
    situation.apply(estate)
    headers = {"Authorization": f"Bearer {askers.bearer(Asker.SHAREPOINT_ADMIN, at_graph=False)}"}
    host = estate.contoso.tenant.default_geo.admin_host
    query = method_query(estate, VERIFY, csom_methods()[VERIFY])
    answer = portal.call(estate.ask, "POST", host, PATH, headers, query)
    assert msgspec.json.decode(answer.body)[-1] == VERIFICATION_STATUS.number_of(situation.status.value)


def test_the_situations_hold_all_six_statuses() -> None:
    assert {situation.status for situation in SITUATIONS} == set(TrustStatus)
