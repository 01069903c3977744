"""The whole check: package after package, then the ledger over all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from uuid import UUID

from xtenant.domain import errors
from xtenant.package.checking import content, ledger
from xtenant.package.checking.beside import Beside
from xtenant.package.checking.facts import Facts
from xtenant.package.checking.findings import RULES, Finding, Severity
from xtenant.package.checking.parsing import Unreadable, objects_of
from xtenant.package.checking.schema import COMPANIONS
from xtenant.package.checking.tree import PackageFolder, Tree, packages_in
from xtenant.package.exporting.archive import LEDGER

MANIFEST_BYTES = 25 * 1000 * 1000
ROOT, NAMESPACE = COMPANIONS["Manifest.xml"]


class NoPackage(errors.UsageError):
    """The folder holds none of a package's files."""

    code = "noPackage"
    remedy = "Name the folder that `xtenant package export` wrote, or one with a Manifest.xml."


class Check:
    """Findings, one after the other; afterwards how many there were, and which rules had nothing to compare with."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._hashes = content.Hashes({})
        self.packages = self.errors = self.warnings = 0

    def __iter__(self) -> Iterator[Finding]:
        """Raises NoPackage."""
        for finding in self._all():
            if finding.severity is Severity.ERROR:
                self.errors += 1
            else:
                self.warnings += 1
            yield finding

    @property
    def not_checked(self) -> tuple[str, ...]:
        """P-11 where content is encrypted or has no hash, P-16 where there is no ledger."""
        lacking = [("P-11", self._hashes.unproven), ("P-16", LEDGER not in self._tree.sizes)]
        return tuple(rule for rule, is_so in lacking if is_so)

    def _all(self) -> Iterator[Finding]:
        counts: Counter[str] = Counter()
        everywhere: set[UUID] = set()
        security: list[PackageFolder] = []
        for package in packages_in(self._tree):
            self.packages += 1
            if package.folder.rpartition("/")[2] == "security":
                security.append(package)  # once the objects are known that it speaks of
            else:
                yield from self._package(package, counts, everywhere)
        for package in security:
            yield from self._package(package, counts, everywhere)
        if not self.packages:
            raise NoPackage("There is no package here.")
        for file, line, text in ledger.compare(self._tree, counts, self._hashes):
            yield _finding("P-16", file, line, text)

    def _package(self, package: PackageFolder, counts: Counter[str], everywhere: set[UUID]) -> Iterator[Finding]:
        beside = Beside()
        for rule, name, line, text in beside.read(package):
            yield _finding(rule, package.path(name), line, text)
        facts = Facts(beside, everywhere)
        for name in beside.manifests or ["Manifest.xml"]:
            if name in package.files:
                yield from self._manifest(package, name, facts)
        manifest = package.path("Manifest.xml")
        for rule, line, text in facts.end():
            yield _finding(rule, manifest, line, text)
        for rule, line, text in content.compare(package, facts.content, self._hashes):
            yield _finding(rule, manifest, line, text)
        for identity, line in beside.root_objects:
            if identity not in facts.own and identity not in beside.kept:
                yield _finding("P-20", package.path("RootObjectMap.xml"), line, f"{identity} is not in this package.")
        counts.update(facts.counts)

    def _manifest(self, package: PackageFolder, name: str, facts: Facts) -> Iterator[Finding]:
        path = package.path(name)
        if self._tree.sizes[path] > MANIFEST_BYTES:
            yield _finding("P-15?", path, 0, f"The manifest has {self._tree.sizes[path]:,} bytes; 25 MB is the most.")
        try:
            found = objects_of(self._tree, path, f"{{{NAMESPACE}}}SPObject")
            root = next(found, None)
            if root is None or root.tag != f"{{{NAMESPACE}}}{ROOT}":
                yield _finding("P-02", path, 0, f"{name} is no {ROOT} of {NAMESPACE}.")
                return
            for wrapper in found:
                for rule, element, text in facts.take(wrapper):
                    yield _finding(rule, path, element.sourceline or 0, text)
        except Unreadable as error:
            yield _finding("P-02", path, 0, f"{name} cannot be read: {error}")


def check(tree: Tree) -> Check:
    """Everything wrong in a folder of packages. Nothing is written, nobody is asked."""
    return Check(tree)


def _finding(rule: str, file: str, line: int, text: str) -> Finding:
    """A rule with `?` behind it is a warning here: the package may still import."""
    severity = Severity.WARNING if rule.endswith("?") else Severity.ERROR
    name = rule.removesuffix("?")
    return Finding(rule=name, severity=severity, file=file, line=line, message=text, remedy=RULES[name])
