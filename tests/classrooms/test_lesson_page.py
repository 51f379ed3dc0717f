"""A lesson's page: who may open it, what it says, and what each may do there."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from django.utils.html import strip_tags

from classrooms import lessons, wishes
from classrooms.models import Lesson, Reception
from scheduler import bookings, notice_words
from scheduler.models import Booking, BookingChange, Claim, Notice
from tests.cast import World
from tests.classrooms import teaching
from tests.classrooms.dates import coming


@pytest.fixture
def lesson(world: World) -> Lesson:
    return teaching.book(world.section, 2, day=coming(), by=world.sato, now=timezone.now())


def _words(content: bytes) -> str:
    return re.sub(r"\s+", " ", strip_tags(content.decode()))


def _url(lesson: Lesson, rest: str = "") -> str:
    return f"/lessons/{lesson.booking.uid}/{rest}"


@pytest.mark.parametrize("name", ["sato", "ito", "suzuki", "admin", "tanaka", "nakamura", "kudo"])
def test_lesson_is_open_to_the_centre_and_its_schools(
    world: World, client: Client, lesson: Lesson, name: str
) -> None:
    client.force_login(getattr(world, name))

    words = _words(client.get(_url(lesson)).content)

    assert "数学Ⅱ（2年・合同）" in words
    assert "利尻" in words
    assert "礼文" in words
    assert "配信室1" in words


def test_lesson_is_not_found_by_a_stranger(world: World, client: Client, lesson: Lesson) -> None:
    client.force_login(world.kato)

    for address in ("", "cancel/", f"schools/{lesson.receptions.first().pk}/cancel/"):  # type: ignore[union-attr]  # it has two
        assert client.get(_url(lesson, address)).status_code == 404


def test_lesson_needs_a_sign_in(client: Client, lesson: Lesson) -> None:
    assert client.get(_url(lesson)).status_code == 302


def test_lesson_tells_its_history_newest_first(world: World, client: Client, lesson: Lesson) -> None:
    lessons.cancel(lesson, by=world.suzuki, now=timezone.now(), intention=uuid4(), reason="停電のため")
    client.force_login(world.tanaka)

    history = client.get(_url(lesson)).context["page"].history

    assert [(h.by, h.reason) for h in history] == [("鈴木 和也", "停電のため"), ("佐藤 直子", "")]
    assert history[0].words == "取り消し"
    assert history[1].words.endswith("9:45–10:40で予約")


def test_cancelling_asks_first_and_then_frees_the_time(world: World, client: Client, lesson: Lesson) -> None:
    client.force_login(world.sato)
    asked = client.get(_url(lesson, "cancel/"))
    still = Booking.objects.get().state

    response = client.post(_url(lesson, "cancel/"), {"intention": uuid4(), "reason": "出張"}, follow=True)

    assert "全校で取り消す" in _words(asked.content)
    assert still == "confirmed"
    assert Booking.objects.get().state == "cancelled"
    assert "この授業は取り消されました" in _words(response.content)


def test_cancelling_twice_is_no_error(world: World, client: Client, lesson: Lesson) -> None:
    client.force_login(world.sato)
    request = {"intention": uuid4(), "reason": ""}

    codes = [client.post(_url(lesson, "cancel/"), request).status_code for _time in range(2)]

    assert codes == [302, 302]


def test_coordinator_cancels_the_own_schools_side_alone(world: World, client: Client, lesson: Lesson) -> None:
    client.force_login(world.nakamura)
    own = lesson.receptions.get(school=world.rishiri)
    partner = lesson.receptions.get(school=world.rebun)

    foreign = client.post(_url(lesson, f"schools/{partner.pk}/cancel/"), {"intention": uuid4()})
    whole = client.post(_url(lesson, "cancel/"), {"intention": uuid4()})
    response = client.post(
        _url(lesson, f"schools/{own.pk}/cancel/"), {"intention": uuid4(), "reason": "行事"}, follow=True
    )

    assert (foreign.status_code, whole.status_code) == (404, 404)
    assert "利尻だけ取り消しました" in _words(response.content)
    states = dict(lesson.receptions.values_list("school__short_name", "state"))
    assert states == {"利尻": "cancelled", "礼文": "planned"}


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("what", ["cancel", "withdraw"])
def test_lesson_that_is_over_is_neither_cancelled_nor_left(
    world: World, client: Client, method: str, what: str
) -> None:
    lesson = teaching.book(world.section, 2, day=date(2026, 10, 1))
    client.force_login(world.sato)
    side = lesson.receptions.get(school=world.rishiri)
    url = _url(lesson, "cancel/" if what == "cancel" else f"schools/{side.pk}/cancel/")

    response = getattr(client, method)(url, {"intention": uuid4()}, follow=True)

    assert response.redirect_chain == [(_url(lesson), 302)]
    assert "終わった授業は変えられません" in _words(response.content)
    assert Booking.objects.get().state == "confirmed"
    assert set(lesson.receptions.values_list("state", flat=True)) == {"planned"}


@pytest.mark.parametrize("what", ["cancel", "withdraw"])
def test_lesson_answers_in_words_to_a_key_that_did_something_else(
    world: World, client: Client, lesson: Lesson, what: str
) -> None:
    client.force_login(world.sato)
    side = lesson.receptions.get(school=world.rishiri)
    key = BookingChange.objects.get(booking=lesson.booking).intention
    url = _url(lesson, "cancel/" if what == "cancel" else f"schools/{side.pk}/cancel/")

    response = client.post(url, {"intention": key}, follow=True)

    assert response.status_code == 200
    assert "この操作はすでに処理されています" in _words(response.content)
    assert Booking.objects.get().state == "confirmed"


def test_withdrawing_from_a_lesson_cancelled_meanwhile_says_so(
    world: World, client: Client, lesson: Lesson
) -> None:
    client.force_login(world.nakamura)
    own = lesson.receptions.get(school=world.rishiri)

    def cancelled_meanwhile(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        # The request takes its lock with this statement: whoever was before it has just finished.
        if is_pending and sql.startswith(('UPDATE "scheduler_booking"', "SAVEPOINT")):
            is_pending.clear()
            Booking.objects.update(state="cancelled")
        return execute(sql, params, many, context)

    is_pending = [True]
    with connection.execute_wrapper(cancelled_meanwhile):
        response = client.post(_url(lesson, f"schools/{own.pk}/cancel/"), {"intention": uuid4()})

    assert not is_pending
    assert response.status_code == 302
    assert "もう変えられません" in _words(client.get(_url(lesson)).content)


def test_reason_of_an_exception_is_for_those_who_may_change_the_lesson(
    world: World, client: Client, lesson: Lesson
) -> None:
    Booking.objects.update(override_reason="研究授業のため")
    seen = {}
    for name in ("sato", "suzuki", "nakamura", "tanaka"):
        client.force_login(getattr(world, name))
        seen[name] = "研究授業のため" in _words(client.get(_url(lesson)).content)

    assert seen == {"sato": True, "suzuki": True, "nakamura": False, "tanaka": False}


def test_room_staff_sees_no_way_to_change_the_lesson(world: World, client: Client, lesson: Lesson) -> None:
    client.force_login(world.tanaka)

    content = client.get(_url(lesson)).content.decode()

    assert "cancel/" not in content
    assert "move=" not in content


def test_hold_that_ran_out_says_so_and_cannot_be_confirmed(world: World, client: Client) -> None:
    earlier = timezone.now() - timedelta(minutes=11)
    lesson = teaching.hold(world, 2, day=coming(), now=earlier)
    client.force_login(world.sato)

    response = client.post(_url(lesson, "confirm/"), {"intention": uuid4()}, follow=True)

    words = _words(response.content)
    assert "確定する前に仮押さえの時間が切れました" in words
    assert "空きに戻りました" in words
    assert "この時間で予約する" not in words


def test_lesson_page_of_a_lesson_that_is_none_is_not_found(world: World, client: Client) -> None:
    client.force_login(world.sato)

    assert client.get(f"/lessons/{uuid4()}/").status_code == 404


def test_page_shows_a_school_its_own_side_and_of_its_partner_only_that_it_takes_part(
    world: World, client: Client
) -> None:
    lesson = teaching.book(world.section, 2)

    client.force_login(world.nakamura)
    school = _words(client.get(f"/lessons/{lesson.booking.uid}/").content)
    client.force_login(world.sato)
    centre = _words(client.get(f"/lessons/{lesson.booking.uid}/").content)

    assert ("利尻 2年A組 6名" in school, "礼文" in school, "5名" in school, "11名" in school) == (
        True,
        True,
        False,
        False,
    )
    assert all(words in centre for words in ("利尻 2年A組 6名", "礼文 2年A組 5名", "11名"))


def test_hold_is_given_up_with_one_press_and_nobody_is_told(world: World, client: Client) -> None:
    lesson = teaching.hold(world, 2, day=coming(), now=timezone.now())
    client.force_login(world.sato)

    response = client.post(_url(lesson, "release/"), {"intention": uuid4()}, follow=True)

    words = _words(response.content)
    assert "仮押さえをやめました。時間は空きに戻りました。" in words
    assert "取り消しました" not in words
    assert "関係者" not in words
    assert not Notice.objects.exists()
    assert not Claim.objects.exists()


def test_held_lesson_speaks_of_no_receiving_and_no_cancelling(world: World, client: Client) -> None:
    lesson = teaching.hold(world, 2, day=coming(), now=timezone.now())
    client.force_login(world.sato)

    content = client.get(_url(lesson)).content
    asked = client.get(_url(lesson, "cancel/"))

    assert "受信する" not in _words(content)
    assert "cancel/" not in content.decode()
    assert asked.headers["Location"] == _url(lesson)


def test_hold_that_was_booked_meanwhile_is_not_given_up(world: World, client: Client) -> None:
    lesson = teaching.hold(world, 2, day=coming(), now=timezone.now())
    client.force_login(world.sato)
    client.post(_url(lesson, "confirm/"), {"intention": uuid4()})

    response = client.post(_url(lesson, "release/"), {"intention": uuid4()}, follow=True)

    assert "この授業はもう予約されています" in _words(response.content)
    assert Booking.objects.get().state == "confirmed"


def first_thursday() -> date:
    """Of six in a row without a public holiday."""
    return coming(times=6)


@pytest.fixture
def weekly(world: World) -> list[Lesson]:
    """Four weeks by Sato, in which Rishiri does not take part on the third date."""
    wish, now = wishes.of_section(world.section), timezone.now()
    days = [first_thursday() + timedelta(weeks=n) for n in range(4)]
    periods = [teaching.periods(wish, 2, day) for day in days]
    _series, made, _refused = lessons.book_series(
        wish, periods, by=world.sato, now=now, intention=uuid4(), skip_conflicts=False
    )
    third = made[2].receptions.get(school=world.rishiri)
    lessons.withdraw_school(third, by=world.tanaka, now=now, intention=uuid4())
    return made


def _states(weekly: list[Lesson]) -> list[str]:
    return list(
        Booking.objects.filter(pk__in=[w.pk for w in weekly])
        .order_by("start")
        .values_list("state", flat=True)
    )


def test_of_a_weekly_lesson_this_date_and_all_that_follow_are_cancelled_at_once(
    world: World, client: Client, weekly: list[Lesson]
) -> None:
    Notice.objects.all().delete()
    client.force_login(world.sato)
    asked = _words(client.get(_url(weekly[1], "cancel/")).content)

    values = {"intention": uuid4(), "reason": "担当が替わるため", "which": "following"}
    answer, again = (client.post(_url(weekly[1], "cancel/"), values, follow=True) for _time in range(2))

    assert "この回だけ" in asked
    assert "この回以降すべて（3回、" in asked
    assert "3回の授業を取り消しました" in _words(answer.content)
    assert "3回の授業を取り消しました" in _words(again.content)
    assert _states(weekly) == ["confirmed", "cancelled", "cancelled", "cancelled"]
    assert set(Claim.objects.values_list("booking", flat=True)) == {weekly[0].pk}
    later = Reception.objects.filter(lesson__in=[w.pk for w in weekly[1:]])
    assert set(later.values_list("state", flat=True)) == {"cancelled"}
    told = {notice.recipient: notice for notice in Notice.objects.select_related("recipient", "booking")}
    assert set(told) == {world.tanaka, world.nakamura, world.kudo}
    said = {user: notice_words.of(notice, language="ja").sentence for user, notice in told.items()}
    # Rishiri, from where Tanaka and Nakamura are, had left one of the three before.
    for user, dates in ((world.tanaka, 2), (world.nakamura, 2), (world.kudo, 3)):
        assert f"{dates}回分取り消しました" in said[user]
    assert "担当が替わるため" not in "".join(said.values())


def test_of_a_weekly_lesson_one_date_is_cancelled_where_nothing_else_is_chosen(
    world: World, client: Client, weekly: list[Lesson]
) -> None:
    client.force_login(world.sato)

    client.post(_url(weekly[1], "cancel/"), {"intention": uuid4(), "reason": ""})

    assert _states(weekly) == ["confirmed", "cancelled", "confirmed", "confirmed"]
    assert "（2回、" in _words(client.get(_url(weekly[2], "cancel/")).content)
    assert "この回以降" not in _words(client.get(_url(weekly[3], "cancel/")).content)


def test_where_one_of_the_dates_is_over_at_a_school_none_is_cancelled(
    world: World, weekly: list[Lesson]
) -> None:
    first = weekly[0].booking
    after_the_first_school = min(p.end for p in first.participants.filter(role="guest"))

    with pytest.raises(bookings.PartlyOverError):
        lessons.cancel_following(weekly[0], by=world.sato, now=after_the_first_school, intention=uuid4())

    assert set(_states(weekly)) == {"confirmed"}


def test_the_same_request_again_names_the_same_dates_and_tells_nobody_twice(
    world: World, weekly: list[Lesson]
) -> None:
    now, intention = timezone.now(), uuid4()

    first, second = (
        lessons.cancel_following(weekly[1], by=world.sato, now=now, intention=intention) for _time in range(2)
    )

    assert [b.pk for b in first] == [b.pk for b in second] == [lesson.pk for lesson in weekly[1:]]
    assert Notice.objects.filter(kind="series_cancelled").count() == 3


def test_who_may_change_one_date_alone_does_not_cancel_those_of_others(
    world: World, client: Client, weekly: list[Lesson]
) -> None:
    """Ito stands in for Sato on the second date; a planner had booked them."""
    Booking.objects.update(created_by=world.suzuki)
    second = weekly[1].booking.participants.filter(person=world.sato_person)
    second.update(person=world.ito_person)
    client.force_login(world.ito)

    asked = _words(client.get(_url(weekly[1], "cancel/")).content)
    values = {"intention": uuid4(), "reason": "", "which": "following"}
    client.post(_url(weekly[1], "cancel/"), values)

    assert "この回以降" not in asked
    assert _states(weekly) == ["confirmed", "cancelled", "confirmed", "confirmed"]


def test_dates_of_others_that_lie_between_are_said_to_stay(
    world: World, client: Client, weekly: list[Lesson]
) -> None:
    """Ito stands in for Sato on the third date; a planner had booked them."""
    Booking.objects.update(created_by=world.suzuki)
    weekly[2].booking.participants.filter(person=world.sato_person).update(person=world.ito_person)
    client.force_login(world.sato)

    asked = _words(client.get(_url(weekly[0], "cancel/")).content)
    values = {"intention": uuid4(), "reason": "", "which": "following"}
    answer = client.post(_url(weekly[0], "cancel/"), values, follow=True)

    assert "この回以降で変更できるもの（3回、" in asked
    assert "ほかの1回は残ります" in asked
    assert "3回の授業を取り消しました" in _words(answer.content)
    assert _states(weekly) == ["cancelled", "cancelled", "confirmed", "cancelled"]


def test_who_chose_one_date_and_comes_back_for_the_rest_gets_the_rest(
    world: World, client: Client, weekly: list[Lesson]
) -> None:
    client.force_login(world.sato)
    client.post(_url(weekly[1], "cancel/"), {"intention": uuid4(), "reason": "", "which": "one"})

    values = {"intention": uuid4(), "reason": "", "which": "following"}
    answer = client.post(_url(weekly[1], "cancel/"), values, follow=True)

    assert "2回の授業を取り消しました" in _words(answer.content)
    assert _states(weekly) == ["confirmed", "cancelled", "cancelled", "cancelled"]


def test_where_one_school_is_through_with_this_date_those_that_follow_are_not_offered_with_it(
    world: World, client: Client, weekly: list[Lesson]
) -> None:
    now, lesson = timezone.now(), weekly[0].booking
    begun, over = now - timedelta(minutes=50), now - timedelta(minutes=1)
    lesson.participants.filter(organisation=world.rishiri).update(start=begun, end=over)
    Booking.objects.filter(pk=lesson.pk).update(start=begun, end=now + timedelta(minutes=10))
    client.force_login(world.sato)

    asked = client.get(_url(weekly[0], "cancel/"))

    assert asked.status_code == 200
    assert "この回以降" not in _words(asked.content)
    assert "この回以降" in _words(client.get(_url(weekly[1], "cancel/")).content)


def test_the_key_of_a_request_for_other_dates_is_refused(world: World, weekly: list[Lesson]) -> None:
    now, intention = timezone.now(), uuid4()
    lessons.cancel_following(weekly[2], by=world.sato, now=now, intention=intention)

    with pytest.raises(bookings.IntentionError):
        lessons.cancel_following(weekly[0], by=world.sato, now=now, intention=intention)

    assert _states(weekly) == ["confirmed", "confirmed", "cancelled", "cancelled"]


def test_the_same_request_again_cancels_nothing_that_came_to_follow_meanwhile(
    world: World, weekly: list[Lesson]
) -> None:
    now, intention = timezone.now(), uuid4()
    lessons.cancel_following(weekly[2], by=world.sato, now=now, intention=intention)
    wish = wishes.of_section(world.section)
    behind = teaching.periods(wish, 3, first_thursday() + timedelta(weeks=5))
    lessons.move(weekly[0], wish, behind, by=world.sato, now=now, intention=uuid4())

    again = lessons.cancel_following(weekly[2], by=world.sato, now=now, intention=intention)

    assert [booking.pk for booking in again] == [weekly[2].pk, weekly[3].pk]
    assert Booking.objects.get(pk=weekly[0].pk).state == "confirmed"


def test_a_school_that_came_to_one_date_hears_of_that_one_and_may_open_it(
    world: World, client: Client, weekly: list[Lesson]
) -> None:
    now = timezone.now()
    for one in weekly[1:]:
        for reception in one.receptions.filter(school=world.rishiri, participant__withdrawn_at=None):
            lessons.withdraw_school(reception, by=world.tanaka, now=now, intention=uuid4())
    wish = wishes.of_section(world.section)
    periods = teaching.periods(wish, 4, first_thursday() + timedelta(weeks=3))
    lessons.move(weekly[3], wish, periods, by=world.sato, now=now, intention=uuid4())

    later = now + timedelta(minutes=1)
    lessons.cancel_following(weekly[1], by=world.sato, now=later, intention=uuid4())

    (told,) = world.tanaka.notices.filter(kind="lesson_cancelled").select_related("recipient", "booking")
    client.force_login(world.tanaka)
    assert told.booking_id == weekly[3].pk
    assert "まとめて" not in notice_words.of(told, language="ja").subject
    assert client.get(notice_words.url(told)).status_code == 200


def test_dates_that_are_cancelled_already_are_refused_in_words(world: World, weekly: list[Lesson]) -> None:
    lessons.cancel_following(weekly[1], by=world.sato, now=timezone.now(), intention=uuid4())

    with pytest.raises(bookings.CancelledError):
        lessons.cancel_following(weekly[1], by=world.sato, now=timezone.now(), intention=uuid4())
