"""Who is told what of a lesson's change: each what it means to them, once, whoever was faster."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

import pytest

from classrooms import lessons, wishes
from classrooms.models import Lesson, Reception
from scheduler.models import Booking, Notice
from tests.cast import NOW, World, at
from tests.classrooms import teaching

pytestmark = pytest.mark.both_databases


def _told(kind: str) -> set[str]:
    return set(Notice.objects.filter(kind=kind).values_list("recipient__name", flat=True))


def test_move_tells_a_school_it_leaves_out_that_it_is_out_though_no_time_changed(world: World) -> None:
    lesson = teaching.book(world.section, 2, by=world.sato)
    wish = wishes.load(world.section, school_ids=[world.rebun.pk], additions={})

    lessons.move(lesson, wish, teaching.periods(wish, 2), by=world.suzuki, now=NOW, intention=uuid4())

    assert _told("school_withdrawn") == {"佐藤 直子", "田中 誠", "中村 葵", "工藤 誠"}
    # Rebun's own time is as it was; the teacher's has shrunk to it.
    assert _told("lesson_moved") == {"佐藤 直子"}


def test_move_to_another_time_tells_a_school_it_leaves_out_of_no_new_time(world: World) -> None:
    lesson = teaching.book(world.section, 2, by=world.sato)
    wish = wishes.load(world.section, school_ids=[world.rebun.pk], additions={})

    lessons.move(lesson, wish, teaching.periods(wish, 4), by=world.sato, now=NOW, intention=uuid4())

    assert _told("school_withdrawn") == {"田中 誠", "中村 葵", "工藤 誠"}
    assert _told("lesson_moved") == {"工藤 誠"}
    left = Notice.objects.get(kind="school_withdrawn", recipient=world.nakamura)
    assert datetime.fromisoformat(left.params["after"][0]) == at("9:45")


def test_move_that_takes_a_school_in_tells_it_of_a_booked_lesson(world: World) -> None:
    lesson = teaching.book(world.section, 2, by=world.sato)
    alone = wishes.load(world.section, school_ids=[world.rebun.pk], additions={})
    lessons.move(lesson, alone, teaching.periods(alone, 2), by=world.sato, now=NOW, intention=uuid4())
    Notice.objects.all().delete()
    wish = wishes.of_section(world.section)

    lessons.move(lesson, wish, teaching.periods(wish, 2), by=world.sato, now=NOW, intention=uuid4())

    assert (_told("lesson_booked"), _told("lesson_moved")) == ({"田中 誠", "中村 葵"}, set())


def test_withdraw_of_a_holds_last_school_tells_nobody(world: World) -> None:
    lesson = teaching.hold(world, 2)

    for reception in lesson.receptions.all():
        lessons.withdraw_school(reception, by=world.sato, now=NOW, intention=uuid4())

    assert Booking.objects.get(pk=lesson.pk).state == "cancelled"
    assert Notice.objects.count() == 0


def test_cancel_of_a_hold_that_was_confirmed_meanwhile_is_told(world: World) -> None:
    lesson = teaching.hold(world, 2)
    read_before = Lesson.objects.select_related("booking").get(pk=lesson.pk)
    lessons.confirm(lesson, by=world.sato, now=NOW, intention=uuid4())

    lessons.cancel(read_before, by=world.suzuki, now=NOW, intention=uuid4())

    assert _told("lesson_cancelled") == {"佐藤 直子", "田中 誠", "中村 葵", "工藤 誠"}


def test_cancel_of_what_is_cancelled_already_tells_nobody_again(world: World) -> None:
    lesson = teaching.book(world.section, 2)
    read_before = Lesson.objects.select_related("booking").get(pk=lesson.pk)
    lessons.cancel(lesson, by=world.sato, now=NOW, intention=uuid4())

    lessons.cancel(read_before, by=world.suzuki, now=NOW, intention=uuid4())

    # Suzuki's request found nothing to do; Sato, who cancelled, is not told that somebody else did.
    assert _told("lesson_cancelled") == {"田中 誠", "中村 葵", "工藤 誠"}


def test_move_tells_the_time_it_was_moved_from_whatever_was_read_before(world: World) -> None:
    lesson = teaching.book(world.section, 2)
    read_before = Lesson.objects.prefetch_related("booking__participants").get(pk=lesson.pk)
    wish = wishes.of_section(world.section)
    lessons.move(lesson, wish, teaching.periods(wish, 4), by=world.sato, now=NOW, intention=uuid4())

    lessons.move(read_before, wish, teaching.periods(wish, 6), by=world.suzuki, now=NOW, intention=uuid4())

    said = Notice.objects.get(kind="lesson_moved", recipient=world.sato).params
    assert [datetime.fromisoformat(said[key][0]) for key in ("before", "after")] == [at("11:45"), at("14:20")]


def test_withdraw_repeated_after_another_change_tells_nothing_again(world: World) -> None:
    lesson = teaching.book(world.section, 2)
    rishiri, intention = lesson.receptions.get(school=world.rishiri), uuid4()
    wish = wishes.load(world.section, school_ids=[world.rebun.pk], additions={})
    lessons.withdraw_school(rishiri, by=world.nakamura, now=NOW, intention=intention)
    lessons.move(lesson, wish, teaching.periods(wish, 4), by=world.sato, now=NOW, intention=uuid4())
    told = Notice.objects.count()

    lessons.withdraw_school(
        Reception.objects.get(pk=rishiri.pk), by=world.nakamura, now=NOW, intention=intention
    )

    assert Notice.objects.count() == told


def test_move_repeated_after_another_change_tells_nothing_again(world: World) -> None:
    lesson = teaching.book(world.section, 2)
    wish, intention = wishes.of_section(world.section), uuid4()
    lessons.move(lesson, wish, teaching.periods(wish, 4), by=world.sato, now=NOW, intention=intention)
    lessons.move(lesson, wish, teaching.periods(wish, 6), by=world.sato, now=NOW, intention=uuid4())
    told = Notice.objects.count()

    lessons.move(lesson, wish, teaching.periods(wish, 4), by=world.sato, now=NOW, intention=intention)

    assert Notice.objects.count() == told
