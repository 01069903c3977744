"""The fewest names to shorten, against trying every set of names on small trees."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from xtenant.bulk.pathing.fewest import Tree, beyond_help, fewest, greedy, least_losses, meets


@st.composite
def trees(draw: st.DrawFn, largest: int = 9) -> Tree:
    """A tree in preorder whose excesses grow along each path, as those of paths do, and need not be within help."""
    count = draw(st.integers(1, largest))
    parents, way = [-1], [0]
    for node in range(1, count):
        depth = draw(st.integers(1, len(way)))
        del way[depth:]
        parents.append(way[-1])
        way.append(node)
    spare = [draw(st.sampled_from([0, 0, 1, 2, 3, 5, 9])) for _ in range(count)]
    excess = [draw(st.integers(-6, 2))]
    for node in range(1, count):
        excess.append(excess[parents[node]] + draw(st.integers(1, 6)))
    return Tree(parents=parents, excess=excess, spare=spare)


def within_help(tree: Tree) -> Tree:
    hopeless = set(beyond_help(tree))
    return Tree(
        parents=tree.parents,
        excess=[0 if node in hopeless else excess for node, excess in enumerate(tree.excess)],
        spare=tree.spare,
    )


def by_trying(tree: Tree) -> int:
    nodes = [node for node, spare in enumerate(tree.spare) if spare > 0]
    return next(
        size
        for size in range(len(nodes) + 1)
        for chosen in combinations(nodes, size)
        if not too_long(tree, dict.fromkeys(chosen))
    )


def too_long(tree: Tree, losses: dict[int, int | None]) -> list[int]:
    """Nodes whose path is still too long; written apart from the module's own arithmetic. None: as much as can be."""
    found = []
    for node in range(len(tree.parents)):
        at, left = node, tree.excess[node]
        while at >= 0:
            if at in losses:
                lost = losses[at]
                left -= tree.spare[at] if lost is None else lost
            at = tree.parents[at]
        if left > 0:
            found.append(node)
    return found


@settings(max_examples=200, deadline=None)
@given(trees())
def test_no_smaller_set_of_names_would_do(tree: Tree) -> None:
    tree = within_help(tree)
    chosen = fewest(tree)
    assert not too_long(tree, dict.fromkeys(chosen))
    assert meets(tree, chosen)
    assert len(chosen) == by_trying(tree)


@settings(max_examples=60, deadline=None)
@given(trees())
def test_what_is_beyond_help_is_what_all_renames_together_leave_too_long(tree: Tree) -> None:
    everything = dict.fromkeys(node for node, spare in enumerate(tree.spare) if spare > 0)
    assert beyond_help(tree) == too_long(tree, everything)


@settings(max_examples=60, deadline=None)
@given(trees(largest=30))
def test_a_greedy_choice_mends_every_path_and_has_no_needless_name(tree: Tree) -> None:
    tree = within_help(tree)
    chosen = greedy(tree)
    assert not too_long(tree, dict.fromkeys(chosen))
    assert len(chosen) >= len(fewest(tree))
    for node in chosen:
        assert too_long(tree, dict.fromkeys(each for each in chosen if each != node))


@settings(max_examples=60, deadline=None)
@given(trees(largest=30))
def test_names_lose_no_more_than_they_must(tree: Tree) -> None:
    tree = within_help(tree)
    losses: dict[int, int | None] = dict(least_losses(tree, fewest(tree)))
    assert not too_long(tree, losses)
    for node, lost in losses.items():
        assert lost is not None and 0 < lost <= tree.spare[node]
        assert too_long(tree, {**losses, node: lost - 1})
