"""One PowerShell-style line, read into a cmdlet name and its arguments.

It reads what administrators paste from Microsoft's articles: quotes, backticks, typographic dashes, switches, arrays,
comments. It runs cmdlets, not the PowerShell language: pipes, variables, blocks and separators are refused, never guessed.
Which parameters a cmdlet has is not known here (`table.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from xtenant.domain import errors

Scalar = str | bool | None
Value = str | bool | tuple[Scalar, ...] | None
"""What an argument may hold: text, `$true`/`$false`, `$null`, or an array of these."""

DASHES = "-–—―"
"""Hyphen, en dash, em dash, horizontal bar: PowerShell takes all four, articles print the second."""

SINGLE_QUOTES = "'‘’‚‛"
DOUBLE_QUOTES = '"“”„'
LINE_LIMIT = 65_536

_CONSTANTS: dict[str, Scalar] = {"$true": True, "$false": False, "$null": None}
_ESCAPES = {"0": "\0", "a": "\a", "b": "\b", "e": "\x1b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_LANGUAGE = frozenset("|;{}()&<>")
_KEYWORDS = frozenset(
    {
        "if",
        "else",
        "elseif",
        "foreach",
        "for",
        "while",
        "do",
        "until",
        "switch",
        "function",
        "filter",
        "try",
        "catch",
        "finally",
        "return",
        "param",
        "throw",
        "trap",
        "begin",
        "process",
        "end",
        "class",
        "enum",
        "using",
        "break",
        "continue",
        "data",
    }
)
_VARIABLE = re.compile(r"\$[\w{(:?^$]")
_CMDLET = re.compile(r"[A-Za-z]\w*(-\w+)?")
_PARAMETER = re.compile(r"[A-Za-z_?][\w?]*")


class LineError(errors.UsageError):
    """A line that cannot be read as one cmdlet with its parameters; nothing was run."""

    code = "cmdletLine"
    remedy = "Write one cmdlet with its parameters on the line, for example: Get-SPOCrossTenantHostUrl"


class LanguageError(LineError):
    """The line uses the PowerShell language."""

    code = "powershellLanguage"
    remedy = "Run each cmdlet on a line of its own with plain values; for scripts use a shell around `xtenant`."

    def __init__(self, found: str, hint: str = "") -> None:
        super().__init__(f"xtenant runs cmdlets, not the PowerShell language: '{found}' cannot be used here.{hint}")


class UnfinishedLine(LineError):
    """The line ends in a backtick: the next line belongs to it."""

    code = "unfinishedLine"

    def __init__(self) -> None:
        super().__init__("The line ends in a backtick and nothing follows.")


@dataclass(frozen=True, slots=True)
class Argument:
    """A value by position (`name` None), a parameter with its value, or a parameter alone (`bare`).

    `attached` says that the value was written `-Name:value`, which is how a switch takes one.
    """

    name: str | None
    value: Value = None
    bare: bool = False
    attached: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A cmdlet's name as typed, dashes made plain, and what follows it in order."""

    cmdlet: str
    arguments: tuple[Argument, ...]


@dataclass(frozen=True, slots=True)
class _Name:
    """A parameter's name; `opens` when a colon follows it."""

    text: str
    opens: bool


_Token = _Name | tuple[Scalar, ...]
"""A parameter name, or the scalars of one value (more than one: an array)."""


def parse_line(text: str) -> Line | None:
    """Read one line; None when it is blank or a comment.

    Raises LineError for what cannot be read, LanguageError for the PowerShell language, UnfinishedLine when the line ends
    in a backtick and wants the next one.
    """
    if len(text) > LINE_LIMIT:
        raise LineError(f"The line is longer than {LINE_LIMIT} characters.")
    reader = _Reader(text)
    name = reader.command()
    if name is None:
        return None
    return Line(name, tuple(_arguments(list(reader.tokens()))))


