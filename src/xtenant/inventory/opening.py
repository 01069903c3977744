"""Where inventories lie in a profile home, and how a handover file becomes one that can be read (settled C 2, C 19)."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from xtenant.client.profiles import write_private
from xtenant.domain import errors
from xtenant.inventory.handover.disguise import Pseudonyms, comparable
from xtenant.inventory.handover.importing import import_handover
from xtenant.inventory.handover.keys import Keyring
from xtenant.inventory.handover.reading import Handover, open_handover
from xtenant.inventory.store import Inventory, UnreadableInventory


class UnknownPseudonyms(errors.UsageError):
    """People are disguised in a file, and the secret that both administrators agreed on was not entered here."""

    code = "unknownPseudonyms"
    remedy = "Enter it with `xtenant handover import FILE --pseudonyms`."


class InventoryHome:
    """The inventories of one profile home: those read here, and those told by other administrators."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.keyring = Keyring(home)

    def own_path(self, tenant_id: UUID | str) -> Path:
        """Of a tenant that was read here."""
        return self.home / "inventory" / f"{UUID(str(tenant_id))}.db"

    def told_path(self, tenant_id: UUID) -> Path:
        """Of a tenant another administrator told of."""
        return self.home / "inventory" / "imported" / f"{tenant_id}.db"

    def own(self, tenant_id: UUID | str, *, afresh: bool) -> Inventory:
        """The inventory of a tenant read here; `afresh` begins a new file where one of another version stands.

        Raises UnreadableInventory.
        """
        path = self.own_path(tenant_id)
        try:
            return Inventory(path)
        except UnreadableInventory:
            if not afresh:
                raise
            remove_inventory(path)
            return Inventory(path)

    def told(self, file: Path) -> Inventory:
        """The inventory a handover file tells of, imported where that was not done yet.

        Raises DamagedHandover, UntrustedKey for a key nobody confirmed here, OtherKey for another than was confirmed.
        """
        with open_handover(file) as handover:
            manifest = handover.manifest
            self.keyring.check(manifest.tenant_id, manifest.public_key)
            path = self.told_path(manifest.tenant_id)
            if not self._is_imported(handover, path):
                import_handover(handover, path)
        return Inventory(path)

    def keep_pseudonyms(self, tenant_id: UUID, check_value: str, secret: str) -> None:
        """Keep what makes the pseudonyms of a tenant's files. Raises UnknownPseudonyms for another secret than the file's."""
        pseudonyms = Pseudonyms.from_secret(secret, tenant_id)
        if pseudonyms.check_value() != check_value:
            raise UnknownPseudonyms(
                "This is not the secret the file was made with.", remedy="Ask the other administrator for it."
            )
        write_private(self._pseudonyms_file(tenant_id), pseudonyms.key)

    def comparable_to(self, partner: Inventory, own: Inventory) -> Inventory:
        """`own` as it may be matched with a partner's inventory: itself, or a copy in memory with the partner's pseudonyms.

        Ids stay, so that who was matched is looked up in `own`. Raises UnknownPseudonyms.
        """
        origin = partner.origin()
        if origin is None or origin.pseudonyms is None:
            return own
        tenant_id = partner.tenant().tenant_id
        try:
            pseudonyms = Pseudonyms(self._pseudonyms_file(tenant_id).read_bytes())
        except FileNotFoundError:
            raise UnknownPseudonyms(f"The people of {partner.tenant().display_name} are disguised.") from None
        if pseudonyms.check_value() != origin.pseudonyms:
            raise UnknownPseudonyms("The secret that was entered here is not the one this file was made with.")
        return comparable(own, pseudonyms)

    def _pseudonyms_file(self, tenant_id: UUID) -> Path:
        return self.home / "handover" / f"{tenant_id}.pseudonyms"

    def _is_imported(self, handover: Handover, path: Path) -> bool:
        if not path.exists():
            return False
        try:
            with Inventory(path) as inventory:
                origin = inventory.origin()
        except UnreadableInventory:
            return False
        return origin is not None and origin.file_sha256 == handover.sha256


def remove_inventory(path: Path) -> None:
    """The file with what SQLite keeps beside it."""
    for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
        path.with_name(name).unlink(missing_ok=True)
