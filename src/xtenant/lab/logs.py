"""Logs of the lab's processes: one JSON line per event, on the file given. Never on standard output."""

from __future__ import annotations

from typing import TextIO

import structlog


def log_to(file: TextIO) -> None:
    """Send this process's log events to a file, INFO and above."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(20),
        logger_factory=structlog.WriteLoggerFactory(file=file),
        cache_logger_on_first_use=False,
    )
