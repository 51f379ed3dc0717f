"""Pupils over HTTP: who reads names, who writes, and what a page answers."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from classrooms import enrolments, pupil_permissions
from classrooms.models import Enrolment, RemoteSeat, Student
from scheduler import readers
from scheduler.models import Membership, Role, Term, User
from scheduler.providers import Reader
from scheduler.wallclock import school_year
from tests.cast import World, add_user
from tests.classrooms.dates import coming
from tests.classrooms.rosters import add_class, add_pupil, approve
from tests.classrooms.teaching import book

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

READERS = {"nakamura": True, "head": True, "tanaka": True, "sato": True}
NOBODY = ("kudo", "ito", "suzuki", "admin", "rishiri_device", "kato")


@pytest.fixture
def pupil(world: World) -> Student:
    found = add_pupil(world.rishiri_2a, "木村 さくら")
    world.section.academic_year = school_year(timezone.localdate())
    world.section.save()
    enrolments.set_section(world.section, world.rishiri.pk, [found.pk], date(2026, 4, 1))
    return found


def account(world: World, name: str) -> User:
    if name == "head":
        return add_user("head", "浜本 恵子", world.rishiri, Role.SCHOOL_HEAD)
    found: User = getattr(world, name)
    return found


def reader_of(user: User) -> Reader:
    return readers.of_user(user, timezone.now(), "ja")


def told(client: Client, *paths: str) -> str:
    return "".join(client.get(path).content.decode() for path in paths)


def addresses(world: World, pupil: Student) -> list[str]:
    return [
        "/pupils/", "/pupils/new/", f"/pupils/{pupil.pk}/", "/pupils/import/",
        "/pupils/import/template.csv", "/pupils/roster.csv", f"/pupils/sections/{world.section.pk}/",
        "/records/", "/records/marks.csv", "/records/sums.csv", "/records/terms/",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["nakamura", "head"])
def test_coordinator_and_head_open_every_page(
    client: Client, world: World, pupil: Student, name: str
) -> None:
    client.force_login(account(world, name))

    assert {client.get(path).status_code for path in addresses(world, pupil)} == {200}
    assert "木村 さくら" in told(client, "/pupils/", f"/pupils/{pupil.pk}/")


def test_no_browser_and_no_proxy_keeps_a_page_with_names(
    client: Client, world: World, pupil: Student
) -> None:
    lesson = book(world.section, 2, day=coming())
    register = lesson.receptions.get(school=world.rishiri)
    client.force_login(world.nakamura)
    paths = [
        *addresses(world, pupil), f"/pupils/{pupil.pk}/", f"/register/{register.pk}/", "/register/",
        f"/lessons/{lesson.booking.uid}/",
    ]  # fmt: skip
    answers = [client.get(path) for path in paths]
    answers += [client.post("/pupils/new/", {"name": "x"}), client.post("/pupils/", {"q": "さくら"})]

    assert {answer.status_code for answer in answers} == {200, 422}
    kept = [a.request["PATH_INFO"] for a in answers if "no-store" not in a.headers.get("Cache-Control", "")]
    assert kept == []
    assert all("private" in answer.headers["Cache-Control"] for answer in answers)


def test_a_search_finds_by_name_and_puts_none_into_an_address(
    client: Client, world: World, pupil: Student
) -> None:
    client.force_login(world.nakamura)

    found = client.post("/pupils/", {"q": "木村"}).content.decode()
    by_address = client.get("/pupils/", {"q": "木村"}).content.decode()

    assert 'method="post" action="?school=' in found
    assert 'value="木村"' in found
    assert 'value="木村"' not in by_address
    assert "木村 さくら" not in client.post("/pupils/", {"q": "石井"}).content.decode()


def test_room_staff_reads_the_lists_and_writes_nothing(client: Client, world: World, pupil: Student) -> None:
    client.force_login(world.tanaka)
    section = f"/pupils/sections/{world.section.pk}/"

    assert "木村 さくら" in told(client, "/pupils/")
    assert "木村 さくら" in told(client, section)
    assert client.get("/records/").status_code == 200
    for path in ("/pupils/new/", f"/pupils/{pupil.pk}/", "/pupils/import/", "/pupils/roster.csv",
                 "/records/marks.csv", "/records/sums.csv", "/records/terms/"):  # fmt: skip
        assert client.get(path).status_code == 404, path
    assert client.post(section, {"day": "2026-11-26"}).status_code == 404
    assert client.post(f"/pupils/{pupil.pk}/sections/").status_code == 404
    assert Enrolment.objects.count() == 1


def test_a_teacher_reads_the_pupils_of_the_own_sections_alone(
    client: Client, world: World, pupil: Student
) -> None:
    add_pupil(world.rishiri_2a, "大野 健太")
    client.force_login(world.sato)

    page = told(client, "/pupils/", f"/pupils/sections/{world.section.pk}/")

    assert page.count("木村 さくら") == 2
    assert "大野" not in page
    assert client.get(f"/pupils/{pupil.pk}/").status_code == 404
    assert client.get("/pupils/roster.csv").status_code == 404
    assert client.post(f"/pupils/sections/{world.section.pk}/", {"day": "2026-11-26"}).status_code == 404


@pytest.mark.parametrize(("years", "is_read"), [(-1, False), (0, True), (1, False)])
def test_a_teacher_reads_the_pupils_of_this_school_year_alone(
    client: Client, world: World, pupil: Student, years: int, is_read: bool
) -> None:
    world.section.academic_year += years
    world.section.save()
    client.force_login(world.sato)
    path = f"/pupils/sections/{world.section.pk}/"

    assert ("木村" in told(client, "/pupils/", path)) is is_read
    assert client.get(path).status_code == (200 if is_read else 404)
    assert pupil_permissions.teaches(reader_of(world.sato), world.section, timezone.localdate()) is is_read


def test_the_school_year_of_a_teachers_pupils_turns_on_the_first_of_april(
    world: World, pupil: Student
) -> None:
    reader = reader_of(world.sato)
    year = world.section.academic_year

    def is_taught(day: date) -> bool:
        return pupil_permissions.taught_sections(reader, day).exists()

    assert [is_taught(day) for day in (date(year, 3, 31), date(year, 4, 1))] == [False, True]
    assert [is_taught(day) for day in (date(year + 1, 3, 31), date(year + 1, 4, 1))] == [True, False]


def test_a_teacher_whose_post_is_over_reads_nobody(client: Client, world: World, pupil: Student) -> None:
    Membership.objects.filter(user=world.sato).update(valid_until=timezone.localdate())
    client.force_login(world.sato)

    assert client.get("/pupils/").status_code == 404
    assert client.get(f"/pupils/sections/{world.section.pk}/").status_code == 404


@pytest.mark.parametrize("name", NOBODY)
def test_nobody_else_reads_a_name(client: Client, world: World, pupil: Student, name: str) -> None:
    client.force_login(account(world, name))

    answers = [client.get(path) for path in addresses(world, pupil)]

    # The search shows the words that were typed, not who has them in the name.
    assert not any("さくら" in b"".join(answer).decode("utf-8", "replace") for answer in answers)
    assert client.get(f"/pupils/{pupil.pk}/").status_code == 404


def test_another_schools_coordinator_changes_nothing(client: Client, world: World, pupil: Student) -> None:
    seat = approve(pupil, by=world.nakamura)
    client.force_login(world.kudo)
    rishiri = f"?school={world.rishiri.pk}"
    term = Term.objects.create(
        organisation=world.rishiri, academic_year=2026, number=1, name="前期",
        starts_on=date(2026, 4, 1), ends_on=date(2026, 9, 30),
    )  # fmt: skip

    for path in (f"/pupils/{pupil.pk}/", f"/pupils/{pupil.pk}/sections/", f"/pupils/{pupil.pk}/remote/",
                 f"/pupils/{pupil.pk}/remote/{seat.pk}/end/", f"/pupils/{pupil.pk}/remote/{seat.pk}/invite/",
                 f"/pupils/new/{rishiri}", f"/pupils/import/{rishiri}", f"/pupils/import/confirm/{rishiri}",
                 f"/records/terms/{rishiri}", f"/records/terms/{term.pk}/",
                 f"/records/terms/{term.pk}/remove/"):  # fmt: skip
        assert client.post(path).status_code == 404, path
    for path in (f"/records/marks.csv{rishiri}", f"/records/{rishiri}", f"/pupils/{rishiri}",
                 f"/records/marks.csv?term={term.pk}"):  # fmt: skip
        assert client.get(path).status_code == 404, path
    assert RemoteSeat.objects.get() == seat
    assert not mail.outbox


def test_ticks_of_a_section_are_saved_from_their_day(client: Client, world: World, pupil: Student) -> None:
    other = add_pupil(world.rishiri_2a, "大野 健太")
    client.force_login(world.nakamura)
    path = f"/pupils/sections/{world.section.pk}/"

    page = client.post(path, {"pupils": [str(other.pk)], "day": "2026-12-01"}, follow=True).content.decode()

    assert "新しく履修する生徒1名・履修をやめる生徒1名" in page
    assert Enrolment.objects.get(student=pupil).valid_until == date(2026, 12, 1)
    assert Enrolment.objects.get(student=other).valid_from == date(2026, 12, 1)


def test_a_seat_is_approved_renewed_and_ended_by_the_page(
    client: Client, world: World, pupil: Student
) -> None:
    client.force_login(world.nakamura)
    today = timezone.localdate()
    values = {
        "place": "hospital", "valid_from": today.isoformat(),
        "last_day": (today + timedelta(days=30)).isoformat(), "email": "family@example.jp",
    }  # fmt: skip

    client.post(f"/pupils/{pupil.pk}/remote/", values)
    seat = RemoteSeat.objects.get()
    again = client.post(f"/pupils/{pupil.pk}/remote/", values)
    taken = client.post(f"/pupils/{pupil.pk}/remote/", {**values, "email": "sato@example.jp"})
    client.post(f"/pupils/{pupil.pk}/remote/{seat.pk}/invite/")
    client.post(f"/pupils/{pupil.pk}/remote/{seat.pk}/end/")

    assert seat.last_day == today + timedelta(days=30)
    assert (again.status_code, list(again.context["seat_form"].errors)) == (422, ["valid_from"])
    assert taken.status_code == 422
    assert [message.to for message in mail.outbox] == [["family@example.jp"]] * 2
    assert not Membership.objects.filter(role=Role.STUDENT).exists()


def test_no_address_or_title_of_a_page_carries_a_name(client: Client, world: World, pupil: Student) -> None:
    client.force_login(world.nakamura)

    for path in (f"/pupils/{pupil.pk}/", "/pupils/", f"/pupils/sections/{world.section.pk}/"):
        page = client.get(path).content.decode()
        title = re.search(r"<title>(.*?)</title>", page)
        assert title is not None
        assert "木村" not in title[1]
        assert not any("木村" in link for link in re.findall(r'href="([^"]*)"', page))


def test_the_list_of_many_pupils_costs_as_many_queries_as_of_few(
    client: Client, world: World, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    add_class(world.rishiri_2a, world.section, 130)
    client.force_login(world.nakamura)

    with django_assert_max_num_queries(16):
        page = client.get("/pupils/").content.decode()

    assert "130名" in page


def test_a_school_without_pupils_reads_how_they_come(client: Client, world: World) -> None:
    client.force_login(world.nakamura)
    assert "まだ生徒が登録されていません" in told(client, "/pupils/")
    client.force_login(world.tanaka)
    assert "登録するのは、学校の担当者か校長です" in told(client, "/pupils/")
