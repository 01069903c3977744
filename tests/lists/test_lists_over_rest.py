"""Lists, their columns and content types, and their items over SharePoint REST (content-api.md 4.4, 4.6)."""

from __future__ import annotations

from graph_tenant import ANN, BOB
from lists.site_host import DELETE, MERGE, SITE, SiteHost

ANN_LOGIN = "i:0#.f|membership|ann@contoso.onmicrosoft.com"
BOB_LOGIN = "i:0#.f|membership|bob@contoso.onmicrosoft.com"


def user_number(host: SiteHost, login: str) -> int:
    return host.rest("POST", "ensureuser", {"logonName": login})["Id"]


def every_column(host: SiteHost, tasks: str, *, web: str = SITE) -> None:
    """One column of each kind."""
    for title, kind in (("Note", 3), ("Due", 4), ("Done", 8), ("Hours", 9), ("Cost", 10), ("Page", 11), ("Who", 20)):
        host.rest("POST", f"{tasks}/fields", {"Title": title, "FieldTypeKind": kind}, web=web)
    host.rest(
        "POST",
        f"{tasks}/fields",
        {"Title": "State", "FieldTypeKind": 6, "Choices": {"results": ["Open", "Shut"]}},
        web=web,
    )
    host.rest("POST", f"{tasks}/fields", {"Title": "Tags", "FieldTypeKind": 15, "Choices": ["a", "b"]}, web=web)
    team = {"Title": "Team", "FieldTypeKind": 20, "AllowMultipleValues": True}
    host.rest("POST", f"{tasks}/fields/addfield", {"parameters": team}, web=web)
    other = tasks.partition("'")[2].rstrip("')")
    schema = f'<Field Type="LookupMulti" Mult="TRUE" DisplayName="After" Name="After" List="{{{other}}}" />'
    host.rest("POST", f"{tasks}/fields/createfieldasxml", {"parameters": {"SchemaXml": schema}}, web=web)


def test_a_list_is_made_with_what_new_lists_have_and_found_by_id_title_and_path(host: SiteHost) -> None:
    made = host.rest("POST", "lists", {"Title": "Open tasks", "BaseTemplate": 100, "Description": "What is left"})
    assert (made["BaseTemplate"], made["BaseType"], made["EnableAttachments"]) == (100, 0, True)
    assert (made["EnableVersioning"], made["MajorVersionLimit"], made["ItemCount"]) == (True, 50, 0)
    for address in (
        f"lists(guid'{made['Id']}')",
        f"lists/getbyid('{made['Id']}')",
        "lists/getbytitle('open TASKS')",
        "getlist('/sites/x/Lists/Open tasks')",
        "getlist(@a)?@a='/sites/x/lists/open tasks'",
    ):
        assert host.rest("GET", address)["Id"] == made["Id"], address
    folder = host.rest("GET", "lists/getbytitle('Open tasks')/rootfolder")
    assert folder["ServerRelativeUrl"] == "/sites/x/Lists/Open tasks"
    assert {row["Title"] for row in host.rest("GET", "lists")["value"]} == {"Documents", "Open tasks"}


def test_a_title_is_given_once_and_an_address_of_the_same_name_gets_a_number(host: SiteHost) -> None:
    host.make_list("a:b")
    assert host.send("POST", "lists", {"Title": "A:B", "BaseTemplate": 100}).status_code == 409
    first = host.rest("GET", "lists/getbytitle('a:b')/rootfolder")["Name"]
    host.rest("POST", "lists/getbytitle('a:b')", {"Title": "renamed"}, headers=MERGE)
    again = host.make_list("a:b")
    assert host.rest("GET", f"{again}/rootfolder")["Name"] == f"{first}1"


