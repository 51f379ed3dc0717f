"""A pupil at home or in hospital: what the school approves, what it opens, and what it never shows."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core import mail
from django.test import Client

from classrooms import enrolments, lessons, pupils, remote_seats
from classrooms.models import Lesson, RemoteSeat, Student
from realtime import access
from realtime.access import Admission, Refusal
from realtime.models import Visit
from scheduler import permissions, readers, today
from scheduler.models import Membership, Role, User
from scheduler.names import Name
from scheduler.signals import account_changed
from tests.cast import NOW, THURSDAY, World, at
from tests.classrooms.rosters import APRIL, add_pupil, approve, enrol, facts
from tests.classrooms.teaching import book, hold

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
INSIDE = at("9:50")


@pytest.fixture
def pupil(world: World) -> Student:
    found = add_pupil(world.rishiri_2a, "木村 さくら")
    enrol(found, world.section)
    return found


def account(pupil: Student) -> User:
    pupil.refresh_from_db()
    assert pupil.user is not None
    return pupil.user


def opens(pupil: Student, lesson: Lesson, now: datetime = INSIDE) -> bool:
    """Whether the pupil sees the lesson; the gate of its room must say the same."""
    user = account(pupil)
    decision = access.decide(user, lesson.booking.uid, now)
    is_visible = permissions.visible_bookings(user, now).filter(pk=lesson.pk).exists()
    is_let_in = not isinstance(decision, Refusal) or decision.reason != access.Reason.NO_RIGHT
    assert is_visible == is_let_in
    return is_visible


def test_a_seat_lets_the_pupil_in_under_the_schools_name(world: World, pupil: Student) -> None:
    lesson = book(world.section, 2)
    approve(pupil, by=world.nakamura)

    admission = access.decide(account(pupil), lesson.booking.uid, INSIDE)

    assert isinstance(admission, Admission)
    assert admission.name == Name("利尻（自宅から）", "Rishiri (from home)")
    assert (admission.standing, admission.role) == (Visit.Standing.SEAT, "guest")
    assert admission.participant is not None
    assert admission.participant.organisation == world.rishiri
    assert opens(pupil, lesson)
    assert "木村" not in account(pupil).name


def test_a_seat_opens_no_lesson_of_a_section_that_the_pupil_does_not_take(world: World) -> None:
    other = add_pupil(world.rishiri_2a, "大野 健太")
    lesson = book(world.section, 2)
    approve(other, by=world.nakamura)

    assert not opens(other, lesson)


def test_a_seat_opens_no_lesson_without_the_pupils_school(world: World, pupil: Student) -> None:
    world.section.schools.filter(school=world.rishiri).delete()
    lesson = book(world.section, 2)
    approve(pupil, by=world.nakamura)

    assert not opens(pupil, lesson)


@pytest.mark.parametrize(
    ("valid_from", "valid_until", "is_open"),
    [
        (THURSDAY, THURSDAY + timedelta(days=1), True),
        (THURSDAY - timedelta(days=9), THURSDAY, False),
        (THURSDAY + timedelta(days=1), THURSDAY + timedelta(days=9), False),
    ],
)
def test_a_seat_opens_lessons_from_its_first_day_to_its_last(
    world: World, pupil: Student, valid_from: date, valid_until: date, is_open: bool
) -> None:
    lesson = book(world.section, 2)
    approve(pupil, by=world.nakamura, valid_from=valid_from, valid_until=valid_until)

    assert opens(pupil, lesson) is is_open


def test_a_seat_shows_beforehand_what_lies_in_its_days_and_nothing_later(
    world: World, pupil: Student
) -> None:
    inside, after = book(world.section, 2), book(world.section, 2, day=THURSDAY + timedelta(days=7))
    approve(pupil, by=world.nakamura, valid_until=THURSDAY + timedelta(days=1))

    assert opens(pupil, inside, NOW)
    assert not opens(pupil, after, NOW)


def test_ending_a_seat_ends_what_it_opened_at_once(world: World, pupil: Student) -> None:
    lesson = book(world.section, 2)
    seat = approve(pupil, by=world.nakamura)

    remote_seats.end(seat, THURSDAY)
    remote_seats.end(seat, THURSDAY)

    assert not opens(pupil, lesson)
    assert not permissions.memberships(account(pupil), THURSDAY)
    assert RemoteSeat.objects.get().valid_until == THURSDAY


def test_a_seat_ended_on_its_first_day_keeps_its_row_and_opens_nothing(world: World, pupil: Student) -> None:
    lesson = book(world.section, 2)
    seat = approve(pupil, by=world.nakamura, valid_from=THURSDAY)

    remote_seats.end(seat, THURSDAY)

    assert not opens(pupil, lesson)
    assert RemoteSeat.objects.get().valid_until == THURSDAY + timedelta(days=1)


def test_a_seat_ended_before_it_began_is_gone(world: World, pupil: Student) -> None:
    seat = approve(pupil, by=world.nakamura, valid_from=THURSDAY + timedelta(days=1))

    remote_seats.end(seat, THURSDAY)

    assert not RemoteSeat.objects.exists()
    assert not Membership.objects.filter(role=Role.STUDENT).exists()


def test_who_leaves_the_section_or_the_school_enters_no_more(world: World, pupil: Student) -> None:
    lesson = book(world.section, 2)
    approve(pupil, by=world.nakamura)

    enrolments.set_section(world.section, world.rishiri.pk, [], THURSDAY)
    assert not opens(pupil, lesson)

    enrolments.set_section(world.section, world.rishiri.pk, [pupil.pk], THURSDAY)
    assert opens(pupil, lesson)

    pupils.correct(pupil, facts(world.rishiri_2a, number=pupil.number, valid_until=THURSDAY), today=THURSDAY)
    assert not opens(pupil, lesson)


@pytest.mark.parametrize("way", ["leaves", "untaken", "untaken on the own page", "ended"])
def test_whoever_sits_in_a_room_is_looked_at_again(
    world: World, pupil: Student, way: str, django_capture_on_commit_callbacks: Any
) -> None:
    lesson = book(world.section, 2)
    seat = approve(pupil, by=world.nakamura)
    user = account(pupil)
    asked: list[tuple[int, bool]] = []

    def room(sender: object, user_id: int, **facts: object) -> None:
        asked.append((user_id, opens(pupil, lesson)))

    account_changed.connect(room)
    with django_capture_on_commit_callbacks(execute=True):
        if way == "leaves":
            pupils.correct(
                pupil, facts(world.rishiri_2a, number=pupil.number, valid_until=THURSDAY), today=THURSDAY
            )
        elif way == "untaken":
            enrolments.set_section(world.section, world.rishiri.pk, [], THURSDAY)
        elif way == "untaken on the own page":
            enrolments.set_student(pupil, [], THURSDAY)
        else:
            remote_seats.end(seat, THURSDAY)
    account_changed.disconnect(room)

    assert set(asked) == {(user.pk, False)}


def test_a_seat_to_come_outlasts_a_leaving_that_is_taken_back(world: World, pupil: Student) -> None:
    lesson = book(world.section, 2, day=THURSDAY + timedelta(days=7))
    inside = at("9:50", THURSDAY + timedelta(days=7))
    approve(pupil, by=world.nakamura, valid_from=THURSDAY + timedelta(days=2))

    def correct(valid_until: date | None) -> pupils.Ended:
        values = facts(world.rishiri_2a, number=pupil.number, valid_until=valid_until)
        return pupils.correct(pupil, values, today=THURSDAY)

    left = correct(THURSDAY + timedelta(days=1))
    assert left == pupils.Ended(sections=1, seats=0)
    assert not opens(pupil, lesson, inside)

    correct(None)
    enrolments.set_section(world.section, world.rishiri.pk, [pupil.pk], THURSDAY)

    assert opens(pupil, lesson, inside)


def test_a_held_lesson_is_nobodys_to_see(world: World, pupil: Student) -> None:
    approve(pupil, by=world.nakamura)

    assert not opens(pupil, hold(world, 2), NOW)


def test_today_shows_the_pupils_lessons_and_nobodys_name(world: World, pupil: Student) -> None:
    add_pupil(world.rishiri_2a, "大野 健太")
    other = book(world.section, 4)
    lessons.cancel(other, by=world.suzuki, now=NOW, intention=uuid4())
    book(world.section, 2)
    approve(pupil, by=world.nakamura)

    page = today.page(readers.of_user(account(pupil), INSIDE, "ja"), THURSDAY, INSIDE)

    shown = [(row.entry.title, row.entry.state, row.entry.room_url != "") for row in page.rows]
    assert shown == [("数学Ⅱ（2年・合同）", "live", True), ("数学Ⅱ（2年・合同）", "cancelled", False)]
    assert "大野" not in repr(page)


@pytest.mark.parametrize("path", ["/pupils/", "/pupils/new/", "/pupils/import/", "/records/", "/book/"])
def test_a_pupil_opens_no_page_of_the_school(client: Client, world: World, pupil: Student, path: str) -> None:
    approve(pupil, by=world.nakamura, valid_from=APRIL, valid_until=date(2100, 1, 1))
    client.force_login(account(pupil))

    assert client.get(path).status_code == 404


def test_the_pages_and_the_feed_of_a_pupil_name_no_classmate(
    client: Client, world: World, pupil: Student
) -> None:
    enrol(add_pupil(world.rishiri_2a, "大野 健太"), world.section)
    lesson = book(world.section, 2)
    approve(pupil, by=world.nakamura, valid_from=APRIL, valid_until=date(2100, 1, 1))
    user = account(pupil)
    client.force_login(user)

    pages = [client.get(f"/?date={THURSDAY}"), client.get(f"/lessons/{lesson.booking.uid}/")]
    made = client.post("/calendar/").content.decode()
    secret = re.search(r"/calendar/([\w-]{40,})\.ics", made)
    assert secret is not None
    pages.append(client.get(secret[0]))

    assert [page.status_code for page in pages] == [200, 200, 200]
    assert not any("大野" in page.content.decode() for page in pages)


def test_the_invitation_leads_to_a_password_and_names_nobody(
    client: Client, world: World, pupil: Student
) -> None:
    seat = approve(pupil, by=world.nakamura)

    assert remote_seats.invite(seat)

    (message,) = mail.outbox
    assert message.to == ["family@example.jp"]
    told = f"{message.subject} {message.body}"
    assert not any(word in told for word in ("木村", "さくら", "利尻", "数学"))
    link = re.search(r"https?://[^/\s]+(/accounts/password/reset/key/\S+)", str(message.body))
    assert link is not None
    page = client.get(link[1], follow=True)
    client.post(page.redirect_chain[-1][0], {"password1": "sea-otter-71", "password2": "sea-otter-71"})
    assert account(pupil).check_password("sea-otter-71")


def test_a_renewed_seat_keeps_account_and_password(world: World, pupil: Student) -> None:
    first = approve(pupil, by=world.nakamura, valid_until=THURSDAY)
    user = account(pupil)
    user.set_password("sea-otter-71")
    user.save()

    second = approve(pupil, by=world.nakamura, valid_from=THURSDAY, place=RemoteSeat.Place.HOSPITAL)
    remote_seats.invite(second)

    assert account(pupil) == user
    assert account(pupil).check_password("sea-otter-71")
    assert account(pupil).name == "利尻（病院から）"
    assert RemoteSeat.objects.get(pk=first.pk).valid_until == THURSDAY
    assert "password/reset/key" not in mail.outbox[0].body


def test_another_address_takes_the_old_ones_password_away(world: World, pupil: Student) -> None:
    approve(pupil, by=world.nakamura, valid_until=THURSDAY)
    user = account(pupil)
    user.set_password("sea-otter-71")
    user.save()

    approve(pupil, by=world.nakamura, valid_from=THURSDAY, email="Other@example.jp")

    assert account(pupil).email == "other@example.jp"
    assert not account(pupil).has_usable_password()


def test_an_address_of_somebody_else_or_days_that_overlap_are_refused(world: World, pupil: Student) -> None:
    with pytest.raises(remote_seats.AddressTakenError):
        approve(pupil, by=world.nakamura, email="SATO@example.jp")
    assert not RemoteSeat.objects.exists()

    approve(pupil, by=world.nakamura)
    with pytest.raises(remote_seats.OverlapError) as refused:
        approve(pupil, by=world.nakamura, valid_from=date(2026, 12, 23), valid_until=date(2027, 1, 9))

    assert refused.value.until == date(2026, 12, 24)
    assert RemoteSeat.objects.count() == 1
