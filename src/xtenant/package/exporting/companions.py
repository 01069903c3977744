"""The seven files beside a manifest (migration-package 5): settings, system data, people, and four maps."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, cast
from uuid import UUID

from lxml import etree

from xtenant.domain.content import PrincipalKind
from xtenant.domain.snapshot import ManifestLibrary, ManifestPrincipal
from xtenant.package.elements.people import LOGINS
from xtenant.package.exporting.index import Index, Place
from xtenant.package.exporting.placing import users_list_id
from xtenant.package.text import escaped

SCHEMA = {"Version": "15.0.0.0", "Build": "16.0.3111.1200", "DatabaseVersion": "11552", "SiteVersion": "15"}
"""What every writer copies (migration-package 5.2)."""

Companion = tuple[str, bytes]


def companions(
    index: Index,
    place: Place,
    library: ManifestLibrary | None,
    *,
    manifests: Sequence[str],
    objects: int,
    refs: Iterable[int],
    folders: Iterable[UUID] = (),
    holds_list: bool = False,
) -> Iterator[Companion]:
    """Name and bytes of each. `refs` are the people whom the manifest names, `folders` those it refers to and has not;
    `holds_list` says that the list stands in this package itself."""
    yield "ExportSettings.xml", _settings(index, place, library)
    touched = _touched(place, None if holds_list else library, folders)
    yield "SystemData.xml", _system_data(manifests, objects, touched)
    yield "UserGroup.xml", _people(index, refs)
    yield "RootObjectMap.xml", _root_objects(place, library)
    for name, root, namespace in (
        ("Requirements.xml", "Requirements", "requirements"),
        ("LookupListMap.xml", "LookupLists", "lookuplistmap"),
        ("ViewFormsList.xml", "ViewFormsList", "viewformlist"),
    ):
        yield name, _bytes(_root(root, namespace))


def _settings(index: Index, place: Place, library: ManifestLibrary | None) -> bytes:
    root = _root("ExportSettings", "exportsettings")
    for name, value in {
        "SiteUrl": index.web.url,
        "FileLocation": "",
        "IncludeSecurity": "All",
        "IncludeVersions": "All",
        "ExportMethod": "ExportAll",
        "SourceType": "SharePointOnline",
    }.items():
        root.set(name, escaped(value))
    exported = _child(root, "ExportObjects")
    if library is not None:
        _child(
            exported,
            "DeploymentObject",
            Id=str(library.list_id),
            Type="List",
            ParentId=str(place.web_id),
            Url=place.full(library.path),
            ExcludeChildren="false",
            IncludeDescendants="All",
        )
    return _bytes(root)


def _touched(place: Place, library: ManifestLibrary | None, folders: Iterable[UUID]) -> Iterator[tuple[UUID, str, str]]:
    yield place.web_id, "Web", place.path
    yield place.root_folder_id, "Folder", place.path
    if library is not None:
        yield library.list_id, "List", place.full(library.path)
    for folder in folders:
        yield folder, "Folder", place.path
    yield users_list_id(place), "List", f"{place.path.rstrip('/')}/_catalogs/users"


def _system_data(manifests: Sequence[str], objects: int, touched: Iterable[tuple[UUID, str, str]]) -> bytes:
    root = _root("SystemData", "systemdata")
    _child(root, "SchemaVersion", **SCHEMA, ObjectsProcessed=str(objects))
    files = _child(root, "ManifestFiles")
    for name in manifests:
        _child(files, "ManifestFile", Name=name)
    kept = _child(root, "SystemObjects")
    for identity, kind, url in touched:
        _child(kept, "SystemObject", Id=str(identity), Type=kind, Url=url)
    _child(root, "RootWebOnlyLists")
    return _bytes(root)


def _people(index: Index, refs: Iterable[int]) -> bytes:
    """Whom the manifest names, and the members of groups among them."""
    root = _root("UserGroupMap", "usergroupmap")
    named = set(refs)
    groups = [index.groups[ref] for ref in sorted(named & index.groups.keys())]
    named |= {member for group in groups for member in group.members}
    users = _child(root, "Users")
    for ref in sorted(named & index.principals.keys()):
        _user(users, index.principals[ref])
    shelf = _child(root, "Groups")
    for group in groups:
        shown = _child(
            shelf,
            "Group",
            Id=str(group.ref),
            Name=group.name,
            Description=group.description,
            Owner=str(group.ref),
            OwnerIsUser="false",
        )
        for member in group.members:
            _child(shown, "Member", UserId=str(member))
    return _bytes(root)


def _user(users: Any, person: ManifestPrincipal) -> None:
    """`SystemId` is the identity's claim, base64 (5.3); in place of the PUID, which no manifest here has, the object id."""
    prefix = "c:0t.c|tenant|" if person.kind is PrincipalKind.GROUP else "i:0h.f|membership|"
    _child(
        users,
        "User",
        Id=str(person.ref),
        Name=person.name,
        Login=LOGINS[person.kind] + person.login,
        Email=person.mail or "",
        IsDomainGroup="true" if person.kind is PrincipalKind.GROUP else "false",
        IsSiteAdmin="true" if person.admin else "false",
        SystemId=base64.b64encode(f"{prefix}{person.directory_id}".encode()).decode(),
        IsDeleted="false",
    )


def _root_objects(place: Place, library: ManifestLibrary | None) -> bytes:
    root = _root("RootObjects", "rootobjectmap")
    if library is not None:
        _child(
            root,
            "RootObject",
            Id=str(library.list_id),
            Type="List",
            ParentId=str(place.web_id),
            WebUrl=place.path,
            Url=place.full(library.path),
            IsDependency="false",
        )
    return _bytes(root)


def _root(name: str, namespace: str) -> Any:
    space = f"urn:deployment-{namespace}-schema"
    spaces = cast("dict[str, str]", {None: space})  # the stubs do not know the default namespace
    return etree.Element(f"{{{space}}}{name}", nsmap=spaces)


def _child(parent: Any, name: str, **attributes: str) -> Any:
    space = etree.QName(parent).namespace
    return etree.SubElement(parent, f"{{{space}}}{name}", {key: escaped(value) for key, value in attributes.items()})


def _bytes(root: Any) -> bytes:
    return etree.tostring(root, encoding="utf-8", xml_declaration=True)
