"""The unit of work on SQL: one connection in a transaction, repositories made when asked for; they hold no state."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from xtenant.domain.content import SiteKey
from xtenant.domain.directory import Group, User
from xtenant.domain.tenant import TenantId
from xtenant.storage.apps import AppStore
from xtenant.storage.attachments import AttachmentStore
from xtenant.storage.blobs import BlobRows
from xtenant.storage.census import CensusStore
from xtenant.storage.definitions import DefinitionStore
from xtenant.storage.grants import GrantStore, IntentStore
from xtenant.storage.groups import GroupStore
from xtenant.storage.identity_map import IdentityMapStore
from xtenant.storage.item_facts import ItemFactStore
from xtenant.storage.items import ItemStore
from xtenant.storage.jobs import MoveJobStore, MoveRequestStore
from xtenant.storage.leases import LeaseStore
from xtenant.storage.licences import LicenceStore
from xtenant.storage.links import LinkStore
from xtenant.storage.list_items import ListItemStore
from xtenant.storage.memberships import MembershipStore
from xtenant.storage.object_lists import ObjectList
from xtenant.storage.outbox import OutboxStore
from xtenant.storage.principals import PrincipalStore
from xtenant.storage.queue import QueueStore
from xtenant.storage.recovery import RecoveryStore
from xtenant.storage.recycle_bin import RecycleBinStore
from xtenant.storage.replay import ReplayStore
from xtenant.storage.scopes import ScopeStore
from xtenant.storage.settings import SettingsStore
from xtenant.storage.shapes import groups_shape, users_shape
from xtenant.storage.sharepoint_settings import SharePointSettingsStore
from xtenant.storage.sign_in import DeviceCodeStore, KeyStore, RefreshTokenStore
from xtenant.storage.site_groups import SiteGroupStore
from xtenant.storage.site_writer import SqlSiteWriter, open_writer
from xtenant.storage.sites import SiteStore
from xtenant.storage.snapshots import LeftoverStore, ResolutionStore, SnapshotStore
from xtenant.storage.trust import InboxStore, RelationshipStore
from xtenant.storage.uploads import UploadRows
from xtenant.storage.users import UserStore
from xtenant.storage.workers import WorkerStore


class SqlUnitOfWork:
    """`UnitOfWork`; one property per noun."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        self.connection = connection
        self.tenant_id = tenant_id

    @property
    def settings(self) -> SettingsStore:
        return SettingsStore(self.connection, self.tenant_id)

    @property
    def sharepoint_settings(self) -> SharePointSettingsStore:
        return SharePointSettingsStore(self.connection, self.tenant_id)

    @property
    def relationships(self) -> RelationshipStore:
        return RelationshipStore(self.connection, self.tenant_id)

    @property
    def identity_map(self) -> IdentityMapStore:
        return IdentityMapStore(self.connection, self.tenant_id)

    @property
    def inbox(self) -> InboxStore:
        return InboxStore(self.connection, self.tenant_id)

    @property
    def outbox(self) -> OutboxStore:
        return OutboxStore(self.connection, self.tenant_id)

    @property
    def replay(self) -> ReplayStore:
        return ReplayStore(self.connection, self.tenant_id)

    @property
    def users(self) -> UserStore:
        return UserStore(self.connection, self.tenant_id)

    @property
    def groups(self) -> GroupStore:
        return GroupStore(self.connection, self.tenant_id)

    @property
    def memberships(self) -> MembershipStore:
        return MembershipStore(self.connection, self.tenant_id)

    @property
    def licences(self) -> LicenceStore:
        return LicenceStore(self.connection, self.tenant_id)

    @property
    def user_lists(self) -> ObjectList[User]:
        return ObjectList(self.connection, self.tenant_id, users_shape(self.connection.dialect.name))

    @property
    def group_lists(self) -> ObjectList[Group]:
        return ObjectList(self.connection, self.tenant_id, groups_shape(self.connection.dialect.name))

    @property
    def apps(self) -> AppStore:
        return AppStore(self.connection, self.tenant_id)

    @property
    def keys(self) -> KeyStore:
        return KeyStore(self.connection, self.tenant_id)

    @property
    def device_codes(self) -> DeviceCodeStore:
        return DeviceCodeStore(self.connection, self.tenant_id)

    @property
    def refresh_tokens(self) -> RefreshTokenStore:
        return RefreshTokenStore(self.connection, self.tenant_id)

    @property
    def jobs(self) -> MoveJobStore:
        return MoveJobStore(self.connection, self.tenant_id)

    @property
    def move_requests(self) -> MoveRequestStore:
        return MoveRequestStore(self.connection, self.tenant_id)

    @property
    def grants(self) -> GrantStore:
        return GrantStore(self.connection, self.tenant_id)

    @property
    def intents(self) -> IntentStore:
        return IntentStore(self.connection, self.tenant_id)

    @property
    def snapshots(self) -> SnapshotStore:
        return SnapshotStore(self.connection, self.tenant_id)

    @property
    def resolutions(self) -> ResolutionStore:
        return ResolutionStore(self.connection, self.tenant_id)

    @property
    def leftovers(self) -> LeftoverStore:
        return LeftoverStore(self.connection, self.tenant_id)

    @property
    def queue(self) -> QueueStore:
        return QueueStore(self.connection, self.tenant_id)

    @property
    def recovery(self) -> RecoveryStore:
        return RecoveryStore(self.connection, self.tenant_id)

    @property
    def workers(self) -> WorkerStore:
        return WorkerStore(self.connection, self.tenant_id)

    @property
    def sites(self) -> SiteStore:
        return SiteStore(self.connection, self.tenant_id)

    @property
    def items(self) -> ItemStore:
        return ItemStore(self.connection, self.tenant_id)

    @property
    def principals(self) -> PrincipalStore:
        return PrincipalStore(self.connection, self.tenant_id)

    @property
    def list_items(self) -> ListItemStore:
        return ListItemStore(self.connection, self.tenant_id)

    @property
    def definitions(self) -> DefinitionStore:
        return DefinitionStore(self.connection, self.tenant_id)

    @property
    def attachments(self) -> AttachmentStore:
        return AttachmentStore(self.connection, self.tenant_id)

    @property
    def recycle_bin(self) -> RecycleBinStore:
        return RecycleBinStore(self.connection, self.tenant_id)

    @property
    def links(self) -> LinkStore:
        return LinkStore(self.connection, self.tenant_id)

    @property
    def item_facts(self) -> ItemFactStore:
        return ItemFactStore(self.connection, self.tenant_id)

    @property
    def scopes(self) -> ScopeStore:
        return ScopeStore(self.connection, self.tenant_id)

    @property
    def site_groups(self) -> SiteGroupStore:
        return SiteGroupStore(self.connection, self.tenant_id)

    @property
    def blobs(self) -> BlobRows:
        return BlobRows(self.connection, self.tenant_id)

    @property
    def census(self) -> CensusStore:
        return CensusStore(self.connection, self.tenant_id)

    @property
    def leases(self) -> LeaseStore:
        return LeaseStore(self.connection, self.tenant_id)

    @property
    def uploads(self) -> UploadRows:
        return UploadRows(self.connection, self.tenant_id)

    def write_site(
        self, site_key: SiteKey, *, now: datetime, epoch: int | None = None, job: UUID | None = None
    ) -> SqlSiteWriter:
        return open_writer(self.connection, self.tenant_id, site_key, now=now, epoch=epoch, job=job)
