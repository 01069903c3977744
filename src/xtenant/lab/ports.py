"""Loopback ports for the lab's servers, each leased to one owner on this machine.

Granian binds with SO_REUSEPORT, so two servers may listen on one port without noticing and share its callers (tried with
2.8.7). A lease therefore holds a socket in the abstract namespace, named after the port, as a lock that ends with its
owner, whatever way it ends.
"""

from __future__ import annotations

import socket

from xtenant.domain import errors

LOOPBACK = "127.0.0.1"
ATTEMPTS = 20


class PortTaken(errors.XTenantError):
    """A port asked for by number is in use."""

    code = "portTaken"
    remedy = "Name another port, or 0 for any free one."
    exit_code = errors.ExitCode.SIGN_IN_OR_LAB


class PortLease:
    """A port that no other lab takes until `release`."""

    def __init__(self, port: int, lock: socket.socket) -> None:
        self.port = port
        self._lock = lock

    def release(self) -> None:
        self._lock.close()


def lease_port(wanted: int = 0) -> PortLease:
    """Lease the port wanted, or any free one for 0: bind, close, and let the server bind it (settled A 3).

    Raises PortTaken for a port that another server listens on or another lab leases.
    """
    for _ in range(ATTEMPTS):
        try:
            return _try_lease(wanted)
        except OSError as error:
            if wanted:
                raise PortTaken(f"Port {wanted} on {LOOPBACK} is in use.", port=wanted) from error
    raise PortTaken(f"No free port found on {LOOPBACK} in {ATTEMPTS} attempts.")


def is_listening(port: int) -> bool:
    """Whether anything accepts connections there."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((LOOPBACK, port)) == 0


def _try_lease(wanted: int) -> PortLease:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((LOOPBACK, wanted))
        probe.listen(1)  # with SO_REUSEADDR only listening tells that nobody else does
        port: int = probe.getsockname()[1]
        lock = socket.socket(socket.AF_UNIX)
        try:
            lock.bind(f"\0xtenant-lab-port-{port}")
        except OSError:
            lock.close()
            raise
    return PortLease(port, lock)
