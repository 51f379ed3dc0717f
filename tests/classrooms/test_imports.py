"""A school's list of pupils from a file: what is read, what is refused and why, what is written."""

from __future__ import annotations

import contextlib
import csv
import io
from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from classrooms import pupil_columns, pupil_files
from classrooms.models import Enrolment, SectionSchool, Student
from classrooms.pupil_columns import COLUMNS
from scheduler import spreadsheets, typed_dates
from scheduler.imports import UnreadableError
from scheduler.models import ClassGroup
from scheduler.spreadsheets import Encoding
from tests.cast import World
from tests.classrooms.rosters import add_pupil, enrol

HEAD = "学籍番号,氏名,ふりがな,学級,出席番号,入学日,転出日,講座1"
SECTION = "数学Ⅱ（2年・合同）"
GOOD = ["25001", "青山 陸", "あおやま りく", "2年A組", "1", "R8.4.1", "", SECTION]


def content(*lines: Sequence[str], head: str = HEAD) -> str:
    return "\r\n".join([head, *(",".join(line) for line in lines)]) + "\r\n"


def changed(**values: str) -> list[str]:
    """A good line with other values in these columns."""
    columns = dict(zip(HEAD.split(","), GOOD, strict=True))
    assert values.keys() <= columns.keys()
    return list((columns | values).values())


def upload(client: Client, file: bytes | str, name: str = "list.csv") -> Any:
    raw = file.encode() if isinstance(file, str) else file
    return client.post("/pupils/import/", {"file": SimpleUploadedFile(name, raw), "starts_on": "2026-04-01"})


def word(client: Client, shown: Any) -> Any:
    """Presses 「表示のとおり読み込む」 on the page that was shown."""
    preview = shown.context["preview"]
    values = {"text": shown.context["text"], "starts_on": "2026-04-01", "digest": preview.digest}
    return client.post("/pupils/import/confirm/", values, follow=True)


@pytest.fixture
def office(client: Client, world: World) -> Client:
    client.force_login(world.nakamura)
    return client


# Reading

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
@pytest.mark.parametrize("delimiter", [",", "\t"])
def test_every_usual_encoding_is_read(encoding: str, delimiter: str) -> None:
    text = content(GOOD).replace(",", delimiter)

    (row,) = pupil_columns.read(text.encode(encoding)).rows

    assert row.line == 2
    assert row.cells["氏名"] == "青山 陸"
    assert row.repeated == (("講座1", SECTION),)


@pytest.mark.parametrize(("file", "words"), [
    (b"", "ファイルが空です"),
    (b" \r\n", "ファイルが空です"),
    (b"PK\x03\x04" + b"x" * 99, "Excelブック"),
    (b"\xd0\xcf\x11\xe0" + b"x" * 99, "Excelブック"),
    (content(GOOD).encode("utf-16"), "UTF-16"),
    (b"a\x00b", "CSVファイルではありません"),
    ("学籍番号,氏名".encode() + b"\xff\xfe\x81", "UTF-8でもShift_JISでもありません"),
    (b"x" * (5 * 1024 * 1024 + 1), "5MB"),
    (HEAD.encode(), "見出しの下に行がありません"),
    (content(GOOD, head=HEAD.replace("氏名", "名前")).encode(), "足りない列：氏名"),
    (content([*GOOD, "x"], head=f"{HEAD},氏名").encode(), "列「氏名」が2つあります"),
    (content(changed(氏名='"青山')).encode(), "2行目が読めません"),
    (content(*[changed(学籍番号=str(n)) for n in range(2001)]).encode(), "2001行"),
])  # fmt: skip
def test_a_file_that_is_no_list_is_refused_with_what_to_do(office: Client, file: bytes, words: str) -> None:
    response = upload(office, file)

    assert response.status_code == 422
    assert words in response.content.decode()
    assert not Student.objects.exists()


