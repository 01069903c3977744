"""`xtenant handover …`: tell the other administrator of a tenant in a signed file, and take theirs (settled C 19)."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from xtenant.cli.inventories import CachedOption, MovesOption, home_of, open_inventory, sources_in
from xtenant.cli.output import OutputOption, emit, note
from xtenant.cli.tools import TenantOption, Tools, YesOption, tools_of
from xtenant.domain import errors
from xtenant.inventory.crawl_sites import chosen_sites
from xtenant.inventory.handover.disguise import Pseudonyms
from xtenant.inventory.handover.keys import OtherKey, fingerprint, same_fingerprint
from xtenant.inventory.handover.manifest import Level, Manifest
from xtenant.inventory.handover.reading import Handover, open_handover
from xtenant.inventory.handover.telling import Telling, disclosed
from xtenant.inventory.handover.writing import write_handover
from xtenant.inventory.opening import InventoryHome
from xtenant.inventory.store import Inventory

app = typer.Typer(help="Tell the other administrator what a tenant holds, in a signed file.", no_args_is_help=True)

FileArgument = Annotated[Path, typer.Argument(help="The handover file.")]
LevelOption = Annotated[
    Level,
    typer.Option("--level", help="counts: numbers; plan: people, groups and sites; permissions: also who may do what."),
]
PseudonymsOption = Annotated[
    bool, typer.Option("--pseudonyms", help="People are disguised by a secret both administrators enter.")
]
SecretFile = Annotated[
    Path | None, typer.Option("--secret-file", help="The file that holds the secret; else it is asked for.")
]


@app.command("export")
def export(
    context: typer.Context,
    file: FileArgument,
    tenant: TenantOption,
    level: LevelOption = Level.PLAN,
    moves: MovesOption = None,
    pseudonyms: PseudonymsOption = False,
    secret_file: SecretFile = None,
    cached: CachedOption = False,
    yes: YesOption = False,
    output: OutputOption = None,
) -> None:
    """Write what a tenant holds into a signed file. Says beforehand what the file discloses, and asks.

    With --moves it tells only of the sites that move and of the people and groups concerned by them.

    Example: xtenant handover export contoso.handover -t contoso --level permissions --moves moves.csv
    """
    tools = tools_of(context)
    tools.store.get(tenant)
    secret = _secret(secret_file, twice=True) if pseudonyms or secret_file else None
    names = sources_in(moves)
    wanted = names if level is Level.PERMISSIONS or moves is not None else []
    with open_inventory(tools, tenant, fresh=not cached, sites=wanted) as inventory:
        disguise = Pseudonyms.from_secret(secret, inventory.tenant().tenant_id) if secret is not None else None
        moving = None if names is None else chosen_sites(inventory, names).sites
        telling = Telling.of(inventory, level, moving=moving, pseudonyms=disguise)
        _refuse_unread(telling)
        _ask(tools, telling, file, yes)
        home = home_of(tools)
        written = write_handover(telling, file, home.keyring, now=tools.clock.security_now())
    note(f"Read this to the other administrator: {fingerprint(written.manifest.public_key)}")
    emit({"file": str(file), **_row(written.manifest)}, output)


@app.command("import")
def import_(
    context: typer.Context,
    file: FileArgument,
    fingerprint_given: Annotated[
        str | None, typer.Option("--fingerprint", help="The eight words the other administrator read out.")
    ] = None,
    pseudonyms: PseudonymsOption = False,
    secret_file: SecretFile = None,
    output: OutputOption = None,
) -> None:
    """Take another administrator's file: check its signature, its key and every part; afterwards it serves as --source or --target.

    The first file of a tenant needs the fingerprint confirmed; later ones must carry the same key.

    Example: xtenant handover import contoso.handover --fingerprint "babab dadad …"
    """
    tools = tools_of(context)
    home = home_of(tools)
    with open_handover(file) as handover:
        manifest = handover.manifest
        handover.check_parts()
        _confirm(tools, home, handover, fingerprint_given)
        if manifest.pseudonyms is not None and (pseudonyms or secret_file):
            home.keep_pseudonyms(manifest.tenant_id, manifest.pseudonyms, _secret(secret_file, twice=False))
        _say_if_older(home, handover)
    with home.told(file) as inventory:
        emit({**_row(manifest), "inventory": str(inventory.path)}, output)


@app.command("show")
def show(
    context: typer.Context,
    file: Annotated[Path | None, typer.Argument(help="A handover file; without one: this home's own key.")] = None,
    output: OutputOption = None,
) -> None:
    """Show what a file tells and whose key it carries, every part checked; without a file the own fingerprint and whom one trusts.

    Example: xtenant handover show contoso.handover
    """
    home = home_of(tools_of(context))
    if file is None:
        emit(_keys(home), output)
        return
    with open_handover(file) as handover:
        handover.check_parts()
        emit({"file": str(file), **_row(handover.manifest), "key": _standing(home, handover)}, output)


@app.command("forget")
def forget(
    context: typer.Context,
    tenant_id: Annotated[str, typer.Argument(help="The tenant's id, as `handover show` lists it.")],
    yes: YesOption = False,
) -> None:
    """Forget the key confirmed for a tenant, after the other administrator has said that it was changed.

    Example: xtenant handover forget 11111111-1111-4111-8111-111111111111
    """
    tools = tools_of(context)
    try:
        wanted = UUID(tenant_id)
    except ValueError as error:
        raise errors.UsageError(
            f"'{tenant_id}' is no tenant id.", remedy="`xtenant handover show` lists them."
        ) from error
    tools.consent(f"Forget the key confirmed for {wanted}? Its next file asks for a fingerprint again.", yes=yes)
    home_of(tools).keyring.forget(wanted)
    note("Forgotten.")


def _refuse_unread(telling: Telling) -> None:
    """Permissions that were not read would look like permissions nobody has."""
    if telling.level is not Level.PERMISSIONS:
        return
    unread = [site.url for site in telling.told_sites() if site.read_at is None and site.template != "RedirectSite#0"]
    if unread:
        raise errors.UsageError(
            f"The permissions of {len(unread)} site(s) were not read, {unread[0]} among them.",
            remedy="Read them with `xtenant plan discover`, or tell only of the moving sites with --moves.",
        )


def _ask(tools: Tools, telling: Telling, file: Path, yes: bool) -> None:
    note(f"{file} will disclose to everybody who gets hold of it (it is signed, not encrypted):")
    for line in disclosed(telling):
        note(f"  - {line}")
    if telling.pseudonyms is not None:
        note("Matching by mail and UPN stays possible; rules for prefixes and domains will find nothing.")
    tools.consent("Write it?", yes=yes)


def _confirm(tools: Tools, home: InventoryHome, handover: Handover, given: str | None) -> None:
    """Trust the key of a tenant's first file once a person has compared the words."""
    manifest = handover.manifest
    if given is not None and not same_fingerprint(given, manifest.public_key):
        raise OtherKey(
            f"The fingerprint of {handover.path} is another: {handover.fingerprint}.",
            remedy="Do not use this file. Ask the other administrator to read the words again, and to send it again.",
        )
    known = manifest.tenant_id in home.keyring.trusted()
    if known or given is None:
        try:
            home.keyring.check(manifest.tenant_id, manifest.public_key)
            return
        except OtherKey:
            raise
        except errors.UsageError:
            if not (sys.stdin.isatty() and sys.stderr.isatty()):
                raise
        tools.consent(
            f"The file says it tells of {_shown(manifest.display_name)} ({manifest.tenant_id}). "
            f"Did its administrator read out these words: {handover.fingerprint}?",
            yes=False,
        )
    now = tools.clock.security_now()
    home.keyring.trust(manifest.tenant_id, _shown(manifest.display_name), manifest.public_key, now)


