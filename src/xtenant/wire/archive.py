"""A stream of files and folders as a POSIX tar (pax) archive, written and read piece by piece.

The import route of ours takes it (settled B 13): dates, author and editor travel as pax records, and a path that comes again
is the next version of the same file. Archives of the ordinary `tar --format=pax` can be read too; links and devices are refused.
"""

from __future__ import annotations

import tarfile
from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from xtenant.domain import errors
from xtenant.domain.limits import MIB

BLOCK = 512
PIECE = MIB
LONGEST_PAX = 64 * 1024
LARGEST_FILE = 250 * 1024**3
END = b"\0" * (2 * BLOCK)

CREATED = "XTENANT.created"
AUTHOR = "XTENANT.author"
EDITOR = "XTENANT.editor"
COMMENT = "XTENANT.comment"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FOLDER, _FILES, _PAX, _GLOBAL_PAX = b"5", (b"0", b"\0"), b"x", b"g"


class BadArchive(errors.UsageError):
    """The stream is no archive of this form, or is damaged."""

    code = "badArchive"
    remedy = "Send a POSIX tar archive in pax format with files and folders only."


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A file's version or a folder. `names` is its path; `content` must be read before the next member is asked for."""

    names: tuple[str, ...]
    is_folder: bool
    size_bytes: int = 0
    modified_at: datetime
    created_at: datetime | None = None
    author: str | None = None
    editor: str | None = None
    comment: str = ""
    content: Iterator[bytes] = field(default=iter(()), compare=False, repr=False)


def write_member(member: Member) -> Iterator[bytes]:
    """The pieces of one member: header, content, padding. Raises UsageError when the content has another size."""
    info = tarfile.TarInfo("/".join(member.names))
    info.type = tarfile.DIRTYPE if member.is_folder else tarfile.REGTYPE
    info.size = 0 if member.is_folder else member.size_bytes
    info.mtime = int((member.modified_at - _EPOCH).total_seconds())
    info.pax_headers = _records_of(member)
    yield info.tobuf(tarfile.PAX_FORMAT)
    if member.is_folder:
        return
    sent = 0
    for piece in member.content:
        sent += len(piece)
        if sent > member.size_bytes:
            break
        yield piece
    if sent != member.size_bytes:
        raise errors.UsageError(f"'{info.name}' changed while it was read.", remedy="Import it again.")
    yield b"\0" * (-sent % BLOCK)


def _records_of(member: Member) -> dict[str, str]:
    created = None if member.created_at is None else str(int((member.created_at - _EPOCH).total_seconds()))
    records = {CREATED: created, AUTHOR: member.author, EDITOR: member.editor, COMMENT: member.comment or None}
    return {name: value for name, value in records.items() if value is not None}


def read_members(pieces: Iterable[bytes]) -> Generator[Member]:
    """Members in order. Raises BadArchive; content left unread by the caller is skipped."""
    reader = _Reader(pieces)
    common: dict[str, str] = {}
    while (header := reader.header()) is not None:
        records = dict(common)
        while header.kind in (_PAX, _GLOBAL_PAX):
            found = _pax_records(reader.exactly(_bounded(header.size, LONGEST_PAX)))
            reader.padding(header.size)
            (common if header.kind == _GLOBAL_PAX else records).update(found)
            following = reader.header()
            if following is None:
                raise BadArchive("The archive ends behind a pax header.")
            header = following
        member, size = _member_of(header, records, reader)
        yield member
        for _ in member.content:
            continue
        reader.padding(size)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Header:
    name: str
    kind: bytes
    size: int
    mtime: int


