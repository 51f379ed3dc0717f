"""Calendars of schools, classes, sections, studios and rooms: who decides, what they say, when they end."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from classrooms.models import Section
from scheduler import bookings, feed_scopes, wallclock
from scheduler.models import ClassPart, Feed, Location, Membership, Organisation, Role, User
from tests.cast import PASSWORD, World
from tests.classrooms import teaching
from tests.classrooms.dates import coming
from tests.scheduler import calendar_readers

pytestmark = pytest.mark.both_databases


@pytest.fixture(autouse=True)
def _nothing_was_read_yet() -> None:
    cache.clear()


def signed_in(user: User) -> Client:
    client = Client()
    assert client.login(email=user.email, password=PASSWORD)
    return client


def subjects(world: World) -> dict[str, int]:
    return {
        "school": world.rishiri.pk,
        "class": world.rishiri_2a.group_id,
        "section": world.section.pk,
        "studio": world.studios[0].pk,
        "room": world.rishiri_set.pk,
    }


def form(scope: str, pk: int, audience: str = "staff", **more: object) -> dict[str, object]:
    return {"scope": scope, "subject": pk, "audience": audience, **more}


def made(client: Client, asked: dict[str, object]) -> str:
    """The address that the page shows, as a path."""
    page = client.post("/calendar/", asked).content.decode()
    found = re.search(r'value="http://[^"]+(/calendar/[^"]+\.ics)"', page)
    assert found, page
    return found[1]


DECIDERS = {
    "school": {"nakamura"},
    "class": {"nakamura"},
    "room": {"nakamura"},
    "section": {"suzuki", "admin", "sato"},
    "studio": {"suzuki", "admin"},
}


@pytest.mark.parametrize("scope", DECIDERS)
def test_each_calendar_is_decided_by_its_own_people_alone(world: World, scope: str) -> None:
    Section.objects.update(academic_year=wallclock.school_year(timezone.localdate()))
    pk = subjects(world)[scope]
    people = ("nakamura", "tanaka", "kudo", "sato", "ito", "suzuki", "admin", "kato", "rishiri_device")
    allowed = set()
    for name in people:
        client = signed_in(getattr(world, name))
        page = client.get("/calendar/").content.decode()
        fields = f'name="scope" value="{scope}">\\s*<input type="hidden" name="subject" value="{pk}"'
        listed = re.search(fields, page) is not None
        live = Feed.objects.filter(scope=scope, revoked_at=None).first()
        response = client.post("/calendar/", form(scope, pk, instead_of=live.pk if live else ""))
        assert response.status_code in {200, 404}
        if response.status_code == 200:
            allowed.add(name)
            made_by = Feed.objects.get(scope=scope, revoked_at=None)
            assert made_by.created_by == getattr(world, name)
        assert listed == (response.status_code == 200)
        if not listed:
            assert client.post("/calendar/revoke/", form(scope, pk)).status_code == 404
    assert allowed == DECIDERS[scope]
    assert Feed.objects.filter(scope=scope, revoked_at=None).count() == 1


def test_a_pupil_a_device_and_a_stranger_see_no_calendar_but_their_own(world: World) -> None:
    pupil = User.objects.create_user("pupil@example.jp", PASSWORD, name="山田 花子")
    Membership.objects.create(
        user=pupil, organisation=world.rishiri, role=Role.STUDENT, valid_from=timezone.localdate()
    )
    for user in (pupil, world.rishiri_device, world.kato):
        assert "みんなで使うカレンダー" not in signed_in(user).get("/calendar/").content.decode()


def test_what_a_calendar_says_depends_on_who_reads_it(world: World) -> None:
    lesson = teaching.book(world.section, 2, day=coming(3), by=world.suzuki, now=timezone.now())
    client = signed_in(world.nakamura)

    said = {}
    for audience in ("staff", "public"):
        address = made(client, form("class", world.rishiri_2a.group_id, audience))
        (event,) = calendar_readers.events(Client().get(address).content)
        said[audience] = event
        assert str(event["uid"]) == f"{lesson.booking.uid}@enkaku"

    assert str(said["staff"]["summary"]) == "数学Ⅱ（2年・合同） 佐藤 直子先生 礼文と合同"
    assert f"/rooms/{lesson.booking.uid}/" in str(said["staff"]["description"])
    assert str(said["public"]["summary"]) == "数学Ⅱ 2校時"
    assert str(said["public"]["class"]) == "PUBLIC"
    assert not {"description", "location", "url"} & {key.lower() for key in said["public"]}


@pytest.mark.parametrize("how", ["part", "room", "studio", "section", "school", "revoked", "replaced"])
def test_an_address_dies_with_what_it_is_about(world: World, how: str) -> None:
    Section.objects.update(academic_year=wallclock.school_year(timezone.localdate()))
    scope = {"part": "class", "revoked": "class", "replaced": "class"}.get(how, how)
    owner = world.nakamura if scope in {"class", "room", "school"} else world.suzuki
    client, pk = signed_in(owner), subjects(world)[scope]
    address = made(client, form(scope, pk))
    assert Client().get(address).status_code == 200
    if how == "part":
        ClassPart.objects.filter(group=pk).update(is_active=False)
    elif how in {"room", "studio"}:
        Location.objects.filter(pk=pk).update(is_active=False)
    elif how == "section":
        world.section.schools.all().delete()
        Section.objects.filter(pk=pk).delete()
    elif how == "school":
        Organisation.objects.filter(pk=pk).update(kind="board")
    elif how == "revoked":
        client.post("/calendar/revoke/", form(scope, pk))
    else:
        old = Feed.objects.get(scope=scope, revoked_at=None).pk
        assert Client().get(made(client, form(scope, pk, instead_of=old))).status_code == 200

    assert Client().get(address).status_code == 404


def test_an_address_outlives_the_post_of_who_made_it(world: World) -> None:
    address = made(signed_in(world.nakamura), form("room", world.rishiri_set.pk, "public"))

    world.nakamura.memberships.update(valid_until=timezone.localdate())

    assert Client().get(address).status_code == 200


def test_each_audience_has_an_address_of_its_own_that_says_when_it_was_read(world: World) -> None:
    client = signed_in(world.nakamura)
    staff, public = (made(client, form("school", world.rishiri.pk, kind)) for kind in ("staff", "public"))

    Client().get(public)

    page = client.get("/calendar/").content.decode()
    assert staff not in page
    assert page.count("最後に読まれたのは") == 1
    assert "作成" in page
    repeated = client.post("/calendar/", form("school", world.rishiri.pk))
    assert repeated.status_code == 409
    assert Client().get(staff).status_code == 200


def test_many_are_folded_and_found_by_name(world: World) -> None:
    for number in range(40):
        Section.objects.create(
            course=world.section.course, academic_year=world.section.academic_year, name=f"化学 {number}組",
            centre=world.centre, teacher=world.ito_person,
        )  # fmt: skip
    client = signed_in(world.suzuki)
    Section.objects.update(academic_year=wallclock.school_year(timezone.localdate()))

    folded = client.get("/calendar/").content.decode()
    found = client.get("/calendar/", {"q": "化学 39"}).content.decode()

    assert '<details class="calendar-group">' in folded
    assert "化学 39組" in found
    assert "化学 38組" not in found
    assert '<details class="calendar-group" open>' in found
    assert "見つかりません" in client.get("/calendar/", {"q": "存在しない"}).content.decode()


def test_one_lesson_is_a_file_for_whoever_may_open_it(world: World) -> None:
    lesson = teaching.book(world.section, 2, day=coming(3), by=world.suzuki, now=timezone.now())
    path = f"/lessons/{lesson.booking.uid}.ics"

    for user, clock in ((world.sato, 0), (world.nakamura, 0), (world.kudo, 5), (world.suzuki, 0)):
        response = signed_in(user).get(path)
        (event,) = calendar_readers.events(response.content)
        assert str(event["uid"]) == f"{lesson.booking.uid}@enkaku"
        assert calendar_readers.start(event) == lesson.booking.start + timedelta(minutes=clock)
        assert "attachment" in response["Content-Disposition"]
    assert path in signed_in(world.kudo).get(f"/lessons/{lesson.booking.uid}/").content.decode()
    assert signed_in(world.kato).get(path).status_code == 404
    assert Client().get(path).status_code == 302


def test_somebody_elses_hold_is_no_file(world: World) -> None:
    held = teaching.hold(world, 2, day=coming(3), now=timezone.now())
    path = f"/lessons/{held.booking.uid}.ics"

    assert signed_in(world.sato).get(path).status_code == 200
    assert signed_in(world.nakamura).get(path).status_code == 404


def test_a_class_still_sees_that_its_lesson_was_called_off(world: World) -> None:
    lesson = teaching.book(world.section, 2, day=coming(3), by=world.suzuki, now=timezone.now())
    address = made(signed_in(world.nakamura), form("class", world.rishiri_2a.group_id, "public"))

    bookings.cancel(lesson.booking, by=world.sato, now=timezone.now(), intention=uuid4())

    (event,) = calendar_readers.events(Client().get(address).content)
    assert (str(event["status"]), str(event["summary"])) == ("CANCELLED", "【取消】数学Ⅱ 2校時")


def test_only_known_scopes_and_audiences_are_made(world: World) -> None:
    client = signed_in(world.nakamura)
    for asked in (
        form("galaxy", 1), form("school", world.rishiri.pk, "person"), form("school", world.rishiri.pk, ""),
        form("school", 0), form("class", world.rebun_2a.group_id),
    ):  # fmt: skip
        assert client.post("/calendar/", asked).status_code == 404
    assert feed_scopes.find("galaxy", 1) is None
    assert not Feed.objects.exists()
