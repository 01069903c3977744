"""Content in bulk, from our side: downloads and upload sessions at pre-authenticated addresses, by `http.client`.

Bytes come in pieces of at most 1 MiB and go out of a seekable file; nothing is ever whole in memory. A transfer that breaks
goes on where it stopped. No token is sent, since the address itself is the permission (content-api.md 1.6, 1.9).
"""

from __future__ import annotations

import http.client
import re
import select
import socket
import ssl
import threading
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from typing import BinaryIO
from urllib.parse import urlsplit

import httpcore
import httpx
import msgspec

from xtenant.domain import errors
from xtenant.domain.limits import DEFAULT, MIB, Limits
from xtenant.domain.ports.clock import Clock
from xtenant.domain.ports.units import unit_is_open
from xtenant.wire.addresses import public_addresses, resolve
from xtenant.wire.guards import SentInsideUnit
from xtenant.wire.transport import RETRIED_STATUSES, USER_AGENT, Connection, require_token_host, tls_context

PIECE = MIB
FRAGMENT = 10 * MIB
"""A multiple of 320 KiB, as Microsoft asks for (content-api.md 1.9)."""

LONGEST_WAIT_SECONDS = 30.0
_LARGEST_ANSWER = MIB
_KEPT_IDLE = 16
_TOTAL = re.compile(r"bytes (?P<first>\d+)-(?P<last>\d+)/(?P<total>\d+)")

_BROKEN = (OSError, http.client.HTTPException)


