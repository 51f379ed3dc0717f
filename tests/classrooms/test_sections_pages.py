"""The centre's sections on their pages and from files."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from classrooms.models import Section, SectionSchool
from classrooms.section_lists import SectionListing
from scheduler.models import AuditEntry
from tests.cast import World
from tests.classrooms import teaching
from tests.classrooms.dates import coming
from tests.classrooms.rosters import add_pupil, enrol
from tests.scheduler.listing import exported, problems, read_in, upload

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

HEAD = "機関コード,年度,講座名,英語名,科目,担当,配信室,週時数,希望分,最低分,学級1,学級2"


@pytest.fixture
def centre(client: Client, world: World) -> Client:
    client.force_login(world.suzuki)
    return client


def told(response: Any) -> str:
    content: bytes = response.content
    return content.decode()


def values_of(client: Client, section: Section) -> dict[str, Any]:
    """What the form shows, with the version it was filled in from."""
    response: Any = client.get(f"/settings/sections/{section.pk}/")
    form = response.context["form"]
    shown = {name: form[name].value() for name in form.fields}
    filled = {name: value for name, value in shown.items() if value is not None}
    return {**filled, "version": response.context["version"]}


def correct(client: Client, section: Section, values: dict[str, Any]) -> Any:
    return client.post(f"/settings/sections/{section.pk}/", values, follow=True)


def new(world: World, **values: str) -> dict[str, str]:
    usual = {
        "name": "数学A（1年）", "academic_year": "2026", "course": str(world.section.course.pk),
        "teacher": str(world.ito_person.pk), "meetings_per_week": "3", "wanted_minutes": "50",
        "minimum_minutes": "40", "class_0": f"g{world.rishiri_2a.group_id}", "pupils_0": "",
    }  # fmt: skip
    return usual | values


def test_a_section_is_entered_once_and_can_be_booked(centre: Client, world: World) -> None:
    for _again in range(2):
        page = told(centre.post("/settings/sections/new/", new(world), follow=True))
        assert "講座を登録しました" in page

    made = Section.objects.get(name="数学A（1年）")
    (pair,) = made.schools.all()
    assert (pair.school, pair.headcount, pair.location) == (world.rishiri, 6, world.rishiri_set)
    assert AuditEntry.objects.filter(event="section.create").count() == 1
    teaching.book(made, 3, day=coming())


def test_a_correction_keeps_the_schools_that_the_form_shows(centre: Client, world: World) -> None:
    before = list(world.section.schools.values_list("school", "headcount", "location"))

    page = told(correct(centre, world.section, values_of(centre, world.section) | {"wanted_minutes": "48"}))

    world.section.refresh_from_db()
    assert "講座を変更しました" in page
    assert world.section.wanted_minutes == 48
    assert list(world.section.schools.values_list("school", "headcount", "location")) == before


def test_sending_what_is_there_changes_nothing(centre: Client, world: World) -> None:
    correct(centre, world.section, values_of(centre, world.section))

    assert not AuditEntry.objects.filter(event="section.update").exists()


def test_a_form_that_is_out_of_date_is_told(centre: Client, world: World) -> None:
    values = values_of(centre, world.section)
    Section.objects.filter(pk=world.section.pk).update(meetings_per_week=5)

    response = correct(centre, world.section, values | {"wanted_minutes": "48"})

    assert response.status_code == 422
    assert "ほかの人が先に変更しました" in told(response)
    world.section.refresh_from_db()
    assert (world.section.wanted_minutes, world.section.meetings_per_week) == (50, 5)


@pytest.mark.parametrize("held_by", ["lesson", "pupil"])
def test_a_school_with_lessons_or_pupils_stays_in(centre: Client, world: World, held_by: str) -> None:
    if held_by == "lesson":
        teaching.book(world.section, 2, day=coming())
    else:
        enrol(add_pupil(world.rebun_2a, "青山 陸", seat=1), world.section)
    values = values_of(centre, world.section)
    gone = next(name for name, value in values.items() if value == f"g{world.rebun_2a.group_id}")

    response = correct(centre, world.section, values | {gone: ""})

    assert response.status_code == 422
    assert "礼文には、これからの授業か登録された生徒がある" in told(response)
    assert SectionSchool.objects.filter(section=world.section).count() == 2


@pytest.mark.parametrize(("values", "words"), [
    ({"name": ""}, "名称を書いてください"),
    ({"name": "数学Ⅱ（2年・合同）"}, "同じ名称の講座"),
    ({"minimum_minutes": "51"}, "希望する分数以下"),
    ({"wanted_minutes": "10"}, "20"),
    ({"class_0": ""}, "1つ以上の学級"),
    ({"class_0": "g0"}, "選べません"),
    ({"teacher": "0"}, "選べません"),
    ({"academic_year": "1"}, "年度"),
])  # fmt: skip
def test_what_cannot_be_is_refused_at_its_field(
    centre: Client, world: World, values: dict[str, str], words: str
) -> None:
    response = centre.post("/settings/sections/new/", new(world, **values))

    assert response.status_code == 422
    assert words in told(response)
    assert Section.objects.count() == 1


def test_only_planners_and_administrators_set_up_sections(client: Client, world: World) -> None:
    paths = ("/settings/sections/", "/settings/sections/new/", f"/settings/sections/{world.section.pk}/")
    for user, status in ((world.nakamura, 404), (world.sato, 404), (world.kato, 404), (world.admin, 200)):
        client.force_login(user)
        assert [client.get(path).status_code for path in paths] == [status] * 3


def test_sections_are_read_in_and_back(centre: Client, world: World) -> None:
    text = f"{HEAD}\nC1,2026,数学A（1年）,,数学Ⅱ,伊藤久美,配信室2,3,50,40,S1:2年A組:4,S2:2年A組\n"
    text = text.replace("伊藤久美", "伊藤 久美")

    assert "新規1件" in told(read_in(centre, "sections", text.encode("cp932")))

    made = Section.objects.get(name="数学A（1年）")
    assert list(made.schools.values_list("school__code", "headcount")) == [("S1", 4), ("S2", 5)]
    again = upload(centre, "sections", text).context["preview"]
    assert (again.changes, again.unchanged) == ((), 1)
    back = upload(centre, "sections", exported(centre, "sections", "cp932")).context["preview"]
    assert (back.changes, back.problems, back.unchanged) == ((), (), 2)


@pytest.mark.parametrize(("line", "column"), [
    ("S1,2026,x,,数学Ⅱ,伊藤 久美,,,,,,", "機関コード"),
    ("C1,令和8,x,,数学Ⅱ,伊藤 久美,,,,,,", "年度"),
    ("C1,2026,,,数学Ⅱ,伊藤 久美,,,,,,", "講座名"),
    ("C1,2026,x,,占術,伊藤 久美,,,,,,", "科目"),
    ("C1,2026,x,,数学Ⅱ,加藤 遥,,,,,,", "担当"),
    ("C1,2026,x,,数学Ⅱ,伊藤 久美,体育館,,,,,", "配信室"),
    ("C1,2026,x,,数学Ⅱ,伊藤 久美,,,40,50,,", "最低分"),
    ("C1,2026,x,,数学Ⅱ,伊藤 久美,,,,,S1:9年Z組,", "学級1"),
    ("C1,2026,x,,数学Ⅱ,伊藤 久美,,,,,,S1:2年A組:多数", "学級2"),
])  # fmt: skip
def test_every_wrong_cell_is_told(centre: Client, line: str, column: str) -> None:
    found = problems(centre, "sections", f"{HEAD}\n{line}\n")

    assert [(n, where) for n, where, _ in found] == [(2, column)]
    assert Section.objects.count() == 1


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.lists(st.one_of(
    st.sampled_from(["C1", "2026", "数学Ⅱ", "伊藤 久美", "S1:2年A組", "S1:2年A組:", ":", "", "50"]),
    st.text(max_size=10)), min_size=1, max_size=13), min_size=1, max_size=4))  # fmt: skip
def test_any_cells_are_answered(centre: Client, rows: list[list[str]]) -> None:
    lines = [",".join('"' + c.replace('"', '""') + '"' for c in row) for row in rows]
    head = ",".join([*SectionListing.layout.columns, "学級1", "学級2"])

    shown = upload(centre, "sections", "\n".join([head, *lines]).encode("utf-8", "surrogatepass"))

    assert shown.status_code in {200, 422}
    assert Section.objects.count() == 1
