"""Both tenants as they stand before the move: names, stores with a trust and a map, a small site, its job."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import Engine, event

from blob_stores import ForgetfulBlobStore
from clock import CountingIds, FakeClock
from content_samples import person, row, site, version
from simulation.contents import CONTENTS as MORE
from simulation.contents import ROLES, Seeding, seed_contents
from simulation.rights import ANN, BOB, TEAM, THEIR_TEAM, seed_rights
from simulation.rights import team as team_principal
from xtenant.domain.content import Item, ItemKind, PrincipalKey, SiteKey
from xtenant.domain.directory import Group, GroupId, GroupKind, User, UserId
from xtenant.domain.identity import GroupMapping, MapVersion, UserMapping
from xtenant.domain.move import Direction, JobKind, MoveJob, MoveJobId
from xtenant.domain.ports.units import UnitOfWork
from xtenant.domain.tenant import Geo, GeoCode, Tenant, TenantId
from xtenant.domain.trust import OrganizationRelationship, PartnerRole, RelationKey
from xtenant.storage.database import SqlUnits, open_engine
from xtenant.storage.schema import prepare

SOURCE, TARGET = "source", "target"
SOURCE_URL = "https://contoso.sharepoint.com/sites/x"
TARGET_URL = "https://fabrikam.sharepoint.com/sites/y"
JOB_ID = MoveJobId(UUID("0190aaaa-0000-7000-8000-000000000001"))


def tenant_named(name: str, number: int) -> Tenant:
    return Tenant(
        tenant_id=TenantId(UUID(int=number)),
        name=name,
        display_name=name.title(),
        initial_domain=f"{name}.onmicrosoft.com",
        geos=(Geo(code=GeoCode("NAM"), label=name),),
    )


TENANTS = {SOURCE: tenant_named("contoso", 0x11), TARGET: tenant_named("fabrikam", 0x22)}


def open_fast(file: Path) -> Engine:
    """An engine whose commits do not wait for the disk: a crash here ends no machine."""
    engine = open_engine(f"sqlite:///{file}")
    event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
    return engine


def make_template(folder: Path) -> None:
    """Both stores as they stand before the move; copied for each example."""
    folder.mkdir(parents=True)
    clock, ids = FakeClock(), CountingIds()
    for name in (SOURCE, TARGET):
        engine = open_fast(folder / f"{name}.db")
        tenant = TENANTS[name]
        prepare(engine, tenant.tenant_id)
        units = SqlUnits(engine, tenant.tenant_id)
        (seed_source if name == SOURCE else seed_target)(units, clock, ids)
        engine.dispose()  # the last connection to close writes the log back into the database


CONTENTS = {
    "a.txt": [b"one", b"two"],
    "b.txt": [b"three"],
    "deep/c.txt": [b"four", b"five", b"six"],
    "deep/d.txt": [b"one"],
    "deep/er/e.txt": [b"seven"],
}


def seed_source(units: SqlUnits, clock: FakeClock, ids: CountingIds) -> None:
    with units.write() as uow:
        keys = uow.principals.ensure([person(ANN, "Ann"), person(BOB, "Bob")])
        by = keys[ANN]
        added = uow.sites.add(site(ids, SOURCE_URL, owner_id=ANN))
        writer = uow.write_site(added.key, now=clock.business_now())
        library = writer.add_item(row(ids, "Shared Documents", kind=ItemKind.LIBRARY, by=by))
        folders: dict[str, Item] = {"": library}
        files: dict[str, Item] = {}
        for path, contents in CONTENTS.items():
            parent = _folder(writer, folders, path.rpartition("/")[0], ids, by)
            uow.blobs.put([version(content, 1).stored for content in contents], now=clock.security_now())
            files[path] = writer.add_item(row(ids, path.rpartition("/")[2], parent=parent, contents=contents, by=by))
        items = {**folders, **files, "library": library}
        team = uow.principals.ensure([team_principal()])
        made = seed_contents(Seeding(uow=uow, writer=writer, ids=ids, keys=keys | team), items)
        seed_rights(uow, writer, {**items, **made}, ROLES)
        uow.relationships.put(_word(TENANTS[TARGET], PartnerRole.TARGET, clock, ids))
        add_job(uow, added.key, clock)


def _folder(writer: object, folders: dict[str, Item], path: str, ids: CountingIds, by: PrincipalKey) -> Item:
    if path not in folders:
        above, _, name = path.rpartition("/")
        parent = _folder(writer, folders, above, ids, by)
        folders[path] = writer.add_item(row(ids, name, parent=parent, by=by))  # type: ignore[attr-defined]
    return folders[path]


def add_job(uow: UnitOfWork, site_key: SiteKey, clock: FakeClock) -> None:
    target = TENANTS[TARGET]
    now = clock.business_now()
    uow.jobs.add(
        MoveJob(
            job_id=JOB_ID,
            direction=Direction.OUT,
            partner=target.default_geo.host_url,
            partner_tenant_id=target.tenant_id,
            geo=GeoCode("NAM"),
            kind=JobKind.SITE,
            source_key=SOURCE_URL,
            target_key=TARGET_URL,
            source_url=SOURCE_URL,
            target_url=TARGET_URL,
            site_key=site_key,
            created_at=now,
            modified_at=now,
            next_pass_at=now,
        ),
        queue_limit=4_000,
    )


def _word(partner: Tenant, role: PartnerRole, clock: FakeClock, ids: CountingIds) -> OrganizationRelationship:
    """One side's word for the other, a day old."""
    return OrganizationRelationship(
        key=RelationKey(geo=GeoCode("NAM"), partner=partner.default_geo.host_url, partner_role=role),
        relation_id=ids.new_id(),
        requested_at=clock.business_now() - timedelta(days=1),
        requested_by="admin",
        partner_tenant_id=partner.tenant_id,
    )


def seed_target(units: SqlUnits, clock: FakeClock, ids: CountingIds) -> None:
    with units.write() as uow:
        settings = uow.settings.get()
        uow.settings.put(dataclasses.replace(settings, waiting_period=0))
        uow.relationships.put(_word(TENANTS[SOURCE], PartnerRole.SOURCE, clock, ids))
        uow.users.add(
            User(
                user_id=UserId(UUID(int=0xF0A)),
                upn="ann@fabrikam.onmicrosoft.com",
                display_name="Ann F.",
                created_at=clock.business_now(),
            )
        )
        uow.groups.add(
            Group(
                group_id=GroupId(THEIR_TEAM),
                kind=GroupKind.SECURITY,
                display_name="Team",
                mail_nickname="team",
                created_at=clock.business_now(),
            )
        )
        uow.identity_map.replace(
            MapVersion(
                geo=GeoCode("NAM"), version=1, replaced_at=clock.business_now(), replaced_by="admin", row_count=2
            ),
            [
                UserMapping(
                    company_id=TENANTS[SOURCE].tenant_id,
                    source_upn="ann@contoso.onmicrosoft.com",
                    target_upn="ann@fabrikam.onmicrosoft.com",
                    target_email="ann@fabrikam.onmicrosoft.com",
                ),
                GroupMapping(
                    company_id=TENANTS[SOURCE].tenant_id,
                    source_group_id=TEAM,
                    target_group_id=THEIR_TEAM,
                    target_name=str(THEIR_TEAM),
                ),
            ],
        )


def seed_blobs(blobs: ForgetfulBlobStore) -> None:
    """The bytes behind the source's rows."""
    every = [*MORE, *(content for contents in CONTENTS.values() for content in contents)]
    blobs.settle([blobs.put([content]).key for content in every])
