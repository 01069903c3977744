"""POST /$batch: up to twenty requests, each through the same routes and the same rules as if it came alone (1.15)."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from urllib.parse import quote, unquote

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message

from xtenant.domain import errors
from xtenant.domain.tenant import GRAPH_HOST, HostRole
from xtenant.protocols.graph.codec import batch as codec
from xtenant.protocols.graph.serve.answers import body_of, json_answer, rows, version_of
from xtenant.wire.backend import Backend
from xtenant.wire.edge import Call, status_of
from xtenant.wire.permissions import admits_call
from xtenant.wire.routes import Route, Router

FAILED_DEPENDENCY = 424
_PATH_SIGNS = "/%:@!$&'()*+,;=~-._"

Render = Callable[[errors.XTenantError, int, str, Request], Response]


def routes(backend: Backend, others: Sequence[Route], render: Render) -> list[Route]:
    batch = Batch(Router(others), render)
    return rows("POST", "/$batch", batch.run, verb="content.read", source="office365-rest-python-client.txt")


class Batch:
    """Runs the parts in the order given, which dependencies cannot contradict."""

    def __init__(self, router: Router, render: Render) -> None:
        self._router = router
        self._render = render

    async def run(self, call: Call) -> Response:
        body = await body_of(call, codec.BatchBody)
        codec.check(body, call.limits.batch_requests)
        answers: dict[str, dict[str, object]] = {}
        failed: set[str] = set()
        for part in body.requests:
            if failed.intersection(part.depends_on):
                answer = _answer_of(part.id, json_answer(_DEPENDENCY, FAILED_DEPENDENCY))
            else:
                answer = _answer_of(part.id, await self._part(call, part))
            answers[part.id] = answer
            if int(str(answer["status"])) >= 400:
                failed.add(part.id)
        return json_answer({"responses": list(answers.values())})

    async def _part(self, call: Call, part: codec.Part) -> Response:
        request = _request_of(call, part)
        try:
            return await self._handled(call, request)
        except errors.XTenantError as error:
            return self._render(error, status_of(error), call.request_id, request)

    async def _handled(self, call: Call, request: Request) -> Response:
        raw_path: str = request.scope["raw_path"].decode("ascii")
        match = self._router.match(HostRole.GRAPH, request.method, raw_path)
        if match is None:
            raise errors.NotFound(f"Nothing answers {request.method} {request.url.path} here.")
        if not admits_call(match.route.who, call.caller, request.method, GRAPH_HOST, raw_path):
            raise errors.AccessDenied("Access denied. The caller lacks the role this call asks for.")
        part = dataclasses.replace(call, request=request, route=match.route, values=match.values)
        told = part.charged()
        response = await match.route.handler(part)
        response.headers.update(told)
        return response


_DEPENDENCY = {"error": {"code": "FailedDependency", "message": "A request this one depends on has failed."}}


def _request_of(call: Call, part: codec.Part) -> Request:
    """The part as a request of its own; the caller stays the batch's, an inner Authorization does not count."""
    path, _, options = part.url.partition("?")
    raw_path = quote(f"/{version_of(call)}/{path.lstrip('/')}", safe=_PATH_SIGNS)
    content = part.content()
    headers = [(b"host", GRAPH_HOST.encode())]
    headers += [
        (name.lower().encode("latin-1", "replace"), value.encode("latin-1", "replace"))
        for name, value in part.headers.items()
        if name.lower() not in ("authorization", "host", "content-length")
    ]
    scope = {
        **call.request.scope,
        "method": part.method.upper(),
        "path": unquote(raw_path),
        "raw_path": raw_path.encode(),
        "query_string": quote(options, safe="/?=&%:@!$'()*+,;~-._").encode(),
        "headers": [*headers, (b"content-length", str(len(content)).encode())],
    }

    async def receive() -> Message:
        return {"type": "http.request", "body": content, "more_body": False}

    return Request(scope, receive)


def _answer_of(part_id: str, response: Response) -> dict[str, object]:
    answer: dict[str, object] = {"id": part_id, "status": response.status_code}
    headers = {name: value for name, value in response.headers.items() if name != "content-length"}
    if headers:
        answer["headers"] = headers
    if response.body:
        answer["body"] = msgspec.Raw(bytes(response.body))
    return answer