def _member_of(header: _Header, records: Mapping[str, str], reader: _Reader) -> tuple[Member, int]:
    is_folder = header.kind == _FOLDER
    if not is_folder and header.kind not in _FILES:
        raise BadArchive("The archive holds a link or a device.")
    size = 0 if is_folder else _bounded(_number(records.get("size"), header.size), LARGEST_FILE)
    names = tuple(part for part in records.get("path", header.name).split("/") if part not in ("", "."))
    if not names or ".." in names:
        raise BadArchive("The archive holds a path that leads nowhere or upwards.")
    created = records.get(CREATED)
    member = Member(
        names=names,
        is_folder=is_folder,
        size_bytes=size,
        modified_at=_moment(_number(records.get("mtime"), header.mtime)),
        created_at=None if created is None else _moment(_number(created, 0)),
        author=records.get(AUTHOR),
        editor=records.get(EDITOR),
        comment=records.get(COMMENT, ""),
        content=reader.content(size),
    )
    return member, size


class _Reader:
    """Takes exact amounts out of a stream of pieces."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._waiting = memoryview(b"")

    def some(self, most: int) -> bytes:
        """Up to so many bytes; empty at the end of the stream."""
        while not self._waiting:
            piece = next(self._pieces, None)
            if piece is None:
                return b""
            self._waiting = memoryview(piece)
        taken, self._waiting = self._waiting[:most], self._waiting[most:]
        return bytes(taken)

    def exactly(self, size: int) -> bytes:
        found = bytearray()
        while len(found) < size:
            piece = self.some(size - len(found))
            if not piece:
                raise BadArchive("The archive ends in the middle.")
            found += piece
        return bytes(found)

    def content(self, size: int) -> Iterator[bytes]:
        left = size
        while left:
            piece = self.some(min(left, PIECE))
            if not piece:
                raise BadArchive("The archive ends in the middle of a file.")
            left -= len(piece)
            yield piece

    def padding(self, size: int) -> None:
        self.exactly(-size % BLOCK)

    def header(self) -> _Header | None:
        """The next header; None at the closing zero block, after which the rest is drained."""
        block = self.exactly(BLOCK)
        if block == bytes(BLOCK):
            while self.some(PIECE):
                continue
            return None
        _check_sum(block)
        prefix = block[345:500].split(b"\0")[0] if block[257:262] == b"ustar" else b""
        name = block[:100].split(b"\0")[0]
        return _Header(
            name=(prefix + b"/" + name if prefix else name).decode("utf-8", "replace"),
            kind=block[156:157],
            size=_octal(block[124:136]),
            mtime=_octal(block[136:148]),
        )


def _check_sum(block: bytes) -> None:
    if _octal(block[148:156]) != sum(block[:148]) + sum(block[156:]) + 8 * 0x20:
        raise BadArchive("The stream is no tar archive, or is damaged.")


def _octal(digits: bytes) -> int:
    text = digits.rstrip(b"\0 ").lstrip(b" ")
    try:
        return int(text, 8) if text else 0
    except ValueError:
        raise BadArchive("A number in the archive cannot be read.") from None


def _pax_records(body: bytes) -> dict[str, str]:
    """`LENGTH NAME=VALUE\\n`, one after the other."""
    found: dict[str, str] = {}
    at = 0
    while at < len(body):
        blank = body.find(b" ", at)
        length = body[at:blank] if 0 < blank - at < 10 else b""
        end = at + int(length) if length.isdigit() else 0
        name, equals, value = body[blank + 1 : end - 1].partition(b"=")
        if end <= blank or end > len(body) or not equals:
            raise BadArchive("A pax record cannot be read.")
        try:
            found[name.decode()] = value.decode()
        except UnicodeDecodeError:
            raise BadArchive("A pax record is not UTF-8.") from None
        at = end
    return found


def _number(text: str | None, otherwise: int) -> int:
    if text is None:
        return otherwise
    whole = text.partition(".")[0]
    if not whole.removeprefix("-").isdecimal() or len(whole) > 18 or not whole.isascii():
        raise BadArchive(f"'{text[:40]}' is no number.")
    return int(whole)


def _bounded(size: int, most: int) -> int:
    if not 0 <= size <= most:
        raise BadArchive(f"A part of {size} bytes is too large.")
    return size


def _moment(seconds: int) -> datetime:
    try:
        return _EPOCH + timedelta(seconds=seconds)
    except OverflowError:
        raise BadArchive("A date in the archive is impossible.") from None
