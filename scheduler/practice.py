"""The practice room (接続練習): a room that is always open, to try sound and picture at any hour.

It is an ordinary booking of each centre, one a day from midnight to midnight, of a kind that has
nothing to do with bells and holds nothing. The centre is its only party; whoever has a post
anywhere may see and enter it (`permissions.visible_bookings`, `realtime.access`).
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID, uuid5

from scheduler import bookings, timegrid
from scheduler.models import Booking, Organisation
from scheduler.names import Name
from scheduler.plans import Plan, Side

TITLE = Name("接続練習", "Practice room")
DAYS_AHEAD = 3
"""The job may fail over a long weekend before anybody finds the room closed."""
_INTENTIONS = UUID("5f0c5c5e-3f6e-4b43-9d58-6f0a3f3f6a10")


def renew(*, now: datetime) -> list[Booking]:
    """The practice rooms from today to `DAYS_AHEAD` days on, made where they were missing.

    Run it as often as you like: the day is the key of the request. A room that somebody cancelled
    stays cancelled.
    """
    made = []
    for centre in Organisation.objects.filter(kind=Organisation.Kind.DELIVERY_CENTRE).order_by("pk"):
        today = timegrid.local_date(now, centre.zone)
        for day in timegrid.dates(today, today + timedelta(days=DAYS_AHEAD)):
            intention = uuid5(_INTENTIONS, f"{centre.pk} {day.isoformat()}")
            made.append(bookings.book(_plan(centre, day), by=None, now=now, intention=intention))
    return made


def _plan(centre: Organisation, day: date) -> Plan:
    whole_day = timegrid.whole_day(day, centre.zone)
    side = Side(organisation_id=centre.pk, interval=whole_day, is_host=True)
    return Plan(kind=Booking.Kind.PRACTICE, title=TITLE, organiser_id=centre.pk, sides=(side,))
