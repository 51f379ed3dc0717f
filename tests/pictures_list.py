"""Which pages `make pictures` shows, to whom, and in which state."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from classrooms import confirming, register_sheet
from classrooms.models import Reception, Section, Student
from clinics.models import Consultation
from scheduler.models import Booking, Term, User
from tests import pictures_office
from tests.pictures_cast import (
    AT_HOME,
    DEVICE,
    DOCTOR,
    OFFICE,
    OTHER_SPECIALIST,
    PLANNER,
    SCHOOL,
    SPECIALIST,
    STAFF,
    STRANGER,
    TEACHER,
    Picture,
)


def pictures() -> list[Picture]:
    """The list; writes the one account that the demonstration lacks, somebody without any post."""
    if not User.objects.filter(email=STRANGER).exists():
        User.objects.create_user(STRANGER, None, name="加藤 遥", name_en="Haruka Kato")
    return [
        *_accounts(),
        *_today(),
        *_planner(),
        *_lessons(),
        *_rooms(),
        *_registers(),
        *_records(),
        *_consultations(),
        *pictures_office.pictures(),
    ]


def _consultations() -> list[Picture]:
    by_state = {case.state: f"/consultations/{case.uid}/" for case in Consultation.objects.order_by("-pk")}
    offered, submitted = by_state["offered"], by_state["submitted"]
    reported, written = by_state["reported"], by_state["report_due"]
    return [
        Picture("consultations", "/consultations/", DOCTOR),
        Picture("consultations-empty", "/consultations/", OTHER_SPECIALIST),
        Picture("consultations-queue", "/consultations/queue/", OFFICE),
        Picture("request", "/consultations/new/", DOCTOR),
        Picture("request-now", "/consultations/new/", DOCTOR),
        Picture("request-refused", "/consultations/new/", DOCTOR),
        Picture("request-draft", by_state["draft"], DOCTOR),
        Picture("case-submitted", submitted, OFFICE),
        Picture("case-question", by_state["needs_info"], DOCTOR),
        Picture("case-offered", offered, DOCTOR),
        Picture("case-offered-specialist", offered, SPECIALIST),
        Picture("case-booked", by_state["scheduled"], DOCTOR),
        Picture("case-advised", reported, DOCTOR),
        Picture("case-closed", by_state["closed"], SPECIALIST),
        Picture("case-times", f"{offered}times/", SPECIALIST),
        Picture("case-times-refused", f"{offered}times/", SPECIALIST),
        Picture("case-decline", f"{submitted}steps/decline/", OFFICE),
        Picture("case-readings", f"{reported}readings/", DOCTOR),
        Picture("case-outcome", f"{reported}steps/outcome/", DOCTOR),
        Picture("advice-review", f"{written}advice/", SPECIALIST),
        Picture("advice-write", f"{written}advice/", SPECIALIST),
        Picture("advice", f"{reported}advice/1/", DOCTOR),
    ]


def _accounts() -> list[Picture]:
    return [
        Picture("sign-in", "/accounts/login/"),
        Picture("sign-in-refused", "/accounts/login/"),
        Picture("sign-in-closed", "/accounts/signup/"),
        Picture("password-reset", "/accounts/password/reset/"),
        Picture("password-reset-refused", "/accounts/password/reset/"),
        Picture("password-reset-sent", "/accounts/password/reset/done/"),
        Picture("password-reset-old-link", "/accounts/password/reset/key/1-abc/"),
        Picture("password-change", "/accounts/password/change/", TEACHER),
        Picture("sign-out", "/accounts/logout/", TEACHER),
        Picture("help", "/help/", SCHOOL),
        Picture("help-signed-out", "/help/"),
        Picture("not-found", "/lessons/00000000-0000-0000-0000-000000000000/", SCHOOL),
    ]


def _today() -> list[Picture]:
    return [
        Picture("today-teacher", "/", TEACHER),
        Picture("today-planner", "/", PLANNER),
        Picture("today-school", "/", SCHOOL),
        Picture("today-staff", "/", STAFF),
        Picture("today-device", "/", DEVICE),
        Picture("today-other-day", "/?date=2026-11-25", TEACHER),
        Picture("today-empty", "/?date=2026-11-29", TEACHER),
        Picture("today-printed", "/", TEACHER),
        Picture("today-first-day", "/", STRANGER),
        Picture("calendar", "/calendar/", PLANNER),
        Picture("calendar-empty", "/calendar/", TEACHER),
        Picture("calendar-first-day", "/calendar/", STRANGER),
        Picture("calendar-school", "/calendar/", SCHOOL),
        Picture("calendar-sought", "/calendar/?q=%E6%95%B0%E5%AD%A6", PLANNER),
        Picture("exports", "/exports/", PLANNER),
        Picture("exports-refused", "/exports/", SCHOOL),
        Picture("export", "/exports/", SCHOOL),
        Picture("notices", "/notices/", TEACHER),
        Picture("notices-empty", "/notices/", STRANGER),
    ]


def _planner() -> list[Picture]:
    joint = Section.objects.get(teacher__user__email=TEACHER, name__contains="合同")
    schools = joint.schools.values_list("school", flat=True)

    def at(period: int) -> str:
        slot = ".".join(f"{school}-{period}" for school in schools)
        return f"/book/?section={joint.pk}&date=2026-11-26&length=50&slot={slot}"

    return [
        Picture("book", f"/book/?section={joint.pk}&date=2026-11-26&length=50", TEACHER),
        Picture("book-chosen", at(3), TEACHER),
        Picture("book-not-possible", at(1), TEACHER),
        Picture("book-near", at(1), TEACHER),
        Picture("book-refused", at(1), TEACHER),
        Picture("book-day-off", f"/book/?section={joint.pk}&date=2026-11-23&length=50", TEACHER),
        Picture("book-first-day", "/book/", STRANGER),
        Picture("book-weekly", at(3).replace("/book/", "/book/weekly/"), TEACHER),
        Picture("book-weeks", f"/book/weeks/?section={joint.pk}&date=2026-11-26&length=50", TEACHER),
    ]


def _lessons() -> list[Picture]:
    joint = _joint_lesson()
    side = Reception.objects.get(lesson__booking=joint, school__short_name="利尻")
    return [
        Picture("lesson-teacher", f"/lessons/{joint.uid}/", TEACHER),
        Picture("lesson-school", f"/lessons/{joint.uid}/", SCHOOL),
        Picture("lesson-cancel", f"/lessons/{joint.uid}/cancel/", TEACHER),
        Picture("lesson-cancel-side", f"/lessons/{joint.uid}/schools/{side.pk}/cancel/", SCHOOL),
    ]


def _rooms() -> list[Picture]:
    joint = _joint_lesson()
    later = Booking.objects.filter(participants__person__user__email=TEACHER).latest("start")
    return [
        Picture("room-teacher", f"/rooms/{joint.uid}/", TEACHER),
        Picture("room-device", f"/rooms/{joint.uid}/", DEVICE),
        Picture("room-beside", f"/rooms/{joint.uid}/", STAFF),
        Picture("device", "/device/", DEVICE),
        Picture("room-closed", f"/rooms/{later.uid}/", TEACHER),
        Picture("room-check", "/rooms/check/", TEACHER),
    ]


def _registers() -> list[Picture]:
    waiting, signed = _given(), _given()
    coordinator = User.objects.get(email=SCHOOL)
    seen = register_sheet.load(signed, timezone.now()).version
    confirming.confirm(signed, outcome="held", seen=seen, by=coordinator, post="教頭", now=timezone.now())
    ahead = Reception.objects.filter(
        school__short_name="利尻", state="planned", participant__start__gt=timezone.now()
    ).earliest("participant__start")
    return [
        Picture("register", f"/register/{waiting.pk}/", SCHOOL),
        Picture("register-printed", f"/register/{waiting.pk}/", SCHOOL),
        Picture("register-other", f"/register/{waiting.pk}/", STAFF),
        Picture("register-ahead", f"/register/{ahead.pk}/", STAFF),
        Picture("register-signed", f"/register/{signed.pk}/", SCHOOL),
        Picture("register-confirm", f"/register/{waiting.pk}/confirm/", SCHOOL),
        Picture("registers-school", "/register/", SCHOOL),
        Picture("registers-teacher", "/register/", TEACHER),
        Picture("registers-planner", "/register/", PLANNER),
        Picture("registers-first-day", "/register/", STRANGER),
        Picture("register-setting", "/register/setting/", SCHOOL),
    ]


def _given() -> Reception:
    """利尻's side of a lesson two weeks ahead, as if it had been given: this week begins with a holiday."""
    found = Reception.objects.filter(school__short_name="利尻", state="planned", confirmation=None)
    last = found.select_related("participant", "lesson__booking").latest("participant__start")
    for row in (last.lesson.booking, *last.lesson.booking.participants.all()):
        row.start, row.end = row.start - timedelta(weeks=2), row.end - timedelta(weeks=2)
        row.save(update_fields=["start", "end"])
    last.participant.refresh_from_db()
    return last


