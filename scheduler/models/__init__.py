"""Columns, constraints and queryset vocabulary of the core. Verbs live in the topic modules."""

from __future__ import annotations

from scheduler.models.audit import AuditEntry, AuditHead
from scheduler.models.bookings import Booking, BookingChange, Claim, Participant, Series
from scheduler.models.calendars import BellSchedule, CalendarDay, DayPattern, DayType, Period, Term
from scheduler.models.exports import TermExport
from scheduler.models.feeds import FactChange, Feed, StoredEvent
from scheduler.models.invitations import Invitation
from scheduler.models.notices import Notice
from scheduler.models.organisations import Organisation
from scheduler.models.people import Membership, Role, User
from scheduler.models.resources import ClassGroup, ClassPart, Location, Person, Resource
from scheduler.models.rules import Rule

__all__ = [
    "AuditEntry",
    "AuditHead",
    "BellSchedule",
    "Booking",
    "BookingChange",
    "CalendarDay",
    "Claim",
    "ClassGroup",
    "ClassPart",
    "DayPattern",
    "DayType",
    "FactChange",
    "Feed",
    "Invitation",
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
    "StoredEvent",
    "Term",
    "TermExport",
    "User",
]
