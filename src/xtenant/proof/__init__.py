"""Proof of a move: what the source held before, what the target holds now, both told over the wire, item by item."""
