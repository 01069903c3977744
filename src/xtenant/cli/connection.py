"""The one connection that cmdlets have (R-1.4), made from profiles. Closing and signing in happen here."""

from __future__ import annotations

from contextlib import AsyncExitStack
from types import TracebackType

from xtenant.cli.tools import Tools
from xtenant.client import lab as labs
from xtenant.client.profiles import Credential, CredentialKind, LabTie, Profile, ProfileKind
from xtenant.cmdlets.host import Connected, SignInWish
from xtenant.domain import errors
from xtenant.domain.tenant import GeoCode


class OneConnection:
    """`connect` closes what was open before it tries, so that a failed line never leaves the wrong tenant in force."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._stack = AsyncExitStack()
        self._connected: Connected | None = None
        self.geo: GeoCode | None = None

    async def __aenter__(self) -> OneConnection:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    @property
    def connected(self) -> Connected | None:
        return self._connected

    async def connect(self, wish: SignInWish) -> Connected:
        """By the wish's own app and certificate, or by the profile of its admin URL.

        Raises NotSignedIn when no profile fits, LabMissing, or what signing in raises.
        """
        await self.disconnect()
        profile, geo = await self._profile_of(wish)
        return await self.use(profile, geo)

    async def use(self, profile: Profile, geo: GeoCode | None) -> Connected:
        """Connect to a profile's tenant and sign in."""
        await self.disconnect()
        client = await self._stack.enter_async_context(self._tools.open(profile, geo))
        await client.sign_in()
        self._connected = Connected(profile=profile, tenant=client)
        self.geo = geo
        return self._connected

    async def disconnect(self) -> None:
        self._connected = None
        await self._stack.aclose()
        self._stack = AsyncExitStack()

    async def _profile_of(self, wish: SignInWish) -> tuple[Profile, GeoCode | None]:
        if wish.client_id is not None:
            return await self._spoken(wish), None
        if wish.certificate is not None or wish.tenant is not None:
            raise errors.UsageError("-Tenant and -CertificatePath go with -ClientId.")
        found = self._tools.store.by_admin_url(wish.admin_url)
        if found is None:
            raise errors.NotSignedIn(
                f"There is no profile for {wish.admin_url}.",
                remedy=f"Make one with `xtenant connect NAME --url {wish.admin_url} …`, or give -ClientId and -CertificatePath.",
            )
        return found

    async def _spoken(self, wish: SignInWish) -> Profile:
        """A profile for this connection only, from the line's own parameters."""
        if wish.certificate is None:
            raise errors.UsageError("-ClientId needs -CertificatePath: SharePoint refuses client secrets (R-1.9).")
        home = self._tools.settings.lab_home
        tie = LabTie(lab_id=labs.read_lab(home).id, home=str(home)) if home else None
        label = wish.admin_url.removeprefix("https://").split("-admin.")[0]
        profile = Profile(
            name=label,
            kind=ProfileKind.LAB if tie and not self._tools.store.drill else ProfileKind.MICROSOFT365,
            admin_url=wish.admin_url,
            tenant_id="",
            client_id=wish.client_id or "",
            credential=Credential(kind=CredentialKind.CERTIFICATE, file=str(wish.certificate)),
            lab=tie,
        )
        return await self._tools.opener.with_tenant_id(profile, wish.tenant)
