"""Classic, communication and modern sites move as what they are (R-0.21 to R-0.23); OneDrives and group sites have tests of
their own (`test_first_move`, `test_group_moves`)."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from moves.two_tenants import SOURCE_URL, TARGET_URL, add_site, content_of, fill, two_tenants
from xtenant.domain.content import COMMUNICATION_TEMPLATE, TEAM_SITE_TEMPLATE, WEB
from xtenant.domain.lists import WebDefinition

KINDS = {"classic": "STS#0", "communication": COMMUNICATION_TEMPLATE, "modern": TEAM_SITE_TEMPLATE}
GERMAN = WebDefinition(description="of the site itself", language=1031, time_zone=4)


def test_sites_of_each_kind_keep_template_language_time_zone_and_quota(tmp_path: Path) -> None:
    with two_tenants(tmp_path) as pair:
        jobs: dict[str, str] = {}
        for number, (kind, template) in enumerate(KINDS.items(), start=1):
            added = add_site(pair.source, f"{SOURCE_URL}-{kind}")
            fill(pair.source, added, {"a.txt": [b"one", b"two"]})
            with pair.source.units.write() as uow:
                site = uow.sites.by_key(added.key, lock=True)
                assert site is not None
                uow.sites.update(dataclasses.replace(site, template=template, quota_bytes=number * 1024**3))
                uow.write_site(added.key, now=pair.source.clock.business_now()).put_web(WEB, GERMAN)
            answer = pair.start(f"{SOURCE_URL}-{kind}", f"{TARGET_URL}-{kind}")
            assert answer.status_code == 201, answer.text
            jobs[kind] = answer.json()["Id"]
        for number, (kind, template) in enumerate(KINDS.items(), start=1):
            assert pair.wait_for_end(jobs[kind])["StateName"] == "Success"
            with pair.target.units.read() as uow:
                moved = uow.sites.visible_by_url(f"{TARGET_URL}-{kind}")
                assert moved is not None and (moved.template, moved.quota_bytes) == (template, number * 1024**3)
                assert uow.definitions.webs(moved.key, [WEB])[WEB] == GERMAN
            found = content_of(pair.target, f"{TARGET_URL}-{kind}")
            assert found is not None and len(found["a.txt"][-1]) == 2  # type: ignore[arg-type]
