"""Files made to do harm: each is refused with a clear error, and what was imported before stays as it was."""

from __future__ import annotations

import hashlib
import json
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from inventory.planted import NOW, TENANT_ID, planted, told_by
from xtenant.inventory.handover import reading
from xtenant.inventory.handover.keys import OtherKey, UntrustedKey
from xtenant.inventory.handover.manifest import MANIFEST, SIGNATURE, DamagedHandover, Level, place_of
from xtenant.inventory.handover.reading import open_handover
from xtenant.inventory.handover.telling import Telling
from xtenant.inventory.handover.writing import write_handover
from xtenant.inventory.opening import InventoryHome

OTHER_TENANT = UUID("33333333-3333-4333-8333-333333333333")


@dataclass
class Forge:
    """A good file taken apart, to be changed and put together again; `seal` signs anew with the rightful key."""

    there: InventoryHome
    members: dict[str, bytes]
    extra: list[tuple[str, bytes]] = field(default_factory=list)

    @property
    def manifest(self) -> dict[str, Any]:
        return json.loads(self.members[MANIFEST])

    def lines(self, part: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.members[place_of(part)].splitlines()]

    def put(self, part: str, *rows: dict[str, Any] | bytes) -> None:
        """Rows of a part, with its size, number and hash in the manifest put right."""
        lines = [row if isinstance(row, bytes) else json.dumps(row).encode() + b"\n" for row in rows]
        self.members[place_of(part)] = content = b"".join(lines)
        manifest = self.manifest
        for told in manifest["parts"]:
            if told["name"] == part:
                told |= {
                    "lines": len(lines),
                    "size_bytes": len(content),
                    "sha256": hashlib.sha256(content).hexdigest(),
                }
        self.seal(manifest)

    def change(self, part: str, **members: Any) -> None:
        """Change the first row of a part."""
        first, *others = self.lines(part)
        self.put(part, {**first, **members}, *others)

    def seal(self, manifest: dict[str, Any]) -> None:
        self.members[MANIFEST] = content = json.dumps(manifest).encode()
        self.members[SIGNATURE] = self.there.keyring.sign(content).encode()

    def write(self, path: Path) -> Path:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in [*self.members.items(), *self.extra]:
                archive.writestr(name, content)
        return path


@dataclass
class Ground:
    """Both homes; here a good file was imported before."""

    here: InventoryHome
    there: InventoryHome
    folder: Path
    forge: Forge

    def refused(self, file: Path, kind: type[Exception] = DamagedHandover) -> str:
        """The text of the refusal; what stood there is untouched and nothing is left behind."""
        before = self.imported()
        with pytest.raises(kind) as caught:
            self.here.told(file).close()
        assert self.imported() == before
        left = [path.name for path in self.here.told_path(TENANT_ID).parent.iterdir()]
        assert left == [f"{TENANT_ID}.db"]
        return str(caught.value)

    def imported(self) -> dict[str, object]:
        with self.here.told(self.folder / "good.handover") as inventory:
            return told_by(inventory)


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    here, there = InventoryHome(tmp_path / "here"), InventoryHome(tmp_path / "there")
    good = tmp_path / "good.handover"
    write_handover(Telling.of(planted(), Level.PERMISSIONS), good, there.keyring, now=NOW)
    here.keyring.trust(TENANT_ID, "Contoso", there.keyring.public_key(), NOW)
    here.told(good).close()
    with zipfile.ZipFile(good) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    return Ground(here, there, tmp_path, Forge(there, members))


def test_the_forge_makes_files_that_are_taken(ground: Ground) -> None:
    ground.forge.change("principals", name="Anne")
    with ground.here.told(ground.forge.write(ground.folder / "f.handover")) as inventory:
        assert "Anne" in {each.name for each in inventory.principals()}


Damage = Callable[[Forge], object]


def _manifest(**members: Any) -> Damage:
    return lambda forge: forge.seal({**forge.manifest, **members})


def _unsealed(forge: Forge) -> None:
    forge.members[MANIFEST] = forge.members[MANIFEST].replace(b"Contoso", b"Contosa")


def _part_swapped(forge: Forge) -> None:
    name = place_of("principals")
    forge.members[name] = forge.members[name].replace(b"Ann", b"Eva")


def _part_longer(forge: Forge) -> None:
    forge.members[place_of("items")] += forge.members[place_of("items")]


def _part_shorter(forge: Forge) -> None:
    forge.members[place_of("items")] = b"".join(forge.members[place_of("items")].splitlines(keepends=True)[:-1])


