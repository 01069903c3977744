"""Files and folders of a tenant by the site they lie in and their path below it."""

from __future__ import annotations

from urllib.parse import unquote

from xtenant.domain import errors
from xtenant.protocols.graph.call import drives
from xtenant.wire.transport import Session


class FileClient:
    """The calls on items of one tenant."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def rename(self, site_url: str, path: str, name: str) -> None:
        """Give the item at a path another name. `path` begins with the last segment of its library's address.

        Raises NotFound for a site, library or item that is not there, Conflict when the name is taken.
        """
        library, _, inner = path.strip("/").partition("/")
        if not inner:
            raise errors.UsageError(
                f"'{path}' names no file or folder in a library.",
                remedy="Write the library's last URL segment first: 'Shared Documents/Folder/name.docx'.",
            )
        drive_id = await self._drive_of(site_url, library)
        item = await drives.item_by_path(self._session, drive_id, inner)
        await drives.rename_item(self._session, drive_id, item.id, name)

    async def _drive_of(self, site_url: str, library: str) -> str:
        site = await drives.site_by_url(self._session, site_url)
        for drive in await drives.drives_of_site(self._session, site.id):
            if unquote(drive.url).rstrip("/").rpartition("/")[2].casefold() == library.casefold():
                return drive.id
        raise errors.NotFound(f"There is no library '{library}' in {site_url}.")
