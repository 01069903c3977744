"""The tables the matrix is generated from: every route of a service, every CSOM method and object, every address of a drive.

They are read from a service that is built once for collecting; nothing is listed here by hand.
"""

from __future__ import annotations

import atexit
import functools
import tempfile
from collections.abc import Mapping
from pathlib import Path

from clock import FakeClock
from neighbours import Neighbours, settings_of
from xtenant.domain.tenant import HostRole
from xtenant.protocols.csom.serve.objects import Catalogue, MethodRow
from xtenant.protocols.csom.serve.tenant import catalogue
from xtenant.protocols.graph.serve.addressed import Addressed
from xtenant.service import TenantService
from xtenant.wire.routes import Route


@functools.cache
def service() -> TenantService:
    """A tenant nobody calls; its tables are those of every tenant."""
    folder = tempfile.TemporaryDirectory(prefix="access-")
    atexit.register(folder.cleanup)
    return Neighbours(clock=FakeClock()).add(settings_of("contoso", Path(folder.name)))


def routes() -> Mapping[str, Route]:
    """Every route under a readable name."""
    return {route_name(route): route for route in service().app.router.routes}


def route_name(route: Route) -> str:
    hosts = "+".join(host.value for host in HostRole if host in route.hosts)
    path = route.path.replace("Microsoft.Online.SharePoint.MultiGeo.Service.", "")
    return f"{route.method} {hosts}:{path}"


def addressed() -> frozenset[tuple[str, str]]:
    """What the address grammar of drives serves: method and sub-resource."""
    return frozenset(Addressed(service().backend).answers)


def csom_objects() -> Catalogue:
    return catalogue(service().backend)


def csom_methods() -> Mapping[str, MethodRow]:
    """`Type.Method` of every type with methods."""
    return {
        f"{kind.name.rpartition('.')[2]}.{name}": row
        for kind in csom_objects().types
        for name, row in kind.methods.items()
    }
