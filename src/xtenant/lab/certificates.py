"""The lab's own certificate authority, its servers' certificates, and the certificates apps sign in with.

The authority is name-constrained to Microsoft's host names and short-lived, so that whoever trusts it by accident gives
little away: it can sign for no other host and soon not at all. Nothing here touches the system's certificates.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPublicKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from xtenant.domain.tenant import GRAPH_HOST, LOGIN_HOST, SHAREPOINT_SUFFIX
from xtenant.lab.private_files import write_private

AUTHORITY_DAYS = 30
RENEW_BEFORE_DAYS = 7
APP_CERTIFICATE_DAYS = 365
PERMITTED_NAMES = (SHAREPOINT_SUFFIX.lstrip("."), GRAPH_HOST, LOGIN_HOST)
EVERY_ADDRESS = (ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0"))

SignerKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPair:
    """A certificate and the private key to it."""

    certificate: x509.Certificate
    key: SignerKey

    @property
    def certificate_pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        """The key unencrypted in PKCS#8, the one form Granian's TLS reads (`parts.md` 3)."""
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )


def create_authority(lab_id: str, *, now: datetime) -> KeyPair:
    """An authority on P-256 that may sign for SharePoint's, Graph's and the login host names only, for 30 days."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name(f"xtenant lab {lab_id}")
    constraints = x509.NameConstraints(
        permitted_subtrees=[x509.DNSName(permitted) for permitted in PERMITTED_NAMES],
        excluded_subtrees=[x509.IPAddress(network) for network in EVERY_ADDRESS],
    )
    certificate = (
        _builder(name, name, key.public_key(), now, days=AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(constraints, critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return KeyPair(certificate=certificate, key=key)


def issue_server(authority: KeyPair, hosts: Sequence[str], *, now: datetime) -> KeyPair:
    """A server certificate for all host names given; the first is its common name. It ends with its authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    issuer = authority.certificate
    certificate = (
        _builder(_name(hosts[0]), issuer.subject, key.public_key(), now, until=issuer.not_valid_after_utc)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(_issuer_key_id(issuer), critical=False)
        .sign(authority.key, hashes.SHA256())
    )
    return KeyPair(certificate=certificate, key=key)


def create_app_certificate(common_name: str, *, now: datetime) -> KeyPair:
    """A self-signed RSA certificate for an app registration: client assertions are RS256 or PS256 (settled A 8)."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = _name(common_name)
    certificate = (
        _builder(name, name, key.public_key(), now, days=APP_CERTIFICATE_DAYS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return KeyPair(certificate=certificate, key=key)


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateFolder:
    """The certificates of one lab on disk: `ca.pem` for clients, one certificate and key per server."""

    folder: Path

    @property
    def ca_file(self) -> Path:
        """What clients trust. It may replace a whole bundle: the proxy lets nobody reach another host anyway."""
        return self.folder / "ca.pem"

    def certificate_file(self, server: str) -> Path:
        return self.folder / f"{server}.pem"

    def key_file(self, server: str) -> Path:
        return self.folder / f"{server}.key"

    def renew(self, lab_id: str, servers: dict[str, Sequence[str]], *, now: datetime) -> None:
        """Make sure each server has a certificate for exactly its hosts with a week left; else make all anew.

        The authority's key is kept as long as the authority, so that a lab may grow without its clients noticing.
        """
        authority = self._authority(now)
        if authority is None:
            authority = create_authority(lab_id, now=now)
            write_private(self.folder / "ca.key", authority.key_pem)
            self.ca_file.write_bytes(authority.certificate_pem)
        for server, hosts in servers.items():
            if not self._is_good(server, hosts, authority.certificate):
                pair = issue_server(authority, hosts, now=now)
                write_private(self.key_file(server), pair.key_pem)
                self.certificate_file(server).write_bytes(pair.certificate_pem)

    def _authority(self, now: datetime) -> KeyPair | None:
        try:
            certificate = x509.load_pem_x509_certificate(self.ca_file.read_bytes())
            key = serialization.load_pem_private_key((self.folder / "ca.key").read_bytes(), None)
        except FileNotFoundError:
            return None
        ends_soon = certificate.not_valid_after_utc - now < timedelta(days=RENEW_BEFORE_DAYS)
        if ends_soon or not isinstance(key, ec.EllipticCurvePrivateKey):
            return None
        return KeyPair(certificate=certificate, key=key)

    def _is_good(self, server: str, hosts: Sequence[str], issuer: x509.Certificate) -> bool:
        if not (self.certificate_file(server).exists() and self.key_file(server).exists()):
            return False
        certificate = x509.load_pem_x509_certificate(self.certificate_file(server).read_bytes())
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        issued_here = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
        return set(names.get_values_for_type(x509.DNSName)) == set(hosts) and issued_here == _issuer_key_id(issuer)


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name[:64])])


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: CertificateIssuerPublicKeyTypes,
    now: datetime,
    *,
    days: int = 0,
    until: datetime | None = None,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(until or now + timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _issuer_key_id(issuer: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    subject = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(subject)
