"""Bell tables and calendar days from files: what is refused and why, what is shown, all or nothing."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from classrooms.demonstration import schools as demonstration
from scheduler.bell_lists import BellListing
from scheduler.models import AuditEntry, BellSchedule, CalendarDay, DayPattern, Organisation, Period
from scheduler.school_day_lists import SchoolDayListing
from tests.cast import World, add_bells
from tests.classrooms import teaching
from tests.classrooms.dates import coming
from tests.scheduler.listing import exported, problems, read_in, template, upload, word

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

BELLS = "機関コード,日課,適用開始日,適用最終日,曜日,校時,開始,終了"
DAYS = "機関コード,日付,種類,件名,英語名,学年,休業開始,休業終了,日課,曜日"
DATA = Path(demonstration.__file__).parent / "data"


@pytest.fixture
def centre(client: Client, world: World) -> Client:
    client.force_login(world.suzuki)
    return client


@pytest.fixture
def office(client: Client, world: World) -> Client:
    client.force_login(world.nakamura)
    return client


def told(response: Any) -> str:
    content: bytes = response.content
    return content.decode()


def _tables(**more: str) -> str:
    """The demonstration's real bell tables, one school for each."""
    lines = [BELLS]
    with (DATA / "bells.csv").open() as file:
        for row in csv.DictReader(file):
            if row["season"]:
                continue
            name, days = ("通常", "月火水木金") if row["day_type"] == "normal" else (row["day_type"], "")
            cells = [row["bells"], name, "2026-04-01", "", days, row["period"], row["start"], row["end"]]
            lines.append(",".join(cells))
    return "\r\n".join(lines)


def _add_schools(text: str) -> list[Organisation]:
    codes = sorted({line.split(",")[0] for line in text.splitlines()[1:]})
    return [
        Organisation.objects.create(
            kind=Organisation.Kind.HIGH_SCHOOL, code=code, name=code, short_name=code, district="空知"
        )
        for code in codes
    ]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp932"])
def test_real_bell_tables_are_read_in_and_the_same_file_again_changes_nothing(
    centre: Client, encoding: str
) -> None:
    text = _tables()
    schools = _add_schools(text)

    page = told(read_in(centre, "bells", text.encode(encoding)))

    assert "読み込みました" in page
    periods = Period.objects.filter(bell_schedule__day_type__organisation__in=schools)
    assert periods.count() == len(text.splitlines()) - 1
    assert DayPattern.objects.filter(organisation__in=schools).count() == 5 * len(schools)
    again = upload(centre, "bells", text.encode(encoding))
    assert (again.context["preview"].changes, again.status_code) == ((), 200)
    assert AuditEntry.objects.filter(event="list.import").count() == 1


@pytest.mark.parametrize("encoding", ["utf-8", "cp932"])
@pytest.mark.parametrize("slug", ["bells", "calendar"])
def test_what_is_written_out_reads_back_without_a_change(
    centre: Client, world: World, slug: str, encoding: str
) -> None:
    short = add_bells(world.rebun, [("8:50", "9:30")], code="short", name="=短縮")
    columns: dict[str, Any] = {"organisation": world.rebun, "date": coming()}
    CalendarDay.objects.create(**columns, kind="day_type", day_type=short, title="三者面談")
    CalendarDay.objects.create(**columns, kind="closure", closed_from="13:00", title="吹雪", grade=2)
    CalendarDay.objects.create(**columns, kind="event", title="@学校祭", title_en="Festival")
    CalendarDay.objects.create(**columns, kind="swap", runs_as_weekday=0, title="月曜授業", grade=1)

    preview = upload(centre, slug, exported(centre, slug, encoding)).context["preview"]

    assert (preview.problems, preview.changes) == ((), ())
    assert preview.unchanged > 3


def test_a_new_table_shows_the_lessons_it_moves_away_from_and_keeps_the_old_one(
    office: Client, world: World
) -> None:
    teaching.book(world.section, 1, day=coming())
    today = timezone.localdate()
    text = f"{BELLS}\nS1,通常,{today},,,1,9:00,9:50\nS1,通常,{today},,,2,10:00,10:50\n"

    shown = upload(office, "bells", text)
    assert [c.effect for c in shown.context["preview"].changes] == [
        "予約済みの授業1件が校時と合わなくなります"
    ]
    word(office, "bells", shown)

    assert BellSchedule.objects.filter(day_type__organisation=world.rishiri).count() == 2


