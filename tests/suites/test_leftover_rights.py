"""What is taken away behind a redirect takes its permissions and facts along."""

from __future__ import annotations

import dataclasses

from sqlalchemy import func, select

from clock import CountingIds
from content_samples import ALICE, NOW, add_site, person, put_blobs, row
from xtenant.domain.content import REDIRECT_TEMPLATE
from xtenant.domain.item_facts import ItemFacts
from xtenant.domain.permissions import Role
from xtenant.storage.database import SqlUnits
from xtenant.storage.item_facts import item_facts
from xtenant.storage.permissions import assignments, scopes


def test_content_behind_a_redirect_leaves_no_permissions_and_no_facts(units: SqlUnits) -> None:
    ids = CountingIds()
    site, library = add_site(units, ids)
    put_blobs(units, b"content")
    with units.write() as uow:
        alice = uow.principals.ensure([person()])[ALICE]
        writer = uow.write_site(site.key, now=NOW)
        file = writer.add_item(row(ids, "file", parent=library, contents=[b"content"]))
        writer.break_inheritance(file.key, copy=False)
        writer.assign(alice, Role.READ, scope=file.key)
        uow.item_facts.put(site.key, file.key, ItemFacts(label="Secret"))
        there = uow.sites.by_key(site.key)
        assert there is not None
        uow.sites.update(dataclasses.replace(there, template=REDIRECT_TEMPLATE))
    assert rows_of_items(units) == [1, 1, 1]
    more = True
    while more:
        with units.write() as uow:
            more = uow.leftovers.remove_content(site.key, limit=100)
    assert rows_of_items(units) == [0, 0, 0]


def rows_of_items(units: SqlUnits) -> list[int]:
    """Scopes, assignments and facts that hang on an item; 0 stands for the site itself."""
    with units._engine.connect() as connection:  # pyright: ignore[reportPrivateUsage]
        return [
            connection.execute(select(func.count()).select_from(column.table).where(column != 0)).scalar_one()
            for column in (scopes.c.item_key, assignments.c.scope, item_facts.c.item_key)
        ]
