"""The token endpoint (v1 and v2) and the start of a device code sign-in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from starlette.responses import JSONResponse, Response

from xtenant.domain.caller import Who
from xtenant.domain.sign_in import DEFAULT_SCOPE, GrantRefused, SignedIn, check_authority
from xtenant.domain.tenant import HostRole
from xtenant.operations import device_codes, sign_in
from xtenant.operations.client_assertions import ASSERTION_TYPE
from xtenant.protocols.oauth import codec
from xtenant.wire.backend import Backend
from xtenant.wire.edge import Call
from xtenant.wire.routes import Evidence, Route

NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}
HOSTS = frozenset({HostRole.LOGIN})

Form = Mapping[str, str]


def mount(backend: Backend) -> list[Route]:
    """Rows of the token and device code endpoints."""
    endpoint = TokenEndpoint(backend)
    rows: list[tuple[str, Callable[[Call], Awaitable[Response]], str, Evidence, str]] = [
        ("/{tenant}/oauth2/v2.0/token", endpoint.token, "token", Evidence.VERIFIED, "msal-azure-identity.txt"),
        ("/{tenant}/oauth2/token", endpoint.token_v1, "token_v1", Evidence.INFERRED, "content-api.md 3.3"),
        (
            "/{tenant}/oauth2/v2.0/devicecode",
            endpoint.device_code,
            "device_code",
            Evidence.VERIFIED,
            "content-api.md 3.1",
        ),
    ]
    return [
        Route(
            hosts=HOSTS,
            method="POST",
            path=path,
            who=Who.ANYONE,
            handler=handler,
            protocol="oauth",
            evidence=evidence,
            verb=f"sign_in.{verb}",
            source=source,
        )
        for path, handler, verb, evidence, source in rows
    ]


class TokenEndpoint:
    """Finds the grant's operation by `grant_type` and signs what it gives."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._grants = {
            "client_credentials": self._app,
            "password": self._person,
            "refresh_token": self._refresh,
            "urn:ietf:params:oauth:grant-type:device_code": self._device,
            "device_code": self._device,
        }

    async def token(self, call: Call) -> Response:
        """v2: `scope` names the resource."""
        form = await self._form(call)
        answer = await call.run(self._answer, call, form, None)
        return JSONResponse(codec.token_document(answer, self._backend.limits.access_token_seconds), headers=NO_STORE)

    async def token_v1(self, call: Call) -> Response:
        """v1: `resource` names it."""
        form = await self._form(call)
        answer = await call.run(self._answer, call, form, codec.required(form, "resource"))
        seconds, now = self._backend.limits.access_token_seconds, self._backend.clock.security_now()
        return JSONResponse(codec.token_document_v1(answer, seconds, now), headers=NO_STORE)

    async def device_code(self, call: Call) -> Response:
        """Start a device code sign-in."""
        form = await self._form(call)
        started = await call.run(
            device_codes.start_device_code,
            self._backend.units,
            self._backend.tenant,
            codec.required(form, "client_id"),
            form.get("scope", ""),
            clock=self._backend.clock,
            ids=self._backend.ids,
            life_seconds=self._backend.limits.device_code_seconds,
        )
        return JSONResponse(codec.device_code_document(started, self._backend.tenant), headers=NO_STORE)

    async def _form(self, call: Call) -> Form:
        check_authority(self._backend.tenant, call.values["tenant"])
        return codec.read_form(await call.body(self._backend.limits.form_body))

    def _answer(self, call: Call, form: Form, resource: str | None) -> codec.TokenAnswer:
        grant_of = self._grants.get(codec.required(form, "grant_type"))
        if grant_of is None:
            raise GrantRefused(70003, "unsupported_grant_type", "The app requested an unsupported grant type.")
        return self._signed(grant_of(form, _proof_of(call, form), resource))

    def _signed(self, grant: SignedIn) -> codec.TokenAnswer:
        issuer, user = self._backend.tokens, grant.user
        if user is None:
            return codec.TokenAnswer(access_token=issuer.access_token(grant), audience=grant.audience)
        # `.default` stands in the answer too: MSAL finds a cached token only by a scope the answer named
        names = grant.scopes | {DEFAULT_SCOPE} if grant.by_default else grant.scopes
        qualified = [f"{grant.audience}/{name}" for name in sorted(names)]
        return codec.TokenAnswer(
            access_token=issuer.access_token(grant),
            audience=grant.audience,
            scope=" ".join([*qualified, *sorted(grant.open_id - {"offline_access"})]),
            refresh_token=grant.refresh_token,
            id_token=issuer.id_token(grant) if "openid" in grant.open_id else None,
            client_info=issuer.client_info(user),
        )

    def _app(self, form: Form, proof: sign_in.ClientProof, resource: str | None) -> SignedIn:
        backend = self._backend
        scope = form.get("scope", "")
        return sign_in.sign_in_app(backend.units, backend.tenant, proof, scope, resource=resource, clock=backend.clock)

    def _person(self, form: Form, proof: sign_in.ClientProof, resource: str | None) -> SignedIn:
        return sign_in.sign_in_person(
            self._backend.units,
            self._backend.tenant,
            proof,
            codec.required(form, "username"),
            codec.required(form, "password"),
            form.get("scope", ""),
            resource=resource,
            clock=self._backend.clock,
            ids=self._backend.ids,
            refresh_seconds=self._backend.limits.refresh_token_seconds,
        )

    def _refresh(self, form: Form, proof: sign_in.ClientProof, resource: str | None) -> SignedIn:
        return sign_in.refresh(
            self._backend.units,
            self._backend.tenant,
            proof,
            codec.required(form, "refresh_token"),
            form.get("scope"),
            resource=resource,
            clock=self._backend.clock,
            ids=self._backend.ids,
            refresh_seconds=self._backend.limits.refresh_token_seconds,
        )

    def _device(self, form: Form, proof: sign_in.ClientProof, resource: str | None) -> SignedIn:
        return device_codes.poll_device_code(
            self._backend.units,
            self._backend.tenant,
            proof,
            form.get("device_code") or codec.required(form, "code"),
            clock=self._backend.clock,
            ids=self._backend.ids,
            refresh_seconds=self._backend.limits.refresh_token_seconds,
        )


def _proof_of(call: Call, form: Form) -> sign_in.ClientProof:
    """The client's id and proof, from the Basic header or the form."""
    basic = codec.basic_client(call.request.headers.get("authorization", ""))
    if basic is not None:
        return sign_in.ClientProof(client_id=basic[0], secret=basic[1] or None)
    assertion = form.get("client_assertion")
    if assertion is not None and form.get("client_assertion_type") != ASSERTION_TYPE:
        raise GrantRefused(700026, "invalid_request", "The client assertion type is not supported.")
    return sign_in.ClientProof(
        client_id=codec.required(form, "client_id"), secret=form.get("client_secret"), assertion=assertion
    )
