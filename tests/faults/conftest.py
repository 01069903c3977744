"""One lab for all fault tests of a module: a fresh site for each case keeps them apart. It ends with the module: idle labs slow the rest."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ground import Ground, ground_in


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    with ground_in(tmp_path_factory.mktemp("faults") / "lab") as made:
        yield made
