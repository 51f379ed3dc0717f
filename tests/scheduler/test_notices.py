"""Who is told what, once, in their language."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import transaction
from django.test import Client

from scheduler import bookings, closures, notice_words, notices
from scheduler.models import Booking, BookingChange, Membership, Notice, User
from scheduler.names import Name
from scheduler.notices import Facts, Kind
from scheduler.plans import Plan
from tests.cast import NOW, PASSWORD, THURSDAY, World
from tests.scheduler import plans
from tests.scheduler.lessons_provider import plain_lessons

pytestmark = pytest.mark.both_databases


@pytest.fixture(autouse=True)
def _lessons_are_told() -> Iterator[None]:
    with plain_lessons():
        yield


def book(world: World, plan: Plan | None = None) -> Booking:
    return bookings.book(plan or plans.joint(world, 2), by=world.suzuki, now=NOW, intention=uuid4())


def tell(booking: Booking, kind: Kind, by: User, **facts: object) -> None:
    params: Facts = {"by": by.label, **facts}  # type: ignore[typeddict-item]  # the test's own facts
    recipients = notices.concerned(booking, now=NOW, besides=by)
    notices.tell(recipients, kind, booking, params=params, now=NOW)


def sentences(user: User, language: str = "ja") -> list[str]:
    return [notice_words.of(notice, language=language).sentence for notice in notices.of(user)]


def test_the_persons_and_the_schools_people_are_concerned_but_not_who_did_it(world: World) -> None:
    booking = book(world)

    told = notices.concerned(booking, now=NOW, besides=world.nakamura)

    # The teacher, the room staff of Rishiri, the coordinator of Rebun; no device, no planner.
    assert {user.name for user in told} == {world.sato.name, world.tanaka.name, world.kudo.name}


def test_whoever_left_the_school_or_is_inactive_is_not_concerned(world: World) -> None:
    booking = book(world)
    Membership.objects.filter(user=world.tanaka).update(valid_until=NOW.date())
    User.objects.filter(pk=world.kudo.pk).update(is_active=False)

    assert {u.name for u in notices.concerned(booking, now=NOW)} == {world.sato.name, world.nakamura.name}


def test_a_school_that_leaves_is_told_of_that_and_of_nothing_later(world: World) -> None:
    booking = book(world)
    rebun = booking.participants.get(organisation=world.rebun)
    bookings.withdraw(rebun, by=world.suzuki, now=NOW, intention=uuid4())

    assert world.kudo in notices.concerned(booking, now=NOW)
    assert world.kudo not in notices.concerned(booking, now=NOW + timedelta(seconds=1))


def test_a_booked_lesson_is_told_with_who_what_and_ones_own_time(world: World) -> None:
    booking = book(world)

    tell(booking, Kind.LESSON_BOOKED, world.suzuki)

    assert sentences(world.kudo) == [
        "鈴木 和也さんが「数学Ⅱ 合同」を11月26日（木）9:50–10:40に予約しました。"
    ]
    assert sentences(world.sato) == [
        "鈴木 和也さんが「数学Ⅱ 合同」を11月26日（木）9:45–10:40に予約しました。"
    ]
    assert sentences(world.tanaka, "en") == ["鈴木 和也 booked “数学Ⅱ 合同” for Thu 26 Nov, 9:45–10:35."]
    assert sentences(world.suzuki) == []


def test_a_moved_lesson_is_told_with_the_time_before_and_after(world: World) -> None:
    booking = book(world)
    before = notices.times(booking)
    moved = bookings.move(booking, plans.joint(world, 4), by=world.sato, now=NOW, intention=uuid4())

    tell(moved, Kind.LESSON_MOVED, world.sato, before=before)

    (sentence,) = sentences(world.kudo)
    assert sentence == (
        "佐藤 直子さんが「数学Ⅱ 合同」の日時を"
        "11月26日（木）9:50–10:40から11月26日（木）11:50–12:40に変更しました。"
    )


def test_a_move_that_moved_nothing_is_not_told(world: World) -> None:
    booking = book(world)

    tell(booking, Kind.LESSON_MOVED, world.sato, before=notices.times(booking))

    assert Notice.objects.count() == 0


def test_a_move_is_told_to_those_alone_whose_own_time_changed(world: World) -> None:
    booking = book(world)
    before = notices.times(booking)
    booking.participants.filter(organisation=world.rebun).update(start=booking.start)

    tell(booking, Kind.LESSON_MOVED, world.sato, before=before)

    assert [notice.recipient for notice in Notice.objects.all()] == [world.kudo]


def test_times_before_a_change_are_those_it_found(world: World) -> None:
    booking = book(world)
    before, intention = notices.times(booking), uuid4()

    bookings.move(booking, plans.joint(world, 4), by=world.sato, now=NOW, intention=intention)

    change = BookingChange.objects.get(intention=intention)
    assert notices.times_before(change) == before


def test_the_last_school_leaving_is_told_as_a_cancelled_lesson(world: World) -> None:
    booking = book(world, plans.lesson(world, plans.rishiri_side(world, 2)))
    rishiri = booking.participants.get(organisation=world.rishiri)
    left = bookings.withdraw(rishiri, by=world.nakamura, now=NOW, intention=uuid4())

    tell(left, Kind.SCHOOL_WITHDRAWN, world.nakamura, school=world.rishiri.label)

    assert sentences(world.sato) == ["中村 葵さんが「数学Ⅱ」（11月26日（木）9:45–10:35）を取り消しました。"]


def test_every_kind_has_a_sentence_in_both_languages(world: World) -> None:
    booking = book(world)
    facts = {
        "before": notices.times(booking), "school": world.rebun.label,
        "closure": Name("臨時休業（暴風雪）", "Closed (blizzard)"), "dates": 35,
    }  # fmt: skip
    earlier = booking.start - timedelta(minutes=10)
    booking.participants.filter(organisation=world.rebun).update(start=earlier)
    for kind in Kind:
        tell(booking, kind, world.suzuki, **facts)

    for language in ("ja", "en"):
        said = [notice_words.of(notice, language=language) for notice in notices.of(world.kudo)]
        assert len({words.sentence for words in said}) == len(Kind)
        for words in said:
            assert "数学" in words.sentence
            assert "数学" not in words.subject
            assert "%" not in words.sentence + words.subject
    assert "礼文が「臨時休業（暴風雪）」のため" in " ".join(sentences(world.kudo))


def test_telling_again_writes_nothing_new(world: World) -> None:
    booking = book(world)
    tell(booking, Kind.LESSON_BOOKED, world.suzuki)
    told = Notice.objects.count()

    tell(booking, Kind.LESSON_BOOKED, world.suzuki)
    bookings.move(booking, plans.joint(world, 4), by=world.sato, now=NOW, intention=uuid4())
    tell(Booking.objects.get(pk=booking.pk), Kind.LESSON_BOOKED, world.suzuki)

    assert Notice.objects.count() == told


def test_a_change_that_rolls_back_tells_nobody(world: World) -> None:
    booking = book(world)

    class ChangedMindError(Exception):
        pass

    with pytest.raises(ChangedMindError), transaction.atomic():  # noqa: PT012 -- the block is the change
        bookings.cancel(booking, by=world.suzuki, now=NOW, intention=uuid4())
        tell(booking, Kind.LESSON_CANCELLED, world.suzuki)
        raise ChangedMindError

    assert Notice.objects.count() == 0


def test_a_confidential_booking_is_told_to_its_persons_without_its_title(world: World) -> None:
    plan = plans.lesson(world, plans.rishiri_side(world, 2))
    booking = book(
        world,
        Plan(
            kind=plan.kind, title=Name("秘密の相談", "Secret consultation"), organiser_id=plan.organiser_id,
            sides=plan.sides, visibility="CONFIDENTIAL",
        ),
    )  # fmt: skip

    tell(booking, Kind.LESSON_BOOKED, world.suzuki)

    assert [notice.recipient for notice in Notice.objects.all()] == [world.sato]
    assert sentences(world.sato) == ["鈴木 和也さんが「予定」を11月26日（木）9:45–10:35に予約しました。"]
    assert "秘密" not in str(list(Notice.objects.values()))


def test_a_typed_reason_enters_no_notice(world: World) -> None:
    booking = book(world)
    reason = "山田 花子さんの入院のため"
    cancelled = bookings.cancel(booking, by=world.suzuki, now=NOW, intention=uuid4(), reason=reason)

    tell(cancelled, Kind.LESSON_CANCELLED, world.suzuki)

    assert "山田" not in str(list(Notice.objects.values()))
    assert "山田" not in " ".join(sentences(world.tanaka))


def signed_in(user: User) -> Client:
    client = Client()
    assert client.login(email=user.email, password=PASSWORD)
    return client


def test_reading_a_notice_marks_it_and_goes_to_its_lesson(world: World) -> None:
    booking = book(world)
    tell(booking, Kind.LESSON_BOOKED, world.suzuki)
    (notice,) = notices.of(world.tanaka)
    client = signed_in(world.tanaka)
    assert notices.unread(world.tanaka) == 1
    assert "9:45–10:35に予約しました" in client.get("/notices/").content.decode()

    response = client.post(f"/notices/{notice.pk}/read/")

    assert (response.status_code, response["Location"]) == (302, f"/lessons/{booking.uid}/")
    assert notices.unread(world.tanaka) == 0


def test_somebody_elses_notice_is_absent(world: World) -> None:
    tell(book(world), Kind.LESSON_BOOKED, world.suzuki)
    (notice,) = notices.of(world.tanaka)

    response = signed_in(world.kato).post(f"/notices/{notice.pk}/read/")

    assert response.status_code == 404
    assert notices.unread(world.tanaka) == 1
    assert "数学" not in signed_in(world.kato).get("/notices/").content.decode()


def test_all_notices_can_be_marked_read_at_once(world: World) -> None:
    booking = book(world)
    tell(booking, Kind.LESSON_BOOKED, world.suzuki)
    tell(booking, Kind.LESSON_CANCELLED, world.suzuki)

    signed_in(world.tanaka).post("/notices/read/")

    assert (notices.unread(world.tanaka), notices.unread(world.kudo)) == (0, 2)


def test_a_closure_is_told_in_its_own_transaction_to_all_but_who_closed(world: World) -> None:
    book(world)
    bookings.hold(
        plans.lesson(world, plans.rishiri_side(world, 4)), by=world.sato, now=NOW, intention=uuid4()
    )
    blizzard = Name("臨時休業（暴風雪）", "Closed (blizzard)")

    closures.close(world.rishiri, THURSDAY, title=blizzard, by=world.nakamura, now=NOW)

    told = Notice.objects.filter(kind="school_closed")
    # Of the hold that fell with it nobody was told before, so nobody is now.
    assert sorted(n.recipient.name for n in told) == sorted(
        user.name for user in (world.sato, world.tanaka, world.kudo)
    )
    (sentence,) = sentences(world.tanaka)
    assert sentence == (
        "利尻が「臨時休業（暴風雪）」のため、"
        "「数学Ⅱ 合同」（11月26日（木）9:45–10:35）の利尻の受信が取り消されました。"
    )


def test_a_closure_that_rolls_back_tells_nobody(world: World) -> None:
    book(world)

    class ChangedMindError(Exception):
        pass

    with pytest.raises(ChangedMindError), transaction.atomic():  # noqa: PT012 -- the block is the change
        closures.close(world.rishiri, THURSDAY, title=Name("休校"), by=None, now=NOW)
        raise ChangedMindError

    assert Notice.objects.count() == 0


def test_a_kind_that_only_a_later_release_knows_is_shown_without_its_words(world: World) -> None:
    tell(book(world), Kind.LESSON_BOOKED, world.suzuki)
    Notice.objects.update(kind="of_tomorrow")
    browser = Client()
    browser.force_login(world.kudo)

    page = browser.get("/notices/")

    assert page.status_code == 200
    assert "に変更がありました。開いて確かめてください。" in page.content.decode()
