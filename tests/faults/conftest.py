"""One lab for all fault tests of a module: a fresh site for each case keeps them apart. It ends with the module: idle labs slow the rest."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from faults.crossing import Crossing, crossing_in
from ground import Ground, ground_in


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    with ground_in(tmp_path_factory.mktemp("faults") / "lab") as made:
        yield made


@pytest.fixture(scope="module")
def crossing_of_module(ground: Ground) -> Iterator[Crossing]:
    with crossing_in(ground) as made:
        yield made


@pytest.fixture
def crossing(crossing_of_module: Crossing) -> Iterator[Crossing]:
    """The same lab, its services reaching each other through a hop that a test may trouble; untroubled again afterwards."""
    yield crossing_of_module
    crossing_of_module.hop.reset()
