"""Content files held against what manifests say of them, each read once."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from xtenant.domain.quick_xor import QuickXor, to_base64
from xtenant.package.checking.facts import Expected
from xtenant.package.checking.shapes import SHOWN
from xtenant.package.checking.tree import PackageFolder, Tree

PIECE = 1024 * 1024
PACKAGE_BYTES = 250 * 1000 * 1000


@dataclass(slots=True)
class Hashes:
    """SHA-256 of what was read already, by path, for the ledger; and whether something could not be held against a hash."""

    sha256: dict[str, str]
    unproven: bool = False


def compare(package: PackageFolder, expected: dict[str, Expected], hashes: Hashes) -> Iterator[tuple[str, int, str]]:
    """Rule, line, text for everything missing, left over, or other than it should be."""
    there = package.content()
    sizes = package.tree.sizes
    for name, wanted in expected.items():
        path = there.get(name)
        if path is None:
            yield "P-10", wanted.line, f"There is no content file '{name[:SHOWN]}'."
        else:
            yield from _compare(package.tree, path, name, wanted, hashes)
    for name in sorted(there.keys() - expected.keys()):
        yield "P-10?", 0, f"No object names the content file '{name[:SHOWN]}'."
    total = sum(sizes[path] for name, path in there.items() if name in expected)
    if total > PACKAGE_BYTES and len(expected) > 1:
        yield (
            "P-15?",
            0,
            f"The package has {total:,} bytes of content; {PACKAGE_BYTES:,} is the most that imports well.",
        )


def _compare(tree: Tree, path: str, name: str, wanted: Expected, hashes: Hashes) -> Iterator[tuple[str, int, str]]:
    plain, md5, quick = hashlib.sha256(), hashlib.md5(usedforsecurity=False), QuickXor()
    with tree.open(path) as source:
        while piece := source.read(PIECE):
            plain.update(piece)
            if wanted.md5 is not None:
                md5.update(piece)
            if wanted.checksum is not None and not wanted.encrypted:
                quick.update(piece)
    hashes.sha256[path] = plain.hexdigest()
    if wanted.md5 is not None and wanted.md5 != base64.b64encode(md5.digest()).decode():
        yield "P-11", wanted.line, f"'{name[:SHOWN]}' has another MD5 than the manifest says."
    if wanted.encrypted:
        hashes.unproven = True
        return
    if wanted.size is not None and wanted.size != str(tree.sizes[path]):
        yield (
            "P-11",
            wanted.line,
            f"'{name[:SHOWN]}' has {tree.sizes[path]} bytes, the manifest says {wanted.size[:20]}.",
        )
    if wanted.sha256 is not None and wanted.sha256.lower() != plain.hexdigest():
        yield "P-11", wanted.line, f"'{name[:SHOWN]}' has another SHA-256 than the manifest says."
    if wanted.checksum and wanted.checksum != to_base64(quick.digest()):
        yield "P-11", wanted.line, f"'{name[:SHOWN]}' has another QuickXorHash than the manifest says."
    hashes.unproven |= wanted.sha256 is None and wanted.md5 is None and not wanted.checksum


def sha256_of(tree: Tree, path: str, hashes: Hashes) -> str:
    """Of a file that may have been read already."""
    known = hashes.sha256.get(path)
    if known is not None:
        return known
    digest = hashlib.sha256()
    with tree.open(path) as source:
        while piece := source.read(PIECE):
            digest.update(piece)
    return digest.hexdigest()
