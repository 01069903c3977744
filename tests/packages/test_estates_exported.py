"""Made-up estates exported: every kind of site, with all that a site holds, gives a package that the checker finds clean."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import structlog.testing

from moves.two_tenants import two_tenants
from package_samples import written
from whole_moves import Grounds
from xtenant.client.packages import FolderTree
from xtenant.domain.content import BlobKey
from xtenant.domain.move import MoveJobId
from xtenant.lab.generating.plan import EstatePlan
from xtenant.operations.packages import sealed_snapshot
from xtenant.package.checking import Severity, check, overview
from xtenant.package.exporting import Sealed
from xtenant.service import TenantService

PLAN = EstatePlan(sites=3, items=240, seed=11, with_versions=0.1, unique_permissions=0.1, links=0.05)


def sealed_of(service: TenantService, job_id: str) -> Sealed:
    blobs = service.backend.blobs

    def part(sha256: bytes) -> bytes:
        return b"".join(blobs.open(BlobKey(sha256)))

    snapshot = sealed_snapshot(service.units, MoveJobId(UUID(job_id)))
    return Sealed(snapshot=snapshot, part=part, content=blobs.open)


def test_packages_of_a_made_up_estate_are_clean_and_hold_all_that_was_sealed(tmp_path: Path) -> None:
    with two_tenants(tmp_path / "tenants") as pair, structlog.testing.capture_logs():
        grounds = Grounds(pair=pair, folder=tmp_path)
        grounds.plant(PLAN)
        for number, site in enumerate(grounds.sites):
            job_id = pair.start(site.url, grounds.target_url(site)).json()["Id"]
            job = pair.wait_for_end(job_id, seconds=120)
            assert job["StateName"] == "Success", job
            folder = written(tmp_path / f"package-{number}", sealed_of(pair.source, job_id))
            checked = check(FolderTree(folder))
            large = ("P-15", Severity.WARNING)  # a file may have more versions than a package should
            found = [one for one in checked if (one.rule, one.severity) != large]
            assert found == [], (site.url, found[:5])
            assert checked.not_checked == ()
            head, rows = overview(FolderTree(folder))
            assert head is not None
            assert sum(row.counts["files"] for row in rows) == head.counts.get("files", 0)