def test_settings_of_a_list_change_and_impossible_ones_are_refused(host: SiteHost) -> None:
    tasks = host.make_list()
    host.rest("POST", tasks, {"EnableVersioning": False, "MajorVersionLimit": 7, "Hidden": True}, headers=MERGE)
    shown = host.rest("GET", tasks)
    assert (shown["EnableVersioning"], shown["MajorVersionLimit"], shown["Hidden"]) == (False, 7, True)
    for wrong in ({"EnableMinorVersions": True}, {"MajorVersionLimit": -1}, {"Title": " "}, {"BaseTemplate": 101}):
        assert host.send("PATCH", tasks, wrong).status_code == 400, wrong
    documents = "lists/getbytitle('Documents')"
    host.rest("PATCH", documents, {"EnableMinorVersions": True})
    assert host.rest("GET", documents)["EnableMinorVersions"] is True
    assert host.send("PATCH", documents, {"EnableAttachments": True}).status_code == 400
    assert host.send("PATCH", tasks, {"NoSuchSetting": True}).status_code == 400


def test_texts_of_definitions_hold_no_control_characters(host: SiteHost) -> None:
    tasks = host.make_list()
    nul = "a\x00b"
    for path, body in (
        ("lists", {"Title": nul, "BaseTemplate": 100}),
        ("lists", {"Title": "x", "BaseTemplate": 100, "Description": nul}),
        ("lists", {"Title": "x", "BaseTemplate": 99}),
        (f"{tasks}/fields", {"Title": nul, "FieldTypeKind": 2}),
        (f"{tasks}/fields", {"Title": "x", "FieldTypeKind": 6, "Choices": [nul]}),
        (f"{tasks}/fields", {"Title": "x", "FieldTypeKind": 2, "Description": "x" * 10_001}),
        ("fields", {"Title": "x", "FieldTypeKind": 2, "Group": nul}),
        ("contenttypes", {"Name": nul}),
        ("webs/add", {"parameters": {"Title": "x", "Url": "x", "Description": nul}}),
        ("webs/add", {"parameters": {"Title": "x", "Url": "x", "WebTemplate": nul}}),
    ):
        assert host.send("POST", path, body).status_code == 400, (path, body)
    assert host.send("PATCH", tasks, {"Description": nul}).status_code == 400
    assert host.rest("GET", f"{tasks}/fields?$select=InternalName")["value"] == [{"InternalName": "Title"}]


def test_values_of_every_kind_of_column_come_back_as_they_were_written(host: SiteHost) -> None:
    tasks = host.make_list()
    every_column(host, tasks)
    ann, bob = user_number(host, ANN_LOGIN), user_number(host, BOB_LOGIN)
    values = {
        "Title": "Paint",
        "Note": "two\nlines",
        "Due": "2026-11-24T08:00:00Z",
        "Done": True,
        "Hours": 1.5,
        "Cost": 20,
        "Page": {"Description": "Home", "Url": "https://contoso.com"},
        "WhoId": ann,
        "State": "Open",
        "Tags": ["a", "b"],
        "TeamId": [bob, ann],
        "AfterId": [1],
    }
    made = host.rest("POST", f"{tasks}/items", {"__metadata": {"type": "SP.Data.TasksListItem"}, **values})
    read = host.rest("GET", f"{tasks}/items({made['Id']})")
    assert {name: read[name] for name in values} == values
    assert (read["FileRef"], read["OData__UIVersionString"]) == ("/sites/x/Lists/Tasks/1_.000", "1.0")
    verbose: dict[str, object] = {"Tags": {"results": ["b"]}, "TeamId": {"results": []}, "WhoId": None}
    host.rest("POST", f"{tasks}/items(1)", verbose, headers=MERGE)
    read = host.rest("GET", f"{tasks}/items(1)?$select=Tags,TeamId,WhoId,Title,Author/Title&$expand=Author")
    assert (read["Tags"], read["TeamId"], read["WhoId"], read["Title"]) == (["b"], None, None, "Paint")
    assert read["Author"]["Title"] == "Ann"


WRONG: tuple[dict[str, object], ...] = (
    {"Hours": "many"},
    {"Done": 1},
    {"Due": "tomorrow"},
    {"WhoId": 999_999},
    {"WhoId": True},
    {"Who": 1},
    {"Page": "https://contoso.com"},
    {"Tags": [1]},
    {"Title": "x" * 256},
    {"Title": "a\x00b"},
    {"AfterId": [-1]},
    {"Nothing": 1},
    {"Author": 1},
)


