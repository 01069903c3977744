"""One tenant's Graph and SharePoint REST over one store, in process, with a site of Ann's at `SITE`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import httpx

from clock import FakeClock
from graph_tenant import ANN, MOVER, ROOT, TENANT, GraphTenant, InProcess, graph_tenant
from xtenant.domain.directory import App, User
from xtenant.domain.limits import DEFAULT
from xtenant.domain.tenant import HostRole
from xtenant.protocols.graph import serve as graph
from xtenant.protocols.sharepoint_rest import serve as rest
from xtenant.wire.bearer import BearerAuthenticator
from xtenant.wire.edge import Edge
from xtenant.wire.routes import Router
from xtenant.wire.transport import Session

SITE = f"{ROOT}/sites/x"
T = TypeVar("T")
JSON = {"Accept": "application/json;odata=nometadata", "Content-Type": "application/json"}
MERGE = {**JSON, "X-HTTP-Method": "MERGE", "If-Match": "*"}
DELETE = {**JSON, "X-HTTP-Method": "DELETE", "If-Match": "*"}


class SiteHost:
    """`rest` sends a REST request as somebody below a web's `_api/web/`, `graph` one below the site in Graph. `seen` are the
    requests that our client sent."""

    def __init__(self, tenant: GraphTenant) -> None:
        self.tenant = tenant
        self.seen: list[httpx.Request] = []
        roles = [role.value for role in HostRole]
        self.edge = Edge(
            tenant=TENANT,
            router=Router([*graph.mount(tenant.backend), *rest.mount(tenant.backend)]),
            authenticator=BearerAuthenticator(tenant.issuer),
            renderers={
                **dict.fromkeys(["graph", "download", *roles], graph.render_error),
                "sharepoint_rest": rest.render_error,
            },
            ids=tenant.ids,
            limits=DEFAULT,
        )
        tenant.client = httpx.Client(transport=InProcess(self.edge), base_url="https://graph.microsoft.com/v1.0")
        self.drive = tenant.make_site(SITE)
        self.site_id = f"contoso.sharepoint.com,{self.drive.site.site_id},{self.drive.site.web_id}"

    def send(
        self, method: str, path: str, json: object = None, *, web: str = SITE, who: User | App = ANN, **more: Any
    ) -> httpx.Response:
        """Whatever the answer is."""
        headers = {**JSON, **more.pop("headers", {})}
        if json is not None:
            more["json"] = json
        return self.tenant.ask(method, f"{web}/_api/web/{path}".rstrip("/"), who, headers=headers, **more)

    def rest(self, method: str, path: str, json: object = None, **more: Any) -> Any:
        """The JSON of a success, None without a body."""
        answer = self.send(method, path, json, **more)
        assert answer.status_code < 300, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def graph(self, method: str, path: str, json: object = None, *, status: int | None = None, **more: Any) -> Any:
        """The JSON of an answer below the site; a success unless another status is wanted."""
        if json is not None:
            more["json"] = json
        who = more.pop("who", ANN)
        site = more.pop("site", self.site_id)
        answer = self.tenant.ask(method, f"/sites/{site}/{path}".rstrip("/"), who, **more)
        good = answer.status_code < 300 if status is None else answer.status_code == status
        assert good, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def make_list(self, title: str = "Tasks", *, web: str = SITE, **more: object) -> str:
        """A list; its address below `_api/web/`."""
        made = self.rest("POST", "lists", {"Title": title, "BaseTemplate": 100, **more}, web=web)
        return f"lists(guid'{made['Id']}')"

    def run(self, ask: Callable[[Session], Awaitable[T]], who: User | App = MOVER) -> T:
        """What a function of our client answers."""

        async def note(request: httpx.Request) -> None:
            self.seen.append(request)

        async def asked() -> T:
            hooks = {"request": [note]}
            async with httpx.AsyncClient(transport=httpx.ASGITransport(app=self.edge), event_hooks=hooks) as http:

                async def token_for(resource: str) -> str:
                    return self.tenant.token(who, httpx.URL(resource).host or resource)

                session = Session(http, token_for, clock=self.tenant.clock, ids=self.tenant.ids)
                return await ask(session)

        return asyncio.run(asked())


@contextmanager
def site_host(folder: Path, clock: FakeClock) -> Generator[SiteHost]:
    with graph_tenant(folder, clock) as tenant:
        yield SiteHost(tenant)
