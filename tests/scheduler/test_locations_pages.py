"""Rooms, sets and lines on their pages and from files."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from scheduler.models import AuditEntry, Location, Resource
from tests.cast import World
from tests.classrooms import teaching
from tests.classrooms.dates import coming
from tests.scheduler.listing import exported, problems, read_in, template, upload

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

HEAD = "機関コード,種別,名称,英語名,同時利用数,並び順,状態"
NEW = {"kind": "line", "name": "利尻の 回線", "capacity": "2", "position": "1", "is_active": "on"}


@pytest.fixture
def office(client: Client, world: World) -> Client:
    client.force_login(world.nakamura)
    return client


def told(response: Any) -> str:
    content: bytes = response.content
    return content.decode()


def values_of(client: Client, place: Location) -> dict[str, Any]:
    response: Any = client.get(f"/settings/places/{place.pk}/")
    form = response.context["form"]
    shown = {name: form[name].value() or "" for name in form.fields}
    return {**shown, "version": response.context["version"]}


def correct(client: Client, place: Location, values: dict[str, Any]) -> Any:
    return client.post(f"/settings/places/{place.pk}/", values, follow=True)


def test_a_line_with_room_for_two_lessons_is_entered_once(office: Client, world: World) -> None:
    for _again in range(2):
        assert "登録しました" in told(office.post("/settings/places/new/", NEW, follow=True))

    line = Location.objects.get(name="利尻の 回線")
    assert (line.organisation, line.kind, line.capacity) == (world.rishiri, Resource.Kind.LINE, 2)
    assert AuditEntry.objects.filter(event="location.create").count() == 1


def test_a_set_out_of_use_is_chosen_no_more_and_its_lessons_are_counted(office: Client, world: World) -> None:
    teaching.book(world.section, 2, day=coming())
    values = values_of(office, world.rishiri_set)
    values.pop("is_active")

    page = told(correct(office, world.rishiri_set, values))

    assert "授業が1件予約されたままです" in page
    assert "停止中" in page
    world.rishiri_set.refresh_from_db()
    assert not world.rishiri_set.is_active


def test_a_form_that_is_out_of_date_is_told(office: Client, world: World) -> None:
    values = values_of(office, world.rishiri_set)
    Location.objects.filter(pk=world.rishiri_set.pk).update(name="大教室の機材")

    response = correct(office, world.rishiri_set, {**values, "position": "7"})

    assert response.status_code == 422
    assert "ほかの人が先に変更しました" in told(response)
    assert "今の内容：大教室の機材" in told(response)
    world.rishiri_set.refresh_from_db()
    assert world.rishiri_set.position == 1


@pytest.mark.parametrize(("values", "words"), [
    ({"name": "受信機材1"}, "同じ名称のもの"),
    ({"name": " "}, "名称を書いてください"),
    ({"capacity": "0"}, "1"),
    ({"capacity": "100"}, "99"),
    ({"kind": "person"}, "person"),
    ({"position": "-1"}, "0"),
])  # fmt: skip
def test_what_cannot_be_is_refused(office: Client, values: dict[str, str], words: str) -> None:
    before = Location.objects.count()

    response = office.post("/settings/places/new/", NEW | values)

    assert response.status_code == 422
    assert words in told(response)
    assert Location.objects.count() == before


def test_places_are_the_schools_own_and_the_centres(client: Client, world: World) -> None:
    paths = (f"/settings/places/?school={world.rebun.pk}", f"/settings/places/new/?school={world.rebun.pk}",
             f"/settings/places/{world.rebun_set.pk}/")  # fmt: skip
    for user, status in ((world.nakamura, 404), (world.tanaka, 404), (world.kudo, 200), (world.suzuki, 200)):
        client.force_login(user)
        assert [client.get(path).status_code for path in paths] == [status] * 3


def test_places_are_read_in_and_back(office: Client, world: World) -> None:
    text = f"{HEAD}\nS1,会議室,図書室,Library,,,\nS1,受信機材,受信機材1,,,,停止\n"

    assert "新規1件、変更1件" in told(read_in(office, "locations", text))

    world.rishiri_set.refresh_from_db()
    assert not world.rishiri_set.is_active
    again = upload(office, "locations", exported(office, "locations", "cp932")).context["preview"]
    assert (again.changes, again.problems, again.unchanged) == ((), (), 2)
    assert "配信室" not in exported(office, "locations").decode()


@pytest.mark.parametrize(("line", "column"), [
    ("S2,受信機材,x,,,,", "機関コード"),
    ("S1,体育館,x,,,,", "種別"),
    ("S1,受信機材,,,,,", "名称"),
    ("S1,受信機材,x,,0,,", "同時利用数"),
    ("S1,受信機材,x,,,,壊れた", "状態"),
    ("S1,回線,線,,,,", "名称"),
])  # fmt: skip
def test_every_wrong_cell_is_told(office: Client, line: str, column: str) -> None:
    found = problems(office, "locations", f"{HEAD}\nS1,回線,線,,3,,\n{line}\n")

    assert [(n, where) for n, where, _ in found] == [(3, column)]
    assert not Location.objects.filter(kind="line").exists()


def test_the_template_names_what_to_write(office: Client) -> None:
    found = problems(office, "locations", template(office, "locations", "cp932"))

    assert {column for _, column, _ in found} == {"機関コード"}
