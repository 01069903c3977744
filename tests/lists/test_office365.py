"""office365-rest-python-client, unchanged, works on lists of ours: only its sockets are left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import requests
from requests.adapters import BaseAdapter

from graph_tenant import ANN
from lists.site_host import SITE, SiteHost

pytest.importorskip("office365")

from office365.sharepoint.client_context import ClientContext
from office365.sharepoint.fields.user_value import FieldUserValue
from office365.sharepoint.lists.creation_information import ListCreationInformation
from office365.sharepoint.webs.creation_information import WebCreationInformation


class ToHost(BaseAdapter):
    """Hands every request of a `requests` session to the host's application."""

    def __init__(self, host: SiteHost) -> None:
        super().__init__()
        self._host = host
        self.sent: list[str] = []

    def send(self, request: requests.PreparedRequest, **more: Any) -> requests.Response:  # type: ignore[override]
        self.sent.append(f"{request.method} {request.url}")
        body = request.body.encode() if isinstance(request.body, str) else request.body
        headers: Mapping[str, str] = {
            name: value for name, value in request.headers.items() if name.lower() != "authorization"
        }
        answer = self._host.tenant.ask(str(request.method), str(request.url), ANN, content=body, headers=headers)
        made = requests.Response()
        made.status_code, made.url, made.request = answer.status_code, str(request.url), request
        made.headers.update(answer.headers)
        made._content = answer.content  # type: ignore[assignment]  # there is no public way to make a response
        return made

    def close(self) -> None:
        return None


@pytest.fixture
def context(host: SiteHost) -> ClientContext:
    session = requests.Session()
    session.mount("https://", ToHost(host))
    made = ClientContext(SITE).with_access_token(lambda: {"access_token": "x", "token_type": "Bearer"})
    return made.with_transport(session=session)


def test_a_list_with_columns_and_items_is_made_read_changed_and_emptied(context: ClientContext, host: SiteHost) -> None:
    tasks = context.web.lists.add(ListCreationInformation("Tasks", "What is left", 100)).execute_query()
    tasks.fields.add_number("Hours").execute_query()
    tasks.fields.add_choice_field("Tags", ["a", "b"], multiple_values=True).execute_query()
    tasks.fields.add_user_field("Who").execute_query()
    ann = context.web.ensure_user("ann@contoso.onmicrosoft.com").execute_query()
    item = tasks.add_item({"Title": "one", "Hours": 1.5, "Who": FieldUserValue.from_user(ann)}).execute_query()
    assert (item.properties["Title"], item.properties["WhoId"]) == ("one", ann.id)
    item.set_property("Title", "two").set_choice_field_value("Tags", ["b"]).execute_query()
    found = tasks.items.get().execute_query()
    assert [(one.properties["Title"], one.properties["Hours"]) for one in found] == [("two", 1.5)]
    assert list(host.rest("GET", "lists/getbytitle('Tasks')/items(1)")["Tags"]) == ["b"]
    versions = item.versions.get().execute_query()
    assert [one.properties["VersionLabel"] for one in versions] == ["2.0", "1.0"]
    item.attachment_files.add({"filename": "it's.txt", "content": b"text"}).execute_query()
    attached = item.attachment_files.get().execute_query()
    assert [one.properties["FileName"] for one in attached] == ["it's.txt"]
    item.recycle().execute_query()
    assert len(tasks.items.get().execute_query()) == 0
    tasks.delete_object().execute_query()
    assert [one.properties["Title"] for one in context.web.lists.get().execute_query()] == ["Documents"]


def test_a_form_sets_author_and_dates(context: ClientContext, host: SiteHost) -> None:
    tasks = context.web.lists.add(ListCreationInformation("Tasks", None, 100)).execute_query()
    item = tasks.add_item({"Title": "one"}).execute_query()
    form = {"Created": "2020-02-01T08:00:00Z", "Author": "[{'Key':'i:0#.f|membership|bob@contoso.onmicrosoft.com'}]"}
    result = item.validate_update_list_item(form, new_document_update=True, dates_in_utc=True).execute_query()
    assert [one.HasException for one in result.value] == [False, False]
    read = host.rest("GET", "lists/getbytitle('Tasks')/items(1)?$expand=Author")
    assert (read["Created"], read["Author"]["Title"]) == ("2020-02-01T08:00:00Z", "Bob")


def test_a_subweb_and_a_content_type_are_made(context: ClientContext) -> None:
    sub = context.web.webs.add(WebCreationInformation("Sub", "sub")).execute_query()
    assert sub.properties["Url"] == f"{SITE}/sub"
    assert [one.properties["Title"] for one in context.web.webs.get().execute_query()] == ["Sub"]
    made = context.web.content_types.ensure("Case", "A case").execute_query()
    assert made.properties["Name"] == "Case"
