"""The seven files beside a manifest: who is known, what is not to be touched, which manifests there are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from xtenant.package.checking.parsing import Unreadable, root_of
from xtenant.package.checking.schema import COMPANIONS
from xtenant.package.checking.shapes import guid_of, name_of
from xtenant.package.checking.tree import FILES, PackageFolder

REQUIRED = FILES[:4]

Told = tuple[str, str, int, str]
"""Rule, file, line, text."""


@dataclass(slots=True)
class Beside:
    """What these files say. Users and groups are one space of ids."""

    manifests: list[str] = field(default_factory=list[str])
    kept: set[UUID] = field(default_factory=set[UUID])
    principals: set[str] = field(default_factory=set[str])
    root_objects: list[tuple[UUID, int]] = field(default_factory=list[tuple[UUID, int]])

    def read(self, package: PackageFolder) -> Iterator[Told]:
        """Everything wrong with them; fills the fields."""
        for name in FILES:
            if name not in package.files:
                yield "P-01" if name in REQUIRED else "P-01?", name, 0, f"{name} is missing."
            elif name != "Manifest.xml":
                try:
                    root = root_of(package.tree, package.path(name))
                    yield from _wrong_root(name, root)
                    yield from self._file(name, root)
                except Unreadable as error:
                    yield "P-02", name, 0, f"{name} cannot be read: {error}"
        yield from self._unknown(package)

    def _file(self, name: str, root: Any) -> Iterator[Told]:
        match name:
            case "ExportSettings.xml":
                yield from _settings(name, root)
            case "SystemData.xml":
                yield from self._system_data(name, root)
            case "UserGroup.xml":
                yield from self._people(name, root)
            case "RootObjectMap.xml":
                yield from self._root_objects(name, root)
            case _:
                return

    def _unknown(self, package: PackageFolder) -> Iterator[Told]:
        known = {*FILES, *self.manifests, "ArchivedFiles.xml"}
        for name in sorted(package.files - known):
            if name.lower().endswith(".xml"):
                yield "P-17", name, 0, f"{name} lies beside the manifest, and SystemData.xml does not name it."
        for name in self.manifests:
            if name not in package.files:
                yield "P-17", "SystemData.xml", 0, f"SystemData.xml names {name[:60]}, which is not there."

    def _system_data(self, name: str, root: Any) -> Iterator[Told]:
        version = next((one for one in _below(root, "SchemaVersion")), None)
        if version is None or not version.get("Version"):
            yield "P-17", name, 0, "SystemData has no SchemaVersion."
        for one in _below(root, "ManifestFile"):
            self.manifests.append(one.get("Name", ""))
        if not self.manifests:
            yield "P-17", name, 0, "SystemData names no manifest."
        for one in _below(root, "SystemObject"):
            found = guid_of(one.get("Id"))
            if found is None:
                yield "P-05", name, one.sourceline, "A SystemObject has no GUID."
            else:
                self.kept.add(found)

    def _people(self, name: str, root: Any) -> Iterator[Told]:
        logins: set[str] = set()
        for one in (*_below(root, "User"), *_below(root, "Group")):
            own = one.get("Id", "")
            if not own.isascii() or not own.isdigit():
                yield "P-05", name, one.sourceline, f"'{own[:60]}' is no number of a principal."
            if own in self.principals:
                yield "P-06", name, one.sourceline, f"The principal {own[:60]} stands here twice."
            self.principals.add(own)
            login = one.get("Login", "").lower()
            if login and login in logins:
                yield "P-06", name, one.sourceline, f"The person '{login[:60]}' stands here twice."
            logins.add(login)
        for member in _below(root, "Member"):
            if member.get("UserId") not in self.principals:
                yield "P-06", name, member.sourceline, f"The member {member.get('UserId', '')[:60]} is nobody here."

    def _root_objects(self, name: str, root: Any) -> Iterator[Told]:
        for one in _below(root, "RootObject"):
            found = guid_of(one.get("Id"))
            if found is None:
                yield "P-05", name, one.sourceline, "A RootObject has no GUID."
            else:
                self.root_objects.append((found, one.sourceline))


def _wrong_root(name: str, root: Any) -> Iterator[Told]:
    element, namespace = COMPANIONS[name]
    if root.tag != f"{{{namespace}}}{element}":
        yield "P-02", name, 0, f"{name} has the root element '{str(root.tag)[:90]}'."


def _settings(name: str, root: Any) -> Iterator[Told]:
    if not root.get("SiteUrl"):
        yield "P-18", name, 0, "SiteUrl is empty: the import would fail."
    if not root.get("SourceType"):
        yield "P-18?", name, 0, "SourceType is missing."
    if root.get("IncludeSecurity") not in ("None", "WssOnly", "All"):
        yield "P-18", name, 0, "IncludeSecurity is none of None, WssOnly and All."


def _below(root: Any, name: str) -> Iterator[Any]:
    return (one for one in root.iter() if isinstance(one.tag, str) and name_of(one) == name)
