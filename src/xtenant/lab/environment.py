"""The environment that leads an unmodified client into the lab: variables for its proxy and its certificate authority.

Every tool has a variable of its own for the certificate authority; all are set. `NO_PROXY` is emptied and every scheme
goes to the proxy, so that a client inside the lab reaches nothing else by mistake.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from xtenant.client.lab import LabDescription

PROXY_VARIABLES = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")
CA_VARIABLES = (
    "SSL_CERT_FILE",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
    "AWS_CA_BUNDLE",
    "GIT_SSL_CAINFO",
)
EMPTIED = ("NO_PROXY", "no_proxy", "SSL_CERT_DIR")
EXEC_FOLDER = "exec-home"
DRILL_FOLDER = "drill-home"

SYSTEM_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)
"""Where distributions keep the bundle that tools without a variable read."""


def variables(lab: LabDescription) -> dict[str, str]:
    """The variables of `lab env`, names to values; empty ones are to be set empty."""
    return {
        **dict.fromkeys(PROXY_VARIABLES, lab.proxy),
        **dict.fromkeys(CA_VARIABLES, lab.ca_file),
        **dict.fromkeys(EMPTIED, ""),
        "XTENANT_LAB": lab.home,
        "XTENANT_DRILL": "",
    }


def as_shell(values: dict[str, str]) -> str:
    """Lines for `eval "$(xtenant lab env)"`."""
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in values.items())


def child_variables(lab: LabDescription, *, drill: str = "") -> dict[str, str]:
    """The same for `lab exec`, with a HOME inside the lab's home, so that no client reads or leaves settings elsewhere.

    `drill` is the token of a drill; its profiles, logs and records are kept apart from the lab's own.
    """
    home = Path(lab.home) / (DRILL_FOLDER if drill else EXEC_FOLDER)
    folders = {
        "HOME": home,
        "XDG_CONFIG_HOME": home / ".config",
        "XDG_CACHE_HOME": home / ".cache",
        "XDG_DATA_HOME": home / ".local" / "share",
        "XTENANT_HOME": home / ".config" / "xtenant",
    }
    return {**variables(lab), "XTENANT_DRILL": drill, **{name: str(folder) for name, folder in folders.items()}}


def with_private_ca(command: Sequence[str], ca_file: str) -> list[str]:
    """The command in a mount namespace of its own, where the system's bundle of certificates is the lab's."""
    bundles = [bundle for bundle in SYSTEM_BUNDLES if Path(bundle).exists()]
    mounts = " && ".join(f"mount --bind {shlex.quote(ca_file)} {shlex.quote(bundle)}" for bundle in bundles)
    return ["unshare", "--map-root-user", "--mount", "sh", "-c", f'{mounts or "true"} && exec "$@"', "sh", *command]
