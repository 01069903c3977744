"""Lists, columns, content types, items and subwebs over Graph (content-api.md 1.2, 1.13)."""

from __future__ import annotations

from typing import Any

from graph_tenant import ANN, BOB
from lists.site_host import SITE, SiteHost
from lists.test_lists_over_rest import ANN_LOGIN, BOB_LOGIN, user_number

COLUMNS: list[dict[str, Any]] = [
    {"name": "Note", "text": {"allowMultipleLines": True}},
    {"name": "Due", "dateTime": {"format": "dateOnly"}},
    {"name": "Done", "boolean": {}},
    {"name": "Hours", "number": {}},
    {"name": "Cost", "currency": {}},
    {"name": "Page", "hyperlinkOrPicture": {"isPicture": False}},
    {"name": "Who", "personOrGroup": {}},
    {"name": "Team", "personOrGroup": {"allowMultipleSelection": True}},
    {"name": "State", "choice": {"choices": ["Open", "Shut"]}, "required": True},
    {"name": "Tags", "choice": {"choices": ["a", "b"], "displayAs": "checkBoxes"}},
]


def make_list(host: SiteHost, title: str = "Tasks", **more: Any) -> dict[str, Any]:
    body = {"displayName": title, "list": {"template": "genericList"}, **more}
    return host.graph("POST", "lists", body, status=201)


def test_a_list_is_made_with_its_columns_and_found_by_id_and_title(host: SiteHost) -> None:
    made = make_list(host, "Open tasks", columns=COLUMNS, description="What is left")
    assert made["list"] == {"template": "genericList", "hidden": False, "contentTypesEnabled": False}
    assert made["webUrl"] == f"{SITE}/Lists/Open%20tasks"
    for name in (made["id"], "open%20Tasks"):
        assert host.graph("GET", f"lists/{name}")["id"] == made["id"]
    shown = host.graph("GET", f"lists/{made['id']}?$expand=columns&$select=id")
    assert [column["name"] for column in shown["columns"]] == [column["name"] for column in COLUMNS]
    columns = host.graph("GET", f"lists/{made['id']}/columns")["value"]
    for asked, told in zip(COLUMNS, columns, strict=True):
        facet = next(name for name in asked if name not in ("name", "required"))
        assert told[facet].items() >= {k: v for k, v in asked[facet].items() if k != "format"}.items()
    assert host.rest("GET", "getlist('/sites/x/Lists/Open tasks')")["Id"] == made["id"]


def test_a_hidden_list_is_listed_only_for_who_asks_for_system_lists(host: SiteHost) -> None:
    make_list(host, "Hidden", list={"template": "tasks", "hidden": True})
    assert [row["displayName"] for row in host.graph("GET", "lists")["value"]] == ["Documents"]
    shown = host.graph("GET", "lists?$select=displayName,system")["value"]
    assert {row["displayName"] for row in shown} == {"Documents", "Hidden"}


def test_fields_are_written_and_read_in_graphs_spelling(host: SiteHost) -> None:
    place = f"lists/{make_list(host, columns=COLUMNS)['id']}"
    ann, bob = user_number(host, ANN_LOGIN), user_number(host, BOB_LOGIN)
    values = {
        "Title": "Paint",
        "Note": "two\nlines",
        "Due": "2026-11-24T08:00:00Z",
        "Done": False,
        "Hours": 1.5,
        "Cost": 3,
        "Page": {"Description": "Home", "Url": "https://contoso.com"},
        "State": "Open",
        "Tags": ["b"],
    }
    people = {"WhoLookupId": str(ann), "TeamLookupId@odata.type": "Collection(Edm.Int32)", "TeamLookupId": [bob, ann]}
    made = host.graph("POST", f"{place}/items", {"fields": {**values, **people}}, status=201)
    assert made["fields"].items() >= values.items()
    read = host.graph("GET", f"{place}/items/{made['id']}?$expand=fields")["fields"]
    assert (read["WhoLookupId"], read["AuthorLookupId"], read["ContentType"]) == (str(ann), str(ann), "Item")
    assert [(one["LookupId"], one["LookupValue"]) for one in read["Team"]] == [(bob, "Bob"), (ann, "Ann")]
    only = host.graph("GET", f"{place}/items?$expand=fields($select=Title,Hours)")["value"]
    assert [row["fields"] for row in only] == [{"@odata.etag": made["eTag"], "Title": "Paint", "Hours": 1.5}]
    assert "fields" not in host.graph("GET", f"{place}/items")["value"][0]
    # REST says the same
    rest = host.rest("GET", f"lists/getbytitle('Tasks')/items({made['id']})")
    assert (rest["WhoId"], rest["TeamId"], rest["Tags"]) == (ann, [bob, ann], ["b"])


