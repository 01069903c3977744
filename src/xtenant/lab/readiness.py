"""What a detached lab and its starter say to each other; apart, so that a starter need not load the servers."""

from __future__ import annotations

from typing import Any

import msgspec

LOG_NAME = "lab.log"


class Readiness(msgspec.Struct):
    """What a detached lab tells its starter on the pipe: its status, or why it did not start."""

    status: dict[str, Any] | None = None
    text: str = ""
    remedy: str = ""
