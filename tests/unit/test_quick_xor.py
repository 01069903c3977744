"""quickXorHash against published vectors (computed by an independent implementation) and against the plain definition."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xtenant.domain.quick_xor import QuickXor, quick_xor, to_base64

PATTERN = bytes(range(251)) * 4_200

VECTORS = [
    (b"", "AAAAAAAAAAAAAAAAAAAAAAAAAAA="),
    (b"a", "YQAAAAAAAAAAAAAAAQAAAAAAAAA="),
    (b"\0", "AAAAAAAAAAAAAAAAAQAAAAAAAAA="),
    (b"abc", "YRDDGAAAAAAAAAAAAwAAAAAAAAA="),
    (b"hello world", "aCgDG9jwBhDc4Q1yawMZAAAAAAA="),
    (bytes(range(12)), "AAiAAAZAgAIY4AAIRIACFgAAAAA="),
    (b"A" * 15, "QAhCEIIQhCAEIQhBB0IQghCEIAQ="),
    (bytes(160), "AAAAAAAAAAAAAAAAoAAAAAAAAAA="),
    (b"\xff" * 160, "AAAAAAAAAAAAAAAAoAAAAAAAAAA="),
    (bytes(range(160)), "/+EGLlnQi0dVs5OErXWhEnz5wg4="),
    (b"\xff" * 161, "/wAAAAAAAAAAAAAAoQAAAAAAAAA="),
    (bytes(range(256)), "QkGEfSisZcA7k+FCh71r2dbCayY="),
    (PATTERN[:327_680], "dVxjLVlWbbPTEZb19aiSkx+BLpI="),
    (PATTERN[:1_048_576], "pVcWCkWK/HTa4DMyE2B1A1Y9XyM="),
    (bytes(1_048_576), "AAAAAAAAAAAAAAAAAAAQAAAAAAA="),
    (PATTERN[:1_048_577], "pVcWCkWK/HTa4DMyh2B1A1Y9XyM="),
]


@pytest.mark.parametrize(("data", "expected"), VECTORS, ids=[f"{len(data)}-{text[:6]}" for data, text in VECTORS])
@pytest.mark.parametrize("use_lanes", [True, False])
def test_the_hash_equals_the_vector(data: bytes, expected: str, use_lanes: bool) -> None:
    state = QuickXor(use_lanes=use_lanes)
    state.update(data)
    assert to_base64(state.digest()) == expected


def plain(data: bytes) -> bytes:
    """The definition, byte by byte."""
    register, place, mask = 0, 0, (1 << 160) - 1
    for byte in data:
        shifted = byte << place
        register ^= (shifted & mask) | (shifted >> 160)
        place = (place + 11) % 160
    return (register ^ (len(data) << 96)).to_bytes(20, "little")


@given(st.lists(st.binary(max_size=700), max_size=8), st.booleans())
def test_pieces_of_any_size_give_the_hash_of_the_whole(pieces: list[bytes], use_lanes: bool) -> None:
    state = QuickXor(use_lanes=use_lanes)
    for piece in pieces:
        state.update(piece)
    whole = b"".join(pieces)
    assert state.digest() == plain(whole) == quick_xor(whole)
