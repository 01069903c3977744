"""Path lengths and names as the check of a plan tells them: what is too long, what mends it, and that it does."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import combinations
from uuid import UUID

import pytest
from hypothesis import given as randomly
from hypothesis import settings
from hypothesis import strategies as st

from xtenant.bulk.findings import Finding, Severity, Who
from xtenant.bulk.pathing import renames, scanning, shortening
from xtenant.bulk.pathing.checking import PATHS
from xtenant.bulk.pathing.renames import Proposal
from xtenant.bulk.preflight.given import Given
from xtenant.bulk.preflight.online import Online
from xtenant.bulk.preflight.places import placed
from xtenant.bulk.preflight.sides import side_of
from xtenant.domain import paths, plan
from xtenant.inventory.facts import (
    Item,
    Principal,
    PrincipalKind,
    ScopeKind,
    Site,
    SiteKind,
    TenantFacts,
)
from xtenant.inventory.store import Inventory

NOW = datetime(2026, 11, 23, 18, tzinfo=UTC)
SITE = UUID(int=0x51)
TARGET = "https://fabrikam.sharepoint.com/sites/"
LIBRARY = "Shared Documents"


def facts(name: str, number: int) -> TenantFacts:
    return TenantFacts(
        tenant_id=UUID(int=number),
        display_name=name,
        initial_domain=f"{name}.onmicrosoft.com",
        domains=(f"{name}.onmicrosoft.com",),
        host_urls=(f"https://{name}-my.sharepoint.com/",),
        read_at=NOW,
    )


def items(site_id: UUID, texts: Sequence[str]) -> Iterator[Item]:
    """Every path with the folders above it; one that ends with a slash is a folder. The first part is the library."""
    kinds: dict[str, ScopeKind] = {}
    for text in texts:
        parts = text.rstrip("/").split("/")
        for depth in range(1, len(parts)):
            kinds["/".join(parts[:depth])] = ScopeKind.LIST if depth == 1 else ScopeKind.FOLDER
        kinds["/".join(parts)] = ScopeKind.FOLDER if text.endswith("/") else ScopeKind.FILE
    for number, (path, kind) in enumerate(kinds.items(), 1):
        yield Item(site_id=site_id, item_id=UUID(int=number), kind=kind, path=path, scope_id=site_id)


class Pair:
    """Two inventories in memory, a plan, and the findings of this group of rules."""

    def __init__(self) -> None:
        self.source, self.target = Inventory.memory(), Inventory.memory()
        self.source.put_tenant(facts("contoso", 1))
        self.target.put_tenant(facts("fabrikam", 2))
        self.rows: list[str] = []

    def site(self, name: str, *paths_below: str, target: str = "", number: int = 0, **more: object) -> None:
        site_id = UUID(int=SITE.int + number)
        url = f"https://contoso.sharepoint.com/sites/{name}"
        site = Site(site_id=site_id, kind=SiteKind.SITE, url=url, title=name, template="STS#3", read_at=NOW)
        self.source.put_site(replace(site, **more))  # pyright: ignore[reportArgumentType]
        self.source.put_items(site_id, items(site_id, paths_below))
        self.rows.append(f"m{number},site,{url},{TARGET}{target or name}")

    def given(self) -> Given:
        source = side_of("contoso", Who.SOURCE, self.source, signed_in=False)
        target = side_of("fabrikam", Who.TARGET, self.target, signed_in=False)
        moves = plan.read_moves("id,kind,source,target\n" + "\n".join(self.rows))
        return Given(
            plan="my moves.csv",
            moves=placed(moves, source, target),
            source=source,
            target=target,
            online=Online(),
            now=NOW,
            rerun=(),
        )

    def findings(self) -> list[Finding]:
        found = list(PATHS.run(self.given()))
        assert all(isinstance(each, Finding) for each in found)
        return [each for each in found if isinstance(each, Finding)]


@pytest.fixture
def pair() -> Iterator[Pair]:
    made = Pair()
    yield made
    made.source.close()
    made.target.close()


def of_length(total: int, *, site: str, folder: str = "f" * 60, extension: str = ".txt") -> str:
    """A path below a site so that the whole has `total` characters, host left out."""
    above = f"{LIBRARY}/" + f"{folder}/" * 3
    rest = total - len(f"sites/{site}/") - len(above) - len(extension)
    return above + "n" * rest + extension


def errors_of(found: Sequence[Finding]) -> list[Finding]:
    return [each for each in found if each.severity is Severity.ERROR]


def test_four_hundred_characters_from_the_site_on_are_allowed_and_one_more_is_not(pair: Pair) -> None:
    pair.site("a", of_length(400, site="a"))
    assert errors_of(pair.findings()) == []
    pair.site("bb", of_length(401, site="bb"), number=1)
    [found] = errors_of(pair.findings())
    assert (found.rule, found.object.name, found.object.moves) == (
        "R-6.34", "https://contoso.sharepoint.com/sites/bb", ("m1",),
    )  # fmt: skip
    assert "401" in found.cause


def test_encoded_signs_of_an_address_count_as_one(pair: Pair) -> None:
    pair.site("a", of_length(400, site="zwei w"), target="zwei%20w")
    assert errors_of(pair.findings()) == []


def test_a_shorter_last_part_of_the_address_comes_first_and_mends_it_literally(pair: Pair) -> None:
    name = "a-rather-long-name"
    pair.site("x", of_length(405, site=name), target=name)
    [found] = errors_of(pair.findings())
    assert found.remedy.who is Who.PLAN
    [line] = found.remedy.commands
    assert line.startswith(
        "xtenant plan edit 'my moves.csv' --id m0 --target https://fabrikam.sharepoint.com/sites/a-rather-"
    )
    pair.rows = [f"m0,site,https://contoso.sharepoint.com/sites/x,{shlex.split(line)[-1]}"]
    assert errors_of(pair.findings()) == []


def test_a_shorter_address_never_takes_one_that_is_had(pair: Pair) -> None:
    name = "abcdefgh"
    pair.site("x", of_length(402, site=name), target=name)
    pair.site("y", number=1, target="abcdef")
    deleted = Site(site_id=UUID(int=9), kind=SiteKind.SITE, url=f"{TARGET}abcde2", title="", template="STS#3")
    pair.target.put_site(replace(deleted, url=f"{TARGET}ABCDE2"))
    pair.target.put_site(replace(deleted, site_id=UUID(int=10), url=f"{TARGET}abcde3", deleted_at=NOW))
    [found] = errors_of(pair.findings())
    assert shlex.split(found.remedy.commands[0])[-1] == f"{TARGET}abcde4"


def renamed(texts: Sequence[str], proposal: Proposal) -> list[str]:
    """What the paths become when the renames are done one after the other."""
    now = list(texts)
    for each in proposal.renames:
        assert each.path in {
            "/".join(path.split("/")[:depth]) for path in now for depth in range(1, path.count("/") + 2)
        }
        new = f"{each.path.rpartition('/')[0]}/{each.new_name}"
        now = [new + path[len(each.path) :] if (path + "/").startswith(each.path + "/") else path for path in now]
    return now


def test_one_folder_is_renamed_where_that_is_fewer_than_its_files(pair: Pair) -> None:
    folder = "g" * 100
    texts = [of_length(410, site="x", folder=folder).replace("n.txt", f"{mark}.txt") for mark in "abc"]
    pair.site("x", *texts)
    [found] = errors_of(pair.findings())
    assert (found.remedy.who, len(found.remedy.commands)) == (Who.SOURCE, 2)
    connect, line = found.remedy.commands
    assert connect == "Connect-SPOService -Url https://contoso-admin.sharepoint.com"
    assert line.startswith("Rename-XtItem -Site https://contoso.sharepoint.com/sites/x -Path ")
    assert line.endswith(f"-NewName {'g' * 90}"), "no shorter than it has to be"


def test_files_are_renamed_rather_than_folders_where_it_is_the_same(pair: Pair) -> None:
    pair.site("x", of_length(410, site="x"))
    [found] = errors_of(pair.findings())
    assert found.remedy.commands[1].endswith("n.txt")
    assert "Rename 1 folder(s) or file(s)" in found.remedy.text


def test_a_new_name_is_not_one_that_stands_in_the_folder_already(pair: Pair) -> None:
    long = of_length(402, site="x")
    folder, _, name = long.rpartition("/")
    pair.site("x", long, f"{folder}/{name[2:].upper()}", f"{folder}/{name[:-8]}-2.txt")
    [found] = errors_of(pair.findings())
    assert found.remedy.commands[1].endswith("-3.txt")


def test_what_no_rename_can_mend_has_to_be_moved_higher_up(pair: Pair) -> None:
    deep = f"{LIBRARY}/" + "12345678/" * 50 + "a.txt"
    pair.site("x", deep, of_length(405, site="x"))
    first, second = errors_of(pair.findings())
    assert len(first.remedy.commands) == 2
    assert "R-6.54" in second.remedy.text and second.remedy.commands == () and deep in second.cause
    assert first.id != second.id


def test_a_path_longer_than_any_of_sharepoint_costs_no_memory(pair: Pair) -> None:
    pair.site("x", f"{LIBRARY}/" + "n" * 1_000_000, of_length(405, site="x"))
    first, second = errors_of(pair.findings())
    assert "Rename 1 " in first.remedy.text and "R-6.54" in second.remedy.text
    assert len(second.cause) < 5_000


def test_a_onedrive_keeps_its_address_and_its_files_are_renamed(pair: Pair) -> None:
    ann = Principal(principal_id="ann", kind=PrincipalKind.USER, name="Ann", upn="ann@contoso.onmicrosoft.com")
    pair.source.put_principals([ann])
    url = "https://contoso-my.sharepoint.com/personal/ann_contoso_onmicrosoft_com"
    target = "personal/" + paths.personal_path("ann.of.a.long.name@fabrikam.onmicrosoft.com")
    long = f"Documents/{'f' * 200}/" + "n" * (405 - len(target) - 12 - 200 - 4) + ".txt"
    site = Site(site_id=SITE, kind=SiteKind.PERSONAL, url=url, title="Ann", template="SPSPERS#10", owner_id="ann")
    pair.source.put_site(replace(site, read_at=NOW))
    pair.source.put_items(SITE, items(SITE, [long]))
    pair.rows = [f"u,user,{ann.upn},ann.of.a.long.name@fabrikam.onmicrosoft.com"]
    [found] = errors_of(pair.findings())
    assert found.remedy.commands[1].startswith(f"Rename-XtItem -Site {url}")


def test_a_site_that_was_not_read_is_not_called_clean_or_bad_here(pair: Pair) -> None:
    pair.site("x", of_length(500, site="x"), read_at=None)
    assert pair.findings() == []


def test_full_and_encoded_addresses_are_a_warning_and_said_to_be_inferred(pair: Pair) -> None:
    pair.site("x", f"{LIBRARY}/{'日本' * 30}.txt", f"{LIBRARY}/short.txt")
    [found] = pair.findings()
    assert (found.severity, found.rule, found.evidence.value) == (Severity.WARNING, "R-6.34", "I")
    assert "1 item(s)" in found.cause and "U-9" in found.cause


def test_above_twenty_thousand_paths_the_choice_is_greedy_and_says_so(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair.site("x", *(of_length(410 + number, site="x") for number in range(3)))
    monkeypatch.setattr(renames, "EXACT_ITEMS", 2)
    [found] = errors_of(pair.findings())
    assert "greedily" in found.remedy.text


def test_apostrophes_are_named_on_either_side(pair: Pair) -> None:
    pair.site("o'brien", target="o'brien")
    pair.rows.append("u,user,pat.o'hara@contoso.com,pat@fabrikam.com")
    found = {(each.rule, each.object.kind.value): each for each in pair.findings()}
    assert set(found) == {("R-4.11", "site"), ("R-4.11", "plan"), ("R-4.11", "person")}
    assert shlex.split(found["R-4.11", "plan"].remedy.commands[0])[-1] == f"{TARGET}obrien"


def test_a_period_in_the_name_or_alias_of_a_group_is_named(pair: Pair) -> None:
    team = Principal(principal_id="t", kind=PrincipalKind.M365_GROUP, name="Sales 2.0", alias="sales")
    pair.target.put_principals([team])
    pair.rows = ["g,group,sales,sales", "h,group,re.search,re.search"]
    name, alias = pair.findings()
    assert (name.rule, name.object.name, name.remedy.who) == ("R-4.22", "sales", Who.TARGET)
    assert alias.remedy.commands == ("xtenant plan edit 'my moves.csv' --id h --target re-search",)
    pair.target.put_principals([replace(team, alias="re.search")])
    [alias] = pair.findings()
    assert alias.remedy.commands[1] == "New-XtGroup -Kind Unified -DisplayName 'Sales 2 0' -Alias re-search"


def test_two_moves_to_one_address_are_one_finding_that_its_lines_remove(pair: Pair) -> None:
    pair.site("x", target="Same")
    pair.site("y", number=1, target="same/")
    [found] = pair.findings()
    assert (found.rule, found.object.moves) == ("R-6.38", ("m0", "m1"))
    [line] = found.remedy.commands
    pair.rows[1] = f"m1,site,https://contoso.sharepoint.com/sites/y,{shlex.split(line)[-1]}"
    assert pair.findings() == []
    pair.rows = ["a,user,a@contoso.com,a.b@fabrikam.com", "b,user,b@contoso.com,a_b@fabrikam.com"]
    [found] = pair.findings()
    assert found.remedy.commands == () and "account of their own" in found.remedy.text


def test_names_that_are_refused_or_equal_get_new_ones(pair: Pair) -> None:
    pair.site(
        "x",
        f"{LIBRARY}/CON",
        f"{LIBRARY}/_CON",
        f"{LIBRARY}/Plan.txt",
        f"{LIBRARY}/plan.TXT",
        f"{LIBRARY}/e\u0301",
        f"{LIBRARY}/\xe9",
    )
    illegal, equal = pair.findings()
    assert (illegal.rule, illegal.severity) == ("C-1.18", Severity.WARNING)
    assert illegal.remedy.commands[1].endswith("-NewName '_CON-2'")
    assert [line.rpartition(" ")[2] for line in equal.remedy.commands[1:]] == ["plan-2.TXT", "'\xe9-2'"]


def test_an_address_that_is_no_name_gets_another(pair: Pair) -> None:
    pair.site("x", target="a:b")
    [found] = pair.findings()
    assert (found.rule, found.severity) == ("C-1.18", Severity.ERROR)
    assert paths.is_item_name(shlex.split(found.remedy.commands[0])[-1].rpartition("/")[2], folder=True)


def test_a_name_that_cannot_be_written_on_a_line_gives_no_line(pair: Pair) -> None:
    pair.site("x", of_length(405, site="x", folder="f\u2028" + "f" * 58))
    [found] = errors_of(pair.findings())
    assert found.remedy.commands == () and "Rename 1" in found.remedy.text


names = st.builds(
    "".join,
    st.tuples(st.sampled_from(["aaaaaaaaaa", "Bbbbbbbbbbbbbb", "c", "dddddddddddd"]), st.sampled_from(["", ".txt"])),
)


@settings(max_examples=60, deadline=None)
@randomly(st.lists(st.lists(names, min_size=1, max_size=3), min_size=1, max_size=4), st.integers(20, 45))
def test_the_renames_of_a_site_mend_it_and_fewer_would_not(ways: list[list[str]], room: int) -> None:
    texts = sorted({"/".join([LIBRARY, *(f"{part}{place}" for place, part in enumerate(way))]) for way in ways})
    texts = [text for text in texts if not any(other.startswith(f"{text}/") for other in texts)]
    with Inventory.memory() as source:
        source.put_items(SITE, items(SITE, texts))
        every = {item.path: item.kind for item in source.items(SITE)}
        long = [(path, kind is ScopeKind.FOLDER) for path, kind in every.items() if len(path) > room]
        proposal = renames.proposed(source, SITE, long, [LIBRARY], room)
    after = renamed(texts, proposal)
    hopeless = [path for path in proposal.hopeless if path in texts]
    assert sum(len(path) > room for path in after) <= len(hopeless)
    assert len({paths.name_key(path) for path in after}) == len(texts)
    for each in proposal.renames:
        stem, extension = shortening.parts(each.new_name, folder=every[each.path] is ScopeKind.FOLDER)
        assert len(stem) >= 8 and each.path.endswith(extension)
    assert len(proposal.renames) == fewest_by_trying(every, set(proposal.hopeless), room)


def fewest_by_trying(every: dict[str, ScopeKind], hopeless: set[str], room: int) -> int:
    spare = {
        path: shortening.spare_of(path.rpartition("/")[2], folder=kind is ScopeKind.FOLDER)
        for path, kind in every.items()
        if kind is not ScopeKind.LIST
    }
    wanted = [path for path in every if len(path) > room and path not in hopeless]
    useful = [path for path in spare if spare[path] and any(f"{each}/".startswith(f"{path}/") for each in wanted)]
    for size in range(len(useful) + 1):
        for chosen in combinations(useful, size):
            lost = {path: sum(spare[each] for each in chosen if f"{path}/".startswith(f"{each}/")) for path in wanted}
            if all(len(path) - lost[path] <= room for path in wanted):
                return size
    raise AssertionError("what is not hopeless can be mended")


@settings(max_examples=80, deadline=None)
@randomly(
    st.text(min_size=9, max_size=40),
    st.sampled_from(["", ".docx"]),
    st.booleans(),
    st.lists(st.text(max_size=12)),
    st.data(),
)
def test_a_shortened_name_has_its_length_is_allowed_and_free(
    stem: str, extension: str, folder: bool, others: list[str], data: st.DataObject
) -> None:
    name = stem + extension
    spare = shortening.spare_of(name, folder=folder)
    losing = data.draw(st.integers(0, spare))
    taken = {paths.name_key(each) for each in others} | {paths.name_key(name[: len(name) - losing])}
    new = shortening.shortened(
        name, losing, folder=folder, at_root=False, taken=lambda each: paths.name_key(each) in taken
    )
    assert paths.is_item_name(new, folder=folder) and paths.name_key(new) not in taken
    assert len(new) == len(name) - losing


@settings(max_examples=100, deadline=None)
@randomly(st.text(max_size=30) | st.text("_vtiVTI.~ $confrms1\xb9", max_size=8), st.booleans(), st.booleans())
def test_a_name_that_is_passed_quickly_is_allowed_by_the_rules(name: str, folder: bool, at_root: bool) -> None:
    if scanning.is_plain(name):
        assert paths.is_item_name(name, folder=folder, at_root=at_root)


def test_names_as_people_give_them_are_passed_quickly() -> None:
    assert all(
        map(scanning.is_plain, ("Minutes of meeting 7.docx", "Besprechung über Größen (2).docx", "日本語.txt", "a"))
    )
    assert not any(map(scanning.is_plain, ("CON", "Forms", "x_VTI_y", "a.", " a", "", "a:b", "~$a", "n" * 256)))
