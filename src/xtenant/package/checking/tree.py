"""A folder of files as the checker sees it, and the packages that lie in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO, Protocol

FILES = (
    "Manifest.xml",
    "ExportSettings.xml",
    "SystemData.xml",
    "UserGroup.xml",
    "RootObjectMap.xml",
    "Requirements.xml",
    "LookupListMap.xml",
    "ViewFormsList.xml",
)


class Tree(Protocol):
    """Plain files below a folder, by path with `/`; links and special files are no part of it."""

    @property
    def sizes(self) -> Mapping[str, int]: ...

    def open(self, path: str) -> BinaryIO: ...


@dataclass(frozen=True, slots=True)
class PackageFolder:
    """Where a package's XML lies, and its content: beside `manifest`, or in `content` below it, or next to the XML."""

    folder: str
    tree: Tree

    def path(self, name: str) -> str:
        return f"{self.folder}/{name}" if self.folder else name

    @property
    def files(self) -> frozenset[str]:
        """Names of the files right in the folder."""
        start = f"{self.folder}/" if self.folder else ""
        inside = (path[len(start) :] for path in self.tree.sizes if path.startswith(start))
        return frozenset(name for name in inside if "/" not in name)

    @property
    def content_folder(self) -> str:
        head, _, last = self.folder.rpartition("/")
        if last == "manifest":
            return f"{head}/content" if head else "content"
        return self.path("content")

    def content(self) -> dict[str, str]:
        """Name in `FileValue` → path of the content file."""
        start = f"{self.content_folder}/"
        found = {path[len(start) :]: path for path in self.tree.sizes if path.startswith(start)}
        beside = {name: self.path(name) for name in self.files if name.lower().endswith(".dat")}
        return {**beside, **found}


def packages_in(tree: Tree) -> Iterator[PackageFolder]:
    """Every folder that holds one of the eight files, in the order of their paths."""
    folders = {path.rpartition("/")[0] for path in tree.sizes if path.rpartition("/")[2] in FILES}
    for folder in sorted(folders):
        yield PackageFolder(folder, tree)