def line_of_words(words: Sequence[str]) -> Line:
    """The same from words that another shell has already split and unquoted (`xtenant Set-… -Scenario MnA`)."""
    tokens: list[_Token] = []
    for word in words[1:]:
        tokens.extend(_tokens_of_word(word))
    return Line(plain_dashes(words[0]), tuple(_arguments(tokens)))


def plain_dashes(text: str) -> str:
    """Typographic dashes made hyphens, in a cmdlet's name."""
    return text.translate(str.maketrans(dict.fromkeys(DASHES, "-")))


def is_cmdlet_name(word: str) -> bool:
    """Whether a word looks like one of Microsoft's cmdlets, known or not: `Verb-SPONoun` in any letter case."""
    return re.fullmatch(r"[A-Za-z]+-SPO\w*", plain_dashes(word), re.IGNORECASE) is not None


def _tokens_of_word(word: str) -> Iterator[_Token]:
    if word[:1] in DASHES and _PARAMETER.match(word[1:]):
        name, colon, value = word[1:].partition(":")
        yield _Name(_parameter_name(name), bool(colon and value))
        if value:
            yield (_CONSTANTS.get(value.lower(), value),)
    else:
        yield (_CONSTANTS.get(word.lower(), word),)


def _arguments(tokens: Sequence[_Token]) -> Iterator[Argument]:
    at = 0
    while at < len(tokens):
        token = tokens[at]
        at += 1
        if not isinstance(token, _Name):
            yield Argument(None, _value(token))
            continue
        following = tokens[at] if at < len(tokens) else None
        if isinstance(following, tuple):
            at += 1
            yield Argument(token.text, _value(following), attached=token.opens)
        elif token.opens:
            raise LineError(f"-{token.text}: has no value after its colon.")
        else:
            yield Argument(token.text, bare=True)


def _value(scalars: tuple[Scalar, ...]) -> Value:
    return scalars[0] if len(scalars) == 1 else scalars


def _parameter_name(text: str) -> str:
    if not _PARAMETER.fullmatch(text):
        raise LineError(f"'-{text}' is not a parameter's name.")
    return text


