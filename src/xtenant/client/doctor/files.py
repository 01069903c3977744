"""The profile's own files: who may read them, and whether the certificate or secret in them can be used.

Nothing is sent. A certificate is judged by what stands in it; whether the tenant knows it shows when signing in.
"""

from __future__ import annotations

import stat
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

from xtenant.client.doctor.findings import Diagnosis
from xtenant.client.profiles import CredentialKind, Profile

SOON = timedelta(days=30)
OTHERS = stat.S_IRWXG | stat.S_IRWXO
LARGEST = 1 << 20

_MAKE = "Entra admin center › App registrations › the app › Certificates & secrets › Certificates › Upload certificate."


def check_modes(files: Sequence[Path], home: Path, said: Diagnosis) -> None:
    """Files that hold secrets, or decide where they are sent, are their owner's alone."""
    loose = [path for path in (home, *files) if path.exists() and _is_loose(path, home)]
    for path in loose:
        mode = stat.S_IMODE(path.stat().st_mode)
        said.error(
            "fileMode",
            f"{path} can be read or changed by other users of this machine (mode {mode:04o}).",
            "Whoever reads it can sign in as the app or the person; whoever writes it can send you to another tenant.",
            run=[f"chmod {'700' if path.is_dir() else '600'} '{path}'"],
        )
    if not loose:
        said.fine("fileMode")


def check_credential(profile: Profile, now: datetime, said: Diagnosis) -> bool:
    """Whether signing in is worth a try: False where the file alone shows that it cannot succeed."""
    if profile.credential.kind is CredentialKind.DEVICE_CODE:
        return True
    content = _read(profile, said)
    if content is None:
        return False
    if profile.credential.kind is CredentialKind.SECRET:
        return _check_secret(profile, said)
    return _check_certificate(profile, content, now, said)


def _is_loose(path: Path, home: Path) -> bool:
    """A folder that others may only look into shows names; the files in it are asked themselves."""
    others = stat.S_IMODE(path.stat().st_mode) & OTHERS
    return bool(others & (stat.S_IWGRP | stat.S_IWOTH)) if path == home else bool(others)


def _read(profile: Profile, said: Diagnosis) -> bytes | None:
    file = Path(profile.credential.file or "")
    try:
        with file.open("rb") as source:
            return source.read(LARGEST)
    except OSError as error:
        said.error(
            "credentialFile",
            f"The {profile.credential.kind.value} file {file} cannot be read: {error.strerror}.",
            "Without it nobody can sign in.",
            run=[_connect(profile)],
        )
        return None


def _check_secret(profile: Profile, said: Diagnosis) -> bool:
    said.error(
        "secretOnSharePoint",
        "The profile signs in with a client secret.",
        "SharePoint hosts refuse an app's token that was got with a secret ('Unsupported app only token'); Graph alone works.",
        click=_MAKE,
        run=["xtenant setup app --script certificate", _connect(profile)],
        rule="R-1.9",
    )
    return True


def _check_certificate(profile: Profile, pem: bytes, now: datetime, said: Diagnosis) -> bool:
    certificates = _certificates(pem)
    key = _key(pem, profile, said)
    if not certificates:
        said.error(
            "certificateMissing",
            f"{profile.credential.file} holds no certificate that can be read.",
            "The app proves itself with a certificate and its private key, both in one PEM file.",
            run=["cat app.key app.crt > app.pem", "chmod 600 app.pem", _connect(profile)],
        )
    if key is None or not certificates:
        return False
    certificate = certificates[0]
    if not isinstance(key, rsa.RSAPrivateKey):
        said.error(
            "certificateKeyKind",
            "The private key is not an RSA key.",
            "Microsoft takes sign-ins by RSA certificates only.",
            click=_MAKE,
            run=["xtenant setup app --script certificate"],
        )
        return False
    if _public(certificate) != _public(key):
        said.error(
            "certificateKeyDiffers",
            "The private key and the certificate in the file do not belong together.",
            "Every sign-in will be refused (AADSTS700027).",
            run=["xtenant setup app --script certificate"],
        )
        return False
    return _check_times(certificate, now, said)


def _check_times(certificate: x509.Certificate, now: datetime, said: Diagnosis) -> bool:
    begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if now >= ends:
        said.error(
            "certificateExpired",
            f"The certificate expired on {ends:%Y-%m-%d}.",
            "Microsoft refuses it (AADSTS700027).",
            click=_MAKE,
            run=["xtenant setup app --script certificate"],
        )
        return False
    if now < begins:
        said.error(
            "certificateNotYetValid",
            f"The certificate is valid from {begins:%Y-%m-%d %H:%M} UTC on; here it is {now:%Y-%m-%d %H:%M}.",
            "Microsoft refuses it until then, unless it is this machine's clock that is wrong.",
            click=_MAKE,
            run=["timedatectl set-ntp true"],
        )
        return False
    if ends - now < SOON:
        said.warning(
            "certificateExpires",
            f"The certificate expires on {ends:%Y-%m-%d}, in {(ends - now).days} days.",
            "A wave that runs longer will lose its sign-in part-way.",
            click=_MAKE,
            run=["xtenant setup app --script certificate"],
        )
    else:
        said.fine("certificate")
    return True


def _certificates(pem: bytes) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(pem)
    except ValueError:
        return []


def _key(pem: bytes, profile: Profile, said: Diagnosis) -> PrivateKeyTypes | None:
    try:
        return serialization.load_pem_private_key(pem, None, unsafe_skip_rsa_key_validation=True)
    except TypeError:
        said.error(
            "certificateKeyLocked",
            f"The private key in {profile.credential.file} is protected by a password.",
            "xtenant keeps no passwords and cannot open it.",
            run=[
                "openssl pkey -in app.key -out app-open.key",
                "cat app-open.key app.crt > app.pem",
                "chmod 600 app.pem",
            ],
        )
    except ValueError:
        said.error(
            "certificateWithoutKey",
            f"{profile.credential.file} holds no private key that can be read.",
            "The certificate alone proves nothing: what is uploaded to the tenant is its public half only.",
            run=["cat app.key app.crt > app.pem", "chmod 600 app.pem", _connect(profile)],
        )
    return None


def _public(holder: x509.Certificate | PrivateKeyTypes) -> bytes:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return holder.public_key().public_bytes(serialization.Encoding.DER, form)


def _connect(profile: Profile) -> str:
    return (
        f"xtenant connect {profile.name} --url {profile.admin_url} --tenant-id {profile.tenant_id} "
        f"--client-id {profile.client_id} --certificate app.pem"
    )