def test_a_change_of_fields_is_a_version_and_wrong_ones_are_refused(host: SiteHost) -> None:
    place = f"lists/{make_list(host, columns=COLUMNS)['id']}"
    host.graph("POST", f"{place}/items", {"fields": {"Title": "one"}}, status=201)
    host.graph("PATCH", f"{place}/items/1/fields", {"Title": "two", "Hours": 2})
    host.graph("PATCH", f"{place}/items/1", {"fields": {"Hours": None}})
    versions = host.graph("GET", f"{place}/items/1/versions")["value"]
    assert [(row["id"], row["fields"]["Title"], row["fields"].get("Hours")) for row in versions] == [
        ("3.0", "two", None),
        ("2.0", "two", 2),
        ("1.0", "one", None),
    ]
    assert host.graph("GET", f"{place}/items/1/versions/2.0")["fields"]["Hours"] == 2
    host.graph("GET", f"{place}/items/1/versions/9.0", status=404)
    for wrong in ({"Created": "2020-01-01T00:00:00Z"}, {"Hours": "x"}, {"WhoLookupId": "nobody"}, {"Who": 1}):
        host.graph("PATCH", f"{place}/items/1/fields", wrong, status=400)
    host.graph("PATCH", f"{place}/items/1/fields", [1], status=400)
    stale = {"If-Match": '"x,1"'}
    host.graph("PATCH", f"{place}/items/1/fields", {"Title": "three"}, status=412, headers=stale)
    host.graph("DELETE", f"{place}/items/1", status=204)
    host.graph("GET", f"{place}/items/1", status=404)


def test_items_are_paged_and_a_librarys_items_lead_to_their_files(host: SiteHost) -> None:
    for number in range(5):
        host.tenant.put(host.drive, f"{number}.txt", b"text")
    page = host.graph("GET", "lists/Documents/items?$top=2&$expand=fields")
    found = [row["fields"]["FileLeafRef"] for row in page["value"]]
    while "@odata.nextLink" in page:
        page = host.tenant.ask("GET", page["@odata.nextLink"], ANN).json()
        found += [row["fields"]["FileLeafRef"] for row in page["value"]]
    assert found == [f"{number}.txt" for number in range(5)]
    file = host.graph("GET", "lists/Documents/items/3/driveItem")
    assert (file["name"], file["size"]) == ("2.txt", 4)
    assert host.graph("GET", "lists/Documents/drive")["id"] == host.graph("GET", "drive")["id"]
    host.graph("PATCH", "lists/Documents/items/3/fields", {"Title": "Plan"})
    assert host.graph("GET", "lists/Documents/items/3/versions")["value"][0]["id"] == "2.0"
    host.graph("POST", "lists/Documents/items", {"fields": {"Title": "x"}}, status=400)


def test_columns_and_content_types_are_added_changed_and_taken_away(host: SiteHost) -> None:
    host.graph("POST", "columns", {"name": "Client", "text": {}}, status=201)
    case = host.graph("POST", "contentTypes", {"name": "Case", "base": {"id": "0x01"}}, status=201)
    place = f"lists/{make_list(host)['id']}"
    copied = host.graph(
        "POST", f"{place}/contentTypes/addCopy", {"contentType": f"https://x/contentTypes/{case['id']}"}, status=201
    )
    assert copied["id"].startswith(case["id"])
    item = host.graph("POST", f"{place}/items", {"fields": {}, "contentType": {"id": copied["id"]}}, status=201)
    assert item["contentType"] == {"id": copied["id"], "name": "Case"}
    column = host.graph("POST", f"{place}/columns", {"displayName": "Due date", "dateTime": {}}, status=201)
    assert column["name"] == "Due_x0020_date"
    changed = host.graph("PATCH", f"{place}/columns/{column['id']}", {"displayName": "Deadline", "indexed": True})
    assert (changed["displayName"], changed["name"], changed["indexed"]) == ("Deadline", "Due_x0020_date", True)
    for wrong in ({"number": {}}, {"name": "other"}, {"displayName": " "}, {"enforceUniqueValues": True}):
        host.graph("PATCH", f"{place}/columns/{column['id']}", wrong, status=400)
    for wrong in ({"name": "x"}, {"name": "x", "text": {}, "number": {}}, {"text": {}}, {"name": "x", "lookup": {}}):
        host.graph("POST", f"{place}/columns", wrong, status=400)
    host.graph("DELETE", f"{place}/columns/Due_x0020_date", status=204)
    assert host.graph("GET", f"{place}/columns")["value"] == []
    host.graph("DELETE", f"{place}/contentTypes/{copied['id']}", status=204)
    assert host.graph("GET", f"{place}/contentTypes")["value"] == []
    assert [row["name"] for row in host.graph("GET", "columns")["value"]] == ["Client"]


