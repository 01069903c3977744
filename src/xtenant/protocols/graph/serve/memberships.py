"""Who is in a group, and which groups somebody is in (graph-migrations.md 4.4).

GET /groups/{id}/members, /transitiveMembers, /owners, each with /$count and /microsoft.graph.user or .group behind it ·
GET /users/{id}, /me, /groups/{id} with /memberOf and /transitiveMemberOf · POST …/getMemberGroups, …/checkMemberGroups
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from starlette.responses import Response

from xtenant.domain.directory import Group, User
from xtenant.domain.query import GROUPS, USERS, Noun
from xtenant.operations import directory_lists as operations
from xtenant.operations.directory import own_id
from xtenant.operations.directory_lists import MOST_CHECKED, Belonging, Within
from xtenant.protocols.graph.codec import bodies
from xtenant.protocols.graph.codec import listing as codec
from xtenant.protocols.graph.codec.directory import CheckBody, MemberGroupsBody, group_json, typed
from xtenant.protocols.graph.codec.query import NotSupported
from xtenant.protocols.graph.serve import listing
from xtenant.protocols.graph.serve.answers import body_of, context, json_answer, link, rows
from xtenant.wire.backend import Backend
from xtenant.wire.edge import Call
from xtenant.wire.routes import Evidence, Route

_SOURCE = "graph-migrations.md 4.4"
_OBJECTS = "directoryObjects"


def routes(backend: Backend) -> list[Route]:
    lists = Memberships(backend)
    table = [
        ("GET", "/groups/{group}/{people:people}", lists.people, "groups.get"),
        ("GET", "/groups/{group}/{people:people}/$count", lists.count, "groups.get"),
        ("GET", "/groups/{group}/{people:people}/microsoft.graph.{kind}", lists.people_of_kind, "groups.get"),
        ("GET", "/groups/{group}/{relation:groups}", lists.groups_of, "groups.get"),
        ("GET", "/users/{user}/{relation:groups}", lists.groups_of, "users.get"),
        ("GET", "/users/{user}/{relation:groups}/microsoft.graph.{kind}", lists.groups_of, "users.get"),
        ("GET", "/me/{relation:groups}", lists.groups_of, "users.get"),
        ("POST", "/groups/{group}/getMemberGroups", lists.get_groups, "groups.get"),
        ("POST", "/users/{user}/getMemberGroups", lists.get_groups, "users.get"),
        ("POST", "/me/getMemberGroups", lists.get_groups, "users.get"),
        ("POST", "/groups/{group}/checkMemberGroups", lists.check_groups, "groups.get"),
        ("POST", "/users/{user}/checkMemberGroups", lists.check_groups, "users.get"),
        ("POST", "/me/checkMemberGroups", lists.check_groups, "users.get"),
    ]
    return [
        row
        for method, path, handler, verb in table
        for row in rows(method, path, handler, verb=verb, source=_SOURCE, evidence=Evidence.INFERRED)
    ]


class Memberships:
    """Handlers of both directions."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    async def people(self, call: Call) -> Response:
        """Users and groups together; filters and orders are for one kind of them (`…/microsoft.graph.user`)."""
        options, within = listing.options_of(call), _within(call)
        codec.refuse(options, beside=("$count", "$skiptoken"))
        codec.check_advanced(options, filter_is_advanced=False)
        select = codec.selection(options, listing.PROPERTIES[USERS.name] | listing.PROPERTIES[GROUPS.name], USERS)
        after = codec.unpack_id(options.skip_token) if options.skip_token else None
        found = await call.run(
            operations.list_people,
            self._backend.units,
            call.caller,
            within,
            after=after,
            limit=options.top,
            counted=listing.counted(options),
        )
        shown = await self._shown(call, found.rows, select)
        more = link(call, "$skiptoken", codec.pack_id(found.following)) if found.following else None
        return json_answer(bodies.page(shown, context=context(call, _OBJECTS), next_link=more, count=found.total))

    async def count(self, call: Call) -> Response:
        options = listing.options_of(call)
        listing.check_count(options)
        codec.refuse(options, beside=("$count",))
        return listing.number(await call.run(operations.count_people, self._backend.units, call.caller, _within(call)))

    async def people_of_kind(self, call: Call) -> Response:
        """One kind of them: a list that takes every question."""
        kind, options, within = call.values["kind"].lower(), listing.options_of(call), _within(call)
        noun = _noun_of(kind)
        select = codec.selection(options, listing.PROPERTIES[noun.name], noun)
        question, counted = listing.question_of(call, noun, options, scoped=True), listing.counted(options)
        units = self._backend.units
        if noun is USERS:
            users = await call.run(operations.list_users, units, call.caller, question, within=within, counted=counted)
            shown = await listing.users_json(call, self._backend, users.page.rows, select)
            return listing.answered(call, "users", shown, users, question)
        groups = await call.run(operations.list_groups, units, call.caller, question, within=within, counted=counted)
        return listing.answered(call, "groups", listing.groups_json(groups.page.rows, select), groups, question)

    async def groups_of(self, call: Call) -> Response:
        """The groups somebody is in; directory roles, which Microsoft lists among them, are left out."""
        options, belonging = listing.options_of(call), _belonging(call)
        if _noun_of(call.values.get("kind", GROUPS.name).lower()) is not GROUPS:
            raise NotSupported("Only groups are listed here.")
        select = codec.selection(options, listing.PROPERTIES[GROUPS.name], GROUPS)
        question = listing.question_of(call, GROUPS, options, scoped=True)
        found = await call.run(
            operations.list_groups,
            self._backend.units,
            call.caller,
            question,
            within=belonging,
            counted=listing.counted(options),
        )
        shown = [typed(row, GROUPS.name) for row in listing.groups_json(found.page.rows, select)]
        return listing.answered(call, _OBJECTS, shown, found, question)

    async def get_groups(self, call: Call) -> Response:
        body, belonging = await body_of(call, MemberGroupsBody), _belonging(call)
        found = await self._effective(call, belonging, security_only=body.security_enabled_only)
        return _ids(call, found)

    async def check_groups(self, call: Call) -> Response:
        body, belonging = await body_of(call, CheckBody), _belonging(call)
        if len(body.group_ids) > MOST_CHECKED:
            raise bodies.InvalidBody(f"At most {MOST_CHECKED} groups are checked at once.")
        found = set(await self._effective(call, belonging, security_only=False))
        return _ids(call, [one for one in dict.fromkeys(body.group_ids) if one in found])

    async def _effective(self, call: Call, of: Belonging, *, security_only: bool) -> list[UUID]:
        units = self._backend.units
        return list(await call.run(operations.effective_groups, units, call.caller, of, security_only=security_only))

    async def _shown(self, call: Call, people: Sequence[User | Group], select: frozenset[str]) -> list[bodies.Json]:
        users = [one for one in people if isinstance(one, User)]
        shown = iter(await listing.users_json(call, self._backend, users, select))
        return [
            typed(next(shown), USERS.name)
            if isinstance(one, User)
            else typed(bodies.selected(group_json(one), select), GROUPS.name)
            for one in people
        ]


def _within(call: Call) -> Within:
    people = call.values["people"].lower()
    return Within(group=call.values["group"], owners=people == "owners", nested=people == "transitivemembers")


def _belonging(call: Call) -> Belonging:
    """Who is asked about: a group, a user, or the person signed in. Raises UsageError for an app at `/me`."""
    nested = call.values.get("relation", "").lower() == "transitivememberof"
    if "group" in call.values:
        return Belonging(name=call.values["group"], is_user=False, nested=nested)
    return Belonging(name=call.values.get("user") or str(own_id(call.caller)), is_user=True, nested=nested)


def _noun_of(kind: str) -> Noun:
    if kind not in (USERS.name, GROUPS.name):
        raise NotSupported(f"Objects of type '{kind[:50]}' are not listed here.")
    return USERS if kind == USERS.name else GROUPS


def _ids(call: Call, found: Sequence[UUID]) -> Response:
    return json_answer(
        {"@odata.context": context(call, "Collection(Edm.String)"), "value": [str(one) for one in found]}
    )
