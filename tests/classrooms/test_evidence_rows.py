"""Twelve scripted truths, from the rooms' rows through the register's page, exact to the second."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.utils.translation import override

from classrooms import evidence_reading, lessons, register_page, register_rights, register_sheet
from classrooms.evidence import Cause
from classrooms.evidence_reading import Witness
from classrooms.models import Reception, Student
from classrooms.register_page import Page
from realtime import visit_rows
from realtime.models import Visit
from scheduler import readers, timegrid
from scheduler.models import CalendarDay, Organisation, Role, User
from tests.cast import NOW, THURSDAY, World, add_bells, add_user, at
from tests.classrooms import registering
from tests.classrooms.registering import Began, EndReason, Standing, clock, side, visit
from tests.classrooms.teaching import book

AFTER = at("12:40")


@dataclass(frozen=True, slots=True)
class Stage:
    """The joint lesson of Thursday's second period: Rishiri 9:45 to 10:35, Rebun 9:50 to 10:40."""

    world: World
    rishiri: Reception
    rebun: Reception

    @property
    def device(self) -> User:
        return self.world.rishiri_device

    def witness(self, reception: Reception | None = None, now: datetime = AFTER) -> Witness:
        return evidence_reading.of_reception(reception or self.rishiri, now)

    def page(self, reception: Reception | None = None, now: datetime = AFTER) -> Page:
        """As its school's coordinator reads it in Japanese."""
        shown = reception or self.rishiri
        reader = readers.of_user(self.world.nakamura, now, "ja")
        rights = register_rights.of(reader, shown.school, now)
        return register_page.build(register_sheet.load(shown, now), rights, now, "ja")

    def facts(self) -> list[str]:
        with override("ja"):
            return self.page().facts

    def marks(self, reception: Reception | None = None) -> set[str]:
        return {line.mark for line in self.page(reception).sheet.lines}


@pytest.fixture
def stage(world: World) -> Stage:
    registering.add_pupils(world)
    lesson = book(world.section, 2)
    return Stage(world, side(lesson, world.rishiri), side(lesson, world.rebun))


def test_drop_and_return(stage: Stage) -> None:
    lesson = stage.rishiri.lesson
    visit(lesson, stage.device, "9:40:02", "10:11:07", EndReason.TIMEOUT)
    visit(lesson, stage.device, "10:13:22", "10:36:40", began=Began.LINE)

    seen = stage.witness().school

    assert (seen.seconds, seen.minutes) == (3000 - 135, 47)
    assert stage.facts() == ["通信障害 10:11–10:13（2分15秒・回線）"]
    assert stage.marks() == {"present"}  # an outage is never a pupil's mark


def test_double_device(stage: Stage) -> None:
    lesson = stage.rishiri.lesson
    visit(lesson, stage.device, "9:40", "10:05:00", EndReason.TIMEOUT, peer="set")
    visit(lesson, stage.device, "10:05:40", "10:35:10", began=Began.LINE, peer="set")
    visit(lesson, stage.world.tanaka, "9:44:59", "10:05:31", peer="phone")

    seen = stage.witness().school

    assert seen.seconds == 3000 - 9
    assert [gap.interval.duration for gap in seen.outages] == [timedelta(seconds=9)]


def test_site_link_down(stage: Stage) -> None:
    lesson, device = stage.rishiri.lesson, stage.device
    for peer, last in (("set", "10:20:03"), ("phone", "10:20:06")):
        visit(lesson, device, "9:44", last, EndReason.TIMEOUT, peer=peer)
    visit(lesson, stage.world.rebun_device, "9:45", "10:41", peer="rebun")

    rishiri, rebun = stage.witness().school, stage.witness(stage.rebun).school

    assert rishiri.seconds == 35 * 60 + 6
    assert [(gap.interval.end, gap.cause, gap.is_ending) for gap in rishiri.gaps] == [
        (clock("10:35"), Cause.LINE, True)
    ]
    assert (rebun.seconds, rebun.gaps) == (3000, ())
    assert stage.marks() == {"present"}


def test_early_arrival(stage: Stage) -> None:
    visit(stage.rishiri.lesson, stage.device, "9:26:13", "10:35:20")

    assert (stage.witness().school.seconds, stage.facts()) == (3000, [])


