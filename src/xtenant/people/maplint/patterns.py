"""What addresses, object ids and aliases look like to the linter; written apart from what the service takes (settled C 6).

Stricter than the service on purpose: whatever the service refuses must be named here first.
"""

from __future__ import annotations

import re

GUEST_MARK = "#ext#"
LONGEST_ADDRESS = 320
LONGEST_ALIAS = 64
LONGEST_NAME = 256

PLAIN_LOCAL = re.compile(r"[A-Za-z0-9._+#-]{1,100}").fullmatch
"""The usual part before the @: nothing in it needs a second look."""
PLAIN_ALIAS = re.compile(r"[A-Za-z0-9_-]{1,64}").fullmatch
GUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}").fullmatch
"""Thirty-two digits with hyphens, as the portal shows an id; no braces."""
_LOCAL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+").fullmatch
_LABEL = re.compile(r"[^\W_](?:[\w-]{0,61}[^\W_])?").fullmatch
_NOT_IN_AN_ALIAS = frozenset('@()\\[]";:<>,')


def domain_of(address: str) -> str:
    """The part after the last @, folded; empty where there is none."""
    return address.rpartition("@")[2].casefold() if "@" in address else ""


def is_domain(text: str) -> bool:
    """At least two labels, the last not a number."""
    labels = text.split(".")
    return len(labels) > 1 and all(map(_LABEL, labels)) and not labels[-1].isdigit()


def is_address(text: str) -> bool:
    """One @, a local part of letters and RFC 5322's marks, and a domain (R-5.45)."""
    local, mark, domain = text.partition("@")
    return bool(mark) and len(text) <= LONGEST_ADDRESS and bool(_LOCAL(local)) and is_domain(domain)


def is_guest_name(upn: str) -> bool:
    """Whether a UPN has the form that an invitation makes, `ann_mail.example#EXT#@…`."""
    return GUEST_MARK in upn.casefold()


def alias_trouble(text: str) -> str | None:
    """What keeps a text from being the alias of a Microsoft 365 group (R-4.11, R-4.22, R-5.50)."""
    if not text:
        return "is empty"
    if GUID(text):
        return "is an object id"
    if "." in text:
        return "has a period"
    if any(letter.isspace() for letter in text):
        return "has a blank"
    if "'" in text:
        return "has an apostrophe, which fails the move"
    if not (text.isascii() and text.isprintable()) or not _NOT_IN_AN_ALIAS.isdisjoint(text):
        return "has a letter that no alias can have"
    if len(text) > LONGEST_ALIAS:
        return f"is longer than {LONGEST_ALIAS} letters"
    return None


def shown(text: str) -> str:
    """A field as it may be printed: short, and without letters that a terminal obeys."""
    short = text if len(text) <= 80 else f"{text[:77]}..."
    return short if short.isprintable() else repr(short)[1:-1]
