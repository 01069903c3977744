"""What no call can read and a person has to say: the keys of `xtenant plan declare`, and the values each takes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from xtenant.bulk.findings import Who
from xtenant.bulk.preflight import lines
from xtenant.domain import errors

DEPARTURES = "departures"
"""Its value is a CSV file; see `departures`."""


class UnknownDeclaration(errors.UsageError):
    """Nothing can be declared under this key, or not with this value."""

    code = "unknownDeclaration"


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """Something to declare. `values` is a pattern of the whole value, `example` one that says all is well."""

    name: str
    what: str
    values: str
    example: str
    rule: str
    who: Who


KEYS: Mapping[str, Key] = {
    key.name: key
    for key in (
        Key(name="byok", what="whether the source encrypts with a key of its own (Customer Key, BYOK)", values="yes|no",
            example="no", rule="R-6.27", who=Who.SOURCE),
        Key(name="holds", what="whether retention or legal holds lie on anything that moves", values="none|some",
            example="none", rule="R-6.31", who=Who.PERSON),
        Key(name="user_defined_labels", what="whether files that move carry labels with user-defined permissions",
            values="none|some", example="none", rule="R-6.40", who=Who.SOURCE),
        Key(name="shared_data_licences", what="how many licences Cross-Tenant Shared Data Migration (100 GB each) are there",
            values="[0-9]{1,7}", example="10", rule="R-6.36", who=Who.PERSON),
        Key(name="size_limit", what="how large one site may be", values="2TB|5TB", example="5TB", rule="R-6.32", who=Who.MICROSOFT),
        Key(name="group_method", what="whether target groups were made as Microsoft prescribes (R-4.17)",
            values="prescribed|other", example="prescribed", rule="R-6.39", who=Who.TARGET),
        Key(name="apps", what="whether apps and add-ins of what moves were looked for", values="looked-for", example="looked-for",
            rule="R-7.19", who=Who.SOURCE),
        Key(name="flows", what="whether Power Apps and Power Automate flows were looked for", values="looked-for",
            example="looked-for", rule="R-7.20", who=Who.SOURCE),
        Key(name="web_parts", what="whether web parts that point elsewhere were looked for", values="looked-for",
            example="looked-for", rule="R-7.21", who=Who.SOURCE),
        Key(name="onedrive_creation", what="whether people at the target can make OneDrives while the moves run",
            values="restricted|open", example="restricted", rule="R-4.9", who=Who.TARGET),
        Key(name="site_creation", what="whether people at the target can make sites while the moves run",
            values="restricted|open", example="restricted", rule="R-4.9", who=Who.TARGET),
        Key(name=DEPARTURES, what="when people lost their last licence: a CSV file with the columns upn,departed", values=".+",
            example="departures.csv", rule="R-7.33", who=Who.SOURCE),
    )
}  # fmt: skip


def checked(key: str, value: str) -> tuple[str, str]:
    """A key and value as they are kept. Raises UnknownDeclaration."""
    known = KEYS.get(key.strip().lower())
    if known is None:
        raise UnknownDeclaration(f"Nothing is declared as '{key}'.", remedy=f"There are {', '.join(KEYS)}.")
    value = value.strip()
    if not re.fullmatch(known.values, value, re.IGNORECASE):
        raise UnknownDeclaration(
            f"'{value}' cannot be declared of {known.name}.", remedy=f"For example: {known.example}."
        )
    return known.name, value


def command(plan: str, key: str, value: str = "") -> str:
    """The line that declares it, in the name of the role that has to know."""
    known = KEYS[key]
    by = "the person responsible" if known.who is Who.PERSON else known.who.value
    return lines.ours("plan", "declare", plan, f"{key}={value or known.example}", "--by", by)
