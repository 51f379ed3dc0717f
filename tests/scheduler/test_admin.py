"""Administrators see master data; nobody else does, and closures are not made behind lessons' backs."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client

from scheduler.models import CalendarDay, DayType
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
