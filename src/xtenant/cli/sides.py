"""Who is on which side of a trust, from what was typed: one half, or both (`--tenant` or `--source`/`--target`).

With both profiles both halves are done; with one, the own half, and the partner is known by its host URL only.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Annotated

import typer

from xtenant.cli.output import note
from xtenant.cli.tools import Tools, geo_shown
from xtenant.client.profiles import Profile
from xtenant.client.tenant import TenantClient
from xtenant.domain import errors
from xtenant.domain.tenant import HostUrl, is_tenant_label, parse_host_url
from xtenant.domain.trust import OwnHostUrl, PartnerRole

TenantChoice = Annotated[str | None, typer.Option("--tenant", "-t", help="The profile of one side.")]
RoleChoice = Annotated[
    str | None, typer.Option("--partner-role", help="With -t: the role of the partner, Source or Target.")
]
PartnerChoice = Annotated[str | None, typer.Option("--partner", help="The partner's host URL.")]
SourceChoice = Annotated[str | None, typer.Option("--source", help="The source: a profile, or a host URL.")]
TargetChoice = Annotated[str | None, typer.Option("--target", help="The target: a profile, or a host URL.")]
SourceGeo = Annotated[str | None, typer.Option("--source-geo", help="The source's geo, where it has several.")]
TargetGeo = Annotated[str | None, typer.Option("--target-geo", help="The target's geo, where it has several.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What the options say, unchecked."""

    tenant: str | None = None
    partner_role: str | None = None
    partner: str | None = None
    source: str | None = None
    target: str | None = None
    geo: str | None = None
    source_geo: str | None = None
    target_geo: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One tenant we can sign in to, and the role its partner has."""

    profile: Profile
    geo: str | None
    partner_role: PartnerRole


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """One place with the partner's host URL, or two places (source first) without."""

    places: tuple[Place, ...]
    partner: HostUrl | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Half:
    """One side's half of a trust, signed in."""

    place: Place
    client: TenantClient
    own: HostUrl
    partner: HostUrl

    @property
    def role(self) -> PartnerRole:
        return self.place.partner_role

    def row(self) -> dict[str, object]:
        """The columns every row about a half begins with (settled A 22)."""
        return {
            "tenant": self.place.profile.name,
            "kind": self.place.profile.shown_kind,
            "geo": geo_shown(self.place.profile, self.place.geo),
            "partner_host_url": str(self.partner),
            "partner_role": self.role,
            "scenario": "MnA",
        }


def read_role(text: str | None) -> PartnerRole:
    """Source or Target in any letter case. Raises UsageError."""
    for role in (PartnerRole.SOURCE, PartnerRole.TARGET):
        if text and text.lower() == role.value.lower():
            return role
    raise errors.UsageError(
        f"--partner-role is Source or Target, not '{text}'." if text else "--partner-role is missing.",
        remedy="It is the role of the partner: on the source the partner is the Target (R-2.13).",
    )


def sides_of(tools: Tools, typed: Typed) -> Sides:
    """Read the options. Raises UsageError for what does not go together."""
    if typed.tenant is not None:
        if typed.source or typed.target:
            raise errors.UsageError("Give either --tenant or --source and --target, not both.")
        if typed.partner is None:
            raise errors.UsageError("--partner is missing: the partner's host URL.")
        place = Place(profile=tools.store.get(typed.tenant), geo=typed.geo, partner_role=read_role(typed.partner_role))
        return Sides(places=(place,), partner=parse_host_url(typed.partner))
    if not (typed.source and typed.target):
        raise errors.UsageError(
            "Give --tenant with --partner-role and --partner, or --source and --target.",
            remedy="For example: --source contoso --target fabrikam",
        )
    return _pair(tools, typed, typed.source, typed.target)


def _pair(tools: Tools, typed: Typed, source: str, target: str) -> Sides:
    if typed.partner_role is not None:
        raise errors.UsageError("--partner-role goes with --tenant; --source and --target say the roles already.")
    known_source, known_target = _profile(tools, source), _profile(tools, target)
    places: list[Place] = []
    if known_source:
        places.append(Place(profile=known_source, geo=typed.source_geo, partner_role=PartnerRole.TARGET))
    if known_target:
        places.append(Place(profile=known_target, geo=typed.target_geo, partner_role=PartnerRole.SOURCE))
    if not places:
        tools.store.get(source)
    if len(places) == 2:
        return Sides(places=tuple(places))
    return Sides(places=tuple(places), partner=_partner(typed.partner, target if known_source else source))


def _profile(tools: Tools, name: str) -> Profile | None:
    return None if name.lower().startswith("https:") else tools.store.find(name)


def _partner(given: str | None, name: str) -> HostUrl:
    """The host URL of the side without a profile: as given, or by the name."""
    if given is not None:
        return parse_host_url(given)
    if name.lower().startswith("https:"):
        return parse_host_url(name)
    if not is_tenant_label(name):
        raise errors.UsageError(f"There is no profile '{name}'.", remedy="Give the partner's host URL with --partner.")
    partner = parse_host_url(f"https://{name}-my.sharepoint.com/")
    note(f"There is no profile '{name}' here: it is taken for the tenant at {partner}.")
    return partner


@asynccontextmanager
async def halves(tools: Tools, sides: Sides) -> AsyncGenerator[list[Half]]:
    """Sign in on each side and learn both host URLs. Raises OwnHostUrl when a side would be its own partner."""
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(tools.open(place.profile, place.geo)) for place in sides.places]
        own = [await client.host_url() for client in clients]
        partners = [sides.partner] if sides.partner else own[::-1]
        for mine, partner, place in zip(own, partners, sides.places, strict=True):
            if mine == partner:
                raise OwnHostUrl(
                    f"{partner} is the host URL of {place.profile.name} itself.",
                    remedy="Name the partner's host URL (R-2.5).",
                )
        yield [
            Half(place=place, client=client, own=mine, partner=partner)
            for place, client, mine, partner in zip(sides.places, clients, own, partners, strict=True)
        ]