class BulkTransfer:
    """Transfers over kept-alive connections; one object serves any number of threads."""

    def __init__(self, connection: Connection, *, clock: Clock, limits: Limits = DEFAULT) -> None:
        self._connection = connection
        self._clock = clock
        self._limits = limits
        self._context: ssl.SSLContext | None = None
        self._idle: dict[str, list[http.client.HTTPSConnection]] = {}
        self._lock = threading.Lock()

    def close(self) -> None:
        """Close the connections that wait for use."""
        with self._lock:
            waiting = [each for kept in self._idle.values() for each in kept]
            self._idle.clear()
        for each in waiting:
            each.close()

    def download(self, url: str, *, start: int = 0, size: int | None = None) -> Iterator[bytes]:
        """The content from `start` on, `size` bytes or all, in pieces; goes on by itself after a broken connection.

        Raises NotFound, NotSignedIn (address expired), WrongRange, or NetworkError after `Limits.request_tries` failures
        in a row without progress.
        """
        _refuse_inside_unit(url)
        at, left, failures = start, size, 0
        while left is None or left > 0:
            try:
                for piece, still in self._stretch(url, at, left):
                    at += len(piece)
                    left = still
                    failures = 0
                    yield piece
                if left in (None, 0):
                    return
                raise http.client.IncompleteRead(b"", left)
            except _Busy as busy:
                failures = self._pause(failures + 1, url, busy, busy.retry_after)
            except _BROKEN as broken:
                failures = self._pause(failures + 1, url, broken, None)

    def upload(self, upload_url: str, source: BinaryIO, size: int, *, fragment: int = FRAGMENT) -> dict[str, object]:
        """Send a file of `size` bytes (at least one) through an upload session and return the item's JSON.

        After a broken connection the session is asked how far it came. Raises NotFound when the session is unknown or
        expired, WrongRange when the server insists on other ranges, NetworkError when it cannot be reached.
        """
        _refuse_inside_unit(upload_url)
        at, failures = 0, 0
        while True:
            length = min(fragment, size - at)
            try:
                status, body = self._put(upload_url, source, at, length, size)
                if status in (200, 201):
                    return msgspec.json.decode(body, type=dict[str, object])
                at, failures = _next_start(body, at + length), 0
            except _Busy as busy:
                failures = self._pause(failures + 1, upload_url, busy, busy.retry_after)
            except errors.WrongRange:
                failures = self._pause(failures + 1, upload_url, None, 0.0)
                at = self._asked_position(upload_url, size)
            except _BROKEN as broken:
                failures = self._pause(failures + 1, upload_url, broken, None)
                at = self._asked_position(upload_url, size)
            if at >= size:
                at = max(0, size - fragment)  # a repeat of the last fragment brings the item again (finding 5)

    def send(self, url: str, pieces: Iterator[bytes], headers: Mapping[str, str]) -> dict[str, object]:
        """POST a body of unknown length, once, and return the JSON answer (our import route; the token is in `headers`).

        Raises the same errors as a transfer; nothing is repeated, since the pieces cannot be read twice.
        """
        _refuse_inside_unit(url)
        require_token_host(httpx.URL(url))
        try:
            with self._exchange("POST", url, dict(headers), body=pieces) as answer:
                _raise_for(answer, url)
                return msgspec.json.decode(_read_all(answer), type=dict[str, object])
        except _Busy as busy:
            raise errors.Throttled(f"{urlsplit(url).hostname} is busy: {busy}.") from busy
        except _BROKEN as broken:
            raise errors.NetworkError(f"{urlsplit(url).hostname} broke the transfer: {broken}.") from broken

    @contextmanager
    def asked(self, url: str, body: bytes, headers: Mapping[str, str]) -> Generator[Answer]:
        """POST a short body once; the answer, whatever its status, is read by the caller, who bounds what is read.

        Raises NetworkError when the host cannot be reached.
        """
        _refuse_inside_unit(url)
        host = urlsplit(url).hostname or ""
        try:
            with self._exchange(
                "POST", url, {**headers, "Content-Length": str(len(body))}, body=iter([body])
            ) as answer:
                yield Answer(answer, host)
        except _BROKEN as broken:
            raise errors.NetworkError(f"{host} broke the transfer: {broken}.") from broken

    def _stretch(self, url: str, start: int, size: int | None) -> Iterator[tuple[bytes, int | None]]:
        """One request's pieces, each with how much is left after it."""
        headers: dict[str, str] = {}
        if start or size is not None:
            last = "" if size is None else str(start + size - 1)
            headers["Range"] = f"bytes={start}-{last}"
        with self._exchange("GET", url, headers) as answer:
            _raise_for(answer, url)
            left = _promised(answer, start, size)
            buffer = memoryview(bytearray(PIECE))
            while got := answer.readinto(buffer):
                left = None if left is None else left - got
                yield bytes(buffer[:got]), left
            if left:
                raise http.client.IncompleteRead(b"", left)

    def _put(self, url: str, source: BinaryIO, start: int, length: int, total: int) -> tuple[int, bytes]:
        headers = {"Content-Length": str(length), "Content-Range": f"bytes {start}-{start + length - 1}/{total}"}
        source.seek(start)
        with self._exchange("PUT", url, headers, body=_pieces_of(source, length)) as answer:
            _raise_for(answer, url)
            return answer.status, _read_all(answer)

    def _asked_position(self, url: str, size: int) -> int:
        """How far an upload session came; `size` when it expects nothing more."""
        with self._exchange("GET", url, {}) as answer:
            _raise_for(answer, url)
            return _next_start(_read_all(answer), size)

    @contextmanager
    def _exchange(
        self, method: str, url: str, headers: dict[str, str], body: Iterator[bytes] | None = None
    ) -> Generator[http.client.HTTPResponse]:
        """One request on a kept connection, given back only after its answer was read to the end."""
        parts = urlsplit(url)
        if parts.scheme != "https" or not parts.hostname:
            raise errors.UsageError(f"Content is transferred over https only, not '{parts.scheme}'.")
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        connection = self._take(parts.hostname, parts.port or 443)
        try:
            sent = {"User-Agent": USER_AGENT, "Accept": "*/*", "Accept-Encoding": "identity", **headers}
            answer = _asked(connection, method, target, body, sent)
            yield answer
        except BaseException:
            connection.close()
            raise
        if answer.isclosed() and not answer.will_close:
            self._give_back(parts.hostname, connection)
        else:
            connection.close()

    def _take(self, host: str, port: int) -> http.client.HTTPSConnection:
        with self._lock:
            kept = self._idle.get(host) or []
            while kept:
                connection = kept.pop()
                if _is_quiet(connection):
                    return connection
                connection.close()
            if self._context is None:
                self._context = tls_context(self._connection.ca_file)
        timeout = self._connection.timeout_seconds
        if self._connection.proxy_url is not None:
            proxy = urlsplit(self._connection.proxy_url)
            connection = http.client.HTTPSConnection(
                proxy.hostname or "", proxy.port, timeout=timeout, context=self._context
            )
            connection.set_tunnel(host, port)
            return connection
        if self._connection.allow_private_addresses:
            return http.client.HTTPSConnection(host, port, timeout=timeout, context=self._context)
        return _PublicConnection(host, port, timeout, self._context)

    def _give_back(self, host: str, connection: http.client.HTTPSConnection) -> None:
        with self._lock:
            kept = self._idle.setdefault(host, [])
            if len(kept) < _KEPT_IDLE:
                kept.append(connection)
                return
        connection.close()

    def _pause(self, failures: int, url: str, cause: Exception | None, seconds: float | None) -> int:
        """Wait before the next try. Raises NetworkError when there were enough."""
        if failures >= self._limits.request_tries:
            raise errors.NetworkError(f"{urlsplit(url).hostname} broke the transfer {failures} times.") from cause
        if isinstance(cause, ssl.SSLCertVerificationError):
            raise errors.NetworkError(f"The certificate of {urlsplit(url).hostname} is not trusted.") from cause
        wait = seconds if seconds is not None else min(LONGEST_WAIT_SECONDS, 0.1 * 2**failures)
        self._clock.wait(wait)
        return failures


class Answer:
    """An answer that is read as it comes."""

    def __init__(self, answer: http.client.HTTPResponse, host: str) -> None:
        self._answer = answer
        self._host = host
        self.status = answer.status

    def read(self, most: int) -> bytes:
        """At most so many bytes, none at the end. Raises NetworkError when the answer breaks off."""
        try:
            return self._answer.read(most)
        except _BROKEN as broken:
            raise errors.NetworkError(f"{self._host} broke the transfer: {broken}.") from broken


