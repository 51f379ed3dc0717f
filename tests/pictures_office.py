"""Pages of `make pictures` beyond the working day: accounts, people, settings, the audit, and refusals.

Writes what the demonstration lacks: an auditor with a second step, a board of education, a closed
account, invitations, and a conference that is going on.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from django.urls import reverse
from django.utils import timezone

from classrooms.models import Section
from scheduler import bookings, invitations
from scheduler.intervals import Interval
from scheduler.invitations import Offer
from scheduler.models import (
    BellSchedule,
    Booking,
    CalendarDay,
    Location,
    Membership,
    Organisation,
    Role,
    User,
)
from scheduler.names import Name
from scheduler.plans import Plan, Side
from scheduler.school_days import Kind
from tests.pictures_acts import LISTS
from tests.pictures_cast import (
    ADMIN,
    AUDITOR,
    BOARD,
    CLOSED,
    DOCTOR,
    FORGOT,
    PASSWORD,
    PLANNER,
    SCHOOL,
    SPECIALIST,
    STAFF,
    STRANGER,
    TEACHER,
    Picture,
)


def pictures() -> list[Picture]:
    now = timezone.now()
    centre = Organisation.objects.get(kind=Organisation.Kind.DELIVERY_CENTRE)
    if not User.objects.filter(email=AUDITOR).exists():
        _add_people(centre, now)
    return [
        *_own_account(),
        *_people(centre, now),
        *_settings(),
        *_overviews(now),
        *_failures(),
    ]


def _add_people(centre: Organisation, now: datetime) -> None:
    district = Organisation.objects.get(short_name="利尻").district
    board = Organisation.objects.create(
        kind=Organisation.Kind.BOARD, code="BOARD", name=f"{district}教育局", short_name=district,
        district=district,
    )  # fmt: skip
    for email, name, organisation, role in (
        (AUDITOR, "岡田 監", centre, Role.AUDITOR),
        (BOARD, "井上 修", board, Role.BOARD_VIEWER),
        (CLOSED, "古川 元", centre, Role.TEACHER),
    ):
        user = User.objects.create_user(email, PASSWORD, name=name)
        Membership.objects.create(
            user=user, organisation=organisation, role=role, valid_from=now.date() - timedelta(days=200)
        )
    auditor = User.objects.get(email=AUDITOR)
    totp.TOTP.activate(auditor, totp.generate_totp_secret())
    RecoveryCodes.activate(auditor)
    Membership.objects.filter(user__email=CLOSED).update(valid_until=now.date())
    User.objects.filter(email=CLOSED).update(is_active=False)


def _own_account() -> list[Picture]:
    # Somebody who signs in nowhere else: to sign in ends a link.
    forgot = User.objects.get(email=FORGOT)
    key = f"{user_pk_to_url_str(forgot)}-{default_token_generator.make_token(forgot)}"
    return [
        Picture("second-step", "/accounts/login/"),
        Picture("second-step-refused", "/accounts/login/"),
        Picture("password-new", f"/accounts/password/reset/key/{key}/"),
        Picture("password-new-refused", f"/accounts/password/reset/key/{key}/"),
        Picture("password-new-done", "/accounts/password/reset/key/done/"),
        Picture("password-change-refused", "/accounts/password/change/", TEACHER),
        Picture("account-inactive", "/accounts/inactive/"),
        Picture("account", "/account/", TEACHER),
        Picture("account-with-factor", "/account/", AUDITOR),
        Picture("account-factor", "/account/second-step/", TEACHER),
        Picture("account-factor-refused", "/account/second-step/", TEACHER),
        Picture("account-renew", "/account/second-step/codes/", AUDITOR),
        Picture("account-codes", "/account/second-step/codes/", AUDITOR),
        Picture("account-codes-refused", "/account/second-step/codes/", AUDITOR),
        Picture("account-remove", "/account/second-step/remove/", AUDITOR),
    ]


def _people(centre: Organisation, now: datetime) -> list[Picture]:
    def invited(email: str, name: str) -> str:
        offer = Offer(email, name, centre, Role.TEACHER, now.date())
        return "/" + invitations.first(offer, now=now, intention=uuid4()).split("/", 3)[3]

    new, known = invited("new@centre.example", "新田 光"), invited(STRANGER, "加藤 遥")
    staff, closed = User.objects.get(email=STAFF), User.objects.get(email=CLOSED)
    post = staff.memberships.get()
    return [
        Picture("people", "/people/", ADMIN),
        Picture("people-school", "/people/", SCHOOL),
        Picture("person", f"/people/{staff.pk}/", ADMIN),
        Picture("person-school", f"/people/{staff.pk}/", SCHOOL),
        Picture("person-closed", f"/people/{closed.pk}/", ADMIN),
        Picture("post", f"/people/posts/{post.pk}/", ADMIN),
        Picture("post-end", f"/people/posts/{post.pk}/end/", ADMIN),
        Picture("account-close", f"/people/{staff.pk}/close/", ADMIN),
        Picture("post-add", f"/people/{staff.pk}/posts/", ADMIN),
        Picture("post-add-refused", f"/people/{staff.pk}/posts/", ADMIN),
        Picture("invite", "/people/invite/", ADMIN),
        *(
            Picture(f"people-{state}", "/people/import/", ADMIN)
            for state in ("import", "import-refused", "preview", "preview-refused")
        ),
        Picture("invite-refused", "/people/invite/", ADMIN),
        Picture("invitation", new),
        Picture("invitation-refused", new),
        Picture("invitation-known", known),
        Picture("invitation-unusable", "/invitations/none/"),
    ]


def _settings() -> list[Picture]:
    rishiri = Organisation.objects.get(short_name="利尻")
    school, bells = f"?school={rishiri.pk}", BellSchedule.objects.filter(day_type__organisation=rishiri)
    place = Location.objects.filter(organisation=rishiri).earliest("pk")
    section = Section.objects.earliest("pk")
    day = CalendarDay.objects.filter(organisation=rishiri).latest("pk")
    return [
        Picture("settings", "/settings/", PLANNER),
        Picture("settings-school", "/settings/", SCHOOL),
        Picture("settings-bells", f"/settings/bells/{school}", SCHOOL),
        Picture("settings-bells-new", f"/settings/bells/new/{school}", SCHOOL),
        Picture("settings-bells-new-refused", f"/settings/bells/new/{school}", SCHOOL),
        Picture("settings-bells-week", f"/settings/bells/week/{school}", SCHOOL),
        Picture("settings-bells-remove", f"/settings/bells/{bells.earliest('pk').pk}/remove/", SCHOOL),
        Picture("settings-days-all", "/settings/calendar/", PLANNER),
        Picture("settings-days", f"/settings/calendar/{school}", SCHOOL),
        *(
            Picture(f"settings-day-{kind}", f"/settings/calendar/new/{kind}/{school}", SCHOOL)
            for kind in Kind.values
        ),
        Picture("settings-day-withdraw", f"/settings/calendar/withdraw/{school}&row={day.pk}", SCHOOL),
        Picture("settings-places", f"/settings/places/{school}", PLANNER),
        Picture("settings-place", f"/settings/places/{place.pk}/", SCHOOL),
        Picture("settings-place-new", f"/settings/places/new/{school}", SCHOOL),
        Picture("settings-place-new-refused", f"/settings/places/new/{school}", SCHOOL),
        Picture("settings-organisations", "/settings/organisations/", PLANNER),
        Picture("settings-organisation", reverse("scheduler:organisation", args=[rishiri.pk]), PLANNER),
        Picture("settings-organisation-new", "/settings/organisations/new/", PLANNER),
        Picture("settings-organisation-new-refused", "/settings/organisations/new/", PLANNER),
        Picture("settings-sections", "/settings/sections/", PLANNER),
        Picture("settings-section", f"/settings/sections/{section.pk}/", PLANNER),
        Picture("settings-section-new", "/settings/sections/new/", PLANNER),
        Picture("settings-section-new-refused", "/settings/sections/new/", PLANNER),
        *(
            Picture(f"settings-{slug}-{state}", f"/settings/lists/{slug}/import/", PLANNER)
            for slug in LISTS
            for state in ("import", "preview", "preview-refused")
        ),
    ]


def _overviews(now: datetime) -> list[Picture]:
    room = f"/rooms/{_conference(now).uid}/"
    return [
        Picture("audit", "/audit/", ADMIN),
        Picture("audit-auditor", "/audit/?person=xyz", AUDITOR),
        Picture("counts", "/counts/", BOARD),
        Picture("rooms-status", "/rooms/status/", ADMIN),
        Picture("room-waiting", room, DOCTOR),
        Picture("room-conference", room, SPECIALIST),
    ]


def _conference(now: datetime) -> Booking:
    """Abe leads it and Miura knocks. It holds nobody's time, since their mornings are taken."""
    whole = Interval(now - timedelta(minutes=5), now + timedelta(minutes=45))
    users = [User.objects.get(email=email) for email in (SPECIALIST, DOCTOR)]
    posts = [user.memberships.get() for user in users]
    plan = Plan(
        kind=Booking.Kind.CONFERENCE,
        title=Name("カンファレンス", "Conference"),
        organiser_id=posts[0].organisation_id,
        visibility=Booking.Visibility.CONFIDENTIAL,
        sides=tuple(
            Side(post.organisation_id, whole, person_id=user.person.pk, is_host=user is users[0])
            for user, post in zip(users, posts, strict=True)
        ),
    )
    return bookings.book(plan, by=users[0], now=now, intention=uuid4())


def _failures() -> list[Picture]:
    day = CalendarDay.objects.earliest("pk")
    return [
        Picture("failed-request", f"/calendar/?{'a&' * 2001}", TEACHER),
        Picture("failed-forbidden", "/accounts/login/"),
        Picture("failed-not-yours", f"/admin/scheduler/calendarday/{day.pk}/delete/", ADMIN),
        Picture("failed-too-often", "/accounts/password/reset/"),
        Picture("failed-here", "/help/"),
        Picture("failed-database", "/help/"),
    ]
