"""The verbs of lessons, on both databases."""

from __future__ import annotations

from datetime import time, timedelta
from uuid import uuid4

import pytest

from classrooms import lessons, receptions, tasks, wishes
from classrooms.models import Lesson, Reception, Section, SectionSchool
from scheduler import bookings, closures, practice
from scheduler.conflicts import Kind
from scheduler.models import Booking, Claim, Location, Notice, Participant, Resource
from scheduler.names import Name
from tests.cast import NOW, RISHIRI_BELLS, THURSDAY, World, add_school, at
from tests.classrooms import teaching

pytestmark = pytest.mark.both_databases


def _states(lesson: Lesson) -> dict[str, str]:
    return {r.school.short_name: r.state for r in lesson.receptions.select_related("school")}


def test_book_writes_a_reception_for_every_school(world: World) -> None:
    lesson = teaching.book(world.section, 2)

    assert lesson.booking.state == Booking.State.CONFIRMED
    assert (lesson.booking.start, lesson.booking.end) == (at("9:45"), at("10:40"))
    assert _states(lesson) == {"利尻": "planned", "礼文": "planned"}
    sides = {
        p.organisation.short_name: (p.start, p.end, p.period_number, p.location and p.location.name)
        for p in lesson.booking.participants.select_related("organisation", "location")
    }
    assert sides == {
        "配信センター": (at("9:45"), at("10:40"), None, "配信室1"),
        "利尻": (at("9:45"), at("10:35"), 2, "受信機材1"),
        "礼文": (at("9:50"), at("10:40"), 2, "受信機材1"),
    }


def test_book_keeps_teacher_and_studio_busy_for_the_union_of_all_periods(world: World) -> None:
    lesson = teaching.book(world.section, 2)

    spans = {c.resource_id: (c.start, c.end) for c in Claim.objects.filter(booking=lesson.booking)}
    assert spans[world.sato_person.pk] == (at("9:45"), at("10:40"))
    assert spans[world.studios[0].pk] == (at("9:45"), at("10:40"))
    assert spans[world.rishiri_2a.pk] == (at("9:45"), at("10:35"))


def test_book_takes_another_set_when_the_preferred_one_is_taken(world: World) -> None:
    second = Location.objects.create(
        kind=Resource.Kind.RECEIVING_SET, organisation=world.rishiri, name="受信機材2", position=2
    )
    other = _section_of_ito(world)
    teaching.book(other, 2)

    lesson = teaching.book(world.section, 2)

    side = lesson.booking.participants.get(organisation=world.rishiri)
    assert side.location_id == second.pk


def _section_of_ito(world: World) -> Section:
    """Ito teaches Rishiri's third year on the same set."""
    group = world.rishiri_2a.group
    group.pk, group.name, group.grade = None, "3年A組", 3
    group.save()
    part = world.rishiri_2a
    part = type(part)(
        kind=Resource.Kind.CLASS_PART, organisation=world.rishiri, name="3年A組", group=group, headcount=4
    )
    part.save()
    section = world.section
    section = type(section)(
        course=section.course, academic_year=2026, name="数学Ⅲ（3年）", centre=world.centre,
        teacher=world.ito_person, wanted_minutes=50, minimum_minutes=45,
    )  # fmt: skip
    section.save()
    SectionSchool.objects.create(
        section=section, school=world.rishiri, location=world.rishiri_set, headcount=4
    ).parts.add(part)
    return section


def test_book_refuses_a_taken_time_and_writes_nothing(world: World) -> None:
    first = teaching.book(world.section, 2)
    notices = Notice.objects.count()

    with pytest.raises(bookings.ConflictError) as refusal:
        teaching.book(world.section, 2)

    kinds = {conflict.kind for conflict in refusal.value.verdict.conflicts}
    assert kinds == {Kind.PERSON, Kind.CLASS_GROUP, Kind.RECEIVING_SET}
    assert list(Lesson.objects.all()) == [first]
    assert Reception.objects.count() == 2
    assert Notice.objects.count() == notices


def test_book_with_the_same_intention_gives_the_same_lesson_and_tells_once(world: World) -> None:
    intention = uuid4()
    first = teaching.book(world.section, 2, by=world.sato, intention=intention)
    told = Notice.objects.count()

    again = teaching.book(world.section, 2, by=world.sato, intention=intention)

    assert again == first
    assert Lesson.objects.count() == 1
    assert Reception.objects.count() == 2
    assert Notice.objects.count() == told


def test_book_tells_the_schools_and_not_the_one_who_booked(world: World) -> None:
    teaching.book(world.section, 2, by=world.sato)

    told = set(Notice.objects.values_list("recipient__name", flat=True))
    assert told == {"田中 誠", "中村 葵", "工藤 誠"}