def _shown(text: str) -> str:
    """A text of a file as a terminal may show it."""
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in text)


def _say_if_older(home: InventoryHome, handover: Handover) -> None:
    path = home.told_path(handover.manifest.tenant_id)
    if not path.exists():
        return
    with Inventory(path) as inventory:
        origin = inventory.origin()
    if origin is not None and origin.created_at > handover.manifest.created_at:
        note("warning: this file is older than the one imported before; it takes its place.")


def _secret(file: Path | None, *, twice: bool) -> str:
    """From a file or a prompt; never an argument. Raises UsageError."""
    if file is not None:
        try:
            return file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise errors.UsageError(f"The secret's file {file} cannot be read.") from error
    if not sys.stdin.isatty():
        raise errors.UsageError("Nobody is there to enter the secret.", remedy="Name a file with --secret-file.")
    return typer.prompt("Secret of the pseudonyms", hide_input=True, confirmation_prompt=twice, err=True)


def _row(manifest: Manifest) -> dict[str, object]:
    return {
        "tenant_id": manifest.tenant_id,
        "display_name": _shown(manifest.display_name),
        "level": manifest.level,
        "moving_only": manifest.moving_only,
        "pseudonyms": manifest.pseudonyms is not None,
        "read_at": manifest.read_at,
        "created_at": manifest.created_at,
        "fingerprint": fingerprint(manifest.public_key),
        "counts": {_shown(name): number for name, number in manifest.counts.items()},
    }


def _keys(home: InventoryHome) -> dict[str, object]:
    return {
        "fingerprint": fingerprint(home.keyring.public_key()),
        "trusted": [
            {
                "tenant_id": each.tenant_id,
                "display_name": each.tenant_name,
                "fingerprint": fingerprint(each.public_key),
                "confirmed_at": each.confirmed_at,
            }
            for each in home.keyring.trusted().values()
        ],
    }


def _standing(home: InventoryHome, handover: Handover) -> str:
    """Whether the key is this home's own, confirmed, new, or another than the one confirmed."""
    manifest = handover.manifest
    try:
        home.keyring.check(manifest.tenant_id, manifest.public_key)
    except OtherKey:
        return "another than was confirmed"
    except errors.UsageError:
        return "not confirmed yet"
    return "confirmed" if manifest.tenant_id in home.keyring.trusted() else "this home's own"
