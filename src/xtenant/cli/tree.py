"""The command tree, in the order of the help. Only the branch that is asked for is imported and made: all of it takes a second."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, cast

import typer
import typer.core
import typer.main

COMMANDS: Mapping[str, str] = {
    "connect": "connect",
    "token": "token",
    "host-url": "host_url",
    "compatibility": "compatibility",
    "doctor": "doctor",
    "shell": "shell",
    "import-results": "import_results",
    "demo": "demo",
    "serve": "serve",
}
"""Command → the module of `xtenant.cli` that registers it."""

GROUPS: Mapping[str, tuple[str, ...]] = {
    "trust": ("trust:app",),
    "map": ("identity_map:app", "map_build", "map_lint", "map_rows"),
    "plan": ("discover:app", "plan_check", "plan_declare", "plan_files", "plan_emit"),
    "budget": ("budget:app",),
    "handover": ("handover:app",),
    "access": ("access:app",),
    "package": ("package:app",),
    "move": ("move:app",),
    "people": ("people:app",),
    "sites": ("sites:app",),
    "redirects": ("sites:redirects",),
    "setup": ("setup_app:app",),
    "profiles": ("connect:profiles",),
    "audit": ("audit:app",),
    "lab": ("lab:app", "lab_import", "lab_generate"),
}
"""Group → the module and name of its app, then the modules that register more commands there."""

ReadOnlyOption = Annotated[
    bool, typer.Option("--read-only", help="Send nothing that could change a tenant; such a call is refused unsent.")
]


@cache
def command_tree(first: str = "") -> typer.core.TyperGroup:
    """The tree with the branch that a first word names; with every branch where it names none."""
    known = first in COMMANDS or first in GROUPS
    if not known and first:
        return command_tree()
    app = _root()
    for name, module in COMMANDS.items():
        if first in ("", name):
            _module(module).register(app)
    for name in GROUPS:
        if first in ("", name):
            app.add_typer(_group(name), name=name)
    return cast(typer.core.TyperGroup, typer.main.get_command(app))


def _root() -> typer.Typer:
    app = typer.Typer(
        name="xtenant",
        help="Move SharePoint sites and OneDrives between Microsoft 365 tenants, in Microsoft's seven steps.",
        epilog="Microsoft's cmdlets run by their own names too: xtenant -t NAME Get-SPOCrossTenantHostUrl. "
        "See `xtenant shell --list`.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )

    def root(read_only: ReadOnlyOption = False) -> None:
        """Move SharePoint sites and OneDrives between Microsoft 365 tenants, in Microsoft's seven steps."""

    app.callback()(root)
    return app


@cache
def _group(name: str) -> typer.Typer:
    """A group's app with all its commands; made once, since registering adds to it."""
    head, *more = GROUPS[name]
    module, _, attribute = head.partition(":")
    app = cast(typer.Typer, getattr(_module(module), attribute))
    for other in more:
        _module(other).register(app)
    return app


def _module(name: str) -> Any:
    return importlib.import_module(f"xtenant.cli.{name}")
