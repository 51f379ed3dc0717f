"""What the gate reads: a session and a booking with its sides in one statement, an account with its
posts in another.

In plain SQL, because the gate is asked for everybody at every join, and after a restart for
everybody at once: composing statements anew, and waiting for more of them, took most of its time.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar
from uuid import UUID

from django.db import connection
from django.db.models import Model
from django.db.models.expressions import Col

from scheduler.models import Booking, Location, Membership, Organisation, Participant, User

AnyModel = TypeVar("AnyModel", bound=Model)
Row = Sequence[Any]


class _Part(Generic[AnyModel]):
    """The columns of one table in a statement over several, and its rows as instances.

    What is in `but` is read when it is asked for: above all instants, since turning them into
    Python's costs more than all other columns together.
    """

    def __init__(
        self,
        model: type[AnyModel],
        alias: str,
        after: _Part[Any] | None = None,
        *,
        but: frozenset[str] = frozenset(),
    ) -> None:
        self._model = model
        self._fields = [each for each in model._meta.concrete_fields if each.name not in but]  # noqa: SLF001 -- Django's API
        self._names = [field.attname for field in self._fields]
        self.columns = ", ".join(f'{alias}."{field.column}"' for field in self._fields)
        self._begin: int = after.end if after else 0
        self.end: int = self._begin + len(self._fields)

    def of(self, row: Row) -> AnyModel:
        values = list(row[self._begin : self.end])
        for place, convert in self._converters:
            values[place] = convert(values[place])
        return self._model.from_db(connection.alias, self._names, values)

    def place(self, name: str) -> int:
        """Where a row has this column."""
        return self._begin + self._names.index(name)

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


_BOOKING = _Part(
    Booking, "b", but=frozenset({"recurrence_start", "created_at", "changed_at", "cancelled_at"})
)
_SIDE = _Part(
    Participant,
    "p",
    _BOOKING,
    but=frozenset({"start", "end", "grade", "headcount", "withdraw_reason"}),
)
_FACTS = tuple(
    _SIDE.place(name) for name in ("organisation_id", "person_id", "location_id", "role", "withdrawn_at")
)
_ACCOUNT_ID, _SESSION_DATA = -2, -1
_DOOR = f"""
SELECT {_BOOKING.columns}, {_SIDE.columns}, a.user_id, s.session_data
FROM (SELECT 1) one
LEFT JOIN django_session s ON s.session_key = %s AND s.expire_date > %s
LEFT JOIN scheduler_booking b ON b.uid = %s
LEFT JOIN scheduler_participant p ON p.booking_id = b.id
LEFT JOIN scheduler_person a ON a.resource_ptr_id = p.person_id
ORDER BY p.id
"""  # noqa: S608 -- names of columns

_USER = _Part(User, "u", but=frozenset({"last_login", "date_joined"}))
_POST = _Part(Membership, "m", _USER)
_ITS = _Part(Organisation, "o", _POST)
_ACCOUNT = f"""
SELECT {_USER.columns}, {_POST.columns}, {_ITS.columns}
FROM scheduler_user u
LEFT JOIN scheduler_membership m ON m.user_id = u.id
LEFT JOIN scheduler_organisation o ON o.id = m.organisation_id
WHERE u.id = %s ORDER BY m.valid_from, m.id
"""  # noqa: S608 -- names of columns

_SESSION = "SELECT session_data FROM django_session WHERE session_key = %s AND expire_date > %s"


class Side(NamedTuple):
    """What the gate looks at in a participant; an instance is made of the one side that matters."""

    organisation_id: int
    person_id: int | None
    location_id: int | None
    role: str
    is_withdrawn: bool
    account_id: int | None
    """Of its person."""
    row: Row

    @property
    def participant(self) -> Participant:
        return _SIDE.of(self.row)


Booked: TypeAlias = tuple[Booking, list[Side]]
"""A booking with everybody who was ever invited, withdrawn ones too."""


class Door(NamedTuple):
    session_data: str | None
    """As Django stored it: signed. None where there is no such session, or it has expired."""
    booked: Booked | None


def door(uid: UUID, session_key: str, now: datetime) -> Door:
    """What there is to know of a socket before it is known whose it is."""
    column = Booking._meta.get_field("uid")  # noqa: SLF001 -- Django's API
    instant = connection.ops.adapt_datetimefield_value(now)
    rows = _rows(_DOOR, session_key, instant, column.get_db_prep_value(uid, connection))
    first = rows[0]
    if not _BOOKING.is_in(first):
        return Door(first[_SESSION_DATA], None)
    sides = [_side(row) for row in rows if _SIDE.is_in(row)]
    return Door(first[_SESSION_DATA], (_BOOKING.of(first), sides))


def _side(row: Row) -> Side:
    organisation_id, person_id, location_id, role, withdrawn_at = (row[place] for place in _FACTS)
    return Side(
        organisation_id, person_id, location_id, role, withdrawn_at is not None, row[_ACCOUNT_ID], row
    )


def session_data(key: str, now: datetime) -> str | None:
    """As of a `Door`."""
    rows = _rows(_SESSION, key, connection.ops.adapt_datetimefield_value(now))
    return str(rows[0][0]) if rows else None


def booked(uid: UUID, now: datetime) -> Booked | None:
    return door(uid, "", now).booked


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


def _rows(statement: str, *keys: Any) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(statement, keys)
        rows: list[Row] = cursor.fetchall()
    return rows


def _unread(model: type[AnyModel], key: int) -> AnyModel:
    """The row with this key, whose columns are read when they are asked for."""
    name = model._meta.pk.attname  # noqa: SLF001 -- Django's API
    return model.from_db(connection.alias, [name], [key])
