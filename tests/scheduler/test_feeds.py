"""A person's feed: whose bookings it has, how it says them, and when it is unchanged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import icalendar
import pytest
from django.conf import settings
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from scheduler import bookings, feed_events, feed_store, feeds
from scheduler.intervals import Interval
from scheduler.models import (
    Booking,
    Feed,
    Location,
    Membership,
    Organisation,
    Participant,
    Role,
    StoredEvent,
    User,
)
from scheduler.names import Name
from scheduler.plans import Need, Plan, Side
from tests import cast
from tests.cast import NOW, TOKYO, World, at
from tests.scheduler import calendar_readers, plans
from tests.scheduler.lessons_provider import plain_lessons

pytestmark = pytest.mark.both_databases
EDMONTON = ZoneInfo("America/Edmonton")


@pytest.fixture(autouse=True)
def _lessons_are_told() -> Iterator[None]:
    with plain_lessons():
        yield


def secret_of(user: User, now: datetime = NOW) -> str:
    """The secret of a new address of the user's."""
    standing = feeds.live(feeds.own(user))
    return feeds.make(feeds.own(user), by=user, instead_of=standing.pk if standing else None, now=now)


_secrets: dict[int, str] = {}


@pytest.fixture(autouse=True)
def _nobody_has_an_address() -> None:
    _secrets.clear()


def found(user: User, now: datetime = NOW) -> tuple[Feed, feeds.Edition]:
    """The user's feed and what it says, its address made on the way if there is none."""
    if user.pk not in _secrets:
        _secrets[user.pk] = secret_of(user, now)
    answer = feeds.find(_secrets[user.pk], now=now)
    assert answer is not None
    return answer


def edition_of(user: User, now: datetime = NOW) -> feeds.Edition:
    return found(user, now)[1]


def content_of(user: User, now: datetime = NOW) -> bytes:
    feed, edition = found(user, now)
    whole = feeds.content(feed, now=now)
    assert whole is not None
    assert whole[0] == edition
    return whole[1]


def events_of(user: User, now: datetime = NOW) -> list[icalendar.Event]:
    return calendar_readers.events(content_of(user, now))


def book(world: World, plan: Plan | None = None) -> Booking:
    return bookings.book(plan or plans.joint(world, 2), by=world.suzuki, now=NOW, intention=uuid4())


def test_each_reader_has_the_lesson_at_their_own_period(world: World) -> None:
    booking = book(world)

    found = {user.name: events_of(user) for user in (world.sato, world.tanaka, world.kudo)}

    assert {name: [calendar_readers.start(e) for e in events] for name, events in found.items()} == {
        world.sato.name: [at("9:45")],
        world.tanaka.name: [at("9:45")],
        world.kudo.name: [at("9:50")],
    }
    (taught,) = found[world.sato.name]
    assert taught.end == at("10:40")
    assert str(taught["uid"]) == f"{booking.uid}@enkaku"
    assert str(taught["url"]) == f"http://127.0.0.1:8000/lessons/{booking.uid}/"
    assert f"http://127.0.0.1:8000/rooms/{booking.uid}/" in str(taught["description"])


def test_whoever_does_not_take_part_has_an_empty_calendar(world: World) -> None:
    book(world, plans.lesson(world, plans.rishiri_side(world, 2)))

    # Kudo is at Rebun, Ito teaches another course, Suzuki made the booking and plans for others.
    assert [events_of(user) for user in (world.kudo, world.ito, world.suzuki)] == [[], [], []]


def test_a_school_is_not_called_to_its_own_lessons(world: World) -> None:
    plan = plans.lesson(world, plans.rishiri_side(world, 2))
    booking = book(world, plan)
    Booking.objects.filter(pk=booking.pk).update(kind="local")

    assert events_of(world.tanaka) == []


def test_a_moved_lesson_keeps_its_uid_with_a_higher_sequence(world: World) -> None:
    booking = book(world)
    (before,) = events_of(world.tanaka)

    later = NOW + timedelta(hours=1)
    bookings.move(booking, plans.joint(world, 4), by=world.sato, now=later, intention=uuid4())

    (after,) = events_of(world.tanaka)
    assert after["uid"] == before["uid"]
    assert (before["sequence"], after["sequence"]) == (0, 1)
    assert calendar_readers.start(after) == at("11:45")
    assert later == after.LAST_MODIFIED


