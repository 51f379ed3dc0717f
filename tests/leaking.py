"""A service full of pupils whose names stand nowhere else, and every kind of account to look for them.

Two lessons of both schools, one running and one signed and corrected; pupils at both, one of them at
home with an account; marks, notes and reasons that somebody typed; feeds of every scope.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import uuid4

from django.utils import timezone

from classrooms import confirming, receptions, register_sheet, registers, remote_seats, staffing
from classrooms.models import Enrolment, Lesson, Reception, RemoteSeat, Student
from clinics import consultations
from clinics.models import Consultation, Service
from realtime.models import HelpCall
from scheduler import exports, feed_scopes, feeds, notices, permissions
from scheduler.models import (
    Booking,
    CalendarDay,
    ClassGroup,
    Feed,
    Notice,
    Organisation,
    Person,
    Resource,
    Role,
    Term,
    TermExport,
    User,
)
from scheduler.notices import Kind
from tests.cast import World, add_user
from tests.realtime.lessons import book_lesson, book_practice

SECRETS = {
    "rishiri": ("雪兎", "ゆきうさぎ", "LEAK4711", "熱のため"),
    "rebun": ("銀狐", "ぎんぎつね", "LEAK4722", "通院のため"),
}
"""By school: family name, its reading, the pupil's number, and what somebody wrote about them."""
CLINICAL = {
    "question": "白樺花粉の後の丘疹", "summary": "銅色の落屑", "local_number": "LEAK-K77",
    "callback": "0163-99-4711",
}  # fmt: skip
"""What stands in a consultation that none of the accounts has to do with."""
READERS = {
    "rishiri": frozenset({"nakamura", "head", "tanaka", "sato"}),
    "rebun": frozenset({"kudo", "sato"}),
}
"""Whose work it is to know them: the school's office and room staff, and the teacher while posted."""


@dataclass
class Stage:
    world: World
    now: datetime
    running: Booking
    signed: Booking
    practice: Booking
    pupils: dict[str, list[Student]]
    sides: dict[str, list[Reception]]
    seat: RemoteSeat
    term: Term
    help_call: HelpCall
    people: dict[str, User]
    case: Consultation
    exports: dict[str, list[TermExport]] = field(default_factory=dict)
    """By account: the school's files for its office, the centre's for its planner and administrator."""
    feeds: dict[str, str] = field(default_factory=dict)
    """Secrets by scope and audience."""


def build(world: World) -> Stage:
    now = timezone.now()
    today = timezone.localdate(now)
    before = now - timedelta(days=8)
    running = book_lesson(world, now - timedelta(minutes=10), now=before)
    signed = book_lesson(world, now - timedelta(days=2), now=before)
    pupils = {name: _pupils(world, name, today) for name in SECRETS}
    sides = {name: [] for name in SECRETS}  # type: dict[str, list[Reception]]
    for booking in (running, signed):
        Lesson.objects.create(booking=booking, section=world.section)
        receptions.ensure([booking.pk])
        for name in SECRETS:
            sides[name].append(Reception.objects.get(lesson=booking.pk, school=getattr(world, name)))
    seat = remote_seats.approve(
        pupils["rishiri"][2],
        place=RemoteSeat.Place.HOME,
        valid_from=today,
        valid_until=today + timedelta(days=9),
        email="family@example.jp",
        by=world.nakamura,
    )
    remote_seats.invite(seat)
    stage = Stage(
        world=world,
        now=now,
        running=running,
        signed=signed,
        practice=book_practice(world, now=now),
        pupils=pupils,
        sides=sides,
        seat=seat,
        term=_term(world.rishiri, today),
        help_call=HelpCall.objects.create(
            booking=running, organisation=world.rishiri, by=world.tanaka, symptom="sound", at=now
        ),
        people=_people(world, pupils["rishiri"][2]),
        case=_case(now),
    )
    _take_registers(stage)
    for school in (world.rishiri, world.rebun):
        CalendarDay.objects.create(organisation=school, date=today, kind="event", title="学校祭")
    _make_feeds(stage)
    _write_exports(stage)
    notices.tell([world.tanaka, world.sato], Kind.LESSON_BOOKED, running, params={}, now=now)
    return stage


def _people(world: World, at_home: Student) -> dict[str, User]:
    at_home.refresh_from_db()
    assert at_home.user is not None
    names = (
        "sato",
        "ito",
        "suzuki",
        "admin",
        "tanaka",
        "nakamura",
        "rishiri_device",
        "rebun_device",
        "kudo",
        "kato",
    )
    hospital = Organisation.objects.create(
        kind=Organisation.Kind.HOSPITAL, code="H1", name="市立総合病院", short_name="市立総合"
    )
    board = Organisation.objects.create(
        kind=Organisation.Kind.BOARD, code="B1", name="宗谷教育局", short_name="宗谷", district="宗谷"
    )
    return {name: getattr(world, name) for name in names} | {
        "abe": add_user("abe", "阿部 康介", hospital, Role.SPECIALIST),
        "mori": add_user("mori", "森 文子", hospital, Role.LOCAL_DOCTOR),
        "desk": add_user("desk", "連携室 西", hospital, Role.CLINIC_COORDINATOR),
        "board": add_user("board", "教育局 井上", board, Role.BOARD_VIEWER),
        "auditor": add_user("auditor", "岡田 監", world.centre, Role.AUDITOR),
        "support": add_user("support", "青木 機", world.centre, Role.SUPPORTER),
        "head": add_user("head", "北川 薫", world.rishiri, Role.SCHOOL_HEAD, post="校長"),
        "pupil": at_home.user,
    }


