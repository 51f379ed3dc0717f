"""Organisations on their pages and from files."""

from __future__ import annotations

import csv
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from classrooms.demonstration import schools as demonstration
from scheduler.models import AuditEntry, Organisation
from scheduler.organisation_lists import OrganisationListing
from tests.cast import World
from tests.classrooms import teaching
from tests.classrooms.dates import coming
from tests.scheduler.listing import exported, problems, read_in, template, upload

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

HEAD = "機関コード,種別,名称,略称,英語名,よみがな,管内,市町村,電話,時間帯,最終日"
DATA = Path(demonstration.__file__).parent / "data"
NEW = {
    "kind": "clinic", "code": "Ｃ９", "name": "島の診療所", "short_name": "島", "kana": "シマ",
    "time_zone": "Asia/Tokyo",
}  # fmt: skip


@pytest.fixture
def centre(client: Client, world: World) -> Client:
    client.force_login(world.suzuki)
    return client


def told(response: Any) -> str:
    content: bytes = response.content
    return content.decode()


def values_of(client: Client, organisation: Organisation) -> dict[str, Any]:
    """What the form shows, with the version it was filled in from."""
    response: Any = client.get(f"/settings/organisations/{organisation.pk}/")
    form = response.context["form"]
    shown = {name: form[name].value() or "" for name in form.fields}
    return {**shown, "version": response.context["version"]}


def correct(client: Client, organisation: Organisation, values: dict[str, Any]) -> Any:
    return client.post(f"/settings/organisations/{organisation.pk}/", values, follow=True)


def test_a_new_organisation_is_kept_once_however_often_it_is_sent(centre: Client) -> None:
    for _again in range(2):
        assert "機関を登録しました" in told(centre.post("/settings/organisations/new/", NEW, follow=True))

    made = Organisation.objects.get(code="C9")
    assert (made.name, made.kana, made.kind) == ("島の診療所", "しま", "clinic")
    assert AuditEntry.objects.filter(event="organisation.create", object_key=str(made.pk)).count() == 1


def test_a_correction_is_kept_and_told_to_the_audit(centre: Client, world: World) -> None:
    values = values_of(centre, world.rishiri)

    page = told(correct(centre, world.rishiri, {**values, "telephone": "0163-00-0000"}))

    world.rishiri.refresh_from_db()
    assert "機関を変更しました" in page
    assert world.rishiri.telephone == "0163-00-0000"
    assert AuditEntry.objects.get(event="organisation.update").actor_id == world.suzuki.pk


def test_a_form_that_is_out_of_date_is_told_and_keeps_what_was_typed(centre: Client, world: World) -> None:
    values = values_of(centre, world.rishiri)
    Organisation.objects.filter(pk=world.rishiri.pk).update(municipality="利尻富士町")

    response = correct(centre, world.rishiri, {**values, "telephone": "0163-00-0000"})

    assert response.status_code == 422
    assert "ほかの人が先に変更しました" in told(response)
    assert 'value="0163-00-0000"' in told(response)
    assert "今の内容：利尻富士町" in told(response)
    world.rishiri.refresh_from_db()
    assert (world.rishiri.telephone, world.rishiri.municipality) == ("", "利尻富士町")
    again = {**values, "telephone": "0163-00-0000", "version": response.context["version"]}
    assert correct(centre, world.rishiri, again).status_code == 200


def test_an_organisation_that_is_booked_does_not_end_before_its_last_lesson(
    centre: Client, world: World
) -> None:
    teaching.book(world.section, 2, day=coming())
    values = values_of(centre, world.rishiri)
    today = timezone.localdate().isoformat()

    refused = correct(centre, world.rishiri, {**values, "last_day": today})
    assert refused.status_code == 422
    assert "その後の予約が1件あります" in told(refused)
    zone = correct(centre, world.rishiri, {**values, "time_zone": "Asia/Seoul"})
    assert "その後の予約が1件あります" in told(zone)

    correct(centre, world.rishiri, {**values, "last_day": coming().isoformat()})
    world.rishiri.refresh_from_db()
    assert world.rishiri.valid_until == coming() + timedelta(days=1)


