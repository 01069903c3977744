"""quickXorHash, the only content hash that SharePoint and OneDrive give out (`content-api.md` 5).

Each byte is XORed into a circular register of 160 bits, 11 bits further on each time; bytes 160 apart meet at the same
place, so the data is first folded to 160 bytes. It finds transfer damage, not tampering: content is keyed by SHA-256.
"""

from __future__ import annotations

import base64
import operator
from collections.abc import Callable

try:
    import numpy
except ImportError:  # pragma: no cover (the big-integer form is the same hash without NumPy)
    numpy = None

SIZE = 20
PERIOD = 160
_WIDTH = 160
_SHIFT = 11
_MASK = (1 << _WIDTH) - 1
_LANE = 8
EMPTY = bytes(SIZE)

_PLACE = {_SHIFT * column % _WIDTH: column for column in range(PERIOD)}
"""Which column of a period begins at which bit of the register: each bit is the beginning of one."""
_COLUMNS_AT: list[Callable[[bytes], tuple[int, ...]]] = [
    operator.itemgetter(*(_PLACE[8 * byte + shift] for byte in range(SIZE))) for shift in range(8)
]
"""The columns that lie side by side, for each of the eight bits they may begin at: a register is eight numbers."""


class QuickXor:
    """The hash of a stream: feed pieces of any size, then ask for the digest."""

    __slots__ = ("_folded", "_length", "_use_lanes")

    def __init__(self, *, use_lanes: bool = True) -> None:
        self._folded = 0
        self._length = 0
        self._use_lanes = use_lanes and numpy is not None

    def update(self, piece: bytes | bytearray | memoryview) -> None:
        data = memoryview(piece).cast("B")
        start = self._length % PERIOD
        self._length += len(data)
        folded = _fold_lanes(data) if self._use_lanes else _fold_wide(data)
        # the piece began in the middle of a period: turn its columns to where they belong
        bits = start * 8
        self._folded ^= ((folded << bits) | (folded >> (PERIOD * 8 - bits))) & ((1 << PERIOD * 8) - 1)

    def digest(self) -> bytes:
        """20 bytes, little-endian, the length XORed into the last eight."""
        register = 0
        columns = self._folded.to_bytes(PERIOD, "little")
        for shift, those in enumerate(_COLUMNS_AT):
            placed = int.from_bytes(bytes(those(columns)), "little") << shift
            register ^= (placed & _MASK) | (placed >> _WIDTH)
        return (register ^ (self._length << 96)).to_bytes(SIZE, "little")


def _fold_lanes(data: memoryview) -> int:
    """XOR all periods of 160 bytes onto one another, 64 bits at a time; as a number, first byte lowest."""
    assert numpy is not None
    whole = len(data) // PERIOD * PERIOD
    tail = int.from_bytes(data[whole:], "little")
    if not whole:
        return tail
    lanes = numpy.frombuffer(data[:whole], dtype="<u8").reshape(-1, PERIOD // _LANE)
    columns = numpy.bitwise_xor.reduce(lanes, axis=0)
    return int.from_bytes(columns.astype("<u8").tobytes(), "little") ^ tail


_BLOCK = PERIOD * 512


def _fold_wide(data: memoryview) -> int:
    """The same with wide integers alone."""
    wide = 0
    for start in range(0, len(data), _BLOCK):
        wide ^= int.from_bytes(data[start : start + _BLOCK], "little")
    mask = (1 << PERIOD * 8) - 1
    folded = 0
    while wide:
        folded ^= wide & mask
        wide >>= PERIOD * 8
    return folded


def quick_xor(data: bytes) -> bytes:
    """The hash of bytes at hand."""
    state = QuickXor()
    state.update(data)
    return state.digest()


def to_base64(digest: bytes) -> str:
    """The form Graph gives out: 28 characters."""
    return base64.b64encode(digest).decode()
