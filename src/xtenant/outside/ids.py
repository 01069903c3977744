"""Ids and secrets. Ids are time-ordered (UUID version 7, RFC 9562 section 5.7), so that indexes grow at their end."""

from __future__ import annotations

import os
import secrets
import time
from uuid import UUID


class SystemIds:
    """The source of ids in production."""

    def new_id(self) -> UUID:
        milliseconds = time.time_ns() // 1_000_000
        noise = int.from_bytes(os.urandom(10), "big")
        value = (milliseconds & ((1 << 48) - 1)) << 80
        value |= 0x7 << 76 | (noise >> 68) << 64
        value |= 0b10 << 62 | (noise & ((1 << 62) - 1))
        return UUID(int=value)

    def secret(self, size_bytes: int = 32) -> str:
        return secrets.token_urlsafe(size_bytes)
