"""One cell of the matrix: a sample, sent as a caller."""

from __future__ import annotations

from access.callers import Asker, Askers
from access.estate import Answer, Estate
from access.samples import Sample, host_of, path_of
from xtenant.domain.tenant import HostRole
from xtenant.wire.routes import Route

_TOKEN_HOLES = ("encodedNotificationQuery", "encodedVerificationQuery", "encodedQuery")


async def ask(estate: Estate, askers: Askers, route: Route, host: HostRole, sample: Sample, asker: Asker) -> Answer:
    """Send a route's sample with the caller's own credentials, wherever this route takes them."""
    headers, values = dict(sample.headers), {**sample.values, **sample.at.get(host, {})}
    token: str | None = askers.bearer(asker, at_graph=host is HostRole.GRAPH)
    if sample.op:
        body = sample.body if route.method == "POST" else None
        token = askers.call_token(asker, sample.op, body)
        values.update(dict.fromkeys(_TOKEN_HOLES, token))
    if token is not None and "{encoded" not in route.path and asker is not Asker.NOBODY:
        headers["Authorization"] = f"Bearer {token}"
    target = path_of(route.path, values) + sample.query
    return await estate.ask(route.method, host_of(host, estate), target, headers, sample.body)