@pytest.mark.parametrize(("column", "value", "words"), [
    ("学籍番号", "", "空です"),
    ("学籍番号", "1" * 21, "20文字を超えています"),
    ("学籍番号", "㍻" * 11, "20文字を超えています"),
    ("氏名", "", "空です"),
    ("氏名", "　", "空です"),
    ("氏名", "あ" * 81, "80文字を超えています"),
    ("氏名", '"青山\n陸"', "目に見えない文字"),
    ("ふりがな", "あ" * 81, "80文字を超えています"),
    ("ふりがな", "㌖" * 21, "80文字を超えています"),
    ("学級", "", "空です"),
    ("学級", "4年Z組", "学校にある学級：2年A組"),
    ("出席番号", "", "空です"),
    ("出席番号", "0", "1から99"),
    ("出席番号", "100", "1から99"),
    ("出席番号", "一", "1から99"),
    ("入学日", "2026-02-30", "日付として読めません"),
    ("入学日", "4月1日", "日付として読めません"),
    ("入学日", "R0x.4.1", "日付として読めません"),
    ("入学日", "0001-01-01", "1950年から2100年まで"),
    ("転出日", "9999-12-31", "1950年から2100年まで"),
    ("転出日", "2026-04-01", "入学日より前"),
    ("講座1", "物理", "この名前のものはありません"),
])  # fmt: skip
def test_every_wrong_cell_is_told_with_line_and_column(
    office: Client, column: str, value: str, words: str
) -> None:
    response = upload(office, content(changed(学籍番号="1", 出席番号="2"), changed(**{column: value})))

    (problem,) = response.context["preview"].problems
    assert (problem.line, problem.column) == (3, column)
    assert words in problem.words
    assert response.status_code == 422
    assert 'name="text"' not in response.content.decode()
    assert not Student.objects.exists()


def test_every_error_of_a_line_and_every_line_is_told_at_once(office: Client) -> None:
    response = upload(
        office, content(changed(氏名="", 学級="x", 入学日="x"), changed(学籍番号="", 出席番号="x"))
    )

    told = [(p.line, p.column) for p in response.context["preview"].problems]
    assert sorted(told) == [(2, "入学日"), (2, "学級"), (2, "氏名"), (3, "出席番号"), (3, "学籍番号")]


def test_a_number_and_a_seat_stand_once_in_a_file(office: Client) -> None:
    response = upload(office, content(GOOD, changed(出席番号="2"), changed(学籍番号="9")))

    told = [(p.line, p.column, p.words) for p in response.context["preview"].problems]
    assert [(line, column) for line, column, _ in told] == [(3, "学籍番号"), (4, "出席番号")]
    assert all("2行目" in words for _, _, words in told)


def test_a_number_in_the_class_of_somebody_whom_the_file_does_not_name_is_refused(
    office: Client, world: World
) -> None:
    sitting = add_pupil(world.rishiri_2a, "木村 さくら", number="25009", seat=1)

    refused = upload(office, content(GOOD))
    changing_places = upload(office, content(GOOD, changed(学籍番号="25009", 出席番号="2")))
    Student.objects.filter(pk=sitting.pk).update(valid_until=date(2026, 11, 1))
    after_the_leaving = upload(office, content(GOOD))

    (told,) = refused.context["preview"].problems
    words = (
        "2年A組の出席番号1は、このファイルにない生徒が使っています。"
        "その生徒の出席番号か転出日を先に直してください。"
    )
    assert (told.line, told.column, told.words) == (2, "出席番号", words)
    assert (changing_places.status_code, after_the_leaving.status_code) == (200, 200)


def test_lines_are_counted_as_an_editor_does_and_blank_ones_passed_over() -> None:
    text = HEAD + "\r\n\r\n" + ",".join(changed(氏名='"青\n山"')) + "\r\n,,,\r\n" + ",".join(GOOD)

    assert [row.line for row in pupil_columns.read(text.encode()).rows] == [3, 6]


