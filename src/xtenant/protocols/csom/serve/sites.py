"""Tenant methods of sites, and the objects they yield (spo-admin.md 4.7): SiteProperties, SPOSitePropertiesEnumerable,
SpoOperation, SPOTenantInstance.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, unquote
from uuid import UUID

from xtenant.domain import errors
from xtenant.domain.content import TEAM_SITE_TEMPLATE, TERABYTE, LockState
from xtenant.domain.lists import PLAIN_WEB, WebDefinition
from xtenant.domain.site import PersonalSites, SiteFacts
from xtenant.domain.tenant import Geo
from xtenant.operations import directory, sites
from xtenant.protocols.csom.codec import enums, types
from xtenant.protocols.csom.codec.values import Value
from xtenant.protocols.csom.serve.objects import (
    Context,
    Form,
    MethodRow,
    ObjectType,
    ServerObject,
    flag,
    text,
    value_object,
    whole,
)
from xtenant.wire.faults import InvalidClientQuery
from xtenant.wire.routes import Evidence
from xtenant.wire.site_properties import SITE_PROPERTIES_OF

NO_DATE = datetime(1, 1, 1, tzinfo=UTC)
PAGE = 300
"""Sites in one answer of the list, as SharePoint pages them (our choice of the number)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """What `SpoOperation` tells. Ours are done when they answer, so no state is kept: the identity says it all."""

    name: str
    url: str
    ticks: int
    operation_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    next_key: str | None


OPERATION = ObjectType(
    name=types.OPERATION,
    properties={
        "HasTimedout": lambda operation: False,
        "IsComplete": lambda operation: True,
        "PollingInterval": lambda operation: 0,
    },
)

INSTANCE = ObjectType(
    name=types.INSTANCE,
    properties={
        "DataLocation": lambda facts: facts[0].code,
        "IsDefaultDataLocation": lambda facts: facts[1],
        "MySiteHostUrl": lambda facts: str(facts[0].host_url),
        "PortalUrl": lambda facts: facts[0].root_url + "/",
        "RootSiteUrl": lambda facts: facts[0].root_url + "/",
        "TenantAdminUrl": lambda facts: facts[0].admin_url + "/",
    },
)
INSTANCES = ObjectType(name=types.LIST)

SITES = ObjectType(
    name=types.SITES,
    properties={
        "NextStartIndex": lambda listing: -1 if listing.next_key is None else PAGE,
        "NextStartIndexFromSharePoint": lambda listing: listing.next_key,
    },
)


def get_site(context: Context, tenant: ServerObject, url: str, include_detail: bool) -> ServerObject:
    return site_object(sites.site_by_url(context.backend.units, url=url))


def list_sites(context: Context, tenant: ServerObject, wish: dict[str, Any]) -> ServerObject:
    page = sites.list_sites(
        context.backend.units,
        geo=context.call.geo,
        template=wish.get("Template") or None,
        personal=wish.get("IncludePersonalSite", PersonalSites.DEFAULT),
        filter_text=wish.get("Filter") or "",
        after=wish.get("StartIndex", ""),
        limit=PAGE,
    )
    children = [site_object(facts) for facts in page.sites]
    return ServerObject(SITES, facts=Listing(next_key=page.next_key), children=children)


def create_site(context: Context, tenant: ServerObject, wish: dict[str, Any]) -> ServerObject:
    """`CreateSite`: a site with its default library, there when this returns."""
    backend = context.backend
    url, upn = wish.get("Url") or "", wish.get("Owner")
    owner = directory.get_user(backend.units, context.call.caller, upn) if upn else None
    sites.create_site(
        backend.units,
        geo=context.call.geo,
        url=url,
        title=_title(wish.get("Title")),
        template=wish.get("Template") or TEAM_SITE_TEMPLATE,
        owner=owner.user_id if owner else None,
        clock=backend.clock,
        ids=backend.ids,
        quota_bytes=sites.quota_of(wish["StorageMaximumLevel"]) if wish.get("StorageMaximumLevel") else TERABYTE,
        definition=WebDefinition(
            language=wish.get("Lcid") or PLAIN_WEB.language, time_zone=wish.get("TimeZoneId") or PLAIN_WEB.time_zone
        ),
    )
    return operation_object(context, "CreateSite", url)


