"""The planner's page: what it shows, in how many queries, and what it does with nonsense."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils.html import strip_tags
from pytest_django import DjangoAssertNumQueries

from classrooms.models import Section
from scheduler import closures
from scheduler.models import Organisation
from scheduler.names import Name
from tests.cast import NOW, World, add_school
from tests.classrooms import teaching
from tests.classrooms.dates import coming
from tests.classrooms.test_lessons import real_section

QUERIES = 23


@pytest.fixture
def sato(world: World, client: Client) -> Client:
    client.force_login(world.sato)
    return client


def _get(client: Client, address: dict[str, Any]) -> Any:
    return client.get("/book/", address)


def _words(content: bytes) -> str:
    return re.sub(r"\s+", " ", strip_tags(content.decode()))


def _windows(content: bytes) -> list[tuple[str, str]]:
    """State and words of each window of the result row."""
    found = re.findall(r'<a class="win (\w+) [^>]*title="([^"]*)"', content.decode())
    return [(state, words) for state, words in found]


def test_planner_shows_the_sections_own_schools_and_the_pupils_against_the_cap(
    sato: Client, world: World
) -> None:
    response = _get(sato, {"section": world.section.pk, "date": str(coming())})

    words = _words(response.content)
    assert response.status_code == 200
    assert "利尻 2年A組" in words
    assert "礼文 2年A組" in words
    assert "11／40名" in words


def test_planner_shows_every_joint_window_with_its_minutes(sato: Client, world: World) -> None:
    day = coming()
    teaching.book(world.section, 2, day=day)

    response = _get(sato, {"section": world.section.pk, "date": str(day)})

    assert _windows(response.content) == [
        ("short", "8:50–9:35 45分 5分不足"),
        ("no", "9:50–10:35 45分 先生 授業"),
        ("short", "10:50–11:35 45分 5分不足"),
        ("short", "11:50–12:35 45分 5分不足"),
        ("fit", "13:20–14:10 50分 ぴったり"),
        ("fit", "14:20–15:10 50分 ぴったり"),
    ]


def test_planner_of_real_bells_offers_periods_two_and_three_alone(sato: Client, world: World) -> None:
    section = real_section(world)

    response = _get(sato, {"section": section.pk, "date": str(coming())})

    bookable = [words for state, words in _windows(response.content) if state != "no"]
    assert bookable == ["9:55–10:45 50分 ぴったり", "10:55–11:45 50分 ぴったり"]


def test_planner_with_a_chosen_window_shows_the_union_and_offers_to_book_it(
    sato: Client, world: World
) -> None:
    slot = f"{world.rishiri.pk}-2.{world.rebun.pk}-2"

    response = _get(sato, {"section": world.section.pk, "date": str(coming()), "slot": slot})

    words = _words(response.content)
    assert "木曜 2校時" in words
    assert "45分（9:50–10:35）" in words
    assert "9:45–10:40" in words
    assert "2校時で予約する" in words
    assert "希望は50分" in words


def test_planner_in_english_says_the_same(sato: Client, world: World) -> None:
    sato.post("/language/", {"language": "en"})
    slot = f"{world.rishiri.pk}-2.{world.rebun.pk}-2"

    response = _get(sato, {"section": world.section.pk, "date": str(coming()), "slot": slot})

    words = _words(response.content)
    assert "Thu, Period 2" in words
    assert "Book Period 2" in words
    assert "11 of 40 pupils" in words
    assert "5 short" in words


@pytest.mark.parametrize("count", [1, 3, 8])
def test_planner_asks_the_database_equally_often_for_any_number_of_schools(
    sato: Client, world: World, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    world.section.schools.exclude(school=world.rishiri).delete()
    teaching.add_to_section(world.section, count - 1)
    ids = world.section.schools.values_list("school", flat=True)
    address = {
        "section": world.section.pk,
        "date": str(coming()),
        "slot": ".".join(f"{pk}-2" for pk in ids),
    }

    with django_assert_num_queries(QUERIES):
        response = _get(sato, address)

    assert len(response.context["board"].wish.groups) == count
    assert response.context["board"].chosen is not None


def test_planner_with_32_schools_and_41_pupils_warns_and_groups_equal_bells(
    sato: Client, world: World
) -> None:
    teaching.add_to_section(world.section, 30)

    response = _get(sato, {"section": world.section.pk, "date": str(coming())})

    words = _words(response.content)
    assert "41／40名" in words
    assert "41名は、同時に教えられる40名を超えています" in words
    assert "8:45から・50分×6校時（31校）" in words
    assert len(response.context["board"].axis.rows) == 34


def test_planner_adds_a_school_with_its_class_of_the_same_grade(sato: Client, world: World) -> None:
    school, part, _places = add_school("S3", "北海道常呂高等学校", "常呂", [("8:45", "9:35")], headcount=9)
    ids = [world.rishiri.pk, school.pk]

    response = _get(
        sato, {"section": world.section.pk, "of": world.section.pk, "schools": ids, "date": str(coming())}
    )

    groups = response.context["board"].wish.groups
    assert [(g.school, g.headcount) for g in groups] == [(world.rishiri, 6), (school, 9)]
    assert groups[1].parts == (part,)


def test_planner_takes_the_pupils_of_an_added_school_as_typed(sato: Client, world: World) -> None:
    school, _part, _places = add_school("S3", "北海道常呂高等学校", "常呂", [("8:45", "9:35")], headcount=9)
    address = {"section": world.section.pk, "of": world.section.pk, "schools": [school.pk]}

    response = _get(sato, {**address, f"pupils-{school.pk}": "4", "date": str(coming())})

    assert [g.headcount for g in response.context["board"].wish.groups] == [4]


def test_planner_of_another_section_brings_that_sections_schools(sato: Client, world: World) -> None:
    other = Section.objects.create(
        course=world.section.course, academic_year=2026, name="数学B", centre=world.centre,
        teacher=world.sato_person,
    )  # fmt: skip

    response = _get(sato, {"section": other.pk, "of": world.section.pk, "schools": [world.rishiri.pk]})

    assert response.context["board"].wish.groups == ()
    assert "学校が選ばれていません" in _words(response.content)


def test_planner_finds_schools_by_their_reading_in_katakana(sato: Client, world: World) -> None:
    response = _get(sato, {"section": world.section.pk, "of": world.section.pk, "q": "リシ"})

    options = [o for d in response.context["picker"].districts for o in d.schools]
    assert [o.name for o in options if o.is_shown] == ["利尻"]


def test_planner_shows_a_closed_school_and_what_it_costs(sato: Client, world: World) -> None:
    day = coming()
    closures.close(world.rebun, day, title=Name("学校祭", "School festival"), by=None, now=NOW)

    response = _get(sato, {"section": world.section.pk, "date": str(day)})

    words = _words(response.content)
    assert {state for state, _words_ in _windows(response.content)} == {"no"}
    assert "休業 学校祭" in words
    assert "礼文を外すと6枠・50分" in words


def test_planner_keeps_a_wrong_date_in_its_field_and_says_why(sato: Client, world: World) -> None:
    response = _get(sato, {"section": world.section.pk, "date": "2026-13-41"})

    assert response.status_code == 200
    assert 'value="2026-13-41"' in response.content.decode()
    assert 'href="#planner-date"' in response.content.decode()


@pytest.mark.parametrize("section", ["0", "999999", "x", "9" * 40, "-1"])
def test_planner_of_an_unknown_section_is_not_found(sato: Client, section: str) -> None:
    assert _get(sato, {"section": section}).status_code == 404


@pytest.mark.parametrize("slot", ["x", "1-2-3", "999-1", "1-1.1-2", "-", "2026-99-99/1-1"])
def test_planner_with_a_slot_that_is_none_shows_the_day_without_it(
    sato: Client, world: World, slot: str
) -> None:
    response = _get(sato, {"section": world.section.pk, "date": str(coming()), "slot": slot})

    assert response.status_code == 200
    assert response.context["board"].chosen is None


@pytest.mark.parametrize("name", ["tanaka", "nakamura", "kato", "rishiri_device"])
def test_planner_is_not_found_by_who_may_not_book(world: World, client: Client, name: str) -> None:
    client.force_login(getattr(world, name))

    assert client.get("/book/").status_code == 404
    assert client.post("/book/").status_code == 404


def test_planner_of_a_centre_without_sections_says_what_will_be_here(world: World, client: Client) -> None:
    Section.objects.all().delete()
    client.force_login(world.sato)

    assert "講座がまだありません" in _words(client.get("/book/").content)


def test_planner_of_another_centre_shows_nothing_of_ours(world: World, client: Client) -> None:
    other = Organisation.objects.create(
        kind=Organisation.Kind.DELIVERY_CENTRE, code="C2", name="別のセンター", short_name="別"
    )
    world.ito.memberships.update(organisation=other)
    client.force_login(world.ito)

    assert _get(client, {"section": world.section.pk}).status_code == 404


def test_window_that_one_school_prevents_says_what_the_others_would_have(sato: Client, world: World) -> None:
    day = coming()
    teaching.add_to_section(world.section, 1)
    closures.close(world.rebun, day, title=Name("学校祭", "School festival"), by=None, now=NOW)

    response = _get(sato, {"section": world.section.pk, "date": str(day)})

    assert _windows(response.content)[0] == ("no", "8:50–9:35 45分 休業（礼文を外すと50分）")
    assert "2／3校 50分" in _words(response.content).replace("2／3校50分", "2／3校 50分")


@pytest.mark.parametrize(
    ("clock", "title"), [("9:45", "木曜 2校時"), ("10:50", "木曜 3校時"), ("13:40", "木曜 5校時")]
)
def test_planner_finds_the_window_of_a_typed_start(
    sato: Client, world: World, clock: str, title: str
) -> None:
    response = _get(sato, {"section": world.section.pk, "date": str(coming()), "start": clock})

    assert response.context["board"].chosen.title == title


@pytest.mark.parametrize("clock", ["7:00", "25:00"])
def test_planner_says_when_nothing_starts_at_the_typed_time(sato: Client, world: World, clock: str) -> None:
    response = _get(sato, {"section": world.section.pk, "date": str(coming()), "start": clock})

    assert response.context["board"].chosen is None
    assert 'href="#planner-start"' in response.content.decode()


@pytest.mark.parametrize("taken", [False, True])
def test_planner_marks_a_chosen_window_that_cannot_be_booked_as_such(
    sato: Client, world: World, taken: bool
) -> None:
    day = coming()
    if taken:
        teaching.book(world.section, 2, day=day)
    slot = f"{world.rishiri.pk}-2.{world.rebun.pk}-2"

    content = _get(sato, {"section": world.section.pk, "date": str(day), "slot": slot}).content.decode()

    marked = re.findall(r'<a class="win (sel[ \w]*?) at-[^>]*aria-current="true" title="([^"]*)"', content)
    # Chosen in both cases: the band stands, and one window is the current one.
    assert '<i class="bandv' in content
    assert ("planner-axis cannot" in content) is taken
    assert marked == [
        ("sel no", "9:50–10:35 45分 選択中 不可") if taken else ("sel", "9:50–10:35 45分 選択中")
    ]
    assert ('class="btn solid' in content) is not taken


def test_planner_of_more_pupils_than_may_be_taught_marks_the_chosen_window_too(
    sato: Client, world: World
) -> None:
    school, _part, _places = add_school(
        "S4", "北海道大きな高等学校", "大きな", [("8:45", "9:35"), ("9:45", "10:35")], headcount=35
    )
    ids = [world.rishiri.pk, school.pk]
    slot = f"{world.rishiri.pk}-2.{school.pk}-2"

    content = _get(
        sato, {"section": world.section.pk, "schools": ids, "date": str(coming()), "slot": slot}
    ).content.decode()

    assert '<a class="win sel no ' in content


def test_planner_week_tells_a_closed_day_from_a_day_off(sato: Client, world: World) -> None:
    day = coming()
    for school in (world.rishiri, world.rebun):
        closures.close(school, day, title=Name("大雪による休校", "Snow"), by=None, now=NOW)
    saturday = day + timedelta(days=(5 - day.weekday()) % 7)

    closed = _get(sato, {"section": world.section.pk, "date": str(day)}).context["board"].week
    free = _get(sato, {"section": world.section.pk, "date": str(saturday)}).context["board"].week

    assert {each.day: each.note for each in closed}[day] == "休業"
    assert {each.day: each.note for each in free}[saturday] == "休日"


@pytest.mark.parametrize(
    "query",
    [
        {"slot": "9999-12-31/1-1"},
        {"slot": "0001-01-01/1-1"},
        {"slot": "1-" + "9" * 1900},
        {"schools": "1", "of": "1", "class-" + "9" * 5000: "1"},
        {"class-9": "1", "pupils-９": "1"},
        {"date": "9999-12-31"},
    ],
)
@pytest.mark.parametrize("path", ["/book/", "/book/weekly/", "/book/weeks/"])
def test_planner_keeps_within_the_calendar(
    sato: Client, world: World, path: str, query: dict[str, str]
) -> None:
    response = sato.get(path, {"section": str(world.section.pk), "weeks": "35", **query})

    assert response.status_code == 200


def test_planner_of_a_past_day_says_that_it_is_over_and_leads_to_today(sato: Client, world: World) -> None:
    response = _get(sato, {"section": world.section.pk, "date": "2026-10-01"})

    words = _words(response.content)
    assert "10月1日（木）は過ぎました" in words
    assert "全員がそろう時間はありません" not in words
    link = re.search(r'<a class="btn full" href="([^"]*)">', response.content.decode())
    assert link
    led = sato.get("/book/" + link[1].replace("&amp;", "&")).context["board"]
    assert led.choice.day >= led.today


def test_planner_gives_a_taken_box_number_and_subject_apart_and_whole_in_its_title(
    sato: Client, world: World
) -> None:
    day = coming()
    teaching.book(world.section, 2, day=day)

    content = _get(sato, {"section": world.section.pk, "date": str(day)}).content.decode()

    assert 'title="2校時 9:45–10:35 使用中 数学Ⅱ（遠隔授業）"' in content
    assert "<b>2校時</b><small>数学Ⅱ</small>" in content
