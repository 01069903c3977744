"""`map replace|restore|history` and single rows: judged before, told what is lost, read back in every geo, kept."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from uuid import UUID

import httpx
import pytest

from desk import Answer, Desk
from neighbours import TENANT_IDS, settings_of
from xtenant.domain.caller import Caller, CallerKind
from xtenant.domain.move import Direction, JobKind, MoveJob, MoveJobId, MoveState
from xtenant.domain.tenant import HostUrl, TenantId
from xtenant.lab.switches import switch
from xtenant.operations import map_edits

SOURCE = TENANT_IDS["contoso"]
GROUPS = "aaaaaaaa-0000-4000-8000-00000000000{}"
QUERY = "/_vti_bin/client.svc/ProcessQuery"


def user(name: str, target: str | None = None) -> str:
    mail = f"{target or name}@fabrikam.onmicrosoft.com"
    return f"User,{SOURCE},{name}@contoso.onmicrosoft.com,{mail},{mail},RegularUser"


def group(number: int) -> str:
    target = GROUPS.format(number + 5)
    return f"Group,{SOURCE},{GROUPS.format(number)},{target},{target},RegularGroup"


def write(desk: Desk, *lines: str, name: str = "map.csv") -> Path:
    file = desk.home / name
    file.write_text("".join(f"{line}\n" for line in lines))
    return file


def replace(desk: Desk, *lines: str, options: Sequence[str] = ("--yes",)) -> Answer:
    return desk.run("map", "replace", str(write(desk, *lines)), "-t", "fabrikam", *options)


def found(desk: Desk, name: str, *options: str) -> str | None:
    value = ("--field", "sourceuserkey", "--value", f"{name}@contoso.onmicrosoft.com")
    answer = desk.run("map", "lookup", "-t", "fabrikam", *value, *options)
    return answer.json[0]["TargetUserUpn"].split("@")[0] if answer.code == 0 else None


def open_move(
    desk: Desk, tenant: str, direction: Direction, state: MoveState = MoveState.READY_TO_TRIGGER
) -> MoveJobId:
    """A move between contoso and fabrikam in one side's table."""
    service = desk.block[tenant]
    now = desk.block.clock.business_now()
    partner = "fabrikam" if tenant == "contoso" else "contoso"
    job = MoveJob(
        job_id=MoveJobId(service.ids.new_id()),
        direction=direction,
        partner=HostUrl(f"https://{partner}-my.sharepoint.com/"),
        partner_tenant_id=TenantId(TENANT_IDS[partner]),
        geo=service.tenant.default_geo.code,
        kind=JobKind.SITE,
        source_key="x",
        target_key="y",
        source_url="https://contoso.sharepoint.com/sites/x",
        target_url="https://fabrikam.sharepoint.com/sites/x",
        state=state,
        begin_at=now,
        created_at=now,
        modified_at=now,
        next_pass_at=now,
    )
    with service.units.write() as uow:
        uow.jobs.add(job, queue_limit=10)
    return job.job_id


Judge = Callable[[str, str], bytes | str | None]
"""Host and body of a ProcessQuery → an answer instead (bytes), another body (text), or None to let it be."""


