"""What lists of directory objects share: a request as a question, a page and a round of changes as an answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeVar
from uuid import UUID

from starlette.responses import PlainTextResponse, Response

from xtenant.domain import query
from xtenant.domain.directory import Group, GroupId, GroupKind, User, UserId
from xtenant.domain.licence import Holding
from xtenant.domain.query import GROUPS, USERS, Noun, Order, Predicate, Question, UnsupportedQuery
from xtenant.operations.directory_lists import Changes, Listed, Since
from xtenant.protocols.graph.codec import bodies, listing
from xtenant.protocols.graph.codec.directory import group_json
from xtenant.protocols.graph.codec.users import LICENCE_FIELDS, user_json
from xtenant.protocols.graph.serve.answers import context, json_answer, link
from xtenant.protocols.graph.serve.licences import holdings_for
from xtenant.wire.backend import Backend
from xtenant.wire.edge import Call
from xtenant.wire.filters import parse_filter, parse_order
from xtenant.wire.searches import parse_search

T = TypeVar("T")
Rows = Sequence[bodies.Json]

_BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
_NOBODY = User(user_id=UserId(UUID(int=0)), upn="", display_name="", created_at=_BEGAN)
_NOTHING = Group(
    group_id=GroupId(UUID(int=0)), kind=GroupKind.SECURITY, display_name="", mail_nickname="", created_at=_BEGAN
)
PROPERTIES = {
    USERS.name: frozenset(user_json(_NOBODY, ())),
    GROUPS.name: frozenset(group_json(_NOTHING)),
}
"""What `$select` may name: what we show."""


def options_of(call: Call) -> listing.Options:
    return listing.parse_options(call.request.query_params.multi_items(), call.request.headers)


def question_of(call: Call, noun: Noun, options: listing.Options, *, scoped: bool = False) -> Question:
    """The page a request asks for; a list within something comes in the order of ids unless another is asked for.

    Raises InvalidQuery, UnsupportedQuery, BadToken.
    """
    where = _where(call, noun, options)
    order = parse_order(options.order, noun) if options.order else None if scoped else Order(noun.order)
    after = listing.unpack_place(order, options.skip_token) if options.skip_token else None
    return Question(where=where, order=order, after=after, limit=options.top)


def answered(call: Call, what: str, rows: Rows, found: Listed[T], question: Question) -> Response:
    """A page of a list as JSON."""
    following = found.page.following
    token = listing.pack_place(question.order, following) if following else None
    next_link = link(call, "$skiptoken", token) if token else None
    return json_answer(bodies.page(rows, context=context(call, what), next_link=next_link, count=found.total))


def counted(options: listing.Options) -> bool:
    """Whether a page tells the number of all; the first one does."""
    return options.count and options.skip_token is None


def number(count: int) -> Response:
    """`…/$count`: the number as plain text."""
    return PlainTextResponse(str(count))


def check_count(options: listing.Options) -> None:
    """Raise UnsupportedQuery for `…/$count` without the header it needs, and with options it does not take."""
    listing.refuse(options, beside=("$filter", "$search", "$count"))
    if not options.eventual:
        raise UnsupportedQuery("$count is only answered with the header ConsistencyLevel: eventual.")


async def users_json(call: Call, backend: Backend, users: Sequence[User], select: frozenset[str]) -> Rows:
    """Users as JSON; their licences only where asked for, as at Microsoft."""
    wanted = {one.lower() for one in select} & LICENCE_FIELDS
    held: Mapping[UserId, Sequence[Holding]] = await holdings_for(call, backend, users, select) if wanted else {}
    return [bodies.selected(user_json(user, held.get(user.user_id)), select) for user in users]


def groups_json(groups: Sequence[Group], select: frozenset[str]) -> Rows:
    return [bodies.selected(group_json(group), select) for group in groups]


def since_of(noun: Noun, options: listing.Options) -> Since | None:
    """How far the asker of a delta says they have come. Raises BadToken, UnsupportedQuery."""
    listing.refuse(options, beside=("$deltatoken", "$skiptoken"))
    token = options.skip_token or options.delta_token
    if token is None:
        return None
    seen, after = listing.unpack_since(noun, token)
    return Since(seen=seen, after=after)


def with_id(select: frozenset[str]) -> frozenset[str]:
    """A change always tells the id."""
    return select | {"id"} if select else select


def nothing_yet(call: Call, noun: Noun, what: str, since: Since) -> Response:
    """An empty round that ends with the place to ask for later changes from."""
    delta_link = link(call, "$deltatoken", listing.pack_since(noun, since.seen, since.after))
    return json_answer(bodies.page([], context=context(call, what), delta_link=delta_link))


def changes_answered(call: Call, noun: Noun, what: str, found: Changes[T], shown: Rows) -> Response:
    """A page of changes: `shown` are the live objects in their order; what was deleted stands as `@removed`, with reason
    `changed` while it can be restored and `deleted` then."""
    live = iter(shown)
    rows: list[bodies.Json] = []
    for change in found.rows:
        reason = "deleted" if change.for_good else "changed"
        gone = {"id": str(change.place.object_id), "@removed": {"reason": reason}}
        rows.append(gone if change.value is None else next(live))
    token = listing.pack_since(noun, found.following.seen, found.following.after)
    return json_answer(
        bodies.page(
            rows,
            context=context(call, what),
            next_link=None if found.complete else link(call, "$skiptoken", token),
            delta_link=link(call, "$deltatoken", token) if found.complete else None,
        )
    )


def _where(call: Call, noun: Noun, options: listing.Options) -> Predicate | None:
    parts: list[Predicate] = []
    if options.filter is not None:
        parts.append(parse_filter(options.filter, noun, call.limits))
    listing.check_advanced(options, filter_is_advanced=any(map(query.is_advanced, parts)))
    if options.search is not None:
        parts.append(parse_search(options.search, noun, call.limits))
    return query.All(tuple(parts)) if parts else None