def test_late_teacher(stage: Stage) -> None:
    lesson = stage.rishiri.lesson
    visit(lesson, stage.device, "9:40", "10:36")
    visit(lesson, stage.world.sato, "9:58:30", "10:41", standing=Standing.LEADER)

    witness = stage.witness()

    assert (witness.school.seconds, witness.teacher.seconds) == (3000, 3000 - 810)
    assert stage.facts() == ["先生の接続は9:58から（学校の時間は減らしません）"]


def test_server_killed(stage: Stage) -> None:
    """The row is left open by the killed process, closed at its last beat, and the peer comes back."""
    lesson = stage.rishiri.lesson
    visit(lesson, stage.device, "9:40", "10:05:10", "", peer="set", page="load")
    visit_rows.close_stale(at("10:07"))

    dark = stage.witness(now=at("10:07")).school
    visit(lesson, stage.device, "10:08:45", "10:36", began=Began.SERVER, peer="set", page="load")

    seen = stage.witness().school
    assert [(gap.cause, gap.is_ending) for gap in dark.outages] == [(Cause.SERVER, True)]
    assert (seen.seconds, seen.gaps) == (3000, ())
    assert [(part.start, part.end) for part in seen.bridged] == [(clock("10:05:10"), clock("10:08:45"))]
    assert stage.facts() == ["10:05–10:08（3分35秒）はサービス側の中断。接続として数えています"]


def test_another_page_after_the_services_fault_is_an_outage_from_the_second_minute_on(stage: Stage) -> None:
    """Somebody opens the room again for the last minutes; nobody was waiting in between."""
    lesson = stage.rishiri.lesson
    visit(lesson, stage.device, "9:40", "9:50", EndReason.SERVER, peer="set", page="first")
    visit(lesson, stage.device, "10:33", "10:36", began=Began.SERVER, peer="set", page="second")

    seen = stage.witness().school

    assert [(part.start, part.end) for part in seen.bridged] == [(clock("9:50"), clock("9:52"))]
    assert [(gap.interval.start, gap.interval.end, gap.cause) for gap in seen.outages] == [
        (clock("9:52"), clock("10:33"), Cause.SERVER)
    ]
    assert seen.minutes == 9


def test_midnight(world: World) -> None:
    """A lesson over the midnight of UTC, in a school whose clocks pass their own midnight in it."""
    registering.add_pupils(world)
    edmonton = ZoneInfo("America/Edmonton")
    reception = side(book(world.section, 2), world.rebun)
    Organisation.objects.filter(pk=world.rebun.pk).update(time_zone=edmonton.key)
    start = timegrid.instant(THURSDAY, time(23, 30), edmonton)
    participant = reception.participant
    participant.start, participant.end = start, start + timedelta(minutes=50)
    participant.save()
    reception = side(reception.lesson, world.rebun)
    visit(reception.lesson, world.rebun_device, start + timedelta(seconds=7), start + timedelta(minutes=50))

    sheet = register_sheet.load(reception, start + timedelta(hours=2))

    assert sheet.witness.school.seconds == 3000 - 7
    assert sheet.day == THURSDAY
    rights = register_rights.Rights(may_record_staff=True, may_confirm=True, post=None)
    page = register_page.build(sheet, rights, start + timedelta(hours=2), "ja")
    assert page.span == "23:30–11月27日（金）0:20"


def test_over_the_midnight_of_utc(world: World) -> None:
    reception = side(book(world.section, 1), world.rishiri)  # 8:45 to 9:35 in Japan is 23:45 to 0:35 in UTC
    visit(reception.lesson, world.rishiri_device, "8:45:30", "9:35")

    sheet = register_sheet.load(reception, AFTER)

    assert (sheet.witness.school.seconds, sheet.day) == (2970, THURSDAY)


def test_weekday_swap(world: World) -> None:
    """Thursday runs as a Monday with shorter bells at Rishiri alone; each is measured over its own."""
    registering.add_pupils(world)
    short = add_bells(world.rishiri, [("8:45", "9:30"), ("9:50", "10:35")], code="short", name="短縮")
    CalendarDay.objects.create(
        organisation=world.rishiri, date=THURSDAY, kind="day_type", day_type=short, title="月曜日課（短縮）"
    )
    CalendarDay.objects.create(
        organisation=world.rishiri, date=THURSDAY, kind="swap", runs_as_weekday=0, title="月曜授業"
    )
    lesson = book(world.section, 2)
    rishiri, rebun = side(lesson, world.rishiri), side(lesson, world.rebun)
    visit(lesson, world.rishiri_device, "9:40", "10:41")
    visit(lesson, world.rebun_device, "9:40", "10:38:20")

    found = evidence_reading.of_receptions([rishiri, rebun], AFTER)

    assert (found[rishiri.pk].school.seconds, found[rebun.pk].school.seconds) == (2700, 3000 - 100)
    assert found[rishiri.pk].school.period.start == clock("9:50")


