"""Named places at which simulation and fault tests stop a service (settled B 13)."""

from __future__ import annotations

from typing import Protocol


class StopPoint(Protocol):
    """Called with the name of the place; a test may raise, wait or kill the process there."""

    def __call__(self, name: str) -> None: ...


def never_stop(name: str) -> None:
    """The stop point of production: goes on."""
