"""What `people apply` and `people open` would do, as steps of a script. Names stand in them, since new objects have no ids yet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from xtenant.cmdlets.script import verbs
from xtenant.cmdlets.script.steps import Step
from xtenant.people.apply.applying import Applied
from xtenant.people.apply.opening import Opened, OpenState
from xtenant.people.rows import PersonRow, RowKind


def steps_of(applied: Applied) -> Iterator[Step]:
    """In the order of a real run: accounts, guests, groups, memberships, licences."""
    decision = applied.decision
    for _, new in decision.accounts:
        yield verbs.user_create(new.upn, new.display_name, new.usage_location, enabled=new.enabled)
    for row in decision.guests:
        yield verbs.user_invite(row.target_mail, row.source_name)
    for _, new in decision.groups:
        if new.alias in applied.owners:
            yield verbs.group_create(
                unified=new.unified,
                name=new.display_name,
                alias=new.alias,
                visibility=new.visibility,
                owner=applied.owners[new.alias],
            )
    for one in applied.coming:
        if not (one.owner and applied.owners.get(one.group.target_upn) == one.member.target_upn):
            yield verbs.member_add(_name_of(one.group), _name_of(one.member), owner=one.owner)
    for row, sku in applied.licensing:
        yield verbs.licence_set(row.target_upn, sku.sku_part_number)


def openings(told: Sequence[Opened]) -> Iterator[Step]:
    """Everybody who would be let in."""
    return (verbs.user_enable(each.target) for each in told if each.state is OpenState.WOULD_OPEN)


def _name_of(row: PersonRow) -> str:
    """How the target finds a row: a group by id or alias, a guest by mail, a person by UPN."""
    if row.kind.is_group:
        return str(row.target_id) if row.target_id else row.target_upn
    guest = row.kind is RowKind.GUEST and row.target_mail
    return guest or row.target_upn or row.target_id
