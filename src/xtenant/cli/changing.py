"""`@changes(VERB)`: what every command that changes a tenant passes before its first line runs.

On a tenant of Microsoft 365 the verb must have been shaken down, and the person names the tenant, by `--confirm TENANT` or
when asked; both are settled before anything is opened. With `--what-if` or `--emit` the command only looks, which the
transport holds it to.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, ParamSpec, TypeVar, cast

import typer

from xtenant.cli.emitting import EmitOption, EmitToOption, written_out
from xtenant.cli.output import Format
from xtenant.cli.tools import Tools, tools_of
from xtenant.client.profiles import Profile, ProfileKind
from xtenant.domain import errors
from xtenant.domain.changing import CHANGING

P = ParamSpec("P")
T = TypeVar("T")

ConfirmOption = Annotated[
    list[str] | None,
    typer.Option(
        "--confirm",
        metavar="TENANT",
        help="Name the tenant of Microsoft 365 that is changed; asked for when left out. Once for each tenant.",
        show_default=False,
    ),
]

VERB_ATTRIBUTE = "changed_verb"
LOOKING = ("what_if",)
"""Options with which a command sends nothing that changes; with `--emit` none does."""

OPTIONS: tuple[tuple[str, Any, Any], ...] = (
    ("confirm", ConfirmOption, None),
    ("emit", EmitOption, None),
    ("emit_to", EmitToOption, Path()),
)
"""What every changing command takes beside its own: name, type, default."""


class NotConfirmed(errors.UsageError):
    """The tenant's name was not given, or another one was."""

    code = "notConfirmed"
    remedy = "Nothing was sent. Name the tenant with --confirm TENANT."


def changes(
    verb: str, *, on: Sequence[str] = ("tenant",), looking: Sequence[str] = LOOKING
) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Guard a command that carries out a verb of `domain/changing.py`. It stands directly below `@app.command(…)`.

    `on` names the parameters whose profiles are changed; values that are no profile's name are left to the command.
    `looking` names the options that keep it from changing anything; with `--emit` they are set, and the transport only reads.
    """
    if verb not in CHANGING:
        raise ValueError(f"{verb} is not a changing verb")

    def guard(command: Callable[P, T]) -> Callable[P, T]:
        signature = inspect.signature(command, eval_str=True)  # typer takes what it finds, and does not evaluate it

        @functools.wraps(command)
        def guarded(*given: P.args, **named: P.kwargs) -> T:
            confirmed = cast("list[str] | None", named.pop("confirm", None)) or []
            emit, folder = named.pop("emit", None), cast(Path, named.pop("emit_to", None) or Path())
            values = signature.bind(*given, **named).arguments
            context = cast(typer.Context, values["context"])
            tools = tools_of(context)
            if emit is not None:
                if "what_if" in looking:
                    named["what_if"] = True
                output = cast("Format | None", named.get("output"))
                written_out(context, tools, verb, folder, output, lambda: command(*given, **named))
                return cast(T, None)
            if any(values.get(name) for name in looking):
                return command(*given, **named)
            profiles = [found for name in on if (found := _profile(tools, values.get(name))) is not None]
            with tools.opener.sending.declared(verb, profiles):
                require_confirmed(tools, profiles, confirmed)
                return command(*given, **named)

        setattr(guarded, VERB_ATTRIBUTE, verb)
        _with_options(guarded, signature)
        return guarded

    return guard


def require_confirmed(tools: Tools, profiles: Sequence[Profile], confirmed: Sequence[str]) -> None:
    """Have each tenant of Microsoft 365 named by the person. Raises NotConfirmed."""
    for profile in profiles:
        if profile.kind is not ProfileKind.MICROSOFT365 or profile.name in confirmed:
            continue
        said = confirmed[0] if confirmed else tools.ask_name(_question(profile))
        if said.strip() != profile.name:
            raise NotConfirmed(f"'{said}' is not '{profile.name}', which this command would change.")


def _question(profile: Profile) -> str:
    return f"This changes {profile.name} ({profile.shown_kind}, {profile.admin_url}). Type its name to go on"


def _profile(tools: Tools, value: object) -> Profile | None:
    """The profile a parameter names; None for a host URL, a file, or nothing."""
    if not isinstance(value, str) or value.lower().startswith("https:"):
        return None
    return tools.store.find(value)


def _with_options(guarded: Callable[..., Any], signature: inspect.Signature) -> None:
    """Show `--confirm`, `--emit` and `--emit-to` beside the command's own options."""
    more = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind)
        for name, kind, default in OPTIONS
    ]
    parameters = [*signature.parameters.values(), *more]
    setattr(guarded, "__signature__", signature.replace(parameters=parameters))  # noqa: B010 (no such attribute is declared)
    guarded.__annotations__ = {**guarded.__annotations__, **{name: kind for name, kind, _ in OPTIONS}}
