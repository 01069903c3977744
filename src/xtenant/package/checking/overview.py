"""What a package holds, at a glance: nothing is compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from xtenant.package.checking import ledger
from xtenant.package.checking.checking import NAMESPACE, NoPackage
from xtenant.package.checking.parsing import Unreadable, objects_of
from xtenant.package.checking.shapes import name_of
from xtenant.package.checking.tree import PackageFolder, Tree, packages_in
from xtenant.package.text import DamagedPackage, unescaped

COUNTED = {
    "SPWeb": "webs",
    "SPList": "lists",
    "SPDocumentLibrary": "lists",
    "SPFolder": "folders",
    "SPFile": "files",
    "DeploymentRoleAssignments": "scopes",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageRow:
    """One package: where it lies, the list or web it belongs to, and how much is in it."""

    package: str
    title: str
    counts: Counter[str]
    size_bytes: int


def overview(tree: Tree) -> tuple[ledger.Head | None, Iterator[PackageRow]]:
    """The ledger's head where there is one, and every package. Raises NoPackage, DamagedPackage."""
    folders = list(packages_in(tree))
    if not folders:
        raise NoPackage("There is no package here.")
    return ledger.head_of(tree), (_row(folder) for folder in folders)


def _row(package: PackageFolder) -> PackageRow:
    """Raises DamagedPackage."""
    counts: Counter[str] = Counter()
    titles: list[str] = []
    names = sorted(name for name in package.files if name.startswith("Manifest") and name.endswith(".xml"))
    for name in names:
        try:
            for wrapper in objects_of(package.tree, package.path(name), f"{{{NAMESPACE}}}SPObject"):
                _count(wrapper, counts, titles)
        except Unreadable as error:
            raise DamagedPackage(f"{package.path(name)} cannot be read: {error}") from error
    sizes = package.tree.sizes
    return PackageRow(
        package=package.folder or ".",
        title=", ".join(titles[:3]),
        counts=counts,
        size_bytes=sum(sizes[path] for path in package.content().values()),
    )


def _count(wrapper: Any, counts: Counter[str], titles: list[str]) -> None:
    kind = COUNTED.get(wrapper.get("ObjectType", ""))
    payload = next((one for one in wrapper if isinstance(one.tag, str)), None)
    if payload is None:
        return
    if kind is not None:
        counts[kind] += 1
    if kind in ("webs", "lists"):
        titles.append(unescaped(payload.get("Title", "")))
    if name_of(payload) == "File":
        counts["versions"] += max(1, len(payload.findall("{*}Versions/{*}File")))
    if name_of(payload) == "ListItem" and payload.get("DocId") is None:
        counts["list_items"] += 1
        counts["attachments"] += len(payload.findall("{*}Attachments/{*}Attachment"))