@pytest.mark.parametrize(("line", "column", "words"), [
    ("S2,通常,2027-04-01,,,1,9:00,9:50", "機関コード", "設定できる機関の中にありません"),
    ("X9,通常,2027-04-01,,,1,9:00,9:50", "機関コード", "設定できる機関の中にありません"),
    (",通常,2027-04-01,,,1,9:00,9:50", "機関コード", "空です"),
    ("S1,,2027-04-01,,,1,9:00,9:50", "日課", "空です"),
    ("S1,通常,2027-04-31,,,1,9:00,9:50", "適用開始日", "日付として読めません"),
    ("S1,通常,2027-04-01,2027-03-01,,1,9:00,9:50", "適用最終日", "前"),
    ("S1,通常,2027-04-01,,月祝,1,9:00,9:50", "曜日", "月火水木金"),
    ("S1,通常,2027-04-01,,,13,9:00,9:50", "校時", "0から12まで"),
    ("S1,通常,2027-04-01,,,1,9時,9:50", "開始", "時刻として読めません"),
    ("S1,通常,2027-04-01,,,1,9:00,8:50", "校時", "終了は開始より後"),
    ("S1,通常,2026-05-01,,,1,9:00,9:50", "適用開始日", "今日以降"),
    ("S1,通常,2026-04-01,,,1,9:00,9:50", "適用開始日", "別の開始日"),
])  # fmt: skip
def test_every_wrong_cell_of_a_bell_table_is_told(office: Client, line: str, column: str, words: str) -> None:
    found = problems(office, "bells", f"{BELLS}\n{line}\n")

    assert [(n, where) for n, where, _ in found] == [(2, column)]
    assert words in found[0][2]
    assert BellSchedule.objects.count() == 2


@pytest.mark.parametrize(("lines", "line", "words"), [
    (("1,9:00,9:50", "1,10:00,10:50"), 3, "この校時が2つ"),
    (("1,9:00,9:50", "2,9:40,10:30"), 3, "1校時が終わる前"),
])  # fmt: skip
def test_lines_of_one_table_must_agree(office: Client, lines: tuple[str, str], line: int, words: str) -> None:
    text = "\n".join([BELLS, *(f"S1,通常,2027-04-01,,,{each}" for each in lines)])

    found = problems(office, "bells", text)

    assert [(n, column) for n, column, _ in found] == [(line, "校時")]
    assert words in found[0][2]


def test_one_weekday_has_one_day_type(office: Client) -> None:
    text = f"{BELLS}\nS1,甲,2027-04-01,,月,1,9:00,9:50\nS1,乙,2027-04-01,,月,1,9:00,9:50\n"

    assert [(n, column) for n, column, _ in problems(office, "bells", text)] == [(3, "曜日")]


def test_calendar_days_are_read_in_with_what_they_hit(office: Client, world: World) -> None:
    add_bells(world.rishiri, [("8:45", "9:30")], code="short", name="短縮授業")
    lesson = teaching.book(world.section, 2, day=coming())
    next_week = coming() + timedelta(days=7)
    text = "\n".join([
        DAYS,
        f"S1,{coming()},臨時休業,吹雪,,,,,,",
        f"S1,{next_week},日課変更,三者面談,,,,,短縮授業,",
        f"S1,{next_week},行事,学校祭,Festival,2,,,,",
        f"S1,{next_week + timedelta(days=1)},曜日振替,月曜授業,,,,,,月",
    ])  # fmt: skip

    shown = upload(office, "calendar", text)
    effects = [change.effect for change in shown.context["preview"].changes]
    assert effects[0] == "予約済みの授業1件からこの学校が外れます"
    page = told(word(office, "calendar", shown))

    assert "新規4件" in page
    assert CalendarDay.objects.standing().count() == 4
    assert not lesson.booking.participants.standing().filter(organisation=world.rishiri).exists()
    assert upload(office, "calendar", text).context["preview"].unchanged == 4


