"""A confirmed register shows what was signed, whatever could be read of the room or the lesson later."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from classrooms import (
    attendance_export,
    confirming,
    evidence_reading,
    register_errors,
    register_page,
    register_rights,
    register_sheet,
    staffing,
)
from classrooms.models import Confirmation, Reception, Student
from classrooms.staffing import Attendant
from realtime import visit_rows
from realtime.models import Visit
from scheduler import readers
from scheduler.models import Participant, Role
from tests.cast import World, add_user
from tests.classrooms import registering
from tests.classrooms.registering import Began, EndReason, Standing, add_pupils, clock, side, visit
from tests.classrooms.teaching import book

pytestmark = pytest.mark.both_databases
SIGNED_AT, LATER = clock("10:35:30"), clock("10:45")


@pytest.fixture
def rishiri(world: World) -> Reception:
    """Rishiri's side of Thursday's second period, 9:45 to 10:35."""
    add_pupils(world)
    return side(book(world.section, 2), world.rishiri)


def sign(reception: Reception, world: World, now: datetime = SIGNED_AT) -> Confirmation:
    seen = register_sheet.load(reception, now).version
    return confirming.confirm(reception, outcome="held", seen=seen, by=world.nakamura, post="教頭", now=now)


def shown(reception: Reception, world: World) -> str:
    client = Client()
    client.force_login(world.nakamura)
    return client.get(reverse("classrooms:register", args=[reception.pk])).content.decode()


def since(reception: Reception, world: World) -> list[str]:
    """What is said beside the signature, by the coordinator's page of ten minutes later."""
    reader = readers.of_user(world.nakamura, LATER, "ja")
    rights = register_rights.of(reader, reception.school, LATER)
    page = register_page.build(register_sheet.load(reception, LATER), rights, LATER, "ja")
    with override("ja"):
        return page.since


def minutes_in_file(reception: Reception) -> set[int]:
    (found,) = attendance_export.registers(Reception.objects.filter(pk=reception.pk), LATER)
    return {line.minutes for line in found.lines}


def test_a_stay_that_is_closed_after_the_signature_changes_nothing_under_it(
    world: World, rishiri: Reception
) -> None:
    """Its process died in the lesson's last seconds; the page was let in again after 確定."""
    device = world.rishiri_device
    visit(rishiri.lesson, device, "9:40", "10:34:50", "", page="load")
    sign(rishiri, world)
    visit_rows.close_stale(LATER)
    visit(rishiri.lesson, device, "10:37", "10:38", began=Began.SERVER, page="load")

    html = shown(rishiri, world)

    assert evidence_reading.of_reception(rishiri, LATER).school.minutes == 50
    assert "<b>49分</b>" in html
    assert minutes_in_file(rishiri) == {49}
    assert since(side(rishiri.lesson, world.rishiri), world) == [
        "受信の記録は今の時点で50分（確定時は49分50秒）"
    ]


def test_nothing_is_signed_on_trust_in_the_half_minute_after_a_silence(
    world: World, rishiri: Reception
) -> None:
    row = visit(rishiri.lesson, world.rishiri_device, "9:40", "10:34:50", "")

    with pytest.raises(register_errors.UnsettledError):
        sign(rishiri, world, clock("10:35:10"))
    assert not Confirmation.objects.exists()

    Visit.objects.filter(pk=row.pk).update(last_beat_at=clock("10:35:05"))
    assert sign(rishiri, world, clock("10:35:10")).content["measured"]["connected_s"] == 3000


def test_what_was_signed_comes_back_from_under_the_signature_to_the_second(
    world: World, rishiri: Reception
) -> None:
    home = add_user("sakura", "木村 さくら", world.rishiri, Role.STUDENT)
    pupil = Student.objects.get(name="木村 さくら")
    Student.objects.filter(pk=pupil.pk).update(user=home)
    registering.add_remote_seat(pupil, world.nakamura)
    lesson = rishiri.lesson
    visit(lesson, world.rishiri_device, "9:46:30", "9:50", EndReason.SERVER)
    visit(lesson, world.rishiri_device, "9:51", "10:11:07", EndReason.TIMEOUT, began=Began.SERVER)
    visit(lesson, world.rishiri_device, "10:13:22", "10:30", began=Began.LINE)
    visit(lesson, world.sato, "9:58:30", "10:36", standing=Standing.LEADER)
    visit(lesson, home, "9:48", "10:02:10", EndReason.TIMEOUT, standing=Standing.SEAT)
    before = register_sheet.load(rishiri, SIGNED_AT)

    sign(rishiri, world)

    after = register_sheet.load(rishiri, LATER)
    assert after.witness.school == before.witness.school
    assert after.witness.teacher == before.witness.teacher
    assert [line.evidence for line in after.lines] == [line.evidence for line in before.lines]
    assert since(rishiri, world) == []


def test_a_room_that_was_dark_stays_dark(world: World, rishiri: Reception) -> None:
    sign(rishiri, world)

    assert register_sheet.load(rishiri, LATER).witness.school.is_dark


def test_a_lesson_and_an_attendance_corrected_later_stand_beside_what_was_signed(
    world: World, rishiri: Reception
) -> None:
    tanaka = Attendant("田中 誠", "実習助手", world.tanaka.pk)
    row = staffing.record(rishiri, tanaka, by=world.tanaka, now=SIGNED_AT, intention=uuid4())
    sign(rishiri, world)
    staffing.strike(row, by=world.nakamura, now=LATER, reason="取り違え")
    sides = Participant.objects.filter(booking=rishiri.lesson_id)
    sides.filter(organisation=world.rishiri).update(end=clock("10:30"))
    sides.filter(role=Participant.Role.HOST).update(person=world.ito_person)

    html = shown(rishiri, world)

    assert "9:45–10:35" in html
    assert "立会い 田中 誠（実習助手）" in html
    assert "佐藤 直子" in html
    assert "授業の時刻は今は9:45–10:30" in html
    assert "授業者は今は伊藤 久美" in html
    assert "立会い（訂正後）：なし" in html


def test_a_register_that_was_altered_under_its_signature_says_so_first(
    world: World, rishiri: Reception
) -> None:
    signed = sign(rishiri, world)
    assert "書き換えられています" not in shown(rishiri, world)
    signed.content["pupils"][0]["mark"] = "absent"
    signed.save()

    html = shown(rishiri, world)

    assert html.index("書き換えられています") < html.index('id="evidence"')


def test_a_sum_that_was_signed_without_its_gaps_is_shown_as_the_sum(world: World, rishiri: Reception) -> None:
    visit(rishiri.lesson, world.rishiri_device, "9:40", "10:36")
    signed = sign(rishiri, world)
    measured = signed.content["measured"]
    measured.pop("teacher")
    measured["teacher_connected_s"] = int(timedelta(minutes=7).total_seconds())
    signed.save()

    found = register_sheet.load(rishiri, LATER).witness

    assert (found.school.minutes, found.teacher.minutes) == (50, 7)
