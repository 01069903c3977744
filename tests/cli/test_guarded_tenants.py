"""On a tenant of Microsoft 365 nothing is sent that changes it, unless the verb was shaken down and the tenant named."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from desk import Desk
from neighbours import TENANT_IDS, Neighbours, Transport
from xtenant.cli.changing import VERB_ATTRIBUTE
from xtenant.cli.tree import command_tree
from xtenant.client.shakedown import FILE, tool_version
from xtenant.domain.changing import CHANGING, WireForm, changing_verb_of_command
from xtenant.domain.verbs import VERBS
from xtenant.wire.forms import form_digest
from xtenant.wire.readonly_bodies import METHODS

MakeDesk = Callable[..., Desk]
THERE = "https://fabrikam-my.sharepoint.com/"
SITE, TARGET = "https://contoso.sharepoint.com/sites/a", "https://fabrikam.sharepoint.com/sites/a"
GUID = "11111111-1111-4111-8111-111111111111"
HALF = ("-t", "contoso", "--partner-role", "Target", "--partner", THERE)
ROLE = ("-Scenario", "MnA", "-PartnerRole", "Target", "-PartnerCrossTenantHostUrl", THERE)
ROW = ("--source-tenant", GUID)

COMMANDS: dict[str, tuple[str, ...]] = {
    "trust set": (*HALF, "--yes"),
    "trust remove": HALF,
    "map replace": ("map.csv", "-t", "contoso", "--yes"),
    "map restore": ("-t", "contoso", "--yes"),
    "map set-user": ("-t", "contoso", *ROW, "--source", "a@b.com", "--target", "c@d.com", "--yes"),
    "map set-group": ("-t", "contoso", *ROW, "--source", GUID, "--target", GUID, "--yes"),
    "map remove-user": ("-t", "contoso", "--value", "a@b.com", "--yes"),
    "map remove-group": ("-t", "contoso", "--value", GUID, "--yes"),
    "people apply": ("people.csv", "-t", "contoso", "--yes"),
    "people open": ("--moves", "moves.csv", "-t", "contoso", "--yes"),
    "move start": ("--source", "contoso", "--partner", THERE, "--site", SITE, TARGET),
    "move cancel": (GUID, "--source", "contoso"),
    "move refuse": (GUID, "-t", "contoso", "--yes"),
    "move settle": (GUID, "--source", "contoso", "--as", "refused", "--site", SITE),
    "sites remove": (SITE, "-t", "contoso", "--yes"),
    "sites remove-deleted": (SITE, "-t", "contoso", "--yes"),
}
"""A line of every command that changes a tenant."""


@pytest.fixture
def desk(make_desk: MakeDesk) -> Desk:
    """An administrator whose two tenants are guarded as real ones."""
    desk = make_desk()
    for name in ("contoso", "fabrikam"):
        desk.add(name, drill=True)
    return desk


@pytest.fixture
def requests(block: Neighbours) -> Callable[[], list[str]]:
    """What reached a tenant, or its sign-in, since the last look."""

    def taken() -> list[str]:
        found = [f"{method} {host}{path}" for method, host, path in block.transport.seen]
        block.transport.seen.clear()
        return found

    return taken


def test_every_changing_command_is_refused_before_anything_is_opened(
    desk: Desk, requests: Callable[[], list[str]]
) -> None:
    for command, words in COMMANDS.items():
        refused = desk.run(*command.split(), *words)
        assert refused.code == 4, (command, refused)
        assert "is not sent to contoso (microsoft365 (drill))" in refused.err, command
        assert "--emit powershell" in refused.err, command
        assert requests() == [], command


def test_no_changing_command_is_left_out() -> None:
    known = {f"{group} {name}".strip() for group, name, _ in commands()}
    changing = {name for name in known if changing_verb_of_command(name)}
    declared = {f"{group} {name}".strip() for group, name, call in commands() if hasattr(call, VERB_ATTRIBUTE)}
    assert changing == declared, "a command of a changing verb stands without @changes(…), or the other way round"
    assert changing == set(COMMANDS), "add a line of the new command to COMMANDS"


def commands() -> Iterator[tuple[str, str, Any]]:
    root: Any = command_tree()
    for name, command in root.commands.items():
        if not hasattr(command, "commands"):
            yield "", name, _function(command)
        for inner_name, inner in getattr(command, "commands", {}).items():
            yield name, inner_name, _function(inner)


def _function(command: Any) -> Any:
    return getattr(command.callback, "__wrapped__", command.callback)


def test_no_changing_verb_of_the_table_is_left_out() -> None:
    """Whoever adds a verb that a person can carry out says whether it changes a tenant."""
    for row in VERBS:
        if row.commands or row.cmdlets:
            assert (row.name in CHANGING) == any(_changes(route) for route in row.routes), row.name


def _changes(route: str) -> bool:
    if route.startswith("CSOM Tenant."):
        return route.removeprefix("CSOM Tenant.") not in METHODS
    own = "/_api/xtenant/" in route and not route.startswith("GET ")
    return own or not route.startswith("GET ")


LINES = (
    f"Set-SPOCrossTenantRelationship {' '.join(ROLE)}",
    f"Remove-SPOCrossTenantRelationship {' '.join(ROLE)}",
    f"Remove-SPOSite -Identity {SITE}",
    f"Remove-SPODeletedSite -Identity {SITE}",
    f"Stop-SPOCrossTenantSiteContentMove -SourceSiteUrl {SITE}",
    f"Start-SPOCrossTenantSiteContentMove -SourceSiteUrl {SITE} -TargetSiteUrl {TARGET} "
    f"-TargetCrossTenantHostUrl {THERE} -ValidationOnly",
    "Remove-SPOTenantIdentityMappingUser -Field SourceUserKey -Value a@b.com",
    "Add-SPOTenantIdentityMap -IdentityMapPath map.csv",
)
"""Lines of changing cmdlets."""


def test_changing_cmdlets_are_refused_by_name_and_in_the_shell(desk: Desk, requests: Callable[[], list[str]]) -> None:
    for line in LINES:
        refused = desk.run("-t", "contoso", *line.split())
        assert (refused.code, requests()) == (4, []), refused
    desk.run("-t", "contoso", "Get-SPOCrossTenantHostUrl")
    reading = requests()
    refused = desk.run("shell", "-t", "contoso", stdin="\n".join(["Get-SPOCrossTenantHostUrl", *LINES]))
    assert refused.code == 4 and refused.err.count("Management Shell") == len(LINES), refused
    assert requests() == reading, "a refused line itself asked something"


def test_looking_works_and_says_that_it_is_a_drill(desk: Desk) -> None:
    for words in (("host-url",), ("plan", "discover"), ("trust", "list"), ("sites", "list")):
        done = desk.run(*words, "-t", "contoso")
        assert done.code == 0, done
        assert words[0] in ("trust", "sites") or "microsoft365 (drill)" in done.out
    assert desk.run("trust", "set", *HALF, "--what-if").code == 0


def recorded(desk: Desk, *lines: dict[str, str]) -> None:
    path = desk.home / FILE
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    path.chmod(0o600)


def record(verb: str, wire_form: str, **more: str) -> dict[str, str]:
    return {
        "verb": verb,
        "tenant_id": str(TENANT_IDS["northwind"]),
        "tool_version": tool_version(),
        "wire_form": wire_form,
        "date": "2026-11-23",
        "person": "ann",
        **more,
    }


class Noting(Transport):
    """Notes the form of every request, as a shake-down on a test tenant would."""

    def __init__(self, block: Neighbours) -> None:
        super().__init__(block)
        self.forms: list[str] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        self.forms.append(form_digest(request))
        return await super().handle_async_request(request)


def tried(desk: Desk, make_desk: MakeDesk, verb: str, *words: str, **more: str) -> None:
    """Carry a command out on the lab's own tenant, and write down that it was."""
    block, lab = desk.block, make_desk("contoso", home="lab")
    before, block.transport = block.transport, Noting(block)
    assert lab.run(*words).code in (0, 3)
    recorded(desk, *(record(verb, form, **more) for form in block.transport.forms))
    block.transport = before


