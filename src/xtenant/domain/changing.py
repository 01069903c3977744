"""Which verbs change a tenant, and what is known of their wire form: the table that the guard of real tenants asks.

A verb that is not public is only ever written out as a script, never sent to Microsoft 365; the others become sendable by
a shake-down (settled C 11).
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from xtenant.domain.verb import Verb
from xtenant.domain.verbs import VERBS


class WireForm(Enum):
    """What is known of the request that a verb sends."""

    DOCUMENTED = "documented or recorded"
    INFERRED = "inferred"
    NOT_PUBLIC = "not public"


_FORMS: dict[WireForm, tuple[str, ...]] = {
    WireForm.DOCUMENTED: (
        "map.delta",
        "sites.create",
        "sites.remove",
        "sites.remove_deleted",
        "sites.restore",
        "sites.update",
        "users.create",
        "users.invite",
        "groups.create",
        "licences.assign",
        "deleted.restore",
        "sharepoint_settings.set",
        "content.write",
        "lists.write",
        "versions.write",
        "recycle_bin.write",
        "permissions.write",
    ),
    WireForm.INFERRED: (
        "trust.set",
        "trust.remove",
        "map.set_user",
        "map.set_group",
        "map.remove_user",
        "map.remove_group",
        "move.start",
        "move.cancel",
        "sites.appoint",
    ),
    WireForm.NOT_PUBLIC: (
        "map.replace",  # the text of one item of the map is not public (spo-admin.md 4.4)
        "move.refuse",  # a route of our own
        "move.settle",  # a route of our own
    ),
}

CHANGING: dict[str, WireForm] = {name: form for form, names in _FORMS.items() for name in names}
"""Every verb of the table that changes a tenant (spo-admin.md 7)."""


def changing_verb_of_cmdlet(cmdlet: str) -> str | None:
    """The changing verb that a cmdlet carries out; None for one that only looks or connects."""
    return _first(row for row in VERBS if cmdlet.lower() in (name.lower() for name in row.cmdlets))


def changing_verb_of_command(command: str) -> str | None:
    """The changing verb of a command such as `trust set`; None for one that only looks."""
    return _first(row for row in VERBS if command in row.commands)


def _first(rows: Iterable[Verb]) -> str | None:
    return next((row.name for row in rows if row.name in CHANGING), None)