@pytest.mark.parametrize(("values", "words"), [
    ({"code": "S1"}, "ほかの機関が使っています"),
    ({"code": "\u3000"}, "コードを書いてください"),
    ({"name": ""}, "名称を書いてください"),
    ({"time_zone": "Asia/Rishiri"}, "Asia/Rishiri"),
    ({"time_zone": "../../etc/passwd"}, "passwd"),
    ({"kind": "zoo"}, "zoo"),
    ({"last_day": "1000-01-01"}, "1950年から2100年"),
])  # fmt: skip
def test_what_cannot_be_is_refused_at_its_field(centre: Client, values: dict[str, str], words: str) -> None:
    before = Organisation.objects.count()

    response = centre.post("/settings/organisations/new/", NEW | values)

    assert response.status_code == 422
    assert words in told(response)
    assert Organisation.objects.count() == before


def test_the_list_is_searched_by_name_reading_place_and_kind(centre: Client) -> None:
    for words, shown in (("りし", True), ("リシ", True), ("宗谷", True), ("s1", True), ("札幌", False)):
        page = told(centre.get("/settings/organisations/", {"q": words}))
        assert ("北海道利尻高等学校" in page) == shown, words
    assert "北海道利尻高等学校" not in told(centre.get("/settings/organisations/", {"kind": "clinic"}))


def test_only_the_centre_sees_organisations(client: Client, world: World) -> None:
    paths = ("/settings/organisations/", "/settings/organisations/new/",
             f"/settings/organisations/{world.rishiri.pk}/",
             "/settings/lists/organisations/import/")  # fmt: skip
    for user, status in ((world.nakamura, 404), (world.sato, 404), (world.admin, 200)):
        client.force_login(user)
        assert [client.get(path).status_code for path in paths] == [status] * 4


def real_schools() -> str:
    lines = [HEAD]
    with (DATA / "receiving_schools_fy2023.csv").open() as file:
        for row in csv.DictReader(file):
            short = row["school"].removeprefix("北海道").removesuffix("高等学校")
            lines.append(
                f"{row['mext_code']},高等学校,{row['school']},{short},,,{row['district_kannai']},"
                f"{row['municipality']},,,"
            )
    return "\r\n".join(lines)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp932"])
def test_the_real_schools_are_read_in_once(centre: Client, encoding: str) -> None:
    file = real_schools().encode(encoding)

    assert "新規31件" in told(read_in(centre, "organisations", file))

    preview = upload(centre, "organisations", file).context["preview"]
    assert (preview.changes, preview.unchanged) == ((), 31)
    back = upload(centre, "organisations", exported(centre, "organisations", "cp932")).context["preview"]
    assert (back.problems, back.changes) == ((), ())


@pytest.mark.parametrize(("line", "column", "words"), [
    (",高等学校,x,x,,,,,,,", "機関コード", "空です"),
    ("S9,中学校,x,x,,,,,,,", "種別", "高等学校"),
    ("S9,高等学校,,x,,,,,,,", "名称", "空です"),
    ("S9,高等学校,x,x,,,,,,Mars/Base,", "時間帯", "Mars/Base"),
    ("S9,高等学校,x,x,,,,,,,いつか", "最終日", "日付として読めません"),
    ("S1,病院,x,x,,,,,,,", "種別", "種別は変えられません"),
    ("S8,高等学校,x,x,,,,,,,", "機関コード", "2行目にもあります"),
])  # fmt: skip
def test_every_wrong_cell_is_told(centre: Client, line: str, column: str, words: str) -> None:
    found = problems(centre, "organisations", f"{HEAD}\nS8,高等学校,y,y,,,,,,,\n{line}\n")

    assert [(n, where) for n, where, _ in found] == [(3, column)]
    assert words in found[0][2]
    assert not Organisation.objects.filter(code__in=["S8", "S9"]).exists()


def test_the_template_is_read_as_it_is(centre: Client) -> None:
    assert "新規1件" in told(read_in(centre, "organisations", template(centre, "organisations")))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.lists(st.one_of(
    st.sampled_from(["S1", "S9", "高等学校", "病院", "利尻", "", "Asia/Tokyo", "R9.3.31", "=x"]),
    st.text(max_size=12)), min_size=1, max_size=12), min_size=1, max_size=4))  # fmt: skip
def test_any_cells_are_answered(centre: Client, rows: list[list[str]]) -> None:
    lines = [",".join('"' + c.replace('"', '""') + '"' for c in row) for row in rows]
    head = ",".join(OrganisationListing.layout.columns)
    before = Organisation.objects.count()

    shown = upload(centre, "organisations", "\n".join([head, *lines]).encode("utf-8", "surrogatepass"))

    assert shown.status_code in {200, 422}
    assert Organisation.objects.count() == before