def test_a_cancelled_lesson_says_so_for_thirty_days_and_then_vanishes(world: World) -> None:
    booking = book(world)
    bookings.cancel(booking, by=world.sato, now=NOW, intention=uuid4())

    (event,) = events_of(world.tanaka)
    assert (event["status"], event["sequence"], event["transp"]) == ("CANCELLED", 1, "TRANSPARENT")
    assert str(event["summary"]) == "【取消】数学Ⅱ 合同"
    assert "/rooms/" not in str(event["description"])
    assert len(events_of(world.tanaka, NOW + timedelta(days=30))) == 1
    assert events_of(world.tanaka, NOW + timedelta(days=31)) == []


def test_a_school_that_leaves_sees_it_cancelled_and_the_others_see_it_stand(world: World) -> None:
    booking = book(world)
    rebun = booking.participants.get(organisation=world.rebun)

    bookings.withdraw(rebun, by=world.kudo, now=NOW, intention=uuid4())

    (left,) = events_of(world.kudo)
    (stays,) = events_of(world.tanaka)
    assert (left["status"], calendar_readers.start(left)) == ("CANCELLED", at("9:50"))
    assert (stays["status"], calendar_readers.start(stays)) == ("CONFIRMED", at("9:45"))
    assert events_of(world.kudo, NOW + timedelta(days=31)) == []
    assert len(events_of(world.tanaka, NOW + timedelta(days=31))) == 1


def test_a_hold_is_tentative_to_who_holds_it_and_says_cancelled_once_it_ran_out(world: World) -> None:
    bookings.hold(plans.joint(world, 2), by=world.sato, now=NOW, intention=uuid4())

    (held,) = events_of(world.sato)
    assert (held["status"], str(held["summary"])) == ("TENTATIVE", "【仮】数学Ⅱ 合同")
    first = edition_of(world.sato)
    later = NOW + bookings.HOLD_FOR
    assert edition_of(world.sato, later).etag != first.etag
    (waiting,) = events_of(world.sato, later)
    bookings.expire_holds(now=later)
    (swept,) = events_of(world.sato, later)
    for event in (waiting, swept):
        assert (event["uid"], event["status"], event["sequence"]) == (held["uid"], "CANCELLED", 1)
    assert len(events_of(world.sato, later + timedelta(days=30))) == 1
    assert events_of(world.sato, later + timedelta(days=31)) == []


def test_a_hold_is_shown_to_nobody_who_was_not_told_of_it(world: World) -> None:
    booking = bookings.hold(plans.joint(world, 2), by=world.suzuki, now=NOW, intention=uuid4())
    others = (world.sato, world.tanaka, world.nakamura, world.rishiri_device, world.kudo)

    assert [events_of(user) for user in others] == [[]] * 5
    bookings.cancel(booking, by=world.suzuki, now=NOW, intention=uuid4())
    assert [events_of(user) for user in others] == [[]] * 5


def test_a_hold_that_is_confirmed_is_shown_to_all_who_take_part(world: World) -> None:
    booking = bookings.hold(plans.joint(world, 2), by=world.suzuki, now=NOW, intention=uuid4())

    bookings.confirm(booking, by=world.suzuki, now=NOW, intention=uuid4())

    assert [events_of(user)[0]["status"] for user in (world.sato, world.tanaka)] == ["CONFIRMED"] * 2
    bookings.cancel(booking, by=world.suzuki, now=NOW, intention=uuid4())
    assert [events_of(user)[0]["status"] for user in (world.sato, world.tanaka)] == ["CANCELLED"] * 2


def test_a_reader_elsewhere_has_it_on_their_own_clocks(world: World) -> None:
    # Edmonton goes back to standard time on 7 November 2027: 17:00 there is 8:00, then 9:00 in Japan.
    school, part, places = cast.add_school(
        "A1", "Edmonton Senior High School", "Edmonton", [("17:00", "17:50")], time_zone="America/Edmonton"
    )
    guest = cast.add_user("lee", "Lee", school, Role.ROOM_STAFF)
    now = at("9:00", date(2027, 10, 20))
    days = [date(2027, 11, 4), date(2027, 11, 11)]
    for day in days:
        side = Side(
            organisation_id=school.pk,
            interval=Interval(at("17:00", day, EDMONTON), at("17:50", day, EDMONTON)),
            needs=(Need((part.pk,)), Need((places[0].pk,))),
            follows_bells=True,
            headcount=3,
        )
        bookings.book(plans.lesson(world, side), by=world.suzuki, now=now, intention=uuid4())

    content = content_of(guest, now)

    assert [event["dtstart"].to_ical() for event in calendar_readers.events(content)] == [
        b"20271104T170000", b"20271111T170000",
    ]  # fmt: skip
    read = calendar_readers.by_ical_js(content)
    assert [(said["zone"], said["wallClock"]) for said in read["events"]] == [
        ("America/Edmonton", "2027-11-04T17:00:00"),
        ("America/Edmonton", "2027-11-11T17:00:00"),
    ]
    assert [calendar_readers.instant(said["start"]) for said in read["events"]] == [
        at("8:00", date(2027, 11, 5)), at("9:00", date(2027, 11, 12)),
    ]  # fmt: skip
    taught = [calendar_readers.start(event) for event in events_of(world.sato, now)]
    assert taught == [at("8:00", date(2027, 11, 5)), at("9:00", date(2027, 11, 12))]


