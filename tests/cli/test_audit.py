"""`xtenant audit`: every change is written down before it is sent and after its answer, and what cannot be is not sent."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from cli.estate import PLANS, small_estate
from desk import Desk
from neighbours import TENANT_IDS, Neighbours, Transport
from xtenant.client.audit import Place
from xtenant.domain.licence import MICROSOFT_365_E3, USER_MIGRATION

MakeDesk = Callable[..., Desk]
THERE = "https://fabrikam-my.sharepoint.com/"
HALF = ("-t", "contoso", "--partner-role", "Target", "--partner", THERE)
SET = ("trust", "set", *HALF, "--yes")


def log_of(desk: Desk, tenant: str = "contoso") -> Path:
    return Place(home=desk.home, tenant_id=TENANT_IDS[tenant]).path


def shown(desk: Desk, *more: str, tenant: str = "contoso") -> list[dict[str, Any]]:
    return desk.run("audit", "show", "-t", tenant, *more).json


def test_a_change_is_told_before_and_after(desk: Desk) -> None:
    assert desk.run(*SET).code == 3
    sent, done = (row for row in shown(desk) if row["verb"] == "trust.set")
    assert (sent["outcome"], done["outcome"], done["detail"]) == ("sent", "ok", "200")
    assert sent["call"] == "POST contoso-admin.sharepoint.com/_vti_bin/client.svc/ProcessQuery NewSPOTenantOrgRelation"
    assert sent["ids"] == [THERE]
    assert sent["change"] == done["change"] and done["correlation_id"]
    assert sent["kind"] == "lab" and sent["who"]


def test_looking_is_not_written_down(desk: Desk) -> None:
    for words in (("host-url",), ("sites", "list"), ("trust", "list"), ("plan", "discover")):
        assert desk.run(*words, "-t", "contoso").code == 0
    assert not log_of(desk).exists()
    missing = desk.run("audit", "show", "-t", "contoso")
    assert missing.code == 4 and "no log of changes" in missing.err


def test_what_a_tenant_refuses_inside_its_answer_has_failed(desk: Desk) -> None:
    line = ("Remove-SPOSite", "-Identity", "https://contoso.sharepoint.com/sites/none")
    assert desk.run("-t", "contoso", *line).code == 4
    failed = shown(desk, "--outcome", "failed")
    assert [row["verb"] for row in failed] == ["sites.remove"]
    assert failed[0]["detail"].startswith("200 ") and "Exception" in failed[0]["detail"]


def test_filters_show_one_verb_or_one_outcome(desk: Desk) -> None:
    desk.run(*SET)
    desk.run("trust", "remove", *HALF)
    assert {row["verb"] for row in shown(desk, "--verb", "trust.remove")} == {"trust.remove"}
    assert {row["outcome"] for row in shown(desk, "--outcome", "sent")} == {"sent"}
    assert desk.run("audit", "show", "-t", "contoso", "--outcome", "gone").code == 5
    assert shown(desk, tenant=str(TENANT_IDS["contoso"])) == shown(desk)


class Cut(Transport):
    """Loses the answer to every change of trust."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await super().handle_async_request(request)
        if b"NewSPOTenantOrgRelation" in request.content:
            raise httpx.ReadError("the line is cut", request=request)
        return answer


def test_a_lost_answer_is_told_as_one(desk: Desk, block: Neighbours) -> None:
    block.transport = Cut(block)
    assert desk.run(*SET).code == 6
    sent, failed = (row for row in shown(desk) if row["verb"] == "trust.set")
    assert (sent["outcome"], failed["outcome"], failed["detail"]) == ("sent", "failed", "no answer ReadError")


def test_a_change_that_was_never_answered_can_be_found(desk: Desk) -> None:
    desk.run(*SET)
    lines = log_of(desk).read_bytes().splitlines(keepends=True)
    log_of(desk).write_bytes(b"".join(lines[:-1]))  # as after a kill between the two
    open_ = shown(desk, "--unanswered")
    assert [(row["verb"], row["outcome"]) for row in open_] == [("trust.set", "sent")]


def test_a_change_that_cannot_be_written_down_is_not_sent(desk: Desk, block: Neighbours) -> None:
    log_of(desk).parent.mkdir()
    log_of(desk).symlink_to("/dev/full")
    refused = desk.run(*SET)
    assert refused.code == 4 and "Nothing was sent" in refused.err, refused
    log_of(desk).unlink()
    assert desk.run("trust", "list", "-t", "contoso").json == []


