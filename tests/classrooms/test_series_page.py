"""Repeating a lesson weekly, and searching twelve weeks, as pages."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any
from urllib.parse import parse_qs
from uuid import uuid4

import pytest
from django.test import Client
from django.utils.html import strip_tags
from pytest_django import DjangoAssertNumQueries

from classrooms.models import Lesson, Section
from scheduler import closures
from scheduler.models import Series
from scheduler.names import Name
from tests.cast import NOW, World
from tests.classrooms import teaching
from tests.classrooms.dates import coming

QUERIES = 19


@pytest.fixture
def sato(world: World, client: Client) -> Client:
    client.force_login(world.sato)
    return client


def _words(content: bytes) -> str:
    return re.sub(r"\s+", " ", strip_tags(content.decode()))


def first_friday() -> date:
    """Of three in a row without a public holiday."""
    return coming(4, times=3)


def _address(world: World, **more: Any) -> dict[str, Any]:
    slot = f"{world.rishiri.pk}-6.{world.rebun.pk}-6"
    return {"section": world.section.pk, "date": str(first_friday()), "slot": slot, **more}


def test_series_shows_every_date_with_what_stands_against_it(sato: Client, world: World) -> None:
    second = first_friday() + timedelta(weeks=1)
    closures.close(world.rebun, second, title=Name("学校祭", "School festival"), by=None, now=NOW)

    response = sato.get("/book/weekly/", _address(world, weeks=3))

    found = response.context["occurrences"]
    assert found[0].fits
    assert not found[1].fits
    assert "学校祭" in str(found[1].reasons[0].sentence)
    assert not Lesson.objects.exists()


def test_series_books_those_that_fit_and_lists_the_others(sato: Client, world: World) -> None:
    second = first_friday() + timedelta(weeks=1)
    closures.close(world.rebun, second, title=Name("学校祭", "School festival"), by=None, now=NOW)
    fitting = len(sato.get("/book/weekly/", _address(world, weeks=3)).context["fitting"])

    response = sato.post("/book/weekly/", _address(world, weeks=3, take="fitting", intention=uuid4()))

    words = _words(response.content)
    assert Lesson.objects.count() == fitting
    assert f"{fitting}回を予約しました" in words
    assert "予約しなかった日" in words
    assert "学校祭" in words


def test_series_all_or_none_books_nothing_when_a_date_fails(sato: Client, world: World) -> None:
    second = first_friday() + timedelta(weeks=1)
    closures.close(world.rebun, second, title=Name("学校祭", "School festival"), by=None, now=NOW)

    response = sato.post("/book/weekly/", _address(world, weeks=3, take="all", intention=uuid4()))

    assert response.status_code == 409
    assert "1回も予約していません" in _words(response.content)
    assert not Lesson.objects.exists()


@pytest.mark.parametrize("take", ["fitting", "all"])
def test_series_of_the_same_request_is_booked_once_and_told_again(
    sato: Client, world: World, take: str
) -> None:
    if take == "fitting":
        second = first_friday() + timedelta(weeks=1)
        closures.close(world.rebun, second, title=Name("学校祭", "School festival"), by=None, now=NOW)
    request = _address(world, weeks=2, take=take, intention=uuid4())

    first = sato.post("/book/weekly/", request)
    made = Lesson.objects.count()
    again = sato.post("/book/weekly/", request)

    assert made
    assert (first.status_code, again.status_code) == (200, 200)
    assert (Series.objects.count(), Lesson.objects.count()) == (1, made)
    for fact in ("made", "left_out"):
        assert len(first.context[fact]) == len(again.context[fact])
    assert _words(first.content) == _words(again.content)


def test_series_with_the_key_of_somebody_elses_request_books_nothing(
    sato: Client, world: World, client: Client
) -> None:
    request = _address(world, weeks=2, take="fitting", intention=uuid4())
    sato.post("/book/weekly/", request)
    made = Lesson.objects.count()
    client.force_login(world.suzuki)
    number = f"{world.rishiri.pk}-3.{world.rebun.pk}-3"

    response = client.post("/book/weekly/", {**request, "slot": number})

    assert response.status_code == 409
    assert "すでに処理されています" in _words(response.content)
    assert Lesson.objects.count() == made


@pytest.mark.parametrize("weeks", [2, 35])
def test_series_asks_the_database_equally_often_for_any_number_of_weeks(
    sato: Client, world: World, weeks: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(QUERIES):
        response = sato.get("/book/weekly/", _address(world, weeks=weeks))

    assert len(response.context["occurrences"]) == weeks


@pytest.mark.parametrize("wrong", [{"weeks": "1"}, {"weeks": "36"}, {"weeks": "x"}, {"until": "2001-01-01"}])
def test_series_with_a_wrong_span_says_so(sato: Client, world: World, wrong: dict[str, str]) -> None:
    response = sato.get("/book/weekly/", _address(world, **wrong))

    assert "occurrences" not in response.context
    assert 'id="errors"' in response.content.decode()


def test_series_without_a_time_asks_for_one(sato: Client, world: World) -> None:
    response = sato.get("/book/weekly/", {"section": world.section.pk})

    assert "先に時間を選んでください" in _words(response.content)


def test_weeks_lists_bookable_times_and_the_hours_free_most_often(sato: Client, world: World) -> None:
    for number in (1, 2, 3, 4, 5):
        teaching.book(world.section, number, day=coming())

    found = sato.get("/book/weeks/", {"section": world.section.pk}).context["found"]

    assert found.hours[0].minutes == 50
    assert found.hours[0].free >= 10
    assert len(found.weeks) >= 12


def test_weeks_of_a_section_without_schools_says_that_nothing_works(sato: Client, world: World) -> None:
    world.section.schools.all().delete()

    assert "全員がそろう時間がありません" in _words(
        sato.get("/book/weeks/", {"section": world.section.pk}).content
    )


def test_series_of_no_weeks_at_all_asks_how_many(sato: Client, world: World) -> None:
    response = sato.get("/book/weekly/", _address(world, weeks="", until=""))

    assert "週の数か、最後の日付を入れてください" in _words(response.content)


def test_weeks_lists_the_best_times_of_a_week_in_order_of_date(sato: Client, world: World) -> None:
    found = sato.get("/book/weeks/", {"section": world.section.pk}).context["found"]

    whole = [week for week in found.weeks if len({p.day for p in week.prospects}) > 1]
    assert whole
    for week in whole:
        dates = [parse_qs(prospect.query)["date"] for prospect in week.prospects]
        assert dates == sorted(dates)


def test_series_over_its_own_lesson_says_so_once_a_date(sato: Client, world: World) -> None:
    teaching.book(world.section, 6, day=coming(4), by=world.sato)

    found = sato.get("/book/weekly/", _address(world, weeks=2)).context["occurrences"]

    sentences = [strip_tags(reason.sentence) for reason in found[0].reasons]
    assert len(sentences) == 1
    assert sentences[0].startswith("この講座は14:20–15:10にもう予約されています（佐藤 直子が")
    assert found[1].fits


def test_series_over_another_sections_lesson_names_it_once_with_whom_it_keeps_busy(
    sato: Client, world: World
) -> None:
    other = Section.objects.create(
        course=world.section.course, academic_year=2026, centre=world.centre, name="数学Ⅱ補習",
        teacher=world.sato_person, studio=world.section.studio,
    )  # fmt: skip
    for school in world.section.schools.all():
        parts = list(school.parts.all())
        school.pk, school.section = None, other
        school.save()
        school.parts.set(parts)
    teaching.book(other, 6, day=coming(4), by=world.sato)

    found = sato.get("/book/weekly/", _address(world, weeks=2)).context["occurrences"]

    sentences = [strip_tags(reason.sentence) for reason in found[0].reasons]
    assert len(sentences) == 1
    assert all(
        words in sentences[0]
        for words in ("数学Ⅱ補習", "14:20–15:10", "佐藤 直子と", "利尻の2年A組", "ふさがっています")
    )
