"""The seeded stores are made once; parts and batches are small, so that a small site has many of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulation.world import make_template
from xtenant.engine.phases.restore import building
from xtenant.package import manifest


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("simulation") / "template"
    make_template(folder)
    return folder


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manifest, "PART_OBJECTS", 4)
    monkeypatch.setattr(building, "BATCH_ITEMS", 3)
