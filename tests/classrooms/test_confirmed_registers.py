"""What a school has confirmed stays: whatever is closed, called off or moved afterwards."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone, translation

from classrooms import (
    attendance_export,
    confirming,
    lesson_counts,
    lessons,
    receptions,
    refusals,
    register_sheet,
    registers,
    wishes,
    worklist,
)
from classrooms.lesson_counts import Counts
from classrooms.lessons import ConfirmedError
from classrooms.models import Confirmation, Course, Reception, Section
from classrooms.worklist import Item
from scheduler import closures, readers
from scheduler.bookings import OverError, PartlyOverError
from scheduler.models import Booking, Participant, Term
from scheduler.names import Name
from tests.cast import THURSDAY, World, at
from tests.classrooms.registering import add_pupils, side
from tests.classrooms.teaching import book, periods

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

NOON = at("12:00")
BETWEEN = at("10:37")
"""Rishiri's second period is over at 10:35, Rebun's at 10:40."""
BLIZZARD = Name("臨時休業（暴風雪）", "Closed (blizzard)")


@pytest.fixture
def rishiri(world: World) -> Reception:
    """Rishiri's side of Thursday's second period, with five pupils."""
    add_pupils(world)
    return side(book(world.section, 2), world.rishiri)


def confirm(reception: Reception, world: World) -> Confirmation:
    seen = register_sheet.load(reception, BETWEEN).version
    return confirming.confirm(
        reception, outcome="held", seen=seen, by=world.nakamura, post="教頭", now=BETWEEN
    )


def rows(world: World) -> list[dict[str, str]]:
    """The lines of the school's marks.csv."""
    term = Term(
        academic_year=2026, number=2, name="後期", starts_on=date(2026, 10, 1), ends_on=date(2027, 3, 31)
    )
    found = lesson_counts.within(term.starts_on, term.ends_on, world.rishiri)
    taken_place = lesson_counts.taken_place(found, NOON)
    head, *lines = attendance_export.rows(attendance_export.registers(taken_place, NOON), term)
    return [dict(zip(head, row, strict=True)) for row in lines]


def counts(world: World) -> Counts:
    found = lesson_counts.within(THURSDAY, THURSDAY, world.rishiri)
    return lesson_counts.total(lesson_counts.by_section(found, NOON))


def items(world: World) -> list[Item]:
    reader = readers.of_user(world.nakamura, NOON, "ja")
    return [item for day in worklist.load(reader, THURSDAY, NOON).days for item in day.items]


def test_a_school_closed_at_noon_keeps_what_it_confirmed_that_morning(
    world: World, rishiri: Reception
) -> None:
    confirm(rishiri, world)
    book(world.section, 5)

    closed = closures.close(world.rishiri, THURSDAY, title=BLIZZARD, by=world.nakamura, now=NOON)
    receptions.settle_stale()

    assert rishiri.lesson.booking not in closed.bookings
    assert len(closed.bookings) == 1
    assert [row["確定"] for row in rows(world)] == ["済"] * 5
    assert (counts(world).held, counts(world).lost) == (1, 1)
    assert [item.state for item in items(world)] == ["confirmed", "off"]


def test_a_lesson_not_yet_confirmed_waits_for_it_after_the_closure_too(
    world: World, rishiri: Reception
) -> None:
    closures.close(world.rishiri, THURSDAY, title=BLIZZARD, by=world.nakamura, now=BETWEEN)

    assert register_sheet.load(side(rishiri.lesson, world.rishiri), NOON).takes_place
    assert registers.unconfirmed(NOON).filter(pk=rishiri.pk).exists()
    assert len(rows(world)) == 5


def test_a_side_that_is_over_stays_while_the_other_school_can_still_leave(
    world: World, rishiri: Reception
) -> None:
    lesson = rishiri.lesson
    rebun = side(lesson, world.rebun)
    with pytest.raises(OverError):
        lessons.withdraw_school(rishiri, by=world.nakamura, now=BETWEEN, intention=uuid4())
    with pytest.raises(PartlyOverError):
        lessons.cancel(lesson, by=world.sato, now=BETWEEN, intention=uuid4())

    lessons.withdraw_school(rebun, by=world.kudo, now=BETWEEN, intention=uuid4())

    booking = Booking.objects.get(pk=lesson.pk)
    assert (booking.state, booking.end) == ("confirmed", at("10:35"))
    assert [row["確定"] for row in rows(world)] == ["未"] * 5


