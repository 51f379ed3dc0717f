"""The demonstration's week before the day of loading: rooms, marks and signed registers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from pytest_django import DjangoDbBlocker

from classrooms import confirming, demonstration, register_sheet, registers
from classrooms.demonstration.world import at_eight
from classrooms.models import AttendanceMark, Confirmation, Course, Reception
from classrooms.register_sheet import Sheet
from realtime.models import Visit
from scheduler.models import Booking

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

FRIDAY = date(2026, 11, 27)
NOW = at_eight(FRIDAY)


@pytest.fixture(scope="module", autouse=True)
def loaded(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with django_db_blocker.unblock():
        demonstration.load(now=NOW)
    yield
    with django_db_blocker.unblock():
        demonstration.remove()
        Course.objects.all().delete()


def sheet(reception: Reception) -> Sheet:
    return register_sheet.load(
        Reception.objects.select_related(
            "participant", "school", "lesson__section__course", "lesson__booking"
        ).get(pk=reception.pk),
        NOW,
    )


def test_the_storys_register_waits_with_an_outage_a_late_an_absent_and_a_remote_pupil() -> None:
    waiting = registers.unconfirmed(NOW).filter(school__short_name="礼文")
    found = sheet(waiting.get())

    assert [(line.name, line.mark, line.note) for line in found.lines] == [
        ("青山 陸", "present", ""),
        ("石井 美月", "late", found.lines[1].note),
        ("大野 健太", "present", ""),
        ("木村 さくら", "remote", ""),
        ("中村 葵", "absent", "欠席届あり"),
    ]
    assert "8分遅れ" in found.lines[1].note
    (gap,) = found.witness.school.outages
    assert gap.interval.duration.total_seconds() == 120
    assert found.witness.school.minutes == (found.period.duration.total_seconds() - 120) // 60
    assert found.lines[3].evidence is not None
    assert found.lines[3].evidence.minutes == found.period.duration.total_seconds() // 60 - 3


def test_rishiri_has_one_register_to_confirm_and_one_that_was_corrected_afterwards() -> None:
    own = registers.unconfirmed(NOW).filter(school__short_name="利尻")
    corrected = AttendanceMark.objects.exclude(reason="")

    assert own.count() == 1
    mark = corrected.get()
    assert mark.reception.school.short_name == "利尻"
    line = sheet(mark.reception).line(mark.student_id)
    assert line is not None
    assert line.is_changed


def test_most_of_the_week_is_signed_and_every_signature_is_whole() -> None:
    signed = Confirmation.objects.select_related("reception")

    assert signed.count() > 100
    assert registers.unconfirmed(NOW).count() < 32
    assert all(confirming.is_untouched(each) for each in signed)
    assert {each.reception.state for each in signed} == {"held"}


def test_nothing_is_told_of_what_lies_ahead() -> None:
    assert not Visit.objects.filter(ended_at__gt=NOW).exists()
    assert not Visit.objects.exclude(booking__kind=Booking.Kind.LESSON).exists()
    assert not Confirmation.objects.filter(reception__participant__end__gt=NOW).exists()
    assert not AttendanceMark.objects.filter(reception__participant__start__gt=NOW).exists()
