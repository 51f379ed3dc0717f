"""The demonstration is the real schools, the same for one date, loaded once, and removed whole."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from io import StringIO

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command
from django.db.models import Count, F, Model, Sum
from django.test import Client, RequestFactory
from django.urls import reverse
from pytest_django import DjangoCaptureOnCommitCallbacks, DjangoDbBlocker, Settings

from classrooms import demonstration
from classrooms.demonstration.world import at_eight
from classrooms.models import (
    AttendanceMark,
    Confirmation,
    Course,
    Enrolment,
    Lesson,
    Reception,
    RemoteSeat,
    Section,
    SectionSchool,
    StaffPresence,
    Student,
)
from realtime.models import DeviceStatus, HelpCall, Visit
from scheduler import closures, readers, today
from scheduler.models import (
    Booking,
    BookingChange,
    CalendarDay,
    Claim,
    ClassGroup,
    Feed,
    Location,
    Membership,
    Notice,
    Organisation,
    Participant,
    Period,
    Person,
    Resource,
    Role,
    Rule,
    Series,
    Term,
    User,
)  # fmt: skip
from scheduler.names import Name
from tests.cast import TOKYO

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

TUESDAY = date(2026, 11, 24)


@pytest.fixture(scope="module", autouse=True)
def loaded(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Loaded once for this file and committed, so that what follows a commit has happened too."""
    with django_db_blocker.unblock():
        demonstration.load(now=at_eight(TUESDAY))
    yield
    with django_db_blocker.unblock():
        demonstration.remove()
        Course.objects.all().delete()


_COLUMNS: dict[type[Model], tuple[str, ...]] = {
    Membership: ("user__email", "user__name", "organisation__code", "role", "location__name"),
    CalendarDay: ("organisation__code", "date", "kind", "title", "grade", "closed_from"),
    Period: (
        "bell_schedule__day_type__organisation__code", "bell_schedule__day_type__code",
        "bell_schedule__valid_from", "number", "starts_at", "ends_at",
    ),
    Section: ("name", "teacher__name", "studio__name", "schools__school__code", "schools__headcount"),
    Booking: (
        "kind", "state", "title", "start", "end", "created_at", "changed_at", "sequence", "cancel_reason",
    ),
    Participant: (
        "booking__title", "organisation__code", "person__name", "location__name", "start", "end",
        "period_number", "headcount", "withdrawn_at",
    ),
    Reception: ("school__code", "participant__start", "staff__email", "state", "reason"),
    Claim: ("booking__title", "resource__name", "resource__organisation__code", "start", "end"),
}  # fmt: skip


def contents() -> dict[str, list[tuple[object, ...]]]:
    """What the demonstration says, without the keys that the database or chance gives."""
    return {
        model.__name__: sorted(model._default_manager.values_list(*columns), key=repr)
        for model, columns in _COLUMNS.items()
    }


