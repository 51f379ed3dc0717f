"""What a feed can be about, who may make it, and which sides of bookings are its own.

The core knows schools, classes, receiving rooms and studios; a vertical registers what it knows
beside them (a section) in `AppConfig.ready()`. A person's own feed is in `scheduler.feed_events`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from django.db.models import Q

from scheduler import permissions
from scheduler.models import Booking, Claim, ClassGroup, Feed, Location, Membership, Organisation, Resource
from scheduler.names import Name

Scope = Feed.Scope


@dataclass(frozen=True, slots=True)
class Subject:
    """A school, a class … `organisation` answers for it, and its clocks are the calendar's."""

    scope: str
    pk: int
    name: Name
    organisation: Organisation
    kana: str = ""
    takes_local: bool = False
    """Whether a school's own lessons are in it: where a class or a room is, and nowhere else."""


class Source(Protocol):
    """One per scope."""

    def find(self, pk: int) -> Subject | None:
        """None when there is none any more, or it is out of use."""

    def managed(self, posts: Sequence[Membership], day: date) -> list[Subject]:
        """What the holder of these posts may make feeds for, in the order in which it is listed."""

    def sides(self, pk: int) -> Q:
        """A condition on Participant: the sides that are the subject's own, those that left too."""


class _Schools:
    """A school's coordinator or head decides for it."""

    def find(self, pk: int) -> Subject | None:
        school = Organisation.objects.filter(pk=pk, kind=Organisation.Kind.HIGH_SCHOOL).first()
        return self._subject(school) if school else None

    def managed(self, posts: Sequence[Membership], day: date) -> list[Subject]:
        return [self._subject(school) for school in _offices(posts)]

    def sides(self, pk: int) -> Q:
        return Q(organisation=pk, person=None)

    def _subject(self, school: Organisation) -> Subject:
        return Subject(Scope.SCHOOL, school.pk, school.label, school, school.kana)


class Classes:
    """A class, by what its parts hold. A cancelled booking holds nothing: a vertical that knows
    better which class it was for registers its own source over this one."""

    def find(self, pk: int) -> Subject | None:
        groups = ClassGroup.objects.filter(pk=pk, parts__is_active=True)
        group = groups.select_related("organisation").first()
        return self._subject(group) if group else None

    def managed(self, posts: Sequence[Membership], day: date) -> list[Subject]:
        groups = ClassGroup.objects.filter(organisation__in=_offices(posts), parts__is_active=True)
        return [self._subject(group) for group in groups.select_related("organisation").distinct()]

    def sides(self, pk: int) -> Q:
        group = ClassGroup.objects.filter(pk=pk)
        held = Claim.objects.filter(resource__classpart__group__in=group)
        return Q(pk__in=held.values("participant"))

    def _subject(self, group: ClassGroup) -> Subject:
        school = group.organisation
        return Subject(
            Scope.CLASS, group.pk, _of_school(school, group.label), school, school.kana, takes_local=True
        )


class _Places:
    """Studios are the centre's planners' to publish, receiving rooms their school's."""

    def __init__(self, scope: str, kind: str) -> None:
        self._scope, self._kind = scope, kind

    def find(self, pk: int) -> Subject | None:
        places = Location.objects.filter(pk=pk, kind=self._kind, is_active=True)
        place = places.select_related("organisation").first()
        return self._subject(place) if place else None

    def managed(self, posts: Sequence[Membership], day: date) -> list[Subject]:
        owners = _offices(posts) if self._scope == Scope.ROOM else planned_centres(posts)
        places = Location.objects.filter(organisation__in=owners, kind=self._kind, is_active=True)
        found = places.select_related("organisation").order_by("organisation", "position", "pk")
        return [self._subject(place) for place in found]

    def sides(self, pk: int) -> Q:
        return Q(location=pk)

    def _subject(self, place: Location) -> Subject:
        owner = place.organisation
        is_room = self._scope == Scope.ROOM
        name = _of_school(owner, place.label) if is_room else place.label
        return Subject(self._scope, place.pk, name, owner, owner.kana, takes_local=is_room)


_sources: dict[str, Source] = {
    Scope.SCHOOL: _Schools(),
    Scope.CLASS: Classes(),
    Scope.ROOM: _Places(Scope.ROOM, Resource.Kind.RECEIVING_SET),
    Scope.STUDIO: _Places(Scope.STUDIO, Resource.Kind.STUDIO),
}


def register(scope: str, source: Source) -> None:
    """Called in `AppConfig.ready()`; the last one wins."""
    _sources[scope] = source


def of(scope: str) -> Source | None:
    return _sources.get(scope)


def find(scope: str, pk: int) -> Subject | None:
    source = _sources.get(scope)
    return source.find(pk) if source else None


def managed(posts: Sequence[Membership], day: date) -> list[Subject]:
    """All whose feeds the holder of these posts may make, replace and revoke, scope by scope."""
    order = [scope for scope in Scope.values if scope in _sources]
    return [subject for scope in order for subject in _sources[scope].managed(posts, day)]


def bookings(subject: Subject) -> Q:
    """A condition on Booking: what stands in the subject's calendar, whoever reads it."""
    in_it = ~Q(visibility=Booking.Visibility.CONFIDENTIAL) & ~Q(kind=Booking.Kind.PRACTICE)
    return in_it if subject.takes_local else in_it & ~Q(kind=Booking.Kind.LOCAL)


def planned_centres(posts: Sequence[Membership]) -> list[Organisation]:
    """The centres at which these posts plan or administer."""
    return _unique(post for post in posts if post.role in permissions.OVERRIDE_ROLES)


def _offices(posts: Sequence[Membership]) -> list[Organisation]:
    """The schools that these posts act for."""
    return [
        school
        for school in _unique(post for post in posts if post.role in permissions.SCHOOL_OFFICE_ROLES)
        if school.kind == Organisation.Kind.HIGH_SCHOOL
    ]


def _unique(posts: Iterable[Membership]) -> list[Organisation]:
    return list({post.organisation_id: post.organisation for post in posts}.values())


def _of_school(school: Organisation, own: Name) -> Name:
    return Name(f"{school.label.ja} {own.ja}", f"{school.label.en} {own.en}")