def test_a_value_no_column_takes_is_refused_and_nothing_is_written(host: SiteHost) -> None:
    tasks = host.make_list()
    every_column(host, tasks)
    for wrong in WRONG:
        assert host.send("POST", f"{tasks}/items", wrong).status_code == 400, wrong
    assert host.rest("GET", f"{tasks}/items")["value"] == []


def test_each_change_makes_a_version_with_who_and_what_it_was(host: SiteHost) -> None:
    tasks = host.make_list()
    host.rest("POST", f"{tasks}/items", {"Title": "one"})
    host.tenant.clock.advance(seconds=60)
    host.rest("POST", f"{tasks}/items(1)", {"Title": "two"}, headers=MERGE)
    versions = host.rest("GET", f"{tasks}/items(1)/versions")["value"]
    assert [(row["VersionLabel"], row["Title"], row["IsCurrentVersion"]) for row in versions] == [
        ("2.0", "two", True),
        ("1.0", "one", False),
    ]
    assert versions[0]["Created"] > versions[1]["Created"]
    host.rest("POST", tasks, {"EnableVersioning": False}, headers=MERGE)
    host.rest("POST", f"{tasks}/items(1)", {"Title": "three"}, headers=MERGE)
    versions = host.rest("GET", f"{tasks}/items(1)/versions")["value"]
    assert [row["Title"] for row in versions] == ["three", "one"]


def test_an_etag_of_another_state_is_refused(host: SiteHost) -> None:
    tasks = host.make_list()
    host.rest("POST", f"{tasks}/items", {"Title": "one"})
    tag = host.send("POST", f"{tasks}/items(1)", {"Title": "two"}, headers=MERGE).headers["etag"]
    old = {**MERGE, "If-Match": tag}
    assert host.send("POST", f"{tasks}/items(1)", {"Title": "three"}, headers=old).status_code == 204
    assert host.send("POST", f"{tasks}/items(1)", {"Title": "four"}, headers=old).status_code == 412


def test_items_are_paged_by_number_and_deleted_ones_are_gone(host: SiteHost) -> None:
    tasks = host.make_list()
    for number in range(5):
        host.rest("POST", f"{tasks}/items", {"Title": str(number)})
    host.rest("POST", f"{tasks}/items(2)", headers=DELETE)
    recycled = host.rest("POST", f"{tasks}/items(4)/recycle()")["value"]
    page = host.rest("GET", f"{tasks}/items?$top=2&$select=Id")
    found = [row["Id"] for row in page["value"]]
    while "odata.nextLink" in page:
        page = host.tenant.ask("GET", page["odata.nextLink"], ANN, headers={"Accept": "application/json"}).json()
        found += [row["Id"] for row in page["value"]]
    assert found == [1, 3, 5]
    assert recycled and host.send("GET", f"{tasks}/items(4)").status_code == 404


def test_a_form_states_author_editor_and_dates_without_a_version(host: SiteHost) -> None:
    tasks = host.make_list()
    host.rest("POST", f"{tasks}/fields", {"Title": "Hours", "FieldTypeKind": 9})
    host.rest("POST", f"{tasks}/items", {"Title": "one"})
    form = {
        "Author": f"[{{'Key':'{BOB_LOGIN}'}}]",
        "Editor": f"[{{'Key':'{BOB_LOGIN}'}}]",
        "Created": "2/1/2020 8:00 AM",
        "Modified": "2020-02-03T10:00:00Z",
        "Hours": "2.5",
    }
    values = [{"FieldName": name, "FieldValue": text} for name, text in form.items()]
    body = {"formValues": values, "bNewDocumentUpdate": True, "datesInUTC": True}
    rows = host.rest("POST", f"{tasks}/items(1)/validateupdatelistitem()", body)["value"]
    assert not any(row["HasException"] for row in rows)
    read = host.rest("GET", f"{tasks}/items(1)?$expand=Author,Editor")
    assert (read["Created"], read["Modified"]) == ("2020-02-01T08:00:00Z", "2020-02-03T10:00:00Z")
    assert (read["Author"]["Title"], read["Editor"]["Title"], read["Hours"]) == ("Bob", "Bob", 2.5)
    versions = host.rest("GET", f"{tasks}/items(1)/versions")["value"]
    assert [(row["VersionLabel"], row["Created"]) for row in versions] == [("1.0", "2020-02-03T10:00:00Z")]


