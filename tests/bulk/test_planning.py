"""What a plan is made of: who can move, where they go, in which waves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bulk.scene import Land
from xtenant.bulk.planning.candidates import SYSTEM_TEMPLATES, Candidate, LeftOut, candidates
from xtenant.bulk.planning.making import Chosen, make
from xtenant.bulk.planning.targets import RenameRule, TargetRules, read_rename
from xtenant.bulk.planning.waves import PILOT, WaveRules, in_waves, next_number
from xtenant.domain import errors
from xtenant.domain.move import JobKind
from xtenant.domain.tenant import parse_host_url
from xtenant.inventory.facts import Principal, PrincipalKind, Site, SiteKind
from xtenant.inventory.origin_rows import Origin

BEGIN = datetime(2026, 12, 1, 20, tzinfo=UTC)
RULES = TargetRules(
    host_url=parse_host_url("https://fabrikam-my.sharepoint.com/"),
    initial_domain="fabrikam.onmicrosoft.com",
    domains={"contoso.com": "fabrikam.com"},
    renames=(read_rename("proj-*=contoso-*"), read_rename("Bea@contoso.com=b.smith@fabrikam.com")),
)


@pytest.fixture
def land() -> Iterator[Land]:
    made = Land("contoso")
    yield made
    made.inventory.close()


def candidate(number: int, kind: JobKind = JobKind.SITE, megabytes: int = 1024) -> Candidate:
    url = f"https://contoso.sharepoint.com/sites/s{number:04}"
    site = Site(site_id=UUID(int=number), kind=SiteKind.SITE, url=url, title="", template="STS#3")
    return Candidate(kind=kind, source=url, site=site, storage_mb=megabytes)


def test_what_is_nobodys_content_is_left_out_with_the_reason(land: Land) -> None:
    land.site("")
    for number, template in enumerate(SYSTEM_TEMPLATES):
        land.site(f"sites/t{number}", template=template)
    land.site("sites/new", status="Creating")
    land.site("sites/orphan", kind=SiteKind.GROUP, group_id="gone")
    land.person("ann")
    land.onedrive("ann")
    land.onedrive("gone")
    land.group("team")
    land.site("teams/team", kind=SiteKind.GROUP, group_id=land.id_of("team"))
    found = list(candidates(land.inventory))
    assert [(each.kind, each.source) for each in found if isinstance(each, Candidate)] == [
        (JobKind.USER, "ann@contoso.com"),
        (JobKind.GROUP, "team"),
    ]
    left = [each for each in found if isinstance(each, LeftOut)]
    assert len(left) == len(SYSTEM_TEMPLATES) + 4 and all(each.reason for each in left)


def test_people_who_are_disguised_cannot_be_planned_and_sites_can(land: Land) -> None:
    land.person("ann")
    land.onedrive("ann")
    land.site("sites/plans")
    told = Origin(level="plan", file_sha256="", fingerprint="", created_at=BEGIN, pseudonyms="check")
    land.inventory.put_origin(told)
    found = list(candidates(land.inventory))
    assert [type(each) for each in found] == [LeftOut, Candidate]
    assert "disguised" in str(found[0])


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("ann@contoso.com", "ann@fabrikam.com"),
        ("ann@other.com", "ann@fabrikam.onmicrosoft.com"),
        ("bea@CONTOSO.com", "b.smith@fabrikam.com"),
        ("pat.o'hara@contoso.com", "pat.ohara@fabrikam.com"),
    ],
)
def test_people_go_by_their_domain_unless_named_themselves(source: str, target: str) -> None:
    assert RULES.target_of(replace(candidate(1, JobKind.USER), source=source)) == target


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("sites/Proj-X", "sites/contoso-X"),
        ("teams/finance", "teams/finance"),
        ("sites/zwei%20w", "sites/zwei w"),
        ("search", "sites/search"),
    ],
)
def test_sites_keep_their_managed_path_and_follow_the_rules_for_names(source: str, target: str) -> None:
    found = RULES.target_of(replace(candidate(1), source=f"https://contoso.sharepoint.com/{source}"))
    assert found == f"https://fabrikam.sharepoint.com/{target}"


def test_an_alias_loses_what_would_fail_the_move() -> None:
    assert RULES.target_of(replace(candidate(1, JobKind.GROUP), source="proj-a.b")) == "contoso-a-b"


@pytest.mark.parametrize(
    ("rule", "name", "found"),
    [
        ("a=b", "A", "b"),
        ("a=b", "ab", None),
        ("*=x-*", "name", "x-name"),
        ("a*z=*", "a-mid-z", "-mid-"),
        ("ab*ba=x", "aba", None),
        ("a*=gone", "abc", "gone"),
    ],
)
def test_a_star_stands_for_the_same_signs_on_both_sides(rule: str, name: str, found: str | None) -> None:
    assert read_rename(rule).apply(name) == found


@pytest.mark.parametrize("rule", ["", "a", "a=", "=b", "a**=b", "a=*", "a@b=c"])
def test_a_rule_that_is_none_is_refused(rule: str) -> None:
    with pytest.raises(errors.UsageError):
        read_rename(rule)


def test_waves_hold_so_many_moves_and_begin_one_after_the_other() -> None:
    placed = list(in_waves([candidate(number) for number in range(5)], WaveRules(most_moves=2, begin=BEGIN)))
    assert [each.wave for each in placed] == ["1", "1", "2", "2", "3"]
    assert [each.begin for each in placed][::2] == [BEGIN, BEGIN + timedelta(days=1), BEGIN + timedelta(days=2)]


def test_a_wave_holds_so_much_content_and_a_larger_site_is_one_by_itself() -> None:
    sizes = [1024, 1024, 5 * 1024, 1024]
    found = [candidate(number, megabytes=size) for number, size in enumerate(sizes)]
    assert [each.wave for each in in_waves(found, WaveRules(most_gb=2))] == ["1", "1", "2", "3"]


def test_the_pilot_takes_the_smallest_of_each_kind_in_turn() -> None:
    found = [
        candidate(1, JobKind.USER, 9), candidate(2, JobKind.USER, 1), candidate(3, JobKind.SITE, 500),
        candidate(4, JobKind.SITE, 7), candidate(5, JobKind.GROUP, 3),
    ]  # fmt: skip
    placed = list(in_waves(found, WaveRules(pilot=4, begin=BEGIN)))
    assert [each.candidate.site.site_id.int for each in placed if each.wave == PILOT] == [2, 5, 4, 1]
    assert [(each.wave, each.begin) for each in placed][-1] == ("1", BEGIN + timedelta(days=1))


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(JobKind), st.integers(0, 5000)), max_size=30),
    st.integers(1, 5),
    st.none() | st.floats(0.5, 10),
    st.integers(0, 6),
)
def test_every_candidate_is_in_one_wave_and_no_wave_is_too_large(
    given: list[tuple[JobKind, int]], most: int, most_gb: float | None, pilot: int
) -> None:
    found = [candidate(number, kind, size) for number, (kind, size) in enumerate(given)]
    placed = list(in_waves(found, WaveRules(most_moves=most, most_gb=most_gb, pilot=pilot)))
    assert sorted(each.candidate.site.site_id.int for each in placed) == list(range(len(found)))
    for wave in {each.wave for each in placed} - {PILOT}:
        own = [each.candidate.storage_mb for each in placed if each.wave == wave]
        assert len(own) <= most
        assert most_gb is None or len(own) == 1 or sum(own) <= most_gb * 1024


def test_new_waves_come_after_the_highest_number_there_is() -> None:
    assert (next_number([]), next_number(["pilot", "2", "10", "x3", "9" * 40])) == (1, 11)


def test_ids_are_recognised_and_never_given_twice(land: Land) -> None:
    for path in ("sites/Fin & Tax", "sites/fin---tax", "teams/Fin & Tax"):
        land.site(path)
    made = make(land.inventory, [], rules=RULES, waves=WaveRules(), chosen=Chosen())
    assert sorted(move.move_id for move in made.added) == ["s-fin---tax", "s-fin-tax", "s-fin-tax-2"]


def test_patterns_choose_by_source_or_address_in_any_letter_case(land: Land) -> None:
    land.person("ann")
    land.onedrive("ann")
    for name in ("proj-a", "proj-b", "hr"):
        land.site(f"sites/{name}")
    chosen = Chosen(only=("*/PROJ-*", "ann@*"), without=("*-b",))
    made = make(land.inventory, [], rules=RULES, waves=WaveRules(), chosen=chosen)
    assert [move.source.rpartition("/")[2] for move in made.added] == ["ann@contoso.com", "proj-a"]


def test_targets_that_are_taken_or_given_twice_are_conflicts(land: Land) -> None:
    people = [
        Principal(principal_id=str(number), kind=PrincipalKind.USER, name="", upn=upn)
        for number, upn in enumerate(("a.b@contoso.com", "a_b@contoso.com"))
    ]
    land.inventory.put_principals(people)
    for each in people:
        land.site(
            f"https://contoso-my.sharepoint.com/personal/x{each.principal_id}",
            kind=SiteKind.PERSONAL,
            owner_id=each.principal_id,
        )
    made = make(land.inventory, [], rules=RULES, waves=WaveRules(), chosen=Chosen())
    assert [(each.target, each.taken_by) for each in made.conflicts] == [("a_b@fabrikam.com", "move u-a.b")]


def test_a_rule_without_a_star_replaces_the_whole_name() -> None:
    assert RenameRule(old="finance", new="fin").apply("Finance") == "fin"
