"""What is told of a move: one question to the partner at Start, figures as the user counts, a log of a few lines, codes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from moves.two_tenants import SOURCE_URL, TwoTenants, add_site, fill, two_tenants
from xtenant.domain import trust
from xtenant.operations import preconditions
from xtenant.protocols.sharepoint_rest.call.exchange import error_in

FILES = {"a.txt": [b"one", b"two"], "deep/b.txt": [b"three"], "deep/c.txt": [b"four"]}
ITEMS = len(FILES) + 1
"""With the folder; the library is no item."""


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[TwoTenants]:
    with two_tenants(tmp_path) as pair:
        yield pair


def test_a_start_asks_the_partner_once(pair: TwoTenants) -> None:
    add_site(pair.source)
    pair.block.transport.seen.clear()
    assert pair.start(body={"Option": 2}).status_code == 200
    asked = [path for _, host, path in pair.block.transport.seen if host.startswith("fabrikam")]
    assert asked.count("/_api/xtenant/partner/can_start") == 1, asked
    assert not any("OrgRelationVerification" in path for path in asked), asked


def test_a_move_is_told_in_few_lines_and_counted_as_its_user_counts(pair: TwoTenants) -> None:
    fill(pair.source, add_site(pair.source), FILES)
    with capture_logs() as lines:
        started = pair.start().json()
        job = pair.wait_for_end(started["Id"])
        mirror = pair.show("fabrikam", started["Id"])
    assert job["StateName"] == "Success"
    told = Counter(line["event"] for line in lines if line["event"].startswith("move."))
    assert told == {
        "move.scheduled": 1,
        "move.phase": 4,  # the source's three, and the target's way into Restore
        "move.grant": 1,
        "move.freeze": 1,
        "move.sealed": 1,
        "move.restored": 1,
        "move.verified": 1,
        "move.intent": 1,
        "move.published": 2,  # committed at the target, heard at the source
        "move.success": 2,
    }
    assert not any(word in str(line) for line in lines for word in ("plans", "a.txt", "ann@")), "ids only"
    sizes = {line["items"] for line in lines if line["event"] in ("move.phase", "move.restored", "move.verified")}
    assert sizes == {ITEMS}
    with pair.source.units.read() as uow:
        site = uow.sites.visible_by_url(SOURCE_URL)
    assert site is not None and site.item_count == ITEMS
    assert mirror["StateName"] == "Success"


def test_a_file_with_more_versions_than_one_transaction_takes_is_named(
    pair: TwoTenants, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(pair.source, add_site(pair.source), FILES)
    monkeypatch.setattr(preconditions, "VERSIONS_A_FILE", 1)
    answer = pair.start(body={"Option": 2})
    assert answer.status_code == 400
    assert "The file 'a.txt' has more than 1 versions." in answer.text


def test_a_refusal_carries_microsofts_code_to_the_client(tmp_path: Path) -> None:
    with two_tenants(tmp_path, trusted=False) as pair:
        add_site(pair.source)
        answer = pair.start()
    told = error_in(answer)
    assert told.microsoft_code == trust.NoTrust.microsoft_code == "MnATrustNoSetupForPartner"
