"""Booking over HTTP: taken, refused with reasons and ways out, repeated, overridden."""

from __future__ import annotations

import re
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.html import strip_tags

from classrooms import lessons
from classrooms.models import Lesson
from scheduler.models import Booking, Claim
from tests.cast import World, add_school, at
from tests.classrooms import teaching
from tests.classrooms.dates import coming

PAST = date(2026, 10, 1)
"""A Thursday in term that is over."""


@pytest.fixture
def sato(world: World, client: Client) -> Client:
    client.force_login(world.sato)
    return client


def _request(world: World, number: int, day: date, **changes: Any) -> dict[str, Any]:
    return {
        "section": world.section.pk,
        "schools": [world.rishiri.pk, world.rebun.pk],
        "date": str(day),
        "length": 50,
        "slot": f"{world.rishiri.pk}-{number}.{world.rebun.pk}-{number}",
        "intention": uuid4(),
        "action": "book",
        **changes,
    }


def _words(content: bytes) -> str:
    return re.sub(r"\s+", " ", strip_tags(content.decode())).replace("&nbsp;", " ")


def test_booking_leads_to_the_lessons_page_and_says_so(sato: Client, world: World) -> None:
    day = coming()

    response = sato.post("/book/", _request(world, 2, day), follow=True)

    lesson = Lesson.objects.get()
    assert response.redirect_chain == [(f"/lessons/{lesson.booking.uid}/", 302)]
    assert (lesson.booking.start, lesson.booking.end) == (at("9:45", day), at("10:40", day))
    assert lesson.booking.created_by == world.sato
    assert "を予約しました" in _words(response.content)


def test_booking_needs_only_what_a_plain_form_sends(sato: Client, world: World) -> None:
    request = _request(world, 3, coming())
    del request["schools"]

    response = sato.post("/book/", request)

    assert response.status_code == 302


def test_booking_the_same_request_twice_gives_the_same_lesson(sato: Client, world: World) -> None:
    request = _request(world, 2, coming())
    first = sato.post("/book/", request)

    again = sato.post("/book/", request)

    assert again.headers["Location"] == first.headers["Location"]
    assert Lesson.objects.count() == 1


def test_booking_a_taken_time_is_refused_with_every_reason_and_three_times(
    sato: Client, world: World
) -> None:
    day = coming()
    teaching.book(world.section, 2, day=day)
    before = set(Claim.objects.values_list("pk", flat=True))

    response = sato.post("/book/", _request(world, 2, day))

    words = _words(response.content)
    assert response.status_code == 409
    assert f"{day.month}月{day.day}日（木）9:45–10:40 は予約できませんでした" in words
    assert "何も変わっていません。入力した内容は残っています。" in words
    assert "理由は5つです。" in words
    assert "佐藤 直子" in words
    assert "注意" in words
    assert [a.why for a in response.context["alternatives"]] == [
        "同じ日・1時間前",
        "同じ日・1時間後",
        "同じ日・希望どおりの長さ",
    ]
    assert response.context["best"].times == "13:20–14:10"
    assert set(Claim.objects.values_list("pk", flat=True)) == before


def test_booking_refused_in_english_says_the_same(sato: Client, world: World) -> None:
    day = coming()
    sato.post("/language/", {"language": "en"})
    teaching.book(world.section, 2, day=day)

    response = sato.post("/book/", _request(world, 2, day))

    words = _words(response.content)
    assert "9:45–10:40 could not be booked" in words
    assert "Nothing has changed. What you entered is still here. There are 5 reasons." in words
    assert "Same day · the length you wished" in words


def test_booking_an_alternative_of_a_refusal_books_it(sato: Client, world: World) -> None:
    day = coming()
    teaching.book(world.section, 2, day=day)
    refused = sato.post("/book/", _request(world, 2, day))
    form = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', refused.content.decode()))

    response = sato.post(
        "/book/", {**form, "slot": refused.context["best"].slot, "action": "book"}, follow=True
    )

    assert response.status_code == 200
    assert Lesson.objects.filter(booking__start=at("13:20", day)).exists()


