"""Which cloud a tenant is in. Moves between tenants exist in the worldwide one only (R-0.9); the others are refused by name.

By host name before anything is sent, and by the sign-in service's OpenID configuration, which names the instance and, for
GCC tenants in the worldwide instance, a sub-scope.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from xtenant.domain import errors

NATIONAL_SUFFIXES: Mapping[str, str] = {
    ".sharepoint.us": "the US government cloud (GCC High)",
    ".sharepoint-mil.us": "the US government cloud (DoD)",
    ".dps.mil": "the US government cloud (DoD)",
    ".sharepoint.cn": "the cloud operated by 21Vianet in China",
    ".sharepoint.de": "the former German cloud",
}
WORLDWIDE = "microsoftonline.com"
SUB_SCOPES: Mapping[str, str] = {
    "GCC": "the US government community cloud (GCC)",
    "DODCON": "the US government cloud (GCC High)",
    "DOD": "the US government cloud (DoD)",
}


class NationalCloud(errors.UsageError):
    """The tenant is in a cloud where moves between tenants do not exist."""

    code = "nationalCloud"
    remedy = "Moves between tenants exist in the worldwide cloud only (R-0.9); nothing can be done about it here."

    def __init__(self, subject: str, cloud: str) -> None:
        super().__init__(f"{subject} is in {cloud}; moves between tenants do not exist there.")


def refuse_national_host(url: str) -> None:
    """Raises NationalCloud for an address of a national cloud."""
    host = (urlsplit(url if "//" in url else f"//{url}").hostname or "").lower()
    for suffix, cloud in NATIONAL_SUFFIXES.items():
        if host.endswith(suffix):
            raise NationalCloud(host, cloud)


def cloud_of(document: Mapping[str, object]) -> str | None:
    """From an OpenID configuration, the name of the national cloud a tenant is in; None in the worldwide one.

    Its members `cloud_instance_name`, `tenant_region_scope` and `tenant_region_sub_scope` are what the sign-in service
    answers everybody; a document without them says nothing against the worldwide cloud.
    """
    sub_scope = str(document.get("tenant_region_sub_scope") or "").upper()
    if sub_scope in SUB_SCOPES:
        return SUB_SCOPES[sub_scope]
    instance = str(document.get("cloud_instance_name") or WORLDWIDE).lower()
    if instance != WORLDWIDE:
        return f"another cloud ({instance})"
    return "the US government cloud" if str(document.get("tenant_region_scope") or "").upper() == "USGOV" else None
