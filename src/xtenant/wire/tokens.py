"""Tokens we issue and tokens we check."""

from __future__ import annotations


class TokenIssuer:
    """Replaced by the sign-in slice."""