class _Reader:
    """Walks over the characters of one line."""

    def __init__(self, text: str) -> None:
        self._text = text.rstrip("\r\n")
        self._at = 0

    def command(self) -> str | None:
        """The cmdlet's name; None on a blank or comment line."""
        self._skip_blanks()
        if self._ended():
            return None
        word = self._text[self._at :].split(None, 1)[0]
        name = plain_dashes(word)
        if word.lower() in _KEYWORDS or word[0] in _LANGUAGE or word[0] in "$@%.[":
            raise LanguageError(word)
        broken = next((mark for mark in word if mark in _LANGUAGE), None)
        if broken is not None:
            raise LanguageError(broken)
        if not _CMDLET.fullmatch(name):
            raise LineError(f"'{word[:80]}' is not a cmdlet's name.")
        self._at += len(word)
        return name

    def tokens(self) -> Iterator[_Token]:
        while True:
            self._skip_blanks()
            if self._ended():
                return
            if self._starts_parameter():
                yield self._parameter()
            else:
                yield self._array()

    def _peek(self, ahead: int = 0) -> str:
        at = self._at + ahead
        return self._text[at] if at < len(self._text) else ""

    def _ended(self) -> bool:
        """At the end, or at a comment: `#` counts only at the start of a word (`RedirectSite#0` is none)."""
        return self._peek() in ("", "#")

    def _skip_blanks(self) -> None:
        while True:
            mark = self._peek()
            if mark == "`" and self._text[self._at + 1 :].strip() == "":
                raise UnfinishedLine
            if not mark or not mark.isspace():
                return
            self._at += 1

    def _starts_parameter(self) -> bool:
        if self._peek() not in DASHES:
            return False
        if self._peek() and (self._peek(1) == "" or self._peek(1).isspace()):
            raise LineError(
                f"There is a blank between '{self._peek()}' and the parameter's name.",
                remedy="Remove the blank; some articles print one by mistake.",
            )
        return _PARAMETER.match(self._peek(1)) is not None

    def _parameter(self) -> _Name:
        found = _PARAMETER.match(self._text, self._at + 1)
        name = found[0] if found else ""
        self._at += 1 + len(name)
        mark = self._peek()
        if mark == ":":
            self._at += 1
            self._skip_blanks()
            if self._ended():
                raise LineError(f"-{name}: has no value after its colon.")
            return _Name(name, True)
        if mark and not mark.isspace():
            if mark in _LANGUAGE:
                raise LanguageError(mark)
            raise LineError(f"'-{name}{mark}' is not a parameter's name.")
        return _Name(name, False)

    def _array(self) -> tuple[Scalar, ...]:
        scalars = [self._scalar()]
        while self._comma():
            scalars.append(self._scalar())
        return tuple(scalars)

    def _comma(self) -> bool:
        """Step over a comma that joins two values, blanks around it allowed."""
        before = self._at
        self._skip_blanks()
        if self._peek() != ",":
            self._at = before
            return False
        self._at += 1
        self._skip_blanks()
        if self._ended():
            raise LineError("A value is missing after the comma.")
        return True

    def _scalar(self) -> Scalar:
        mark = self._peek()
        if mark in SINGLE_QUOTES or mark in DOUBLE_QUOTES:
            value = self._quoted()
            after = self._peek()
            if after and not after.isspace() and after != ",":
                if after in _LANGUAGE:
                    raise LanguageError(after)
                raise LineError(f"There must be a blank after the closing quote, not '{after}'.")
            return value
        return self._bare()

    def _bare(self) -> Scalar:
        start = self._at
        pieces: list[str] = []
        while (mark := self._peek()) and not mark.isspace() and mark != ",":
            if mark in SINGLE_QUOTES or mark in DOUBLE_QUOTES:
                pieces.append(self._quoted())
            elif mark == "`":
                pieces.append(self._escaped())
            elif mark in _LANGUAGE:
                hint = " Put the real value in place of the placeholder." if mark in "<>" else ""
                raise LanguageError(mark, hint)
            elif mark in "@" and self._at == start:
                raise LanguageError("@", " Write a value that begins with @ in quotes.")
            else:
                if mark == "$":
                    constant = self._constant(start)
                    if constant is not None:
                        return _CONSTANTS[constant]
                pieces.append(mark)
                self._at += 1
        if self._at == start:
            raise LineError("A value is missing before the comma.")
        return "".join(pieces)

    def _constant(self, start: int) -> str | None:
        """`$true`, `$false` or `$null` when the whole word is one; raises for any other variable."""
        word = re.match(r"\$\w+(?=[\s,]|$)", self._text[self._at :])
        if word and self._at == start and word[0].lower() in _CONSTANTS:
            self._at += len(word[0])
            return word[0].lower()
        self._refuse_variable()
        return None

    def _refuse_variable(self) -> None:
        if _VARIABLE.match(self._text, self._at):
            name = re.match(r"\$\w*", self._text[self._at :])
            raise LanguageError(name[0] if name else "$", " Variables are not known; write the value itself.")

    def _quoted(self) -> str:
        """A quoted piece; a doubled quote is one quote, and in double quotes a backtick escapes."""
        kinds = SINGLE_QUOTES if self._peek() in SINGLE_QUOTES else DOUBLE_QUOTES
        self._at += 1
        pieces: list[str] = []
        while mark := self._peek():
            if mark in kinds:
                if self._peek(1) == "" or self._peek(1) not in kinds:
                    self._at += 1
                    return "".join(pieces)
                pieces.append(mark)
                self._at += 2
            elif kinds is DOUBLE_QUOTES and mark == "`" and self._peek(1):
                pieces.append(self._escaped())
            else:
                if kinds is DOUBLE_QUOTES and mark == "$":
                    self._refuse_variable()
                pieces.append(mark)
                self._at += 1
        raise LineError("A quote is opened and not closed on the line.")

    def _escaped(self) -> str:
        mark = self._peek(1)
        if mark == "":
            raise UnfinishedLine
        self._at += 2
        return _ESCAPES.get(mark, mark)