def test_holding_sets_the_time_aside_for_ten_minutes(sato: Client, world: World) -> None:
    response = sato.post("/book/", _request(world, 2, coming(), action="hold"), follow=True)

    booking = Booking.objects.get()
    assert booking.state == "tentative"
    assert response.context["page"].minutes_left == 10
    sato.post(f"/lessons/{booking.uid}/confirm/", {"intention": uuid4()})
    booking.refresh_from_db()
    assert booking.state == "confirmed"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"date": "soon"}, "日付"),
        ({"length": "7"}, "長さ"),
        ({"slot": ""}, "その日に各校にある校時から選んでください"),
        ({"slot": "nonsense"}, "時間の指定が読み取れません"),
        ({"intention": "no-key"}, "まだ予約していません"),
        ({"action": "destroy"}, "まだ予約していません"),
    ],
)
def test_booking_with_a_wrong_entry_keeps_the_rest_and_says_what(
    sato: Client, world: World, changes: dict[str, Any], said: str
) -> None:
    response = sato.post("/book/", _request(world, 2, coming(), **changes))

    assert response.status_code == 422
    assert said in _words(response.content)
    assert "利尻 2年A組" in _words(response.content)
    assert not Booking.objects.exists()


def test_booking_a_time_that_has_passed_is_not_possible(sato: Client, world: World) -> None:
    response = sato.post("/book/", _request(world, 2, date(2026, 10, 1)))

    assert response.status_code == 422
    assert "この時間は過ぎました" in _words(response.content)


def test_booking_with_the_key_of_another_request_says_that_it_was_handled(sato: Client, world: World) -> None:
    request = _request(world, 2, coming())
    sato.post("/book/", request)

    response = sato.post("/book/", _request(world, 6, coming(), intention=request["intention"]))

    assert response.status_code == 409
    assert "この操作はすでに処理されています" in _words(response.content)
    assert Booking.objects.count() == 1


@pytest.mark.parametrize("method", ["get", "post"])
def test_moving_a_lesson_that_is_over_changes_nothing_and_says_so(
    sato: Client, world: World, method: str
) -> None:
    lesson = teaching.book(world.section, 2, day=PAST)
    request = _request(world, 6, coming(), action="move", move=lesson.booking.uid)

    response = getattr(sato, method)("/book/", request, follow=True)

    assert response.redirect_chain == [(f"/lessons/{lesson.booking.uid}/", 302)]
    assert "終わった授業は変えられません" in _words(response.content)
    assert Booking.objects.get().start == at("9:45", PAST)


def test_searching_weeks_for_a_lesson_that_is_over_leads_to_its_page(sato: Client, world: World) -> None:
    lesson = teaching.book(world.section, 2, day=PAST)

    response = sato.get("/book/weeks/", {"move": str(lesson.booking.uid)})

    assert response.headers["Location"] == f"/lessons/{lesson.booking.uid}/"


def test_moving_in_spite_of_reasons_keeps_the_reason_out_of_the_history(world: World, client: Client) -> None:
    client.force_login(world.suzuki)
    day = coming()
    teaching.book(world.section, 2, day=day)
    lesson = teaching.book(world.section, 6, day=day)
    request = _request(world, 2, day, action="move", move=lesson.booking.uid)
    kinds = client.post("/book/", request).context["kinds"]

    response = client.post("/book/", {**request, "override": "1", "kinds": kinds, "reason": "公開授業のため"})

    lesson.booking.refresh_from_db()
    assert response.status_code == 302
    assert lesson.booking.override_reason == "公開授業のため"
    assert not lesson.booking.changes.filter(reason="公開授業のため").exists()


def test_booking_for_a_school_out_of_sight_is_not_possible(sato: Client, world: World) -> None:
    response = sato.post("/book/", _request(world, 2, coming(), schools=[world.centre.pk]))

    assert response.status_code == 422
    assert not Booking.objects.exists()


