"""One set of tenants and one sign-in for the whole matrix."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal

from access.callers import Askers, certificate_file
from access.estate import Estate, new_block


@pytest.fixture(scope="session")
def portal() -> Iterator[BlockingPortal]:
    """The loop that all requests of the matrix run in."""
    with start_blocking_portal() as found:
        yield found


@pytest.fixture(scope="session")
def estate(tmp_path_factory: pytest.TempPathFactory, portal: BlockingPortal) -> Iterator[Estate]:
    folder = tmp_path_factory.mktemp("access")
    block = new_block(portal, folder, certificate_file(folder))
    yield Estate(block)
    for service in block.services.values():
        service.backend.blobs.close()


@pytest.fixture(scope="session")
def askers(estate: Estate, portal: BlockingPortal) -> Askers:
    found = Askers(estate)
    portal.call(found.sign_in)
    return found
