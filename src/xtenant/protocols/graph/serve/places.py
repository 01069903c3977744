"""From an address to the site, drive and item it means: ids are read, users, groups and paths looked up."""

from __future__ import annotations

from uuid import UUID

from xtenant.domain.content import ItemId
from xtenant.domain.directory import UserId
from xtenant.domain.drive import Drive, DriveRef, Where
from xtenant.domain.list_views import WebRef, WebView
from xtenant.domain.permissions import Securable
from xtenant.domain.tenant import HostRole, host_role
from xtenant.operations import content, directory, groups, personal_sites, webs
from xtenant.protocols.graph.codec import ids
from xtenant.protocols.graph.codec.address import Address, ItemRef, Place, parse_address
from xtenant.wire.backend import Backend
from xtenant.wire.edge import Call, raw_path_of


def address_of(call: Call) -> Address:
    """The address behind `/v1.0/`, `/beta/` or `/_api/v2.x/`."""
    path = raw_path_of(call.request).lstrip("/")
    version, _, rest = path.partition("/")
    if version.lower() == "_api":
        rest = rest.partition("/")[2]
    return parse_address(rest)


async def drive_of(backend: Backend, call: Call, address: Address) -> DriveRef:
    """The drive an address starts at. A person's own call may bring their OneDrive about (graph-migrations.md 4.5).

    Raises NotFound, MalformedId, AccessDenied.
    """
    match address.place:
        case Place.DRIVE:
            return _drive_ref(address.name)
        case Place.ME:
            drive = await _onedrive(backend, call)
        case Place.USER:
            user = await call.run(directory.get_user, backend.units, call.caller, address.name)
            drive = await _onedrive(backend, call, user.user_id)
        case Place.GROUP:
            group = await call.run(groups.get_group, backend.units, call.caller, address.name)
            drive = await call.run(content.group_drive, backend.units, call.caller, group_id=group.group_id)
        case Place.SITE:
            if address.drive is not None:
                return _drive_ref(address.drive)
            web = await web_of(backend, call, address)
            return DriveRef(site_id=web.site.site_id, web_id=None if web.web is None else web.web.item_id)
    return DriveRef(site_id=drive.site.site_id, library_id=drive.library.item_id)


async def _onedrive(backend: Backend, call: Call, user_id: UserId | None = None) -> Drive:
    return await call.run(
        personal_sites.use_drive,
        backend.units,
        backend.tenant,
        call.caller,
        user_id=user_id,
        clock=backend.clock,
        ids=backend.ids,
    )


async def web_of(backend: Backend, call: Call, address: Address) -> WebView:
    """The site or subweb an address names by id, by host, or by host and path; a group's site is `/groups/{id}/sites/root`."""
    named = ids.SiteName() if address.name.lower() == "root" else ids.parse_site_id(address.name)
    if named.site_id is None or address.path is not None:
        host = named.host or _site_host(call)
        ref = WebRef(url="/".join((f"https://{host}", *(address.path or ()))))
    else:
        ref = WebRef(site_id=named.site_id, web_id=named.web_id)
    return await call.run(webs.find_web, backend.units, call.caller, ref=ref)


def ref_of(web: WebView) -> WebRef:
    """A web as operations name it."""
    return WebRef(site_id=web.site.site_id, web_id=web.web_id)


def list_of(address: Address) -> Securable:
    """The list that an address names by id or title; the web itself where it names none."""
    if address.verb != "lists" or len(address.rest) < 2:
        return Securable()
    name = address.rest[1].name
    try:
        return Securable(list_id=ItemId(UUID(name)))
    except ValueError:
        return Securable(list_title=name)


def where_of(item: ItemRef | None) -> Where:
    """The item part of an address; no item part means the root."""
    if item is None or item.item_id is None:
        return Where(names=item.names if item else ())
    return Where(item_id=ids.parse_item_id(item.item_id), names=item.names)


def _site_host(call: Call) -> str:
    host = (call.request.headers.get("host") or "").split(":")[0].lower()
    return host if host_role(host) in (HostRole.ROOT, HostRole.MY) else call.geo.root_host


def _drive_ref(text: str) -> DriveRef:
    drive = ids.parse_drive_id(text)
    return DriveRef(site_id=drive.site_id, library_id=drive.list_id)
