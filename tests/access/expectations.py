"""What each caller is to get from each route, said here by hand and never asked of the product's own `admits`.

A door (`Who`) decides by the kind of caller, a room by what the operation behind the door asks for. Who stands in front of
which route is stated in `RULES`, by protocol and verb; a route that no rule names fails the matrix.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from access.callers import OWN, SERVICES, Asker
from xtenant.domain.caller import Who
from xtenant.domain.tenant import HostRole
from xtenant.wire.routes import Route

INSIDE, UNKNOWN, REFUSED = 200, 401, 403
"""Let in; not known here (no token, or one that does not count); known and not allowed."""

SHAREPOINT_HOSTS = frozenset({HostRole.ADMIN, HostRole.MY, HostRole.ROOT})

_EVERYBODY = dict.fromkeys(Asker, INSIDE)
_NOBODY = dict.fromkeys(Asker, UNKNOWN)
_OWN_REFUSED = {**_NOBODY, **dict.fromkeys(OWN, REFUSED)}

DOORS: Mapping[Who, Mapping[Asker, int]] = {
    Who.ANYONE: _EVERYBODY,
    Who.SIGNED_URL: _EVERYBODY,
    Who.OWN_USER: {**_NOBODY, **dict.fromkeys(OWN, INSIDE)},
    Who.OWN_SHAREPOINT_ADMIN: {
        **_OWN_REFUSED,
        Asker.SHAREPOINT_ADMIN: INSIDE,
        Asker.GLOBAL_ADMIN: INSIDE,
        Asker.APP: INSIDE,
    },
    Who.OWN_GLOBAL_ADMIN: {**_OWN_REFUSED, Asker.GLOBAL_ADMIN: INSIDE},
    Who.PARTNER: {**_NOBODY, **dict.fromkeys(SERVICES, INSIDE)},
}


class Room(Enum):
    """What an operation asks for beyond the door: the own callers it refuses."""

    OPEN = frozenset[Asker]()
    READ_DIRECTORY = frozenset({Asker.APP_WITHOUT_PERMISSIONS})
    SETTINGS = frozenset({Asker.PLAIN_USER, Asker.APP_WITHOUT_PERMISSIONS})
    WRITE_DIRECTORY = frozenset({Asker.SHAREPOINT_ADMIN, Asker.PLAIN_USER, Asker.APP_WITHOUT_PERMISSIONS})
    BOBS_CONTENT = frozenset(
        {Asker.SHAREPOINT_ADMIN, Asker.GLOBAL_ADMIN, Asker.PLAIN_USER, Asker.APP_WITHOUT_PERMISSIONS}
    )
    """Bob's site is Bob's: an administrator's role opens no content, an app's permission does."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One line of the access table: a protocol's verb, its door and room. `part` must occur in the path."""

    protocol: str
    verb: str
    who: Who
    room: Room = Room.OPEN
    part: str = ""

    def names(self, route: Route) -> bool:
        return (route.protocol, route.verb) == (self.protocol, self.verb) and self.part in route.path


def _rules(protocol: str, who: Who, *verbs: str, room: Room = Room.OPEN, part: str = "") -> tuple[Rule, ...]:
    return tuple(Rule(protocol=protocol, verb=verb, who=who, room=room, part=part) for verb in verbs)


