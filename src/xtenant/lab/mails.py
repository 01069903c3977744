"""The mails a lab has received, as files with an index: what `lab mail` reads. The server is `lab/mailbox.py`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec

MAIL_FOLDER = "mail"
INDEX_NAME = "index.jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One mail received; `file` is its name in the mail folder, `subject` unfolded and decoded."""

    number: int
    received_at: datetime
    sender: str
    recipients: tuple[str, ...]
    subject: str
    file: str


def mails_in(folder: Path, domains: Iterable[str] | None = None) -> list[Mail]:
    """The mails kept, oldest first; with `domains` only those to a recipient of one of them."""
    try:
        lines = (folder / INDEX_NAME).read_bytes().splitlines()
    except FileNotFoundError:
        return []
    mails = [msgspec.json.decode(line, type=Mail) for line in lines]
    if domains is None:
        return mails
    wanted = {domain.lower() for domain in domains}
    return [mail for mail in mails if any(_domain_of(recipient) in wanted for recipient in mail.recipients)]


def _domain_of(address: str) -> str:
    return address.rpartition("@")[2].lower()
