"""Answering a partner's service, on the personal-site host of each geo."""

from __future__ import annotations

from xtenant.protocols.partner.serve.mount import mount, render_error

__all__ = ["mount", "render_error"]