RULES: tuple[Rule, ...] = (
    *_rules(
        "oauth",
        Who.ANYONE,
        *("sign_in.token", "sign_in.token_v1", "sign_in.device_code", "sign_in.device_form", "sign_in.device_answer"),
        *("sign_in.instance", "sign_in.openid", "sign_in.openid_v1", "sign_in.keys", "sign_in.realm"),
        *("sign_in.logout", "sign_in.front"),
    ),
    *_rules("sharepoint_rest", Who.OWN_GLOBAL_ADMIN, "package.export"),
    *_rules("csom", Who.OWN_USER, "csom"),
    *_rules("partner", Who.ANYONE, "partner.keys"),
    *_rules("partner", Who.PARTNER, "partner.notify", "partner.verify", "partner.schema", "partner.move"),
    *_rules("sharepoint_rest", Who.ANYONE, "front_page", "tenant.challenge"),
    *_rules("sharepoint_rest", Who.OWN_USER, "context"),
    *_rules(
        "sharepoint_rest",
        Who.OWN_SHAREPOINT_ADMIN,
        *("trust.inbox", "multi_geo.versions", "compatibility.get"),
        *("sites.get", "sites.list", "sites.remove", "sites.remove_deleted"),
        *("move.start", "move.list", "move.show", "move.cancel", "move.refuse", "move.settle", "move.people"),
        "content.write",
    ),
    *_rules(
        "sharepoint_rest",
        Who.OWN_USER,
        *("lists.read", "lists.write", "permissions.read", "permissions.write"),
        *("versions.write", "recycle_bin.read", "recycle_bin.write"),
        room=Room.BOBS_CONTENT,
    ),
    *_rules("graph", Who.OWN_USER, "users.get", part="/me"),
    *_rules("graph", Who.OWN_USER, "deleted.list", "deleted.restore", room=Room.WRITE_DIRECTORY),
    *_rules("graph", Who.OWN_USER, "users.list", "users.get", "tenant.find", room=Room.READ_DIRECTORY),
    *_rules("graph", Who.OWN_USER, "groups.list", "groups.get", room=Room.READ_DIRECTORY),
    *_rules("graph", Who.OWN_USER, "licences.list", room=Room.READ_DIRECTORY),
    *_rules("graph", Who.OWN_USER, "sharepoint_settings.get", "sharepoint_settings.set", room=Room.SETTINGS),
    *_rules("graph", Who.OWN_USER, "users.invite", "licences.assign", room=Room.WRITE_DIRECTORY),
    *_rules("graph", Who.OWN_USER, "users.create", "groups.create", room=Room.WRITE_DIRECTORY),
    *_rules("graph", Who.OWN_USER, "map.delta", "map.read", room=Room.SETTINGS),
    *_rules("graph", Who.OWN_USER, "move.start", "move.show", "move.cancel", room=Room.SETTINGS),
    *_rules("graph", Who.OWN_USER, "sites.list", room=Room.READ_DIRECTORY, part="/getAllSites"),
    *_rules("graph", Who.OWN_USER, "sites.list"),  # a search: an app without permissions finds nothing
    *_rules("graph", Who.OWN_USER, "sites.get", room=Room.BOBS_CONTENT),
    *_rules("graph", Who.SIGNED_URL, "content.write", part="/uploadSession"),
    *_rules("download", Who.SIGNED_URL, "content.read"),
    *_rules("graph", Who.ANYONE, "content.read", part="/_api/v2.0/shares"),
    *_rules("graph", Who.ANYONE, "content.read", part="/_api/v2.1/shares"),
    *_rules("graph", Who.OWN_USER, "content.read", room=Room.READ_DIRECTORY, part="/shares"),
    *_rules("graph", Who.OWN_USER, "content.write", part="/shares"),
    *_rules("graph", Who.OWN_USER, "content.read", room=Room.WRITE_DIRECTORY, part="/$batch"),
    *_rules("graph", Who.OWN_USER, "content.read", "content.write", part="/me/drive"),
    *_rules("graph", Who.OWN_USER, "content.read", "content.write", room=Room.BOBS_CONTENT),
)


def rule_of(route: Route) -> Rule | None:
    """The first rule that names a route."""
    return next((rule for rule in RULES if rule.names(route)), None)


CSOM_METHODS: Mapping[str, Who] = dict.fromkeys(
    (
        *("Tenant.GetMySiteHostUrl", "Tenant.NewSPOTenantOrgRelation", "Tenant.VerifySPOTenantOrgRelation"),
        *("Tenant.RemoveSPOTenantOrgRelation", "Tenant.GetSPOTenantOrgRelationAll"),
        *("Tenant.GetSPOTenantOrgRelationByPartner", "Tenant.GetSPOTenantOrgRelationByScenario"),
        *("Tenant.IsMnALicensingFlightEnabled", "Tenant.IsMnALicensingEnabledForTenant"),
        *("Tenant.IsMnALicensingEnabledForUser", "Tenant.CheckMnATenantIdentityMapCallCorrectness"),
        *("Tenant.AddOrUpdateTenantIdentityMap", "Tenant.GetTenantUserIdentityMappingItem"),
        *("Tenant.GetTenantGroupIdentityMappingItem", "Tenant.CreateSite", "Tenant.GetSitePropertiesByUrl"),
        "Tenant.AddOrUpdateTenantSingleUserIdentityMappingItem",
        "Tenant.AddOrUpdateTenantSingleGroupIdentityMappingItem",
        *("Tenant.RemoveTenantUserIdentityMappingItem", "Tenant.RemoveTenantGroupIdentityMappingItem"),
        *("Tenant.GetDeletedSitePropertiesByUrl", "Tenant.GetDeletedSitePropertiesFromSharePoint"),
        *("Tenant.RestoreDeletedSite", "Tenant.RestoreDeletedSiteById"),
        *("Tenant.GetSitePropertiesFromSharePointByFilters", "Tenant.RemoveSite", "Tenant.RemoveDeletedSite"),
        "Tenant.SetSiteAdmin",
        *("Tenant.GetPersonalSiteUrl", "Tenant.GetRootSiteUrl", "Tenant.GetTenantInstances", "SiteProperties.Update"),
    ),
    Who.OWN_SHAREPOINT_ADMIN,
)
"""Every method is for administrators, and so are the objects themselves: their properties can be asked for without one."""


def behind(who: Who, room: Room, asker: Asker, host: HostRole) -> int:
    """INSIDE, UNKNOWN or REFUSED."""
    if asker is Asker.APP_BY_SECRET and host in SHAREPOINT_HOSTS and who not in (Who.ANYONE, Who.SIGNED_URL):
        return UNKNOWN
    answer = DOORS[who][asker]
    return REFUSED if answer == INSIDE and asker in room.value else answer
