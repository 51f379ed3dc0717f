"""A term as a file: who may have it, what is in it, and how it is known how far it is."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone

from scheduler import bookings, export_tables, exports, feed_store
from scheduler.models import Organisation, Term, TermExport, User
from scheduler.names import Name
from scheduler.plans import Plan
from tests.cast import NOW, PASSWORD, World
from tests.scheduler import calendar_readers, plans
from tests.scheduler.lessons_provider import plain_lessons

pytestmark = pytest.mark.both_databases
FIRST, LAST = date(2026, 11, 1), date(2026, 11, 30)


@pytest.fixture
def lessons(world: World) -> None:
    """A joint lesson that Rebun left, a cancelled one of Rishiri alone, and one in another term."""
    joint = bookings.book(plans.joint(world, 2), by=world.sato, now=NOW, intention=uuid4())
    bookings.withdraw(
        joint.participants.get(organisation=world.rebun), by=world.kudo, now=NOW, intention=None
    )
    alone = plans.lesson(world, plans.rishiri_side(world, 4), title="=数学Ⅱ")
    booking = bookings.book(alone, by=world.sato, now=NOW, intention=uuid4())
    bookings.cancel(booking, by=world.sato, now=NOW, intention=uuid4())
    later = plans.lesson(world, plans.rishiri_side(world, 3, date(2026, 12, 3)))
    bookings.book(later, by=world.sato, now=NOW, intention=uuid4())
    secret = plans.lesson(world, plans.rishiri_side(world, 5))
    bookings.book(
        Plan("lesson", Name("秘密", "Secret"), secret.organiser_id, secret.sides, visibility="CONFIDENTIAL"),
        by=world.sato, now=NOW, intention=uuid4(),
    )  # fmt: skip


def signed_in(user: User) -> Client:
    client = Client()
    assert client.login(email=user.email, password=PASSWORD)
    return client


def made(organisation: Organisation, form: str, by: User) -> TermExport:
    export = exports.ask(organisation, FIRST, LAST, form, by=by, language="ja", now=NOW)
    with plain_lessons():
        exports.write(export.pk, export.attempt, clock=lambda: NOW)
    export.refresh_from_db()
    return export


def rows(export: TermExport, encoding: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(bytes(export.content).decode(encoding), newline="")))


def test_a_table_has_a_row_for_each_school_of_a_lesson(world: World, lessons: None) -> None:
    export = made(world.centre, "csv", world.admin)

    assert bytes(export.content).startswith(b"\xef\xbb\xbf")
    first, *found = rows(export, "utf-8-sig")
    assert first[:7] == ["日付", "曜日", "開始", "終了", "時間帯", "校時", "学校"]
    assert [(row[2], row[6], row[8], row[12]) for row in found] == [
        ("09:45", "利尻", "数学Ⅱ 合同", "予約"),
        ("09:50", "礼文", "数学Ⅱ 合同", "不参加"),
        ("11:45", "利尻", "'=数学Ⅱ", "取消"),
    ]
    assert found[0][:6] == ["2026-11-26", "木", "09:45", "10:35", "Asia/Tokyo", "2"]
    assert found[0][7:12] == ["2年A組", "数学Ⅱ 合同", "佐藤 直子", "受信機材1", "6"]


def test_a_school_has_its_own_rows_alone_in_the_encoding_that_was_chosen(world: World, lessons: None) -> None:
    found = rows(made(world.rebun, "csv-cp932", world.kudo), "cp932")

    assert [row[6] for row in found[1:]] == ["礼文"]


@pytest.mark.parametrize("beginning", ["=", "＝", "+", "＋", "-", "－", "@", "＠", "\t", "\r"])
def test_a_title_that_begins_as_a_formula_is_words(world: World, beginning: str) -> None:
    plan = plans.lesson(world, plans.rishiri_side(world, 4), title=f"{beginning}1+1")
    bookings.book(plan, by=world.sato, now=NOW, intention=uuid4())

    for form, encoding in (("csv", "utf-8-sig"), ("csv-cp932", "cp932")):
        assert rows(made(world.rishiri, form, world.nakamura), encoding)[1][8] == f"'{beginning}1+1"


def test_older_excel_reads_signs_of_the_same_look_and_sees_what_is_missing(world: World) -> None:
    plan = plans.lesson(world, plans.rishiri_side(world, 4), title="1〜2年 −数学— 𠮷田")
    bookings.book(plan, by=world.sato, now=NOW, intention=uuid4())

    assert rows(made(world.rishiri, "csv-cp932", world.nakamura), "cp932")[1][8] == "1～2年 －数学― 〓田"


def test_a_calendar_has_the_term_and_says_what_was_called_off(world: World, lessons: None) -> None:
    shown = calendar_readers.shown_by_all(bytes(made(world.rishiri, "ics", world.nakamura).content))

    assert [(event.status, event.summary) for event in shown] == [
        ("CONFIRMED", "数学Ⅱ 合同"),
        ("CANCELLED", "【取消】=数学Ⅱ"),
    ]


def test_who_may_export_what(world: World) -> None:
    def choices(user: User) -> list[str]:
        posts = list(user.memberships.select_related("organisation"))
        return [one.short_name for one in exports.exportable(posts)]

    assert choices(world.nakamura) == ["利尻"]
    assert choices(world.admin) == choices(world.suzuki) == ["配信センター", "利尻", "礼文"]
    for user in (world.sato, world.tanaka, world.rishiri_device, world.kato):
        assert choices(user) == []
        assert signed_in(user).get("/exports/").status_code == 404


def test_a_school_asks_for_its_term_and_saves_the_file(world: World) -> None:
    term = Term.objects.create(
        organisation=world.rishiri, academic_year=2026, number=2, name="2学期",
        starts_on=date(2026, 8, 20), ends_on=date(2026, 12, 24),
    )  # fmt: skip
    client = signed_in(world.nakamura)
    assert ">令和8年度 2学期</option>" in client.get("/exports/").content.decode()

    response = client.post("/exports/", {"term": term.pk, "form": "csv"}, follow=True)

    (export,) = TermExport.objects.all()
    assert "ファイルができました" in response.content.decode()
    file = client.get(f"/exports/{export.uid}/file/")
    assert file["Content-Type"] == "text/csv; charset=utf-8"
    assert "2026-08-20-2026-12-24-utf8.csv" in file["Content-Disposition"]
    assert file.content.decode("utf-8-sig").startswith("日付,")


@pytest.mark.parametrize("path", ["", "file/"])
def test_a_file_is_for_who_asked_for_it_alone(world: World, path: str) -> None:
    export = made(world.rishiri, "csv", world.nakamura)

    assert signed_in(world.nakamura).get(f"/exports/{export.uid}/{path}").status_code == 200
    for user in (world.kudo, world.admin, world.sato):
        assert signed_in(user).get(f"/exports/{export.uid}/{path}").status_code == 404
    world.nakamura.memberships.update(valid_until=timezone.localdate())
    assert signed_in(world.nakamura).get(f"/exports/{export.uid}/{path}").status_code == 404


def test_another_schools_term_is_not_there(world: World) -> None:
    client = signed_in(world.kudo)
    form = {"organisation": world.rishiri.pk, "first": "2026-11-01", "last": "2026-11-30", "form": "csv"}

    assert client.get("/exports/", {"organisation": world.rishiri.pk}).status_code == 404
    assert client.post("/exports/", form).status_code == 404
    assert not TermExport.objects.exists()


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        ("", "", "学期を選ぶか"),
        ("2026-11-30", "2026-11-01", "最終日が開始日より前です"),
        ("2026-04-01", "2028-03-31", "1年度分まで"),
        ("9999-12-31", "9999-12-31", "1950年から2100年まで"),
        ("0001-01-01", "0001-01-01", "1950年から2100年まで"),
    ],
)
def test_dates_that_make_no_sense_are_refused_in_words(
    world: World, first: str, last: str, words: str
) -> None:
    response = signed_in(world.nakamura).post("/exports/", {"first": first, "last": last, "form": "csv"})

    assert response.status_code == 422
    assert words in response.content.decode()
    assert not TermExport.objects.exists()


def test_a_page_says_how_far_it_is_and_when_nobody_writes_any_more(world: World, lessons: None) -> None:
    now = timezone.now()
    export = exports.ask(world.rishiri, FIRST, LAST, "csv", by=world.nakamura, language="ja", now=now)
    TermExport.objects.update(state="running", made=1)
    client = signed_in(world.nakamura)

    running = client.get(f"/exports/{export.uid}/")
    assert "2件のうち1件" in running.content.decode()
    assert running["Refresh"] == "2"

    TermExport.objects.update(beat_at=now - exports.SILENT_AFTER - timedelta(seconds=1))
    dead = client.get(f"/exports/{export.uid}/")
    assert "2件のうち1件で止まりました" in dead.content.decode()
    assert "Refresh" not in dead
    again = client.post(f"/exports/{export.uid}/again/", follow=True)
    assert "ファイルができました" in again.content.decode()


def test_a_worker_whose_work_was_begun_anew_or_taken_back_stops(
    world: World, lessons: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_tables, "LOT", 1)
    export = exports.ask(world.rishiri, FIRST, LAST, "csv", by=world.nakamura, language="ja", now=NOW)
    seen = []

    def clock() -> datetime:
        seen.append(list(TermExport.objects.values_list("made", flat=True)))
        if len(seen) == 3:
            exports.again(export, now=NOW)
        return NOW

    exports.write(export.pk, 1, clock=clock)

    assert len(seen) == 3
    (row,) = TermExport.objects.all()
    assert (row.state, row.attempt, bytes(row.content)) == ("waiting", 2, b"")
    signed_in(world.nakamura).post(f"/exports/{export.uid}/stop/")
    assert not TermExport.objects.exists()
    exports.write(export.pk, 2, clock=lambda: NOW)


def test_an_export_that_fails_says_so(world: World, lessons: None) -> None:
    export = exports.ask(world.rishiri, FIRST, LAST, "csv", by=world.nakamura, language="ja", now=NOW)

    def lost(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        """The database goes away while the lessons are read."""
        if "scheduler_participant" in sql:
            raise OperationalError("server closed the connection unexpectedly")
        return execute(sql, *rest)

    with connection.execute_wrapper(lost), pytest.raises(OperationalError):
        exports.write(export.pk, 1, clock=lambda: NOW)

    assert "もう一度始める" in signed_in(world.nakamura).get(f"/exports/{export.uid}/").content.decode()


def test_files_and_stored_events_are_forgotten_in_time(world: World, lessons: None) -> None:
    made(world.rishiri, "ics", world.nakamura)

    assert exports.remove_old(now=NOW + exports.KEPT) == 0
    assert exports.remove_old(now=NOW + exports.KEPT + timedelta(seconds=1)) == 1
    assert feed_store.prune(now=NOW + feed_store.KEPT + timedelta(seconds=1)) == 2