def test_one_wrong_field_of_a_form_is_told_and_nothing_changes(host: SiteHost) -> None:
    tasks = host.make_list()
    host.rest("POST", f"{tasks}/items", {"Title": "one"})
    values = [
        {"FieldName": "Title", "FieldValue": "two"},
        {"FieldName": "Modified", "FieldValue": "2/1/2020 8:00 AM"},
        {"FieldName": "Author", "FieldValue": "[{'Key':'nobody@contoso.com'}]"},
        {"FieldName": "Nothing", "FieldValue": "1"},
    ]
    answer = host.send("POST", f"{tasks}/items(1)/validateupdatelistitem()", {"formValues": values})
    assert answer.status_code == 200
    assert [row["HasException"] for row in answer.json()["value"]] == [False, True, True, True]
    assert host.rest("GET", f"{tasks}/items(1)")["Title"] == "one"


def test_files_are_attached_read_and_taken_away(host: SiteHost) -> None:
    tasks = host.make_list()
    host.rest("POST", f"{tasks}/items", {"Title": "one"})
    attached = f"{tasks}/items(1)/AttachmentFiles"
    assert host.rest("GET", f"{tasks}/items(1)")["Attachments"] is False
    made = host.rest("POST", f"{attached}/add(FileName='it''s %C3%A4.txt')", content=b"what it says")
    assert (made["FileName"], made["Length"]) == ("it's ä.txt", "12")
    assert made["ServerRelativeUrl"] == "/sites/x/Lists/Tasks/Attachments/1/it's ä.txt"
    assert host.send("POST", f"{attached}/add(FileName='IT''S %C3%84.TXT')", content=b"x").status_code == 409
    assert host.send("GET", f"{attached}('it''s %C3%A4.txt')/$value").content == b"what it says"
    assert host.rest("GET", f"{tasks}/items(1)?$expand=AttachmentFiles")["AttachmentFiles"] == [made]
    assert host.rest("GET", f"{tasks}/items(1)")["Attachments"] is True
    assert host.send("POST", f"{attached}/add(FileName='a/b')", content=b"x").status_code in (400, 404)
    host.rest("POST", f"{attached}('it''s %C3%A4.txt')", headers=DELETE)
    assert host.rest("GET", attached)["value"] == []
    library = "lists/getbytitle('Documents')"
    host.tenant.put(host.drive, "a.txt", b"a")
    assert host.send("POST", f"{library}/items(1)/AttachmentFiles/add(FileName='a')", content=b"").status_code == 400


def test_a_file_has_fields_and_changing_them_makes_its_next_version(host: SiteHost) -> None:
    library = "lists/getbytitle('Documents')"
    host.rest("POST", f"{library}/fields", {"Title": "Reviewed by", "FieldTypeKind": 20})
    host.tenant.put(host.drive, "a/it's.txt", b"text")
    ann = user_number(host, ANN_LOGIN)
    place = "getfilebyserverrelativepath(DecodedUrl='/sites/x/Shared Documents/a/it''s.txt')/ListItemAllFields"
    host.rest("POST", place, {"Title": "Plan", "Reviewed_x0020_byId": ann}, headers=MERGE)
    read = host.rest("GET", place)
    assert (read["Title"], read["Reviewed_x0020_byId"], read["OData__UIVersionString"]) == ("Plan", ann, "2.0")
    assert read["File_x0020_Size"] == "4"
    by_number = host.rest("GET", f"{library}/items({read['Id']})/versions")["value"]
    assert [(row["Title"], row["Size"]) for row in by_number] == [("Plan", 4), (None, 4)]
    folder = "GetFolderByServerRelativeUrl('/sites/x/Shared Documents/a')/ListItemAllFields"
    host.rest("POST", folder, {"Title": "All of it"}, headers=MERGE)
    assert host.rest("GET", folder)["Title"] == "All of it"
    host.rest("PATCH", library, {"EnableMinorVersions": True})
    host.rest("POST", place, {"Title": "Draft"}, headers=MERGE)
    assert host.rest("GET", place)["OData__UIVersionString"] == "2.1"
    assert host.send("POST", f"{library}/items", {"Title": "x"}).status_code == 400


