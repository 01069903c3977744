"""A package looked through without any tenant: form, references, content, limits (migration-package 13.5).

Takes an exported archive as well as a single package of somebody else's; everything in it is hostile input.
"""

from __future__ import annotations

from xtenant.package.checking.checking import Check, NoPackage, check
from xtenant.package.checking.findings import Finding, Severity
from xtenant.package.checking.overview import overview
from xtenant.package.checking.tree import Tree

__all__ = ["Check", "Finding", "NoPackage", "Severity", "Tree", "check", "overview"]
