"""Sites of a tenant: list, show, delete (spo-admin.md 4.7)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from xtenant.domain.ports.clock import Clock
from xtenant.protocols.csom import call as csom
from xtenant.wire.transport import Session

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

    async def set_lock_state(self, url: str, lock_state: str) -> None:
        """Set-SPOSite -LockState."""
        await csom.set_lock_state(self._session, self._admin_url, url, lock_state, clock=self._clock)


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
    )
