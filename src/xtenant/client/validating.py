"""Asking tenants to check moves and make none (settled C 13): what may be sent for it, beside what only reads."""

from __future__ import annotations

from dataclasses import dataclass

import httpx

from xtenant.client.profiles import Profile, ProfileKind
from xtenant.wire.readonly import ReadOnlyRefused, judge
from xtenant.wire.watching import Ending


@dataclass(frozen=True, slots=True)
class ValidationWatch:
    """`wire.watching.Watch` that lets a task pass that only validates, and only to a tenant of a lab."""

    profile: Profile

    def begin(self, request: httpx.Request) -> Unrecorded:
        """Raises ReadOnlyRefused for everything else, unsent."""
        if self.profile.kind is ProfileKind.MICROSOFT365:
            raise ReadOnlyRefused(
                f"{request.method} {request.url.path} was not sent: {self.profile.name} is a tenant of "
                f"{self.profile.shown_kind}, and the call is not tried there.",
                remedy="Write the question out as a script: `xtenant plan emit PLAN --validation-only`.",
            )
        judge(request, validation=True)
        return Unrecorded()


@dataclass(frozen=True, slots=True)
class Unrecorded:
    """A request that changes nothing needs no line in the log of changes."""

    def ended(self, ending: Ending) -> None:
        """Its answer is the caller's alone."""