def test_withdraw_school_leaves_the_other_schools_lesson_standing(world: World) -> None:
    lesson = teaching.book(world.section, 2, by=world.sato)
    rishiri = lesson.receptions.get(school=world.rishiri)

    lessons.withdraw_school(rishiri, by=world.nakamura, now=NOW, intention=uuid4(), reason="学校祭の準備")

    assert _states(lesson) == {"利尻": "cancelled", "礼文": "planned"}
    booking = Booking.objects.get(pk=lesson.pk)
    assert (booking.state, booking.start, booking.end) == ("confirmed", at("9:50"), at("10:40"))
    assert not Claim.objects.filter(resource=world.rishiri_2a).exists()
    assert Claim.objects.filter(resource=world.rebun_2a).exists()
    told = Notice.objects.filter(kind="school_withdrawn").values_list("recipient__name", flat=True)
    assert set(told) == {"佐藤 直子", "田中 誠", "工藤 誠"}


def test_withdraw_of_the_last_school_cancels_the_lesson(world: World) -> None:
    lesson = teaching.book(world.section, 2)

    for reception in lesson.receptions.all():
        lessons.withdraw_school(reception, by=world.sato, now=NOW, intention=uuid4())

    assert Booking.objects.get(pk=lesson.pk).state == "cancelled"
    assert not Claim.objects.exists()


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_closure_marks_its_schools_side_closed_and_tells(world: World) -> None:
    lesson = teaching.book(world.section, 2)

    closures.close(
        world.rebun, THURSDAY, title=Name("臨時休業（暴風雪）", "Closed for snow"), by=None, now=NOW
    )

    assert _states(lesson) == {"利尻": "planned", "礼文": "closed"}
    assert lesson.receptions.get(school=world.rebun).reason == "臨時休業（暴風雪）"
    told = Notice.objects.filter(kind="school_closed").values_list("recipient__name", flat=True)
    assert set(told) == {"佐藤 直子", "田中 誠", "中村 葵", "工藤 誠"}


def test_move_keeps_the_lesson_and_its_receptions(world: World) -> None:
    lesson = teaching.book(world.section, 2)
    before = set(lesson.receptions.values_list("pk", flat=True))
    wish = wishes.of_section(world.section)

    moved = lessons.move(
        lesson, wish, teaching.periods(wish, 6), by=world.sato, now=NOW, intention=uuid4(), reason="出張"
    )

    assert moved.booking.uid == lesson.booking.uid
    assert (moved.booking.start, moved.booking.sequence) == (at("14:20"), 1)
    assert set(lesson.receptions.values_list("pk", flat=True)) == before
    told = Notice.objects.filter(kind="lesson_moved").values_list("recipient__name", flat=True)
    assert set(told) == {"田中 誠", "中村 葵", "工藤 誠"}


def test_move_onto_its_own_time_without_a_school_is_not_refused_by_itself(world: World) -> None:
    lesson = teaching.book(world.section, 2)
    wish = wishes.load(world.section, school_ids=[world.rebun.pk], additions={})

    lessons.move(lesson, wish, teaching.periods(wish, 2), by=None, now=NOW, intention=uuid4())

    assert _states(lesson) == {"利尻": "cancelled", "礼文": "planned"}


def test_a_lesson_whose_period_has_another_number_now_is_moved_to_it(world: World) -> None:
    """As after a new bell table: the same minutes are no longer the period that it was booked for."""
    lesson = teaching.book(world.section, 2)
    wish = wishes.of_section(world.section)
    guests = lesson.booking.participants.filter(person=None)
    guests.update(period_number=3)

    lessons.move(lesson, wish, teaching.periods(wish, 2), by=None, now=NOW, intention=uuid4())

    assert set(guests.values_list("period_number", flat=True)) == {2}


def test_move_to_where_it_is_is_refused_and_tells_nobody(world: World) -> None:
    lesson = teaching.book(world.section, 2)
    wish = wishes.of_section(world.section)

    with pytest.raises(lessons.UnmovedError):
        lessons.move(lesson, wish, teaching.periods(wish, 2), by=world.sato, now=NOW, intention=uuid4())

    assert lesson.booking.changes.count() == 1
    assert not Notice.objects.filter(kind="lesson_moved").exists()


def test_move_sent_again_has_its_first_answer(world: World) -> None:
    lesson, intention = teaching.book(world.section, 2), uuid4()
    wish = wishes.of_section(world.section)
    lessons.move(lesson, wish, teaching.periods(wish, 6), by=world.sato, now=NOW, intention=intention)

    again = lessons.move(lesson, wish, teaching.periods(wish, 6), by=world.sato, now=NOW, intention=intention)

    assert (again.booking.start, again.booking.sequence) == (at("14:20"), 1)


