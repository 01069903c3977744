"""The estate of a merger, drawn from a seed: people, groups three deep, guests, sites with unique permissions.

Pure description; `planting.py` makes it over the wire. People and groups are named by a short key, objects by their path.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

SOURCE_DOMAIN, TARGET_DOMAIN = "contoso.com", "fabrikam.com"
LIBRARY = "Shared Documents"
READ, WRITE, FULL = "read", "write", "full"

FIRST = ("Ada", "Björn", "Chloé", "Dušan", "Elif", "Farah", "Göran", "Hana", "Inés", "Jörg", "Kenji", "Łucja")
LAST = ("Abel", "Brandt", "Çelik", "Dvořák", "Eriksen", "Fuchs", "García", "Huang", "Ito", "Jensen", "Kovač", "Lind")


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    people: int
    guests: int
    groups: int
    sites: int
    pairs: int
    """(person, item) pairs that are tried."""


SMALL = Size(people=60, guests=6, groups=18, sites=6, pairs=240)
FULL_SIZE = Size(people=2_000, guests=60, groups=300, sites=50, pairs=2_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    key: str
    name: str
    guest: bool = False
    known_at_target: bool = False
    """Has an account at the target already, under the same name."""
    leaves: bool = False
    """Does not come along: gets no identity at the target."""

    @property
    def upn(self) -> str:
        """Of a member; a guest's is made by the tenant."""
        return f"{self.key}@{SOURCE_DOMAIN}"

    @property
    def mail(self) -> str:
        return f"{self.key}@partner.example" if self.guest else self.upn


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """`depth` 0 is the outermost; members are keys of people and, in security groups, of deeper groups."""

    key: str
    unified: bool
    depth: int
    members: tuple[str, ...]
    owner: str

    @property
    def name(self) -> str:
        return f"Group {self.key}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A right given to a person, directory group or SharePoint group (`sp:NAME`)."""

    to: str
    right: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """An object with permissions of its own: the grants, on top of the inherited ones where `copy` is set."""

    path: tuple[str, ...]
    copy: bool
    grants: tuple[Grant, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteGroup:
    """A SharePoint group of one site."""

    name: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """`kind` site, user (a OneDrive, `owner` its user) or group (`group` its Microsoft 365 group)."""

    kind: str
    name: str
    owner: str
    files: tuple[tuple[str, ...], ...]
    group: str = ""
    admins: tuple[str, ...] = ()
    site_groups: tuple[SiteGroup, ...] = ()
    web: tuple[Grant, ...] = ()
    breaks: tuple[Break, ...] = ()

    @property
    def objects(self) -> list[tuple[str, ...]]:
        """Every folder and file, folders first."""
        folders = {path[:depth] for path in self.files for depth in range(1, len(path))}
        return [*sorted(folders), *self.files]


@dataclass(frozen=True, slots=True, kw_only=True)
class Estate:
    seed: int
    size: Size
    people: dict[str, Person] = field(default_factory=dict[str, Person])
    groups: dict[str, Group] = field(default_factory=dict[str, Group])
    sites: tuple[Site, ...] = ()


def drawn(seed: int, size: Size) -> Estate:
    """The estate of a seed: the same for the same seed and size."""
    dice = random.Random(seed)
    people = {person.key: person for person in _people(dice, size)}
    members = [person.key for person in people.values() if not person.guest]
    groups = _groups(dice, size, list(people), members)
    staying = [key for key in members if not people[key].leaves]
    sites = tuple(_sites(dice, size, people, staying, groups))
    return Estate(seed=seed, size=size, people=people, groups=groups, sites=sites)


def _people(dice: random.Random, size: Size) -> Iterator[Person]:
    for number in range(size.people):
        name = f"{dice.choice(FIRST)} {dice.choice(LAST)} {number}"
        known, leaves = dice.random() < 0.05, dice.random() < 0.15
        yield Person(key=f"p{number:04}", name=name, known_at_target=known, leaves=leaves and not known)
    for number in range(size.guests):
        yield Person(key=f"g{number:03}", name=f"{dice.choice(FIRST)} Guest {number}", guest=True)


def _groups(dice: random.Random, size: Size, people: Sequence[str], members: Sequence[str]) -> dict[str, Group]:
    """A fifth are Microsoft 365 groups; security groups hold groups of the next depth, three levels in all."""
    groups: dict[str, Group] = {}
    unified = size.groups // 5
    deep: dict[int, list[str]] = {0: [], 1: [], 2: []}
    for number in range(size.groups - unified):
        depth = 2 - number * 3 // (size.groups - unified)
        nested = dice.sample(deep[depth + 1], min(2, len(deep[depth + 1]))) if depth < 2 else []
        own = dice.sample(people, dice.randint(1, 6))
        key = f"sec{number:03}"
        groups[key] = Group(key=key, unified=False, depth=depth, members=(*own, *nested), owner=dice.choice(members))
        deep[depth].append(key)
    for number in range(unified):
        key = f"team{number:03}"
        own = dice.sample(members, dice.randint(2, 6))
        groups[key] = Group(key=key, unified=True, depth=0, members=tuple(own), owner=dice.choice(own))
    return groups


def _sites(
    dice: random.Random, size: Size, people: dict[str, Person], members: Sequence[str], groups: dict[str, Group]
) -> Iterator[Site]:
    """`members` are those who stay: only they own sites."""
    owners = dice.sample(members, size.sites)
    teams = [group.key for group in groups.values() if group.unified]
    for number in range(size.sites):
        kind = "user" if number % 6 == 4 else "group" if number % 6 == 5 and teams else "site"
        group = teams.pop() if kind == "group" else ""
        yield _site(dice, kind, number, owners[number], group, list(people), members, list(groups))


def _site(
    dice: random.Random,
    kind: str,
    number: int,
    owner: str,
    group: str,
    people: Sequence[str],
    members: Sequence[str],
    groups: Sequence[str],
) -> Site:
    files = _files(dice)
    inner = () if kind == "user" else _site_groups(dice, people, groups)
    folders = sorted({path[:depth] for path in files for depth in range(1, len(path))})
    broken = [*dice.sample(folders, min(2, len(folders))), *dice.sample(files, 2)]

    def grants(count: int) -> tuple[Grant, ...]:
        pool = [f"sp:{one.name}" for one in inner]
        chosen: dict[str, str] = {}
        for _ in range(count):
            to = dice.choice([dice.choice(people), dice.choice(groups), *(pool and [dice.choice(pool)])])
            chosen.setdefault(to, dice.choice([READ, READ, WRITE, FULL] if kind != "user" else [READ, WRITE]))
        return tuple(Grant(to=to, right=right) for to, right in chosen.items())

    return Site(
        kind=kind,
        name=f"site{number:03}",
        owner=owner,
        group=group,
        files=files,
        admins=tuple(dice.sample(members, 1)) if kind == "site" and dice.random() < 0.4 else (),
        site_groups=inner,
        web=grants(3),
        breaks=tuple(Break(path=path, copy=dice.random() < 0.4, grants=grants(dice.randint(0, 3))) for path in broken),
    )


def _files(dice: random.Random) -> tuple[tuple[str, ...], ...]:
    files = [(f"Read me {dice.randint(1, 9)}.txt",)]
    for folder in range(2):
        for number in range(2):
            files.append((f"Folder {folder}", f"Paper {number}.txt"))
        files.append((f"Folder {folder}", "Deep", f"Détail {folder}.txt"))
    return tuple(files)


def _site_groups(dice: random.Random, people: Sequence[str], groups: Sequence[str]) -> tuple[SiteGroup, ...]:
    return tuple(
        SiteGroup(name=f"{name} of this site", members=(*dice.sample(people, 2), dice.choice(groups)))
        for name in ("Visitors", "Editors")[: dice.randint(1, 2)]
    )
