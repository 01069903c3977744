"""The page on which a person approves a device code: code, user name and password, approve or decline (settled A 7).

There is no cookie and no session, so that no other page can use one: every answer carries name and password itself. A form
sent from another origin is refused all the same, the page may not be framed, and everything shown is escaped.
"""

from __future__ import annotations

from html import escape

from starlette.responses import HTMLResponse, Response

from xtenant.domain import errors
from xtenant.domain.caller import Who
from xtenant.domain.sign_in import GrantRefused, check_authority
from xtenant.domain.tenant import LOGIN_HOST, HostRole
from xtenant.operations import device_codes
from xtenant.protocols.oauth import codec
from xtenant.wire.backend import Backend
from xtenant.wire.edge import Call
from xtenant.wire.routes import Evidence, Route

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
ORIGIN = f"https://{LOGIN_HOST}"

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Sign in to {tenant}</title>
<style>body{{font:16px sans-serif;max-width:26em;margin:4em auto}}label{{display:block;margin:1em 0}}
input{{display:block;width:100%}}</style></head>
<body><h1>{tenant}</h1><p role="status">{message}</p>{form}</body></html>
"""

FORM = """<form method="post" autocomplete="off">
<label>Code shown by the device <input name="code" value="{code}" required maxlength="32"></label>
<label>User name <input name="username" value="{username}" required maxlength="256"></label>
<label>Password <input name="password" type="password" required maxlength="256"></label>
<p>Go on only if you started this sign-in yourself.</p>
<button name="action" value="approve">Approve</button> <button name="action" value="decline">Decline</button></form>
"""


def mount(backend: Backend) -> list[Route]:
    """The form and its answer."""
    page = DeviceForm(backend)
    return [
        Route(
            hosts=frozenset({HostRole.LOGIN}),
            method=method,
            path="/{tenant}/deviceauth",
            who=Who.ANYONE,
            handler=handler,
            protocol="oauth",
            evidence=Evidence.OUR_CHOICE,
            verb=verb,
            source="settled A 7",
        )
        for method, handler, verb in (
            ("GET", page.show, "sign_in.device_form"),
            ("POST", page.answer, "sign_in.device_answer"),
        )
    ]


class DeviceForm:
    """Shows the form and carries out what was pressed."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    async def show(self, call: Call) -> Response:
        """The empty form; `?otc=CODE` fills the code in, as Microsoft's page does."""
        check_authority(self._backend.tenant, call.values["tenant"])
        return self._page("Enter the code your device shows.", code=call.query("otc") or "")

    async def answer(self, call: Call) -> Response:
        """Approve or decline; a refusal shows the form again with the reason, never the password."""
        check_authority(self._backend.tenant, call.values["tenant"])
        if call.request.headers.get("origin", ORIGIN) != ORIGIN:
            raise errors.AccessDenied("The form was sent from another page.")
        form = codec.read_form(await call.body(self._backend.limits.form_body))
        approve = {"approve": True, "decline": False}.get(form.get("action", ""))
        if approve is None:
            raise errors.UsageError("The form's action is approve or decline.")
        code, username = codec.required(form, "code"), codec.required(form, "username")
        password = codec.required(form, "password")
        try:
            app = await call.run(
                device_codes.answer_device_code,
                self._backend.units,
                code,
                username,
                password,
                approve=approve,
                clock=self._backend.clock,
            )
        except GrantRefused as refusal:
            return self._page(refusal.text, code=code, username=username, status=400)
        done = "signed in" if approve else "declined"
        return self._page(f"{app.display_name}: {done}. You may close this page.", ask=False)

    def _page(
        self, message: str, *, code: str = "", username: str = "", ask: bool = True, status: int = 200
    ) -> Response:
        form = FORM.format(code=escape(code), username=escape(username)) if ask else ""
        name = escape(self._backend.tenant.display_name)
        return HTMLResponse(PAGE.format(tenant=name, message=escape(message), form=form), status, HEADERS)