def test_planner_may_book_in_spite_of_reasons_with_a_reason(world: World, client: Client) -> None:
    client.force_login(world.suzuki)
    day = coming()
    teaching.book(world.section, 2, day=day)
    refused = client.post("/book/", _request(world, 2, day))
    assert refused.context["can_override"]
    kinds = refused.context["kinds"]

    silent = client.post("/book/", _request(world, 2, day, override="1", kinds=kinds))
    said = client.post(
        "/book/", _request(world, 2, day, override="1", kinds=kinds, reason="合同の公開授業のため")
    )

    assert silent.status_code == 422
    assert said.status_code == 302
    assert Booking.objects.latest("pk").override_reason == "合同の公開授業のため"


def test_teacher_may_not_book_in_spite_of_reasons(sato: Client, world: World) -> None:
    day = coming()
    teaching.book(world.section, 2, day=day)

    response = sato.post(
        "/book/",
        _request(
            world, 2, day, override="1", kinds=["person", "class_group", "receiving_set"], reason="急ぎます"
        ),
    )

    assert response.status_code == 409
    assert not response.context["can_override"]
    assert Booking.objects.count() == 1


def test_override_takes_only_the_reasons_that_were_seen(world: World, client: Client) -> None:
    client.force_login(world.suzuki)
    day = coming()
    teaching.book(world.section, 2, day=day)

    response = client.post(
        "/book/", _request(world, 2, day, override="1", kinds=["person"], reason="公開授業のため")
    )

    assert response.status_code == 409
    assert Booking.objects.count() == 1


def test_moving_takes_the_lesson_to_another_time(sato: Client, world: World) -> None:
    day = coming()
    lesson = teaching.book(world.section, 2, day=day)
    shown = sato.get("/book/", {"move": str(lesson.booking.uid)})

    response = sato.post("/book/", _request(world, 6, day, action="move", move=lesson.booking.uid))

    assert "授業を移す" in _words(shown.content)
    assert response.headers["Location"] == f"/lessons/{lesson.booking.uid}/"
    lesson.booking.refresh_from_db()
    assert lesson.booking.start == at("14:20", day)
    assert Booking.objects.count() == 1


def test_moving_a_lesson_that_one_may_not_change_is_not_found(world: World, client: Client) -> None:
    lesson = teaching.book(world.section, 2, day=coming())
    client.force_login(world.ito)

    assert client.get("/book/", {"move": str(lesson.booking.uid)}).status_code == 404
    assert client.get("/book/", {"move": "nonsense"}).status_code == 404


def test_refusal_of_41_pupils_names_the_rule(sato: Client, world: World) -> None:
    school, _part, _places = add_school(
        "S3", "北海道大きな高等学校", "大きな", [("8:45", "9:35"), ("9:45", "10:35")], headcount=35
    )
    ids = [world.rishiri.pk, school.pk]

    response = sato.post(
        "/book/",
        _request(world, 2, coming(), schools=ids, slot=f"{world.rishiri.pk}-2.{school.pk}-2"),
    )

    assert response.status_code == 409
    assert "41" in _words(response.content)
    assert "40" in _words(response.content)


def test_holding_a_taken_time_is_refused_as_a_hold(sato: Client, world: World) -> None:
    day = coming()
    teaching.book(world.section, 2, day=day)

    response = sato.post("/book/", _request(world, 2, day, action="hold"))

    assert response.status_code == 409
    assert "は仮に押さえられませんでした" in _words(response.content)
    assert "選んだ時間を仮に押さえる" in _words(response.content)
    assert not Booking.objects.filter(state="tentative").exists()


def test_moving_onto_a_taken_time_is_refused_and_an_alternative_moves_it(sato: Client, world: World) -> None:
    day = coming()
    teaching.book(world.section, 2, day=day)
    lesson = teaching.book(world.section, 6, day=day)
    refused = sato.post("/book/", _request(world, 2, day, action="move", move=str(lesson.booking.uid)))
    form = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', refused.content.decode()))

    response = sato.post("/book/", {**form, "slot": refused.context["best"].slot, "action": "move"})

    assert refused.status_code == 409
    assert "には移せませんでした" in _words(refused.content)
    assert response.status_code == 302
    lesson.booking.refresh_from_db()
    assert lesson.booking.start == at("13:20", day)
    assert Booking.objects.count() == 2


