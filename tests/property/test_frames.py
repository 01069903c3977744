"""Blobs as one body: whatever its pieces, they come back; a body that ends early is told."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xtenant.domain import errors
from xtenant.domain.content import BlobKey
from xtenant.protocols.partner.codec.moves import Pieces, frames, read_frames

CONTENTS = st.lists(st.binary(max_size=300), max_size=8)


def body_of(contents: Sequence[bytes]) -> bytes:
    return b"".join(
        frames((BlobKey(hashlib.sha256(text).digest()), len(text), iter([text] if text else [])) for text in contents)
    )


def cut(body: bytes, sizes: Sequence[int]) -> Iterator[bytes]:
    """A body in pieces, empty ones among them."""
    at = 0
    for size in sizes:
        yield body[at : at + size]
        at += size
    yield body[at:]


@given(CONTENTS, st.lists(st.integers(min_value=0, max_value=90), max_size=60))
def test_blobs_come_back_however_the_body_is_cut(contents: list[bytes], sizes: list[int]) -> None:
    found = [(key, size, b"".join(pieces)) for key, size, pieces in read_frames(Pieces(cut(body_of(contents), sizes)))]
    assert found == [(hashlib.sha256(text).digest(), len(text), text) for text in contents]


@given(CONTENTS)
def test_a_blob_that_was_not_read_is_passed_over(contents: list[bytes]) -> None:
    keys = [key for key, _, _ in read_frames(Pieces(iter([body_of(contents)])))]
    assert keys == [hashlib.sha256(text).digest() for text in contents]


@given(st.lists(st.binary(min_size=1, max_size=300), min_size=1, max_size=5), st.data())
def test_a_body_that_ends_inside_a_blob_is_told(contents: list[bytes], data: st.DataObject) -> None:
    body = body_of(contents)
    ends = [sum(40 + len(text) for text in contents[:number]) for number in range(len(contents) + 1)]
    at = data.draw(st.integers(min_value=1, max_value=len(body) - 1).filter(lambda number: number not in ends))
    with pytest.raises(errors.PartnerUnreachable):
        for _, _, pieces in read_frames(Pieces(iter([body[:at]]))):
            list(pieces)
