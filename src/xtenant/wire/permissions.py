"""Who may make a call, where the list of reading calls names it: the same table that the page of permissions is made from.

An app is asked for its row's permission and for nothing more, so that one which may only read is an administrator of reading.
Every other call, and everything people do, is decided by the route's `Who` alone (settled C 15).
"""

from __future__ import annotations

from xtenant.domain.caller import Caller, CallerKind, Who, admits
from xtenant.domain.consents import includes
from xtenant.wire import readonly
from xtenant.wire.readonly import Body, Call
from xtenant.wire.readonly_bodies import METHODS

NONE = "-"
OF_QUERIES = "Sites.FullControl.All"
"""What the reading methods of a ProcessQuery ask for."""

MAKING = "constructor"
"""Stands for making the object that the methods are called on, in place of a method's name."""


def admits_call(who: Who, caller: Caller, method: str, host: str, raw_path: str) -> bool:
    """Whether a caller may make a call; what a batch or a ProcessQuery holds is asked about part by part."""
    if caller.kind is not CallerKind.APP or who is Who.PARTNER:
        return admits(who, caller)
    call = readonly.listed_call(method, host, raw_path)
    if call is None or call.permission == NONE or call.body is not Body.NONE:
        return admits(who, caller)
    return holds(caller, call)


def admits_method(who: Who, caller: Caller, name: str) -> bool:
    """Whether a caller may run a method inside a ProcessQuery."""
    is_reading_app = (
        caller.kind is CallerKind.APP and (name in METHODS or name == MAKING) and who is Who.OWN_SHAREPOINT_ADMIN
    )
    return admits(who, caller) or (is_reading_app and includes(caller.permissions, OF_QUERIES))


def holds(caller: Caller, call: Call) -> bool:
    """Whether an app has a permission that does for a call."""
    return includes(caller.permissions, call.permission) or bool(caller.permissions & set(call.instead))