def _offered(content: bytes) -> dict[str, Any]:
    """What the first button of the chosen time's panel would send."""
    _before, _mark, panel = content.decode().partition('id="chosen"')
    form = re.search(r"<form method=\"post\".*?</form>", panel, re.DOTALL)
    assert form, "nothing can be pressed"
    inputs = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form[0])
    data: dict[str, Any] = {}
    for name, value in inputs:
        data.setdefault(name, []).append(value)
    button = re.search(r'<button [^>]*name="action" value="(\w+)"', form[0])
    assert button
    return {**data, "action": button[1]}


def test_looking_for_times_near_a_taken_one_shows_them_and_books_nothing(sato: Client, world: World) -> None:
    day = coming()
    teaching.book(world.section, 2, day=day)
    shown = sato.get("/book/", _request(world, 2, day))

    response = sato.post("/book/", _offered(shown.content))

    words = _words(response.content)
    assert response.status_code == 200
    assert f"{day.month}月{day.day}日（木）9:45–10:40 は使えません。近い時間はこちらです" in words
    assert "予約できませんでした" not in words
    assert response.context["best"].times == "13:20–14:10"
    assert Booking.objects.count() == 1


def test_looking_near_a_time_that_became_free_books_nothing_and_says_so(sato: Client, world: World) -> None:
    day = coming()
    lesson = teaching.book(world.section, 2, day=day)
    shown = sato.get("/book/", _request(world, 2, day))
    lessons.cancel(lesson, by=None, now=timezone.now(), intention=uuid4())

    response = sato.post("/book/", _offered(shown.content))

    assert response.status_code == 200
    assert "この時間は空きました。まだ予約していません。" in _words(response.content)
    assert _offered(response.content)["action"] == "book"
    assert not Booking.objects.filter(state="confirmed").exists()


def test_moving_shows_where_the_lesson_is_and_does_not_count_or_take_it(sato: Client, world: World) -> None:
    day = coming()
    lesson = teaching.book(world.section, 2, day=day)
    move: dict[str, Any] = {"move": str(lesson.booking.uid)}
    free = sato.get("/book/", {"section": str(world.section.pk), "date": str(day)}).context["board"]

    shown = sato.get("/book/", move).context["board"]
    request: dict[str, Any] = _request(world, 2, day, **move)
    chosen = sato.get("/book/", request)
    response = sato.post("/book/", _request(world, 2, day, action="move", **move), follow=True)

    words = {window.times: window.box.words for window in shown.windows}
    assert "いまの時間" in words["9:45–10:40"]
    assert len(shown.fitting) == len(free.fitting)
    assert "いまと同じ時間です" in _words(chosen.content)
    assert 'value="move"' not in chosen.content.decode()
    assert "いまと同じ時間です。何も変わっていません。" in _words(response.content)
    assert lesson.booking.changes.count() == 1


def test_moving_may_leave_out_a_school_at_the_same_time(sato: Client, world: World) -> None:
    day = coming()
    lesson = teaching.book(world.section, 2, day=day)
    request = _request(world, 2, day, action="move", move=str(lesson.booking.uid))
    request |= {"schools": [world.rishiri.pk], "slot": f"{world.rishiri.pk}-2"}
    shown = sato.get("/book/", request)

    response = sato.post("/book/", _offered(shown.content), follow=True)

    assert "に移しました" in _words(response.content)
    assert lesson.receptions.filter(participant__withdrawn_at=None).get().school == world.rishiri


def test_times_near_a_taken_one_are_never_where_the_lesson_is(sato: Client, world: World) -> None:
    day = coming()
    teaching.book(world.section, 2, day=day)
    lesson = teaching.book(world.section, 3, day=day)

    refused = sato.post("/book/", _request(world, 2, day, action="move", move=str(lesson.booking.uid)))

    assert len(refused.context["alternatives"]) == 3
    assert "10:45–11:40" not in [alternative.times for alternative in refused.context["alternatives"]]
