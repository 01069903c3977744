"""What a running lab tenant is told of its sites on its control socket: facts that no client can make true."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from xtenant.domain import errors
from xtenant.lab.control import ask
from xtenant.lab.estate import read_estate, tenant_home
from xtenant.lab.site_switches import statements_of
from xtenant.operations.site_facts import state_facts
from xtenant.wire.backend import Backend
from xtenant.wire.site_properties import SITE_PROPERTIES_OF


def set_site(home: Path, tenant: str, url: str, pairs: Sequence[tuple[str, str]]) -> Mapping[str, object]:
    """State facts of a site of a running tenant; its properties afterwards. Raises UsageError, NotFound, LabMissing."""
    name = read_estate(home).tenant(tenant).name
    return ask(tenant_home(home, name), "set-site", url=url, pairs=[list(pair) for pair in pairs])


class SiteCommands:
    """The commands of one tenant's process; refused by a service that is no lab's."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def set_site(self, facts: Mapping[str, Any]) -> dict[str, object]:
        """`url` and `pairs` → the site's properties by their names on the wire."""
        backend = self._backend
        if not backend.lab:
            raise errors.Refused("Only a lab's tenant answers this.")
        try:
            pairs = msgspec.convert(facts.get("pairs"), list[tuple[str, str]])
            url = msgspec.convert(facts.get("url"), str)
        except msgspec.ValidationError as error:
            raise errors.UsageError(f"A site is named by its address, facts are pairs: {error}.") from error
        stated = statements_of(pairs)
        seen = state_facts(backend.units, url=url, stated=stated, clock=backend.clock, ids=backend.ids)
        return {name: msgspec.to_builtins(read(seen)) for name, read in SITE_PROPERTIES_OF.items()}
