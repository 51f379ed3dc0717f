"""After a month of anything, three programs show in every calendar what the database says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

import icalendar
import pytest

from classrooms.models import Lesson, SectionSchool
from scheduler import feed_events, feed_scopes, feeds, ical
from scheduler.feeds import Target
from scheduler.models import Booking, BookingChange, Claim, ClassGroup, Feed, Participant, User
from tests.cast import World
from tests.classrooms import feed_month
from tests.classrooms.feed_month import Month
from tests.scheduler import calendar_readers

STEPS = 25


@dataclass(slots=True)
class Subscribed:
    """A calendar that somebody keeps reading at its address."""

    target: Target
    secret: str

    @property
    def is_public(self) -> bool:
        return self.target.audience == Feed.Audience.PUBLIC

    def feed(self, now: datetime) -> Feed:
        found = feeds.find(self.secret, now=now)
        assert found is not None
        return found[0]

    def content(self, now: datetime) -> bytes:
        whole = feeds.content(self.feed(now), now=now)
        assert whole is not None
        return whole[1]


def subscribed(month: Month) -> list[Subscribed]:
    """Every scope for every audience."""
    world = month.world
    people = (world.sato, world.ito, world.tanaka, world.nakamura, world.kudo, world.suzuki, month.lee)
    targets = [feeds.own(user) for user in people]
    subjects = [
        ("school", world.rishiri.pk), ("school", world.rebun.pk), ("school", month.edmonton.pk),
        ("class", world.rishiri_2a.group_id), ("class", month.edmonton_part.group_id),
        ("section", world.section.pk), ("section", month.abroad.pk),
        ("studio", world.studios[0].pk), ("room", world.rishiri_set.pk), ("room", month.edmonton_room.pk),
    ]  # fmt: skip
    for scope, pk in subjects:
        subject = feed_scopes.find(scope, pk)
        assert subject is not None
        targets += [feeds.about(subject, audience, "ja") for audience in ("staff", "public")]
    by = world.admin
    return [Subscribed(t, feeds.make(t, by=by, instead_of=None, now=month.now)) for t in targets]


def written_anew(feed: Feed, now: datetime) -> bytes:
    """The same calendar from the rows alone: nothing stored, nothing remembered."""
    selection = feeds.selection_of(feed, now=now)
    assert selection is not None
    items = feed_events.items(selection, now=now)
    front = ical.head(selection.name, selection.zone, feeds.REFRESH, feed_events.zones(items))
    masters = [ical.block(master) for master in feed_events.series(items, selection).values()]
    events = [ical.block(event) for event in feed_events.written(items, selection)]
    return b"".join([front, *masters, *events, ical.END])


def own_sides(target: Target, month: Month, booking: Booking) -> list[Participant]:
    """The sides of a booking that belong into a calendar, from the rows and by hand."""
    sides = list(booking.participants.select_related("person", "organisation"))
    schools = [side for side in sides if side.person is None]
    lesson = Lesson.objects.filter(booking=booking).first()
    match target.scope:
        case "person":
            assert target.user is not None
            mine = [side for side in sides if side.person and side.person.user_id == target.user.pk]
            office = [
                s for s in schools if target.user.memberships.filter(organisation=s.organisation).exists()
            ]
            is_open = booking.visibility != "CONFIDENTIAL" and booking.kind != "local"
            return mine or (office if is_open else [])
        case "school":
            return [s for s in schools if s.organisation_id == target.subject_id and booking.kind != "local"]
        case "class":
            group = ClassGroup.objects.get(pk=target.subject_id)
            held = Claim.objects.filter(booking=booking, resource__classpart__group=group)
            preset = lesson and SectionSchool.objects.filter(section=lesson.section, parts__group=group)
            return [
                side
                for side in schools
                if side.organisation_id == group.organisation_id
                and (held.filter(participant=side).exists() or (preset and preset.exists()))
            ]
        case "section":
            is_of_it = lesson is not None and lesson.section_id == target.subject_id
            return [side for side in sides if is_of_it and side.role == "host"]
        case "studio":
            return [s for s in sides if s.location_id == target.subject_id and booking.kind != "local"]
        case _:
            return [side for side in sides if side.location_id == target.subject_id]


def was_only_held(booking: Booking) -> bool:
    verbs = set(BookingChange.objects.filter(booking=booking).values_list("verb", flat=True))
    return "hold" in verbs and "confirm" not in verbs


def expected(one: Subscribed, month: Month) -> Iterator[tuple[datetime, datetime, str, str]]:
    """Start, end, status and title of everything that the calendar must show."""
    target = one.target
    for booking in Booking.objects.exclude(kind="practice"):
        sides = own_sides(target, month, booking)
        if not sides or (booking.visibility == "CONFIDENTIAL" and target.scope != "person"):
            continue
        side = min(sides, key=lambda s: (s.withdrawn_at is not None, s.pk))
        is_off = booking.state == "cancelled" or side.withdrawn_at is not None
        status = "CANCELLED" if is_off else "CONFIRMED"
        if was_only_held(booking):
            if target.user != booking.created_by or not side.person:
                continue
            status = "TENTATIVE" if booking.is_live(month.now) else "CANCELLED"
        yield side.start, side.end, status, title(one, booking, side, status)


def title(one: Subscribed, booking: Booking, side: Participant, status: str) -> str:
    """Whole for a screen, its beginning for everybody else."""
    mark = {"CANCELLED": "【取消】", "TENTATIVE": "【仮】", "CONFIRMED": ""}[status]
    if not one.is_public:
        return mark + booking.title
    lesson = Lesson.objects.filter(booking=booking).first()
    period = f" {side.period_number}校時" if side.period_number else ""
    return mark + (lesson.section.course.name if lesson else booking.title) + period


def assert_shown(one: Subscribed, month: Month) -> None:
    shown = calendar_readers.shown_by_all(one.content(month.now))
    wanted = sorted(expected(one, month))
    assert [(s.start, s.end, s.status) for s in shown] == [row[:3] for row in wanted], one.target
    titles = sorted(s.summary for s in shown)
    for said, row in zip(titles, sorted(row[3] for row in wanted), strict=True):
        assert said == row if one.is_public else said.startswith(row), one.target


def assert_nothing_leaks(calendars: Iterable[Subscribed], month: Month) -> None:
    people = User.objects.exclude(name="Lee").values_list("name", flat=True)
    for one in calendars:
        content = one.content(month.now)
        words = [
            str(event.get(key, "")) for event in icalendar.Calendar.from_ical(content).walk("VEVENT")
            for key in ("summary", "description", "location", "url")
        ]  # fmt: skip
        said = "\n".join(words)
        assert feed_month.PUPIL not in said
        assert "花子" not in said
        if one.target.user != month.world.sato:
            assert feed_month.SECRET not in said
        if one.is_public:
            assert "CONFIDENTIAL" not in content.decode()
            for hidden in (*people, "佐藤", "伊藤", "先生", "利尻", "礼文", "/rooms/", "/lessons/", "名"):
                assert hidden not in said


@pytest.mark.both_databases
@pytest.mark.parametrize("seed", [1, 2])
def test_every_calendar_shows_what_the_database_says(world: World, seed: int) -> None:
    month = feed_month.begin(world, seed)
    calendars = subscribed(month)

    for _step in range(STEPS):
        month.act()
        for one in month.dice.sample(calendars, 4):
            assert one.content(month.now) == written_anew(one.feed(month.now), month.now)

    assert len(set(month.done)) > 6
    assert Booking.objects.filter(series__isnull=False, sequence__gt=0).exists()
    for rename in month.renames():
        before = [one.content(month.now) for one in calendars]
        rename()
        after = [one.content(month.now) for one in calendars]
        assert after == [written_anew(one.feed(month.now), month.now) for one in calendars]
        assert after != before
    for one in calendars:
        assert_shown(one, month)
    assert_nothing_leaks(calendars, month)
