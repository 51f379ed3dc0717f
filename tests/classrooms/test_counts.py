"""What a board of education sees: numbers of the schools of its district, and nothing else."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from classrooms import receptions
from classrooms.models import Lesson
from scheduler.models import Organisation, Role, Term, User
from scheduler.wallclock import school_year
from tests.cast import World, add_user
from tests.realtime.lessons import book_lesson


@pytest.fixture
def board(world: World) -> User:
    office = Organisation.objects.create(
        kind=Organisation.Kind.BOARD, code="B1", name="宗谷教育局", short_name="宗谷", district="宗谷"
    )
    return add_user("board", "教育局 担当", office, Role.BOARD_VIEWER)


def teach(world: World, start: datetime) -> None:
    booking = book_lesson(world, start, now=start - timedelta(days=8))
    Lesson.objects.create(booking=booking, section=world.section)
    receptions.ensure([booking.pk])


def rows(page: str) -> list[list[str]]:
    """The words of every line of the table."""
    body = page.split("<tbody>")[1].split("</tbody>", maxsplit=1)[0]
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in body.split("</tr>")[:-1]]
    return [[" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in line] for line in cells]


def as_(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_board_reads_counts_and_hours_of_its_own_district(world: World, board: User) -> None:
    Organisation.objects.filter(pk=world.rebun.pk).update(district="留萌")
    now = timezone.now()
    teach(world, now - timedelta(hours=50))
    teach(world, now - timedelta(hours=26))
    year = school_year(timezone.localdate(now - timedelta(hours=50)))

    page = as_(board).get(f"/counts/?year={year}").content.decode()

    assert rows(page) == [["利尻 通年", "2", "2", "1時間40分", "0", "0", "0"]]


def test_terms_of_a_school_are_counted_apart(world: World, board: User) -> None:
    now = timezone.now()
    year = school_year(timezone.localdate(now))
    middle = timezone.localdate(now)
    for number, (first, last) in enumerate(
        (
            (date(year, 4, 1), middle - timedelta(days=10)),
            (middle - timedelta(days=9), date(year + 1, 3, 31)),
        ),
        1,
    ):
        Term.objects.create(
            organisation=world.rishiri, academic_year=year, number=number, name=f"{number}学期",
            starts_on=first, ends_on=last,
        )  # fmt: skip
    teach(world, now - timedelta(hours=26))

    page = as_(board).get("/counts/").content.decode()

    assert [line[:3] for line in rows(page)] == [
        ["利尻 1学期", "0", "0"], ["利尻 2学期", "1", "1"], ["礼文 通年", "1", "1"],
    ]  # fmt: skip


def test_page_names_no_person_and_no_course(world: World, board: User) -> None:
    teach(world, timezone.now() - timedelta(hours=26))

    page = as_(board).get("/counts/").content.decode()

    assert not any(word in page for word in ("佐藤", "数学", "2年A組", "田中"))


@pytest.mark.parametrize("who", ["sato", "suzuki", "admin", "nakamura", "tanaka", "kato"])
def test_counts_do_not_exist_for_everybody_else(world: World, who: str) -> None:
    assert as_(getattr(world, who)).get("/counts/").status_code == 404


def test_board_opens_no_lesson_no_register_and_no_pupil(world: World, board: User) -> None:
    booking = book_lesson(world, timezone.now() + timedelta(hours=1), now=timezone.now() - timedelta(days=1))
    client = as_(board)

    paths = [
        f"/lessons/{booking.uid}/",
        f"/rooms/{booking.uid}/",
        "/pupils/",
        "/records/",
        "/book/",
        "/audit/",
    ]

    assert {path: client.get(path).status_code for path in paths} == dict.fromkeys(paths, 404)


def test_more_schools_cost_no_more_queries(
    world: World, board: User, django_assert_max_num_queries: Any
) -> None:
    client = as_(board)
    for n in range(10):
        Organisation.objects.create(
            kind=Organisation.Kind.HIGH_SCHOOL,
            code=f"X{n}",
            name=f"学校{n}",
            short_name=f"校{n}",
            district="宗谷",
        )

    with django_assert_max_num_queries(8):
        client.get("/counts/")
