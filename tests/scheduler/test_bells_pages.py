"""A school's bell tables and week on their pages: what is refused, what is shown first, what is kept."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from scheduler.models import AuditEntry, BellSchedule, DayPattern, DayType, Organisation, Period
from tests.cast import RISHIRI_BELLS, World, add_bells
from tests.classrooms import teaching
from tests.classrooms.dates import coming

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

TODAY = timezone.localdate


@pytest.fixture
def office(client: Client, world: World) -> Client:
    client.force_login(world.nakamura)
    return client


def typed(*table: tuple[str, str], **values: str) -> dict[str, str]:
    rows = {f"start_{n}": start for n, (start, _end) in enumerate(table, 1)}
    rows |= {f"end_{n}": end for n, (_start, end) in enumerate(table, 1)}
    usual = {"day_type": "通常", "valid_from": TODAY().isoformat(), "last_day": ""}
    return usual | rows | values


def later(minutes: int) -> list[tuple[str, str]]:
    """Rishiri's table, every bell so many minutes later."""

    def moved(clock: str) -> str:
        hour, minute = (int(part) for part in clock.split(":"))
        total = hour * 60 + minute + minutes
        return f"{total // 60:02}:{total % 60:02}"

    return [(moved(start), moved(end)) for start, end in RISHIRI_BELLS]


def show(client: Client, values: dict[str, str], **more: Any) -> Any:
    return client.post("/settings/bells/new/", values, **more)


def keep(client: Client, values: dict[str, str], shown: Any) -> Any:
    """Presses the deciding button on the page that was shown."""
    return client.post("/settings/bells/new/", {**values, "shown": shown.context["shown"]}, follow=True)


def told(response: Any) -> str:
    content: bytes = response.content
    return content.decode()


def test_a_new_table_shows_what_would_no_longer_fit_before_it_is_kept(office: Client, world: World) -> None:
    booking = teaching.book(world.section, 2, day=coming()).booking
    values = typed(*later(10))

    shown = show(office, values)

    assert shown.status_code == 200
    assert "予約済みの授業1件が校時と合わなくなります" in told(shown)
    assert "2校時は9:55–10:45になります" in told(shown)
    assert BellSchedule.objects.filter(day_type__organisation=world.rishiri).count() == 1

    kept = keep(office, values, shown)

    assert "日課表を登録しました" in told(kept)
    old, new = BellSchedule.objects.filter(day_type__organisation=world.rishiri).order_by("valid_from")
    assert old.valid_until is None
    assert [(f"{p.starts_at:%H:%M}", f"{p.ends_at:%H:%M}") for p in new.periods.all()] == later(10)
    booking.refresh_from_db()
    assert booking.state == "confirmed"
    entry = AuditEntry.objects.get(event="bells.add")
    assert (entry.actor_id, entry.object_key) == (world.nakamura.pk, str(new.pk))


def test_the_same_table_sent_twice_is_kept_once(office: Client, world: World) -> None:
    values = typed(*later(10))
    shown = show(office, values)

    keep(office, values, shown)
    again = keep(office, values, shown)

    assert "日課表を登録しました" in told(again)
    assert BellSchedule.objects.filter(day_type__organisation=world.rishiri).count() == 2
    assert AuditEntry.objects.filter(event="bells.add").count() == 1


def test_a_word_given_to_something_else_shows_it_anew(office: Client, world: World) -> None:
    values = typed(*later(10))
    shown = show(office, values)
    teaching.book(world.section, 2, day=coming())

    response = keep(office, values, shown)

    assert response.status_code == 422
    assert "その間にほかの変更がありました" in told(response)
    assert "予約済みの授業1件" in told(response)
    assert BellSchedule.objects.filter(day_type__organisation=world.rishiri).count() == 1


@pytest.mark.parametrize(("values", "words"), [
    ({"start_2": "09:00"}, "1校時が終わる前に始まっています"),
    ({"end_1": "08:40"}, "終了は開始より後に"),
    ({"end_1": "08:50"}, "10分から150分"),
    ({"end_6": "23:00"}, "6:00から22:30"),
    ({"end_1": ""}, "空です"),
    ({"start_1": "8時"}, "時"),
    ({"day_type": ""}, "日課を書いてください"),
    ({"valid_from": "2026-13-01"}, "日付"),
    ({"last_day": "1999-01-01"}, "最終日が開始日より前です。"),
    ({f"{side}_{n}": "" for side in ("start", "end") for n in range(1, 7)}, "1校時以上"),
])  # fmt: skip
def test_times_that_cannot_be_are_refused_at_their_field(
    office: Client, world: World, values: dict[str, str], words: str
) -> None:
    response = show(office, typed(*RISHIRI_BELLS) | values)

    assert response.status_code == 422
    assert words in told(response)
    assert 'id="errors"' in told(response)
    assert BellSchedule.objects.filter(day_type__organisation=world.rishiri).count() == 1


