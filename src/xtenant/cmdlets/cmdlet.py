"""What a row of the table of cmdlets holds: name, help line, parameters, what it runs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from xtenant.cmdlets.host import Host
from xtenant.cmdlets.parameters import Bound, Kind, Parameter
from xtenant.domain.trust import PartnerRole

Run = Callable[[Host, Bound], Awaitable[None]]

ROLES = tuple(role.value for role in PartnerRole)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cmdlet:
    """One cmdlet; `what` is its help line."""

    name: str
    what: str
    run: Run
    parameters: tuple[Parameter, ...] = ()


def text(name: str, position: int | None = None, *, mandatory: bool = True) -> Parameter:
    """A parameter that takes a text."""
    return Parameter(name=name, position=position, mandatory=mandatory)


def choice(name: str, choices: tuple[str, ...], *, mandatory: bool = True) -> Parameter:
    """A parameter that takes one of some words."""
    return Parameter(name=name, kind=Kind.CHOICE, choices=choices, mandatory=mandatory)


def identity(*, sets: frozenset[str] = frozenset()) -> Parameter:
    """`-Identity`, the address of a site, first on the line."""
    return Parameter(name="Identity", position=0, mandatory=True, aliases=("Url",), sets=sets)


NO_WAIT = Parameter(name="NoWait", kind=Kind.SWITCH)
CONFIRM = Parameter(name="Confirm", kind=Kind.SWITCH)
WHAT_IF = Parameter(name="WhatIf", kind=Kind.SWITCH)
