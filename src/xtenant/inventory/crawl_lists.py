"""Which lists a site has, and in which of them something changed since they were read (settled C 17, C 18).

A library is asked for its changes with the token of its drive; of another list date of change and number of items tell. The
token is taken before items are read: what changes meanwhile is told of by the next run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit
from uuid import UUID

from xtenant.domain import errors
from xtenant.domain.paths import url_key
from xtenant.inventory.facts import ScopeKind, Site, SiteList
from xtenant.inventory.store import Inventory
from xtenant.protocols.graph.call import drives
from xtenant.protocols.sharepoint_rest.call import lists
from xtenant.wire.transport import Session


@dataclass(slots=True, kw_only=True)
class ListStand:
    """A list as it stands now. `changed` says that its items are to be read; `state` is kept once that is done."""

    told: SiteList
    is_library: bool
    is_unique: bool
    changed: bool
    state: str | None = None


@dataclass(slots=True)
class Lists:
    """Looks at the lists of one site; with `whole` every list counts as changed."""

    session: Session
    inventory: Inventory
    site: Site
    whole: bool = False

    async def stands(self) -> list[ListStand]:
        """Every list, hidden ones (whose items are not read) included. Raises Refused's kinds where lists may not be seen."""
        rows = [row async for row in lists.lists_of(self.session, self.site.url)]
        before = {each.list_id: each for each in self.inventory.lists(self.site.site_id)}
        states = self.inventory.list_states(self.site.site_id)
        unique = {scope.scope_id for scope in self.inventory.scopes(self.site.site_id) if scope.kind is ScopeKind.LIST}
        found: list[ListStand] = []
        places = await self._drives(rows, before)
        for row in rows:
            told = self._told(row, places.get(row.Id, ""))
            old = before.get(row.Id)
            same = old is not None and old.path == told.path and row.HasUniqueRoleAssignments == (row.Id in unique)
            state = states.get(row.Id) if same and not self.whole else None
            found.append(await self._stand(row, told, state))
        return found

    async def _stand(self, row: lists.SiteList, told: SiteList, state: str | None) -> ListStand:
        stand = ListStand(
            told=told, is_library=row.BaseType == lists.LIBRARY, is_unique=row.HasUniqueRoleAssignments, changed=False
        )
        if told.hidden:
            return stand
        if told.drive_id:
            stand.changed, stand.state = await self._changes(told.drive_id, state)
        else:
            stand.state = _state_of_rows(told)
            stand.changed = state is None or state != stand.state
        return stand

    async def _changes(self, drive_id: str, state: str | None) -> tuple[bool, str | None]:
        """Whether a drive changed, and its next token; None where it gives none, so that the next run reads it again."""
        try:
            if state is not None:
                changed, token = await drives.has_changed(self.session, drive_id, state)
                if not changed:
                    return False, token or state
        except errors.Refused:
            pass  # the token is too old, or the drive may not be asked: all of it is read
        try:
            return True, await drives.latest_token(self.session, drive_id)
        except errors.Refused:
            return True, None

    async def _drives(self, rows: Sequence[lists.SiteList], before: Mapping[UUID, SiteList]) -> dict[UUID, str]:
        """Graph's drive of each library that is seen; asked for only where a library is new."""
        wanted = [row for row in rows if row.BaseType == lists.LIBRARY and not row.Hidden]
        known = {row.Id: before[row.Id].drive_id for row in wanted if row.Id in before and before[row.Id].drive_id}
        if len(known) == len(wanted):
            return known
        try:
            found = await drives.drives_of_site(self.session, str(self.site.site_id))
        except errors.Refused:
            return {}
        by_place = {url_key(each.url): each.id for each in found if each.url}
        host = f"https://{urlsplit(self.site.url).netloc}"
        places = {row.Id: by_place.get(url_key(f"{host}{row.RootFolder.ServerRelativeUrl}"), "") for row in wanted}
        return {list_id: drive_id for list_id, drive_id in places.items() if drive_id}

    def _told(self, row: lists.SiteList, drive_id: str) -> SiteList:
        return SiteList(
            site_id=self.site.site_id,
            list_id=row.Id,
            path=below_web(self.site.url, row.RootFolder.ServerRelativeUrl),
            title=row.Title,
            template=row.BaseTemplate,
            items=row.ItemCount,
            hidden=row.Hidden,
            drive_id=drive_id,
            modified_at=row.LastItemModifiedDate,
        )


def _state_of_rows(told: SiteList) -> str | None:
    """What stands for a token where there is no drive; None where the tenant does not say when the list changed."""
    return None if told.modified_at is None else f"={told.modified_at.isoformat()}/{told.items}"


def below_web(web_url: str, server_relative: str) -> str:
    """A path from the host on, as one from the web on."""
    web = unquote(urlsplit(web_url).path).strip("/")
    path = server_relative.strip("/")
    inside = path.casefold().startswith(f"{web}/".casefold()) if web else True
    return path[len(web) :].strip("/") if inside else path