@pytest.mark.parametrize(("line", "column", "words"), [
    ("S1,2027-05-10,休み,x,,,,,,", "種類", "行事、臨時休業、日課変更、曜日振替"),
    ("S1,2027-05-10,行事,,,,,,,", "件名", "空です"),
    ("S1,2027-05-10,行事,x,,5,,,,", "学年", "1から4まで"),
    ("S1,2027-05-10,行事,x,,,9:00,,,", "休業開始", "行事のときは空に"),
    ("S1,2027-05-10,臨時休業,x,,,12:00,11:00,,", "休業終了", "終了は開始より後"),
    ("S1,2027-05-10,日課変更,x,,,,,,", "日課", "空です"),
    ("S1,2027-05-10,日課変更,x,,,,,考査,", "日課", "学校にある日課：通常"),
    ("S1,2027-05-10,曜日振替,x,,,,,,祝", "曜日", "次のどれか"),
    ("S1,2026-05-11,曜日振替,x,,,,,,月", "日付", "過ぎた日"),
    ("S2,2027-05-10,行事,x,,,,,,", "機関コード", "設定できる機関の中にありません"),
])  # fmt: skip
def test_every_wrong_cell_of_a_calendar_is_told(office: Client, line: str, column: str, words: str) -> None:
    good = f"S1,{date(2027, 5, 10)},行事,開校記念日,,,,,,"

    found = problems(office, "calendar", f"{DAYS}\n{good}\n{line}\n")

    assert [(n, where) for n, where, _ in found] == [(3, column)]
    assert words in found[0][2]
    assert not CalendarDay.objects.exists()


def test_what_changed_since_the_preview_is_shown_anew(office: Client, world: World) -> None:
    shown = upload(office, "calendar", f"{DAYS}\nS1,{coming()},臨時休業,吹雪,,,,,,\n")
    teaching.book(world.section, 2, day=coming())

    response = word(office, "calendar", shown)

    assert response.status_code == 422
    assert "その間にほかの変更がありました" in told(response)
    assert not CalendarDay.objects.exists()


@pytest.mark.parametrize("slug", ["bells", "calendar"])
def test_the_template_is_a_file_of_the_lists_own_columns(centre: Client, world: World, slug: str) -> None:
    Organisation.objects.create(kind="high_school", code="S01", name="見本", short_name="見本")

    response = upload(centre, slug, template(centre, slug, "cp932"))

    assert "preview" in response.context
    assert {one.column for one in response.context["preview"].problems} <= {"日課"}


def test_lists_are_not_found_for_who_sets_up_nothing(client: Client, world: World) -> None:
    for user in (world.sato, world.tanaka, world.kato):
        client.force_login(user)
        for path in ("import/", "template.csv", "list.csv"):
            assert client.get(f"/settings/lists/bells/{path}").status_code == 404
    client.force_login(world.nakamura)
    assert client.get("/settings/lists/pigeons/import/").status_code == 404
    assert "S2" not in exported(client, "bells").decode()


_cells = st.one_of(
    st.sampled_from(["S1", "S2", "通常", "2027-04-01", "2026-11-30", "月", "1", "9:00", "9:50",
                     "行事", "曜日振替", "臨時休業", "日課変更",
                     "", "=1+1", "９：００", "R9.4.1", "24:00", "0", "-1", "\u3000"]),
    st.text(max_size=8),
)  # fmt: skip


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    slug=st.sampled_from(["bells", "calendar"]),
    rows=st.lists(st.lists(_cells, min_size=1, max_size=11), min_size=1, max_size=5),
)
@example(slug="bells", rows=[["S1", "通常", "2027-04-01", "", "月", "1", "9:00", "9:50"]])
@example(slug="calendar", rows=[["S1", "2026-11-30", "曜日振替", "x", "", "", "", "", "", "月"]])
def test_any_cells_are_answered_and_never_half_written(
    office: Client, slug: str, rows: list[list[str]]
) -> None:
    listing = BellListing() if slug == "bells" else SchoolDayListing()
    lines = [",".join('"' + c.replace('"', '""') + '"' for c in row) for row in rows]
    raw = "\n".join([",".join(listing.layout.columns), *lines]).encode("utf-8", "surrogatepass")
    before = _kept()

    shown = upload(office, slug, raw)
    assert shown.status_code in {200, 422}
    assert _kept() == before
    if shown.status_code == 200 and shown.context["preview"].changes:
        assert "読み込みました" in told(word(office, slug, shown))
        again = upload(office, slug, raw)
        assert again.context["preview"].changes == ()


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(raw=st.binary(max_size=300), slug=st.sampled_from(["bells", "calendar"]))
def test_any_bytes_are_answered(office: Client, raw: bytes, slug: str) -> None:
    before = _kept()

    assert upload(office, slug, raw).status_code == 422
    word_of_nonsense = {"text": raw.decode("latin-1"), "digest": "0" * 64}
    response = office.post(f"/settings/lists/{slug}/import/confirm/", word_of_nonsense)
    assert response.status_code in {302, 422}
    assert _kept() == before


def _kept() -> tuple[int, int, int]:
    return BellSchedule.objects.count(), DayPattern.objects.count(), CalendarDay.objects.count()
