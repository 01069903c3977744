"""Calls SharePoint REST of a tenant's administration host, one function per endpoint, on a `Session`."""

from __future__ import annotations

from xtenant.protocols.sharepoint_rest.call.admin import api_versions, compatibility, form_digest, inbox
from xtenant.protocols.sharepoint_rest.call.exchange import send

__all__ = ["api_versions", "compatibility", "form_digest", "inbox", "send"]
