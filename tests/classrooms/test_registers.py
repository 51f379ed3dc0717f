"""The verbs of a register: each tap once, nothing under a signature, the old value kept."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from classrooms import confirming, lessons, register_errors, register_sheet, registers, staffing
from classrooms.models import AttendanceMark, Confirmation, Reception, StaffPresence, Student
from classrooms.register_sheet import Sheet
from classrooms.staffing import Attendant
from scheduler import readers
from scheduler.models import Membership, Role, Rule, User
from tests.cast import NOW, THURSDAY, World, add_user, at
from tests.classrooms import registering
from tests.classrooms.registering import Standing, add_pupils, add_remote_seat, side, visit
from tests.classrooms.teaching import book

pytestmark = pytest.mark.both_databases

OVER = at("10:52")
DURING = at("9:58")


@pytest.fixture
def pupils(world: World) -> list[Student]:
    return add_pupils(world)


@pytest.fixture
def rishiri(world: World, pupils: list[Student]) -> Reception:
    """Rishiri's side of Thursday's second period, 9:45 to 10:35."""
    return side(book(world.section, 2), world.rishiri)


def sheet(reception: Reception) -> Sheet:
    return register_sheet.load(side(reception.lesson, reception.school), OVER)


def marks(reception: Reception) -> list[tuple[str, str]]:
    return [(line.name, line.mark) for line in sheet(reception).lines]


def confirmed(reception: Reception, world: World) -> Confirmation:
    return confirming.confirm(
        reception, outcome="held", seen=sheet(reception).version, by=world.nakamura, post="教頭", now=OVER
    )


def test_everybody_is_present_until_somebody_taps(rishiri: Reception) -> None:
    assert marks(rishiri) == [(name, "present") for name in registering.RISHIRI_PUPILS]
    assert all(line.is_default for line in sheet(rishiri).lines)


def test_the_newest_tap_holds_and_every_one_is_kept(
    world: World, rishiri: Reception, pupils: list[Student]
) -> None:
    for mark, by in (("late", world.tanaka), ("absent", world.sato), ("late", world.tanaka)):
        registers.mark(rishiri, pupils[1].pk, mark=mark, by=by, now=DURING, intention=uuid4())

    assert marks(rishiri)[1] == ("石井 美月", "late")
    kept = AttendanceMark.objects.values_list("mark", "by__name", "at")
    assert list(kept) == [
        ("late", "田中 誠", DURING),
        ("absent", "佐藤 直子", DURING),
        ("late", "田中 誠", DURING),
    ]


def test_a_tap_sent_again_is_one_row_and_its_key_serves_nothing_else(
    world: World, rishiri: Reception, pupils: list[Student]
) -> None:
    key = uuid4()
    first = registers.mark(rishiri, pupils[0].pk, mark="late", by=world.tanaka, now=DURING, intention=key)
    registers.mark(rishiri, pupils[0].pk, mark="absent", by=world.tanaka, now=DURING, intention=uuid4())

    again = registers.mark(rishiri, pupils[0].pk, mark="late", by=world.tanaka, now=OVER, intention=key)
    with pytest.raises(register_errors.IntentionError):
        registers.mark(rishiri, pupils[1].pk, mark="late", by=world.tanaka, now=OVER, intention=key)

    assert again == first
    assert marks(rishiri)[:2] == [("青山 陸", "absent"), ("石井 美月", "present")]


def test_a_tap_keeps_the_note_and_a_note_keeps_the_mark(
    world: World, rishiri: Reception, pupils: list[Student]
) -> None:
    facts: dict[str, Any] = {"by": world.tanaka, "now": DURING}
    registers.mark(rishiri, pupils[4].pk, mark="absent", note="欠席届あり", intention=uuid4(), **facts)
    registers.mark(rishiri, pupils[4].pk, mark="official", intention=uuid4(), **facts)

    line = sheet(rishiri).lines[4]

    assert (line.mark, line.note) == ("official", "欠席届あり")


def test_a_pupil_of_another_school_or_section_cannot_be_marked(world: World, rishiri: Reception) -> None:
    stranger = Student.objects.get(name="三浦 杏")

    with pytest.raises(register_errors.NotOnRegisterError):
        registers.mark(rishiri, stranger.pk, mark="late", by=world.tanaka, now=DURING, intention=uuid4())

    assert not AttendanceMark.objects.exists()


def test_a_closed_school_has_nothing_to_record_and_its_partners_register_stands(
    world: World, rishiri: Reception, pupils: list[Student]
) -> None:
    lessons.withdraw_school(rishiri, by=world.nakamura, now=NOW, intention=uuid4(), reason="暴風雪")
    rebun = side(rishiri.lesson, world.rebun)
    there = sheet(rebun).lines[0].student_id

    with pytest.raises(register_errors.OffError):
        registers.mark(rishiri, pupils[0].pk, mark="late", by=world.tanaka, now=DURING, intention=uuid4())
    registers.mark(rebun, there, mark="late", by=world.kudo, now=DURING, intention=uuid4())

    assert not sheet(rishiri).takes_place
    assert marks(rebun)[0] == ("浜田 海斗", "late")


def test_the_school_signs_everything_as_it_stands(
    world: World, rishiri: Reception, pupils: list[Student]
) -> None:
    visit(rishiri.lesson, world.rishiri_device, "9:40", "10:11:07", "timeout")
    visit(rishiri.lesson, world.rishiri_device, "10:13:22", "10:36", began="line")
    registers.mark(rishiri, pupils[1].pk, mark="late", by=world.tanaka, now=DURING, intention=uuid4())
    staffing.record(
        rishiri,
        Attendant("田中 誠", "実習助手", world.tanaka.pk),
        by=world.tanaka,
        now=OVER,
        intention=uuid4(),
    )

    signed = confirmed(rishiri, world)

    content = signed.content
    assert (signed.by, signed.post, signed.at) == (world.nakamura, "教頭", OVER)
    assert [(each["seat"], each["name"], each["mark"]) for each in content["pupils"]] == [
        (1, "青山 陸", "present"), (2, "石井 美月", "late"), (3, "大野 健太", "present"),
        (4, "木村 さくら", "present"), (5, "中村 葵", "present"),
    ]  # fmt: skip
    assert content["staff"] == [{"name": "田中 誠", "post": "実習助手", "exemption": ""}]
    assert content["measured"]["connected_s"] == 2865
    assert [gap["cause"] for gap in content["measured"]["gaps"]] == ["line"]
    assert confirming.is_untouched(Confirmation.objects.get())
    assert Reception.objects.get(pk=rishiri.pk).state == "held"


def test_a_signature_shows_when_its_content_was_touched(world: World, rishiri: Reception) -> None:
    signed = confirmed(rishiri, world)
    signed.content["pupils"][0]["mark"] = "absent"

    assert not confirming.is_untouched(signed)


def test_nobody_signs_before_the_own_period_is_over_or_what_they_have_not_seen(
    world: World, rishiri: Reception, pupils: list[Student]
) -> None:
    seen = sheet(rishiri).version
    facts: dict[str, Any] = {"outcome": "held", "seen": seen, "by": world.nakamura, "post": "教頭"}

    with pytest.raises(register_errors.TooEarlyError):
        confirming.confirm(rishiri, now=at("10:34"), **facts)
    registers.mark(rishiri, pupils[0].pk, mark="late", by=world.sato, now=DURING, intention=uuid4())
    with pytest.raises(register_errors.ChangedError):
        confirming.confirm(rishiri, now=OVER, **facts)

    assert not Confirmation.objects.exists()
    assert Reception.objects.get(pk=rishiri.pk).state == "planned"


def test_signing_twice_leaves_the_first(world: World, rishiri: Reception) -> None:
    first = confirmed(rishiri, world)

    again = confirming.confirm(
        rishiri, outcome="self_study", seen="", by=world.nakamura, post="教頭", now=OVER + timedelta(hours=1)
    )

    assert (again, again.at, Confirmation.objects.count()) == (first, OVER, 1)


def test_after_the_confirmation_a_change_needs_a_reason_and_the_old_value_stays(
    world: World, rishiri: Reception, pupils: list[Student]
) -> None:
    registers.mark(rishiri, pupils[1].pk, mark="late", by=world.tanaka, now=DURING, intention=uuid4())
    confirmed(rishiri, world)
    facts: dict[str, Any] = {"mark": "present", "by": world.nakamura, "now": OVER + timedelta(hours=2)}

    with pytest.raises(register_errors.ReasonNeededError):
        registers.mark(rishiri, pupils[1].pk, intention=uuid4(), **facts)
    registers.mark(rishiri, pupils[1].pk, intention=uuid4(), reason="バスの遅れのため", **facts)

    line = sheet(rishiri).lines[1]
    assert (line.signed, line.mark) == ("late", "present")
    assert [(each.before, each.after, each.reason, each.by.ja) for each in line.changes] == [
        ("late", "present", "バスの遅れのため", "中村 葵")
    ]
    assert Confirmation.objects.get().content["pupils"][1]["mark"] == "late"


def test_a_confirmed_register_keeps_its_pupils_whatever_the_school_enters_later(
    world: World, rishiri: Reception, pupils: list[Student]
) -> None:
    confirmed(rishiri, world)
    pupils[0].enrolments.update(valid_until=THURSDAY)
    Student.objects.filter(pk=pupils[1].pk).update(name="改姓 美月")
    registering.add_pupil(world.rishiri, "転入 花", 6, section=world.section)

    assert [line.name for line in sheet(rishiri).lines] == list(registering.RISHIRI_PUPILS)


def test_a_pupil_stands_on_the_register_while_enrolled_and_at_the_school(
    world: World, rishiri: Reception, pupils: list[Student]
) -> None:
    pupils[0].enrolments.update(valid_until=THURSDAY)  # the first day on which it no longer holds
    pupils[1].enrolments.update(valid_until=THURSDAY + timedelta(days=1))
    Student.objects.filter(pk=pupils[2].pk).update(valid_until=THURSDAY)

    assert [line.name for line in sheet(rishiri).lines] == ["石井 美月", "木村 さくら", "中村 葵"]


def test_a_pupil_at_home_is_proposed_as_taking_part_remotely_when_they_came(
    world: World, rishiri: Reception, pupils: list[Student]
) -> None:
    home = add_user("sakura", "木村 さくら", world.rishiri, Role.STUDENT)
    Student.objects.filter(pk=pupils[3].pk).update(user=home)
    add_remote_seat(pupils[3], world.nakamura)
    add_remote_seat(pupils[4], world.nakamura, place="hospital")
    visit(rishiri.lesson, home, "9:48", "10:35", standing=Standing.SEAT)

    lines = sheet(rishiri).lines

    assert [(line.mark, line.place) for line in lines[3:]] == [("remote", "home"), ("present", "hospital")]
    assert lines[3].evidence is not None
    assert lines[3].evidence.seconds == 47 * 60
    assert sheet(rishiri).witness.school.is_dark  # a seat at home lights no classroom


def test_who_confirms_is_the_schools_setting_with_its_dates(world: World) -> None:
    both = frozenset({Role.SCHOOL_COORDINATOR, Role.SCHOOL_HEAD})
    with pytest.raises(confirming.NobodyLeftError):
        confirming.let_confirm(world.rishiri.pk, by_head=True, by=world.nakamura, now=at("9:00"))
    add_user("head", "校長 花子", world.rishiri, Role.SCHOOL_HEAD, post="校長")

    confirming.let_confirm(world.rishiri.pk, by_head=True, by=world.nakamura, now=at("9:00"))

    assert confirming.roles(world.rishiri.pk, THURSDAY - timedelta(days=1)) == both
    assert confirming.roles(world.rishiri.pk, THURSDAY) == {Role.SCHOOL_HEAD}
    assert confirming.roles(world.rebun.pk, THURSDAY) == both
    confirming.let_confirm(world.rishiri.pk, by_head=False, by=world.nakamura, now=at("9:00"))
    assert confirming.roles(world.rishiri.pk, THURSDAY) == both
    assert Rule.objects.filter(key=confirming.BY_HEAD).count() == 2  # what held on no day is kept too


def test_staff_recorded_in_error_are_struck_out_and_stay_readable(world: World, rishiri: Reception) -> None:
    tanaka = Attendant("田中 誠", "実習助手", world.tanaka.pk)
    row = staffing.record(rishiri, tanaka, by=world.tanaka, now=DURING, intention=uuid4())
    twice = staffing.record(rishiri, tanaka, by=world.nakamura, now=OVER, intention=uuid4())

    staffing.strike(row, by=world.nakamura, now=OVER)

    assert twice == row
    kept = StaffPresence.objects.get()
    assert (kept.struck_at, kept.struck_by, sheet(rishiri).standing_staff) == (OVER, world.nakamura, [])


def test_after_the_confirmation_staff_are_changed_with_a_reason_alone(
    world: World, rishiri: Reception
) -> None:
    confirmed(rishiri, world)
    who = Attendant("田中 誠", "実習助手", world.tanaka.pk)

    with pytest.raises(register_errors.ReasonNeededError):
        staffing.record(rishiri, who, by=world.nakamura, now=OVER, intention=uuid4())
    row = staffing.record(rishiri, who, by=world.nakamura, now=OVER, intention=uuid4(), reason="記録もれ")
    with pytest.raises(register_errors.ReasonNeededError):
        staffing.strike(row, by=world.nakamura, now=OVER)

    assert list(StaffPresence.objects.values_list("reason", "struck_at")) == [("記録もれ", None)]


def test_the_schools_people_of_that_day_may_attend_the_planned_one_first(
    world: World, rishiri: Reception
) -> None:
    Membership.objects.filter(user=world.tanaka).update(valid_until=THURSDAY)
    Reception.objects.filter(pk=rishiri.pk).update(staff=world.nakamura)
    add_user("asano", "浅野 翔", world.rishiri, Role.ROOM_STAFF, post="支援員")

    found = staffing.candidates(side(rishiri.lesson, world.rishiri), THURSDAY)

    assert [(each.name, each.post) for each in found] == [("中村 葵", "教頭"), ("浅野 翔", "支援員")]


def test_today_waits_for_who_confirms_and_for_nobody_else(world: World, rishiri: Reception) -> None:
    def needed(user: User, now: datetime = OVER) -> list[str]:
        return [need.title for need in registers.needs(readers.of_user(user, now, "ja"), now)]

    assert needed(world.nakamura) == ["未確定の出欠が1件あります"]
    assert needed(world.nakamura, at("10:34")) == []
    assert [needed(user) for user in (world.tanaka, world.sato, world.suzuki)] == [[], [], []]
    confirmed(rishiri, world)
    assert needed(world.nakamura) == []


def test_a_sheet_costs_the_same_for_one_pupil_and_for_forty_one(world: World, rishiri: Reception) -> None:
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as caught:
            sheet(rishiri)
        return len(caught)

    few = queries()
    for seat in range(6, 42):
        registering.add_pupil(world.rishiri, f"生徒 {seat}", seat, section=world.section)

    assert len(sheet(rishiri).lines) == 41
    assert queries() == few


def test_a_note_leaves_the_mark_that_stands_and_a_proposal_one(
    world: World, rishiri: Reception, pupils: list[Student]
) -> None:
    """A note of the morning to a pupil at home makes nobody present in the classroom."""
    home = add_user("sakura", "木村 さくら", world.rishiri, Role.STUDENT)
    Student.objects.filter(pk=pupils[3].pk).update(user=home)
    add_remote_seat(pupils[3], world.nakamura)
    facts: dict[str, Any] = {"mark": None, "by": world.tanaka}
    registers.mark(rishiri, pupils[3].pk, note="自宅", intention=uuid4(), now=at("8:30"), **facts)
    registers.mark(rishiri, pupils[4].pk, mark="absent", by=world.sato, intention=uuid4(), now=DURING)
    visit(rishiri.lesson, home, "9:48", "10:35", standing=Standing.SEAT)

    registers.mark(rishiri, pupils[4].pk, note="欠席届あり", intention=uuid4(), now=DURING, **facts)

    lines = sheet(rishiri).lines
    assert [(line.mark, line.note, line.is_default) for line in lines[3:]] == [
        ("remote", "自宅", True), ("absent", "欠席届あり", False),
    ]  # fmt: skip
    assert confirmed(rishiri, world).content["pupils"][3]["mark"] == "remote"


def test_a_tap_that_had_not_seen_anothers_mark_is_asked_about_whenever_it_arrives(
    world: World, rishiri: Reception, pupils: list[Student]
) -> None:
    pupil = pupils[1].pk
    seen = sheet(rishiri).lines[1].last
    registers.mark(rishiri, pupil, mark="absent", by=world.sato, now=DURING, intention=uuid4())

    with pytest.raises(register_errors.OvertakenError) as asked:
        registers.mark(rishiri, pupil, mark="late", by=world.tanaka, now=OVER, intention=uuid4(), seen=seen)

    assert (asked.value.by.ja, asked.value.mark, marks(rishiri)[1][1]) == ("佐藤 直子", "absent", "absent")
    facts: dict[str, Any] = {"by": world.tanaka, "now": OVER, "seen": asked.value.last}
    registers.mark(rishiri, pupil, mark="late", intention=uuid4(), **facts)
    registers.mark(rishiri, pupil, mark="present", intention=uuid4(), **facts)  # after one's own it goes on
    assert marks(rishiri)[1][1] == "present"
