"""A sealed snapshot cut anew into an archive that stands alone (migration-package 13.2): one small package after the other,
each with its eight XML files and its content, a ledger over all of it at the end. Streams: nothing is whole in memory but
who and what lists there are, and the package being written.
"""

from __future__ import annotations

from xtenant.package.exporting.archive import ExportedFile, Sealed, export

__all__ = ["ExportedFile", "Sealed", "export"]