def remove_site(context: Context, tenant: ServerObject, url: str) -> ServerObject:
    sites.remove_site(context.backend.units, url=url, clock=context.backend.clock)
    return operation_object(context, "RemoveSite", url)


def remove_deleted_site(context: Context, tenant: ServerObject, url: str) -> ServerObject:
    sites.remove_deleted_site(context.backend.units, url=url)
    return operation_object(context, "RemoveDeletedSite", url)


def update_site(context: Context, site: ServerObject) -> ServerObject:
    """`SiteProperties.Update()`: apply what SetProperty left."""
    facts: SiteFacts = site.facts
    if "LockState" in site.pending:
        lock_state = LockState(site.pending["LockState"])
        sites.set_lock_state(context.backend.units, url=facts.url, lock_state=lock_state)
    if "Owner" in site.pending:
        sites.set_owner(context.backend.units, url=facts.url, upn=str(site.pending["Owner"]))
    if "Title" in site.pending:
        sites.set_title(context.backend.units, url=facts.url, title=str(site.pending["Title"]))
    if "StorageMaximumLevel" in site.pending:
        megabytes = _quota(site.pending["StorageMaximumLevel"])
        sites.set_quota(context.backend.units, url=facts.url, megabytes=megabytes)
    site.pending.clear()
    return operation_object(context, "SetSite", facts.url)


def get_personal_site_url(context: Context, tenant: ServerObject, upn: str) -> str:
    """The address of a person's OneDrive; empty without one."""
    try:
        url = sites.personal_site_url(context.call.geo, upn)
        return sites.site_by_url(context.backend.units, url=url).url
    except errors.NotFound:
        return ""


def get_root_site_url(context: Context, tenant: ServerObject) -> str:
    return f"{context.call.geo.root_url}/"


def get_instances(context: Context, tenant: ServerObject) -> ServerObject:
    own = context.backend.tenant
    facts: list[tuple[Geo, bool]] = [(geo, geo == own.default_geo) for geo in own.geos]
    return ServerObject(INSTANCES, children=[ServerObject(INSTANCE, facts=each) for each in facts])


def site_object(facts: SiteFacts) -> ServerObject:
    return ServerObject(SITE_PROPERTIES, facts=facts, identity=("SiteProperties", percent_encoded(facts.url)))


