"""Ending a post and closing an account: what is said before, and the way back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from scheduler.models import Membership, Role
from tests.cast import World
from tests.classrooms import teaching
from tests.classrooms.dates import coming
from tests.scheduler.test_people import as_

pytestmark = pytest.mark.django_db

TODAY = timezone.localdate


def test_before_a_post_ends_its_page_says_what_follows_and_ends_nothing(world: World) -> None:
    for number in (2, 3):
        teaching.book(world.section, number, day=coming())
    post = Membership.objects.get(user=world.sato)
    admin = as_(world.admin)

    pages = [
        admin.get(path).content.decode()
        for path in (f"/people/posts/{post.pk}/end/", f"/people/{world.sato.pk}/close/")
    ]

    for page in pages:
        assert "今日以降の授業が2件あります" in page
        assert "授業中でも教室から退出します" in page
    post.refresh_from_db()
    world.sato.refresh_from_db()
    assert post.valid_until is None
    assert world.sato.is_active


def test_who_has_nothing_to_come_is_ended_without_a_warning_of_lessons(world: World) -> None:
    post = Membership.objects.get(user=world.tanaka)

    page = as_(world.nakamura).get(f"/people/posts/{post.pk}/end/").content.decode()

    assert "今日以降" not in page
    assert "いますぐ終了する" in page


def test_a_post_that_ended_by_mistake_is_given_again_from_today(world: World) -> None:
    nakamura = as_(world.nakamura)
    post = Membership.objects.get(user=world.tanaka)
    nakamura.post(f"/people/posts/{post.pk}/end/")
    # Whoever gives it is still shown the person, by the post that ended.
    path = f"/people/{world.tanaka.pk}/posts/?again={post.pk}"
    assert path in nakamura.get(f"/people/{world.tanaka.pk}/").content.decode()

    filled = nakamura.get(path).context["form"]
    typed = {name: str(filled[name].value() or "") for name in filled.fields}
    answer = nakamura.post(path, typed)

    assert answer.status_code == 302
    held = Membership.objects.filter(user=world.tanaka).order_by("valid_from")
    assert [(one.role, one.organisation, one.valid_until) for one in held] == [
        (Role.ROOM_STAFF, world.rishiri, TODAY()),
        (Role.ROOM_STAFF, world.rishiri, None),
    ]
    assert path not in nakamura.get(f"/people/{world.tanaka.pk}/").content.decode()


def test_another_ones_post_fills_nothing_in(world: World) -> None:
    other = Membership.objects.get(user=world.kudo)

    for key in (str(other.pk), "x", "9" * 30):
        form = as_(world.nakamura).get(f"/people/{world.tanaka.pk}/posts/?again={key}").context["form"]
        assert form["role"].value() in {None, ""}


def test_ones_own_post_of_an_administrator_is_not_offered_for_ending(world: World) -> None:
    post = Membership.objects.get(user=world.admin)
    other = Membership.objects.create(
        user=world.admin, organisation=world.centre, role=Role.TEACHER, valid_from=TODAY() - timedelta(days=9)
    )

    page = as_(world.admin).get(f"/people/{world.admin.pk}/").content.decode()

    assert f"/people/posts/{post.pk}/end/" not in page
    assert f"/people/posts/{other.pk}/end/" in page