def _stranger(name: str) -> Damage:
    return lambda forge: forge.extra.append((name, b"x"))


def _missing(name: str) -> Damage:
    return lambda forge: forge.members.pop(name)


def _same_site_twice(forge: Forge) -> None:
    forge.put("sites", *forge.lines("sites"), forge.lines("sites")[0])


def _tenant_twice(forge: Forge) -> None:
    forge.put("tenant", *forge.lines("tenant") * 2)


def _other_tenant_inside(forge: Forge) -> None:
    forge.change("tenant", tenant_id=str(OTHER_TENANT))


DAMAGES: dict[str, Damage] = {
    "a manifest changed after signing": _unsealed,
    "a part changed after signing": _part_swapped,
    "a part longer than signed": _part_longer,
    "a part shorter than signed": _part_shorter,
    "a name that climbs out": _stranger("../../profiles/contoso.json"),
    "an absolute name": _stranger("/etc/passwd"),
    "a name nobody asked for": _stranger("parts/more.jsonl"),
    "a part twice": _stranger(place_of("items")),
    "a manifest twice": _stranger(MANIFEST),
    "no manifest": _missing(MANIFEST),
    "no signature": _missing(SIGNATURE),
    "a part missing": _missing(place_of("scopes")),
    "another format": _manifest(format="zip"),
    "another version": _manifest(version=1),
    "a level that is none": _manifest(level="everything"),
    "a level whose parts are others": _manifest(level="plan"),
    "an unknown member": _manifest(more=1),
    "a number that is negative": _manifest(counts={"user": -1}),
    "a date without zone": _manifest(created_at="2026-11-23T18:00:00"),
    "a key that is none": _manifest(public_key="00"),
    "a manifest that is a list": lambda forge: forge.members.update({MANIFEST: b"[]"}),
    "a manifest of deep brackets": lambda forge: forge.members.update({MANIFEST: b"[" * 200_000}),
    "a manifest that is too large": lambda forge: forge.members.update({MANIFEST: b" " * (2 << 20)}),
    "a signature that is too large": lambda forge: forge.members.update({SIGNATURE: b"0" * 10_000}),
    "another tenant inside": _other_tenant_inside,
    "two tenants": _tenant_twice,
    "no tenant": lambda forge: forge.put("tenant"),
    "a site twice": _same_site_twice,
    "a scope of a site that is not listed": lambda forge: forge.change("scopes", site_id=str(OTHER_TENANT)),
    "items of a site in two places": lambda forge: forge.put(
        "scopes", *forge.lines("scopes"), forge.lines("scopes")[0]
    ),
    "a line that is no JSON": lambda forge: forge.put("principals", b"{\n"),
    "a line that is deep": lambda forge: forge.put("principals", b"[" * 100_000 + b"\n"),
    "a line that is no text": lambda forge: forge.put("principals", b'{"name":"\xff"}\n'),
    "a line without end": lambda forge: forge.put("principals", b"{}"),
    "a line that is too long": lambda forge: forge.put("principals", b" " * (reading.LINE_BYTES + 5) + b"\n"),
    "a kind that is none": lambda forge: forge.change("principals", kind="emperor"),
    "a member of another type": lambda forge: forge.change("principals", name=7),
    "a required member missing": lambda forge: forge.put("licences", {"part_number": "x"}),
    "a number out of bounds": lambda forge: forge.change("items", size_bytes=2**63),
    "a negative size": lambda forge: forge.change("items", size_bytes=-1),
    "a time without zone": lambda forge: forge.change("tenant", read_at="2026-11-23T18:00:00"),
    "a name without end": lambda forge: forge.change("principals", name="n" * 10_001),
    "an address that is none": lambda forge: forge.change("sites", url="https://[contoso/sites/x"),
    "an id that is none": lambda forge: forge.change("sites", site_id="../x"),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_a_harmful_file_is_refused_whole(ground: Ground, damage: Damage) -> None:
    with pytest.warns(UserWarning, match="Duplicate name") if damage in _DOUBLED else _quiet():
        damage(ground.forge)
        file = ground.forge.write(ground.folder / "bad.handover")
    ground.refused(file)


class _quiet:
    def __enter__(self) -> None: ...

    def __exit__(self, *error: object) -> None: ...


_DOUBLED = [DAMAGES["a part twice"], DAMAGES["a manifest twice"]]


def test_a_file_of_another_key_is_refused_though_well_signed(ground: Ground) -> None:
    eve = InventoryHome(ground.folder / "eve")
    file = ground.folder / "eve.handover"
    write_handover(Telling.of(planted(), Level.PERMISSIONS), file, eve.keyring, now=NOW)
    assert "another one than was confirmed" in ground.refused(file, OtherKey)


def test_a_known_key_for_another_tenant_is_asked_for_again(ground: Ground) -> None:
    ground.forge.change("tenant", tenant_id=str(OTHER_TENANT))
    ground.forge.seal({**ground.forge.manifest, "tenant_id": str(OTHER_TENANT)})
    ground.refused(ground.forge.write(ground.folder / "other.handover"), UntrustedKey)


def test_a_file_packed_too_tightly_is_refused_before_it_is_unpacked(ground: Ground) -> None:
    zeros = b" " * (8 << 20)
    ground.forge.members[place_of("items")] = zeros
    text = ground.refused(ground.forge.write(ground.folder / "bomb.handover"))
    assert "too tightly" in text


def test_a_directory_that_lies_about_sizes_does_not_help_a_bomb(ground: Ground) -> None:
    ground.forge.members[place_of("items")] = b" " * (8 << 20)
    content = bytearray(ground.forge.write(ground.folder / "bomb.handover").read_bytes())
    at = content.rfind(place_of("items").encode()) - 46  # of the central directory
    content[at + 24 : at + 28] = (100).to_bytes(4, "little")
    liar = ground.folder / "liar.handover"
    liar.write_bytes(content)
    ground.refused(liar)


def test_encrypted_and_oddly_packed_members_are_refused(ground: Ground) -> None:
    path = ground.folder / "bad.handover"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in ground.forge.members.items():
            how = zipfile.ZIP_BZIP2 if name == place_of("items") else zipfile.ZIP_DEFLATED
            archive.writestr(name, content, how)
    ground.refused(path)
    content = bytearray(ground.forge.write(ground.folder / "locked.handover").read_bytes())
    at = content.rfind(place_of("items").encode()) - 46
    content[at + 8] |= 1
    locked = ground.folder / "locked.handover"
    locked.write_bytes(content)
    ground.refused(locked)


def test_a_damaged_archive_is_refused_wherever_it_is_damaged(ground: Ground) -> None:
    """A byte that nobody reads, such as a date, may change; then all that is told is what was signed."""
    good = (ground.folder / "good.handover").read_bytes()
    bad = ground.folder / "bad.handover"
    places = [*range(0, len(good), 17), *range(len(good) - 25, len(good))]
    refused = 0
    for at in places:
        bad.write_bytes(good[:at] + bytes([good[at] ^ 0x55]) + good[at + 1 :])
        try:
            with open_handover(bad) as handover:
                handover.check_parts()
        except DamagedHandover:
            refused += 1
    assert refused > len(places) // 2
    for length in (0, 1, 100, len(good) // 2, len(good) - 1):
        bad.write_bytes(good[:length])
        ground.refused(bad)


def test_no_file_and_a_folder_are_refused_as_files(ground: Ground) -> None:
    ground.refused(ground.folder / "nowhere.handover")
    ground.refused(ground.folder)


def test_signs_that_forge_a_terminal_are_taken_out_of_names(ground: Ground) -> None:
    ground.forge.change("principals", name="Ann\x1b[2J\u202eevil\x07")
    with ground.here.told(ground.forge.write(ground.folder / "f.handover")) as inventory:
        names = {each.name for each in inventory.principals()}
    assert "Ann\ufffd[2J\ufffdevil\ufffd" in names


def test_a_refusal_quotes_nothing_that_forges_a_terminal(ground: Ground) -> None:
    ground.forge.change("principals", kind="\x1b[2Jking")
    text = ground.refused(ground.forge.write(ground.folder / "bad.handover"))
    assert "king" in text and text.isprintable()


def test_a_part_that_is_all_checksum_but_broken_is_refused(ground: Ground) -> None:
    path = ground.forge.write(ground.folder / "bad.handover")
    with zipfile.ZipFile(path) as archive:
        entry = archive.getinfo(place_of("principals"))
    content = bytearray(path.read_bytes())
    start = entry.header_offset + 30 + len(entry.filename)
    packed = zlib.compress(b"garbage " * 100)[2:-4][: entry.compress_size]
    content[start : start + len(packed)] = packed
    path.write_bytes(content)
    ground.refused(path)
