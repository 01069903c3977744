"""Items as a crawl tells them."""

from __future__ import annotations

from datetime import UTC, datetime

from xtenant.proof.facts import ItemFacts, Kind, VersionFacts

PEOPLE = {"ann@contoso.com": "ann.archer@fabrikam.com", "bob@contoso.com": "bob.baker@fabrikam.com"}
CREATED = datetime(2024, 2, 29, 12, tzinfo=UTC)
MODIFIED = datetime(2026, 11, 1, 8, 30, tzinfo=UTC)


def a_file(path: str, *, domain: str = "contoso.com") -> ItemFacts:
    """A file of two versions, made by Ann and last changed by Bob, as one of the two sides tells it."""
    ann, bob = ("ann", "bob") if domain == "contoso.com" else ("ann.archer", "bob.baker")
    return ItemFacts(
        path=path,
        kind=Kind.FILE,
        size_bytes=7,
        quick_xor="AAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        created_at=CREATED,
        modified_at=MODIFIED,
        author=f"{ann}@{domain}",
        editor=f"{bob}@{domain}",
        versions=(
            VersionFacts(number="2.0", size_bytes=7, modified_at=MODIFIED, editor=f"{bob}@{domain}"),
            VersionFacts(number="1.0", size_bytes=3, modified_at=CREATED, editor=f"{ann}@{domain}"),
        ),
        sha256="ab" * 32,
    )


def a_folder(path: str, *, domain: str = "contoso.com") -> ItemFacts:
    author = ("ann@" if domain == "contoso.com" else "ann.archer@") + domain
    return ItemFacts(
        path=path,
        kind=Kind.FOLDER,
        size_bytes=10 if domain == "contoso.com" else 0,
        quick_xor="",
        created_at=CREATED,
        modified_at=MODIFIED,
        author=author,
        editor=author,
    )
