"""The one place that every changing request passes: may it be sent to this tenant, and is it written down (settled C 11, C 3).

A command says beforehand which verb it carries out, and where (`Sending.declared`). On a tenant of Microsoft 365 nothing
else is sent, and of that only what `shakedown.json` holds. Every changing request is in the log of changes before it leaves.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from xtenant.client.audit import AuditLog, AuditUnwritable, Outcome
from xtenant.client.profiles import Profile, ProfileKind
from xtenant.client.shakedown import NotShakenDown, read_shakedown
from xtenant.domain.changing import CHANGING, WireForm
from xtenant.domain.ports.clock import Clock, IdSource
from xtenant.domain.tenant import GRAPH_HOST, SHAREPOINT_SUFFIX
from xtenant.wire.forms import call_of, form_digest, ids_of
from xtenant.wire.readonly import ReadOnlyRefused
from xtenant.wire.watching import Ending, Watched

UNDECLARED = "-"


def may_send(profile: Profile, verb: str, home: Path) -> frozenset[str]:
    """The request forms that a verb may send to a profile of Microsoft 365; asked before anything is opened.

    Raises NotShakenDown when there is none, BadRecord when the records cannot be believed. A lab's tenants may be sent
    everything and are not asked about here.
    """
    forms = read_shakedown(home).forms_of(verb)
    if forms:
        return forms
    known = CHANGING.get(verb, WireForm.NOT_PUBLIC)
    why = (
        "its wire form is not public, so that it is only ever written out"
        if known is WireForm.NOT_PUBLIC
        else f"its wire form is {known.value}, and it was not tried on a test tenant with this version"
    )
    raise NotShakenDown(f"{verb} is not sent to {profile.name} ({profile.shown_kind}): {why}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What the command at hand changes: a verb, and for each tenant of Microsoft 365, by id, the request forms it may send."""

    verb: str
    forms: dict[str, frozenset[str]]


class Sending:
    """What may be sent now; one for all clients of a command line."""

    def __init__(self, home: Path, *, clock: Clock, ids: IdSource) -> None:
        self.home = home
        self._clock = clock
        self._ids = ids
        self._now: Declared | None = None

    @contextmanager
    def declared(self, verb: str, profiles: Iterable[Profile] = ()) -> Generator[None]:
        """Within it a verb is carried out on some tenants. Raises NotShakenDown before anything is opened.

        Profiles that belong to a lab need not be named.
        """
        real = [one for one in profiles if one.kind is ProfileKind.MICROSOFT365]
        before = self._now
        self._now = Declared(verb=verb, forms={one.tenant_id: may_send(one, verb, self.home) for one in real})
        try:
            yield
        finally:
            self._now = before

    def watch(self, profile: Profile) -> ProfileWatch:
        """The watch over a profile's requests."""
        return ProfileWatch(self, profile)

    def begin(self, profile: Profile, request: httpx.Request) -> WrittenDown:
        """Judge a changing request and write it down. Raises ReadOnlyRefused, NotShakenDown, AuditUnwritable: unsent."""
        now = self._now
        if profile.kind is ProfileKind.MICROSOFT365:
            _require_allowed(profile, now, request)
        written = WrittenDown(
            AuditLog(self.home, profile, clock=self._clock),
            verb=now.verb if now else UNDECLARED,
            request=request,
            change=str(self._ids.new_id()),
        )
        written.write(Outcome.SENT)
        return written


def _require_allowed(profile: Profile, now: Declared | None, request: httpx.Request) -> None:
    if now is None or profile.tenant_id not in now.forms:
        raise ReadOnlyRefused(
            f"{call_of(request)} was not sent: {profile.name} is a tenant of {profile.shown_kind}, "
            "and this command only looks there.",
            remedy="Nothing was sent. What this needs to change, if anything, is done by a command of its own.",
        )
    if not _is_host_of(profile, request.url.host):
        raise ReadOnlyRefused(f"{call_of(request)} was not sent: the host is not one of {profile.name}.", remedy="")
    if form_digest(request) not in now.forms[profile.tenant_id]:
        raise NotShakenDown(
            f"{call_of(request)} was not sent: {now.verb} was tried on a test tenant, but with a request of another form."
        )


def _is_host_of(profile: Profile, host: str) -> bool:
    """Graph belongs to whom the token belongs; a SharePoint host to the profile by its label (R-1.8)."""
    if host == GRAPH_HOST:
        return True
    admins = {urlsplit(url).hostname or "" for url in (profile.admin_url, *profile.geos.values())}
    labels = {admin.removesuffix(f"-admin{SHAREPOINT_SUFFIX}") for admin in admins}
    return host in {f"{label}{end}{SHAREPOINT_SUFFIX}" for label in labels for end in ("", "-my", "-admin")}


@dataclass(frozen=True, slots=True)
class ProfileWatch:
    """`wire.watching.Watch` for one profile."""

    sending: Sending
    profile: Profile

    def begin(self, request: httpx.Request) -> Watched:
        """A lab's own service is known to change nothing by GET; of Microsoft 365 only the list is believed."""
        if self.profile.kind is ProfileKind.LAB and request.method == "GET":
            return _Unheeded()
        return self.sending.begin(self.profile, request)


class _Unheeded:
    def ended(self, ending: Ending) -> None:
        """Nothing is told."""


class WrittenDown:
    """A request in the log of changes, waiting for its end."""

    def __init__(self, log: AuditLog, *, verb: str, request: httpx.Request, change: str) -> None:
        self._log = log
        self._verb = verb
        self._call = call_of(request)
        self._ids = ids_of(request)
        self._correlation_id = request.headers.get("client-request-id", "")
        self._change = change

    def write(self, outcome: Outcome, detail: str = "", answer_id: str = "") -> None:
        self._log.append(
            verb=self._verb,
            call=self._call,
            outcome=outcome,
            ids=self._ids,
            correlation_id=answer_id or self._correlation_id,
            change=self._change,
            detail=detail,
        )

    def ended(self, ending: Ending) -> None:
        """Raises AuditUnwritable: the request was sent, and that is written down; what became of it is not."""
        told = [str(ending.status)] if ending.status is not None else ["no answer"]
        try:
            self.write(
                Outcome.FAILED if ending.failed else Outcome.OK,
                detail=" ".join([*told, *([ending.error] if ending.error else [])]),
                answer_id=ending.answer_id,
            )
        except AuditUnwritable as error:
            raise AuditUnwritable(
                f"{error.text} The request before it was sent and answered with {told[0]}.",
                remedy="Look at the tenant before going on: the change may stand. Then make room, or see to the file's rights.",
            ) from error
