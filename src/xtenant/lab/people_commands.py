"""What a running lab tenant answers of its people on its control socket: their tokens, and who is mastered on premises."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from xtenant.domain import errors
from xtenant.domain.directory import App, AppId
from xtenant.lab.control import ask
from xtenant.lab.estate import DELEGATED_SCOPES, PUBLIC_CLIENTS, tenant_home
from xtenant.operations.person_tokens import grants_for
from xtenant.operations.users import set_synced
from xtenant.wire.backend import Backend

_CLIENT_NAME = "Microsoft Graph Command Line Tools"
LAB_CLIENT = App(
    app_id=AppId(PUBLIC_CLIENTS[_CLIENT_NAME]),
    object_id=PUBLIC_CLIENTS[_CLIENT_NAME],
    display_name=_CLIENT_NAME,
    scopes=DELEGATED_SCOPES,
    public_client=True,
)
"""The client these tokens are for: one that every tenant has, with everything a lab's person can consent to."""


def tokens(home: Path, tenant: str, upns: Sequence[str], resource: str) -> list[str]:
    """Access tokens of people of a lab's running tenant, in the order asked. Raises UsageError, Refused, LabMissing."""
    return ask(tenant_home(home, tenant), "tokens", upns=list(upns), resource=resource)


class PeopleCommands:
    """The commands of one tenant's process; refused by a service that is no lab's."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def tokens(self, facts: Mapping[str, Any]) -> list[str]:
        """`upns` and `resource` → one token each."""
        backend = self._in_lab()
        upns, resource = _names(facts), str(facts.get("resource", ""))
        grants = grants_for(backend.units, backend.tenant, LAB_CLIENT, upns, resource, clock=backend.clock)
        return [backend.tokens.access_token(grant) for grant in grants]

    def synced(self, facts: Mapping[str, Any]) -> list[str]:
        """`upns`, `on` → the accounts found, from now on mastered on premises or not."""
        return set_synced(self._in_lab().units, _names(facts), on=bool(facts.get("on", True)))

    def _in_lab(self) -> Backend:
        if not self._backend.lab:
            raise errors.Refused("Only a lab's tenant answers this.")
        return self._backend


def _names(facts: Mapping[str, Any]) -> list[str]:
    try:
        return msgspec.convert(facts.get("upns"), list[str])
    except msgspec.ValidationError as error:
        raise errors.UsageError(f"People are named by a list of user principal names: {error}.") from error
