"""Columns, constraints and queryset vocabulary of the core. Verbs live in the topic modules."""

from __future__ import annotations

from scheduler.models.bookings import Booking, BookingChange, Claim, Participant, Series
from scheduler.models.calendars import BellSchedule, CalendarDay, DayPattern, DayType, Period
from scheduler.models.feeds import Feed
from scheduler.models.notices import Notice
from scheduler.models.organisations import Organisation
from scheduler.models.people import Membership, Role, User
from scheduler.models.resources import ClassGroup, ClassPart, Location, Person, Resource
from scheduler.models.rules import Rule

__all__ = [
    "BellSchedule",
    "Booking",
    "BookingChange",
    "CalendarDay",
    "Claim",
    "ClassGroup",
    "ClassPart",
    "DayPattern",
    "DayType",
    "Feed",
    "Location",
    "Membership",
    "Notice",
    "Organisation",
    "Participant",
    "Period",
    "Person",
    "Resource",
    "Role",
    "Rule",
    "Series",
    "User",
]