def _records() -> list[Picture]:
    pupil = Student.objects.filter(school__short_name="利尻").earliest("pk")
    taken = Section.objects.filter(enrolments__student__school__short_name="利尻").earliest("pk")
    at_home = Student.objects.get(user__email=AT_HOME)
    term = Term.objects.filter(organisation__short_name="利尻").earliest("pk")
    return [
        Picture("pupils", "/pupils/", SCHOOL),
        Picture("pupils-staff", "/pupils/", STAFF),
        Picture("pupils-teacher", "/pupils/", TEACHER),
        Picture("pupils-found", "/pupils/", SCHOOL),
        Picture("pupils-nobody-found", "/pupils/", SCHOOL),
        Picture("pupils-new", "/pupils/new/", SCHOOL),
        Picture("pupils-pupil", f"/pupils/{pupil.pk}/", SCHOOL),
        Picture("pupils-pupil-at-home", f"/pupils/{at_home.pk}/", "coordinator@rebun.example"),
        Picture("pupils-section", f"/pupils/sections/{taken.pk}/", SCHOOL),
        Picture("pupils-section-staff", f"/pupils/sections/{taken.pk}/", STAFF),
        Picture("pupils-import", "/pupils/import/", SCHOOL),
        Picture("pupils-import-refused", "/pupils/import/", SCHOOL),
        Picture("pupils-preview", "/pupils/import/", SCHOOL),
        Picture("pupils-preview-refused", "/pupils/import/", SCHOOL),
        Picture("records", "/records/", SCHOOL),
        Picture("records-planner", "/records/", PLANNER),
        Picture("records-teacher", "/records/", TEACHER),
        Picture("records-terms", "/records/terms/", SCHOOL),
        Picture("records-term", f"/records/terms/{term.pk}/", SCHOOL),
        Picture("today-pupil-at-home", "/", AT_HOME),
    ]


def _joint_lesson() -> Booking:
    """The joint lesson that starts in a few minutes."""
    return Booking.objects.filter(
        participants__person__user__email=TEACHER, start__gt=timezone.now(), title__contains="合同"
    ).earliest("start")
