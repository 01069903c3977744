"""A site's whole content and permissions in a form that two tenants can be compared by, read through the stores."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence

from blob_stores import ForgetfulBlobStore
from simulation.rights import NAMES, rights_of
from xtenant.domain.content import WEB, Item, ItemKey, ItemKind, PrincipalKey, Site
from xtenant.domain.fields import Fields, People, field_values
from xtenant.domain.ports.units import UnitOfWork

MANY = 1_000
Name = Callable[[int], str]
Shape = dict[str, object]


def content_of(
    uow: UnitOfWork, blobs: ForgetfulBlobStore, found: Site, *, with_people: bool, translated: bool
) -> Shape:
    """By path every item, live or deleted; beside them permissions, links, and what the site itself is.

    `translated` tells a source's people as they should stand at the target. The site's own dates are left out: writing to it
    changes them.
    """
    live = list(uow.items.page(found.key, after=ItemKey(0), limit=MANY))
    deleted = list(uow.recycle_bin.all_page(found.key, after=ItemKey(0), limit=MANY))
    logins = {person.key: person.login for person in uow.principals.of_site(found.key)}

    def name(key: int) -> str:
        login = logins[PrincipalKey(key)]
        return (NAMES.get(login) or login) if translated else login

    paths = _paths([*live, *deleted])
    told = _told(uow, blobs, [*live, *deleted], name)
    shape: Shape = {paths[item.key]: told[item.key] for item in live}
    shape["bin"] = {f"{paths[item.key]} {item.item_id}": (_gone(item, paths, name), told[item.key]) for item in deleted}
    shape["rights"] = rights_of(uow, found, paths, translated=translated)
    shape["links"] = _links(uow, found, paths, name, known=lambda key: _is_known(logins[key]))
    shape["site"] = (
        (found.title, found.template, found.created_at.replace(microsecond=0), found.quota_bytes),
        uow.definitions.webs(found.key, [WEB])[WEB],
    )
    shape["numbers"] = (found.item_count, found.version_count, found.size_bytes)
    if with_people:
        people = uow.principals.by_keys({key for item in live for key in (item.author, item.editor)})
        shape["people"] = sorted((principal.login, principal.name) for principal in people.values())
    return shape


def _paths(items: Iterable[Item]) -> dict[ItemKey, str]:
    """Parents are found by their keys alone."""
    every = {item.key: item for item in items}

    def path(item: Item) -> str:
        return item.name if item.parent_key is None else f"{path(every[item.parent_key])}/{item.name}"

    return {key: path(item) for key, item in every.items()}


def _told(
    uow: UnitOfWork, blobs: ForgetfulBlobStore, items: Sequence[Item], name: Name
) -> dict[ItemKey, tuple[object, ...]]:
    """Of each item all there is to it. A web's id is not kept by a move."""
    keys = [item.key for item in items]
    versions: dict[ItemKey, list[object]] = {key: [] for key in keys}
    for one in uow.items.versions(keys):
        content = b"".join(blobs.open(one.blob)) if one.blob else None
        told = (one.major, one.minor, content, one.modified_at, one.comment, _fields(one.fields, name))
        versions[one.item_key].append((*told, name(one.editor)))
    attached: dict[ItemKey, list[object]] = {key: [] for key in keys}
    for file in uow.attachments.of_items(keys):
        people = (name(file.author), name(file.editor))
        content = b"".join(blobs.open(file.blob))
        attached[file.item_key].append((file.name, content, file.created_at, file.modified_at, *people))
    lists = uow.definitions.lists(items[0].site_key, [item.key for item in items if item.kind.is_list])
    webs = uow.definitions.webs(items[0].site_key, [item.key for item in items if item.kind is ItemKind.WEB])
    made_of: dict[ItemKey, object] = {**lists, **webs}
    return {
        item.key: (
            (None if item.kind is ItemKind.WEB else item.item_id, item.kind, item.int_id),
            (item.created_at, item.modified_at, name(item.author), name(item.editor)),
            (_fields(item.fields, name), made_of.get(item.key)),
            (tuple(versions[item.key]), tuple(attached[item.key])),
        )
        for item in items
    }


def _fields(text: Fields, name: Name) -> object:
    return {
        key: [name(ref) for ref in value.refs] if isinstance(value, People) else value
        for key, value in field_values(text).items()
    }


def _gone(item: Item, paths: Mapping[ItemKey, str], name: Name) -> tuple[object, ...]:
    with_ = None if item.deleted_with is None else paths[item.deleted_with]
    return (item.deleted_at, name(item.deleted_by), with_)


def _is_known(login: str) -> bool:
    return NAMES.get(login, login) is not None


def _links(
    uow: UnitOfWork, site: Site, paths: Mapping[ItemKey, str], name: Name, *, known: Callable[[PrincipalKey], bool]
) -> list[object]:
    """Whoever is nobody at the target has no part in a link there."""
    return [
        (
            paths[link.item_key],
            dataclasses.replace(link, item_key=WEB, created_by=PrincipalKey(0), members=()),
            (name(link.created_by), sorted(name(key) for key in link.members if known(key))),
        )
        for link in uow.links.page(site.key, after=None, limit=MANY)
    ]