@pytest.fixture
def meddle(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Callable[[Judge], None]:
    """Stand between the tools and the tenants; waiting moves the real time from then on."""
    inner, clock = desk.block.transport.handle_async_request, desk.block.clock

    async def sleep(seconds: float) -> None:
        clock.waited.append(seconds)
        clock.advance(seconds=seconds)

    def begin(judge: Judge) -> None:
        async def handle(request: httpx.Request) -> httpx.Response:
            judged = judge(request.url.host, (await request.aread()).decode()) if request.url.path == QUERY else None
            if isinstance(judged, bytes):
                return httpx.Response(200, content=judged, request=request)
            if isinstance(judged, str):
                headers = {name: value for name, value in request.headers.items() if name != "content-length"}
                request = httpx.Request(request.method, request.url, headers=headers, content=judged)
            return await inner(request)

        monkeypatch.setattr(desk.block.transport, "handle_async_request", handle)
        monkeypatch.setattr(clock, "sleep", sleep)

    return begin


def test_a_map_is_replaced_read_back_and_looked_up(desk: Desk) -> None:
    answer = replace(desk, user("ann"), user("bob"), group(1))
    assert answer.code == 0, answer.err
    (geo,) = answer.json["geos"]
    assert (answer.json["rows"], geo["state"], geo["compared"], geo["lost"]) == (3, "stands", 3, [])
    assert (found(desk, "ann"), found(desk, "zoe")) == ("ann", None)
    assert "NAM (https://fabrikam-my.sharepoint.com/): 3 rows, 3 new" in answer.err


def test_every_file_sent_is_kept_with_its_hash_for_its_owner_alone(desk: Desk) -> None:
    content = write(desk, user("ann")).read_bytes()
    replace(desk, user("ann"))
    replace(desk, user("ann", "anna"))
    first, second = desk.run("map", "history", "-t", "fabrikam").json
    assert (first["sha256"], first["geos"]) == (hashlib.sha256(content).hexdigest(), {"NAM": "stands"})
    assert (second["map"], second["how"], second["rows"]) == (2, "replace", 1)
    kept = Path(first["file"])
    assert kept.read_bytes() == content
    assert {one.stat().st_mode & 0o077 for one in (kept, kept.parent, kept.with_name("index.json"))} == {0}


def test_the_map_before_is_sent_again(desk: Desk) -> None:
    for target in ("one", "two", "three"):
        replace(desk, user("ann", target))
    assert desk.run("map", "restore", "-t", "fabrikam", "--yes").code == 0
    assert found(desk, "ann") == "two"
    assert desk.run("map", "restore", "1", "-t", "fabrikam", "--yes").code == 0
    assert found(desk, "ann") == "one"
    assert [row["how"] for row in desk.run("map", "history", "-t", "fabrikam").json][3:] == ["restore", "restore"]
    assert desk.run("map", "restore", "9", "-t", "fabrikam", "--yes").code == 5


def test_without_an_earlier_map_there_is_nothing_to_restore(desk: Desk) -> None:
    replace(desk, user("ann"))
    answer = desk.run("map", "restore", "-t", "fabrikam", "--yes")
    assert (answer.code, "No earlier map" in answer.err) == (5, True)


def test_a_file_with_errors_is_never_sent(desk: Desk) -> None:
    replace(desk, user("ann"))
    answer = replace(desk, user("bob"), user("carl").replace("RegularUser", "Member"), user("bob"))
    assert answer.code == 1
    assert [(row["rule"], row["line"]) for row in answer.json] == [("R-5.46", 2), ("R-5.51", 3)]
    assert "2 errors and was not sent" in answer.err
    assert (found(desk, "ann"), found(desk, "bob")) == ("ann", None)


def test_people_of_several_sources_go_into_one_map_when_they_are_named(desk: Desk) -> None:
    other = user("eve").replace(str(SOURCE), str(TENANT_IDS["northwind"]))
    rows = (user("ann"), user("bob"), other)
    assert replace(desk, *rows).json[0]["rule"] == "R-5.43"
    named = ("--source", "contoso", "--source", str(TENANT_IDS["northwind"]))
    assert replace(desk, *rows, options=(*named, "--yes")).code == 0
    assert replace(desk, *rows, options=("--source", "nobody", "--yes")).code == 5


def test_what_if_shows_everything_and_sends_nothing(desk: Desk) -> None:
    replace(desk, user("ann"), user("bob"))
    answer = replace(desk, user("bob", "robert"), user("carl"), options=("--what-if",))
    (geo,) = answer.json["geos"]
    assert (answer.code, answer.json["what_if"]) == (0, True)
    assert (geo["added"], geo["changed"], [row["SourceUserKey"] for row in geo["lost"]]) == (
        1,
        1,
        ["ann@contoso.onmicrosoft.com"],
    )
    assert (found(desk, "ann"), found(desk, "carl")) == ("ann", None)
    assert len(desk.run("map", "history", "-t", "fabrikam").json) == 1


def test_rows_that_would_be_lost_are_in_the_question_and_no_leaves_them(desk: Desk) -> None:
    replace(desk, user("ann"), user("bob"))
    desk.answer = False
    answer = replace(desk, user("bob"), options=())
    assert (answer.code, found(desk, "ann")) == (5, "ann")
    assert "1 rows would be LOST" in desk.questions[0]
    assert f"lost: {user('ann')}" in answer.err
    desk.answer = True
    assert replace(desk, user("bob"), options=()).json["geos"][0]["state"] == "stands"
    assert found(desk, "ann") is None


def test_rows_of_others_are_found_by_graphs_list(desk: Desk) -> None:
    service = desk.block["fabrikam"]
    map_edits.set_row(
        service.units,
        map_edits.read_user(
            TenantId(TENANT_IDS["fabrikam"]), str(SOURCE), "x@contoso.com", "x@fab.com", "x@fab.com", "AdminUser"
        ),
        geo=service.tenant.default_geo,
        caller=Caller(kind=CallerKind.USER, upn="somebody else"),
        limits=service.backend.limits,
        clock=service.backend.clock,
    )
    (geo,) = replace(desk, user("ann"), options=("--what-if",)).json["geos"]
    assert (geo["known_from"], geo["lost"][0]["SourceUserKey"]) == ("graph", "x@contoso.com")


@pytest.mark.parametrize("side", ["contoso", "fabrikam"])
def test_no_row_is_dropped_while_a_move_is_open_on_either_side(desk: Desk, side: str) -> None:
    replace(desk, user("ann"), user("bob"))
    open_move(desk, side, Direction.OUT if side == "contoso" else Direction.IN)
    answer = replace(desk, user("bob"), user("carl"))
    assert (answer.code, found(desk, "ann"), found(desk, "carl")) == (1, "ann", None)
    assert "lacks 1 rows" in answer.err and "1 moves are open" in answer.err
    assert replace(desk, user("ann"), user("bob"), user("carl")).code == 0


def test_an_ended_move_holds_no_row(desk: Desk) -> None:
    replace(desk, user("ann"))
    open_move(desk, "fabrikam", Direction.IN, MoveState.SUCCESS)
    assert replace(desk, user("bob")).code == 0


def test_a_file_that_is_open_elsewhere_is_not_sent(desk: Desk) -> None:
    write(desk, "", name="~$map.csv")
    answer = replace(desk, user("ann"))
    assert (answer.code, "open in a spreadsheet" in answer.err, found(desk, "ann")) == (5, True, None)


@pytest.mark.parametrize("name", ["missing.csv", "."])
def test_a_file_that_is_none_is_told(desk: Desk, name: str) -> None:
    answer = desk.run("map", "replace", str(desk.home / name), "-t", "fabrikam", "--yes")
    assert (answer.code, "There is no file" in answer.err) == (5, True)


def test_a_relative_path_becomes_an_absolute_one(desk: Desk) -> None:
    write(desk, user("ann"))
    answer = desk.run("map", "replace", "map.csv", "-t", "fabrikam", "--yes")
    assert (answer.code, answer.json["file"]) == (0, str(desk.home / "map.csv"))


def test_odd_but_legal_files_become_the_same_map(desk: Desk) -> None:
    file = desk.home / "map.csv"
    file.write_bytes(b"\xef\xbb\xbf" + user("ann").encode() + b",,\r\n\r\n" + f'"User",{user("bob")[5:]}\r\n'.encode())
    answer = desk.run("map", "replace", str(file), "-t", "fabrikam", "--yes")
    assert (answer.code, answer.json["rows"], "warnings" in answer.err) == (0, 2, True), answer.err
    assert (found(desk, "ann"), found(desk, "bob")) == ("ann", "bob")


def test_one_geo_that_fails_leaves_the_others(desk: Desk, meddle: Callable[[Judge], None], tmp_path: Path) -> None:
    desk.block.add(settings_of("northwind", tmp_path / "northwind", geos=("NAM", "EUR"), certificate=_public(desk)))
    desk.add("northwind")

    failing = [False]

    def down(host: str, body: str) -> bytes | None:
        return b"<html>" if failing[0] and host.startswith("northwindeur") and "AddOrUpdate" in body else None

    desk.run("map", "replace", str(write(desk, user("ann"))), "-t", "northwind", "--yes")
    meddle(down)
    failing[0] = True
    answer = desk.run("map", "replace", str(write(desk, user("ann", "anna"))), "-t", "northwind", "--yes")
    failing[0] = False
    assert answer.code == 1
    assert [(geo["geo"], geo["state"]) for geo in answer.json["geos"]] == [("NAM", "stands"), ("EUR", "in doubt")]
    lookup = ("map", "lookup", "-t", "northwind", "--field", "SourceUserKey", "--value", "ann@contoso.onmicrosoft.com")
    targets = [desk.run(*lookup, "--geo", geo).json[0]["TargetUserUpn"] for geo in ("NAM", "EUR")]
    assert [target.split("@")[0] for target in targets] == ["anna", "ann"]
    history = desk.run("map", "history", "-t", "northwind").json
    assert history[1]["geos"] == {"NAM": "stands", "EUR": "in doubt"}
    again = desk.run("map", "replace", str(write(desk, user("bob"))), "-t", "northwind", "--geo", "eur", "--what-if")
    assert [row["TargetUserUpn"].split("@")[0] for row in again.json["geos"][0]["lost"]] == ["ann"]


def test_rows_that_appear_late_are_waited_for(desk: Desk, meddle: Callable[[Judge], None]) -> None:
    clock = desk.block.clock
    began = clock.monotonic()
    meddle(lambda host, body: _nothing(body) if "<Query " in body and clock.monotonic() < began + 40 else None)
    answer = replace(desk, user("ann"), user("bob"))
    assert (answer.code, answer.json["geos"][0]["state"]) == (0, "stands"), answer.err
    assert 40 <= sum(clock.waited) < 60


def test_a_row_dropped_without_a_word_is_told_after_a_minute(desk: Desk, meddle: Callable[[Judge], None]) -> None:
    bob = f'<Object Type="String">{user("bob")}</Object>'
    meddle(lambda host, body: body.replace(bob, ""))
    answer = replace(desk, user("ann"), user("bob"))
    (geo,) = answer.json["geos"]
    dropped = [(row["source"], row["found"]) for row in geo["unequal"]]
    assert (answer.code, geo["state"], dropped) == (1, "differs", [("bob@contoso.onmicrosoft.com", [])])
    assert sum(desk.block.clock.waited) == pytest.approx(60)
    assert desk.run("map", "history", "-t", "fabrikam").json[0]["geos"] == {"NAM": "differs"}


def test_rows_the_tenant_rejects_are_named_by_their_line(desk: Desk, meddle: Callable[[Judge], None]) -> None:
    rejected = ["2: can't be added. Check the format"]
    meddle(lambda host, body: _answer(body, rejected) if "AddOrUpdateTenantIdentityMap" in body else None)
    file = desk.home / "map.csv"
    file.write_text(f"{user('ann')}\n\n{user('bob')}\n")
    answer = desk.run("map", "replace", str(file), "-t", "fabrikam", "--yes")
    (geo,) = answer.json["geos"]
    assert (answer.code, geo["state"]) == (1, "differs")
    assert (geo["rejected"][0]["line"], geo["rejected"][0]["source"]) == (3, "bob@contoso.onmicrosoft.com")


def test_single_rows_are_set_removed_and_remembered(desk: Desk) -> None:
    replace(desk, user("ann"))
    bob = ("--source", "bob@contoso.onmicrosoft.com", "--target", "bob@fabrikam.onmicrosoft.com")
    line = ("map", "set-user", "-t", "fabrikam", "--source-tenant", str(SOURCE), *bob, "--type", "GuestUser")
    planned = desk.run(*line, "--what-if").json[0]
    assert (planned["stands"], planned["set"]["UserType"], found(desk, "bob")) == (None, "GuestUser", None)
    assert desk.run(*line, "--yes").json[0]["state"] == "stands"
    assert found(desk, "bob") == "bob"
    lost = replace(desk, user("ann"), options=("--what-if",)).json["geos"][0]["lost"]
    assert [row["SourceUserKey"] for row in lost] == ["bob@contoso.onmicrosoft.com"]
    removed = desk.run("map", "remove-user", "-t", "fabrikam", "--value", "bob@contoso.onmicrosoft.com", "--yes")
    assert (removed.code, found(desk, "bob"), found(desk, "ann")) == (0, None, "ann")
    assert desk.run("map", "remove-user", "-t", "fabrikam", "--value", "bob@contoso.onmicrosoft.com", "--yes").code == 4
    assert [row["how"] for row in desk.run("map", "history", "-t", "fabrikam").json] == ["replace", "edit", "edit"]


def test_a_group_is_set_and_removed(desk: Desk) -> None:
    ids = ("--source", GROUPS.format(1), "--target", GROUPS.format(2))
    line = ("map", "set-group", "-t", "fabrikam", "--source-tenant", str(SOURCE), *ids)
    assert desk.run(*line, "--yes").code == 0
    lookup = ("map", "lookup", "-t", "fabrikam", "--field", "TargetGroupObjectId", "--value", GROUPS.format(2))
    assert desk.run(*lookup).json[0]["TargetGroupName"] == GROUPS.format(2)
    refused = desk.run(*line, "--alias", "a b", "--type", "O365Group", "--yes")
    assert (refused.code, refused.json[0]["state"]) == (1, "failed")
    assert desk.run("map", "remove-group", "-t", "fabrikam", "--value", GROUPS.format(1), "--yes").code == 0
    assert desk.run(*lookup).code == 4


def test_a_single_row_is_not_removed_while_moves_are_open(desk: Desk) -> None:
    replace(desk, user("ann"))
    open_move(desk, "fabrikam", Direction.IN)
    answer = desk.run("map", "remove-user", "-t", "fabrikam", "--value", "ann@contoso.onmicrosoft.com", "--yes")
    assert (answer.code, found(desk, "ann")) == (1, "ann")


def test_the_cmdlets_edit_the_same_map(desk: Desk) -> None:
    line = (
        f"Add-SPOTenantIdentityMappingUser -SourceTenantCompanyId {SOURCE} -SourceUserKey ann@contoso.onmicrosoft.com "
        "-TargetUserUpn anna@fabrikam.com -TargetUserEmail anna@fabrikam.com -UserType RegularUser -TargetUserPuid 1003"
    )
    assert desk.run("-t", "fabrikam", *line.split()).code == 0
    get = "Get-SPOTenantIdentityMappingUser -Field TargetUserPuid -Value 1003"
    assert "anna@fabrikam.com" in desk.run("-t", "fabrikam", *get.split()).out
    group_line = (
        f"Add-SPOTenantIdentityMappingGroup -SourceTenantCompanyId {SOURCE} -SourceGroupObjectId {GROUPS.format(1)} "
        f"-TargetGroupObjectId {GROUPS.format(2)} -TargetGroupName sales -GroupType O365Group"
    )
    assert desk.run("-t", "fabrikam", *group_line.split()).code == 0
    gone = "Remove-SPOTenantIdentityMappingGroup -Field TargetGroupName -Value sales"
    assert desk.run("-t", "fabrikam", *gone.split()).code == 0
    assert desk.run("-t", "fabrikam", *gone.split()).code == 4
    wrong = "Remove-SPOTenantIdentityMappingUser -Field Nothing -Value x"
    assert desk.run("-t", "fabrikam", *wrong.split()).code == 5


def test_one_rejected_row_refuses_all_where_a_lab_is_set_so(desk: Desk) -> None:
    with desk.block["fabrikam"].units.write() as uow:
        uow.settings.put(switch(uow.settings.get(), "map_rejects_whole", "on"))
    write(desk, user("ann"), "nonsense")
    answer = desk.run("-t", "fabrikam", "Add-SPOTenantIdentityMap", "-IdentityMapPath", str(desk.home / "map.csv"))
    assert "2: can't be added. Check the format" in answer.err
    assert found(desk, "ann") is None


def _public(desk: Desk) -> Path:
    return desk.certificate.with_name("app.crt")


HEADER = {
    "SchemaVersion": "15.0.0.0",
    "LibraryVersion": "16.0.0.0",
    "ErrorInfo": None,
    "TraceCorrelationId": str(UUID(int=1)),
}


def _answer(body: str, value: object) -> bytes:
    """A reply to a query of one method call."""
    number = int(body.split("<Method ")[1].split(' Id="')[1].split('"')[0])
    return json.dumps([HEADER, number, value]).encode()


def _nothing(body: str) -> bytes:
    """A reply to lookups that finds nobody."""
    reply: list[object] = [HEADER]
    for part in body.split("<Query Id=")[1:]:
        reply += [int(part.split('"')[1]), {"_ObjectType_": "SP.ClientObjectList", "_Child_Items_": []}]
    return json.dumps(reply).encode()
