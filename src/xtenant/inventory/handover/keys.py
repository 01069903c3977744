"""The key a profile home signs its handover files with, its fingerprint in words, and whose keys this home trusts.

Each home has an Ed25519 key of its own, made when it is first needed. The first file of a tenant is imported only after a
person has compared the fingerprint with what the other administrator reads out; later files must carry the same key.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from xtenant.client.profiles import write_private
from xtenant.domain import errors

WORDS = 8
_CONSONANTS, _VOWELS = "bdfghjklmnprstvz", "aiou"
_PREFIX = b"xtenant handover 1\n"
"""Before what is signed, so that the signature means nothing elsewhere."""


class UntrustedKey(errors.UsageError):
    """Nobody has confirmed here that this key is the other administrator's."""

    code = "untrustedKey"
    remedy = "Ask the other administrator for the fingerprint (`xtenant handover show`) and give it with --fingerprint."


class OtherKey(errors.UsageError):
    """A file of a tenant carries another key than the one that was confirmed for it."""

    code = "otherKey"
    remedy = (
        "Ask the other administrator whether the key was really changed. If so, `xtenant handover forget TENANT-ID` and "
        "confirm the new fingerprint."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedKey:
    """Whose key was confirmed: the tenant its files speak of, and when."""

    tenant_id: UUID
    tenant_name: str
    public_key: str
    confirmed_at: datetime


def fingerprint(public_key: str) -> str:
    """Eight words to be read out: 128 bits of the key's SHA-256, sixteen a word."""
    digest = hashlib.sha256(bytes.fromhex(public_key)).digest()
    return " ".join(_word(int.from_bytes(digest[at : at + 2])) for at in range(0, 2 * WORDS, 2))


def same_fingerprint(typed: str, public_key: str) -> bool:
    """Whether what a person typed are the key's words: in any letter case, with blanks or dashes between them."""
    return typed.replace("-", " ").lower().split() == fingerprint(public_key).split()


def _word(number: int) -> str:
    """Sixteen bits as a word that can be spoken: consonant, vowel, consonant, vowel, consonant."""
    signs = [(_CONSONANTS, 12, 15), (_VOWELS, 10, 3), (_CONSONANTS, 6, 15), (_VOWELS, 4, 3), (_CONSONANTS, 0, 15)]
    return "".join(letters[number >> shift & mask] for letters, shift, mask in signs)


def verify(public_key: str, signature: str, content: bytes) -> bool:
    """Whether a signature over content was made by a key; False for keys and signatures that are none."""
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))
        key.verify(bytes.fromhex(signature), _PREFIX + content)
    except (ValueError, InvalidSignature):
        return False
    return True


class Keyring:
    """The keys of one profile home, in 0600 files below `handover/`."""

    def __init__(self, home: Path) -> None:
        self._folder = home / "handover"
        self._trusted = self._folder / "trusted.json"

    def public_key(self) -> str:
        """Of this home, in hexadecimal; the key is made when there is none."""
        key = self._own().public_key()
        return key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw).hex()

    def sign(self, content: bytes) -> str:
        return self._own().sign(_PREFIX + content).hex()

    def trusted(self) -> Mapping[UUID, TrustedKey]:
        """By tenant. Raises UsageError for a damaged list: whom to trust is never guessed."""
        try:
            found = msgspec.json.decode(self._trusted.read_bytes(), type=list[TrustedKey])
        except FileNotFoundError:
            return {}
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise errors.UsageError(
                f"{self._trusted} cannot be read: {error}.", remedy="Remove it, and confirm the fingerprints again."
            ) from error
        return {each.tenant_id: each for each in found}

    def trust(self, tenant_id: UUID, tenant_name: str, public_key: str, now: datetime) -> None:
        confirmed = TrustedKey(tenant_id=tenant_id, tenant_name=tenant_name, public_key=public_key, confirmed_at=now)
        self._keep({**self.trusted(), tenant_id: confirmed})

    def forget(self, tenant_id: UUID) -> None:
        """Raises NotFound for a tenant of which no key was confirmed."""
        trusted = dict(self.trusted())
        if trusted.pop(tenant_id, None) is None:
            raise errors.NotFound(f"No key was confirmed for the tenant {tenant_id}.")
        self._keep(trusted)

    def check(self, tenant_id: UUID, public_key: str) -> None:
        """Whether a file of a tenant may be taken. The own key is trusted as it is. Raises UntrustedKey, OtherKey."""
        known = self.trusted().get(tenant_id)
        if known is not None and known.public_key != public_key:
            raise OtherKey(
                f"The file speaks of {known.tenant_name} ({tenant_id}), but its key is another one than was confirmed: "
                f"{fingerprint(public_key)} instead of {fingerprint(known.public_key)}."
            )
        if known is None and not (self._file.exists() and public_key == self.public_key()):
            raise UntrustedKey(f"The key of this file was never confirmed: {fingerprint(public_key)}.")

    @property
    def _file(self) -> Path:
        return self._folder / "signing.pem"

    def _own(self) -> Ed25519PrivateKey:
        try:
            pem = self._file.read_bytes()
        except FileNotFoundError:
            return self._made()
        try:
            key = serialization.load_pem_private_key(pem, password=None)
        except ValueError as error:
            raise errors.UsageError(f"{self._file} holds no key.", remedy="Restore it from a backup.") from error
        if not isinstance(key, Ed25519PrivateKey):
            raise errors.UsageError(f"{self._file} holds a key of another kind.", remedy="Restore it from a backup.")
        return key

    def _made(self) -> Ed25519PrivateKey:
        key = Ed25519PrivateKey.generate()
        form, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        write_private(self._file, key.private_bytes(serialization.Encoding.PEM, form, plain))
        return key

    def _keep(self, trusted: Mapping[UUID, TrustedKey]) -> None:
        write_private(self._trusted, msgspec.json.format(msgspec.json.encode(list(trusted.values())), indent=2))
