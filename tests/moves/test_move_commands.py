"""A group's site moved by command line, with a policy for people outside the map, and who became whom told afterwards."""

from __future__ import annotations

from pathlib import Path

import pytest
import structlog.testing

from desk import Desk, app_certificate
from moves.scene import add_user, put_map
from moves.test_group_moves import ALIAS, GROUP_URL, THEIR_ALIAS, source_group, target_group
from moves.two_tenants import TARGET_URL, fill, two_tenants
from xtenant.domain.identity import GroupKind as MapKind

PARTNER = "https://fabrikam-my.sharepoint.com/"
HEIR = "bob@fabrikam.onmicrosoft.com"


def test_a_group_moves_by_command_and_its_people_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    private, public = app_certificate(tmp_path)
    with two_tenants(tmp_path, certificate=public) as pair, structlog.testing.capture_logs():
        desk = Desk(pair.block, tmp_path / "desk", private, capsys, monkeypatch)
        for name in ("contoso", "fabrikam"):
            desk.add(name)
        ours, theirs = source_group(pair), target_group(pair)
        put_map(pair, ["ann", "admin"], {ours.group_id: (theirs, MapKind.O365)})
        add_user(pair.source, "carla")
        with pair.source.units.read() as uow:
            site = uow.sites.visible_by_url(GROUP_URL)
        assert site is not None
        fill(pair.source, site, {"carlas.txt": [b"c"]}, author="carla")
        start = ("move", "start", "--source", "contoso", "--partner", PARTNER, "--group", ALIAS, THEIR_ALIAS)
        refused = desk.run(*start, "--unmapped", "nobody@fabrikam.onmicrosoft.com")
        assert refused.code == 4 and "does not exist on the target side" in refused.err
        started = desk.run(*start, "--unmapped", HEIR)
        assert started.code == 0, started.err
        assert (started.json["target_url"], started.json["unmapped"]) == (TARGET_URL, HEIR)
        pair.wait_for_end(started.json["id"])
        people = desk.run("move", "people", started.json["id"], "-t", "fabrikam")
        told = {row["source"]: (row["target"].rpartition("|")[2], row["rule"]) for row in people.json}
        assert told["carla@contoso.onmicrosoft.com"] == (HEIR, "policy")
        assert told[str(ours.group_id)] == (str(theirs.group_id), "map")
        only = desk.run("move", "people", started.json["id"], "-t", "fabrikam", "--rule", "policy").json
        assert [row["source"] for row in only] == ["carla@contoso.onmicrosoft.com"]
