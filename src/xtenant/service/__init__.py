"""Composition root of a tenant service: the only house that picks stores and mounts protocols.

`store` opens the database and seeds it, `composition` puts the parts together, `running` runs the result on a port.
"""

from __future__ import annotations

from xtenant.service.composition import build_service
from xtenant.service.running import TenantService, serve

__all__ = ["TenantService", "build_service", "serve"]