def operation_object(context: Context, name: str, url: str) -> ServerObject:
    now = context.backend.clock.security_now()
    ticks = (now - datetime(1, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 10
    operation = Operation(name=name, url=url, ticks=ticks, operation_id=context.backend.ids.new_id())
    parts = ("SpoOperation", name, str(ticks), percent_encoded(url), str(operation.operation_id))
    return ServerObject(OPERATION, facts=operation, identity=parts)


def percent_encoded(url: str) -> str:
    """As identities hold a URL: everything encoded, hexadecimal in lower case (recorded)."""
    return re.sub(r"%[0-9A-F]{2}", lambda found: found[0].lower(), quote(url, safe=""))


def resolve_site(context: Context, parts: tuple[str, ...]) -> ServerObject:
    if len(parts) != 2:
        raise InvalidClientQuery("The identity names no site.")
    return site_object(sites.site_by_url(context.backend.units, url=unquote(parts[1])))


def resolve_operation(context: Context, parts: tuple[str, ...]) -> ServerObject:
    if len(parts) != 5 or not parts[2].isdigit():
        raise InvalidClientQuery("The identity names no operation.")
    try:
        operation_id = UUID(parts[4])
    except ValueError as error:
        raise InvalidClientQuery("The identity names no operation.") from error
    operation = Operation(name=parts[1], url=unquote(parts[3]), ticks=int(parts[2][:20]), operation_id=operation_id)
    return ServerObject(OPERATION, facts=operation, identity=parts)


def _lock_state(value: Value) -> str:
    return enums.LOCK_STATE.read(value)


def _owner(value: Value) -> str:
    """A user principal name, or the login name that ends with one."""
    if not isinstance(value, str) or "@" not in value:
        raise errors.UsageError("A site's owner is named by user principal name.")
    return value.rpartition("|")[2]


def _title(value: Value) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= 255:
        raise errors.UsageError("A site's title is a text of 1 to 255 characters.")
    return value


def _string(value: Value) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    raise errors.UsageError("A member of the filter is no string.")


def _personal(value: Value) -> PersonalSites:
    return PersonalSites(enums.PERSONAL_SITE_FILTER.read(value))


def _start(value: Value) -> str:
    """`0` and nothing begin at the start; anything else is what `NextStartIndexFromSharePoint` said."""
    key = _string(value)
    return "" if key == "0" else key


def _fixed(value: Value) -> Value:
    """Code quotas and warnings are of no use any more; every client sends these numbers, whatever they are."""
    return value


def _number(value: Value) -> int:
    """0 where the tenant's own number is meant."""
    found = _whole_or_none(value)
    if found is None or not 0 <= found < 2**31:
        raise errors.UsageError("A language, time zone or quota is a number.")
    return found


def _quota(value: Value) -> int:
    megabytes = _number(value)
    sites.quota_of(megabytes)
    return megabytes


def _detail(value: Value) -> bool:
    """`IncludeDetail` is taken; our answer always holds everything."""
    return value is True


def _unset(value: Value) -> Value:
    """Members we have no use for may be sent unset, as .NET clients do; set ones are refused, never ignored."""
    if value in (None, False, "", "NotArchived") or _whole_or_none(value) == 0 or value == NO_DATE:
        return value
    raise errors.UsageError("The filter asks for a restriction that is not served here.")


def _whole_or_none(value: Value) -> int | None:
    try:
        return whole(value)
    except errors.UsageError:
        return None


FILTER_MEMBERS = {
    "Filter": _string,
    "IncludeDetail": _detail,
    "IncludePersonalSite": _personal,
    "StartIndex": _start,
    "Template": _string,
    "GroupIdDefined": _unset,
    "ArchiveStatus": _unset,
    "ArchivedBy": _unset,
    "ArchivedTime": _unset,
    "IncludeSystemUserSite": _unset,
    "IsAuthoritative": _unset,
}

SITE_PROPERTIES = ObjectType(
    name=types.SITE_PROPERTIES,
    properties=SITE_PROPERTIES_OF,
    writable={"LockState": _lock_state, "Owner": _owner, "Title": _title, "StorageMaximumLevel": _quota},
    methods={
        "Update": MethodRow(function=update_site, form=Form.PATH, verb="sites.update", evidence=Evidence.VERIFIED)
    },
)

_FILTER = value_object("speFilter", types.SITES_FILTER_ID, FILTER_MEMBERS)

_CREATION = value_object(
    "siteCreationProperties",
    types.SITE_CREATION_ID,
    {
        "Url": _string,
        "Title": _string,
        "Template": _string,
        "Owner": _string,
        **dict.fromkeys(
            (
                "CompatibilityLevel",
                "StorageWarningLevel",
                "UserCodeMaximumLevel",
                "UserCodeWarningLevel",
            ),
            _fixed,
        ),
        **dict.fromkeys(("Lcid", "StorageMaximumLevel", "TimeZoneId"), _number),
    },
)

METHODS: Mapping[str, MethodRow] = {
    "CreateSite": MethodRow(
        function=create_site, parameters=(_CREATION,), form=Form.PATH, verb="sites.create", evidence=Evidence.VERIFIED
    ),
    "GetSitePropertiesByUrl": MethodRow(
        function=get_site,
        parameters=(text("url"), flag("includeDetail")),
        form=Form.PATH,
        verb="sites.get",
        evidence=Evidence.VERIFIED,
    ),
    "GetSitePropertiesFromSharePointByFilters": MethodRow(
        function=list_sites, parameters=(_FILTER,), form=Form.PATH, verb="sites.list", evidence=Evidence.VERIFIED
    ),
    "RemoveSite": MethodRow(
        function=remove_site,
        parameters=(text("siteUrl"),),
        form=Form.PATH,
        verb="sites.remove",
        evidence=Evidence.VERIFIED,
    ),
    "RemoveDeletedSite": MethodRow(
        function=remove_deleted_site,
        parameters=(text("siteUrl"),),
        form=Form.PATH,
        verb="sites.remove_deleted",
        evidence=Evidence.VERIFIED,
    ),
    "GetPersonalSiteUrl": MethodRow(function=get_personal_site_url, parameters=(text("userPrincipalName"),)),
    "GetRootSiteUrl": MethodRow(function=get_root_site_url),
    "GetTenantInstances": MethodRow(function=get_instances, form=Form.PATH),
}