def test_joint_lesson_with_one_school_closed(stage: Stage) -> None:
    lessons.withdraw_school(
        stage.rebun, by=stage.world.kudo, now=NOW, intention=uuid4(), reason="臨時休業（暴風雪）"
    )
    visit(stage.rishiri.lesson, stage.device, "9:40", "10:36")
    rebun = side(stage.rebun.lesson, stage.world.rebun)

    assert stage.witness().school.seconds == 3000
    assert stage.marks() == {"present"}
    shut = stage.page(rebun)
    assert (shut.sheet.takes_place, shut.is_markable, shut.is_confirmable, shut.cautions) == (
        False, False, False, [],
    )  # fmt: skip


def test_home_pupil(stage: Stage) -> None:
    home = add_user("sakura", "木村 さくら", stage.world.rishiri, Role.STUDENT)
    pupil = Student.objects.get(name="木村 さくら")
    Student.objects.filter(pk=pupil.pk).update(user=home)
    registering.add_remote_seat(pupil, stage.world.nakamura)
    lesson = stage.rishiri.lesson
    visit(lesson, stage.device, "9:40", "10:36")
    visit(lesson, home, "9:44", "10:02:10", EndReason.TIMEOUT, standing=Standing.SEAT)
    visit(lesson, home, "10:04:50", "10:35:02", began=Began.LINE, standing=Standing.SEAT)

    with override("ja"):
        row = stage.page().rows[3]

    assert row.line.evidence is not None
    assert row.line.evidence.seconds == 3000 - 160
    assert (row.words, row.facts) == ("遠隔参加", ("自宅から 47分", "通信障害 10:02–10:04（2分40秒・回線）"))
    assert stage.witness().school.seconds == 3000  # and nothing of theirs is the room's


def test_bell_shorter_than_the_lesson(stage: Stage) -> None:
    participant = stage.rishiri.participant
    participant.end = clock("10:30")
    participant.save()
    visit(stage.rishiri.lesson, stage.device, "9:46:01", "10:40")

    seen = stage.witness(side(stage.rishiri.lesson, stage.world.rishiri)).school

    assert (seen.seconds, seen.connected[-1].end) == (2700 - 61, clock("10:30"))


def test_a_room_that_was_dark_is_said_beside_marks_that_it_does_not_change(stage: Stage) -> None:
    page = stage.page()

    assert page.evidence.is_dark
    assert len(page.cautions) == 1
    assert stage.marks() == {"present"}


def test_a_look_in_from_the_centre_is_nobodys_presence(stage: Stage) -> None:
    world = stage.world
    row = visit(stage.rishiri.lesson, world.rishiri_device, "9:40", "10:36")
    Visit.objects.filter(pk=row.pk).update(
        user=world.suzuki, organisation=world.centre, participant=None, standing=Standing.OBSERVER
    )

    assert stage.witness().school.is_dark
    assert stage.witness().teacher.is_dark


def test_one_query_reads_any_number_of_receptions(
    stage: Stage, django_assert_num_queries: pytest.FixtureRequest
) -> None:
    other = side(book(stage.world.section, 4), stage.world.rishiri)
    visit(stage.rishiri.lesson, stage.device, "9:40", "10:36")

    with django_assert_num_queries(1):  # type: ignore[operator]
        found = evidence_reading.of_receptions([stage.rishiri, stage.rebun, other], AFTER)

    assert [found[each.pk].school.seconds for each in (stage.rishiri, stage.rebun, other)] == [3000, 0, 0]


def test_the_drawn_period_is_true_to_scale(stage: Stage) -> None:
    visit(stage.rishiri.lesson, stage.device, "9:45", "10:10", EndReason.TIMEOUT)
    visit(stage.rishiri.lesson, stage.device, "10:20", "10:36", began=Began.LINE)

    drawn = {(each.kind, each.start, each.length) for each in stage.page().segments}

    assert drawn == {
        ("on", "0.000%", "50.000%"), ("outage", "50.000%", "20.000%"), ("on", "70.000%", "30.000%"),
    }  # fmt: skip
