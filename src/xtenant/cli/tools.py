"""What every command works with: settings, profiles, clock, ids, and the way to a tenant. Built once by `main`.

Tests hand in their own `Tools` with a transport of one process; nothing else differs.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Annotated, TypeVar, cast

import anyio
import typer

from xtenant.cli.drafts import Draft, place_of
from xtenant.cli.output import note
from xtenant.client.audit import AuditLog
from xtenant.client.opening import TenantOpener
from xtenant.client.profiles import Profile, ProfileStore
from xtenant.client.tenant import TenantClient
from xtenant.cmdlets.script.steps import Step
from xtenant.domain import errors
from xtenant.domain.ports.clock import Clock
from xtenant.domain.tenant import GeoCode
from xtenant.settings import ToolSettings

T = TypeVar("T")

TenantOption = Annotated[str, typer.Option("--tenant", "-t", help="The profile of the tenant to work on.")]
GeoOption = Annotated[str | None, typer.Option("--geo", help="The geo, where the tenant has several.")]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Answer the question with yes.")]
WhatIfOption = Annotated[bool, typer.Option("--what-if", help="Show what would be done, and do nothing.")]


def ask_on_terminal(question: str) -> bool:
    """Ask; without a terminal the question is refused instead (design section 4)."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise errors.UsageError(f"Nobody is there to answer: {question}", remedy="Answer it with --yes.")
    return typer.confirm(question, err=True)


def ask_name_on_terminal(question: str) -> str:
    """Ask for a tenant's name; without a terminal that is refused instead."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise errors.UsageError(
            f"Nobody is there to answer: {question}", remedy="Name the tenant with --confirm TENANT."
        )
    return str(typer.prompt(question, err=True))


@dataclass(frozen=True, kw_only=True)
class Tools:
    """The command line's own composition root; `ask` puts a question to a person, `ask_name` has a tenant named."""

    settings: ToolSettings
    store: ProfileStore
    opener: TenantOpener
    clock: Clock
    ask: Callable[[str], bool] = field(default=ask_on_terminal)
    ask_name: Callable[[str], str] = field(default=ask_name_on_terminal)
    draft: Draft | None = None
    """Where the steps of a command with `--emit` go; None when things are done."""

    def write_out(self, profile: Profile, geo: str | None, *steps: Step) -> None:
        """With `--emit`: what would now be sent to a tenant. Otherwise nothing."""
        if self.draft is not None:
            self.draft.add(place_of(profile, geo), *steps)

    @asynccontextmanager
    async def open(self, profile: Profile | str, geo: str | None = None) -> AsyncGenerator[TenantClient]:
        """A tenant's client, closed on exit; `profile` by name or value."""
        found = self.store.get(profile) if isinstance(profile, str) else profile
        async with self.opener.open(found, GeoCode(geo) if geo else None) as client:
            yield client

    def audit(self, profile: Profile) -> AuditLog:
        """The log of changes of a profile's tenant."""
        return AuditLog(self.settings.profile_home, profile, clock=self.clock)

    def run(self, work: Callable[[], Awaitable[T]]) -> T:
        """Run a command's asynchronous part. A group of errors of which one is ours gives that one."""
        try:
            return anyio.run(work)
        except ExceptionGroup as group:
            raise _single(group) from group

    def consent(self, question: str, *, yes: bool) -> None:
        """Ask unless answered already. Raises Declined."""
        if not yes and not self.ask(question):
            raise Declined


class Declined(errors.UsageError):
    """A question was answered with no."""

    code = "declined"
    remedy = "Nothing was done."

    def __init__(self) -> None:
        super().__init__("The question was answered with no.")


def _single(group: ExceptionGroup[Exception]) -> Exception:
    ours = group.subgroup(errors.XTenantError)
    found: BaseException = ours if ours is not None else group
    while isinstance(found, BaseExceptionGroup):
        found = cast("BaseExceptionGroup[BaseException]", found).exceptions[0]
    return found if isinstance(found, Exception) else group


def tools_of(context: typer.Context) -> Tools:
    """The tools `main` handed in."""
    return cast(Tools, context.find_root().obj)


def geo_shown(profile: Profile, geo: str | None) -> str | None:
    """The geo a row speaks of: the one named, or the only one there is."""
    return geo or next(iter(profile.geos), None)


def warn(text: str) -> None:
    """A warning on standard error."""
    note(text if text.startswith(("Warning", "Connected", "Disconnected")) else f"warning: {text}")
