"""A school's calendar on its page: events, closures with what they hit, other day types, swaps."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from scheduler import bookings
from scheduler.models import AuditEntry, CalendarDay, DayType, Organisation
from tests.cast import World, add_bells
from tests.classrooms import teaching
from tests.classrooms.dates import coming
from tests.scheduler import plans

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def office(client: Client, world: World) -> Client:
    client.force_login(world.nakamura)
    return client


def enter(client: Client, kind: str, **values: str) -> Any:
    usual = {"first_day": coming().isoformat(), "title": "学校祭"}
    return client.post(f"/settings/calendar/new/{kind}/", usual | values, follow=True)


def told(response: Any) -> str:
    content: bytes = response.content
    return content.decode()


def test_an_event_is_entered_at_once_for_every_day_of_it(office: Client, world: World) -> None:
    last = (coming() + timedelta(days=2)).isoformat()

    page = told(enter(office, "event", last_day=last, grade="2"))

    assert "3日分を登録しました" in page
    assert page.count("<b>学校祭</b>") == 1
    days = CalendarDay.objects.filter(organisation=world.rishiri)
    assert [(day.date, day.grade) for day in days] == [(coming() + timedelta(days=n), 2) for n in range(3)]
    assert AuditEntry.objects.filter(event="calendar_day.add").count() == 3


def test_a_closure_shows_the_lessons_it_hits_and_then_takes_the_school_out(
    office: Client, world: World
) -> None:
    booking = teaching.book(world.section, 2, day=coming()).booking

    shown = enter(office, "closure", title="臨時休業（暴風雪）")
    assert "予約済みの授業1件からこの学校が外れます" in told(shown)
    assert not CalendarDay.objects.exists()
    kept = enter(office, "closure", title="臨時休業（暴風雪）", shown=shown.context["shown"])

    assert "1日分を登録しました" in told(kept)
    standing = booking.participants.standing()
    assert not standing.filter(organisation=world.rishiri).exists()
    assert standing.filter(organisation=world.rebun).exists()
    assert AuditEntry.objects.get(event="calendar_day.add").facts["bookings"] == 1


def test_a_closure_says_of_each_lesson_what_becomes_of_it(office: Client, world: World) -> None:
    teaching.book(world.section, 2, day=coming())
    alone = plans.lesson(world, plans.rishiri_side(world, 3, coming()), title="物理")
    bookings.book(alone, by=world.sato, now=timezone.now(), intention=uuid4())

    shown = enter(office, "closure", closed_from="08:00")

    hits = [(hit.booking.title, hit.groups, hit.others, hit.is_own) for hit in shown.context["hits"]]
    assert hits == [
        (world.section.name, (world.rishiri_2a.group.label,), (world.rebun.label,), False),
        ("物理", (world.rishiri_2a.group.label,), (), False),
    ]
    page = told(shown)
    assert "休業にして、授業2件から外す" in page
    assert "あとで休業を取り消しても、授業は元に戻りません" in page
    assert "ほかの学校は続く" in page
    assert "8:00から" in page
    kept = enter(office, "closure", closed_from="08:00", shown=shown.context["shown"])
    assert "授業2件から利尻が外れました" in told(kept)


def test_a_closure_that_hits_nothing_says_so_on_its_button(office: Client) -> None:
    assert ">休業にする</button>" in told(enter(office, "closure"))


def test_what_a_closure_hits_costs_the_same_for_one_and_for_many(
    office: Client, world: World, django_assert_num_queries: Any
) -> None:
    def asked() -> Any:
        return enter(office, "closure", last_day=(coming() + timedelta(days=1)).isoformat())

    teaching.book(world.section, 2, day=coming())
    with CaptureQueriesContext(connection) as one:
        asked()
    for number in (3, 4, 5):
        teaching.book(world.section, number, day=coming())

    with django_assert_num_queries(len(one)):
        asked()


def test_a_lesson_booked_meanwhile_is_shown_before_the_school_closes(office: Client, world: World) -> None:
    shown = enter(office, "closure")
    booking = teaching.book(world.section, 2, day=coming()).booking

    response = enter(office, "closure", shown=shown.context["shown"])

    assert response.status_code == 422
    assert "その間にほかの変更がありました" in told(response)
    assert booking.participants.standing().filter(organisation=world.rishiri).exists()
    assert not CalendarDay.objects.exists()


def test_pressing_twice_closes_once(office: Client) -> None:
    shown = enter(office, "closure").context["shown"]

    enter(office, "closure", shown=shown)
    again = enter(office, "closure", shown=shown)

    assert "すでに登録されています" in told(again)
    assert CalendarDay.objects.count() == 1
    assert AuditEntry.objects.filter(event="calendar_day.add").count() == 1


def test_a_shortened_day_shows_what_no_longer_fits_and_takes_the_earlier_ones_place(
    office: Client, world: World
) -> None:
    short = add_bells(world.rishiri, [("8:45", "9:30")], code="short", name="短縮")
    exam = add_bells(world.rishiri, [("9:00", "9:50")], code="exam", name="考査")
    teaching.book(world.section, 2, day=coming())
    for day_type, words in ((short, "2校時がなくなります"), (exam, "影響はありません")):
        shown = enter(office, "day_type", day_type=str(day_type.pk))
        assert words in told(shown)
        enter(office, "day_type", day_type=str(day_type.pk), shown=shown.context["shown"])

    assert [day.day_type for day in CalendarDay.objects.standing()] == [exam]
    assert CalendarDay.objects.count() == 2


def test_a_swap_runs_as_another_weekday(office: Client) -> None:
    shown = enter(office, "swap", runs_as_weekday="5")
    assert shown.status_code == 200

    enter(office, "swap", runs_as_weekday="5", shown=shown.context["shown"])

    assert [day.runs_as_weekday for day in CalendarDay.objects.standing()] == [5]


def test_taking_out_keeps_the_row_and_says_what_does_not_return(office: Client, world: World) -> None:
    teaching.book(world.section, 2, day=coming())
    enter(office, "closure", shown=enter(office, "closure").context["shown"])
    (day,) = CalendarDay.objects.all()
    asked = told(office.get(f"/settings/calendar/withdraw/?row={day.pk}"))
    assert "取り消しても、外れた1件の授業は戻りません" in asked
    assert CalendarDay.objects.standing().count() == 1

    for _again in range(2):
        page = told(office.post("/settings/calendar/withdraw/", {"row": day.pk}, follow=True))
        assert "配信センターに予約し直しを頼んでください" in page

    day.refresh_from_db()
    assert (day.withdrawn_by, CalendarDay.objects.standing().count()) == (world.nakamura, 0)
    assert AuditEntry.objects.filter(event="calendar_day.withdraw").count() == 1


@pytest.mark.parametrize(("kind", "values", "words"), [
    ("event", {"title": ""}, "件名を書いてください"),
    ("event", {"title": "あ" * 81}, "80"),
    ("event", {"first_day": "1900-01-01"}, "1950年から2100年"),
    ("event", {"last_day": "2020-01-01"}, "最終日が開始日より前です。"),
    ("event", {"last_day": "2100-12-31"}, "70日まで"),
    ("event", {"grade": "9"}, "9"),
    ("closure", {"closed_from": "12:00", "closed_until": "11:00"}, "終了は開始より後に"),
    ("day_type", {"day_type": ""}, "日課を選んでください"),
    ("day_type", {"day_type": "0"}, "選んでください"),
    ("swap", {"runs_as_weekday": "7"}, "選んでください"),
    ("swap", {"runs_as_weekday": "1", "first_day": "2026-04-06"}, "過ぎた日"),
])  # fmt: skip
def test_what_cannot_be_is_refused_at_its_field(
    office: Client, kind: str, values: dict[str, str], words: str
) -> None:
    response = enter(office, kind, **values)

    assert response.status_code == 422
    assert words in told(response)
    assert not CalendarDay.objects.exists()


def test_days_are_the_schools_own_and_the_centres(client: Client, world: World) -> None:
    day = CalendarDay.objects.create(
        organisation=world.rebun, date=timezone.localdate(), kind="event", title="避難訓練"
    )
    for user, status in ((world.nakamura, 404), (world.sato, 404), (world.tanaka, 404), (world.kudo, 200)):
        client.force_login(user)
        assert client.get(f"/settings/calendar/?school={world.rebun.pk}").status_code == status
        form = client.get(f"/settings/calendar/new/event/?school={world.rebun.pk}")
        assert form.status_code == status
    client.force_login(world.nakamura)
    assert client.post("/settings/calendar/withdraw/", {"row": day.pk}).status_code == 404
    assert CalendarDay.objects.standing().count() == 1


def test_another_schools_day_type_cannot_be_given(office: Client, world: World) -> None:
    foreign = DayType.objects.get(organisation=world.rebun)

    assert enter(office, "day_type", day_type=str(foreign.pk)).status_code == 422


@pytest.mark.parametrize("year", ["", "x", "0000", "9999", "1950", "2100", "２０２６"])
def test_any_year_shows_a_page(office: Client, year: str) -> None:
    assert office.get("/settings/calendar/", {"year": year}).status_code == 200


def test_an_unknown_kind_is_not_found(office: Client) -> None:
    assert office.get("/settings/calendar/new/holiday/").status_code == 404


def test_who_sees_many_schools_first_reads_what_is_near_in_all_of_them(
    client: Client, world: World, django_assert_num_queries: Any
) -> None:
    client.force_login(world.suzuki)
    today = timezone.localdate()

    def written(school: Organisation, days: int, title: str) -> None:
        CalendarDay.objects.create(
            organisation=school, date=today + timedelta(days=days), kind="event", title=title
        )

    written(world.rebun, 2, "学校祭")
    with CaptureQueriesContext(connection) as one:
        client.get("/settings/calendar/")
    for days in (0, 1, 13):
        written(world.rishiri, days, "考査")
    written(world.rishiri, 14, "遠足")

    with django_assert_num_queries(len(one)):
        response = client.get("/settings/calendar/")

    found = [
        (each.first.organisation, each.first.title, len(each.rows)) for each in response.context["stretches"]
    ]
    assert found == [(world.rishiri, "考査", 2), (world.rebun, "学校祭", 1), (world.rishiri, "考査", 1)]
    page = told(client.get(f"/settings/calendar/?school={world.rebun.pk}"))
    assert "学校祭" in page
    assert "考査" not in page


def test_a_school_reads_its_own_calendar_at_once(office: Client, world: World) -> None:
    assert office.get("/settings/calendar/").context["school"] == world.rishiri
