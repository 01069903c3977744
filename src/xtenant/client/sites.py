"""Sites of a tenant: list, show, change, delete, restore, and whom they know (spo-admin.md 4.7)."""

from __future__ import annotations

import builtins
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from xtenant.domain import errors
from xtenant.domain.ports.clock import Clock
from xtenant.protocols.csom import call as csom
from xtenant.protocols.csom.call import LOCK_STATES
from xtenant.protocols.sharepoint_rest.call import site_users
from xtenant.protocols.sharepoint_rest.call.site_users import SiteUser
from xtenant.wire.transport import Session

__all__ = ["LOCK_STATES", "REDIRECT_TEMPLATE", "DeletedSite", "SiteChange", "SiteClient", "SiteRow", "SiteUser"]

REDIRECT_TEMPLATE = "RedirectSite#0"
"""What a move leaves at the source (R-7.6)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteRow:
    """One site as the admin centre shows it."""

    url: str
    title: str | None = None
    template: str | None = None
    status: str | None = None
    lock_state: str | None = None
    owner: str | None = None
    storage_usage_mb: int | None = None
    last_modified: datetime | None = None
    group_id: UUID | None = None

    def shown(self) -> dict[str, object]:
        return {
            "url": self.url,
            "title": self.title,
            "template": self.template,
            "status": self.status,
            "lock_state": self.lock_state,
            "owner": self.owner,
            "storage_usage_mb": self.storage_usage_mb,
            "last_modified": self.last_modified,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletedSite:
    """One site of the recycle bin."""

    url: str
    site_id: UUID | None
    status: str
    deleted_at: datetime | None
    days_remaining: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteChange:
    """What of a site is to become different; None leaves it."""

    lock_state: str | None = None
    owner: str | None = None
    title: str | None = None

    def members(self) -> dict[str, str]:
        """By name on the wire."""
        values = {"LockState": self.lock_state, "Owner": self.owner, "Title": self.title}
        return {name: value for name, value in values.items() if value is not None}


class SiteClient:
    """The site calls of one tenant or geo."""

    def __init__(self, session: Session, admin_url: str, *, clock: Clock) -> None:
        self._session = session
        self._admin_url = admin_url
        self._clock = clock

    async def list(
        self,
        *,
        template: str | None = None,
        include_personal: bool = False,
        filter_text: str | None = None,
        limit: int | None = None,
    ) -> list[SiteRow]:
        """Get-SPOSite: every site, or the first `limit`. OneDrives come only when asked for (R-7.6)."""
        rows: list[SiteRow] = []
        pages = csom.list_sites(
            self._session,
            self._admin_url,
            template=template or "",
            personal="Include" if include_personal else "UseServerDefault",
            filter_text=filter_text or "",
        )
        async for row in pages:
            if limit is not None and len(rows) >= limit:
                break
            rows.append(_row(row))
        return rows

    async def get(self, url: str) -> SiteRow:
        """Get-SPOSite -Identity. Raises NotFound."""
        return _row(await csom.get_site(self._session, self._admin_url, url))

    async def remove(self, url: str, *, wait: bool = True) -> None:
        """Remove-SPOSite: into the recycle bin."""
        await csom.remove_site(self._session, self._admin_url, url, clock=self._clock, wait=wait)

    async def remove_deleted(self, url: str, *, wait: bool = True) -> None:
        """Remove-SPODeletedSite: out of the recycle bin, for good."""
        await csom.remove_deleted_site(self._session, self._admin_url, url, clock=self._clock, wait=wait)

    async def set(self, url: str, change: SiteChange, *, wait: bool = True) -> None:
        """Set-SPOSite. Raises NotFound, Conflict while the site is being moved."""
        values = change.members()
        if values:
            await csom.update_site(self._session, self._admin_url, url, values, clock=self._clock, wait=wait)

    async def deleted(self, *, limit: int | None = None) -> builtins.list[DeletedSite]:
        """Get-SPODeletedSite: every site in the recycle bin, or the first `limit`."""
        rows: builtins.list[DeletedSite] = []
        async for row in csom.deleted_sites(self._session, self._admin_url):
            if limit is not None and len(rows) >= limit:
                break
            rows.append(_deleted(row))
        return rows

    async def deleted_at(self, url: str) -> DeletedSite:
        """Get-SPODeletedSite -Identity. Raises NotFound."""
        return _deleted(await csom.deleted_site(self._session, self._admin_url, url))

    async def restore(self, url: str, *, wait: bool = True) -> None:
        """Restore-SPODeletedSite: out of the recycle bin, back to its address."""
        await csom.restore_site(self._session, self._admin_url, url, clock=self._clock, wait=wait)

    async def set_admin(self, url: str, login: str, *, on: bool) -> None:
        """Set-SPOUser -IsSiteCollectionAdmin. Raises NotFound."""
        await csom.set_site_admin(self._session, self._admin_url, url, login, on)

    async def users(self, url: str) -> builtins.list[SiteUser]:
        """Get-SPOUser: everybody the site knows. Raises NotFound, AccessDenied for who does not administer the site."""
        return [user async for user in site_users.site_users(self._session, url)]

    async def user(self, url: str, login: str) -> SiteUser:
        """Get-SPOUser -LoginName: by UPN, mail or the whole login name. Raises NotFound."""
        wanted = login.casefold()
        async for user in site_users.site_users(self._session, url):
            names = (user.LoginName, user.LoginName.rpartition("|")[2], user.UserPrincipalName, user.Email)
            if wanted in [name.casefold() for name in names if name]:
                return user
        raise errors.NotFound(f"{url} does not know {login}.", remedy="`Get-SPOUser -Site URL` shows whom it knows.")

    async def remove_user(self, url: str, login: str) -> None:
        """Remove-SPOUser: the site knows the user no more, and so do its groups and permissions. Raises NotFound."""
        user = await self.user(url, login)
        await site_users.remove_site_user(self._session, url, user.Id)


def _deleted(row: csom.DeletedSiteRow) -> DeletedSite:
    return DeletedSite(
        url=row.url,
        site_id=row.site_id,
        status=row.status,
        deleted_at=row.deleted_at,
        days_remaining=row.days_remaining,
    )


def _row(row: csom.SiteRow) -> SiteRow:
    return SiteRow(
        url=row.url,
        title=row.title,
        template=row.template,
        status=row.status,
        lock_state=row.lock_state,
        owner=row.owner,
        storage_usage_mb=row.storage_megabytes,
        last_modified=row.modified_at,
        group_id=row.group_id,
    )