def test_move_to_where_it_is_gives_it_to_the_sections_new_teacher(world: World) -> None:
    lesson = teaching.book(world.section, 2)
    world.section.teacher = world.ito_person
    world.section.save()
    wish = wishes.of_section(world.section)

    lessons.move(lesson, wish, teaching.periods(wish, 2), by=world.sato, now=NOW, intention=uuid4())

    standing = lesson.booking.participants.standing().exclude(person=None)
    assert [party.person for party in standing] == [world.ito_person]


def test_release_frees_a_hold_and_never_a_lesson(world: World) -> None:
    held, booked = teaching.hold(world, 2), teaching.book(world.section, 3)

    lessons.release(held, by=world.sato, now=NOW, intention=uuid4())
    lessons.release(held, by=world.sato, now=NOW, intention=uuid4())
    with pytest.raises(bookings.TakenUpError):
        lessons.release(booked, by=world.sato, now=NOW, intention=uuid4())

    assert set(Claim.objects.values_list("booking", flat=True)) == {booked.pk}
    assert not Notice.objects.filter(kind="lesson_cancelled").exists()


def test_move_without_a_school_lets_it_leave(world: World) -> None:
    lesson = teaching.book(world.section, 2)
    wish = wishes.load(world.section, school_ids=[world.rebun.pk], additions={})

    lessons.move(lesson, wish, teaching.periods(wish, 3), by=world.sato, now=NOW, intention=uuid4())

    assert _states(lesson) == {"利尻": "cancelled", "礼文": "planned"}


def test_settle_receptions_mends_what_a_killed_process_left_behind(world: World) -> None:
    """Without the receivers: nothing is committed in this test, so none of them is called."""
    ran_out, closed, standing = (teaching.hold(world, 2), teaching.book(world.section, 3),
                                 teaching.book(world.section, 4))  # fmt: skip
    later = NOW + timedelta(minutes=11)
    bookings.expire_holds(now=later)
    day = closures.close(
        world.rebun, THURSDAY, title=Name("暴風雪", "Blizzard"), by=None, now=later,
        closed_from=time(10, 45), closed_until=time(11, 40),
    )  # fmt: skip
    assert [booking.pk for booking in day.bookings] == [closed.pk]
    assert _states(closed) == _states(ran_out) == {"利尻": "planned", "礼文": "planned"}

    tasks.settle_receptions.call_local()

    assert _states(ran_out) == {"利尻": "cancelled", "礼文": "cancelled"}
    assert _states(closed) == {"利尻": "planned", "礼文": "closed"}
    assert _states(standing) == {"利尻": "planned", "礼文": "planned"}
    assert receptions.settle_stale() == 0


def test_a_booking_of_another_kind_never_becomes_a_lesson(world: World) -> None:
    booking = practice.renew(now=NOW)[0]
    stranger = Lesson(booking=booking, section=world.section)
    Booking.objects.filter(pk=booking.pk).update(state="tentative", expires_at=NOW + timedelta(minutes=5))

    with pytest.raises(bookings.IntentionError):
        lessons.confirm(stranger, by=world.sato, now=NOW, intention=uuid4())

    assert not Lesson.objects.exists()


def test_cancel_frees_everything_and_is_no_error_twice(world: World) -> None:
    lesson = teaching.book(world.section, 2)

    for _time in range(2):
        lessons.cancel(lesson, by=world.sato, now=NOW, intention=uuid4(), reason="停電")

    assert _states(lesson) == {"利尻": "cancelled", "礼文": "cancelled"}
    assert not Claim.objects.exists()
    assert Notice.objects.filter(kind="lesson_cancelled").count() == 3


def test_hold_tells_nobody_until_it_is_confirmed(world: World) -> None:
    lesson = teaching.hold(world, 2)
    silent = Notice.objects.count()

    lessons.confirm(lesson, by=world.sato, now=NOW + timedelta(minutes=9), intention=uuid4())

    assert silent == 0
    assert Notice.objects.filter(kind="lesson_booked").count() == 3


def test_confirm_after_the_hold_ran_out_is_refused(world: World) -> None:
    lesson = teaching.hold(world, 2)

    with pytest.raises(bookings.ExpiredError):
        lessons.confirm(lesson, by=world.sato, now=NOW + timedelta(minutes=11), intention=uuid4())

    assert Notice.objects.count() == 0


