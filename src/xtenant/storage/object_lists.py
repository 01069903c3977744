"""Lists of users and of groups on SQL: by any question, by their last change, and of those deleted.

Pages go by key: behind the last row's value and id, never by a count of rows skipped.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, or_, select, true, update

from xtenant.domain.query import Change, Order, Page, Place, Question
from xtenant.domain.tenant import TenantId
from xtenant.storage import changes, conflicts, predicates
from xtenant.storage.memberships import ids_in
from xtenant.storage.shapes import Shape

T = TypeVar("T")


class ObjectList(Generic[T]):
    """`ObjectListRepository` on SQL, for the noun whose shape is given."""

    def __init__(self, connection: Connection, tenant_id: TenantId, shape: Shape[T]) -> None:
        self._connection = connection
        self._tenant_id = tenant_id
        self._shape = shape
        self._columns = shape.table.c
        self._own = shape.table.c.tenant_id == tenant_id

    def page(self, question: Question) -> Page[T]:
        value = self._order(question.order)
        query = self._asked(select(self._shape.table, value.label("place")), question)
        found = self._connection.execute(self._from(query, question, value).limit(question.limit + 1)).all()
        rows = found[: question.limit]
        last = Place(rows[-1].place, self._id_of(rows[-1])) if len(found) > len(rows) else None
        return Page(rows=[self._shape.value(row) for row in rows], following=last)

    def count(self, question: Question) -> int:
        query = self._asked(select(func.count()).select_from(self._shape.table), question)
        return self._connection.execute(query).scalar_one()

    def last_change(self) -> int:
        return changes.last_change(self._connection, self._tenant_id)

    def changes(self, after: Place, *, seen: int, limit: int) -> Sequence[Change[T]]:
        number, row_id = self._columns.change, self._shape.id
        behind = or_(number > after.value, and_(number == after.value, row_id > after.object_id))
        known = or_(self._columns.deleted_at.is_(None), number > seen)
        query = select(self._shape.table).where(self._own, number >= after.value, behind, known)
        found = self._connection.execute(query.order_by(number, row_id).limit(limit))
        return [
            Change(
                place=Place(row.change, self._id_of(row)),
                value=self._shape.value(row) if row.deleted_at is None else None,
                for_good=row.forgotten_at is not None,
            )
            for row in found
        ]

    def deleted(self, object_id: UUID, *, deleted_after: datetime) -> T | None:
        query = select(self._shape.table).where(self._own, self._deleted(deleted_after), self._shape.id == object_id)
        row = self._connection.execute(query).one_or_none()
        return None if row is None else self._shape.value(row)

    def restore(self, object_id: UUID) -> None:
        with conflicts.refusing("name", str(object_id)):
            self._write(self._shape.id == object_id, {"deleted_at": None})

    def forget(self, object_ids: Sequence[UUID], *, at: datetime) -> None:
        deleted = and_(self._shape.id.in_(list(object_ids)), self._columns.deleted_at.is_not(None))
        self._write(deleted, {"forgotten_at": at, **self._shape.forgotten})

    def expired(self, *, deleted_before: datetime, limit: int) -> Sequence[UUID]:
        gone = and_(self._columns.deleted_at < deleted_before, self._columns.forgotten_at.is_(None))
        query = select(self._shape.id).where(self._own, gone).limit(limit)
        return self._connection.execute(query).scalars().all()

    def _asked(self, query: Select[Any], question: Question) -> Select[Any]:
        """The rows a question finds, on all its pages."""
        after = question.deleted_after
        query = query.where(self._own, self._columns.deleted_at.is_(None) if after is None else self._deleted(after))
        if question.scope is not None:
            query = query.where(self._shape.id.in_(ids_in(self._tenant_id, question.scope)))
        if question.where is not None:
            query = query.where(predicates.condition(question.where, self._shape.fields, self._shape.many))
        return query

    def _id_of(self, row: Row[Any]) -> UUID:
        return getattr(row, self._shape.id.name)

    def _order(self, order: Order | None) -> ColumnElement[Any]:
        return self._shape.orders[order.field.name] if order is not None else self._shape.id

    def _from(self, query: Select[Any], question: Question, value: ColumnElement[Any]) -> Select[Any]:
        """The query in the order asked for, behind the place asked for."""
        after, order, row_id = question.after, question.order, self._shape.id
        if order is None:
            behind = true() if after is None else row_id > after.object_id
            return query.where(behind).order_by(row_id)
        if after is not None:
            reached = value <= after.value if order.descending else value >= after.value
            passed = value < after.value if order.descending else value > after.value
            further = row_id < after.object_id if order.descending else row_id > after.object_id
            query = query.where(reached, or_(passed, further))
        if question.where is not None and predicates.is_narrow(question.where, self._shape.fields):
            # SQLite, without statistics, would walk the whole order for one row; this hides the order's index from it
            value = func.coalesce(value, value)
        elif order.field.unique and question.deleted_after is None:  # then an index gives the order alone
            return query.order_by(value.desc() if order.descending else value)
        return query.order_by(*((value.desc(), row_id.desc()) if order.descending else (value, row_id)))

    def _deleted(self, after: datetime) -> ColumnElement[bool]:
        return and_(self._columns.deleted_at >= after, self._columns.forgotten_at.is_(None))

    def _write(self, which: ColumnElement[bool], values: dict[str, Any]) -> None:
        number = changes.next_change(self._connection, self._tenant_id)
        self._connection.execute(update(self._shape.table).where(self._own, which).values(**values, change=number))
