"""What a school types about its pupils and terms: what is taken, and what is refused at its field."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from classrooms.models import Student
from scheduler.models import Term
from tests.cast import World
from tests.classrooms.rosters import add_pupil, approve, enrol

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def test_a_pupil_is_entered_and_corrected(client: Client, world: World) -> None:
    client.force_login(world.nakamura)
    values = {
        "number": "26001", "name": "木村 さくら", "kana": "キムラ サクラ", "group": world.rishiri_2a.group_id,
        "seat": "4", "valid_from": "2026-04-01", "valid_until": "",
    }  # fmt: skip

    entered = client.post("/pupils/new/", values)
    student = Student.objects.get()
    corrected = client.post(f"/pupils/{student.pk}/", {**values, "name": "木村 桜"}, follow=True)

    assert entered.headers["Location"] == f"/pupils/{student.pk}/"
    assert Student.objects.get().name == "木村 桜"
    assert "生徒の登録を直しました" in corrected.content.decode()


@pytest.mark.parametrize(("field", "value"), [
    ("number", ""), ("number", "25001"), ("name", ""), ("name", "あ" * 81), ("group", "0"), ("seat", "0"),
    ("seat", "x"), ("valid_from", "2026-13-01"), ("valid_until", "2026-04-01"),
    ("number", "㍻" * 11), ("kana", "㌖" * 21), ("valid_from", "1949-12-31"), ("valid_until", "9999-12-31"),
    ("valid_until", "2101-01-01"), ("name", "\x00\x01"),
])  # fmt: skip
def test_what_cannot_be_is_refused_at_its_field(client: Client, world: World, field: str, value: str) -> None:
    add_pupil(world.rishiri_2a, "大野 健太", number="25001")
    client.force_login(world.nakamura)
    values = {
        "number": "26001", "name": "木村 さくら", "kana": "", "group": world.rishiri_2a.group_id, "seat": "4",
        "valid_from": "2026-04-01", "valid_until": "",
    }  # fmt: skip

    response = client.post("/pupils/new/", {**values, field: value})

    assert response.status_code == 422
    assert set(response.context["form"].errors) == {field}
    assert Student.objects.count() == 1


def test_what_must_be_filled_in_is_marked_where_something_need_not(client: Client, world: World) -> None:
    def marked(path: str) -> list[str]:
        page = client.get(path).content.decode()
        return re.findall(r'<label for="[\w-]+">([^<]+) <span class="required">必須</span>', page)

    all_required = marked("/accounts/login/")
    client.force_login(world.nakamura)

    assert all_required == []
    assert marked("/exports/") == [], "its only required field is chosen already"
    assert marked("/pupils/new/") == ["学籍番号", "学級", "出席番号", "氏名", "入学・転入した日"]


@pytest.mark.parametrize("is_new", [True, False])
def test_a_number_of_the_class_that_is_taken_is_refused_at_its_field(
    client: Client, world: World, is_new: bool
) -> None:
    add_pupil(world.rishiri_2a, "大野 健太", number="25001", seat=4)
    student = None if is_new else add_pupil(world.rishiri_2a, "木村 さくら", number="25002", seat=5)
    before = list(Student.objects.values())
    client.force_login(world.nakamura)
    values = {
        "number": "25002", "name": "木村 桜", "group": world.rishiri_2a.group_id, "seat": "4",
        "valid_from": "2026-04-01",
    }  # fmt: skip

    refused = client.post(f"/pupils/{student.pk}/" if student else "/pupils/new/", values)

    assert refused.status_code == 422
    assert refused.context["form"].errors == {
        "seat": ["2年A組の出席番号4は、ほかの生徒が使っています。空いている番号を入れてください。"]
    }
    assert list(Student.objects.values()) == before


def test_the_number_of_who_has_left_is_free_and_two_who_share_one_can_still_be_corrected(
    client: Client, world: World
) -> None:
    today = timezone.localdate()
    add_pupil(world.rishiri_2a, "大野 健太", number="25001", seat=4, valid_until=today)
    add_pupil(world.rishiri_2a, "中村 葵", number="25003", seat=5)
    shared = Student.objects.create(
        school=world.rishiri, number="25004", name="三浦 杏", group=world.rishiri_2a.group, seat=5,
        valid_from="2026-04-01",
    )  # fmt: skip
    client.force_login(world.nakamura)
    values = {"group": world.rishiri_2a.group_id, "valid_from": "2026-04-01"}

    entered = client.post("/pupils/new/", {**values, "number": "25002", "name": "木村 桜", "seat": "4"})
    renamed = client.post(
        f"/pupils/{shared.pk}/", {**values, "number": "25004", "name": "三浦 杏奈", "seat": "5"}
    )

    assert (entered.status_code, renamed.status_code) == (302, 302)


def test_signs_are_counted_as_they_are_kept_and_control_characters_dropped(
    client: Client, world: World
) -> None:
    client.force_login(world.nakamura)
    values = {
        "number": "㍻" * 10, "name": "木村\x00 さくら\x9f", "kana": "キムラ\x7fサクラ", "seat": "4",
        "group": world.rishiri_2a.group_id, "valid_from": "2026-04-01",
    }  # fmt: skip

    assert client.post("/pupils/new/", values).status_code == 302

    kept = Student.objects.get()
    assert (kept.number, kept.name, kept.kana) == ("平成" * 10, "木村 さくら", "きむらさくら")
    assert "木村 さくら" in client.post("/pupils/", {"q": "木\x00村"}).content.decode()


def test_a_term_of_an_impossible_year_is_refused_and_one_that_is_there_hurts_no_page(
    client: Client, world: World
) -> None:
    client.force_login(world.nakamura)
    values = {"name": "前期", "starts_on": "0001-01-01", "ends_on": "0001-02-01"}

    refused = client.post("/records/terms/", values)
    Term.objects.create(
        organisation=world.rishiri, academic_year=0, number=1, name="前期",
        starts_on=date(1, 1, 1), ends_on=date(1, 2, 1),
    )  # fmt: skip

    assert refused.status_code == 422
    assert set(refused.context["form"].errors) == {"starts_on", "ends_on"}
    assert "1950年から2100年までの日付を入力してください。" in refused.content.decode()
    for path in ("/records/", "/records/terms/", "/exports/", "/records/?term=year-1950"):
        assert client.get(path).status_code == 200, path


def test_a_class_of_another_school_is_no_choice(client: Client, world: World) -> None:
    client.force_login(world.nakamura)

    response = client.post(
        "/pupils/new/",
        {
            "number": "1",
            "name": "あ",
            "group": world.rebun_2a.group_id,
            "seat": "1",
            "valid_from": "2026-04-01",
        },
    )

    assert response.status_code == 422
    assert not Student.objects.exists()


def test_the_page_says_what_a_leaving_ends_and_that_it_stays_ended(client: Client, world: World) -> None:
    pupil = add_pupil(world.rishiri_2a)
    enrol(pupil, world.section)
    today = timezone.localdate()
    approve(
        pupil,
        by=world.nakamura,
        valid_from=today + timedelta(days=9),
        valid_until=today + timedelta(days=20),
    )
    client.force_login(world.nakamura)
    values = {
        "number": pupil.number, "name": pupil.name, "kana": "", "group": pupil.group_id, "seat": "4",
        "valid_from": "2026-04-01", "valid_until": (today + timedelta(days=5)).isoformat(),
    }  # fmt: skip

    left = client.post(f"/pupils/{pupil.pk}/", values, follow=True).content.decode()
    back = client.post(f"/pupils/{pupil.pk}/", {**values, "valid_until": ""}, follow=True).content.decode()

    assert "転出にともなって終わります：講座1件の履修。" in left
    assert "休止：その前に転出します" in left
    assert "もう一度選んでください" in back
    assert "休止" not in back


def test_terms_are_entered_corrected_and_taken_away(client: Client, world: World) -> None:
    client.force_login(world.nakamura)
    first = {"name": "前期", "starts_on": "2026-04-01", "ends_on": "2026-09-30"}

    client.post("/records/terms/", first)
    overlapping = client.post(
        "/records/terms/", {**first, "name": "後期", "starts_on": "2026-09-30", "ends_on": "2027-03-31"}
    )
    backwards = client.post(
        "/records/terms/", {"name": "x", "starts_on": "2027-01-02", "ends_on": "2027-01-01"}
    )
    client.post("/records/terms/", {"name": "後期", "starts_on": "2026-10-01", "ends_on": "2027-03-31"})
    term = Term.objects.get(name="前期")
    client.post(f"/records/terms/{term.pk}/", {**first, "ends_on": "2026-09-25"})

    assert (overlapping.status_code, backwards.status_code) == (422, 422)
    assert list(Term.objects.values_list("academic_year", "number", "name", "ends_on")) == [
        (2026, 1, "前期", date(2026, 9, 25)),
        (2026, 2, "後期", date(2027, 3, 31)),
    ]
    client.post(f"/records/terms/{term.pk}/remove/")
    assert Term.objects.count() == 1
