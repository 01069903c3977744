"""What webs and lists of the hidden site are made of, and what the site itself is: written from the manifest and compared with
what stands."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass

from xtenant.domain import obstacles
from xtenant.domain.content import WEB, ItemId, Site, SiteKey
from xtenant.domain.lists import PLAIN_LIBRARY, PLAIN_WEB, ListDefinition, WebDefinition
from xtenant.domain.move import Grant, JobKind, MoveJob
from xtenant.domain.ports.content import SiteWriter
from xtenant.domain.ports.units import UnitOfWork
from xtenant.domain.snapshot import ManifestDeleted, ManifestLibrary, ManifestObject, ManifestSubweb, ManifestWeb
from xtenant.engine.phases.restore import entries, people


@dataclass(frozen=True, slots=True, kw_only=True)
class Definitions:
    """Of the webs and lists of a batch, by their ids here."""

    lists: dict[ItemId, ListDefinition]
    webs: dict[ItemId, WebDefinition]


def expected(job: MoveJob, batch: Iterable[ManifestObject]) -> Definitions:
    """What the manifest says, deleted webs and lists included."""
    own = [thing.thing if isinstance(thing, ManifestDeleted) else thing for thing in batch]
    return Definitions(
        lists={ItemId(thing.list_id): thing.definition for thing in own if isinstance(thing, ManifestLibrary)},
        webs={entries.web_here(job, one.web_id): one.definition for one in own if isinstance(one, ManifestSubweb)},
    )


def write(uow: UnitOfWork, writer: SiteWriter, wanted: Definitions) -> None:
    """Plain ones need no row."""
    lists = {item_id: found for item_id, found in wanted.lists.items() if found != PLAIN_LIBRARY}
    webs = {item_id: found for item_id, found in wanted.webs.items() if found != PLAIN_WEB}
    objects = uow.scopes.objects(writer.site.key, [*lists, *webs], deleted=True)
    writer.put_definitions({objects[item_id].key: found for item_id, found in (*lists.items(), *webs.items())})


def compare(uow: UnitOfWork, site_key: SiteKey, wanted: Definitions) -> None:
    """Raises NotAsSealed."""
    objects = uow.scopes.objects(site_key, [*wanted.lists, *wanted.webs], deleted=True)
    if len(objects) != len(wanted.lists) + len(wanted.webs):
        raise obstacles.NotAsSealed("The hidden site lacks a web or list.")
    lists = uow.definitions.lists(site_key, [objects[item_id].key for item_id in wanted.lists])
    webs = uow.definitions.webs(site_key, [objects[item_id].key for item_id in wanted.webs])
    same_lists = all(lists[objects[item_id].key] == found for item_id, found in wanted.lists.items())
    if not same_lists or any(webs[objects[item_id].key] != found for item_id, found in wanted.webs.items()):
        raise obstacles.NotAsSealed("The columns or settings of a web or list differ from the manifest.")


def _site(uow: UnitOfWork, job: MoveJob, grant: Grant, site: Site, web: ManifestWeb) -> Site:
    """The hidden site as the manifest's root web describes it. A OneDrive or group site keeps the template of its kind, and
    an owner who was settled when it was reserved stays."""
    owner = site.owner_id
    if owner is None and web.owner is not None:
        rows = uow.resolutions.by_refs(job.job_id, people.admitted(uow, job, [web.owner]))
        owner = next((row.target_id for row in rows.values()), None)
    return dataclasses.replace(
        site,
        title=web.title,
        template=web.template if grant.kind is JobKind.SITE else site.template,
        created_at=web.created_at,
        modified_at=web.modified_at,
        owner_id=owner,
        origin_id=web.site_id,
        quota_bytes=web.quota_bytes,
    )


def describe(uow: UnitOfWork, job: MoveJob, grant: Grant, writer: SiteWriter, web: ManifestWeb) -> Site:
    """The site as it stands then: the last write to it, since every other changes its date."""
    if web.definition != PLAIN_WEB:
        writer.put_web(WEB, web.definition)
    site = uow.sites.by_key(writer.site.key, lock=True)
    assert site is not None
    described = _site(uow, job, grant, site, web)
    uow.sites.update(described)
    return described


def compare_site(uow: UnitOfWork, job: MoveJob, grant: Grant, site: Site, web: ManifestWeb) -> None:
    """Raises NotAsSealed."""
    if uow.definitions.webs(site.key, [WEB])[WEB] != web.definition:
        raise obstacles.NotAsSealed("The columns or settings of the site's root web differ from the manifest.")
    if _site(uow, job, grant, site, web) != site:
        raise obstacles.NotAsSealed(
            "The hidden site's title, template, dates, owner or quota differ from the manifest."
        )