@pytest.mark.parametrize(("text", "day"), [
    ("2026-04-01", date(2026, 4, 1)), ("2026/4/1", date(2026, 4, 1)), ("2026年4月1日", date(2026, 4, 1)),
    ("20260401", date(2026, 4, 1)), ("R8.4.1", date(2026, 4, 1)), ("令和8年4月1日", date(2026, 4, 1)),
    ("２０２６／４／１", date(2026, 4, 1)), ("令和元年5月1日", date(2019, 5, 1)),
    ("H31.4.1", date(2019, 4, 1)),
    ("", None), ("2026-4", None), ("R8", None), ("9999-99-99", None),
])  # fmt: skip
def test_dates_are_read_as_schools_write_them(text: str, day: date | None) -> None:
    assert typed_dates.read(text) == day


@given(st.binary(max_size=400))
def test_no_file_makes_reading_fail_otherwise_than_with_words(file: bytes) -> None:
    with contextlib.suppress(UnreadableError):
        assert pupil_columns.read(file).rows


# Writing


def test_the_preview_writes_nothing_and_the_word_writes_it(office: Client, world: World) -> None:
    shown = upload(office, content(GOOD, changed(学籍番号="25002", 氏名="石井 美月", 出席番号="2", 講座1="")))
    assert shown.status_code == 200
    assert not Student.objects.exists()

    page = word(office, shown)

    assert "新しい生徒2人、変わった生徒0人" in page.content.decode()
    first, second = Student.objects.order_by("number")
    assert (first.name, first.kana, first.seat, first.group) == (
        "青山 陸", "あおやま りく", 1, world.rishiri_2a.group,
    )  # fmt: skip
    assert first.valid_from == date(2026, 4, 1)
    assert (second.name, first.school) == ("石井 美月", world.rishiri)
    enrolment = Enrolment.objects.get()
    assert (enrolment.student, enrolment.section) == (first, world.section)
    assert enrolment.valid_from == date(2026, 4, 1)
    assert SectionSchool.objects.get(section=world.section, school=world.rishiri).headcount == 1


def test_pressing_twice_does_nothing_twice(office: Client) -> None:
    shown = upload(office, content(GOOD))
    word(office, shown)
    before = list(Student.objects.values())

    again = word(office, shown)

    assert "すべて入っていました" in again.content.decode()
    assert list(Student.objects.values()) == before
    assert Enrolment.objects.count() == 1


def test_what_changed_between_preview_and_word_is_shown_anew(office: Client, world: World) -> None:
    shown = upload(office, content(GOOD))
    add_pupil(world.rishiri_2a, "別の名前", number="25001", seat=9)

    page = word(office, shown)

    assert page.status_code == 422
    assert "そのあいだに名簿が変わりました" in page.content.decode()
    assert Student.objects.get().name == "別の名前"
    word(office, page)
    assert Student.objects.get().name == "青山 陸"


def test_changes_are_shown_column_by_column_and_empty_cells_leave_what_is_there(
    office: Client, world: World
) -> None:
    pupil = add_pupil(world.rishiri_2a, "旧姓 陸", number="25001", seat=3, kana="きゅうせい りく")

    shown = upload(office, content(changed(ふりがな="", 入学日="", 講座1="")))
    word(office, shown)

    (change,) = shown.context["preview"].changes
    assert change.differences == (("氏名", "旧姓 陸", "青山 陸"), ("出席番号", "3", "1"))
    pupil.refresh_from_db()
    assert (pupil.name, pupil.kana, pupil.seat) == ("青山 陸", "きゅうせい りく", 1)


def test_nobody_and_no_section_goes_away_by_not_being_named(office: Client, world: World) -> None:
    unnamed = add_pupil(world.rishiri_2a, "木村 さくら", number="25009", seat=9)
    enrol(unnamed, world.section)

    word(office, upload(office, content(GOOD)))

    assert Student.objects.count() == 2
    assert Enrolment.objects.filter(student=unnamed, valid_until=None).exists()


