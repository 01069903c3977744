"""The tie between a lab and the tools: what a running lab wrote into its home, and whether it is in effect here.

Only `lab.json` in the lab's home is believed; proxy variables of the environment are not read (settled A 5). The one socket
opened here is to the lab's own proxy on loopback, and only after everything else was found right.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from xtenant.domain import errors

LAB_FILE = "lab.json"
PROBE_SECONDS = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LabGeo:
    """The three addresses of one geo."""

    admin_url: str
    host_url: str
    root_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LabUser:
    """A person of the lab who can sign in (settled A 7). These accounts exist in the lab only."""

    upn: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class LabTenant:
    """One tenant of a lab, as `xtenant lab env --format json` describes it."""

    tenant_id: str
    initial_domain: str
    admin_url: str
    host_url: str
    root_url: str
    client_id: str
    client_secret: str = field(default="", repr=False)
    certificate_file: str
    admin_upn: str = ""
    geos: Mapping[str, LabGeo] = field(default_factory=dict[str, LabGeo])
    users: Mapping[str, LabUser] = field(default_factory=dict[str, LabUser])


@dataclass(frozen=True, slots=True, kw_only=True)
class LabDescription:
    """What `lab.json` says: the lab's id, its proxy and certificate authority, and its tenants by name."""

    id: str
    proxy: str
    ca_file: str
    home: str = ""
    tenants: Mapping[str, LabTenant] = field(default_factory=dict[str, LabTenant])


def read_lab(home: Path) -> LabDescription:
    """Read the description of the lab in a home. Raises LabMissing when there is none or it cannot be read."""
    try:
        raw = (home / LAB_FILE).read_bytes()
    except OSError as error:
        raise errors.LabMissing(f"There is no running lab in {home}.") from error
    try:
        return msgspec.json.decode(raw, type=LabDescription)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise errors.LabMissing(f"{home / LAB_FILE} is not the description of a lab: {error}") from error


def require_answering(lab: LabDescription) -> None:
    """Ask the lab's proxy for a TCP connection. Raises LabMissing unless it is on loopback and answers."""
    parts = urlsplit(lab.proxy)
    host = parts.hostname or ""
    if parts.scheme != "http" or parts.port is None or not _is_loopback(host):
        raise errors.LabMissing(f"The lab's proxy '{lab.proxy}' is not on this machine.")
    try:
        with socket.create_connection((host, parts.port), timeout=PROBE_SECONDS):
            return
    except OSError as error:
        raise errors.LabMissing(f"The lab's proxy at {lab.proxy} does not answer; the lab is not running.") from error


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
