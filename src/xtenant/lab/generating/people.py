"""The people and directory groups of a made-up estate; groups of sites among them."""

from __future__ import annotations

from collections.abc import Sequence

from xtenant.domain.content import GROUP_TEMPLATE
from xtenant.domain.directory import GroupKind
from xtenant.domain.estates import EstateGroup, EstatePerson
from xtenant.lab.generating.plan import EstatePlan
from xtenant.lab.generating.words import each
from xtenant.outside.chance import Chance, chance_of

FIRST = each(
    "Ada|Bjørn|Chloé|Dmitri|Eun-ji|Fatima|Günther|Hana|Ingrid|João|Kateřina|Li|Mária|Ngozi|Ólafur|Priya|Quentin|Rania|Søren|"
    "Tomás|Ursula|Vasilis|Wanda|Xiu|Yael|Žofia"
)
LAST = each(
    "Andersen|Björklund|Costa|Dvořák|Evans|Fischer|García|Haddad|Ivanova|Jansen|Kim|Łukasik|Müller|Nakamura|Okafor|Papadakis|"
    "Quispe|Rossi|Şahin|Tanaka|Ueda|Virtanen|Weiß|Yılmaz|Zhang"
)
SECURITY_GROUPS = 4


def people_of(plan: EstatePlan) -> list[EstatePerson]:
    """Numbers from 1 on."""
    chance = chance_of(plan.prefix, plan.seed, "people")
    return [
        EstatePerson(
            number=number,
            user=f"{plan.prefix}{plan.seed}.person{number}",
            name=f"{FIRST[int(chance.random() * len(FIRST))]} {LAST[int(chance.random() * len(LAST))]}",
        )
        for number in range(1, plan.people + 1)
    ]


def groups_of(plan: EstatePlan) -> list[EstateGroup]:
    """Security groups, then the Microsoft 365 group of each site that has one; numbers follow the people's."""
    chance = chance_of(plan.prefix, plan.seed, "groups")
    number = plan.people
    found: list[EstateGroup] = []
    for at in range(SECURITY_GROUPS):
        number += 1
        name = f"{plan.prefix}{plan.seed}-team{at + 1}"
        members = some(chance, range(1, plan.people + 1), 6)
        found.append(EstateGroup(number=number, kind=GroupKind.SECURITY, alias=name, name=name, members=members))
    for at in range(plan.sites):
        if plan.template(at) == GROUP_TEMPLATE:
            number += 1
            members = some(chance, range(1, plan.people + 1), 8)
            alias = plan.site_name(at)
            found.append(
                EstateGroup(
                    number=number,
                    kind=GroupKind.UNIFIED,
                    alias=alias,
                    name=f"Group {alias}",
                    owners=members[:1],
                    members=members,
                )
            )
    return found


def some(chance: Chance, of: Sequence[int], most: int) -> tuple[int, ...]:
    """One to so many of them, each once."""
    count = 1 + int(chance.random() * most)
    return tuple(dict.fromkeys(of[int(chance.random() * len(of))] for _ in range(count)))
