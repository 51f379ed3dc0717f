"""Whatever is sent to the planner and to a lesson's pages, they answer and don't break."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from classrooms.models import Lesson
from tests.cast import World
from tests.classrooms import teaching
from tests.classrooms.dates import coming
from tests.classrooms.rosters import add_pupil

_DATES = st.one_of(
    st.dates().map(str), st.sampled_from(["0001-01-01", "9999-12-31", "2026-02-30", "９９９９-12-31"])
)
_DIGITS = st.one_of(
    st.integers(-(10**30), 10**30).map(str), st.integers(0, 60).map(str), st.just("9" * 5000), st.just("٣")
)
_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
_SLOTS = st.tuples(_DATES, _DIGITS, _DIGITS).map(lambda p: f"{p[0]}/{p[1]}-{p[2]}")
_VALUES = st.one_of(
    _TEXT, _DIGITS, _DATES, _SLOTS, st.uuids().map(str), st.times().map(str), st.sampled_from(["", "\x00"])
)
_FIELDS = [
    *("section", "date", "length", "schools", "of", "slot", "start", "move", "q"),
    *("weeks", "until", "take", "action", "intention", "reason", "override", "kinds"),
]
_NAMES = st.one_of(st.sampled_from(_FIELDS), _DIGITS.map("class-{}".format), _DIGITS.map("pupils-{}".format))
_PATHS = [
    "/book/", "/book/weekly/", "/book/weeks/",
    "{}", "{}cancel/", "{}confirm/", "{}release/", "{}schools/{}/cancel/",
]  # fmt: skip


_PUPIL_FIELDS = [
    *("q", "number", "name", "kana", "group", "seat", "valid_from", "valid_until", "starts_on", "ends_on"),
    *("day", "pupils", "sections", "place", "last_day", "email", "text", "digest", "first", "last", "form"),
    *("term", "school", "class", "gone", "until", "encoding", "organisation"),
]
_PUPIL_PATHS = [
    *("/pupils/", "/pupils/new/", "/pupils/{pupil}/", "/pupils/{pupil}/sections/", "/pupils/{pupil}/remote/"),
    *("/pupils/sections/{section}/", "/pupils/import/", "/pupils/import/confirm/", "/pupils/roster.csv"),
    *("/records/", "/records/marks.csv", "/records/terms/", "/register/", "/exports/"),
]


@pytest.fixture
def lesson(world: World) -> Lesson:
    return teaching.book(world.section, 3, day=coming(), by=world.sato)


def _sound(world: World, lesson: Lesson, *, is_moving: bool) -> dict[str, Any]:
    """What a page would send, so that a wrong entry gets past the others."""
    return {
        "section": world.section.pk,
        "date": str(coming()),
        "length": "50",
        "schools": [world.rishiri.pk, world.rebun.pk],
        "slot": f"{world.rishiri.pk}-2.{world.rebun.pk}-2",
        "weeks": "3",
        "take": "fitting",
        "action": "book",
        "intention": str(uuid4()),
        **({"move": str(lesson.booking.uid)} if is_moving else {}),
    }


# What an example books or cancels is undone after it, so the cast may stay for the next.
@settings(
    max_examples=150,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    path=st.sampled_from(_PATHS),
    is_post=st.booleans(),
    is_moving=st.booleans(),
    wrong=st.dictionaries(_NAMES, _VALUES, min_size=1, max_size=3),
)
@example(path="/book/", is_post=False, is_moving=False, wrong={"slot": "9999-12-31/1-1"})
@example(path="/book/", is_post=True, is_moving=False, wrong={"slot": "0001-01-01/1-1"})
@example(path="/book/weekly/", is_post=True, is_moving=False, wrong={"slot": "9999-12-31/1-1", "weeks": "35"})
@example(path="/book/", is_post=False, is_moving=False, wrong={"class-" + "9" * 5000: "1"})
def test_pages_answer_to_nonsense(
    world: World, lesson: Lesson, path: str, is_post: bool, is_moving: bool,
    wrong: dict[str, str],
) -> None:  # fmt: skip
    own = lesson.receptions.order_by("pk").first()
    assert own is not None
    url = path.format(f"/lessons/{lesson.booking.uid}/", own.pk)
    data = _sound(world, lesson, is_moving=is_moving) | wrong

    with transaction.atomic():
        client = Client()
        client.force_login(world.suzuki)
        response = client.post(url, data) if is_post else client.get(url, data)
        transaction.set_rollback(True)

    assert response.status_code < 500


def _sound_of_pupils(world: World) -> dict[str, Any]:
    today = coming()
    return {
        "q": "木村", "number": "26001", "name": "木村 さくら", "kana": "きむら", "seat": "4",
        "group": world.rishiri_2a.group_id, "valid_from": "2026-04-01", "starts_on": str(today),
        "ends_on": str(today), "first": str(today), "last": str(today), "day": str(today), "place": "home",
        "last_day": str(today), "email": "family@example.jp", "form": "csv", "digest": "0" * 64,
        "text": "学籍番号,氏名,学級,出席番号\r\n1,あ,2年A組,1\r\n",
    }  # fmt: skip


@settings(
    max_examples=40,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    path=st.sampled_from(_PUPIL_PATHS),
    is_post=st.booleans(),
    wrong=st.dictionaries(st.sampled_from(_PUPIL_FIELDS), _VALUES, min_size=1, max_size=3),
)
@example(path="/pupils/", is_post=True, wrong={"q": "木\x00村"})
@example(path="/pupils/new/", is_post=True, wrong={"number": "㍻" * 20})
@example(path="/pupils/new/", is_post=True, wrong={"kana": "㌖" * 80})
@example(path="/pupils/{pupil}/remote/", is_post=True,
         wrong={"valid_from": "9999-12-31", "last_day": "9999-12-31"})  # fmt: skip
@example(path="/records/terms/", is_post=True, wrong={"starts_on": "0001-01-01", "ends_on": "0001-02-01"})
@example(path="/exports/", is_post=True, wrong={"first": "9999-12-31", "last": "9999-12-31"})
@example(path="/exports/", is_post=True, wrong={"first": "0001-01-01", "last": "0001-01-01"})
@example(path="/pupils/import/", is_post=True, wrong={"starts_on": "0001-01-01"})
@example(path="/pupils/import/confirm/", is_post=True, wrong={"starts_on": "0001-01-01"})
def test_pages_of_pupils_and_records_answer_to_nonsense(
    world: World, path: str, is_post: bool, wrong: dict[str, str]
) -> None:
    data = _sound_of_pupils(world) | wrong
    if path == "/pupils/import/":
        data["file"] = SimpleUploadedFile("list.csv", str(data["text"]).encode())

    with transaction.atomic():
        client = Client()
        client.force_login(world.nakamura)
        url = path.format(pupil=add_pupil(world.rishiri_2a).pk, section=world.section.pk)
        response = client.post(url, data) if is_post else client.get(url, wrong)
        assert response.status_code < 500
        after = [client.get(page) for page in ("/records/", "/records/terms/")]
        transaction.set_rollback(True)

    assert {page.status_code for page in after} == {200}
