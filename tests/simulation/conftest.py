"""The seeded stores are made once; parts and batches are small, so that a small site has many of them."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from simulation.sides import ENGINES
from simulation.template import make_template
from xtenant.engine.phases.restore import building
from xtenant.package import manifest


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("simulation") / "template"
    make_template(folder)
    return folder


@pytest.fixture(autouse=True)
def nothing_left_open() -> Iterator[None]:
    """A world that failed leaves its files to nobody."""
    yield
    for engine in ENGINES.values():
        engine.dispose()


@pytest.fixture(autouse=True)
def quiet_log() -> Iterator[None]:
    """Thousands of moves tell no story; what goes wrong is still told."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    yield
    structlog.configure(**before)


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manifest, "PART_OBJECTS", 16)
    monkeypatch.setattr(building, "BATCH_ITEMS", 10)
