"""Which addresses may be connected to, and transports that connect to checked ones only.

A name is resolved once, every address it leads to is checked, and the connection goes to one of those: a second look-up
cannot slip a private address in. TLS still asks for the certificate of the name (design section 5).
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable, Sequence

import anyio
import httpcore
import httpx

from xtenant.domain import errors

POOL = httpx.Limits(max_connections=64, max_keepalive_connections=32, keepalive_expiry=15.0)
_ADDRESS_TRIES = 4


def is_public(address: str) -> bool:
    """Whether an IP address may be connected to; addresses that carry another one are judged by that one."""
    ip = ipaddress.ip_address(address.split("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        carried = ip.ipv4_mapped or ip.sixtofour or _nat64(ip)
        if carried is not None:
            return is_public(str(carried))
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)


def public_addresses(host: str, found: Iterable[str]) -> Sequence[str]:
    """The addresses of a host, once each. Raises PrivateAddress when a single one of them is not public."""
    addresses = tuple(dict.fromkeys(found))
    private = [address for address in addresses if not is_public(address)]
    if private or not addresses:
        raise errors.PrivateAddress(f"The host '{host}' leads to a private address; nothing was connected.", host=host)
    return addresses[:_ADDRESS_TRIES]


_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def _nat64(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    return ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF) if ip in _NAT64 else None


_SocketOptions = Iterable[httpcore.SOCKET_OPTION]
AsyncResolver = Callable[[str, int], Awaitable[list[str]]]
Resolver = Callable[[str, int], list[str]]


async def resolve_async(host: str, port: int) -> list[str]:
    """The addresses a name leads to, asked now. Raises httpcore.ConnectError when there is none."""
    try:
        found = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise httpcore.ConnectError(str(error)) from error
    return [str(entry[4][0]) for entry in found]


def resolve(host: str, port: int) -> list[str]:
    """The same for clients that are not async."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise httpcore.ConnectError(str(error)) from error
    return [str(entry[4][0]) for entry in found]


def _async_network() -> httpcore.AsyncNetworkBackend:
    backend: object = httpcore.AnyIOBackend()  # typed as a placeholder for the case that anyio is missing
    assert isinstance(backend, httpcore.AsyncNetworkBackend)
    return backend


class CheckedAsyncBackend(httpcore.AsyncNetworkBackend):
    """Resolves a name once, checks the addresses and connects to one of those: a second look-up cannot slip another in.

    TLS still asks for the certificate of the name, and the pool keeps connections per name.
    """

    def __init__(
        self, resolver: AsyncResolver = resolve_async, network: httpcore.AsyncNetworkBackend | None = None
    ) -> None:
        self._inner = network or _async_network()
        self._resolve = resolver

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: _SocketOptions | None = None,
    ) -> httpcore.AsyncNetworkStream:
        failure: Exception | None = None
        for address in public_addresses(host, await self._resolve(host, port)):
            try:
                return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        assert failure is not None
        raise failure

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)


class CheckedBackend(httpcore.NetworkBackend):
    """The same for clients that are not async."""

    def __init__(self, resolver: Resolver = resolve) -> None:
        self._inner = httpcore.SyncBackend()
        self._resolve = resolver

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: _SocketOptions | None = None,
    ) -> httpcore.NetworkStream:
        failure: Exception | None = None
        for address in public_addresses(host, self._resolve(host, port)):
            try:
                return self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        assert failure is not None
        raise failure

    def sleep(self, seconds: float) -> None:
        self._inner.sleep(seconds)


class PinnedAsyncTransport(httpx.AsyncHTTPTransport):
    """httpx's transport over a pool that connects through `CheckedAsyncBackend`; httpx offers no public way to say so."""

    def __init__(self, context: ssl.SSLContext, resolver: AsyncResolver = resolve_async) -> None:
        super().__init__(verify=context, trust_env=False)
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=context,
            max_connections=POOL.max_connections,
            max_keepalive_connections=POOL.max_keepalive_connections,
            keepalive_expiry=POOL.keepalive_expiry,
            network_backend=CheckedAsyncBackend(resolver),
        )


class PinnedTransport(httpx.HTTPTransport):
    """The same for clients that are not async."""

    def __init__(self, context: ssl.SSLContext, resolver: Resolver = resolve) -> None:
        super().__init__(verify=context, trust_env=False)
        self._pool = httpcore.ConnectionPool(
            ssl_context=context,
            max_connections=POOL.max_connections,
            max_keepalive_connections=POOL.max_keepalive_connections,
            keepalive_expiry=POOL.keepalive_expiry,
            network_backend=CheckedBackend(resolver),
        )
