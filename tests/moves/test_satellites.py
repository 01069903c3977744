"""A satellite geo is a tenant of its own in every step: it moves to a satellite of the partner, by its own hosts and its own map."""

from __future__ import annotations

import time
from pathlib import Path

from moves.two_tenants import TwoTenants, content_of, fill, token_of, two_tenants, user
from xtenant.domain.identity import MapVersion, UserMapping
from xtenant.domain.tenant import Geo
from xtenant.domain.trust import OrganizationRelationship, PartnerRole, RelationKey
from xtenant.operations import sites
from xtenant.service import TenantService

SOURCE_URL = "https://contosoeur.sharepoint.com/sites/plans"
TARGET_URL = "https://fabrikameur.sharepoint.com/sites/their-plans"
API = "/_api/SiteMoveJobs"


def satellite(service: TenantService) -> Geo:
    return service.tenant.geos[1]


def trust_satellites(own: TenantService, other: TenantService, role: PartnerRole) -> None:
    with own.units.write() as uow:
        key = RelationKey(geo=satellite(own).code, partner=satellite(other).host_url, partner_role=role)
        uow.relationships.put(
            OrganizationRelationship(
                key=key,
                relation_id=own.ids.new_id(),
                requested_at=own.clock.business_now(),
                requested_by="admin",
                partner_tenant_id=other.tenant.tenant_id,
            )
        )


def map_ann(pair: TwoTenants) -> None:
    row = UserMapping(
        company_id=pair.source.tenant.tenant_id,
        source_upn="ann@contoso.onmicrosoft.com",
        target_upn="ann@fabrikam.onmicrosoft.com",
        target_email="ann@fabrikam.onmicrosoft.com",
    )
    with pair.target.units.write() as uow:
        now, geo = pair.target.clock.business_now(), satellite(pair.target).code
        uow.identity_map.replace(
            MapVersion(geo=geo, version=1, replaced_at=now, replaced_by="admin", row_count=1), [row]
        )


def test_a_site_of_a_satellite_geo_moves_to_a_satellite_of_the_partner(tmp_path: Path) -> None:
    with two_tenants(tmp_path, trusted=False, geos=("NAM", "EUR")) as pair:
        source = pair.source
        trust_satellites(source, pair.target, PartnerRole.TARGET)
        trust_satellites(pair.target, source, PartnerRole.SOURCE)
        map_ann(pair)
        site = sites.create_site(
            source.units,
            geo=satellite(source),
            url=SOURCE_URL,
            title="Plans",
            owner=user(source, "ann").user_id,
            clock=source.clock,
            ids=source.ids,
        )
        fill(source, site, {"a.txt": [b"one", b"two"]})
        before = content_of(source, SOURCE_URL)
        host = f"https://{satellite(source).admin_host}"
        token = token_of(source, "spadmin", audience=host)
        headers = {"Authorization": f"Bearer {token}"}
        body = {
            "SourceSiteUrl": SOURCE_URL,
            "TargetSiteUrl": TARGET_URL,
            "TenantMergeTargetMySiteHostUrl": str(satellite(pair.target).host_url),
            "Option": 0,
        }
        started = pair.http.post(f"{host}{API}", headers=headers, json=body)
        assert started.status_code == 201, started.text
        shown = f"{host}{API}/GetByMoveId(SiteMoveId='{started.json()['Id']}')"
        end = time.monotonic() + 120
        while (job := pair.http.get(shown, headers=headers).json())["State"] not in (2, 3, 4):
            assert time.monotonic() < end, job
            source.clock.wait(0.05)
        assert job["State"] == 2, job["ErrorMessage"]
        assert job["SourceDataLocation"] == "EUR"
        moved = content_of(pair.target, TARGET_URL)
        assert before is not None and moved is not None and set(moved) == set(before)
        with pair.target.units.read() as uow:
            found = uow.sites.visible_by_url(TARGET_URL)
        assert found is not None and found.geo == "EUR"
        home = f"https://{source.tenant.default_geo.admin_host}"
        seen = pair.http.get(
            f"{home}{API}/GetMoveReport(moveState=-1,moveDirection=2,startTime='2000-01-01',endTime='2090-01-01',limit='9')",
            headers={"Authorization": f"Bearer {token_of(source, 'spadmin')}"},
        )
        assert seen.json()["value"] == [], "the other geo's queue is its own"
