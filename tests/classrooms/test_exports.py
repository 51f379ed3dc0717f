"""A school's term as files, and its lessons counted."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from classrooms import attendance_export, confirming, lesson_counts, lessons, register_sheet, registers, terms
from classrooms.models import AttendanceMark, Enrolment, Lesson, Reception, Student
from realtime.models import Visit
from scheduler import closures
from scheduler.models import Term
from scheduler.names import Name
from scheduler.spreadsheets import Encoding, lacking, written
from tests.cast import NOW, World, at
from tests.classrooms.registering import REBUN_PUPILS, add_pupils, add_remote_seat, clock, side, visit
from tests.classrooms.rosters import add_pupil, enrol
from tests.classrooms.teaching import book, hold

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

DAY = date(2026, 11, 19)
"""A Thursday that is over whenever this is run."""
BEFORE = at("9:00", date(2026, 11, 9))
AFTER = at("17:00", DAY)
Mark = AttendanceMark.Mark


def past(world: World, number: int, day: date = DAY) -> Lesson:
    return book(world.section, number, day=day, now=BEFORE)


def mark(
    reception: Reception,
    pupil: Student,
    what: str,
    world: World,
    *,
    note: str | None = None,
    reason: str = "",
) -> None:
    registers.mark(
        reception,
        pupil.pk,
        mark=what,
        by=world.tanaka,
        now=AFTER,
        intention=uuid4(),
        note=note,
        reason=reason,
    )


def sign(reception: Reception, world: World, outcome: str = "held", now: datetime = AFTER) -> None:
    seen = register_sheet.load(reception, now).version
    confirming.confirm(reception, outcome=outcome, seen=seen, by=world.nakamura, post="教頭", now=now)


def term(world: World) -> Term:
    return Term.objects.get_or_create(
        organisation=world.rishiri, academic_year=2026, number=2,
        defaults={"name": "後期", "starts_on": date(2026, 10, 1), "ends_on": date(2027, 3, 31)},
    )[0]  # fmt: skip


def found(world: World, now: datetime = AFTER) -> Iterable[attendance_export.Register]:
    span = term(world)
    receptions = lesson_counts.within(span.starts_on, span.ends_on, world.rishiri)
    return attendance_export.registers(lesson_counts.taken_place(receptions, now), now)


def marks(world: World, now: datetime = AFTER) -> list[dict[str, str]]:
    head, *rows = attendance_export.rows(found(world, now), term(world))
    return [dict(zip(head, row, strict=True)) for row in rows]


def sums(world: World, now: datetime = AFTER) -> list[dict[str, str]]:
    head, *rows = attendance_export.sum_rows(found(world, now), term(world))
    return [dict(zip(head, row, strict=True)) for row in rows]


def taken(client: Client, address: str) -> bytes:
    return b"".join(client.get(address))


def test_every_pupil_of_every_lesson_has_a_line_with_all_columns(world: World) -> None:
    pupils = add_pupils(world)
    lesson = past(world, 2)
    reception = side(lesson, world.rishiri)
    visit(lesson, world.rishiri_device, "9:40", "10:11", Visit.EndReason.TIMEOUT, day=DAY, peer="p")
    visit(lesson, world.rishiri_device, "10:13", "10:35", began=Visit.Began.LINE, day=DAY, peer="p")
    mark(reception, pupils[1], Mark.LATE, world, note="9:53 入室")
    mark(reception, pupils[4], Mark.ABSENT, world)

    rows = marks(world)

    assert len(rows) == 5
    assert rows[1] == {
        "学校コード": "S1", "学校名": "北海道利尻高等学校", "年度": "2026", "学期": "後期",
        "日付": "2026-11-19", "校時": "2", "開始": "09:45", "終了": "10:35",
        "講座": "数学Ⅱ（2年・合同）", "科目": "数学Ⅱ",
        "学級": "2年A組", "出席番号": "2", "学籍番号": "26002", "氏名": "石井 美月", "出欠": "遅刻",
        "確定": "未", "確定日時": "", "受信分": "48", "通信障害分": "2", "備考": "9:53 入室",
    }  # fmt: skip
    assert [row["出欠"] for row in rows] == ["出席", "遅刻", "出席", "出席", "欠課"]
    assert not {row["氏名"] for row in rows} & set(REBUN_PUPILS)


def test_a_confirmed_lesson_is_written_as_it_was_signed_with_later_corrections(world: World) -> None:
    pupils = add_pupils(world)
    lesson = past(world, 2)
    reception = side(lesson, world.rishiri)
    visit(lesson, world.rishiri_device, "9:40", "10:35", day=DAY)
    sign(reception, world)
    Student.objects.filter(pk=pupils[0].pk).update(name="改姓 陸", seat=40)
    Visit.objects.all().delete()
    Enrolment.objects.filter(student=pupils[2]).delete()
    mark(reception, pupils[3], Mark.LATE, world, reason="保健室にいた")

    rows = marks(world)

    assert [row["氏名"] for row in rows] == ["青山 陸", "石井 美月", "大野 健太", "木村 さくら", "中村 葵"]
    assert {(row["確定"], row["確定日時"], row["受信分"]) for row in rows} == {
        ("済", "2026-11-19 17:00", "50")
    }
    assert [(row["出欠"], row["備考"]) for row in rows][3] == ("遅刻", "確定後に訂正：保健室にいた")


def test_a_pupil_from_home_has_their_own_minutes(world: World) -> None:
    pupils = add_pupils(world)
    pupils[3].user = world.kato
    pupils[3].save()
    add_remote_seat(pupils[3], world.nakamura)
    lesson = past(world, 2)
    visit(lesson, world.rishiri_device, "9:45", "10:35", day=DAY)
    visit(lesson, world.kato, "9:48", "10:35", day=DAY, standing=Visit.Standing.SEAT, school=world.rishiri)

    before = marks(world)[3]
    sign(side(lesson, world.rishiri), world)
    after = marks(world)[3]

    assert (before["出欠"], before["受信分"]) == ("遠隔参加", "47")
    assert (after["出欠"], after["受信分"]) == ("遠隔参加", "47")


def test_self_study_is_said_and_what_did_not_take_place_is_left_out(world: World) -> None:
    add_pupils(world)
    studied, called_off, closed = (past(world, 2), past(world, 4), past(world, 2, DAY - timedelta(days=1)))
    past(world, 5, date(2026, 11, 20))
    hold(world, 6)
    sign(side(studied, world.rishiri), world, "self_study")
    lessons.cancel(called_off, by=world.suzuki, now=BEFORE, intention=uuid4())
    closures.close(world.rishiri, DAY - timedelta(days=1), title=Name("臨時休業"), by=None, now=BEFORE)

    rows = marks(world)

    assert {(row["日付"], row["校時"], row["備考"]) for row in rows} == {("2026-11-19", "2", "自習")}
    assert closed.pk != studied.pk


def test_sums_add_up_by_pupil_and_section(world: World) -> None:
    pupils = add_pupils(world)
    marked = (
        Mark.ABSENT, Mark.LATE, Mark.LEFT_EARLY, Mark.SUSPENDED, Mark.MOURNING, Mark.OFFICIAL,
    )  # fmt: skip
    days = [DAY - timedelta(days=7 * weeks) for weeks in range(6)]
    for day, what in zip(days, marked, strict=True):
        reception = side(book(world.section, 2, day=day, now=at("9:00", date(2026, 10, 1))), world.rishiri)
        mark(reception, pupils[0], what, world)
    sign(reception, world)

    first, second, *_ = sums(world)

    assert {key: first[key] for key in attendance_export.SUM_COLUMNS[9:]} == {
        "氏名": "青山 陸", "授業時数": "6", "出席": "2", "欠課": "1", "遅刻": "1", "早退": "1", "出停": "1",
        "忌引": "1", "公欠": "1", "遠隔参加": "0", "未確定": "5",
    }  # fmt: skip
    assert (second["授業時数"], second["出席"]) == ("6", "6")


def test_a_corrected_number_gives_nobody_the_absences_of_another(world: World) -> None:
    first, second, *_ = add_pupils(world)
    earlier, later = past(world, 2, DAY - timedelta(days=1)), past(world, 2)
    mark(side(earlier, world.rishiri), first, Mark.ABSENT, world)
    sign(side(earlier, world.rishiri), world)
    for number, pupil in (("26900", first), ("26001", second)):
        Student.objects.filter(pk=pupil.pk).update(number=number)
    mark(side(later, world.rishiri), second, Mark.LATE, world)

    told = [(row["学籍番号"], row["氏名"], row["授業時数"], row["欠課"], row["遅刻"]) for row in sums(world)]

    assert told[:2] == [("26900", "青山 陸", "2", "1", "0"), ("26001", "石井 美月", "2", "0", "1")]
    assert len(told) == 5


def test_lessons_are_counted_by_section_and_by_school(world: World) -> None:
    add_pupils(world)
    held, studied, gone = past(world, 2), past(world, 4), past(world, 5)
    book(world.section, 2)
    hold(world, 3)
    sign(side(held, world.rishiri), world)
    sign(side(studied, world.rishiri), world, "self_study")
    lessons.withdraw_school(side(gone, world.rebun), by=world.suzuki, now=BEFORE, intention=uuid4())
    everything = lesson_counts.within(date(2026, 4, 1), date(2027, 3, 31))

    by_school = {line.school.ja: line.counts for line in lesson_counts.by_school(everything, AFTER)}
    by_section = lesson_counts.by_section(everything, AFTER)

    assert by_school == {
        "利尻": lesson_counts.Counts(4, held=2, self_study=1, lost=0, to_come=1, unconfirmed=1),
        "礼文": lesson_counts.Counts(4, held=2, self_study=0, lost=1, to_come=1, unconfirmed=2),
    }
    assert [(line.school.ja, line.section.ja) for line in by_section] == [
        ("利尻", "数学Ⅱ（2年・合同）"), ("礼文", "数学Ⅱ（2年・合同）"),
    ]  # fmt: skip
    assert lesson_counts.total(by_section).planned == 8


def test_the_files_come_in_both_encodings_and_name_nobody_in_their_names(
    client: Client, world: World
) -> None:
    enrol(add_pupil(world.rishiri_2a, "𠮷田 〜陸", number="=1+1"), world.section)
    past(world, 2)
    client.force_login(world.nakamura)
    address = f"/records/marks.csv?term={term(world).pk}"

    utf8, cp932 = taken(client, address), taken(client, f"{address}&encoding=cp932")
    head, other = client.get(address), client.get(f"{address}&encoding=cp932")

    assert head.headers["Content-Disposition"] == 'attachment; filename="marks-S1-2026-2-utf8.csv"'
    assert other.headers["Content-Disposition"] == 'attachment; filename="marks-S1-2026-2-sjis.csv"'
    assert head.headers["Cache-Control"] == "private, no-store"
    assert utf8.startswith(b"\xef\xbb\xbf")
    (columns, line) = csv.reader(io.StringIO(utf8.decode("utf-8-sig"), newline=""))
    assert tuple(columns) == attendance_export.COLUMNS
    assert line[12:14] == ["'=1+1", "𠮷田 〜陸"]
    (_, line) = csv.reader(io.StringIO(cp932.decode("cp932"), newline=""))
    assert line[13] == "〓田 ～陸"
    assert utf8.count(b"\r\n") == 2


def test_the_page_says_beforehand_what_is_unconfirmed_and_what_shift_jis_lacks(
    client: Client, world: World
) -> None:
    enrol(add_pupil(world.rishiri_2a, "𠮷田 𠮷子"), world.section)
    past(world, 2)
    client.force_login(world.nakamura)

    page = client.get(f"/records/?term={term(world).pk}").content.decode()

    assert "まだ確定していない授業が1回あります" in page
    assert "Shift_JISにない文字が1種類あり" in page
    assert "𠮷</b>" in page


def test_each_reader_of_records_reads_what_is_theirs(client: Client, world: World) -> None:
    enrol(add_pupil(world.rishiri_2a, "木村 さくら"), world.section)
    past(world, 2)

    def page(user: object) -> str:
        client.force_login(user)  # type: ignore[arg-type]
        return client.get("/records/").content.decode()

    assert all(word in page(world.nakamura) for word in ("数学Ⅱ（2年・合同）", "marks.csv"))
    assert "marks.csv" not in page(world.tanaka)
    centre = page(world.suzuki)
    assert all(word in centre for word in ("利尻", "礼文"))
    assert not any(word in centre for word in ("木村", "marks.csv", "/pupils/"))
    assert "/pupils/" in page(world.sato)
    assert "数学Ⅱ（2年・合同）" not in page(world.ito)
    client.force_login(world.rishiri_device)
    assert client.get("/records/").status_code == 404


def test_without_terms_the_whole_year_is_there(client: Client, world: World) -> None:
    enrol(add_pupil(world.rishiri_2a), world.section)
    past(world, 2)
    client.force_login(world.nakamura)

    page = client.get("/records/?term=year-2026").content.decode()
    file = taken(client, "/records/sums.csv?term=year-2026").decode("utf-8-sig")

    assert "学期がまだ登録されていない" in page
    assert file.splitlines()[1].split(",")[2:4] == ["2026", "通年"]
    for nonsense in ("year-99999", "year-1066", "x", "9" * 30):
        assert client.get("/records/", {"term": nonsense}).status_code == 404
        assert client.get("/records/marks.csv", {"term": nonsense}).status_code == 404


def test_a_date_lies_in_its_term(world: World) -> None:
    assert terms.of_school(world.rishiri) == []
    own = term(world)
    assert lesson_counts.within(own.starts_on, own.ends_on, world.rishiri).count() == 0
    book(world.section, 2, day=date(2026, 10, 1), now=at("9:00", date(2026, 9, 1)))
    book(world.section, 2, day=date(2026, 9, 30), now=at("9:00", date(2026, 9, 1)))
    assert lesson_counts.within(own.starts_on, own.ends_on, world.rishiri).count() == 1


def test_more_lessons_cost_no_more_queries(world: World) -> None:
    add_pupils(world)
    sign(side(past(world, 2), world.rishiri), world)
    past(world, 4)
    term(world)
    with CaptureQueriesContext(connection) as few:
        assert len(marks(world)) == 10
    for weeks in range(1, 5):
        book(world.section, 2, day=DAY - timedelta(days=7 * weeks), now=at("9:00", date(2026, 10, 1)))
    with CaptureQueriesContext(connection) as many:
        assert len(marks(world)) == 30

    assert len(many) == len(few) <= 12


def test_signs_that_cp932_lacks_are_counted_and_look_alikes_kept() -> None:
    assert lacking("𠮷野〜髙﨑—①𩸽〓") == 2
    assert b"".join(written([["𠮷〜"]], Encoding.CP932)).decode("cp932") == "〓～\r\n"


def test_what_was_measured_before_the_bell_is_not_counted(world: World) -> None:
    add_pupils(world)
    lesson = past(world, 2)
    visit(lesson, world.rishiri_device, clock("9:20", DAY), clock("9:55:59", DAY))

    assert marks(world)[0]["受信分"] == "10"
    assert NOW > AFTER
