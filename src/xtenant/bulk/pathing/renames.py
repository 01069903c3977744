"""Which folders and files of one site to rename so that every path fits, and what to call them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from xtenant.bulk.pathing import fewest, shortening
from xtenant.bulk.pathing.fewest import Tree
from xtenant.domain import paths
from xtenant.inventory.store import Inventory

EXACT_ITEMS = 20_000
"""Up to so many paths that are too long the fewest renames are found exactly (settled C 21)."""
MOST_EXCESS = 2_000
"""Characters; a path longer by more was never in SharePoint, and would cost memory in proportion."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rename:
    """`path` is the item's present one below the site, `new_name` what it is to be called."""

    path: str
    new_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """Renames, deepest first, so that each path is still true when its turn comes; `hopeless` have to be moved higher up."""

    renames: Sequence[Rename]
    hopeless: Sequence[str]
    exact: bool


@dataclass(frozen=True, slots=True)
class _Named:
    """A tree with the path of each node and whether it is a folder."""

    tree: Tree
    paths: Sequence[str]
    folders: Sequence[bool]


def proposed(
    source: Inventory, site_id: UUID, long: Sequence[tuple[str, bool]], lists: Iterable[str], room: int
) -> Proposal:
    """What to rename in a site whose paths below it may have `room` characters; `long` are those that have more."""
    named = _tree(long, frozenset(lists), room)
    monstrous = [node for node, excess in enumerate(named.tree.excess) if excess > MOST_EXCESS]
    hopeless = sorted({*fewest.beyond_help(named.tree), *monstrous})
    tree = _without(named.tree, hopeless)
    exact = len(long) <= EXACT_ITEMS
    chosen = fewest.fewest(tree) if exact else fewest.greedy(tree)
    losses = {node: lost for node, lost in fewest.least_losses(tree, chosen).items() if lost > 0}
    return Proposal(
        renames=_new_names(source, site_id, named, losses),
        hopeless=[named.paths[node] for node in hopeless],
        exact=exact,
    )


def _tree(long: Sequence[tuple[str, bool]], lists: frozenset[str], room: int) -> _Named:
    """The long paths and all folders above them; lists themselves cannot be renamed."""
    files = {path for path, folder in long if not folder}
    ways: dict[tuple[str, ...], str] = {}
    for path, _ in long:
        parts = tuple(path.split("/"))
        for depth in range(len(parts), 0, -1):
            if parts[:depth] in ways:
                break
            ways[parts[:depth]] = "/".join(parts[:depth])
    found = [ways[way] for way in sorted(ways)]
    numbers = {path: number for number, path in enumerate(found)}
    fixed = {way for path in lists for way in _ways(path)}
    folders = [path not in files for path in found]
    above = [path.rpartition("/") for path in found]
    tree = Tree(
        parents=[numbers[folder] if folder else -1 for folder, _, _ in above],
        excess=[len(path) - room for path in found],
        spare=[
            shortening.spare_of(name, folder=is_folder) if parent and path not in fixed else 0
            for path, (parent, _, name), is_folder in zip(found, above, folders, strict=True)
        ],
    )
    return _Named(tree, found, folders)


def _ways(path: str) -> Iterable[str]:
    parts = path.split("/")
    return ("/".join(parts[: depth + 1]) for depth in range(len(parts)))


def _without(tree: Tree, hopeless: Sequence[int]) -> Tree:
    """The tree in which nothing is asked of what cannot be helped."""
    beyond = frozenset(hopeless)
    return Tree(
        parents=tree.parents,
        excess=[0 if node in beyond else excess for node, excess in enumerate(tree.excess)],
        spare=tree.spare,
    )


def _new_names(source: Inventory, site_id: UUID, named: _Named, losses: Mapping[int, int]) -> list[Rename]:
    folders = {named.paths[node].rpartition("/")[0] for node in losses}
    taken = names_in(source, site_id, folders)
    renames: list[Rename] = []
    for node, losing in losses.items():
        above, _, name = named.paths[node].rpartition("/")
        there = taken[above]
        new = shortening.shortened(
            name,
            losing,
            folder=named.folders[node],
            at_root="/" not in above,
            taken=lambda candidate, there=there: paths.name_key(candidate) in there,
        )
        there.add(paths.name_key(new))
        renames.append(Rename(path=named.paths[node], new_name=new))
    return deepest_first(renames)


def names_in(source: Inventory, site_id: UUID, folders: Iterable[str]) -> dict[str, set[str]]:
    """Folder → what names stand in it, folded; one pass over the site."""
    found: dict[str, set[str]] = {folder: set() for folder in folders}
    if found:
        for item in source.items(site_id):
            above, _, name = item.path.rpartition("/")
            if above in found:
                found[above].add(paths.name_key(name))
    return found


def deepest_first(renames: Iterable[Rename]) -> list[Rename]:
    """In an order in which no rename changes the path of a later one."""
    return sorted(renames, key=lambda rename: (-rename.path.count("/"), rename.path))
