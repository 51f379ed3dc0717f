"""応援: calling the centre out of a room, whom it reaches, and who comes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.utils import timezone

from realtime import access, help_calls
from realtime.models import HelpCall
from scheduler import notice_words
from scheduler.models import AuditEntry, Booking, Notice, User
from tests.cast import World
from tests.realtime.lessons import book_lesson, book_practice


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def lesson(world: World, now: datetime) -> Booking:
    """Sato teaches it now, so she leads something; Ito is free."""
    return book_lesson(world, now - timedelta(minutes=5), now=now)


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def call(user: User, uid: UUID, symptom: str = "sound") -> tuple[int, dict[str, Any]]:
    answer = client_of(user).post(
        f"/rooms/{uid}/help/", {"symptom": symptom}, headers={"Accept": "application/json"}
    )
    is_json = answer.headers["Content-Type"] == "application/json"
    return answer.status_code, answer.json() if is_json else {}


def told(lesson: Booking) -> set[User]:
    return {notice.recipient for notice in Notice.objects.filter(booking=lesson, kind="help_called")}


def today(user: User) -> str:
    return client_of(user).get("/").content.decode()


def test_a_school_reaches_whoever_of_the_centre_can_come(world: World, lesson: Booking) -> None:
    status, answer = call(world.rishiri_device, lesson.uid)

    assert status == 200
    assert (answer["open"], answer["told"], answer["answered_by"]) == (True, 3, "")
    assert told(lesson) == {world.suzuki, world.admin, world.ito}, "Sato leads this lesson"


def test_a_teacher_reaches_the_others_and_not_herself(world: World, lesson: Booking) -> None:
    assert call(world.sato, lesson.uid, "picture")[1]["told"] == 3

    assert told(lesson) == {world.suzuki, world.admin, world.ito}


def test_whoever_leads_the_lesson_is_in_the_room_and_is_not_called_to_it(world: World, now: datetime) -> None:
    soon = book_lesson(world, now + timedelta(minutes=10), now=now)

    assert call(world.rishiri_device, soon.uid)[1]["told"] == 3
    assert "応援：" not in today(world.sato)
    assert "応援：" in today(world.ito)


def test_a_second_press_is_harmless(world: World, lesson: Booking) -> None:
    first = call(world.rishiri_device, lesson.uid)[1]

    assert call(world.tanaka, lesson.uid, "line")[1] == first
    assert HelpCall.objects.count() == 1
    assert Notice.objects.filter(kind="help_called").count() == 3


def test_another_school_calls_for_itself(world: World, lesson: Booking) -> None:
    call(world.rishiri_device, lesson.uid)
    call(world.rebun_device, lesson.uid)

    assert HelpCall.objects.count() == 2


def test_today_of_the_centre_names_the_place_and_the_trouble(world: World, lesson: Booking) -> None:
    call(world.rishiri_device, lesson.uid)
    call(world.sato, lesson.uid, "line")

    for user in (world.suzuki, world.admin, world.ito):
        page = today(user)
        assert "応援：利尻 受信機材1（声が届かない）" in page
        assert "応援：配信室1 佐藤 直子先生（つながりが切れる）" in page
        assert "行きます" in page
    assert "応援" not in today(world.sato), "she leads a lesson and cannot come"
    assert "応援：" not in today(world.nakamura)


def test_nobody_enters_from_the_call_without_saying_that_they_come(world: World, lesson: Booking) -> None:
    call(world.rishiri_device, lesson.uid)

    page = today(world.admin)

    assert "<b>応援：利尻 受信機材1（声が届かない）</b>" in page
    assert f"/rooms/{lesson.uid}/" not in page


def test_whoever_comes_is_read_by_the_caller(world: World, lesson: Booking) -> None:
    call(world.rishiri_device, lesson.uid)
    found = HelpCall.objects.get()

    answer = client_of(world.ito).post(f"/help/{found.pk}/answer/", follow=True)

    assert "呼んだ人の画面に" in answer.content.decode()
    state = client_of(world.rishiri_device).get(f"/rooms/{lesson.uid}/help/").json()
    assert (state["open"], state["answered_by"]) == (False, "伊藤 久美")
    assert (
        "伊藤 久美さんが対応します" in client_of(world.tanaka).get(f"/rooms/{lesson.uid}/").content.decode()
    )
    assert "応援：利尻" not in today(world.suzuki)
    assert not Notice.objects.filter(kind="help_called", read_at=None).exists(), "nobody is needed any more"


def test_the_second_to_answer_reads_that_somebody_else_comes(world: World, lesson: Booking) -> None:
    call(world.rishiri_device, lesson.uid)
    found = HelpCall.objects.get()
    client_of(world.ito).post(f"/help/{found.pk}/answer/")

    page = client_of(world.suzuki).post(f"/help/{found.pk}/answer/", follow=True).content.decode()

    assert "すでに別の人が向かっています" in page
    assert HelpCall.objects.get().answered_by == world.ito


@pytest.mark.parametrize("who", ["kato", "tanaka", "nakamura", "rishiri_device"])
def test_only_the_centre_answers(world: World, lesson: Booking, who: str) -> None:
    call(world.rishiri_device, lesson.uid)
    found = HelpCall.objects.get()

    assert client_of(getattr(world, who)).post(f"/help/{found.pk}/answer/").status_code == 404
    assert HelpCall.objects.get().answered_at is None


def test_after_an_answer_help_can_be_called_again(world: World, lesson: Booking, now: datetime) -> None:
    call(world.rishiri_device, lesson.uid)
    client_of(world.ito).post(f"/help/{HelpCall.objects.get().pk}/answer/")

    assert call(world.rishiri_device, lesson.uid, "picture")[1]["open"] is True
    assert HelpCall.objects.count() == 2


def settle(user: User, lesson: Booking) -> tuple[int, str]:
    answer = client_of(user).post(f"/rooms/{lesson.uid}/help/settle/", follow=True)
    return answer.status_code, answer.content.decode()


def test_a_call_is_taken_back_by_the_schools_staff(world: World, lesson: Booking) -> None:
    call(world.rishiri_device, lesson.uid)
    call(world.rebun_device, lesson.uid)

    status, page = settle(world.tanaka, lesson)

    assert (status, "応援の依頼を取り消しました" in page, "もう大丈夫です" in page) == (200, True, False)
    assert client_of(world.rishiri_device).get(f"/rooms/{lesson.uid}/help/").json()["open"] is False
    assert ("応援：利尻" in today(world.suzuki), "応援：礼文" in today(world.suzuki)) == (False, True)
    event = AuditEntry.objects.get(event="help.settle")
    assert event.actor_id == world.tanaka.pk
    assert call(world.rishiri_device, lesson.uid)[1]["open"] is True, "it may begin again"


def test_whoever_leads_takes_the_own_call_back_and_an_observer_does_not(
    world: World, lesson: Booking
) -> None:
    assert call(world.sato, lesson.uid)[1]["settles"] is True

    assert settle(world.suzuki, lesson)[0] == 200
    assert HelpCall.objects.filter(answered_at=None).exists()
    settle(world.sato, lesson)

    assert not HelpCall.objects.filter(answered_at=None).exists()


def test_whoever_comes_to_a_call_that_was_taken_back_reads_so(world: World, lesson: Booking) -> None:
    call(world.rishiri_device, lesson.uid)
    settle(world.rishiri_device, lesson)

    answer = client_of(world.ito).post(f"/help/{HelpCall.objects.get().pk}/answer/", follow=True)

    assert "もう行かなくて大丈夫です" in answer.content.decode()


def test_nobody_takes_back_what_another_school_called(world: World, lesson: Booking) -> None:
    call(world.rishiri_device, lesson.uid)

    assert settle(world.kato, lesson)[0] == 404
    settle(world.kudo, lesson)

    assert HelpCall.objects.filter(answered_at=None).exists()


def test_nobody_calls_out_of_a_room_that_is_none_of_theirs(world: World, lesson: Booking) -> None:
    assert call(world.kato, lesson.uid)[0] == 404
    assert client_of(world.kato).get(f"/rooms/{lesson.uid}/help/").status_code == 404
    assert not HelpCall.objects.exists()


def test_a_closed_room_calls_nobody(world: World, now: datetime) -> None:
    early = book_lesson(world, now + timedelta(hours=2), now=now)

    assert call(world.rishiri_device, early.uid)[0] == 404


def test_nonsense_is_said_and_tells_nobody(world: World, lesson: Booking) -> None:
    assert call(world.rishiri_device, lesson.uid, "fire")[0] == 422
    page = client_of(world.tanaka).post(f"/rooms/{lesson.uid}/help/", {}, follow=True).content.decode()

    assert "まだ誰にも知らせていません" in page
    assert not HelpCall.objects.exists()


def test_without_script_the_form_leads_back_to_the_page_beside_the_device(
    world: World, lesson: Booking
) -> None:
    page = client_of(world.tanaka).post(f"/rooms/{lesson.uid}/help/", {"symptom": "sound"}, follow=True)

    assert "センターの3名に知らせました" in page.content.decode()


def test_a_call_of_hours_ago_waits_for_nobody(world: World, lesson: Booking, now: datetime) -> None:
    call(world.rishiri_device, lesson.uid)
    HelpCall.objects.update(at=now - timedelta(hours=3))

    assert "応援：" not in today(world.suzuki)


def test_a_call_of_hours_ago_swallows_no_new_one(world: World, lesson: Booking, now: datetime) -> None:
    call(world.rishiri_device, lesson.uid)
    HelpCall.objects.update(at=now - timedelta(hours=3))

    again = call(world.rishiri_device, lesson.uid, "line")[1]

    assert (again["open"], again["told"], HelpCall.objects.count()) == (True, 3, 2)
    assert "応援：" in today(world.suzuki)


def test_the_practice_room_calls_for_help_too(world: World, now: datetime) -> None:
    practice = book_practice(world, now=now)

    assert call(world.rishiri_device, practice.uid)[1]["told"] == 4
    assert "応援：利尻" in today(world.sato)


def test_the_notice_says_what_and_where_in_both_languages_and_names_nobody_in_its_subject(
    world: World, lesson: Booking
) -> None:
    call(world.sato, lesson.uid)
    notice = Notice.objects.filter(kind="help_called").first()
    assert notice is not None

    japanese, english = (notice_words.of(notice, language=language) for language in ("ja", "en"))

    assert "配信室1 佐藤 直子先生" in japanese.sentence
    assert "声が届かない" in japanese.sentence
    assert "Studio 1" in english.sentence
    assert "the voice does not arrive" in english.sentence
    assert "佐藤" not in japanese.subject


@pytest.mark.both_databases
def test_the_verb_gives_the_call_that_is_open(world: World, lesson: Booking, now: datetime) -> None:
    admission = access.decide(world.rishiri_device, lesson.uid, now)
    assert isinstance(admission, access.Admission)

    first = help_calls.call(admission, HelpCall.Symptom.SOUND, now=now)

    assert help_calls.call(admission, HelpCall.Symptom.LINE, now=now) == first
