"""What the gate reads: a booking with its sides, an account with its posts, one statement each.

In plain SQL, because the gate is asked for everybody at every join, and after a restart for
everybody at once: composing statements anew, and waiting for more of them, took most of its time.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.db import connection
from django.db.models import Model
from django.db.models.expressions import Col

from scheduler.models import Booking, Location, Membership, Organisation, Participant, User

AnyModel = TypeVar("AnyModel", bound=Model)
Row = Sequence[Any]


class _Part(Generic[AnyModel]):
    """The columns of one table in a statement over several, and its rows as instances."""

    def __init__(self, model: type[AnyModel], alias: str, after: _Part[Any] | None = None) -> None:
        self._model = model
        self._fields = model._meta.concrete_fields  # noqa: SLF001 -- Django's API
        self._names = [field.attname for field in self._fields]
        self.columns = ", ".join(f'{alias}."{field.column}"' for field in self._fields)
        self._begin: int = after.end if after else 0
        self.end: int = self._begin + len(self._fields)

    def of(self, row: Row) -> AnyModel:
        values = list(row[self._begin : self.end])
        for place, convert in self._converters:
            values[place] = convert(values[place])
        return self._model.from_db(connection.alias, self._names, values)

    def is_in(self, row: Row) -> bool:
        """Whether a left join found any; the first column is the key."""
        return row[self._begin] is not None

    @functools.cached_property
    def _converters(self) -> list[tuple[int, Callable[[Any], Any]]]:
        """What a driver gives to what a field means, where the two differ; as Django's queries do it."""
        found: list[tuple[int, Callable[[Any], Any]]] = []
        for place, field in enumerate(self._fields):
            column = Col(self._model._meta.db_table, field)  # noqa: SLF001 -- Django's API
            both = (*connection.ops.get_db_converters(column), *column.get_db_converters(connection))
            found.extend((place, functools.partial(_converted, each, column)) for each in both)
        return found


def _converted(converter: Callable[..., Any], column: Col, value: Any) -> Any:
    return converter(value, column, connection)


_BOOKING = _Part(Booking, "b")
_SIDE = _Part(Participant, "p", _BOOKING)
_ACCOUNT_ID = -1
_BOOKED = f"""
SELECT {_BOOKING.columns}, {_SIDE.columns}, a.user_id
FROM scheduler_booking b
LEFT JOIN scheduler_participant p ON p.booking_id = b.id
LEFT JOIN scheduler_person a ON a.resource_ptr_id = p.person_id
WHERE b.uid = %s ORDER BY p.id
"""  # noqa: S608 -- names of columns

_USER = _Part(User, "u")
_POST = _Part(Membership, "m", _USER)
_ITS = _Part(Organisation, "o", _POST)
_ACCOUNT = f"""
SELECT {_USER.columns}, {_POST.columns}, {_ITS.columns}
FROM scheduler_user u
LEFT JOIN scheduler_membership m ON m.user_id = u.id
LEFT JOIN scheduler_organisation o ON o.id = m.organisation_id
WHERE u.id = %s ORDER BY m.valid_from, m.id
"""  # noqa: S608 -- names of columns

Sides = list[tuple[Participant, int | None]]


def booked(uid: UUID) -> tuple[Booking, Sides] | None:
    """A booking with everybody who was ever invited, withdrawn ones too; beside each the account of
    its person. The organisation of a side is read when it is asked for."""
    column = Booking._meta.get_field("uid")  # noqa: SLF001 -- Django's API
    rows = _rows(_BOOKED, column.get_db_prep_value(uid, connection))
    if not rows:
        return None
    return _BOOKING.of(rows[0]), [(_SIDE.of(row), row[_ACCOUNT_ID]) for row in rows if _SIDE.is_in(row)]


def account(user_id: int) -> User | None:
    """An account as it is now, its posts read with it: for one question to the gate and no longer."""
    rows = _rows(_ACCOUNT, user_id)
    if not rows:
        return None
    user = _USER.of(rows[0])
    user._gate_posts = [_post(row) for row in rows if _POST.is_in(row)]  # type: ignore[attr-defined]  # noqa: SLF001 -- ours
    return user


def posts(user: User) -> list[Membership]:
    """Every post this account ever had or will have; the place of a device is read when it is looked at."""
    found: list[Membership] | None = getattr(user, "_gate_posts", None)
    if found is None:
        found = [_post(row) for row in _rows(_ACCOUNT, user.pk) if _POST.is_in(row)]
    return found


def _post(row: Row) -> Membership:
    post = _POST.of(row)
    post.organisation = _ITS.of(row)
    if post.location_id is not None:
        post.location = _unread(Location, post.location_id)
    return post


def _rows(statement: str, key: Any) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(statement, [key])
        rows: list[Row] = cursor.fetchall()
    return rows


def _unread(model: type[AnyModel], key: int) -> AnyModel:
    """The row with this key, whose columns are read when they are asked for."""
    name = model._meta.pk.attname  # noqa: SLF001 -- Django's API
    return model.from_db(connection.alias, [name], [key])