class Filling(Transport):
    """The disk fills up between a change and its answer."""

    def __init__(self, block: Neighbours, log: Path) -> None:
        super().__init__(block)
        self.log = log

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await super().handle_async_request(request)
        if b"NewSPOTenantOrgRelation" in request.content:
            self.log.rename(self.log.with_suffix(".kept"))
            self.log.symlink_to("/dev/full")
        return answer


def test_a_change_whose_end_cannot_be_written_down_is_said_to_stand(desk: Desk, block: Neighbours) -> None:
    block.transport = Filling(block, log_of(desk))
    stopped = desk.run(*SET)
    assert stopped.code == 4 and "was sent and answered with 200" in stopped.err, stopped
    assert "Look at the tenant" in stopped.err and "Nothing was sent" not in stopped.err
    assert len(desk.run("trust", "list", "-t", "contoso").json) == 1


def test_a_log_is_verified_exported_and_verified_again(desk: Desk, tmp_path: Path) -> None:
    desk.run(*SET)
    done = desk.run("audit", "verify", "-t", "contoso")
    assert (done.code, done.json["whole"], done.json["unanswered"]) == (0, True, 0)
    exported = desk.run("audit", "export", str(tmp_path / "log.jsonl"), "-t", "contoso")
    assert exported.code == 0 and (tmp_path / "log.jsonl").read_bytes() == log_of(desk).read_bytes()
    head = exported.json["head"]
    copy = ("audit", "verify", "-t", "contoso", "--file", str(tmp_path / "log.jsonl"))
    assert desk.run(*copy).code == 2, "without the hash nobody knows whether its end was cut off"
    assert desk.run(*copy, "--head", head).code == 0
    assert desk.run(*copy, "--head", "0" * 64).code == 1
    assert desk.run("audit", "export", str(tmp_path / "log.jsonl"), "-t", "contoso").code == 5


def test_a_changed_log_is_told_with_the_line(desk: Desk, tmp_path: Path) -> None:
    desk.run(*SET)
    log_of(desk).write_bytes(log_of(desk).read_bytes().replace(b'"sent"', b'"ok"', 1))
    found = desk.run("audit", "verify", "-t", "contoso")
    assert found.code == 1 and found.json["problems"][0]["line"] == 2 and "line 2:" in found.err
    assert desk.run("audit", "export", str(tmp_path / "log.jsonl"), "-t", "contoso").code == 1


class Secrets(Transport):
    """Collects what must never stand in a log: tokens, passwords, assertions, display names."""

    def __init__(self, block: Neighbours) -> None:
        super().__init__(block)
        self.found: set[str] = set()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        body = (await request.aread()).decode()
        self.found |= set(re.findall(r'"(?:password|displayName)":\s*"([^"]+)"', body))
        self.found |= set(re.findall(r"client_assertion=([^&]+)", body))
        self.found.add(request.headers.get("authorization", "Bearer no token").removeprefix("Bearer "))
        return await super().handle_async_request(request)


def test_accounts_are_told_by_name_and_nothing_secret_is_kept(desk: Desk, block: Neighbours) -> None:
    with block["fabrikam"].backend.units.write() as uow:
        for sku in (MICROSOFT_365_E3, USER_MIGRATION):
            uow.licences.subscribe(sku, 10)
    small_estate(block)
    block.transport = Secrets(block)
    sides = ("--source", "contoso", "--target", "fabrikam", "--others", "create")
    moves = f"kind,source,target\nsite,{PLANS},https://fabrikam.sharepoint.com/sites/plans\n"
    (desk.home / "moves.csv").write_text(moves)
    assert desk.run("people", "plan", *sides, "--moves", "moves.csv").code == 0
    assert desk.run("people", "apply", "people.csv", "-t", "fabrikam", "--source", "contoso", "--yes").code == 0
    rows = shown(desk, tenant="fabrikam")
    assert {row["verb"] for row in rows} == {"users.create"}
    assert any("POST /v1.0/users" in row["call"] or "POST /users x" in row["call"] for row in rows)
    assert any("cat@fabrikam.onmicrosoft.com" in row["ids"] for row in rows)
    text = log_of(desk, "fabrikam").read_text()
    assert len(block.transport.found) > 5
    assert [secret for secret in block.transport.found if secret in text] == []
