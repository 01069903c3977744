"""App registrations consented in the tenant. Certificates are public; of secrets only salted hashes are kept."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Connection, Table, delete, insert, select

from xtenant.domain.directory import App, AppId
from xtenant.domain.tenant import TenantId
from xtenant.storage.tables import Guid, Names, Text, metadata

apps = Table(
    "apps",
    metadata,
    Column("tenant_id", Guid, primary_key=True),
    Column("app_id", Guid, primary_key=True),
    Column("object_id", Guid, nullable=False),
    Column("display_name", Text, nullable=False),
    Column("permissions", Names, nullable=False),
    Column("scopes", Names, nullable=False),
    Column("certificates", Names, nullable=False),
    Column("secret_hashes", Names, nullable=False),
    Column("public_client", Boolean, nullable=False),
)


class AppStore:
    """`AppRepository` on SQL."""

    def __init__(self, connection: Connection, tenant_id: TenantId) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    def put(self, app: App) -> None:
        self._connection.execute(delete(apps).where(apps.c.tenant_id == self._tenant_id, apps.c.app_id == app.app_id))
        self._connection.execute(
            insert(apps).values(
                tenant_id=self._tenant_id,
                app_id=app.app_id,
                object_id=app.object_id,
                display_name=app.display_name,
                permissions=tuple(sorted(app.permissions)),
                scopes=tuple(sorted(app.scopes)),
                certificates=app.certificates,
                secret_hashes=app.secret_hashes,
                public_client=app.public_client,
            )
        )

    def by_id(self, app_id: AppId) -> App | None:
        query = select(apps).where(apps.c.tenant_id == self._tenant_id, apps.c.app_id == app_id)
        row = self._connection.execute(query).one_or_none()
        if row is None:
            return None
        return App(
            app_id=AppId(row.app_id),
            object_id=row.object_id,
            display_name=row.display_name,
            permissions=frozenset(row.permissions),
            scopes=frozenset(row.scopes),
            certificates=row.certificates,
            secret_hashes=row.secret_hashes,
            public_client=row.public_client,
        )