def test_hold_that_ran_out_is_called_off_without_a_reason(world: World) -> None:
    lesson = teaching.hold(world, 2)

    bookings.expire_holds(now=NOW + timedelta(minutes=11))
    receptions.settle(lesson.pk)

    assert set(lesson.receptions.values_list("state", "reason")) == {("cancelled", "")}


def test_book_series_leaves_out_the_dates_that_fail_with_their_reasons(world: World) -> None:
    wish = wishes.of_section(world.section)
    days = [THURSDAY + timedelta(weeks=n) for n in range(4)]
    closures.close(world.rebun, days[1], title=Name("学校祭", "School festival"), by=None, now=NOW)

    _series, made, refused = lessons.book_series(
        wish, [teaching.periods(wish, 2, day) for day in days], by=world.sato, now=NOW, intention=uuid4(),
        skip_conflicts=True,
    )  # fmt: skip

    assert [lesson.booking.start for lesson in made] == [
        at("9:45", day) for day in (days[0], days[2], days[3])
    ]
    assert Reception.objects.count() == 6
    assert [[c.kind for c in each.verdict.conflicts] for each in refused] == [[Kind.CLOSED_DAY]]
    told = Notice.objects.filter(kind="series_booked")
    assert told.count() == 3


def test_book_series_all_or_none_writes_nothing_when_one_date_fails(world: World) -> None:
    wish = wishes.of_section(world.section)
    days = [THURSDAY, THURSDAY + timedelta(weeks=1)]
    closures.close(world.rebun, days[1], title=Name("学校祭", "School festival"), by=None, now=NOW)

    with pytest.raises(bookings.SeriesConflictError):
        lessons.book_series(
            wish, [teaching.periods(wish, 2, day) for day in days], by=None, now=NOW, intention=uuid4(),
            skip_conflicts=False,
        )  # fmt: skip

    assert not Lesson.objects.exists()
    assert not Participant.objects.exists()


def test_plan_of_a_school_in_two_grades_asks_the_whole_schools_calendar(world: World) -> None:
    school, part, _places = add_school("S9", "北海道常呂高等学校", "常呂", RISHIRI_BELLS)
    group = part.group
    group.pk, group.name, group.grade = None, "1年A組", 1
    group.save()
    younger = type(part)(kind=part.kind, organisation=school, name="1年A組", group=group, headcount=3)
    younger.save()
    entry = SectionSchool.objects.create(section=world.section, school=school, headcount=9)
    entry.parts.add(part, younger)
    wish = wishes.of_section(world.section)

    plan = lessons.plan(wish, teaching.periods(wish, 2))

    side = next(side for side in plan.sides if side.organisation_id == school.pk)
    assert side.grade is None
    assert {need.resource_ids for need in side.needs} >= {(part.pk,), (younger.pk,)}


def test_lesson_of_real_bells_takes_the_union_for_the_teacher(world: World) -> None:
    """Yonezawa Kojokan and Toyama Koto: domain/education.md §5.3."""
    section = real_section(world)
    lesson = teaching.book(section, 2)

    host = lesson.booking.participants.get(role=Participant.Role.HOST)
    assert (host.start, host.end) == (at("9:50"), at("10:45"))
    with pytest.raises(bookings.ConflictError) as refusal:
        teaching.book(section, 1)
    minutes = [(c.kind, c.minutes, c.limit) for c in refusal.value.verdict.conflicts]
    assert minutes == [(Kind.JOINT_WINDOW, 40, 50)]


YONEZAWA = [
    ("8:45", "9:40"),
    ("9:50", "10:45"),
    ("10:55", "11:50"),
    ("12:00", "12:55"),
    ("13:35", "14:30"),
    ("14:40", "15:35"),
]
TOYAMA = [
    ("9:00", "9:50"),
    ("9:55", "10:45"),
    ("10:55", "11:45"),
    ("11:50", "12:40"),
    ("13:25", "14:15"),
    ("14:20", "15:10"),
]


def real_section(world: World) -> Section:
    """Fifty minutes and not less for two schools whose real tables differ."""
    section = world.section
    section = type(section)(
        course=section.course, academic_year=2026, name="数学Ⅱ（米沢・富山）", centre=world.centre,
        teacher=world.ito_person, studio=world.studios[1], wanted_minutes=50, minimum_minutes=50,
    )  # fmt: skip
    section.save()
    for code, name, short, table in (
        ("Y1", "山形県立米沢興譲館高等学校", "米沢興譲館", YONEZAWA),
        ("T1", "富山県立富山高等支援学校", "富山高等支援", TOYAMA),
    ):
        school, part, places = add_school(code, name, short, table)
        SectionSchool.objects.create(
            section=section, school=school, location=places[0], headcount=6
        ).parts.add(part)
    return section