def test_a_confirmed_lesson_is_neither_moved_nor_cancelled_and_the_page_says_why(
    world: World, rishiri: Reception
) -> None:
    confirm(rishiri, world)
    lesson, wish = rishiri.lesson, wishes.of_section(world.section)
    friday = THURSDAY + timedelta(days=1)

    with pytest.raises(ConfirmedError) as refusal:
        lessons.move(lesson, wish, periods(wish, 2, friday), by=world.sato, now=BETWEEN, intention=uuid4())
    with pytest.raises(ConfirmedError):
        lessons.cancel(lesson, by=world.sato, now=BETWEEN, intention=uuid4())
    with pytest.raises(ConfirmedError):
        lessons.withdraw_school(rishiri, by=world.nakamura, now=BETWEEN, intention=uuid4())

    with translation.override("ja"):
        said = refusals.sentence(refusal.value)
    assert said == "この授業の出欠は、学校が確定しています。日時の変更も取り消しもできません。"
    assert {row["日付"] for row in rows(world)} == {THURSDAY.isoformat()}


def test_a_lesson_over_at_one_school_is_not_moved(world: World, rishiri: Reception) -> None:
    wish = wishes.of_section(world.section)
    friday = THURSDAY + timedelta(days=1)

    with pytest.raises(PartlyOverError) as refusal:
        lessons.move(
            rishiri.lesson, wish, periods(wish, 2, friday), by=world.sato, now=BETWEEN, intention=uuid4()
        )

    with translation.override("ja"):
        assert refusals.sentence(refusal.value).startswith("この授業は、すでに終わった学校があります。")


def test_a_request_sent_again_has_its_first_answer_also_after_the_confirmation(
    world: World, rishiri: Reception
) -> None:
    key, rebun = uuid4(), side(rishiri.lesson, world.rebun)
    before = at("9:00")
    wish = wishes.of_section(world.section)
    lessons.move(rishiri.lesson, wish, periods(wish, 3), by=world.sato, now=before, intention=uuid4())
    moved = lessons.move(rishiri.lesson, wish, periods(wish, 2), by=world.sato, now=before, intention=key)
    confirm(side(moved, world.rishiri), world)

    again = lessons.move(rishiri.lesson, wish, periods(wish, 2), by=world.sato, now=BETWEEN, intention=key)

    assert again.booking.sequence == moved.booking.sequence == 2
    assert rebun.lesson_id == again.pk


@pytest.mark.parametrize("how", ["withdrawn", "cancelled"])
def test_what_was_called_off_under_a_signature_still_counts_everywhere(
    world: World, rishiri: Reception, how: str
) -> None:
    confirm(rishiri, world)
    if how == "withdrawn":
        Participant.objects.filter(pk=rishiri.participant_id).update(withdrawn_at=BETWEEN)
    else:
        Booking.objects.filter(pk=rishiri.lesson_id).update(state="cancelled", cancelled_at=BETWEEN)

    assert [row["確定"] for row in rows(world)] == ["済"] * 5
    assert (counts(world).held, counts(world).unconfirmed, counts(world).lost) == (1, 0, 0)
    assert register_sheet.load(side(rishiri.lesson, world.rishiri), NOON).takes_place
    assert [item.state for item in items(world)] == ["confirmed"]


def test_a_signed_lesson_is_written_with_the_date_period_and_names_it_was_signed_with(
    world: World, rishiri: Reception
) -> None:
    confirm(rishiri, world)
    week = timedelta(days=7)
    Participant.objects.filter(pk=rishiri.participant_id).update(
        start=at("8:45") - week, end=at("9:35") - week, period_number=1
    )
    Section.objects.update(name="改めた講座")
    Course.objects.update(name="改めた科目")

    columns = ("日付", "校時", "開始", "終了", "講座", "科目")
    assert {tuple(row[column] for column in columns) for row in rows(world)} == {
        (THURSDAY.isoformat(), "2", "09:45", "10:35", "数学Ⅱ（2年・合同）", "数学Ⅱ")
    }


def test_the_page_offers_no_leaving_to_a_school_that_is_through(world: World, rishiri: Reception) -> None:
    """Rishiri's period ended two minutes before the clock's now, Rebun's runs on."""
    now = timezone.now()
    sides = Participant.objects.filter(booking=rishiri.lesson_id)
    sides.update(start=now - timedelta(minutes=50), end=now + timedelta(minutes=5))
    sides.filter(pk=rishiri.participant_id).update(end=now - timedelta(minutes=2))
    Booking.objects.filter(pk=rishiri.lesson_id).update(
        start=now - timedelta(minutes=50), end=now + timedelta(minutes=5)
    )
    client = Client()
    client.force_login(world.nakamura)
    page = client.get(f"/lessons/{rishiri.lesson.booking.uid}/").content.decode()
    answer = client.post(
        f"/lessons/{rishiri.lesson.booking.uid}/schools/{rishiri.pk}/cancel/", {"intention": str(uuid4())}
    )

    assert f"/schools/{rishiri.pk}/" not in page
    assert answer.status_code == 302
    assert Participant.objects.get(pk=rishiri.participant_id).withdrawn_at is None
