"""Administrators see master data; nobody else does, and closures are not made behind lessons' backs."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client

from scheduler.models import CalendarDay, DayType, Membership, Organisation
from tests.cast import World

pytestmark = pytest.mark.django_db

PAGES = [
    "/admin/",
    "/admin/scheduler/organisation/",
    "/admin/scheduler/user/",
    "/admin/scheduler/membership/",
    "/admin/scheduler/person/",
    "/admin/scheduler/location/",
    "/admin/scheduler/classgroup/",
    "/admin/scheduler/bellschedule/",
    "/admin/scheduler/daypattern/",
    "/admin/scheduler/calendarday/",
    "/admin/scheduler/rule/",
    "/admin/classrooms/course/",
    "/admin/classrooms/section/",
]


@pytest.fixture
def administrator(world: World, client: Client) -> Client:
    world.admin.is_staff = world.admin.is_superuser = True
    world.admin.save(update_fields=["is_staff", "is_superuser"])
    client.force_login(world.admin)
    return client


@pytest.mark.parametrize("page", PAGES)
def test_administrator_opens_each_page(administrator: Client, page: str) -> None:
    assert administrator.get(page).status_code == 200


@pytest.mark.parametrize("page", PAGES)
def test_planner_opens_none_of_them(world: World, client: Client, page: str) -> None:
    client.force_login(world.suzuki)

    assert client.get(page).status_code in {302, 403}


def test_sign_in_leads_to_the_page_that_counts_attempts(client: Client) -> None:
    response = client.get("/admin/login/", {"next": "/admin/"})

    assert (response.status_code, response.headers["Location"].split("?")[0]) == (302, "/accounts/login/")


def test_event_of_a_school_can_be_entered_and_remembers_by_whom(administrator: Client, world: World) -> None:
    entered = {"organisation": world.rishiri.pk, "date": "2026-11-26", "kind": "event", "title": "生徒総会"}

    administrator.post("/admin/scheduler/calendarday/add/", entered)

    day = CalendarDay.objects.get()
    assert (day.date, day.title, day.created_by) == (date(2026, 11, 26), "生徒総会", world.admin)


def test_closure_cannot_be_entered_here_since_it_would_leave_the_lessons_standing(
    administrator: Client, world: World
) -> None:
    entered = {"organisation": world.rishiri.pk, "date": "2026-11-26", "kind": "closure", "title": "臨時休業"}

    response = administrator.post("/admin/scheduler/calendarday/add/", entered)

    assert response.status_code == 200
    assert "kind" in response.context["adminform"].form.errors
    assert not CalendarDay.objects.exists()


def test_calendar_day_cannot_be_deleted(administrator: Client, world: World) -> None:
    normal = DayType.objects.filter(organisation=world.rishiri).get()
    day = CalendarDay.objects.create(
        organisation=world.rishiri, date=date(2026, 11, 26), kind="day_type", day_type=normal, title="通常"
    )

    assert administrator.post(f"/admin/scheduler/calendarday/{day.pk}/delete/").status_code == 403
    assert CalendarDay.objects.filter(pk=day.pk).exists()


def _specialist(world: World) -> dict[str, object]:
    kind = Organisation.Kind.HOSPITAL
    hospital = Organisation.objects.create(kind=kind, code="H1", name="市立総合病院", short_name="市立総合")
    return {"organisation": hospital.pk, "role": "specialist", "valid_from": "2026-04-01"}


def test_no_administrator_gives_themselves_a_post_here_either(administrator: Client, world: World) -> None:
    """As a specialist they would read cases."""
    facts, theirs = _specialist(world), Membership.objects.get(user=world.tanaka)
    add, change = "/admin/scheduler/membership/add/", f"/admin/scheduler/membership/{theirs.pk}/change/"

    answers = [
        administrator.post(add, facts | {"user": world.admin.pk}),
        administrator.post(change, facts | {"user": world.admin.pk}),
    ]

    for answer in answers:
        assert answer.status_code == 200
        assert "自分に所属や役割を付けることはできません" in answer.content.decode()
    assert [post.role for post in Membership.objects.filter(user=world.admin)] == ["centre_admin"]
    administrator.post(add, facts | {"user": world.kato.pk})
    assert Membership.objects.filter(user=world.kato, role="specialist").exists()


def test_the_own_posts_are_read_here_and_not_changed(administrator: Client, world: World) -> None:
    own, facts = Membership.objects.get(user=world.admin), _specialist(world)
    path = f"/admin/scheduler/membership/{own.pk}"

    answers = [
        administrator.post(f"{path}/change/", facts | {"user": world.admin.pk}).status_code,
        administrator.post(f"{path}/delete/", {"post": "yes"}).status_code,
    ]
    administrator.post(
        "/admin/scheduler/membership/",
        {"action": "delete_selected", "_selected_action": [own.pk], "post": "yes"},
    )

    assert answers == [403, 403]
    page = administrator.get(f"{path}/change/").content.decode()
    assert "自分に所属や役割を付けることはできません" in page
    assert Membership.objects.get(user=world.admin).role == "centre_admin"


def test_the_own_account_takes_no_post_here(administrator: Client, world: World) -> None:
    path = f"/admin/scheduler/user/{world.admin.pk}/change/"
    own = {"email": world.admin.email, "name": "本間 惠", "language": "ja", "is_active": "on",
           "is_staff": "on", "is_superuser": "on"}  # fmt: skip
    posts = {f"memberships-0-{name}": value for name, value in _specialist(world).items()}
    rows = {"memberships-TOTAL_FORMS": "1", "memberships-INITIAL_FORMS": "0"}

    assert "自分に所属や役割を" in administrator.get(path).content.decode()
    administrator.post(path, own | rows | posts)

    world.admin.refresh_from_db()
    assert world.admin.name == "本間 惠"
    assert [post.role for post in Membership.objects.filter(user=world.admin)] == ["centre_admin"]


def test_post_without_an_organisation_is_refused_in_words(administrator: Client) -> None:
    response = administrator.post("/admin/scheduler/membership/add/", {"role": "teacher"})

    assert response.status_code == 200
    assert "organisation" in response.context["adminform"].form.errors
