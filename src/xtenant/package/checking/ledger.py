"""The ledger of an exported archive: every file there, none besides, each as it was written; and the files of the site."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import msgspec

from xtenant.domain.snapshot import KINDS, ManifestDeleted, contents_of
from xtenant.package import site_file
from xtenant.package.checking.content import Hashes, sha256_of
from xtenant.package.checking.tree import Tree
from xtenant.package.exporting.archive import LEDGER, LEDGER_FORMAT
from xtenant.package.seal import read_seal
from xtenant.package.text import PART_LIMIT, DamagedPackage

COUNTED = ("webs", "lists", "folders", "files", "list_items", "scopes", "links", "deleted")
"""What the seal counts and the packages hold; the root web is a web here and a site there."""

LONGEST_LINE = 64 * 1024


class Head(msgspec.Struct):
    """The first line."""

    format: str
    job_id: str
    snapshot: str
    items: int
    versions: int
    size_bytes: int
    counts: dict[str, int]
    files: int


class _Line(msgspec.Struct):
    path: str
    size_bytes: int
    sha256: str


def head_of(tree: Tree) -> Head | None:
    """The ledger's first line, None where there is no ledger. Raises DamagedPackage."""
    if LEDGER not in tree.sizes:
        return None
    with tree.open(LEDGER) as source:
        return _head(source.readline(LONGEST_LINE))


def _head(line: bytes) -> Head:
    try:
        head = msgspec.json.decode(line, type=Head)
    except (msgspec.DecodeError, ValueError) as error:
        raise DamagedPackage(f"The ledger cannot be read: {error}") from error
    if head.format != LEDGER_FORMAT:
        raise DamagedPackage(f"The ledger is no {LEDGER_FORMAT}.")
    return head


def compare(tree: Tree, counts: Counter[str], hashes: Hashes) -> Iterator[tuple[str, int, str]]:
    """File, line, text of everything that is not as the ledger says. `counts` are of all packages."""
    try:
        head = head_of(tree)
        if head is None:
            return
        yield from _files(tree, head, hashes)
        yield from _site_files(tree, counts)
        yield from _seal(tree, head)
    except (DamagedPackage, msgspec.DecodeError, ValueError) as error:
        yield LEDGER, 0, f"The ledger or the seal cannot be read: {error}"
        return
    for kind in COUNTED:
        wanted = head.counts.get(kind, 0) + (head.counts.get("sites", 0) if kind == "webs" else 0)
        if counts[kind] != wanted:
            yield LEDGER, 1, f"The archive holds {counts[kind]} {kind.replace('_', ' ')}, the seal says {wanted}."


def _files(tree: Tree, head: Head, hashes: Hashes) -> Iterator[tuple[str, int, str]]:
    seen: set[str] = {LEDGER}
    with tree.open(LEDGER) as source:
        source.readline(LONGEST_LINE)
        for number, line in enumerate(iter(lambda: source.readline(LONGEST_LINE), b""), start=2):
            entry = msgspec.json.decode(line, type=_Line)
            if entry.path in seen:
                yield LEDGER, number, f"'{entry.path[:200]}' stands here twice."
                continue
            seen.add(entry.path)
            if entry.path not in tree.sizes:
                yield LEDGER, number, f"'{entry.path[:200]}' is missing."
            elif tree.sizes[entry.path] != entry.size_bytes:
                yield entry.path, 0, f"It has {tree.sizes[entry.path]} bytes, the ledger says {entry.size_bytes}."
            elif sha256_of(tree, entry.path, hashes) != entry.sha256:
                yield entry.path, 0, "It has another SHA-256 than the ledger says."
    if len(seen) - 1 != head.files:
        yield LEDGER, 1, f"The ledger names {len(seen) - 1} files, its head says {head.files}."
    for path in sorted(tree.sizes.keys() - seen):
        yield path, 0, "The ledger does not name this file."


def _site_files(tree: Tree, counts: Counter[str]) -> Iterator[tuple[str, int, str]]:
    """Links and what is deleted, with its content."""
    for path in sorted(tree.sizes):
        if not (path.startswith("site/site-") and path.endswith(".json")):
            continue
        if tree.sizes[path] > PART_LIMIT:
            yield path, 0, "It is larger than a site file can be."
            continue
        try:
            with tree.open(path) as source:
                for thing in site_file.read(source.read()):
                    counts[KINDS[type(thing)]] += 1
                    gone = contents_of(thing) if isinstance(thing, ManifestDeleted) else ()
                    for sha256, _, _ in gone:
                        if f"site/content/{sha256.hex()}.dat" not in tree.sizes:
                            yield path, 0, f"The content {sha256.hex()} of something deleted is missing."
        except DamagedPackage as error:
            yield path, 0, str(error)


def _seal(tree: Tree, head: Head) -> Iterator[tuple[str, int, str]]:
    if tree.sizes.get("snapshot.json", PART_LIMIT + 1) > PART_LIMIT:
        yield "snapshot.json", 0, "The seal is missing, or is none."
        return
    with tree.open("snapshot.json") as source:
        snapshot = read_seal(source.read())
    if snapshot.root.hex() != head.snapshot:
        yield "snapshot.json", 0, "The seal is another one than the ledger says."
