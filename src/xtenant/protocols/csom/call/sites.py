"""Sites by CSOM: read, list, remove (spo-admin.md 4.7)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from xtenant.domain import errors
from xtenant.domain.ports.clock import Clock
from xtenant.protocols.csom.call.operations import operate
from xtenant.protocols.csom.call.queries import call, children_of, fetch
from xtenant.protocols.csom.codec import enums
from xtenant.protocols.csom.codec.answer import Answer
from xtenant.protocols.csom.codec.faults import ServerError
from xtenant.protocols.csom.codec.types import SITES_FILTER_ID
from xtenant.protocols.csom.codec.values import EnumNumber, Value, ValueObject
from xtenant.wire.transport import Session

MAX_PAGES = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteRow:
    """What Get-SPOSite shows of a site; `storage_megabytes` as the tenant rounds it."""

    url: str
    title: str
    template: str
    status: str
    lock_state: str
    storage_megabytes: int
    owner: str
    site_id: UUID | None
    group_id: UUID | None
    modified_at: datetime | None
    identity: str
    webs_count: int = 1
    """Webs of the site, the root web included."""
    has_holds: bool | None = None
    label: str = ""
    """The sensitivity label's name where it is told, else its id."""
    created_at: datetime | None = None
    language: int = 0
    time_zone: int = 0
    quota_megabytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """One geo of a tenant (`SPOTenantInstance`)."""

    data_location: str
    is_default: bool
    host_url: str
    root_url: str
    admin_url: str


async def get_site(session: Session, admin_url: str, url: str) -> SiteRow:
    """Get-SPOSite -Identity. Raises NotFound."""
    found = await fetch(session, admin_url, "GetSitePropertiesByUrl", url, False, subject=url, repeatable=True)
    return _site(found)


async def list_sites(
    session: Session,
    admin_url: str,
    *,
    template: str = "",
    personal: str = "UseServerDefault",
    filter_text: str = "",
    detailed: bool = False,
) -> AsyncIterator[SiteRow]:
    """Get-SPOSite: every site of the geo, page by page; `personal` is Include, Exclude or the server's default.

    `detailed` asks for holds and labels too, which Microsoft leaves out otherwise.
    """
    start = "0"
    for _ in range(MAX_PAGES):
        wish = _filter(template, personal, filter_text, start, detailed)
        method = "GetSitePropertiesFromSharePointByFilters"
        found = await fetch(session, admin_url, method, wish, children=True, repeatable=True)
        for item in children_of(found):
            yield _site(item)
        following = found.get("NextStartIndexFromSharePoint")
        if not following:
            return
        start = str(following)


def _filter(template: str, personal: str, filter_text: str, start: str, detailed: bool) -> ValueObject:
    members: tuple[tuple[str, Value], ...] = (
        ("Filter", filter_text),
        ("IncludeDetail", detailed),
        ("IncludePersonalSite", EnumNumber(enums.PERSONAL_SITE_FILTER.number_of(personal))),
        ("StartIndex", start),
        ("Template", template),
    )
    return ValueObject(SITES_FILTER_ID, members)


async def remove_site(session: Session, admin_url: str, url: str, *, clock: Clock, wait: bool = True) -> None:
    """Remove-SPOSite: into the recycle bin; with `wait`, until it is there."""
    await operate(session, admin_url, "RemoveSite", url, clock if wait else None)


async def remove_deleted_site(session: Session, admin_url: str, url: str, *, clock: Clock, wait: bool = True) -> None:
    """Remove-SPODeletedSite: out of the recycle bin for good. Raises NotFound when nothing lies there."""
    try:
        await operate(session, admin_url, "RemoveDeletedSite", url, clock if wait else None)
    except ServerError as error:
        if error.info.type_name.endswith(
            ".UnknownError"
        ):  # recorded: so SharePoint says that the bin holds no such site
            raise errors.NotFound(f"There is no deleted site at {url}.") from error
        raise


async def personal_site_url(session: Session, admin_url: str, upn: str) -> str:
    """The address of a person's OneDrive, empty without one."""
    return str(await call(session, admin_url, "GetPersonalSiteUrl", upn, repeatable=True) or "")


async def root_site_url(session: Session, admin_url: str) -> str:
    return str(await call(session, admin_url, "GetRootSiteUrl", repeatable=True))


async def tenant_instances(session: Session, admin_url: str) -> list[Instance]:
    """The geos of the tenant."""
    found = await fetch(session, admin_url, "GetTenantInstances", children=True, repeatable=True)
    return [
        Instance(
            data_location=str(item.get("DataLocation", "")),
            is_default=bool(item.get("IsDefaultDataLocation")),
            host_url=str(item.get("MySiteHostUrl", "")),
            root_url=str(item.get("RootSiteUrl", "")),
            admin_url=str(item.get("TenantAdminUrl", "")),
        )
        for item in children_of(found)
    ]


def _site(item: dict[str, Answer]) -> SiteRow:
    site_id, group_id = item.get("SiteId"), item.get("GroupId")
    holds = item.get("HasHolds")
    return SiteRow(
        url=str(item.get("Url", "")),
        title=str(item.get("Title") or ""),
        template=str(item.get("Template") or ""),
        status=str(item.get("Status") or ""),
        lock_state=str(item.get("LockState") or ""),
        storage_megabytes=int(item.get("StorageUsage") or 0),
        owner=str(item.get("Owner") or ""),
        site_id=site_id if isinstance(site_id, UUID) else None,
        group_id=group_id if isinstance(group_id, UUID) and group_id.int else None,
        modified_at=_moment(item, "LastContentModifiedDate"),
        identity=str(item.get("_ObjectIdentity_", "")),
        webs_count=int(item.get("WebsCount") or 1),
        has_holds=holds if isinstance(holds, bool) else None,
        label=_label(item),
        created_at=_moment(item, "CreatedTime"),
        language=int(item.get("Lcid") or 0),
        time_zone=int(item.get("TimeZoneId") or 0),
        quota_megabytes=int(item.get("StorageMaximumLevel") or 0),
    )


def _label(item: dict[str, Answer]) -> str:
    """`SensitivityLabel2` is the label as people know it; `SensitivityLabel` its id, all zeros where there is none."""
    label = str(item.get("SensitivityLabel2") or item.get("SensitivityLabel") or "")
    return "" if set(label) <= set("0-") else label


def _moment(item: dict[str, Answer], name: str) -> datetime | None:
    """A date; the earliest there is stands for none."""
    moment = item.get(name)
    return moment if isinstance(moment, datetime) and moment.year > 1 else None