def _asked(
    connection: http.client.HTTPSConnection,
    method: str,
    target: str,
    body: Iterator[bytes] | None,
    headers: dict[str, str],
) -> http.client.HTTPResponse:
    """The answer; also where the server refused before it had the whole body, and listened no longer."""
    try:
        connection.request(method, target, body=body, headers=headers)
    except (BrokenPipeError, ConnectionResetError, ssl.SSLEOFError) as broken:
        try:
            return connection.getresponse()
        except _BROKEN:
            raise broken from None
    return connection.getresponse()


def _is_quiet(connection: http.client.HTTPSConnection) -> bool:
    """Whether a kept connection still stands: one on which something waits to be read while nothing was asked has ended."""
    waiting = select.poll()
    waiting.register(connection.sock, select.POLLIN)
    return not waiting.poll(0)


class _PublicConnection(http.client.HTTPSConnection):
    """Connects to an address that was checked to be public; TLS asks for the certificate of the name."""

    def __init__(self, host: str, port: int, timeout: float, context: ssl.SSLContext) -> None:
        super().__init__(host, port, timeout=timeout, context=context)
        self._tls = context

    def connect(self) -> None:
        """Raises PrivateAddress, or OSError when no address answers."""
        try:
            found = resolve(self.host, self.port)
        except httpcore.ConnectError as error:
            raise OSError(str(error)) from error
        failure: OSError | None = None
        for address in public_addresses(self.host, found):
            try:
                bare = socket.create_connection((address, self.port), timeout=self.timeout)
            except OSError as error:
                failure = error
                continue
            self.sock = self._tls.wrap_socket(bare, server_hostname=self.host)
            return
        assert failure is not None
        raise failure


class _Busy(Exception):
    """The server asks to come again later."""

    def __init__(self, status: int, retry_after: float | None) -> None:
        super().__init__(f"status {status}")
        self.retry_after = retry_after


def _raise_for(answer: http.client.HTTPResponse, url: str) -> None:
    host, status = urlsplit(url).hostname, answer.status
    if status < 300:
        return
    text = f"{host} answered {status} to a transfer."
    if status in RETRIED_STATUSES or status == 408:
        after = answer.getheader("Retry-After", "")
        raise _Busy(status, min(float(after), LONGEST_WAIT_SECONDS * 10) if after.isdecimal() else None)
    if status in (401, 403):
        raise errors.NotSignedIn(text, remedy="The address has expired or is not allowed; ask for a new one.")
    if status in (400, 413):
        raise errors.UsageError(f"{text[:-1]}: {_told(answer)}")
    if status == 404:
        raise errors.NotFound(text)
    if status == 409:
        raise errors.Conflict(text)
    if status == 416:
        raise errors.WrongRange(text)
    if status == 423:
        raise errors.Locked(text)
    if status == 507:
        raise errors.StorageFull(f"{host} has no room for this content.")
    raise errors.NetworkError(text)


def _told(answer: http.client.HTTPResponse) -> str:
    """What a refusal says, for the person who reads it."""
    return answer.read(2_048).decode("utf-8", "replace")


def _promised(answer: http.client.HTTPResponse, start: int, size: int | None) -> int | None:
    """How many bytes this answer brings. Raises NetworkError when it starts elsewhere than asked."""
    if answer.status == 206:
        found = _TOTAL.fullmatch(answer.getheader("Content-Range", ""))
        if found is None or int(found.group("first")) != start:
            raise errors.NetworkError("The answer brings another range than was asked for.")
        return int(found.group("last")) - start + 1
    if start or (size is not None and answer.length != size):
        raise errors.NetworkError("The server did not honour the range asked for.")
    return answer.length


def _pieces_of(source: BinaryIO, length: int) -> Iterator[bytes]:
    left = length
    while left:
        piece = source.read(min(PIECE, left))
        if not piece:
            raise errors.UsageError("The file is shorter than it was said to be.", remedy="Do not change it meanwhile.")
        left -= len(piece)
        yield piece


def _read_all(answer: http.client.HTTPResponse) -> bytes:
    body = answer.read(_LARGEST_ANSWER + 1)
    if len(body) > _LARGEST_ANSWER:
        raise errors.NetworkError("The answer to an upload is too long.")
    answer.read()
    return body


def _next_start(body: bytes, otherwise: int) -> int:
    """The start of the first range a session still expects."""
    try:
        ranges = msgspec.json.decode(body, type=_Status).ranges
        return int(ranges[0].split("-")[0]) if ranges else otherwise
    except (msgspec.DecodeError, ValueError) as error:
        raise errors.NetworkError("The upload session's answer cannot be read.") from error


class _Status(msgspec.Struct):
    ranges: list[str] = msgspec.field(default_factory=list[str], name="nextExpectedRanges")


def _refuse_inside_unit(url: str) -> None:
    if unit_is_open():
        raise SentInsideUnit(f"{urlsplit(url).hostname} was asked inside a unit of work")