def test_columns_are_renamed_and_taken_away_and_keep_their_internal_names(host: SiteHost) -> None:
    tasks = host.make_list()
    made = host.rest("POST", f"{tasks}/fields", {"Title": "Due date", "FieldTypeKind": 4, "Required": True})
    assert (made["InternalName"], made["TypeAsString"], made["Required"]) == ("Due_x0020_date", "DateTime", True)
    assert (
        host.rest("POST", f"{tasks}/fields", {"Title": "Due date", "FieldTypeKind": 2})["InternalName"]
        == "Due_x0020_date0"
    )
    by_name = f"{tasks}/fields/getbyinternalnameortitle('Due_x0020_date')"
    host.rest("POST", by_name, {"Title": "Deadline", "Description": "at the latest"}, headers=MERGE)
    shown = host.rest("GET", by_name)
    assert (shown["Title"], shown["Description"], shown["InternalName"]) == (
        "Deadline",
        "at the latest",
        "Due_x0020_date",
    )
    assert 'DisplayName="Deadline"' in shown["SchemaXml"]
    host.rest("POST", f"{tasks}/items", {"Due_x0020_date": "2026-01-01T00:00:00Z"})
    host.rest("POST", by_name, headers=DELETE)
    assert "Due_x0020_date" not in host.rest("GET", f"{tasks}/items(1)")
    assert host.send("GET", by_name).status_code == 404


SCHEMAS = (
    "<Field",
    "<List/>",
    "<!DOCTYPE a [<!ENTITY b 'c'>]><Field Type='Text' Name='x' DisplayName='&b;'/>",
    "<Field Type='Calculated' Name='x' DisplayName='x'/>",
    "<Field Type='Lookup' Name='x' DisplayName='x'/>",
    "<Field Type='Lookup' Name='x' DisplayName='x' List='{00000000-0000-0000-0000-000000000001}'/>",
    "<Field Type='Text' Name='a b' DisplayName='x'/>",
    "<Field Type='Text' Name='Editor' DisplayName='x'/>",
    "<Field Type='Text' DisplayName=' '/>",
)


def test_a_schema_that_is_no_column_of_ours_is_refused(host: SiteHost) -> None:
    tasks = host.make_list()
    for schema in SCHEMAS:
        body = {"parameters": {"SchemaXml": schema}}
        assert host.send("POST", f"{tasks}/fields/createfieldasxml", body).status_code == 400, schema


def test_a_content_type_of_the_web_is_taken_up_by_a_list_with_its_columns(host: SiteHost) -> None:
    host.rest("POST", "fields", {"Title": "Client", "FieldTypeKind": 2})
    made = host.rest("POST", "contenttypes", {"Name": "Case", "Description": "A case", "Group": "Ours"})
    type_id = made["StringId"]
    host.rest("POST", f"contenttypes('{type_id}')/fieldlinks", {"FieldInternalName": "Client"})
    tasks = host.make_list()
    taken = host.rest("POST", f"{tasks}/contenttypes/addavailablecontenttype", {"contentTypeId": type_id})
    assert taken["StringId"].startswith(f"{type_id}00") and len(taken["StringId"]) == len(type_id) + 34
    shown = host.rest("GET", f"{tasks}/contenttypes?$expand=FieldLinks")["value"]
    assert [(row["Name"], [link["Name"] for link in row["FieldLinks"]]) for row in shown] == [
        ("Case", ["Client"]),
        ("Item", []),
        ("Folder", []),
    ]
    host.rest("POST", f"{tasks}/items", {"Client": "Fabrikam", "ContentTypeId": taken["StringId"]})
    read = host.rest("GET", f"{tasks}/items(1)")
    assert (read["Client"], read["ContentTypeId"]) == ("Fabrikam", taken["StringId"])
    host.rest("POST", f"{tasks}/contenttypes('{taken['StringId']}')", headers=DELETE)
    assert [row["Name"] for row in host.rest("GET", f"{tasks}/contenttypes")["value"]] == ["Item", "Folder"]
    assert host.send("POST", "contenttypes", {"Name": "x", "Id": {"StringValue": "0x02"}}).status_code == 400


