"""`xtenant lab set -t T --site URL KEY=VALUE`: facts of a site under names that people can read."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from xtenant.domain import errors
from xtenant.domain.content import LockState, SiteStatus
from xtenant.domain.item_facts import ItemFacts
from xtenant.domain.paths import site_url
from xtenant.lab.switches import boolean, member, number, size
from xtenant.operations.site_facts import Statements

LABEL, LIST = "label:", "list:"
USER_DEFINED = ",user-defined"

KEYS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "holds": ("has_holds", boolean),
    "label": ("label", str),
    "lock": ("lock_state", lambda text: member(LockState, text)),
    "owner": ("owner", str),
    "redirect": ("redirect_url", site_url),
    "status": ("status", lambda text: member(SiteStatus, text)),
    "storage": ("stated_bytes", size),
}
"""Name → field of `Statements`, and how its value is read."""


def statements_of(pairs: Iterable[tuple[str, str]]) -> Statements:
    """`holds=on lock=ReadOnly status=Creating label=NAME storage=6T owner=UPN redirect=URL`, and of single things
    `label:Shared Documents/Plan.docx=NAME[,user-defined]`, `list:Workflow History=140`. Raises UsageError.
    """
    plain: dict[str, Any] = {}
    files: dict[str, ItemFacts] = {}
    lists: dict[str, int] = {}
    for key, text in pairs:
        word = key.strip().lower()
        if word.startswith(LABEL):
            label = text.removesuffix(USER_DEFINED)
            files[key.strip()[len(LABEL) :]] = ItemFacts(label=label, user_defined=label != text)
        elif word.startswith(LIST):
            lists[key.strip()[len(LIST) :]] = number(text)
        elif word in KEYS:
            name, read = KEYS[word]
            plain[name] = read(text)
        else:
            known = ", ".join([*KEYS, f"{LABEL}PATH", f"{LIST}TITLE"])
            raise errors.UsageError(f"There is no fact '{key}' of a site.", remedy=f"There are: {known}.")
    return Statements(**plain, files=files, lists=lists)