SET = ("trust", "set", *HALF, "--yes")
REMOVE = ("trust", "remove", *HALF)


def relations(desk: Desk) -> list[dict[str, Any]]:
    return desk.run("trust", "list", "-t", "contoso").json


def test_a_verb_that_was_shaken_down_is_sent_once_the_tenant_is_named(desk: Desk, make_desk: MakeDesk) -> None:
    tried(desk, make_desk, "trust.set", *SET)
    assert make_desk("contoso", home="after").run(*REMOVE).code == 0
    assert relations(desk) == []
    assert desk.run(*SET, "--confirm", "contoso").code == 3
    assert len(relations(desk)) == 1
    refused = desk.run(*REMOVE, "--confirm", "contoso")
    assert refused.code == 4 and len(relations(desk)) == 1, "another verb was not shaken down"


def test_without_the_tenants_name_nothing_is_sent(
    desk: Desk, make_desk: MakeDesk, requests: Callable[[], list[str]]
) -> None:
    tried(desk, make_desk, "trust.set", *SET)
    requests()
    for named in ((), ("--confirm", "fabrikam"), ("--confirm", "")):
        refused = desk.run(*SET, *named)
        assert refused.code == 5 and "--confirm TENANT" in refused.err, refused
        assert requests() == []


def test_a_person_is_asked_for_the_tenants_name(desk: Desk, make_desk: MakeDesk) -> None:
    tried(desk, make_desk, "trust.set", *SET)
    desk.named = "contosso"
    assert desk.run(*SET).code == 5
    assert "Type its name" in desk.questions[-1] and "contoso-admin" in desk.questions[-1]
    desk.named = "contoso"
    assert desk.run(*SET).code == 3


