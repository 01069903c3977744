"""Importing a handover file into an inventory of its own: every record checked, the old inventory kept until all is well."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any, TypeVar, cast
from uuid import UUID

import msgspec

from xtenant.domain.paths import url_key
from xtenant.inventory.facts import (
    Assignment,
    Item,
    Licence,
    Member,
    NotRead,
    Principal,
    Scope,
    Site,
    SiteList,
    SiteUser,
    TenantFacts,
)
from xtenant.inventory.handover.manifest import PARTS_OF, DamagedHandover
from xtenant.inventory.handover.reading import Handover
from xtenant.inventory.origin_rows import Origin
from xtenant.inventory.store import Inventory

_SIGN = "\ufffd"
"""Stands for control characters and for those that turn the direction of writing: they could forge what a terminal shows."""

_LARGEST = 2**62
_LONGEST = 10_000

T = TypeVar("T")


def import_handover(handover: Handover, path: Path) -> None:
    """Make `path` the inventory that a file tells of; it is replaced in one step, or stays as it is.

    The key must have been checked before. Raises DamagedHandover.
    """
    draft = path.with_name(f".{path.name}.new")
    _remove(draft)
    try:
        with Inventory(draft) as inventory, inventory.writing():
            _fill(handover, inventory)
        draft.replace(path)
    finally:
        _remove(draft)


def _remove(path: Path) -> None:
    for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
        path.with_name(name).unlink(missing_ok=True)


def _fill(handover: Handover, inventory: Inventory) -> None:
    writers = _writers(handover, inventory)
    for part in PARTS_OF[handover.manifest.level]:
        writers[part](handover)
    manifest = handover.manifest
    inventory.put_origin(
        Origin(
            level=manifest.level.value,
            file_sha256=handover.sha256,
            fingerprint=handover.fingerprint,
            created_at=manifest.created_at,
            moving_only=manifest.moving_only,
            pseudonyms=manifest.pseudonyms,
            counts=manifest.counts,
        )
    )


def _writers(handover: Handover, inventory: Inventory) -> dict[str, Callable[[Handover], None]]:
    sites: set[UUID] = set()

    def put_sites(of: Handover) -> None:
        for site in _records(of, "sites", Site):
            if site.site_id in sites:
                raise DamagedHandover(f"The site {site.site_id} stands twice.")
            sites.add(site.site_id)
            inventory.put_site(site)

    def per_site(part: str, kind: type[T], put: Callable[[UUID, Iterable[T]], None]) -> Callable[[Handover], None]:
        def write(of: Handover) -> None:
            done: set[UUID] = set()
            for site_id, some in groupby(_records(of, part, kind), key=lambda each: cast(Any, each).site_id):
                if site_id not in sites or site_id in done:
                    raise DamagedHandover(
                        f"The part {part} tells of the site {site_id} twice, or of none that is listed."
                    )
                done.add(site_id)
                put(site_id, some)

        return write

    def put_members(of: Handover) -> None:
        for group_id, some in groupby(_records(of, "members", Member), key=lambda each: each.group_id):
            inventory.put_members(group_id, some)

    return {
        "tenant": lambda of: inventory.put_tenant(_tenant(of)),
        "licences": lambda of: inventory.put_licences(_records(of, "licences", Licence)),
        "principals": lambda of: inventory.put_principals(_records(of, "principals", Principal)),
        "members": put_members,
        "sites": put_sites,
        "scopes": per_site("scopes", Scope, inventory.put_scopes),
        "assignments": per_site("assignments", Assignment, inventory.put_assignments),
        "items": per_site("items", Item, inventory.put_items),
        "lists": per_site("lists", SiteList, inventory.put_lists),
        "site_users": per_site("site_users", SiteUser, inventory.put_site_users),
        "not_read": lambda of: inventory.put_not_read(_records(of, "not_read", NotRead)),
    }


def _tenant(handover: Handover) -> TenantFacts:
    """The one tenant, which must be the one the manifest was signed for."""
    told = list(_records(handover, "tenant", TenantFacts))
    if len(told) != 1 or told[0].tenant_id != handover.manifest.tenant_id:
        raise DamagedHandover("The file does not tell of the tenant that its manifest names.")
    return told[0]


def _records(handover: Handover, part: str, kind: type[T]) -> Iterator[T]:
    decoder = msgspec.json.Decoder(kind)
    for number, line in enumerate(handover.lines(part), 1):
        with _told_line(part, number):
            record = _checked(decoder.decode(line))
        yield record


@contextmanager
def _told_line(part: str, number: int) -> Generator[None]:
    try:
        yield
    except (msgspec.DecodeError, ValueError, OverflowError, RecursionError) as error:
        raise DamagedHandover(f"Line {number} of the part {part} cannot be read: {error}.") from error


def _checked(record: T) -> T:
    """A record whose texts are clean, whose numbers fit, whose times have a zone and whose address is one. Raises ValueError."""
    value: Any = record  # a dataclass of `facts`
    if isinstance(record, Site):
        url_key(record.url)
    changed: dict[str, object] = {}
    for field in fields(value):
        told = getattr(value, field.name)
        kept = _clean(told)
        if kept is not told:
            changed[field.name] = kept
    return cast(T, replace(value, **changed)) if changed else record


def _clean(value: object) -> object:
    match value:
        case str() if len(value) > _LONGEST:
            raise ValueError(f"a text has more than {_LONGEST} characters")
        case str():
            return value if value.isprintable() else "".join(_sign(sign) for sign in value)
        case tuple():
            some = cast(tuple[object, ...], value)
            cleaned = tuple(_clean(each) for each in some)
            return some if cleaned == some else cleaned
        case datetime() if value.tzinfo is None:
            raise ValueError("a time has no zone")
        case int() if not 0 <= value <= _LARGEST:
            raise ValueError("a number is out of bounds")
        case _:
            return value


def _sign(sign: str) -> str:
    return _SIGN if unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Zl", "Zp") else sign