def test_load_twice_for_one_date_gives_the_same_world(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    first = contents()

    demonstration.remove()
    with django_capture_on_commit_callbacks(execute=True):
        demonstration.load(now=at_eight(TUESDAY) + timedelta(hours=9))

    assert contents() == first


def test_load_at_the_weekend_changes_no_lesson_in_hindsight() -> None:
    demonstration.remove()

    demonstration.load(now=at_eight(TUESDAY - timedelta(days=3)))

    changes = BookingChange.objects.filter(verb__in=("cancel", "move", "withdraw"), intention__isnull=False)
    assert changes.filter(verb="cancel").count() == 2
    assert not changes.filter(at__gte=F("booking__end")).exists()


def _write_register(school: Organisation, by: User) -> None:
    reception = Reception.objects.filter(school=school).earliest("pk")
    student = Student.objects.filter(school=school).earliest("pk")
    at = at_eight(TUESDAY)
    AttendanceMark.objects.create(reception=reception, student=student, mark="late", at=at, by=by)
    StaffPresence.objects.create(reception=reception, user=by, recorded_at=at, recorded_by=by)
    Confirmation.objects.create(reception=reception, at=at, by=by, content={}, digest="")


def test_remove_takes_everything_away_but_the_courses_also_what_came_of_using_it() -> None:
    now = at_eight(TUESDAY)
    device = User.objects.get(email="set1@rishiri.example")
    rishiri = Organisation.objects.get(short_name="利尻")
    room = Booking.objects.filter(kind=Booking.Kind.PRACTICE).earliest("start")
    Visit.objects.create(
        booking=room,
        user=device,
        organisation=rishiri,
        peer="p",
        server="s",
        started_at=now,
        last_beat_at=now,
    )
    Feed.objects.create(user=device, subject_id=device.pk, secret_hash="0" * 64)
    HelpCall.objects.create(booking=room, organisation=rishiri, by=device, symptom="sound", at=now)
    DeviceStatus.objects.create(user=device, seen_at=now)
    Rule.objects.create(key="x", organisation=rishiri, value=1, unit="", source="", valid_from=now.date())
    _write_register(rishiri, device)
    closures.close(rishiri, date(2026, 12, 1), title=Name("臨時休業"), by=device, now=now)

    demonstration.remove()

    for model in (
        Organisation, User, Resource, ClassGroup, Booking, Series, Section, Notice, CalendarDay, Visit, Feed,
        Student, Enrolment, RemoteSeat, AttendanceMark, StaffPresence, Confirmation, Term, HelpCall,
        DeviceStatus,
    ):  # fmt: skip
        assert not model._default_manager.exists(), model
    assert not Rule.objects.exclude(organisation=None).exists()
    assert Course.objects.count() == 36


def test_remove_leaves_another_centre_untouched() -> None:
    centre = Organisation.objects.create(
        kind=Organisation.Kind.DELIVERY_CENTRE, code="OTHER", name="Oita", short_name="Oita"
    )
    planner = User.objects.create_user("planner@oita.example", name="Planner")
    Membership.objects.create(
        user=planner, organisation=centre, role=Role.PLANNER, valid_from=date(2026, 4, 1)
    )

    demonstration.remove()

    assert list(User.objects.all()) == [planner]
    assert list(Organisation.objects.all()) == [centre]


def test_demonstration_has_the_schools_teachers_and_studios_of_the_issue() -> None:
    schools = Organisation.objects.filter(kind=Organisation.Kind.HIGH_SCHOOL)

    assert schools.count() == 31
    assert (
        schools.exclude(district="").exclude(kana="").exclude(name_en="").filter(is_illustrative=True).count()
        == 31
    )
    assert Person.objects.count() == 25
    assert Location.objects.filter(kind=Resource.Kind.STUDIO).count() == 10
    assert Section.objects.count() == 92
    assert schools.get(code="D101266500011").kana == "てしかが"


def test_every_section_has_as_many_pupils_as_it_counts_and_every_school_terms() -> None:
    entered = dict(
        Enrolment.objects.values_list("section__name")
        .annotate(n=Count("pk"))
        .values_list("section__name", "n")
    )
    wanted = SectionSchool.objects.values_list("section__name").annotate(n=Sum("headcount"))

    assert entered == dict(wanted.values_list("section__name", "n"))
    assert Student.objects.count() == 987
    rebun = Student.objects.filter(school__short_name="礼文", group__grade=2)
    assert [pupil.name for pupil in rebun] == ["青山 陸", "石井 美月", "大野 健太", "木村 さくら", "中村 葵"]
    assert Term.objects.values("organisation").distinct().count() == 31
    standing = Term.objects.filter(starts_on__lte=TUESDAY, ends_on__gte=TUESDAY)
    assert standing.count() == 31


def test_every_school_has_a_coordinator_room_staff_and_a_device_for_each_set() -> None:
    posts = Membership.objects.filter(organisation__kind=Organisation.Kind.HIGH_SCHOOL)
    sets = Location.objects.filter(kind=Resource.Kind.RECEIVING_SET)

    assert posts.filter(role=Role.SCHOOL_COORDINATOR).values("organisation").distinct().count() == 31
    assert posts.filter(role=Role.ROOM_STAFF).values("organisation").distinct().count() == 31
    assert set(posts.filter(role=Role.DEVICE).values_list("location", flat=True)) == set(
        sets.values_list("pk", flat=True)
    )


def test_lessons_stand_on_every_school_day_of_the_two_weeks_and_some_are_joint() -> None:
    days = {
        lesson.booking.start.astimezone(TOKYO).date() for lesson in Lesson.objects.select_related("booking")
    }
    joint = Lesson.objects.annotate(n=Count("receptions")).filter(n__gt=1)

    # 23 November is a public holiday.
    assert sorted(days) == [
        date(2026, 11, 24), date(2026, 11, 25), date(2026, 11, 26), date(2026, 11, 27),
        *(date(2026, 11, 30) + timedelta(days=n) for n in range(5)),
    ]  # fmt: skip
    assert Lesson.objects.count() > 400
    assert joint.count() > 50
    assert Booking.objects.filter(kind=Booking.Kind.LOCAL).count() > 500


def test_some_lessons_are_closed_cancelled_or_moved_and_the_receptions_say_so() -> None:
    rausu = Reception.objects.filter(school__short_name="羅臼", state=Reception.State.CLOSED)

    assert set(rausu.values_list("reason", flat=True)) == {"臨時休業（暴風雪）"}
    assert Reception.objects.filter(state=Reception.State.CANCELLED).count() == 3
    assert Booking.objects.filter(kind=Booking.Kind.LESSON, changes__verb="move").count() == 1
    assert Notice.objects.filter(kind="lesson_moved").exists()
    assert not Notice.objects.filter(kind="series_booked", read_at=None).exists()


def test_today_of_the_main_teacher_tells_the_closure_with_its_reason() -> None:
    now = at_eight(TUESDAY)
    sasaki = User.objects.get(name="佐々木 直子")

    rows = today.page(readers.of_user(sasaki, now, "ja"), TUESDAY, now).rows

    assert [(row.entry.title, row.entry.detail, row.entry.state, row.entry.note) for row in rows] == [
        ("数学Ⅰ（1年・月形）", "月形", "planned", ""),
        ("数学Ⅱ（2年・合同）", "利尻・礼文", "planned", ""),
        ("数学A（1年・羅臼）", "羅臼", "closed", "臨時休業（暴風雪）"),
        ("数学Ⅱ（2年・夕張）", "夕張", "planned", ""),
        ("数学B（2年・標津）", "標津", "planned", ""),
    ]


def test_planner_of_the_main_teacher_opens_on_times_that_fit_are_short_and_cannot(client: Client) -> None:
    client.force_login(User.objects.get(name="佐々木 直子"))

    response = client.get(reverse("classrooms:book"), {"date": TUESDAY.isoformat()})

    board = response.context["board"]
    states = [(window.times, window.state) for window in board.windows]
    assert states == [
        ("8:45–9:40", "no"),
        ("9:45–10:40", "no"),
        ("10:45–11:40", "short"),
        ("11:45–12:40", "no"),
        ("13:20–14:10", "fit"),
        ("14:20–15:10", "no"),
    ]
    assert "例示" in response.content.decode()


def test_no_two_claims_of_one_resource_overlap() -> None:
    overlaps = Claim.objects.filter(
        resource__claims__pk__gt=F("pk"),
        resource__claims__unit=F("unit"),
        resource__claims__start__lt=F("end"),
        resource__claims__end__gt=F("start"),
    )

    assert Claim.objects.count() > 2000
    assert not overlaps.exists()


def test_a_practice_room_is_open_on_the_day_of_loading() -> None:
    now = at_eight(TUESDAY)

    assert (
        Booking.objects.live(now).filter(kind=Booking.Kind.PRACTICE, start__lte=now, end__gt=now).count() == 1
    )


@pytest.mark.parametrize(("label", "email", "password"), demonstration.sign_ins())
def test_every_sign_in_works(client: Client, label: str, email: str, password: str) -> None:
    user = authenticate(RequestFactory().post("/"), email=email, password=password)

    assert isinstance(user, User), label
    assert user.memberships.valid_on(TUESDAY).exists()


def test_main_teacher_has_lessons_from_morning_to_afternoon_of_the_day_of_loading() -> None:
    sasaki = Person.objects.get(name="佐々木 直子")

    starts = [
        side.start.astimezone(TOKYO).strftime("%H:%M")
        for side in sasaki.participations.order_by("start")
        if side.start.astimezone(TOKYO).date() == TUESDAY
    ]

    assert starts == ["08:40", "09:45", "10:50", "11:40", "14:20"]


def test_command_a_second_time_changes_nothing_and_says_so(settings: Settings) -> None:
    settings.EMBEDDED = True
    before = contents()
    out = StringIO()

    call_command("demonstrate", stdout=out)

    assert "お試しデータはすでに入っています。" in out.getvalue()
    assert "sasaki@centre.example" in out.getvalue()
    assert contents() == before


@pytest.mark.parametrize("options", [{}, {"reset": True}])
def test_command_outside_the_embedded_service_is_refused_and_changes_nothing(
    settings: Settings, options: dict[str, bool]
) -> None:
    settings.EMBEDDED = False
    before = contents()

    with pytest.raises(CommandError, match="--force"):
        call_command("demonstrate", **options)

    assert contents() == before