def test_a_subweb_is_a_site_below_a_site_with_its_own_drive_and_lists(host: SiteHost) -> None:
    host.rest("POST", "webs/add", {"parameters": {"Title": "Sub", "Url": "sub"}})
    (sub,) = host.graph("GET", "sites")["value"]
    assert (sub["displayName"], sub["webUrl"]) == ("Sub", f"{SITE}/sub")
    by_path = "contoso.sharepoint.com:/sites/x/sub:"
    for name in (sub["id"], by_path.rstrip(":"), by_path):
        assert host.graph("GET", "", site=name)["id"] == sub["id"]
    (drive,) = host.graph("GET", "drives", site=sub["id"])["value"]
    assert drive["webUrl"] == f"{SITE}/sub/Shared%20Documents"
    assert host.graph("GET", "drive", site=sub["id"])["id"] == drive["id"]
    assert [one["id"] for one in host.graph("GET", "drives")["value"]] == [host.graph("GET", "drive")["id"]]
    answer = host.tenant.ask("PUT", f"/drives/{drive['id']}/root:/a/b.txt:/content", ANN, content=b"text")
    assert answer.json()["webUrl"] == f"{SITE}/sub/Shared%20Documents/a/b.txt"
    made = host.graph("POST", "lists", {"displayName": "Tasks"}, site=sub["id"], status=201)
    assert made["parentReference"] == {"siteId": sub["id"]}
    assert host.graph("GET", "lists/Tasks", site=by_path)["id"] == made["id"]
    host.graph("GET", "lists/Tasks", status=404)
    host.graph("GET", "", site=f"{sub['id'][:-1]}0", status=404)


def test_who_may_not_enter_learns_nothing_and_who_may_only_read_changes_nothing(host: SiteHost) -> None:
    place = f"lists/{make_list(host)['id']}"
    host.graph("POST", f"{place}/items", {"fields": {"Title": "one"}}, status=201)
    asked = (
        "lists",
        place,
        f"{place}/items",
        f"{place}/items/1",
        f"{place}/items/1/versions",
        f"{place}/columns",
        "sites",
    )
    for path in asked:
        host.graph("GET", path, who=BOB, status=403)
    bob = user_number(host, BOB_LOGIN)
    host.rest("POST", f"roleassignments/addroleassignment(principalid={bob},roledefid=1073741826)")
    for path in asked:
        host.graph("GET", path, who=BOB)
    for method, path, body in (
        ("POST", "lists", {"displayName": "x"}),
        ("POST", f"{place}/items", {"fields": {}}),
        ("PATCH", place, {"displayName": "x"}),
        ("PATCH", f"{place}/items/1/fields", {"Title": "x"}),
        ("DELETE", f"{place}/items/1", None),
        ("DELETE", place, None),
        ("POST", f"{place}/columns", {"name": "x", "text": {}}),
        ("POST", "columns", {"name": "x", "text": {}}),
    ):
        host.graph(method, path, body, who=BOB, status=403)


NOWHERE = (
    ("lists/none", 404),
    ("lists/none/items", 404),
    ("lists/Documents/nothing", 400),
    ("lists/Documents/items/abc", 404),
    ("lists/Documents/items/99999999999", 404),
    ("lists/Documents/items/1/versions/1.0/fields/x", 400),
    ("lists/Documents/items?$expand=children", 501),
    ("lists/Documents/items?$filter=fields/Title eq 'x'", 501),
    ("lists/Documents/items?$skiptoken=!!", 400),
    ("lists/Documents/items?$skiptoken=LTE", 400),
    ("lists/Documents/columns/none", 404),
    ("lists/Documents/contentTypes/0x01", 404),
    ("columns/none/more", 400),
)


def test_an_address_that_means_nothing_gets_a_clear_answer(host: SiteHost) -> None:
    for path, status in NOWHERE:
        host.graph("GET", path, status=status)