def test_the_feed_speaks_the_language_of_its_reader(world: World) -> None:
    booking = book(world)
    Booking.objects.filter(pk=booking.pk).update(title_en="Mathematics II, jointly")
    bookings.cancel(booking, by=world.sato, now=NOW, intention=uuid4())
    User.objects.filter(pk=world.tanaka.pk).update(language="en")

    calendar = icalendar.Calendar.from_ical(content_of(User.objects.get(pk=world.tanaka.pk)))

    assert str(calendar["x-wr-calname"]) == "Enkaku: Rishiri"
    assert [str(event["summary"]) for event in calendar.events] == ["[Cancelled] Mathematics II, jointly"]


def test_unchanged_facts_have_the_same_validators_and_every_change_has_others(world: World) -> None:
    booking = book(world)
    first = edition_of(world.tanaka)
    seen = [first.etag]

    def look(now: datetime) -> feeds.Edition:
        return edition_of(User.objects.get(pk=world.tanaka.pk), now)

    unchanged = look(NOW + timedelta(hours=2))
    assert (unchanged.etag, unchanged.changed_at) == (first.etag, first.changed_at)

    steps: list[Callable[[], object]] = [
        lambda: Booking.objects.filter(pk=booking.pk).update(title="数学Ⅱ 改"),
        lambda: User.objects.filter(pk=world.tanaka.pk).update(language="en"),
        lambda: Location.objects.filter(pk=world.rishiri_set.pk).update(name="新しい機材"),
        lambda: Organisation.objects.filter(pk=world.rishiri.pk).update(name_en="Rishiri High School"),
        lambda: bookings.cancel(
            Booking.objects.get(pk=booking.pk), by=world.sato, now=NOW, intention=uuid4()
        ),
        lambda: Participant.objects.filter(booking=booking).delete(),
    ]
    # All within one second: HTTP dates cannot tell them apart unless we see to it.
    dates = [first.changed_at]
    for step in steps:
        step()
        edition = look(NOW + timedelta(hours=3))
        assert edition.etag not in seen
        assert edition.changed_at > dates[-1]
        seen.append(edition.etag)
        dates.append(edition.changed_at)


def test_an_ended_post_takes_its_school_out_of_the_calendar_at_once(world: World) -> None:
    book(world)
    Membership.objects.create(
        user=world.tanaka, organisation=world.rebun, role=Role.ROOM_STAFF, valid_from=date(2026, 4, 1)
    )
    assert len(events_of(world.tanaka)) == 1
    Membership.objects.filter(user=world.tanaka, organisation=world.rishiri).update(valid_until=NOW.date())
    (event,) = events_of(world.tanaka)
    assert calendar_readers.start(event) == at("9:50")


@pytest.mark.parametrize("how", ["revoked", "replaced", "no post any more", "inactive"])
def test_an_address_that_should_not_work_leads_nowhere(world: World, how: str) -> None:
    secret = secret_of(world.tanaka)
    assert feeds.find(secret, now=NOW) is not None
    if how == "revoked":
        feeds.revoke(feeds.own(world.tanaka), by=world.tanaka, now=NOW)
    elif how == "replaced":
        secret_of(world.tanaka)
    elif how == "no post any more":
        world.tanaka.memberships.update(valid_until=NOW.date())
    else:
        User.objects.filter(pk=world.tanaka.pk).update(is_active=False)

    assert feeds.find(secret, now=NOW) is None


def test_an_address_dies_with_the_last_day_of_the_post_though_nothing_is_written(world: World) -> None:
    secret = secret_of(world.tanaka)
    tomorrow = NOW.astimezone(TOKYO).date() + timedelta(days=1)
    world.tanaka.memberships.update(valid_until=tomorrow)
    assert feeds.find(secret, now=NOW) is not None

    assert feeds.find(secret, now=at("23:59", tomorrow - timedelta(days=1))) is not None
    assert feeds.find(secret, now=at("0:00", tomorrow)) is None


