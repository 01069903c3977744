"""Restore: the source asks and, once the hidden site is verified, records its intent and publishes (`asking`); the target
pulls what it lacks, builds the hidden site and verifies it item by item (`building`, `people`, `verifying`)."""

from xtenant.engine.phases.restore.asking import ask
from xtenant.engine.phases.restore.building import build
from xtenant.engine.phases.restore.verifying import verify

__all__ = ["ask", "build", "verify"]
