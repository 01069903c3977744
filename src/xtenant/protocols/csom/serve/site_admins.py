"""`Tenant.SetSiteAdmin`: SharePoint's administrators name the administrators of any site. It answers the user."""

from __future__ import annotations

from collections.abc import Mapping

from xtenant.domain.permissions import SiteUser
from xtenant.operations import site_users
from xtenant.protocols.csom.codec import types
from xtenant.protocols.csom.codec.reply import Json
from xtenant.protocols.csom.serve.objects import Context, Form, MethodRow, ObjectType, ServerObject, flag, text
from xtenant.wire.routes import Evidence


def _number(user: SiteUser) -> Json:
    return int(user.principal.key)


USER = ObjectType(
    name=types.USER,
    properties={
        "Email": lambda user: user.principal.mail or "",
        "Id": _number,
        "IsSiteAdmin": lambda user: user.is_admin,
        "LoginName": lambda user: user.principal.login,
        "Title": lambda user: user.principal.name,
    },
)


def set_site_admin(context: Context, tenant: ServerObject, url: str, login: str, on: bool) -> ServerObject:
    backend = context.backend
    user = site_users.appoint_site_admin(backend.units, url=url, login=login, on=on, clock=backend.clock)
    return ServerObject(USER, facts=user)


METHODS: Mapping[str, MethodRow] = {
    "SetSiteAdmin": MethodRow(
        function=set_site_admin,
        parameters=(text("siteUrl"), text("loginName"), flag("isSiteAdmin")),
        form=Form.PATH,
        verb="sites.appoint",
        evidence=Evidence.VERIFIED,
    )
}
