"""What a cmdlet works with: one connection at a time (R-1.4), a place to print, a place to warn.

`Host` is handed in by the shell or by the command line; cmdlets know nothing of terminals and of profiles' files.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from xtenant.client.profiles import Profile
from xtenant.client.tenant import TenantClient
from xtenant.domain import errors


class NotConnected(errors.NotSignedIn):
    """A cmdlet was run before Connect-SPOService."""

    code = "notConnected"
    remedy = "Run Connect-SPOService -Url https://NAME-admin.sharepoint.com first."

    def __init__(self) -> None:
        super().__init__(
            "There is no connection. A cmdlet works on the tenant that Connect-SPOService connected to last."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInWish:
    """What Connect-SPOService was given; without a client id the profile of the admin URL decides."""

    admin_url: str
    client_id: str | None = None
    tenant: str | None = None
    certificate: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Connected:
    """The tenant that cmdlets work on, and the profile it was reached by."""

    profile: Profile
    tenant: TenantClient

    @property
    def name(self) -> str:
        """`contoso (lab)` for prompts and messages."""
        return f"{self.profile.name} ({self.profile.shown_kind})"


class Connector(Protocol):
    """Opens and closes connections; keeps at most one."""

    async def connect(self, wish: SignInWish) -> Connected: ...

    async def disconnect(self) -> None: ...

    @property
    def connected(self) -> Connected | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """`say` prints output, `warn` prints beside it (standard error). Within `changing` a cmdlet carries out a verb that changes
    the connected tenant; it raises before anything is sent where that may not be.
    """

    connector: Connector
    say: Callable[[str], None]
    warn: Callable[[str], None]
    changing: Callable[[Profile, str], AbstractContextManager[None]]

    @property
    def here(self) -> Connected:
        """The connection in force. Raises NotConnected."""
        connected = self.connector.connected
        if connected is None:
            raise NotConnected
        return connected

    @property
    def tenant(self) -> TenantClient:
        return self.here.tenant
