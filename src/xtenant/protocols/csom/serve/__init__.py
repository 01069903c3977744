"""Serves CSOM ProcessQuery on the administration hosts: POST `/_vti_bin/client.svc/ProcessQuery`."""

from __future__ import annotations

from xtenant.protocols.csom.serve.mounting import mount, render_error

__all__ = ["mount", "render_error"]