def test_a_list_goes_to_the_recycle_bin_with_its_items_and_the_default_library_stays(host: SiteHost) -> None:
    tasks = host.make_list()
    host.rest("POST", f"{tasks}/items", {"Title": "one"})
    host.rest("POST", tasks, headers=DELETE)
    assert host.send("GET", tasks).status_code == 404
    assert host.send("GET", f"{tasks}/items(1)").status_code == 404
    assert host.send("DELETE", "lists/getbytitle('Documents')").status_code == 400
    host.make_list()


NOWHERE = (
    "lists(guid'no')",
    "lists('')/items",
    "lists/getbytitle('none')",
    "lists/getbytitle('Documents')/views",
    "lists/getbytitle('Documents')/items(abc)",
    "lists/getbytitle('Documents')/items(99999999999999999999)",
    "lists/getbytitle('Documents')/items(1)/versions/a/b/c/d/e/f/g",
    "lists/getbytitle('Documents')/items?$filter=Title eq 'x'",
    "getlist('/sites/other/Lists/x')",
    "lists/getbytitle(%27%00%27)",
    "fields('nothing')",
    "contenttypes('0x0101zz')",
    "GetFileByServerRelativePath(DecodedUrl='x')/ListItemAllFields",
    "listsanything",
)


def test_an_address_that_means_nothing_is_never_a_fault_of_ours(host: SiteHost) -> None:
    for path in NOWHERE:
        assert host.send("GET", path).status_code in (400, 404), path


def test_who_may_not_read_a_list_item_is_not_shown_it_and_may_not_change_it(host: SiteHost) -> None:
    tasks = host.make_list()
    host.rest("POST", f"{tasks}/items", {"Title": "open"})
    host.rest("POST", f"{tasks}/items", {"Title": "secret"})
    bob = user_number(host, BOB_LOGIN)
    role = "roleassignments/addroleassignment(principalid={},roledefid={})"
    host.rest("POST", role.format(bob, 1073741827))
    host.rest("POST", f"{tasks}/items(2)/AttachmentFiles/add(FileName='a.txt')", content=b"secret")
    host.rest("POST", f"{tasks}/items(2)/breakroleinheritance(copyRoleAssignments=false)")
    assert [row["Title"] for row in host.rest("GET", f"{tasks}/items", who=BOB)["value"]] == ["open"]
    for method, path, body in (
        ("GET", f"{tasks}/items(2)", None),
        ("GET", f"{tasks}/items(2)/versions", None),
        ("GET", f"{tasks}/items(2)/AttachmentFiles", None),
        ("GET", f"{tasks}/items(2)/AttachmentFiles('a.txt')/$value", None),
        ("POST", f"{tasks}/items(2)/AttachmentFiles/add(FileName='b.txt')", None),
        ("DELETE", f"{tasks}/items(2)/AttachmentFiles('a.txt')", None),
        ("PATCH", f"{tasks}/items(2)", {"Title": "mine"}),
        ("DELETE", f"{tasks}/items(2)", None),
        ("DELETE", tasks, None),
    ):
        assert host.send(method, path, body, who=BOB).status_code == 403, path
    host.rest("PATCH", f"{tasks}/items(1)", {"Title": "changed"}, who=BOB)
    state = {"formValues": [{"FieldName": "Editor", "FieldValue": f"[{{'Key':'{ANN_LOGIN}'}}]"}]}
    assert host.send("POST", f"{tasks}/items(1)/validateupdatelistitem()", state, who=BOB).status_code == 403
    assert host.send("POST", "fields", {"Title": "x", "FieldTypeKind": 2}, who=BOB).status_code == 403
    assert host.rest("GET", f"{tasks}/items(2)?$select=HasUniqueRoleAssignments")["HasUniqueRoleAssignments"] is True
    assert host.send("GET", "lists", who=BOB, web=f"{SITE}/none").status_code == 404