def test_making_an_address_twice_from_one_page_keeps_the_first(world: World) -> None:
    secret = secret_of(world.tanaka)

    with pytest.raises(feeds.ReplacedError):
        feeds.make(feeds.own(world.tanaka), by=world.tanaka, instead_of=None, now=NOW)

    assert feeds.find(secret, now=NOW) is not None
    assert Feed.objects.filter(user=world.tanaka).count() == 1


def test_the_database_holds_no_secret(world: World) -> None:
    secret = secret_of(world.tanaka)

    (row,) = Feed.objects.values()

    assert len(secret) >= 43
    assert all(secret not in str(value) for value in row.values())


def test_a_reading_is_noted_at_most_every_ten_minutes(world: World) -> None:
    feed, _edition = found(world.tanaka)

    noted = []
    for minutes in (0, 9, 10):
        feeds.note_reading(Feed.objects.get(pk=feed.pk), now=NOW + timedelta(minutes=minutes))
        noted.append(Feed.objects.get(pk=feed.pk).last_read_at)

    assert noted == [NOW, NOW, NOW + timedelta(minutes=10)]


def test_an_unchanged_feed_costs_one_query_however_long_it_is(world: World) -> None:
    counts = []
    for numbers in ((1,), (2, 3, 4)):
        for number in numbers:
            book(world, plans.lesson(world, plans.rishiri_side(world, number)))
        looked_at = edition_of(world.tanaka)

        with CaptureQueriesContext(connection) as queries:
            unchanged = edition_of(world.tanaka, NOW + timedelta(hours=1))

        assert unchanged == looked_at
        counts.append(len(queries))

    assert counts == [1, 1]


def test_an_unchanged_feed_is_looked_at_again_the_next_day_and_keeps_its_validators(world: World) -> None:
    book(world)
    today = edition_of(world.tanaka)

    with CaptureQueriesContext(connection) as queries:
        tomorrow = edition_of(world.tanaka, NOW + timedelta(days=1))

    assert len(queries) > 1
    assert (tomorrow.etag, tomorrow.changed_at) == (today.etag, today.changed_at)


def test_another_address_of_the_service_stands_in_calendars_at_once(world: World) -> None:
    book(world)
    before, old = edition_of(world.tanaka), settings.PUBLIC_URL.encode()
    assert old in content_of(world.tanaka)

    with override_settings(PUBLIC_URL="https://enkaku.example.jp"):
        after, content = edition_of(world.tanaka), content_of(world.tanaka)

    assert after.etag != before.etag
    assert (b"https://enkaku.example.jp" in content, old in content) == (True, False)


def test_what_an_update_writes_otherwise_stands_in_calendars_at_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    book(world)
    edition_of(world.tanaka)
    kept = set(StoredEvent.objects.values_list("pk", flat=True))

    monkeypatch.setattr(feed_events, "FORMAT", feed_events.FORMAT + 1)
    edition_of(world.tanaka)

    assert StoredEvent.objects.exclude(pk__in=kept).count() == len(kept)


def test_after_one_change_only_its_event_is_written_anew(world: World) -> None:
    first, *_others = [
        book(world, plans.lesson(world, plans.rishiri_side(world, number))) for number in (1, 2, 3)
    ]
    before = content_of(world.tanaka)
    kept = set(StoredEvent.objects.values_list("pk", flat=True))

    bookings.cancel(first, by=world.sato, now=NOW, intention=uuid4())

    assert content_of(world.tanaka) != before
    (new,) = StoredEvent.objects.exclude(pk__in=kept)
    assert new.booking == first


def test_events_that_were_deleted_are_written_again(world: World) -> None:
    book(world)
    before = content_of(world.tanaka)
    later = NOW + timedelta(days=31)
    edition = edition_of(world.tanaka)

    assert feed_store.prune(now=later) == 1

    assert content_of(world.tanaka) == before
    assert edition_of(world.tanaka) == edition


def test_a_confidential_booking_reaches_its_persons_alone(world: World) -> None:
    plan = plans.lesson(world, plans.rishiri_side(world, 2), title="秘密の相談")
    booking = bookings.book(
        Plan(
            kind=plan.kind, title=Name("秘密の相談", "Secret consultation"), organiser_id=plan.organiser_id,
            sides=plan.sides, visibility="CONFIDENTIAL",
        ),
        by=world.sato, now=NOW, intention=uuid4(),
    )  # fmt: skip

    (event,) = events_of(world.sato)
    assert (str(event["uid"]), str(event["class"])) == (f"{booking.uid}@enkaku", "CONFIDENTIAL")
    for user in (world.tanaka, world.nakamura, world.rishiri_device, world.suzuki, world.admin, world.ito):
        content = content_of(user)
        assert calendar_readers.events(content) == []
        assert "秘密" not in content.decode()
