"""SharePoint's rules for names and paths."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xtenant.domain import errors, paths

BAD = [
    "",
    " a",
    "a ",
    "a.",
    "a:b",
    "a/b",
    "a\\b",
    'a"b',
    "a|b",
    "a?b",
    "CON",
    "nul",
    "Com7",
    "lpt0",
    ".lock",
    "Desktop.ini",
    "~$a.docx",
    "x_VTI_y",
    "a\0b",
    "a\nb",
    "\ud800",
    "x" * 256,
]
GOOD = ["a", "#", "100%.txt", "a'b", "..a", ".hidden", "con.txt", "~a.txt", "x" * 255, "日本語", "a+b", "forms"]


@pytest.mark.parametrize("name", BAD, ids=ascii)
def test_a_forbidden_name_is_refused_with_its_reason(name: str) -> None:
    with pytest.raises(paths.InvalidName, match="cannot be used: it"):
        paths.item_name(name)


@pytest.mark.parametrize("name", GOOD, ids=ascii)
def test_an_allowed_name_stays_as_it_is(name: str) -> None:
    assert paths.item_name(name) == name == paths.closest_name(name)


def test_folders_and_the_library_s_root_are_stricter() -> None:
    with pytest.raises(paths.InvalidName):
        paths.item_name("~a", folder=True)
    with pytest.raises(paths.InvalidName):
        paths.item_name("Forms", at_root=True)


@given(st.text(max_size=400), st.booleans(), st.booleans())
def test_any_local_name_has_an_allowed_neighbour(name: str, folder: bool, at_root: bool) -> None:
    found = paths.closest_name(name, folder=folder, at_root=at_root)
    assert paths.is_item_name(found, folder=folder, at_root=at_root)
    assert paths.closest_name(found, folder=folder, at_root=at_root) == found


@given(st.text(max_size=50))
def test_names_equal_but_for_case_and_composition_have_one_key(name: str) -> None:
    key = paths.name_key(name)
    assert key == paths.name_key(unicodedata.normalize("NFD", name)) == paths.name_key(key)


@given(st.text(min_size=1, max_size=255), st.integers(1, 999))
def test_a_numbered_name_is_another_one_of_allowed_length(name: str, number: int) -> None:
    tried = paths.numbered(name, number)
    assert tried != name
    assert len(tried) <= 255


def test_numbers_go_before_the_extension() -> None:
    assert paths.numbered("a.tar.gz", 2) == "a.tar 2.gz"
    assert paths.numbered(".hidden", 1) == ".hidden 1"


@pytest.mark.parametrize(
    "text",
    [
        "https://C.sharepoint.com/sites/A%20b/",
        " https://c.sharepoint.com//sites/A b",
        "https://c.sharepoint.com/sites/A b",
    ],
)
def test_an_address_is_stored_in_one_spelling(text: str) -> None:
    assert paths.site_url(text) == "https://c.sharepoint.com/sites/A b"
    assert paths.url_key(text) == "https://c.sharepoint.com/sites/a b"


@pytest.mark.parametrize("text", ["http://c.sharepoint.com/", "c.sharepoint.com", "https:///x", "https://c/x?y", ""])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(errors.UsageError):
        paths.site_url(text)


def test_a_path_counts_from_the_site_on_and_decoded() -> None:
    url = "https://c.sharepoint.com/sites/x"
    name = "é" * (400 - len("sites/x/Shared Documents/"))
    paths.check_length(url, ("Shared Documents", name))
    with pytest.raises(paths.PathTooLong):
        paths.check_length(url, ("Shared Documents", name + "x"))


def test_a_onedrive_is_named_after_its_upn() -> None:
    assert paths.personal_path("Anna.Lee-Ho@contoso.onmicrosoft.com") == "anna_lee-ho_contoso_onmicrosoft_com"