def test_a_table_does_not_change_days_that_are_over(office: Client) -> None:
    yesterday = (TODAY() - timedelta(days=1)).isoformat()

    response = show(office, typed(*later(10), valid_from=yesterday))

    assert response.status_code == 422
    assert "今日以降の日から" in told(response)


def test_a_new_day_type_may_begin_in_the_past(office: Client, world: World) -> None:
    values = typed(("08:45", "09:30"), day_type="45分授業", valid_from="2026-04-01")

    keep(office, values, show(office, values))

    made = DayType.objects.get(organisation=world.rishiri, name="45分授業")
    assert Period.objects.filter(bell_schedule__day_type=made).count() == 1


def test_a_table_to_come_is_taken_out_and_one_that_rings_is_not(office: Client, world: World) -> None:
    tomorrow = (TODAY() + timedelta(days=1)).isoformat()
    values = typed(*later(10), valid_from=tomorrow)
    keep(office, values, show(office, values))
    old, new = BellSchedule.objects.filter(day_type__organisation=world.rishiri).order_by("valid_from")

    assert "取り消しました" in told(office.post(f"/settings/bells/{new.pk}/remove/", follow=True))
    assert "もう始まっています" in told(office.post(f"/settings/bells/{old.pk}/remove/", follow=True))

    assert list(BellSchedule.objects.filter(day_type__organisation=world.rishiri)) == [old]
    assert AuditEntry.objects.filter(event="bells.remove").count() == 1


def test_the_week_changes_from_a_day_on_and_keeps_what_was(office: Client, world: World) -> None:
    short = add_bells(world.rishiri, [("8:45", "9:30")], code="short", name="短縮")
    teaching.book(world.section, 2, day=coming())
    normal = DayType.objects.get(organisation=world.rishiri, code="normal")
    days = {f"day_{n}": str(normal.pk) for n in range(5)} | {"day_3": str(short.pk), "day_5": ""}
    values = {**days, "valid_from": TODAY().isoformat()}

    shown = office.post("/settings/bells/week/", values)
    assert "2校時がなくなります" in told(shown)
    kept = office.post("/settings/bells/week/", {**values, "shown": shown.context["shown"]}, follow=True)

    assert "登録しました" in told(kept)
    thursdays = DayPattern.objects.filter(organisation=world.rishiri, weekday=3).order_by("valid_from")
    assert [(p.day_type, p.valid_until) for p in thursdays] == [(normal_of(world), TODAY()), (short, None)]
    assert DayPattern.objects.filter(organisation=world.rishiri).count() == 6


def normal_of(world: World) -> DayType:
    return DayType.objects.get(organisation=world.rishiri, code="normal")


def test_bells_are_the_schools_own_and_the_centres(client: Client, world: World) -> None:
    table = BellSchedule.objects.get(day_type__organisation=world.rebun)
    paths = [
        f"/settings/bells/?school={world.rebun.pk}",
        f"/settings/bells/new/?school={world.rebun.pk}",
        f"/settings/bells/week/?school={world.rebun.pk}",
        f"/settings/bells/{table.pk}/remove/",
    ]
    for user, status in (
        (world.nakamura, 404), (world.tanaka, 404), (world.sato, 404), (world.kato, 404),
        (world.kudo, 200), (world.suzuki, 200), (world.admin, 200),
    ):  # fmt: skip
        client.force_login(user)
        assert [client.get(path).status_code for path in paths] == [status] * 4, user.email


@pytest.mark.parametrize("school", ["0", "x", "9" * 30, "１", "-1"])
def test_a_nonsensical_school_is_not_found(office: Client, school: str) -> None:
    assert office.get("/settings/bells/", {"school": school}).status_code == 404


def test_a_school_without_bells_is_told_what_to_do(client: Client, world: World) -> None:
    bare = Organisation.objects.create(kind="high_school", code="S9", name="新設高等学校", short_name="新設")
    client.force_login(world.suzuki)

    page = told(client.get(f"/settings/bells/?school={bare.pk}"))

    assert "日課表はまだ登録されていません" in page
