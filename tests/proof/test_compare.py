"""The comparison reports a corruption in every field it claims to compare, and every one of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from proof.samples import CREATED, MODIFIED, PEOPLE, a_file, a_folder
from xtenant.proof.compare import Aspect, Difference, differences
from xtenant.proof.facts import ItemFacts, Kind

BEFORE = [a_folder("Plan"), a_file("Plan/Budget.xlsx"), a_file("Read me.md")]
AFTER = [replace(item, path=item.path) for item in (
    a_folder("Plan", domain="fabrikam.com"),
    a_file("Plan/Budget.xlsx", domain="fabrikam.com"),
    a_file("Read me.md", domain="fabrikam.com"),
)]  # fmt: skip


def in_version(item: ItemFacts, at: int, **changes: Any) -> ItemFacts:
    versions = list(item.versions)
    versions[at] = replace(versions[at], **changes)
    return replace(item, versions=tuple(versions))


FILE = AFTER[1]
SECOND = timedelta(seconds=1)
CORRUPTIONS: dict[Aspect, list[ItemFacts]] = {
    Aspect.MISSING: [AFTER[0], AFTER[2]],
    Aspect.EXTRA: [AFTER[0], FILE, replace(FILE, path="Plan/Other.xlsx"), AFTER[2]],
    Aspect.KIND: [AFTER[0], replace(FILE, kind=Kind.FOLDER), AFTER[2]],
    Aspect.SIZE: [AFTER[0], replace(FILE, size_bytes=8), AFTER[2]],
    Aspect.QUICK_XOR: [AFTER[0], replace(FILE, quick_xor="BAAAAAAAAAAAAAAAAAAAAAAAAAA="), AFTER[2]],
    Aspect.SHA256: [AFTER[0], replace(FILE, sha256="cd" * 32), AFTER[2]],
    Aspect.CREATED: [AFTER[0], replace(FILE, created_at=CREATED + SECOND), AFTER[2]],
    Aspect.MODIFIED: [AFTER[0], replace(FILE, modified_at=MODIFIED - SECOND), AFTER[2]],
    Aspect.AUTHOR: [AFTER[0], replace(FILE, author="bob.baker@fabrikam.com"), AFTER[2]],
    Aspect.EDITOR: [AFTER[0], replace(FILE, editor="bob@contoso.com"), AFTER[2]],
    Aspect.VERSION_COUNT: [AFTER[0], replace(FILE, versions=(*FILE.versions, FILE.versions[-1])), AFTER[2]],
    Aspect.VERSION_NUMBER: [AFTER[0], in_version(FILE, 1, number="1.1"), AFTER[2]],
    Aspect.VERSION_SIZE: [AFTER[0], in_version(FILE, 1, size_bytes=4), AFTER[2]],
    Aspect.VERSION_MODIFIED: [AFTER[0], in_version(FILE, 1, modified_at=CREATED + SECOND), AFTER[2]],
    Aspect.VERSION_EDITOR: [AFTER[0], in_version(FILE, 1, editor="bob.baker@fabrikam.com"), AFTER[2]],
}

OF_PERMISSIONS = {Aspect.SCOPE, Aspect.RIGHT, Aspect.SITE_GROUP, Aspect.MEMBERS, Aspect.ADMINS}
"""Those of `test_compare_permissions.py`."""


def compared(after: list[ItemFacts]) -> list[Difference]:
    return list(differences(BEFORE, after, people=PEOPLE))


def test_a_faithful_copy_has_no_difference() -> None:
    assert compared(AFTER) == []


@pytest.mark.parametrize(
    "aspect", sorted(set(Aspect) - OF_PERMISSIONS, key=str), ids=lambda aspect: aspect.name.lower()
)
def test_a_corruption_of_every_compared_field_is_reported(aspect: Aspect) -> None:
    found = compared(CORRUPTIONS[aspect])
    assert aspect in {difference.aspect for difference in found}
    assert all(difference.path.startswith("Plan/") for difference in found)


def test_every_difference_is_reported_and_not_only_the_first() -> None:
    wrong = [replace(item, author="eve@fabrikam.com", created_at=MODIFIED) for item in AFTER]
    assert [(each.path, each.aspect) for each in compared(wrong)] == [
        (item.path, aspect) for item in AFTER for aspect in (Aspect.CREATED, Aspect.AUTHOR)
    ]


def test_an_empty_target_misses_everything() -> None:
    assert [each.aspect for each in compared([])] == [Aspect.MISSING] * 3


def test_somebody_outside_the_map_is_expected_unchanged() -> None:
    before = [replace(a_folder("x"), author="System Account", editor="System Account")]
    assert list(differences(before, before, people=PEOPLE)) == []
    other = [replace(before[0], author="ann.archer@fabrikam.com")]
    assert [each.aspect for each in differences(before, other, people=PEOPLE)] == [Aspect.AUTHOR]


def test_letter_case_of_addresses_does_not_matter() -> None:
    after = [replace(item, author=item.author.upper()) for item in AFTER]
    assert compared(after) == []


def test_content_read_at_the_source_must_have_been_read_at_the_target() -> None:
    unread = [replace(item, sha256=None) for item in AFTER]
    assert {each.aspect for each in compared(unread)} == {Aspect.SHA256}
