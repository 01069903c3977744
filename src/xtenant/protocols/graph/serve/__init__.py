"""What a tenant answers on `graph.microsoft.com` and under `/_api/v2.0` of its own hosts: `mount` and `render_error`."""

from __future__ import annotations

from xtenant.protocols.graph.serve.mounting import mount, render_error

__all__ = ["mount", "render_error"]