def _case(now: datetime) -> Consultation:
    clinic = Organisation.objects.create(
        kind=Organisation.Kind.CLINIC, code="H8", name="礼文町国保診療所", short_name="礼文診療所"
    )
    hospital = Organisation.objects.create(
        kind=Organisation.Kind.HOSPITAL, code="H9", name="北都病院", short_name="北都"
    )
    Service.objects.create(organisation=hospital, telephone="011-000-0009")
    doctor = add_user("okabe", "岡部 誠", clinic, Role.LOCAL_DOCTOR)
    person = Person.objects.create(
        kind=Resource.Kind.PERSON, organisation=clinic, name=doctor.name, user=doctor
    )
    fields = {"urgency": "routine", "age_band": "60s", "sex": "female", "patient_present": False}
    case = consultations.create(
        person, clinic, by=doctor, now=now, intention=uuid4(),
        fields={**fields, **CLINICAL, "consent_basis": "oral"},
    )  # fmt: skip
    return consultations.submit(case, by=doctor, now=now, intention=uuid4())


def _pupils(world: World, name: str, today: date) -> list[Student]:
    school: Organisation = getattr(world, name)
    family, kana, number, _ = SECRETS[name]
    group = ClassGroup.objects.get(organisation=school)
    made = []
    for seat in range(1, 4):
        pupil = Student.objects.create(
            school=school, number=f"{number}-{seat}", name=f"{family} 子{seat}", kana=f"{kana} こ{seat}",
            group=group, seat=seat, valid_from=today - timedelta(days=60),
        )  # fmt: skip
        Enrolment.objects.create(student=pupil, section=world.section, valid_from=today - timedelta(days=60))
        made.append(pupil)
    return made


def _term(school: Organisation, today: date) -> Term:
    return Term.objects.create(
        organisation=school, academic_year=today.year, number=1, name="1学期",
        starts_on=today - timedelta(days=60), ends_on=today + timedelta(days=60),
    )  # fmt: skip


def _take_registers(stage: Stage) -> None:
    for name, by in (("rishiri", stage.world.nakamura), ("rebun", stage.world.kudo)):
        note = SECRETS[name][3]
        for side in stage.sides[name]:
            registers.mark(
                side,
                stage.pupils[name][0].pk,
                mark="absent",
                by=by,
                now=stage.now,
                intention=uuid4(),
                note=note,
            )
        signed = stage.sides[name][1]
        person = staffing.Attendant(user_id=by.pk, name=by.name, post="教頭")
        staffing.record(signed, person, by=by, now=stage.now, intention=uuid4())
        seen = register_sheet.load(signed, stage.now).version
        confirming.confirm(signed, outcome="held", seen=seen, by=by, post="教頭", now=stage.now)
        registers.mark(
            signed,
            stage.pupils[name][1].pk,
            mark="late",
            by=by,
            now=stage.now,
            intention=uuid4(),
            reason=note,
        )


def _make_feeds(stage: Stage) -> None:
    day = timezone.localdate(stage.now)
    for name, user in stage.people.items():
        stage.feeds[f"person-{name}"] = feeds.make(feeds.own(user), by=user, instead_of=None, now=stage.now)
        for subject in feed_scopes.managed(permissions.memberships(user, day), day):
            for audience in (Feed.Audience.STAFF, Feed.Audience.PUBLIC):
                target = feeds.about(subject, audience, "ja")
                key = f"{subject.scope}-{subject.pk}-{audience}"
                if key not in stage.feeds:
                    stage.feeds[key] = feeds.make(target, by=user, instead_of=None, now=stage.now)


def _write_exports(stage: Stage) -> None:
    first, last = timezone.localdate(stage.now) - timedelta(days=30), timezone.localdate(stage.now)
    askers = {"nakamura": stage.world.rishiri, "kudo": stage.world.rebun, "suzuki": stage.world.centre}
    for name, organisation in askers.items():
        stage.exports[name] = []
        for form in TermExport.Form.values:
            user = stage.people[name]
            export = exports.ask(organisation, first, last, form, by=user, language="ja", now=stage.now)
            exports.write(export.pk, export.attempt, clock=lambda: stage.now)
            export.refresh_from_db()
            stage.exports[name].append(export)


def secrets_in(text: str) -> set[str]:
    """Of which schools something secret stands in the text."""
    return {school for school, words in SECRETS.items() if any(word in text for word in words)}


def clinical_in(text: str) -> list[str]:
    """What of the consultation's words stands in the text."""
    return [word for word in CLINICAL.values() if word in text]


def told(stage: Stage) -> str:
    """Everything that waits in the outbox."""
    return repr(list(Notice.objects.values()))
