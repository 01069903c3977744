"""The contract of `BlobStore`: a test class for every store takes it over and says how a store is made."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator

import pytest

from xtenant.domain.content import BlobKey
from xtenant.domain.ports.content import BlobStore
from xtenant.domain.quick_xor import quick_xor

SMALL = b"a few bytes"
LARGE = bytes(range(256)) * 12_000  # about 3 MB: more than one piece
NOWHERE = BlobKey(bytes(32))


class BlobStoreContract:
    """Subclasses give a fixture `store`."""

    @pytest.mark.parametrize("content", [b"", SMALL, LARGE], ids=["empty", "small", "large"])
    def test_content_comes_back_hashed_once(self, store: BlobStore, content: bytes) -> None:
        stored = store.put(content[at : at + 70_000] for at in range(0, len(content), 70_000))
        assert stored.key == hashlib.sha256(content).digest()
        assert stored.quick_xor == quick_xor(content)
        store.settle([stored.key])
        assert store.size(stored.key) == stored.size_bytes == len(content)
        assert b"".join(store.open(stored.key)) == content
        size, pieces = store.opened(stored.key)
        assert (size, b"".join(pieces)) == (len(content), content)

    @pytest.mark.parametrize(
        ("start", "size"), [(0, 1), (5, 3), (1_048_570, 20), (2_000_000, None), (3_071_990, 99), (4_000_000, 5)]
    )
    def test_a_range_is_read_in_bounded_pieces(self, store: BlobStore, start: int, size: int | None) -> None:
        stored = store.put([LARGE])
        store.settle([stored.key])
        pieces = list(store.open(stored.key, start=start, size=size))
        assert b"".join(pieces) == LARGE[start : None if size is None else start + size]
        assert all(0 < len(piece) <= 1024 * 1024 for piece in pieces)

    def test_what_was_never_put_is_a_key_error(self, store: BlobStore) -> None:
        with pytest.raises(KeyError):
            store.open(NOWHERE)
        with pytest.raises(KeyError):
            store.size(NOWHERE)
        with pytest.raises(KeyError):
            store.opened(NOWHERE)
        with pytest.raises(KeyError):
            store.settle([NOWHERE])
        store.delete([NOWHERE])
        assert store.missing([NOWHERE]) == {NOWHERE}

    def test_content_counts_as_missing_until_it_is_settled(self, store: BlobStore) -> None:
        stored = store.put([SMALL])
        assert store.missing([stored.key]) == {stored.key}
        store.settle([stored.key])
        assert not store.missing([stored.key])

    def test_the_same_content_twice_is_one_blob(self, store: BlobStore) -> None:
        first, second = store.put([SMALL]), store.put([SMALL])
        assert first == second
        store.settle([first.key])
        store.settle([second.key])
        third = store.put([SMALL])
        store.settle([third.key])
        assert b"".join(store.open(first.key)) == SMALL

    def test_a_deleted_blob_is_gone_and_may_come_back(self, store: BlobStore) -> None:
        stored = store.put([LARGE])
        store.settle([stored.key])
        store.delete([stored.key])
        assert store.missing([stored.key])
        with pytest.raises(KeyError):
            store.open(stored.key)
        store.settle([store.put([LARGE]).key])
        assert b"".join(store.open(stored.key)) == LARGE

    def test_a_stream_that_breaks_leaves_nothing(self, store: BlobStore) -> None:
        def broken() -> Iterator[bytes]:
            yield LARGE[:100_000]
            raise ConnectionResetError

        with pytest.raises(ConnectionResetError):
            store.put(broken())
        assert store.missing([BlobKey(hashlib.sha256(LARGE[:100_000]).digest())])

    def test_many_small_blobs_settle_together_and_are_deleted_singly(self, store: BlobStore) -> None:
        contents = {store.put([text]).key: text for text in (b"small %d" % n for n in range(100))}
        store.settle(list(contents))
        doomed = sorted(contents)[::3]
        store.delete(doomed)
        assert store.missing(contents) == set(doomed)
        for key in contents.keys() - set(doomed):
            assert b"".join(store.open(key)) == contents[key]
            assert b"".join(store.open(key, start=2, size=3)) == contents[key][2:5]

    def test_two_writers_of_the_same_content_both_end_well(self, store: BlobStore) -> None:
        faults: list[BaseException] = []

        def write() -> None:
            try:
                for number in range(40):
                    store.settle([store.put([b"%d" % number * 9_000]).key])
            except BaseException as fault:
                faults.append(fault)

        threads = [threading.Thread(target=write) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not faults
        assert not store.missing(BlobKey(hashlib.sha256(b"%d" % n * 9_000).digest()) for n in range(40))

    def test_what_is_not_what_was_expected_is_told_of_and_not_kept(self, store: BlobStore) -> None:
        expected = store.put([LARGE]).key
        store.settle([expected])
        for content in (SMALL, LARGE[:-1] + b"x"):
            other = store.put([content], expected=expected)
            assert other.key != expected
            with pytest.raises(KeyError):
                store.settle([other.key])
        assert store.put([LARGE], expected=expected).key == expected
        store.settle([expected])
        assert b"".join(store.open(expected)) == LARGE
