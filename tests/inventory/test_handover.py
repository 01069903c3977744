"""Handover files: what is told at each level, told back unchanged, and trusted only by a confirmed key."""

from __future__ import annotations

import stat
from pathlib import Path
from uuid import UUID

import pytest

from inventory.planted import (
    ANN,
    ANNS_SITE,
    BOB,
    EVE,
    GONE,
    GUS,
    INNER,
    NOW,
    OWNERS,
    STAFF,
    TEAM,
    TENANT_ID,
    planted,
    told_by,
)
from xtenant.domain import errors
from xtenant.inventory.facts import PrincipalKind, SiteKind
from xtenant.inventory.handover.disguise import Pseudonyms
from xtenant.inventory.handover.keys import Keyring, OtherKey, UntrustedKey, fingerprint, same_fingerprint, verify
from xtenant.inventory.handover.manifest import Level
from xtenant.inventory.handover.telling import Telling, disclosed
from xtenant.inventory.handover.writing import write_handover
from xtenant.inventory.opening import InventoryHome, UnknownPseudonyms
from xtenant.inventory.store import Inventory

SECRET = "correct horse battery"


@pytest.fixture
def there(tmp_path: Path) -> InventoryHome:
    """The home of the administrator who tells."""
    return InventoryHome(tmp_path / "there")


@pytest.fixture
def here(tmp_path: Path) -> InventoryHome:
    """The home of the one who is told."""
    return InventoryHome(tmp_path / "here")


def exported(there: InventoryHome, path: Path, level: Level = Level.PERMISSIONS, **more: object) -> Path:
    telling = Telling.of(planted(), level, **more)  # type: ignore[arg-type]
    return write_handover(telling, path, there.keyring, now=NOW).path


def confirmed(here: InventoryHome, there: InventoryHome) -> None:
    here.keyring.trust(TENANT_ID, "Contoso", there.keyring.public_key(), NOW)


def taken(here: InventoryHome, there: InventoryHome, file: Path) -> Inventory:
    confirmed(here, there)
    return here.told(file)


def test_every_reader_tells_the_same_after_a_handover(
    here: InventoryHome, there: InventoryHome, tmp_path: Path
) -> None:
    with taken(here, there, exported(there, tmp_path / "c.handover")) as inventory:
        assert told_by(inventory) == told_by(planted())
        origin = inventory.origin()
    assert origin is not None and origin.level == "permissions" and origin.created_at == NOW
    assert origin.counts == planted().counts()
    assert planted().origin() is None


def test_the_level_plan_tells_people_groups_and_sites_but_no_permission(
    here: InventoryHome, there: InventoryHome, tmp_path: Path
) -> None:
    with taken(here, there, exported(there, tmp_path / "c.handover", Level.PLAN)) as inventory:
        assert {each.principal_id for each in inventory.principals()} == {ANN, BOB, EVE, GUS, TEAM, STAFF, INNER}
        assert {each.group_id for each in inventory.all_members()} == {TEAM, STAFF, INNER}
        assert [(site.admins, site.read_at) for site in inventory.sites()] == [((), None), ((), None)]
        counts = inventory.counts()
        assert (counts["scopes"], counts["assignments"], counts["items"], counts["sitegroup"]) == (0, 0, 0, 0)
        origin = inventory.origin()
        assert origin is not None and origin.counts["items"] == 3


def test_the_level_counts_tells_numbers_only(here: InventoryHome, there: InventoryHome, tmp_path: Path) -> None:
    file = exported(there, tmp_path / "c.handover", Level.COUNTS)
    with taken(here, there, file) as inventory:
        assert inventory.tenant().display_name == "Contoso"
        assert inventory.licences() == planted().licences()
        assert not list(inventory.principals()) and not list(inventory.sites())
        origin = inventory.origin()
        assert origin is not None and origin.counts["user"] == 3
    assert b"ann" not in file.read_bytes().lower()


def test_with_moves_only_those_concerned_are_told_of(here: InventoryHome, there: InventoryHome, tmp_path: Path) -> None:
    moving = [site for site in planted().sites() if site.site_id == ANNS_SITE]
    with taken(here, there, exported(there, tmp_path / "a.handover", moving=moving)) as inventory:
        assert [each.principal_id for each in inventory.principals()] == [ANN]
        assert [site.site_id for site in inventory.sites()] == [ANNS_SITE]
        assert inventory.counts()["items"] == 0
        origin = inventory.origin()
        assert origin is not None and origin.moving_only and origin.counts["user"] == 1


def test_who_is_in_a_nested_group_is_concerned_by_its_rights(
    here: InventoryHome, there: InventoryHome, tmp_path: Path
) -> None:
    moving = [site for site in planted().sites() if site.site_id != ANNS_SITE]
    with taken(here, there, exported(there, tmp_path / "t.handover", moving=moving)) as inventory:
        concerned = {each.principal_id for each in inventory.principals()}
    assert concerned == {ANN, BOB, GUS, TEAM, STAFF, INNER, OWNERS, GONE}


def test_what_a_file_discloses_is_said_in_numbers() -> None:
    lines = disclosed(Telling.of(planted(), Level.PERMISSIONS))
    assert any(line.startswith("4 people with name, UPN and mail, and 3 groups") for line in lines)
    assert any(line.startswith("2 sites") and "1 of them OneDrives" in line for line in lines)
    assert any("3 rights on 3 objects" in line and "3 items" in line for line in lines)


