"""Tenant methods of the recycle bin of sites, and what they yield (spo-admin.md 4.7): DeletedSiteProperties,
SPODeletedSitePropertiesEnumerable."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from xtenant.domain.site import SiteFacts
from xtenant.operations import deleted_sites
from xtenant.protocols.csom.codec import types
from xtenant.protocols.csom.serve.objects import Context, Form, MethodRow, ObjectType, ServerObject, guid, text
from xtenant.protocols.csom.serve.sites import PAGE, Listing, operation_object
from xtenant.wire.routes import Evidence
from xtenant.wire.site_properties import DELETED_PROPERTIES_OF

DELETED_SITE = ObjectType(name=types.DELETED_SITE, properties=DELETED_PROPERTIES_OF)
DELETED_SITES = ObjectType(
    name=types.DELETED_SITES,
    properties={
        "NextStartIndex": lambda listing: -1 if listing.next_key is None else PAGE,
        "NextStartIndexFromSharePoint": lambda listing: listing.next_key,
    },
)


def get_deleted_site(context: Context, tenant: ServerObject, url: str) -> ServerObject:
    backend = context.backend
    return _object(deleted_sites.deleted_site_by_url(backend.units, url=url, clock=backend.clock))


def list_deleted_sites(context: Context, tenant: ServerObject, start: str) -> ServerObject:
    """`0` and nothing begin at the start; anything else is what `NextStartIndexFromSharePoint` said."""
    backend = context.backend
    after = "" if start == "0" else start
    page = deleted_sites.list_deleted_sites(backend.units, clock=backend.clock, after=after, limit=PAGE)
    children = [_object(facts) for facts in page.sites]
    return ServerObject(DELETED_SITES, facts=Listing(next_key=page.next_key), children=children)


def restore_site(context: Context, tenant: ServerObject, url: str) -> ServerObject:
    facts = deleted_sites.restore_site(context.backend.units, url=url)
    return operation_object(context, "RestoreDeletedSite", facts.url)


def restore_site_by_id(context: Context, tenant: ServerObject, site_id: UUID) -> ServerObject:
    facts = deleted_sites.restore_site_by_id(context.backend.units, site_id=site_id)
    return operation_object(context, "RestoreDeletedSite", facts.url)


def _object(facts: SiteFacts) -> ServerObject:
    return ServerObject(DELETED_SITE, facts=facts)


METHODS: Mapping[str, MethodRow] = {
    "GetDeletedSitePropertiesByUrl": MethodRow(
        function=get_deleted_site,
        parameters=(text("siteUrl"),),
        form=Form.PATH,
        verb="sites.deleted",
        evidence=Evidence.VERIFIED,
    ),
    "GetDeletedSitePropertiesFromSharePoint": MethodRow(
        function=list_deleted_sites,
        parameters=(text("startIndex"),),
        form=Form.PATH,
        verb="sites.deleted",
        evidence=Evidence.VERIFIED,
    ),
    "RestoreDeletedSite": MethodRow(
        function=restore_site,
        parameters=(text("siteUrl"),),
        form=Form.PATH,
        verb="sites.restore",
        evidence=Evidence.VERIFIED,
    ),
    "RestoreDeletedSiteById": MethodRow(
        function=restore_site_by_id,
        parameters=(guid("siteId"),),
        form=Form.PATH,
        verb="sites.restore",
        evidence=Evidence.VERIFIED,
    ),
}
