"""Backup: the frozen site as parts of a manifest and the seal over them (`sealing`), its permissions among them (`rights`)."""

from xtenant.engine.phases.backup.sealing import run

__all__ = ["run"]
