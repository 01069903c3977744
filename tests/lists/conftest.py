"""The host that tests of lists ask."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from clock import FakeClock
from lists.site_host import SiteHost, site_host


@pytest.fixture
def host(tmp_path: Path, clock: FakeClock) -> Iterator[SiteHost]:
    with site_host(tmp_path, clock) as made:
        yield made
