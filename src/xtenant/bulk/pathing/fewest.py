"""The fewest names to shorten so that no path of a tree is too long: exactly, by dynamic programming, or greedily (settled C 21).

A tree is given by numbers alone. Node `v` has an excess (characters its own path is too long by, 0 or less where it is not) and a
spare (characters its name can lose). Shortening a name shortens every path through it. Wanted is a least set of nodes so that
along every path the spares of the chosen ones come up to the excess.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_NEVER = 1 << 20
"""More names than any tree here has: a need that nothing meets."""

Counts = NDArray[np.int32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """Nodes in an order in which each parent stands before its children and every subtree together; the root's parent is -1."""

    parents: Sequence[int]
    excess: Sequence[int]
    spare: Sequence[int]

    def ends(self) -> list[int]:
        """For each node the number after the last node below it."""
        ends = list(range(1, len(self.parents) + 1))
        for node in range(len(ends) - 1, -1, -1):
            parent = self.parents[node]
            if parent >= 0:
                ends[parent] = max(ends[parent], ends[node])
        return ends

    def room(self) -> list[int]:
        """For each node what all the names on its way could lose."""
        found: list[int] = []
        for node, parent in enumerate(self.parents):
            found.append(self.spare[node] + (found[parent] if parent >= 0 else 0))
        return found


def beyond_help(tree: Tree) -> list[int]:
    """The nodes whose path stays too long even if every name on it is shortened: they have to be moved higher up (R-6.54)."""
    return [node for node, room in enumerate(tree.room()) if tree.excess[node] > room]


def fewest(tree: Tree) -> list[int]:
    """A least set of nodes to shorten, in the tree's order. Every node must be within help.

    Of several least sets the one nearest the leaves: a file's name is read by fewer people than its folder's. Let f(v, d) be the
    least number below and at v if the names above lose d characters; then f(v, d) = min(F(d), 1 + F(d + spare)) over the d that
    meet v's own excess, F being the sum over v's children. Time and memory are nodes × the greatest excess.
    """
    most = max((0, *tree.excess))
    below = _sums(tree, most)
    chosen: list[int] = []
    lost: list[int] = []
    for node, parent in enumerate(tree.parents):
        given = lost[parent] if parent >= 0 else 0
        kept = _at(below[node], given) if given >= tree.excess[node] else _NEVER
        more = min(given + tree.spare[node], most)
        cut = 1 + _at(below[node], more) if tree.spare[node] > 0 and more >= tree.excess[node] else _NEVER
        if cut < kept:
            chosen.append(node)
            given = more
        lost.append(given)
    return chosen


def greedy(tree: Tree) -> list[int]:
    """A set of nodes to shorten that is not always a least one, in little more time than it takes to read the tree.

    From the root down every name is shortened that several too long paths share, and every last one; where that is not enough,
    all names on the way. Then, from the leaves up, those that turned out to be needless are given back.
    """
    ends, count = tree.ends(), len(tree.parents)
    needs, sharing = list(tree.excess), [int(excess > 0) for excess in tree.excess]
    for node in range(count - 1, -1, -1):
        parent = tree.parents[node]
        if parent >= 0:
            sharing[parent] += sharing[node]
            needs[parent] = max(needs[parent], needs[node])
    chosen: list[int] = []
    lost: list[int] = []
    for node, parent in enumerate(tree.parents):
        given = lost[parent] if parent >= 0 else 0
        if needs[node] > given and tree.spare[node] > 0 and (sharing[node] > 1 or ends[node] == node + 1):
            chosen.append(node)
            given += tree.spare[node]
        lost.append(given)
    return _without_needless(tree, _completed(tree, chosen), ends)


def meets(tree: Tree, chosen: Sequence[int]) -> bool:
    """Whether shortening these names as far as they go makes no path too long."""
    return bool((_slack(tree, chosen) >= 0).all()) if tree.parents else True


def least_losses(tree: Tree, chosen: Sequence[int]) -> dict[int, int]:
    """How many characters each chosen name loses, given back wherever there is slack, from the root down."""
    ends, slack = tree.ends(), _slack(tree, chosen)
    losses: dict[int, int] = {}
    for node in chosen:
        back = min(int(slack[node : ends[node]].min()), tree.spare[node])
        if back > 0:
            slack[node : ends[node]] -= back
        losses[node] = tree.spare[node] - max(back, 0)
    return losses


def _slack(tree: Tree, chosen: Sequence[int]) -> NDArray[np.int64]:
    """Characters to spare on each node's path; a path that is not too long by itself is never short of them."""
    lost: list[int] = []
    among = frozenset(chosen)
    for node, parent in enumerate(tree.parents):
        lost.append((tree.spare[node] if node in among else 0) + (lost[parent] if parent >= 0 else 0))
    return np.array(lost, dtype=np.int64) - np.array(tree.excess, dtype=np.int64)


def _sums(tree: Tree, most: int) -> list[Counts | None]:
    """For each node the sum over its children of f(child, d), d from 0 to `most`; None for a leaf, which is all zero."""
    below: list[Counts | None] = [None] * len(tree.parents)
    given = np.arange(most + 1)
    for node in range(len(tree.parents) - 1, -1, -1):
        parent = tree.parents[node]
        if parent < 0:
            continue
        own = _least(below[node], tree.excess[node], tree.spare[node], given, most)
        there = below[parent]
        below[parent] = own if there is None else np.minimum(there + own, _NEVER, dtype=np.int32)
    return below


def _least(below: Counts | None, excess: int, spare: int, given: NDArray[np.int64], most: int) -> Counts:
    """f(v, d) for every d."""
    sums = np.zeros(most + 1, dtype=np.int32) if below is None else below
    kept = np.where(given >= excess, sums, _NEVER).astype(np.int32)
    if spare <= 0:
        return kept
    more = np.minimum(given + spare, most)
    cut = np.where(more >= excess, 1 + sums[more], _NEVER).astype(np.int32)
    return np.minimum(kept, cut)


def _at(sums: Counts | None, given: int) -> int:
    return 0 if sums is None else int(sums[given])


def _completed(tree: Tree, chosen: Sequence[int]) -> list[int]:
    """With every name on the way of a path that is still too long; paths beyond help are not waited for."""
    slack, among = _slack(tree, chosen), set(chosen)
    for node in range(len(tree.parents)):
        if slack[node] < 0:
            at = node
            while at >= 0:
                if tree.spare[at] > 0:
                    among.add(at)
                at = tree.parents[at]
    return sorted(among)


def _without_needless(tree: Tree, chosen: Sequence[int], ends: Sequence[int]) -> list[int]:
    slack = _slack(tree, chosen)
    kept: list[int] = []
    for node in reversed(chosen):
        if int(slack[node : ends[node]].min()) >= tree.spare[node]:
            slack[node : ends[node]] -= tree.spare[node]
        else:
            kept.append(node)
    return kept[::-1]
