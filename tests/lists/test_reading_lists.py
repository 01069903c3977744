"""What our own client reads of webs, lists and items, over REST and over Graph, is what was written."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TypeVar
from uuid import UUID

import pytest

from graph_tenant import BOB, MOVER
from lists.site_host import MERGE, SITE, SiteHost
from lists.test_lists_over_rest import ANN_LOGIN, every_column, user_number
from xtenant.domain import errors
from xtenant.protocols.graph.call import lists as graph
from xtenant.protocols.sharepoint_rest.call import columns, list_items, lists, webs
from xtenant.wire.readonly import only_reads
from xtenant.wire.transport import Session

T = TypeVar("T")
SUB = f"{SITE}/sub"


async def listed(rows: AsyncIterator[T]) -> list[T]:
    return [row async for row in rows]


@pytest.fixture
def tasks(host: SiteHost) -> UUID:
    """A list in a subweb with a column of each kind, an item of two versions and an attachment."""
    new = {"Title": "Sub", "Url": "sub", "Language": 1031, "UseSamePermissionsAsParentSite": True}
    host.rest("POST", "webs/add", {"parameters": new})
    address = host.make_list(web=SUB, Description="What is left")
    every_column(host, address, web=SUB)
    ann = user_number(host, ANN_LOGIN)
    values = {"Title": "one", "Hours": 1.5, "Tags": ["a"], "WhoId": ann, "TeamId": [ann], "Page": {"Url": "https://x"}}
    host.rest("POST", f"{address}/items", values, web=SUB)
    host.rest("POST", f"{address}/items(1)", {"Title": "two", "Hours": None}, web=SUB, headers=MERGE)
    host.rest("POST", f"{address}/items(1)/AttachmentFiles/add(FileName='it''s.txt')", web=SUB, content=b"text")
    return UUID(address.partition("'")[2].rstrip("')"))


def test_rest_tells_webs_and_settings_of_lists(host: SiteHost, tasks: UUID) -> None:
    (sub,) = host.run(lambda session: listed(webs.webs_below(session, SITE)))
    assert (sub.Url, sub.Title, sub.Language, sub.HasUniqueRoleAssignments) == (SUB, "Sub", 1031, False)
    assert host.run(lambda session: webs.web_of(session, SITE)).Title == "X"
    assert host.run(lambda session: webs.time_zone_of(session, SUB)) == 13
    settings = {row.Id: row for row in host.run(lambda session: listed(lists.settings_of(session, SUB)))}
    assert (settings[tasks].Description, settings[tasks].MajorVersionLimit) == ("What is left", 50)
    assert settings[tasks].RootFolder.ServerRelativeUrl == "/sites/x/sub/Lists/Tasks"
    with pytest.raises(errors.AccessDenied):
        host.run(lambda session: webs.web_of(session, SUB), who=BOB)


def test_rest_tells_columns_and_content_types_of_their_own_only(host: SiteHost, tasks: UUID) -> None:
    found = host.run(lambda session: listed(columns.columns_of(session, SUB, tasks)))
    assert [(one.InternalName, one.TypeAsString) for one in found][-3:] == [
        ("Tags", "MultiChoice"),
        ("Team", "UserMulti"),
        ("After", "LookupMulti"),
    ]
    assert found[-1].LookupList == f"{{{tasks}}}" and found[-3].Choices == ["a", "b"]
    assert host.run(lambda session: listed(columns.content_types_of(session, SUB, tasks))) == []
    host.rest("POST", "contenttypes", {"Name": "Case"})
    (case,) = host.run(lambda session: listed(columns.content_types_of(session, SITE)))
    assert case.Name == "Case"


def test_rest_tells_items_with_their_fields_versions_and_attachments(host: SiteHost, tasks: UUID) -> None:
    (row,) = host.run(lambda session: listed(list_items.rows_of(session, SUB, tasks)))
    assert (row.number, row.title, row.version, row.has_attachments) == (1, "two", "2.0", True)
    assert row.path == "/sites/x/sub/Lists/Tasks/1_.000"
    fields = {"Tags": ["a"], "WhoId": row.author_id, "TeamId": [row.author_id]}
    assert row.fields == {**fields, "Page": {"Description": "", "Url": "https://x"}}
    new, old = host.run(lambda session: list_items.versions_of(session, SUB, tasks, 1))
    assert (new.label, new.is_current, new.fields["Title"]) == ("2.0", True, "two")
    assert (old.label, old.fields["Title"], old.fields["Hours"]) == ("1.0", "one", 1.5)
    (attached,) = host.run(lambda session: list_items.attachments_of(session, SUB, tasks, 1))
    assert (attached.FileName, attached.Length, attached.AuthorId) == ("it's.txt", 4, row.author_id)
    read = host.run(lambda session: list_items.attachment_content(session, SUB, tasks, 1, "it's.txt"))
    assert read == b"text"
    with pytest.raises(errors.NotFound):
        host.run(lambda session: list_items.attachment_content(session, SUB, tasks, 1, "none"))


def test_graph_tells_the_same(host: SiteHost, tasks: UUID) -> None:
    (sub,) = host.run(lambda session: listed(graph.subsites_of(session, host.site_id)))
    found = {row.id: row for row in host.run(lambda session: listed(graph.lists_of(session, sub.id)))}
    assert found[str(tasks)].title == "Tasks" and found[str(tasks)].url == f"{SUB}/Lists/Tasks"
    kinds = host.run(lambda session: listed(graph.columns_of(session, sub.id, str(tasks))))
    assert [one.kind for one in kinds if one.name in ("Note", "Team", "After")] == ["text", "personOrGroup", "lookup"]
    (item,) = host.run(lambda session: listed(graph.items_of(session, sub.id, str(tasks))))
    assert (item.id, item.fields["Title"], item.fields["Tags"]) == ("1", "two", ["a"])
    assert [one["LookupValue"] for one in item.fields["Team"]] == ["Ann"]
    versions = host.run(lambda session: graph.versions_of(session, sub.id, str(tasks), 1))
    assert [(one.id, one.fields["Title"]) for one in versions] == [("2.0", "two"), ("1.0", "one")]
    assert host.run(lambda session: listed(graph.content_types_of(session, sub.id))) == []


def test_all_of_this_only_reads(host: SiteHost, tasks: UUID) -> None:
    async def read_all(session: Session) -> None:
        await listed(webs.webs_below(session, SITE))
        await webs.time_zone_of(session, SUB)
        await listed(lists.settings_of(session, SUB))
        await listed(columns.columns_of(session, SUB))
        await listed(columns.content_types_of(session, SUB, tasks))
        await listed(list_items.rows_of(session, SUB, tasks))
        await list_items.versions_of(session, SUB, tasks, 1)
        await list_items.attachments_of(session, SUB, tasks, 1)
        await list_items.attachment_content(session, SUB, tasks, 1, "it's.txt")
        await listed(graph.subsites_of(session, host.site_id))
        await listed(graph.lists_of(session, host.site_id))
        await listed(graph.columns_of(session, host.site_id, "Documents"))
        await listed(graph.content_types_of(session, host.site_id))
        await listed(graph.items_of(session, host.site_id, "Documents"))

    host.run(read_all, who=MOVER)
    assert len(host.seen) == 14
    assert [str(request.url) for request in host.seen if not only_reads(request)] == []
