"""Samples of what SharePoint REST answers below a site: Bob's site on one host, Bob's OneDrive on the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from access.estate import Estate
from access.samples import MISSING, Sample, as_json, ok
from xtenant.domain import paths
from xtenant.domain.tenant import HostRole

NOBODY = "999999"
DOCUMENTS = "lists/getbytitle('Documents')"
MERGE = {"X-HTTP-Method": "MERGE", "Content-Type": "application/json"}


def _at_a_site(*answers: int, values: Mapping[str, str] | None = None, **more: object) -> Callable[[Estate], Sample]:
    """A sample whose site is one of the host's own."""

    def made(estate: Estate) -> Sample:
        at = {
            HostRole.ROOT: {"site": f"/{paths.site_path(estate.site.url)}"},
            HostRole.MY: {"site": f"/{paths.site_path(estate.onedrive.url)}"},
        }
        return ok(*answers, values=values or {}, at=at, **more)

    return made


NO_ITEM = {"list": f"{DOCUMENTS}/items({NOBODY})"}
NO_FILE = {"item": "getfilebyserverrelativepath(DecodedUrl='/none.txt')"}

_WEB = {"target": ""}
_ROLE = {**_WEB, "arguments": f"principalid={NOBODY},roledefid=1073741826"}
_GROUP = {"group": NOBODY, "user": NOBODY}

_NOT_THERE = {"id": f"'{MISSING}'"}
_BINS = {
    (method, f"{{site:path}}/_api/{place}/recyclebin{path}"): sample
    for place in ("site", "web")
    for (method, path), sample in {
        ("GET", ""): _at_a_site(),
        ("GET", "({id})"): _at_a_site(404, values=_NOT_THERE),
        **{
            ("POST", f"/{name}"): _at_a_site(404, **as_json({"ids": [str(MISSING)]}))
            for name in ("restorebyids", "deletebyids")
        },
        **{
            ("POST", f"({{id}})/{name}"): _at_a_site(404, values=_NOT_THERE)
            for name in ("restore", "restore()", "deleteobject", "deleteobject()")
        },
    }.items()
}

SITES: Mapping[tuple[str, str], Callable[[Estate], Sample]] = {
    ("GET", "{site:path}/_api/site"): _at_a_site(),
    ("GET", "{site:path}/_api/web"): _at_a_site(),
    ("GET", "{site:path}/_api/web/roledefinitions"): _at_a_site(),
    ("GET", "{site:path}/_api/web/lists"): _at_a_site(),
    ("POST", "{site:path}/_api/web"): _at_a_site(204, body=b"{}", headers=MERGE),
    ("GET", "{site:path}/_api/web/webs"): _at_a_site(),
    ("POST", "{site:path}/_api/web/webs/add"): _at_a_site(
        400, **as_json({"parameters": {"Title": "Sub", "Url": "Lists"}})
    ),
    ("GET", "{site:path}/_api/web/regionalsettings/timezone"): _at_a_site(),
    ("GET", "{site:path}/_api/web/{list:lists}"): _at_a_site(values={"list": f"{DOCUMENTS}/items"}),
    ("POST", "{site:path}/_api/web/{list:lists}"): _at_a_site(
        400, values={"list": f"{DOCUMENTS}/items"}, **as_json({})
    ),
    ("PATCH", "{site:path}/_api/web/{list:lists}"): _at_a_site(404, values=NO_ITEM, **as_json({"Title": "x"})),
    ("DELETE", "{site:path}/_api/web/{list:lists}"): _at_a_site(404, values=NO_ITEM),
    ("GET", "{site:path}/_api/web/{item:item}/listitemallfields"): _at_a_site(404, values=NO_FILE),
    ("POST", "{site:path}/_api/web/{item:item}/listitemallfields"): _at_a_site(
        404, values=NO_FILE, body=b'{"Title": "x"}', headers=MERGE
    ),
    **{
        ("POST", f"{{site:path}}/_api/web/{{item:item}}/{name}({{arguments:path}})"): _at_a_site(
            404, values={**NO_FILE, "arguments": "comment='x'"}
        )
        for name in ("publish", "unpublish", "checkin")
    },
    ("GET", "{site:path}/_api/web/{item:item}/versions"): _at_a_site(404, values=NO_FILE),
    **_BINS,
    ("GET", "{site:path}/_api/web{target:path}/roleassignments"): _at_a_site(values=_WEB),
    ("POST", "{site:path}/_api/web{target:path}/breakroleinheritance({arguments:path})"): _at_a_site(
        values={**_WEB, "arguments": "copyRoleAssignments=true"}
    ),
    ("POST", "{site:path}/_api/web{target:path}/resetroleinheritance"): _at_a_site(400, values=_WEB),
    ("POST", "{site:path}/_api/web{target:path}/roleassignments/addroleassignment({arguments})"): _at_a_site(
        404, values=_ROLE
    ),
    ("POST", "{site:path}/_api/web{target:path}/roleassignments/removeroleassignment({arguments})"): _at_a_site(
        404, values=_ROLE
    ),
    ("GET", "{site:path}/_api/web/siteusers"): _at_a_site(),
    ("GET", "{site:path}/_api/web/siteusers({user:arg})"): _at_a_site(404, values=_GROUP),
    ("POST", "{site:path}/_api/web/siteusers({user:arg})"): _at_a_site(
        404, values=_GROUP, body=b'{"IsSiteAdmin": false}', headers=MERGE
    ),
    ("POST", "{site:path}/_api/web/siteusers/removebyid({user:arg})"): _at_a_site(404, values=_GROUP),
    ("POST", "{site:path}/_api/web/siteusers/removebyloginname({user:arg})"): _at_a_site(
        404, values={"user": "'nobody@fabrikam.com'"}
    ),
    ("POST", "{site:path}/_api/web/ensureuser"): _at_a_site(404, **as_json({"logonName": "nobody@fabrikam.com"})),
    ("POST", "{site:path}/_api/web/ensureuser({login:arg})"): _at_a_site(
        404, values={"login": "'nobody@fabrikam.com'"}
    ),
    ("GET", "{site:path}/_api/web/sitegroups"): _at_a_site(),
    ("POST", "{site:path}/_api/web/sitegroups"): _at_a_site(400, **as_json({"Title": "?"})),
    ("POST", "{site:path}/_api/web/sitegroups/removebyid({group:arg})"): _at_a_site(404, values=_GROUP),
    ("GET", "{site:path}/_api/web/sitegroups({group:arg})"): _at_a_site(404, values=_GROUP),
    ("GET", "{site:path}/_api/web/sitegroups({group:arg})/users"): _at_a_site(404, values=_GROUP),
    ("POST", "{site:path}/_api/web/sitegroups({group:arg})/users"): _at_a_site(
        404, values=_GROUP, **as_json({"LoginName": "nobody@fabrikam.com"})
    ),
    ("POST", "{site:path}/_api/web/sitegroups({group:arg})/users/removebyid({user:arg})"): _at_a_site(
        404, values=_GROUP
    ),
}
