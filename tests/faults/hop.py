"""A hop on the way between two tenants: it sees every call of the partner channel and may lose, cut, damage or refuse it.

The services of a lab are told to reach their partners by this CONNECT proxy. It ends TLS with the called tenant's own
certificate, which is a part of the lab's home, so that it can look at single calls, as whatever stands between two services
may do to them. What it is to do with a call a test says call by call (`treat`); everything is written down in `calls`.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

LOOPBACK = "127.0.0.1"
OPERATIONS = "/_api/xtenant/partner/"
ANSWER_SECONDS = 60.0
NOT_PASSED_ON = frozenset({"connection", "transfer-encoding", "content-length", "keep-alive"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call on its way to `called`. `operation` is the last word of its path: offer, manifest, blobs, publish, …"""

    called: str
    operation: str
    number: int
    at: float


@dataclass(frozen=True, slots=True)
class Pass:
    """Leave it alone."""


@dataclass(frozen=True, slots=True)
class Lose:
    """The call never arrives; with `answer`, it arrives and its answer does not."""

    answer: bool = False


@dataclass(frozen=True, slots=True)
class Refuse:
    """Answer in the partner's place, as something busy on the way does."""

    status: int


@dataclass(frozen=True, slots=True)
class Damage:
    """Change one byte of the answer's body, `at` bytes from its end."""

    at: int = 1


@dataclass(frozen=True, slots=True)
class Cut:
    """Break off in the middle of the answer's body."""


Treatment = Pass | Lose | Refuse | Damage | Cut
Treat = Callable[[Call], Treatment]
Watch = Callable[[Call, bytes], None]
"""Told of each answer before it is handed on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Road:
    """How a called tenant is reached, and what it is taken for."""

    name: str
    port: int
    certificate: Path
    key: Path


def leave_alone(call: Call) -> Treatment:
    return Pass()


def look_away(call: Call, answer: bytes) -> None:
    return None


@dataclass(kw_only=True)
class Hop:
    """Open between `__enter__` and `__exit__`. `closed` hangs up on everybody, as a line that is down."""

    roads: Mapping[str, Road]
    ca_file: Path
    treat: Treat = leave_alone
    watch: Watch = look_away
    closed: bool = False
    calls: list[Call] = field(default_factory=list)
    treated: list[tuple[Call, Treatment]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _open: set[socket.socket] = field(default_factory=set)

    def __enter__(self) -> Hop:
        self._trust = ssl.create_default_context(cafile=str(self.ca_file))
        self._faces = {name: _face(road) for name, road in self.roads.items()}
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="hop")
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.hang_up()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self._server.server_address[1]}"

    def reset(self) -> None:
        """As new, for the next case."""
        self.treat, self.watch, self.closed = leave_alone, look_away, False
        with self._lock:
            self.calls, self.treated = [], []

    def hang_up(self) -> None:
        """Break all lines, and let nobody in until `reopen`."""
        self.closed = True
        with self._lock:
            lines = list(self._open)
        for line in lines:
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

    def reopen(self) -> None:
        self.closed = False

    def seen(self, operation: str, *, called: str | None = None) -> list[Call]:
        with self._lock:
            found = list(self.calls)
        return [call for call in found if call.operation == operation and called in (None, call.called)]

    # ------------------------------------------------------------------------------------------------ used by lines

    def road_to(self, host: str) -> Road | None:
        """A tenant's hosts begin with its name: `contoso-my.sharepoint.com`."""
        return self.roads.get(host.split(".")[0].split("-")[0])

    def face_of(self, road: Road) -> ssl.SSLContext:
        return self._faces[road.name]

    def judge(self, road: Road, path: str) -> tuple[Call, Treatment]:
        with self._lock:
            operation = path.split("?")[0].rstrip("/").rsplit("/", 1)[-1]
            number = 1 + sum((call.called, call.operation) == (road.name, operation) for call in self.calls)
            call = Call(called=road.name, operation=operation, number=number, at=time.time())
            self.calls.append(call)
        treatment = self.treat(call)
        if not isinstance(treatment, Pass):
            with self._lock:
                self.treated.append((call, treatment))
        return call, treatment

    def line_to(self, road: Road, host: str) -> ssl.SSLSocket:
        plain = socket.create_connection((LOOPBACK, road.port), timeout=ANSWER_SECONDS)
        return self._trust.wrap_socket(plain, server_hostname=host)

    def note(self, line: socket.socket, *, is_open: bool) -> None:
        with self._lock:
            (self._open.add if is_open else self._open.discard)(line)


def _face(road: Road) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(road.certificate, road.key)
    return context


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, hop: Hop) -> None:
        self.hop = hop
        super().__init__((LOOPBACK, 0), _Line)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A line that breaks is what this is for."""


class _HungUp(Exception):
    """The line ends here."""


class _Line(BaseHTTPRequestHandler):
    """One client's tunnel, from its CONNECT to its end."""

    protocol_version = "HTTP/1.1"
    server: _Server

    def handle(self) -> None:
        self.outward: ssl.SSLSocket | None = None
        with suppress(OSError, _HungUp, http.client.HTTPException, ValueError):
            super().handle()

    def finish(self) -> None:
        for line in (self.outward, self.connection):
            if line is not None:
                self.server.hop.note(line, is_open=False)
                with suppress(OSError):
                    line.close()
        with suppress(OSError, ValueError):
            super().finish()

    def log_message(self, format: str, *arguments: object) -> None:
        """The hop's own book is `calls`."""

    def do_CONNECT(self) -> None:
        hop = self.server.hop
        self.host = self.path.split(":")[0].lower()
        road = hop.road_to(self.host)
        if road is None or hop.closed:
            self.send_error(403 if road is None else 503)
            return
        self.road = road
        try:
            self.outward = hop.line_to(road, self.host)
        except OSError:
            self.send_error(503)
            return
        self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        inside = hop.face_of(road).wrap_socket(self.connection, server_side=True)
        for line in (inside, self.outward):
            hop.note(line, is_open=True)
        self.connection = self.request = inside
        self.rfile.close()
        self.rfile, self.wfile = inside.makefile("rb"), inside.makefile("wb", 0)
        self.close_connection = False

    def do_GET(self) -> None:
        self._carry()

    def do_POST(self) -> None:
        self._carry()

    def _carry(self) -> None:
        hop = self.server.hop
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        call, treatment = hop.judge(self.road, self.path)
        if hop.closed or treatment == Lose():
            raise _HungUp
        if isinstance(treatment, Refuse):
            self._answer(treatment.status, {"Retry-After": "1", "Content-Type": "text/plain"}, b"busy\n")
            return
        status, headers, content = self._asked(body)
        hop.watch(call, content)
        if isinstance(treatment, Lose):
            raise _HungUp
        if isinstance(treatment, Damage) and content:
            place = max(0, len(content) - treatment.at)
            content = content[:place] + bytes([content[place] ^ 0x55]) + content[place + 1 :]
        self._answer(status, headers, content, whole=not isinstance(treatment, Cut))

    def _asked(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        assert self.outward is not None
        way = http.client.HTTPConnection(self.host)
        way.sock = self.outward
        headers = {name: value for name, value in self.headers.items() if name.lower() not in NOT_PASSED_ON}
        way.request(self.command, self.path, body=body or None, headers=headers)
        with way.getresponse() as answer:
            content = answer.read()
            return answer.status, dict(answer.getheaders()), content

    def _answer(self, status: int, headers: Mapping[str, str], content: bytes, *, whole: bool = True) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            if name.lower() not in NOT_PASSED_ON:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content if whole else content[: len(content) // 2])
        if not whole:
            raise _HungUp
