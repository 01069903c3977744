"""The unit of work: one transaction of one tenant, with a repository per noun.

A unit is opened in a worker thread, used by plain operations and closed before anybody outside is asked; while one is open
the transport refuses to send (`unit_is_open`, design section 3). Leaving the `with` block commits, an exception rolls back.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from xtenant.domain.content import SiteKey
    from xtenant.domain.directory import Group, User
    from xtenant.domain.ports.census import CensusRepository
    from xtenant.domain.ports.content import (
        BlobRepository,
        ItemRepository,
        PrincipalRepository,
        SiteRepository,
        SiteWriter,
    )
    from xtenant.domain.ports.directory import (
        AppRepository,
        GroupRepository,
        MembershipRepository,
        ObjectListRepository,
        UserRepository,
    )
    from xtenant.domain.ports.identity import IdentityMapRepository
    from xtenant.domain.ports.item_facts import ItemFactRepository
    from xtenant.domain.ports.leases import LeaseRepository
    from xtenant.domain.ports.licences import LicenceRepository
    from xtenant.domain.ports.lists import (
        AttachmentRepository,
        DefinitionRepository,
        ListItemRepository,
        RecycleBinRepository,
    )
    from xtenant.domain.ports.move import (
        GrantRepository,
        IntentRepository,
        LeftoverRepository,
        MoveJobRepository,
        MoveRequestRepository,
        ResolutionRepository,
        SnapshotRepository,
        WorkerRepository,
    )
    from xtenant.domain.ports.permissions import ScopeRepository, SiteGroupRepository
    from xtenant.domain.ports.queue import QueueRepository
    from xtenant.domain.ports.recovery import RecoveryRepository
    from xtenant.domain.ports.replay import ReplayRepository
    from xtenant.domain.ports.sharing import LinkRepository
    from xtenant.domain.ports.sign_in import DeviceCodeRepository, KeyRepository, RefreshTokenRepository
    from xtenant.domain.ports.tenant import SettingsRepository, SharePointSettingsRepository
    from xtenant.domain.ports.trust import InboxRepository, OutboxRepository, RelationshipRepository
    from xtenant.domain.ports.uploads import UploadRepository

_open_units: ContextVar[int] = ContextVar("xtenant_open_units", default=0)


def unit_is_open() -> bool:
    """Whether this thread or task holds a unit of work."""
    return _open_units.get() > 0


def count_open_units(change: int) -> None:
    """Called by storage when a unit opens (+1) and closes (-1)."""
    _open_units.set(_open_units.get() + change)


class UnitOfWork(Protocol):
    """One transaction. Each attribute is the repository of one noun."""

    @property
    def settings(self) -> SettingsRepository: ...

    @property
    def sharepoint_settings(self) -> SharePointSettingsRepository: ...

    @property
    def users(self) -> UserRepository: ...

    @property
    def groups(self) -> GroupRepository: ...

    @property
    def memberships(self) -> MembershipRepository: ...

    @property
    def licences(self) -> LicenceRepository: ...

    @property
    def user_lists(self) -> ObjectListRepository[User]: ...

    @property
    def group_lists(self) -> ObjectListRepository[Group]: ...

    @property
    def apps(self) -> AppRepository: ...

    @property
    def keys(self) -> KeyRepository: ...

    @property
    def device_codes(self) -> DeviceCodeRepository: ...

    @property
    def refresh_tokens(self) -> RefreshTokenRepository: ...

    @property
    def identity_map(self) -> IdentityMapRepository: ...

    @property
    def relationships(self) -> RelationshipRepository: ...

    @property
    def inbox(self) -> InboxRepository: ...

    @property
    def outbox(self) -> OutboxRepository: ...

    @property
    def replay(self) -> ReplayRepository: ...

    @property
    def jobs(self) -> MoveJobRepository: ...

    @property
    def move_requests(self) -> MoveRequestRepository: ...

    @property
    def grants(self) -> GrantRepository: ...

    @property
    def intents(self) -> IntentRepository: ...

    @property
    def snapshots(self) -> SnapshotRepository: ...

    @property
    def resolutions(self) -> ResolutionRepository: ...

    @property
    def leftovers(self) -> LeftoverRepository: ...

    @property
    def queue(self) -> QueueRepository: ...

    @property
    def recovery(self) -> RecoveryRepository: ...

    @property
    def workers(self) -> WorkerRepository: ...

    @property
    def sites(self) -> SiteRepository: ...

    @property
    def items(self) -> ItemRepository: ...

    @property
    def principals(self) -> PrincipalRepository: ...

    @property
    def list_items(self) -> ListItemRepository: ...

    @property
    def definitions(self) -> DefinitionRepository: ...

    @property
    def attachments(self) -> AttachmentRepository: ...

    @property
    def recycle_bin(self) -> RecycleBinRepository: ...

    @property
    def links(self) -> LinkRepository: ...

    @property
    def item_facts(self) -> ItemFactRepository: ...

    @property
    def scopes(self) -> ScopeRepository: ...

    @property
    def site_groups(self) -> SiteGroupRepository: ...

    @property
    def blobs(self) -> BlobRepository: ...

    @property
    def census(self) -> CensusRepository: ...

    @property
    def leases(self) -> LeaseRepository: ...

    @property
    def uploads(self) -> UploadRepository: ...

    def write_site(
        self, site_key: SiteKey, *, now: datetime, epoch: int | None = None, job: UUID | None = None
    ) -> SiteWriter:
        """Lock a site's row and hand out the writer. `job` is the move job that builds a hidden site.

        Raises NotFound, SiteMoved, SiteFrozen, SiteLocked, StaleEpoch.
        """
        ...


class Units(Protocol):
    """Opens units of work on one tenant's store."""

    def read(self) -> AbstractContextManager[UnitOfWork]:
        """A snapshot for reading; writing through it fails."""
        ...

    def write(self) -> AbstractContextManager[UnitOfWork]:
        """A transaction for writing; at most one at a time on SQLite."""
        ...