def test_a_cmdlet_that_was_shaken_down_is_sent_once_the_tenant_is_named(desk: Desk, make_desk: MakeDesk) -> None:
    line = ("Set-SPOCrossTenantRelationship", *ROLE)
    tried(desk, make_desk, "trust.set", "-t", "contoso", *line)
    assert desk.run("-t", "contoso", *line).code == 5
    assert desk.run("-t", "contoso", "--confirm", "contoso", *line).code == 0
    assert desk.run("shell", "-t", "contoso", "--confirm", "contoso", stdin=" ".join(line)).code == 0
    assert desk.run("shell", "-t", "contoso", stdin=" ".join(line)).code == 5


def test_a_request_of_another_form_than_the_one_tried_is_not_sent(desk: Desk, make_desk: MakeDesk) -> None:
    tried(desk, make_desk, "trust.remove", *SET)
    refused = desk.run(*REMOVE, "--confirm", "contoso")
    assert refused.code == 4 and "another form" in refused.err
    assert relations(desk)


def test_what_another_version_tried_counts_for_nothing(desk: Desk, make_desk: MakeDesk) -> None:
    tried(desk, make_desk, "trust.set", *SET, tool_version="0.0.1")
    assert desk.run(*SET, "--confirm", "contoso").code == 4


def test_what_is_not_public_is_never_sent_whatever_was_recorded(desk: Desk) -> None:
    for verb in (verb for verb, form in CHANGING.items() if form is WireForm.NOT_PUBLIC):
        recorded(desk, record(verb, "0" * 64))
        command = next(name for name in COMMANDS if changing_verb_of_command(name) == verb)
        refused = desk.run(*command.split(), *COMMANDS[command], "--confirm", "contoso")
        assert refused.code == 4 and "not public" in refused.err, refused


UNREADABLE = (
    "{",
    "[]",
    "null",
    json.dumps(record("trust.set", "short")),
    json.dumps(record("trust.sett", "0" * 64)),
    json.dumps({**record("trust.set", "0" * 64), "more": 1}),
    json.dumps({**record("trust.set", "0" * 64), "tenant_id": "contoso"}),
    "\udcff",
    "[" * 100_000,
    " " * 2_000_000 + "{}",
)


def test_records_that_cannot_be_read_let_nothing_pass(desk: Desk, requests: Callable[[], list[str]]) -> None:
    path = desk.home / FILE
    for text in UNREADABLE:
        path.write_bytes(text.encode("utf-8", "surrogateescape"))
        path.chmod(0o600)
        refused = desk.run(*SET, "--confirm", "contoso")
        assert refused.code in (4, 5) and requests() == [], (text[:40], refused)


def test_records_that_others_may_write_let_nothing_pass(desk: Desk, make_desk: MakeDesk) -> None:
    tried(desk, make_desk, "trust.set", *SET)
    (desk.home / FILE).chmod(0o660)
    refused = desk.run(*SET, "--confirm", "contoso")
    assert refused.code == 5 and "chmod 600" in refused.err