def test_leaving_by_the_file_ends_the_sections(office: Client, world: World) -> None:
    pupil = add_pupil(world.rishiri_2a, "青山 陸", number="25001", seat=1)
    enrol(pupil, world.section)

    word(office, upload(office, content(changed(転出日="2026-11-30"))))

    assert Enrolment.objects.get().valid_until == date(2026, 11, 30)


def test_the_word_of_another_school_or_a_forged_one_writes_nothing(
    client: Client, office: Client, world: World
) -> None:
    shown = upload(office, content(GOOD))
    forged = office.post(
        "/pupils/import/confirm/", {"text": "x", "starts_on": "x", "digest": "x"}, follow=True
    )
    client.force_login(world.kudo)
    word(client, shown)

    assert "ファイルをもう一度選んでください" in forged.content.decode()
    assert not Student.objects.filter(school=world.rishiri).exists()


def test_columns_that_mean_nothing_are_named(office: Client) -> None:
    page = upload(office, content([*GOOD, "080"], head=f"{HEAD},保護者電話")).content.decode()

    assert "保護者電話" in page


def test_a_thousand_lines_cost_no_more_queries_than_one(
    office: Client, world: World, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for n in range(12):
        ClassGroup.objects.create(organisation=world.rishiri, name=f"{n}組", grade=1)
    lines = [changed(学籍番号=str(n), 出席番号=str(n % 90 + 1), 学級=f"{n // 90}組") for n in range(1000)]
    with django_assert_max_num_queries(20):
        shown = upload(office, content(*lines))
    # Each thousand is written in lots: SQLite takes fewer values in one statement.
    with django_assert_max_num_queries(60):
        word(office, shown)

    assert Student.objects.count() == Enrolment.objects.count() == 1000


# There and back

NAMES = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zs", "Zl", "Zp")), min_size=1, max_size=30
)


@given(st.lists(st.tuples(NAMES, NAMES), min_size=1, max_size=5))
def test_whatever_is_written_reads_back_the_same(pairs: list[tuple[str, str]]) -> None:
    rows = [list(COLUMNS)] + [
        [str(n), name, kana, "2年A組", str(n), "2026-04-01", ""] for n, (name, kana) in enumerate(pairs, 1)
    ]

    file = b"".join(spreadsheets.written(rows, Encoding.UTF8))

    read = pupil_columns.read(file).rows
    assert [[row.cells[column] for column in COLUMNS] for row in read] == rows[1:]


@given(st.text(st.characters(codec="utf-8"), max_size=30))
def test_no_cell_of_a_file_begins_like_a_formula(value: str) -> None:
    text = b"".join(spreadsheets.written([[value, "x"]], Encoding.UTF8)).decode("utf-8-sig")
    (cells,) = csv.reader(io.StringIO(text, newline=""))

    assert cells[0][:1] not in tuple("=+-@＝＋－＠\t\r")
    assert spreadsheets.unguarded(cells[0]) == value


def test_the_schools_own_list_reads_back_without_a_change(office: Client, world: World) -> None:
    for n, name in enumerate(("=HYPERLINK(x)", "+81 陸", "@葵", "'=x", "髙﨑 𠮷子", '引用"符', "a,b"), 1):
        enrol(add_pupil(world.rishiri_2a, name, seat=n), world.section)

    for encoding in ("utf-8", "cp932"):
        file = b"".join(office.get(f"/pupils/roster.csv?encoding={encoding}"))
        preview = upload(office, file).context["preview"]
        assert not preview.problems
        lossy = [change.facts.name for change in preview.changes]
        assert lossy == ([] if encoding == "utf-8" else ["髙﨑 〓子"])


def test_the_template_is_read_as_it_is(office: Client, world: World) -> None:
    file = b"".join(office.get("/pupils/import/template.csv"))

    (change,) = upload(office, file).context["preview"].changes

    assert change.facts.name == "見本 花子"
    assert [section.name for section in change.sections] == [world.section.name]
    assert pupil_files.template(world.rishiri, 2026)[0][:7] == list(COLUMNS)
