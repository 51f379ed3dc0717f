"""Pupils and who takes which section: the verbs, and the number of pupils that follows."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from classrooms import enrolments, pupils
from classrooms.models import Enrolment, Section, SectionSchool, Student
from tests.cast import THURSDAY, World
from tests.classrooms.rosters import APRIL, add_class, add_pupil, enrol, facts
from tests.classrooms.teaching import book

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
FRIDAY = THURSDAY + timedelta(days=1)


def headcount(world: World) -> int:
    return SectionSchool.objects.get(section=world.section, school=world.rishiri).headcount


def takes(section: Section, day: date) -> list[str]:
    held = Enrolment.objects.valid_on(day).filter(section=section).order_by("student__number")
    return list(held.values_list("student__name", flat=True))


def test_a_number_is_given_once_in_a_school_and_again_in_another(world: World) -> None:
    pupils.enter(world.rishiri, facts(world.rishiri_2a), today=THURSDAY)

    with pytest.raises(pupils.NumberTakenError):
        pupils.enter(
            world.rishiri, facts(world.rishiri_2a, "別人", number="２５００４", seat=5), today=THURSDAY
        )

    pupils.enter(world.rebun, facts(world.rebun_2a), today=THURSDAY)
    assert Student.objects.count() == 2


def test_correcting_to_a_number_of_somebody_else_changes_nothing(world: World) -> None:
    add_pupil(world.rishiri_2a, "大野 健太", number="25001")
    student = add_pupil(world.rishiri_2a, "木村 さくら", number="25002")

    with pytest.raises(pupils.NumberTakenError):
        pupils.correct(student, facts(world.rishiri_2a, "改名", number="25001"), today=THURSDAY)

    assert Student.objects.get(pk=student.pk).name == "木村 さくら"


def test_names_keep_their_characters_and_readings_become_hiragana(world: World) -> None:
    student = pupils.enter(
        world.rishiri, facts(world.rishiri_2a, " 髙﨑　　𠮷子 ", kana="タカサキ ﾖｼｺ"), today=THURSDAY
    )

    assert (student.name, student.kana) == ("髙﨑 𠮷子", "たかさき よしこ")


@pytest.mark.parametrize(("words", "found"), [
    ("木村", 1), ("さくら", 1), ("キムラ", 1), ("きむら さくら", 1), ("25004", 1),
    ("２５００４", 1), ("大野", 0),
])  # fmt: skip
def test_search_finds_by_name_reading_in_either_kana_and_number(world: World, words: str, found: int) -> None:
    pupils.enter(world.rishiri, facts(world.rishiri_2a), today=THURSDAY)

    assert pupils.matching(Student.objects.all(), words).count() == found


def test_the_headcount_is_the_centres_until_the_school_enters_somebody(world: World) -> None:
    enrolments.recount(THURSDAY)
    assert headcount(world) == 6

    add_class(world.rishiri_2a, world.section, 4)

    assert headcount(world) == 4
    assert SectionSchool.objects.get(section=world.section, school=world.rebun).headcount == 5


def test_a_lesson_is_booked_for_as_many_as_are_enrolled(world: World) -> None:
    add_class(world.rishiri_2a, world.section, 3)

    lesson = book(world.section, 2)

    side = lesson.booking.participants.get(organisation=world.rishiri)
    assert side.headcount == 3


def test_ticks_hold_from_their_day_and_leave_what_was_before(world: World) -> None:
    first, second = add_class(world.rishiri_2a, world.section, 2)
    third = add_pupil(world.rishiri_2a, "生徒 3")

    came_and_went = enrolments.set_section(world.section, world.rishiri.pk, [second.pk, third.pk], THURSDAY)

    assert came_and_went == (1, 1)
    assert takes(world.section, THURSDAY - timedelta(days=1)) == ["生徒 1", "生徒 2"]
    assert takes(world.section, THURSDAY) == ["生徒 2", "生徒 3"]
    assert headcount(world) == 2
    assert Enrolment.objects.get(student=first).valid_until == THURSDAY


def test_ticking_again_on_the_day_of_the_end_goes_on_with_the_same_row(world: World) -> None:
    (pupil,) = add_class(world.rishiri_2a, world.section, 1)
    enrolments.set_section(world.section, world.rishiri.pk, [], THURSDAY)

    enrolments.set_section(world.section, world.rishiri.pk, [pupil.pk], THURSDAY)

    row = Enrolment.objects.get()
    assert (row.valid_from, row.valid_until) == (APRIL, None)


def test_who_never_took_part_for_a_day_leaves_no_row(world: World) -> None:
    pupil = add_pupil(world.rishiri_2a)
    enrol(pupil, world.section, THURSDAY)

    enrolments.set_section(world.section, world.rishiri.pk, [], THURSDAY)

    assert not Enrolment.objects.exists()


def test_a_later_start_is_kept_when_others_are_ticked_and_pulled_forward_when_ticked(world: World) -> None:
    later = add_pupil(world.rishiri_2a, "生徒 1")
    enrol(later, world.section, FRIDAY)

    enrolments.set_section(world.section, world.rishiri.pk, [], THURSDAY)
    assert takes(world.section, FRIDAY) == ["生徒 1"]
    assert headcount(world) == 1

    enrolments.set_section(world.section, world.rishiri.pk, [later.pk], THURSDAY)
    assert Enrolment.objects.get().valid_from == THURSDAY


def test_another_schools_pupils_are_not_enrolled_and_not_touched(world: World) -> None:
    (rebun,) = add_class(world.rebun_2a, world.section, 1)

    enrolments.set_section(world.section, world.rishiri.pk, [rebun.pk], THURSDAY)

    assert Enrolment.objects.get().student == rebun
    assert Enrolment.objects.get().valid_from == APRIL


def test_who_leaves_takes_no_section_any_more_and_is_counted_out(world: World) -> None:
    first, _second = add_class(world.rishiri_2a, world.section, 2)

    pupils.correct(
        first, facts(world.rishiri_2a, first.name, number=first.number, valid_until=THURSDAY), today=THURSDAY
    )

    assert takes(world.section, THURSDAY) == ["生徒 2"]
    assert headcount(world) == 1
    assert not Student.objects.at_school_on(THURSDAY).filter(pk=first.pk).exists()


def test_the_headcount_follows_an_end_that_midnight_brings(world: World) -> None:
    add_class(world.rishiri_2a, world.section, 2)
    enrolments.set_section(world.section, world.rishiri.pk, [], FRIDAY)
    enrolments.recount(THURSDAY)
    assert headcount(world) == 2

    enrolments.recount(FRIDAY)

    assert headcount(world) == 0


def test_a_pupils_own_ticks_leave_the_others(world: World) -> None:
    first, second = add_class(world.rishiri_2a, world.section, 2)

    enrolments.set_student(first, [], THURSDAY)
    assert takes(world.section, THURSDAY) == ["生徒 2"]

    enrolments.set_student(first, [world.section], THURSDAY)
    assert takes(world.section, THURSDAY) == ["生徒 1", "生徒 2"]
    assert Enrolment.objects.filter(student=second).get().valid_from == APRIL
