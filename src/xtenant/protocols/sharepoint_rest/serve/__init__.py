"""Serves SharePoint REST; one module per noun, put together in `mounting`."""

from __future__ import annotations

from xtenant.protocols.sharepoint_rest.serve.mounting import mount, render_error

__all__ = ["mount", "render_error"]
