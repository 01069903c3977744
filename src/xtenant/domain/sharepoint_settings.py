"""The tenant-wide SharePoint settings that Graph shows as `sharepointSettings` (graph-migrations.md 4.6, R-4.9).

Values start as a fresh tenant's; only what other rules name has an effect here, the rest is kept as it was written.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from uuid import UUID


class SharingCapability(Enum):
    DISABLED = "disabled"
    EXTERNAL_USERS = "externalUserSharingOnly"
    EXTERNAL_AND_GUESTS = "externalUserAndGuestSharing"
    EXISTING_EXTERNAL_USERS = "existingExternalUserSharingOnly"


class DomainRestriction(Enum):
    NONE = "none"
    ALLOW = "allowList"
    BLOCK = "blockList"


class ImageTagging(Enum):
    DISABLED = "disabled"
    BASIC = "basic"
    ENHANCED = "enhanced"


@dataclass(frozen=True, slots=True, kw_only=True)
class IdleSignOut:
    is_enabled: bool = False
    warn_after_in_seconds: int = 0
    sign_out_after_in_seconds: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SharePointSettings:
    """Names as Graph's in our spelling; lists are tuples."""

    deleted_user_personal_site_retention_period_in_days: int = 30
    personal_site_default_storage_limit_in_mb: int = 1_048_576
    site_creation_default_storage_limit_in_mb: int = 26_214_400
    site_creation_default_managed_path: str = "/sites/"
    tenant_default_timezone: str = "(UTC) Coordinated Universal Time"
    available_managed_paths_for_site_creation: tuple[str, ...] = ("/sites/", "/teams/")
    excluded_file_extensions_for_sync_app: tuple[str, ...] = ()
    sharing_allowed_domain_list: tuple[str, ...] = ()
    sharing_blocked_domain_list: tuple[str, ...] = ()
    allowed_domain_guids_for_sync_app: tuple[UUID, ...] = ()
    sharing_capability: SharingCapability = SharingCapability.EXTERNAL_AND_GUESTS
    sharing_domain_restriction_mode: DomainRestriction = DomainRestriction.NONE
    image_tagging_option: ImageTagging = ImageTagging.BASIC
    idle_session_sign_out: IdleSignOut = IdleSignOut()
    is_commenting_on_site_pages_enabled: bool = True
    is_file_activity_notification_enabled: bool = True
    is_legacy_auth_protocols_enabled: bool = True
    is_loop_enabled: bool = True
    is_mac_sync_app_enabled: bool = True
    is_require_accepting_user_to_match_invited_user_enabled: bool = False
    is_resharing_by_external_users_enabled: bool = True
    is_share_point_mobile_notification_enabled: bool = True
    is_share_point_newsfeed_enabled: bool = True
    is_site_creation_enabled: bool = True
    is_site_creation_ui_enabled: bool = True
    is_site_pages_creation_enabled: bool = True
    is_sites_storage_limit_automatic: bool = True
    is_sync_button_hidden_on_personal_site: bool = False
    is_unmanaged_sync_app_for_tenant_restricted: bool = False