def test_people_are_disguised_and_still_match_exactly(
    here: InventoryHome, there: InventoryHome, tmp_path: Path
) -> None:
    disguise = Pseudonyms.from_secret(SECRET, TENANT_ID)
    file = exported(there, tmp_path / "c.handover", pseudonyms=disguise)
    with taken(here, there, file) as partner:
        told = repr(told_by(partner)).lower()
        assert all(word not in told for word in ("'ann'", "ann@", "ann_", "gale", "gone@"))
        own = planted()
        with pytest.raises(UnknownPseudonyms):
            here.comparable_to(partner, own)
        here.keep_pseudonyms(TENANT_ID, disguise.check_value(), SECRET)
        matchable = here.comparable_to(partner, own)
        ann = partner.principal(ANN)
        assert ann is not None
        found = matchable.principal_by_mail(ann.mail)
        assert found is not None and found.principal_id == ANN
        assert [site.kind for site in matchable.sites()] == [SiteKind.PERSONAL, SiteKind.GROUP]
        groups = {each.name for each in partner.principals([PrincipalKind.M365_GROUP])}
        assert groups == {"Team"}


def test_another_secret_is_noticed_when_it_is_entered(here: InventoryHome) -> None:
    value = Pseudonyms.from_secret(SECRET, TENANT_ID).check_value()
    with pytest.raises(UnknownPseudonyms):
        here.keep_pseudonyms(TENANT_ID, value, "another secret of length")
    with pytest.raises(errors.UsageError):
        Pseudonyms.from_secret("short", TENANT_ID)


def test_pseudonyms_do_not_depend_on_letter_case_but_on_the_tenant() -> None:
    one, other = Pseudonyms.from_secret(SECRET, TENANT_ID), Pseudonyms.from_secret(SECRET, UUID(int=5))
    assert one.address_of("Ann@Contoso.com") == one.address_of("ann@contoso.COM")
    assert one.of("ann") != other.of("ann")
    assert one.of("") == one.address_of("") == ""


def test_a_plain_inventory_is_comparable_as_it_is(here: InventoryHome) -> None:
    own = planted()
    assert here.comparable_to(planted(), own) is own


def test_the_first_file_of_a_tenant_needs_a_confirmed_key(
    here: InventoryHome, there: InventoryHome, tmp_path: Path
) -> None:
    file = exported(there, tmp_path / "c.handover")
    with pytest.raises(UntrustedKey):
        here.told(file)
    assert not here.told_path(TENANT_ID).exists()


def test_later_files_must_carry_the_same_key(here: InventoryHome, there: InventoryHome, tmp_path: Path) -> None:
    taken(here, there, exported(there, tmp_path / "c.handover")).close()
    forged = exported(InventoryHome(tmp_path / "eve"), tmp_path / "forged.handover")
    with pytest.raises(OtherKey):
        here.told(forged)
    here.keyring.forget(TENANT_ID)
    with pytest.raises(UntrustedKey):
        here.told(forged)


def test_a_home_takes_its_own_files(there: InventoryHome, tmp_path: Path) -> None:
    with there.told(exported(there, tmp_path / "c.handover")) as inventory:
        assert inventory.tenant().tenant_id == TENANT_ID


def test_a_later_file_takes_the_place_of_the_earlier(here: InventoryHome, there: InventoryHome, tmp_path: Path) -> None:
    taken(here, there, exported(there, tmp_path / "one.handover")).close()
    with here.told(exported(there, tmp_path / "two.handover", Level.COUNTS)) as inventory:
        assert not list(inventory.principals())


def test_a_fingerprint_is_eight_words_taken_in_any_writing(there: InventoryHome) -> None:
    key = there.keyring.public_key()
    words = fingerprint(key)
    assert len(words.split()) == 8 and words == fingerprint(key)
    assert same_fingerprint(words.upper().replace(" ", "-"), key)
    assert not same_fingerprint(" ".join(words.split()[:7]), key)
    assert fingerprint("00" * 32) != fingerprint("01" + "00" * 31)


def test_a_signature_counts_for_its_key_and_content_only(there: InventoryHome, here: InventoryHome) -> None:
    signature = there.keyring.sign(b"told")
    assert verify(there.keyring.public_key(), signature, b"told")
    assert not verify(there.keyring.public_key(), signature, b"Told")
    assert not verify(here.keyring.public_key(), signature, b"told")
    assert not verify("zz", "zz", b"told")


def test_keys_and_files_are_their_owners_only(there: InventoryHome, tmp_path: Path) -> None:
    file = exported(there, tmp_path / "c.handover")
    key = next((tmp_path / "there" / "handover").glob("*.pem"))
    assert [stat.S_IMODE(path.stat().st_mode) for path in (file, key)] == [0o600, 0o600]


def test_a_damaged_list_of_trusted_keys_is_not_taken_for_an_empty_one(tmp_path: Path) -> None:
    keyring = Keyring(tmp_path)
    keyring.trust(TENANT_ID, "Contoso", keyring.public_key(), NOW)
    (tmp_path / "handover" / "trusted.json").write_text("[{")
    with pytest.raises(errors.UsageError):
        keyring.trusted()


def test_a_file_that_stands_there_is_never_written_over(there: InventoryHome, tmp_path: Path) -> None:
    file = exported(there, tmp_path / "c.handover")
    before = file.read_bytes()
    with pytest.raises(errors.Conflict):
        exported(there, tmp_path / "c.handover")
    assert file.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
