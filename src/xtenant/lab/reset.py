"""`xtenant lab reset`: a home's data away, its ids, people, apps and certificates kept."""

from __future__ import annotations

import shutil
from pathlib import Path

from xtenant.lab.clock import CLOCK_FILE
from xtenant.lab.estate import Estate, shared_folder, tenant_home
from xtenant.lab.lock import LOCK_NAME
from xtenant.lab.mails import INDEX_NAME, MAIL_FOLDER
from xtenant.lab.tenant_handle import LOG_NAME, SETTINGS_FILE

KEPT = frozenset({LOCK_NAME, LOG_NAME, SETTINGS_FILE})


def wipe(home: Path, estate: Estate) -> None:
    """Remove databases and blobs of every tenant, all mails and the clock's offset. No tenant may be running."""
    for tenant in estate.tenants:
        folder = tenant_home(home, tenant.name)
        for entry in folder.iterdir() if folder.is_dir() else ():
            if entry.name in KEPT:
                continue
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink()
    if shared_folder(home).exists():
        shutil.rmtree(shared_folder(home))
    mail = home / MAIL_FOLDER
    for file in [*mail.glob("*.eml"), mail / INDEX_NAME, home / CLOCK_FILE]:
        file.unlink(missing_ok=True)
