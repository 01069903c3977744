"""The object that everything of administration starts from: `Tenant`, and the catalogue a query may name.

Its methods stand beside their nouns: `trust`, `identity_map`, `sites`, `deleted_sites`.
"""

from __future__ import annotations

from dataclasses import dataclass

from xtenant.operations import features
from xtenant.protocols.csom.codec import types
from xtenant.protocols.csom.serve import deleted_sites, identity_map, site_admins, sites, trust
from xtenant.protocols.csom.serve.objects import Catalogue, Context, ObjectType, ServerObject
from xtenant.wire.backend import Backend


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantFacts:
    root_url: str
    has_moves: bool


REQUEST_CONTEXT = ObjectType(name=types.REQUEST_CONTEXT, type_id=types.REQUEST_CONTEXT_ID)


def catalogue(backend: Backend) -> Catalogue:
    """What exists on the administration host of each geo."""
    kind = ObjectType(
        name=types.TENANT,
        type_id=types.TENANT_ID,
        properties={
            "CompatibilityRange": lambda facts: "15,15",
            "IsMnAFlightEnabled": lambda facts: facts.has_moves,
            "RootSiteUrl": lambda facts: facts.root_url,
        },
        methods={
            **trust.METHODS,
            **identity_map.methods(backend.limits),
            **sites.METHODS,
            **site_admins.METHODS,
            **deleted_sites.METHODS,
        },
    )

    def tenant(context: Context) -> ServerObject:
        enabled = features.features(context.backend.units).any
        facts = TenantFacts(root_url=f"{context.call.geo.root_url}/", has_moves=enabled)
        return ServerObject(kind, facts=facts, identity=("Tenant",))

    def resolve_tenant(context: Context, parts: tuple[str, ...]) -> ServerObject:
        return tenant(context)

    return Catalogue(
        types=(kind, sites.SITE_PROPERTIES),
        constructors={types.TENANT_ID: tenant},
        static_properties={
            (types.REQUEST_CONTEXT_ID, "Current"): lambda context: ServerObject(REQUEST_CONTEXT),
        },
        identities={
            "Tenant": resolve_tenant,
            "SiteProperties": sites.resolve_site,
            "SpoOperation": sites.resolve_operation,
        },
    )
