"""Reads a map file of any size as people really save it, and says what is odd about its form (R-5.60, settled C 8).

Whole blocks are looked at first, so that the plain case costs one split a line. What is odd is told once a kind, with the
line where it first shows; a record whose quotes are damaged is told each time, since nothing else can be said of it.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

from xtenant.domain import errors
from xtenant.people.maplint import quoting
from xtenant.people.maplint.findings import Finding, error, warning

Row: TypeAlias = tuple[int, list[str]]
"""The first physical line of a record, and its fields."""
Block: TypeAlias = tuple[Sequence[int], Sequence[list[str]]]
"""Some rows: the first physical lines, and the fields."""

COLUMNS = 6
BLOCK = 1 << 14
"""Bytes read at once: as many as stay in a processor's cache with all that is made of them; larger is slower."""
LONGEST_LINE = 1 << 16
MOST_LINES_OF_A_RECORD = 20
DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_LINES_LOOKED_AT = 50
_BLANKS = (" ", "\t", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x1f")
_NOT_UTF_8 = re.compile("[\udc80-\udcff]+")
_WORKBOOK = b"PK\x03\x04"
_FIX = "Write the clean form with `xtenant map lint --fix`."


class Unread(list[str]):
    """The text of a record that could not be taken apart."""


class Reader:
    """One pass over a file. `drained` gives what was odd so far; `delimiter` is known after the first block."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._odd: list[Finding] = []
        self._kinds: set[str] = set()
        self._line = 0
        self._waiting: list[str] = []
        self.delimiter = ""

    def drained(self) -> list[Finding]:
        """What was found odd since the last call."""
        found, self._odd = self._odd, []
        return found

    def rows(self) -> Iterator[Row]:
        """All records, one by one; slower than `blocks`."""
        for block in self.blocks():
            yield from zip(*block, strict=True)

    def blocks(self) -> Iterator[Block]:
        """All records but blank ones, some at a time. Raises UsageError for what is no text file."""
        for text in self._texts():
            lines = text.split("\n")
            if not lines[-1]:
                lines.pop()
            if not self.delimiter:
                lines = self._begun(lines)
            yield self._records(text, lines)
        if self._waiting:
            yield _block(self._given_up())

    def _records(self, text: str, lines: list[str]) -> Block:
        """The rows of a block. Whether any of it is odd is asked of the text as a whole."""
        blank = not text.isascii() or any(letter in text for letter in _BLANKS if letter != self.delimiter)
        if '"' in text or self._waiting:
            return _block(self._tidied(self._taken_apart(lines), blank=blank))
        delimiter = self.delimiter
        rows = [line.split(delimiter) for line in lines]
        numbers = range(self._line + 1, self._line + 1 + len(lines))
        self._line += len(lines)
        begins_empty = text.startswith(("\n", delimiter)) or "\n\n" in text or f"\n{delimiter}" in text
        if blank or begins_empty or set(map(len, rows)) != {COLUMNS}:
            return _block(self._tidied(zip(numbers, rows, strict=True), blank=blank))
        return numbers, rows

    def _tidied(self, rows: Iterable[Row], *, blank: bool) -> Iterator[Row]:
        """Rows without blank lines, blanks around fields and empty fields at the end."""
        for line, fields in rows:
            if blank and not isinstance(fields, Unread):
                bare = [field.strip() for field in fields]
                if bare != fields and any(bare):
                    column = next(i for i, pair in enumerate(zip(bare, fields, strict=True), 1) if pair[0] != pair[1])
                    self._warn("blanks", line, min(column, COLUMNS), "Blanks stand before or after a field.")
                fields = bare
            if not any(fields):
                self._warn("empty", line, 1, "A line is blank.")
                continue
            if len(fields) > COLUMNS and not any(fields[COLUMNS:]):
                self._warn("trailing", line, COLUMNS, "Empty fields follow the sixth.")
                fields = fields[:COLUMNS]
            yield line, fields

    def _taken_apart(self, lines: list[str]) -> Iterator[Row]:
        """Lines of a block with quotes in it; a record may go on in the next lines, or the next block."""
        queue = lines[::-1]
        while queue:
            self._waiting.append(queue.pop())
            self._line += 1
            text = "\n".join(self._waiting)
            first = self._line - len(self._waiting) + 1
            fields = quoting.fields_of(text, self.delimiter)
            if fields is quoting.Damage.OPEN and len(self._waiting) < MOST_LINES_OF_A_RECORD:
                continue
            if isinstance(fields, quoting.Damage):
                queue += self._waiting[:0:-1]  # the lines after the first are read afresh
                self._line = first
                fields = self._damaged(first, self._waiting[0], fields)
            elif '"' in text:
                column = min(quoting.first_quoted(text, self.delimiter), COLUMNS)
                self._warn("quotes", first, column, "Fields stand in quotes.")
            self._waiting = []
            yield first, fields

    def _given_up(self) -> list[Row]:
        """The file has ended inside a quote: its first line is damaged, the others are read afresh."""
        rows: list[Row] = []
        while self._waiting:
            lines, self._waiting = self._waiting, []
            first = self._line - len(lines) + 1
            rows.append((first, self._damaged(first, lines[0], quoting.Damage.OPEN)))
            self._line = first
            rows += self._tidied(self._taken_apart(lines[1:]), blank=True)
        return rows

    def _damaged(self, line: int, text: str, damage: quoting.Damage) -> Unread:
        column = min(quoting.first_quoted(text, self.delimiter), COLUMNS) if '"' in text else 1
        message = f"The row cannot be read: {damage.value}."
        self._odd.append(error("R-5.60", line, column, message, "Remove the quotes, or close them."))
        return Unread([text])

    def _begun(self, lines: list[str]) -> list[str]:
        """Find the delimiter from the first lines; the line `sep=;` of a spreadsheet is taken out."""
        if lines and len(lines[0]) == 5 and lines[0].lower().startswith("sep="):
            self._fail("separator", 1, f"The first line '{lines[0]}' is for a spreadsheet only.", "Remove the line.")
            self._line, lines = 1, lines[1:]
        some = [line for line in lines if line.strip()][:_LINES_LOOKED_AT]
        weight = {mark: sum(min(line.count(mark), COLUMNS) for line in some) for mark in DELIMITERS}
        self.delimiter = max(weight, key=lambda mark: weight[mark])  # the comma where two are equal
        if self.delimiter != ",":
            line = self._line + 1 + next(i for i, text in enumerate(lines) if text.strip())
            self._fail("delimiter", line, f"Fields are separated by {DELIMITERS[self.delimiter]}, not commas.", _FIX)
        return lines

    def _texts(self) -> Iterator[str]:
        """The file as texts of whole lines that end in a line feed, the last perhaps without."""
        rest = ""
        for piece in self._decoded():
            text = rest + piece
            end = max(text.rfind("\n"), text.rfind("\r", 0, -1)) + 1  # a last \r may be half a line end
            rest = text[end:]
            if len(rest) > LONGEST_LINE:
                raise errors.UsageError(
                    f"{self._path} has a line of more than {LONGEST_LINE} characters.",
                    remedy="An identity map is a text of short lines; see docs/how-to/check-a-map.md.",
                )
            if end:
                yield self._plain(text[:end])
        if rest:
            yield self._plain(rest)

    def _plain(self, text: str) -> str:
        """Without carriage returns and bytes that are no UTF-8, both told."""
        if "\r" in text:
            line = self._line_at(text, text.index("\r"))
            self._warn("returns", line, COLUMNS, "Lines end with a carriage return (CRLF).")
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        if not text.isascii() and (found := _NOT_UTF_8.search(text)):
            line = self._line_at(text, found.start())
            message = "The file is not UTF-8; it is read as Windows-1252 here."
            self._fail("encoding", line, message, "Save it as 'CSV UTF-8', or use --fix and check names with accents.")
            text = _NOT_UTF_8.sub(_as_windows, text)
        return text

    def _decoded(self) -> Iterator[str]:
        try:
            with self._path.open("rb") as file:
                decoder, piece = self._decoder(file.read(BLOCK))
                while piece:
                    yield decoder.decode(piece)
                    piece = file.read(BLOCK)
                yield decoder.decode(b"", True)
        except FileNotFoundError as missing:
            raise errors.UsageError(f"There is no file {self._path}.", remedy="Name the identity map.") from missing
        except UnicodeDecodeError as damage:
            raise errors.UsageError(f"{self._path} is no text: {damage.reason}.", remedy=_FIX) from damage
        except OSError as trouble:
            raise errors.UsageError(
                f"The identity map {self._path} cannot be read: {trouble.strerror}.",
                remedy="Close it elsewhere (E-30).",
            ) from trouble

    def _decoder(self, piece: bytes) -> tuple[codecs.IncrementalDecoder, bytes]:
        if piece.startswith(_WORKBOOK):
            raise errors.UsageError(f"{self._path} is a workbook, not a CSV file.", remedy="Save it as 'CSV UTF-8'.")
        if piece.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            self._fail("encoding", 1, "The file is UTF-16 ('Unicode text'), not UTF-8.", _FIX)
            return codecs.getincrementaldecoder("utf-16")(), piece
        if piece.startswith(codecs.BOM_UTF8):
            self._warn("mark", 1, 1, "The file begins with a byte-order mark.")
        return codecs.getincrementaldecoder("utf-8")("surrogateescape"), piece.removeprefix(codecs.BOM_UTF8)

    def _line_at(self, text: str, place: int) -> int:
        before = text[:place]
        returns = before.count("\r") - before.count("\r\n")
        return self._line + before.count("\n") + returns + 1

    def _warn(self, kind: str, line: int, column: int, message: str) -> None:
        if kind not in self._kinds:
            self._kinds.add(kind)
            self._odd.append(warning("R-5.60", line, column, f"{message} Told once.", _FIX))

    def _fail(self, kind: str, line: int, message: str, remedy: str) -> None:
        if kind not in self._kinds:
            self._kinds.add(kind)
            self._odd.append(error("R-5.60", line, 1, f"{message} Told once.", remedy))


def _block(rows: Iterable[Row]) -> Block:
    gathered = list(rows)
    return [line for line, _ in gathered], [fields for _, fields in gathered]


def _as_windows(found: re.Match[str]) -> str:
    return found.group().encode("utf-8", "surrogateescape").decode("cp1252", "replace")
