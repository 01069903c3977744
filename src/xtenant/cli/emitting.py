"""`--emit powershell`: a command runs as with --what-if, over a transport that only reads, and what it would have sent becomes
scripts; each is written into the log of changes and into a state that results are compared with (settled C 10).
"""

from __future__ import annotations

import contextlib
import io
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from xtenant.bulk import emitted
from xtenant.bulk.emitted import Place
from xtenant.bulk.state import PlanState
from xtenant.cli.drafts import Draft
from xtenant.cli.output import Format, emit, note
from xtenant.cli.tools import Tools
from xtenant.client.audit import Outcome
from xtenant.client.profiles import Profile
from xtenant.cmdlets.script import verbs
from xtenant.cmdlets.script.steps import Step
from xtenant.cmdlets.script.writing import Head, Script, text_of
from xtenant.domain import errors

STATE = "emitted.state.db"
"""In the profile home: what commands without a plan wrote out."""


class Emitted(Enum):
    """What `--emit` takes."""

    POWERSHELL = "powershell"


EmitOption = Annotated[
    Emitted | None,
    typer.Option(
        "--emit", help="Write out what would be done as a script to read and run; nothing is sent.", show_default=False
    ),
]
EmitToOption = Annotated[
    Path, typer.Option("--emit-to", metavar="DIR", help="The folder for scripts of --emit.", show_default=False)
]


class NoSuchFolder(errors.UsageError):
    """Scripts cannot be written to the place named."""

    code = "scriptUnwritable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """Why scripts are written: the command's verb, and words for their heads."""

    verb: str
    what: str
    why: str


def written_out(
    context: typer.Context, tools: Tools, verb: str, folder: Path, output: Format | None, run: Callable[[], object]
) -> None:
    """Run a command for its steps, and write them out. Its own exit code stays; it tells what `--what-if` would."""
    root = context.find_root()
    draft, code = Draft(), 0
    root.obj = replace(tools, opener=tools.opener.reading_only(), draft=draft)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            run()
    except typer.Exit as left:
        code = left.exit_code
    finally:
        root.obj = tools
    what = f"what `xtenant {context.command_path.partition(' ')[2]}` would have done"
    occasion = Occasion(verb=verb, what=what, why="written out with --emit powershell instead of being sent")
    with home_state(tools) as state:
        rows = write_scripts(tools, state, draft, folder, occasion)
    emit({"emitted": rows, "sent": False}, output)
    if not rows:
        note("nothing would change: no script was written")
    if code:
        raise typer.Exit(code)


def home_state(tools: Tools) -> PlanState:
    """The state of what was written out without a plan."""
    return PlanState(tools.settings.profile_home / STATE, ids=tools.opener.ids)


def write_scripts(
    tools: Tools, state: PlanState, draft: Draft, folder: Path, occasion: Occasion
) -> list[dict[str, object]]:
    """Write every script of a draft; a row for each. Raises NoSuchFolder, AuditUnwritable: then it was not written."""
    found = list(draft.scripts())
    emitted.prepare(state)
    if found:
        _prepare(folder)
    for name, content in draft.files.items():
        if not _stands(folder / name, content):
            _write(folder / name, content)
    return [_write_script(tools, state, place, wave, steps, folder, occasion) for place, wave, steps in found]


def _write_script(
    tools: Tools, state: PlanState, place: Place, wave: str, steps: Sequence[Step], folder: Path, occasion: Occasion
) -> dict[str, object]:
    script = Script(
        script_id=emitted.new_script_id(state, tools.opener.ids),
        plan_id=state.plan_id,
        head=Head(
            what=occasion.what,
            why=occasion.why,
            who=f"SharePoint administrator of {place.name}",
            tenant=f"{place.name} {place.admin_url} {place.tenant_id}".strip(),
            wave=wave,
        ),
        steps=[*_connecting(place, steps), *steps],
        made_at=tools.clock.business_now(),
    )
    path = folder / f"{_slug(place.name)}-{_slug((wave and f'wave-{wave}') or occasion.verb)}-{script.script_id}.ps1"
    content = b"\xef\xbb\xbf" + text_of(script).encode()
    with state.writing():
        emitted.record(state, script, place, path.name)
        _audit(tools, place, occasion.verb, script, path.name)
        _write(path, content)
    return {
        "tenant": place.name,
        "wave": wave or None,
        "file": str(path),
        "steps": len(steps),
        "script": script.script_id,
    }


def _connecting(place: Place, steps: Sequence[Step]) -> list[Step]:
    """Whose tenant it is, first of all. Raises UsageError where Graph is needed and the tenant's id is not known."""
    first = [verbs.connect(place.admin_url)]
    if any(step.is_ours for step in steps):
        if not place.tenant_id:
            raise errors.UsageError(
                f"Steps over Graph need the tenant's id, and there is no profile of {place.admin_url}.",
                remedy=f"Make one: xtenant connect {place.name} --url {place.admin_url} …",
            )
        first.append(verbs.connect_graph(UUID(place.tenant_id)))
    return first


def _audit(tools: Tools, place: Place, verb: str, script: Script, file: str) -> None:
    """A script for a tenant of which there is no profile stands in the log of the tenant it was written for."""
    profile = profile_of(tools, place.tenant_id or place.written_for)
    if profile is not None:
        ids = [step.subject for step in script.steps if step.verb != "connect"]
        detail = f"{file}: {len(ids)} steps"
        tools.audit(profile).append(verb=verb, call="script", outcome=Outcome.EMITTED, ids=ids[:100], detail=detail)


def profile_of(tools: Tools, tenant_id: str) -> Profile | None:
    """The profile of a tenant by its id."""
    return next((one for one in tools.store.all() if tenant_id and one.tenant_id == tenant_id), None)


def _prepare(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise NoSuchFolder(
            f"{folder} cannot be made: {error.strerror}.", remedy="Name another with --emit-to."
        ) from error


def _stands(path: Path, content: bytes) -> bool:
    """Whether an earlier emission left the same file: its name holds the content's hash."""
    return path.is_file() and path.read_bytes() == content


def _write(path: Path, content: bytes) -> None:
    """A new file, for its owner only; what stands there already is left."""
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "wb") as file:
            file.write(content)
    except OSError as error:
        raise NoSuchFolder(f"{path} cannot be written: {error.strerror}.", remedy="Name another --emit-to.") from error


def _slug(text: str) -> str:
    """A text as a part of a file's name: nothing in it leads elsewhere."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", text).strip("-")[:40] or "x"
