"""Who is heard by all, who is asked to be quiet, and who brings no microphone at all."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from scheduler.models import Booking
from tests.browser.live import LiveServer, NewContext
from tests.browser.rooms import SMALL_CAMERA, enter, growth_of_all, legs, wait_for_media
from tests.cast import World
from tests.realtime.lessons import book_lesson

pytestmark = pytest.mark.browser

LARGE = {"width": 1280, "height": 720}


@pytest.fixture
def lesson(transactional_db: None, world: World) -> Booking:
    now = timezone.now()
    return book_lesson(world, now - timedelta(minutes=5), now=now)


def test_a_school_with_the_floor_is_heard_and_seen_by_the_other_until_it_ends(
    lesson: Booking, live: LiveServer, new_context: NewContext
) -> None:
    teacher = enter(new_context, lesson, "sato", [SMALL_CAMERA])
    rishiri, rebun = (
        enter(new_context, lesson, who, [SMALL_CAMERA], viewport=LARGE)
        for who in ("rishiri-set1", "rebun-set1")
    )
    wait_for_media(teacher, 2)
    rishiri.get_by_role("button", name="手を挙げる").click()
    expect(teacher.locator("#tiles")).to_contain_text("1番")

    teacher.get_by_role("button", name="利尻 受信機材1を指名する").click()

    expect(rishiri.locator("#floor-line")).to_contain_text("発言できます")
    wait_for_media(rebun, 2)
    expect(rebun.locator("#stage-name")).to_contain_text("利尻")
    assert [frames > 3 and packets > 20 for frames, packets in growth_of_all([rebun])[0]] == [True, True]
    expect(rishiri.locator("#floor-line")).to_contain_text("1校中1校に声が届いています", timeout=20_000)

    # Whoever comes while it lasts hears it too.
    rebun.reload()
    wait_for_media(rebun, 2)

    teacher.get_by_role("button", name="利尻の発言を終える").click()
    expect(rishiri.locator("#floor-line")).to_be_hidden()
    wait_for_media(rebun, 1)
    assert len(legs(rishiri)) == 1


def test_schools_that_are_asked_to_be_quiet_are_and_know_who_asked(
    lesson: Booking, live: LiveServer, new_context: NewContext
) -> None:
    teacher = enter(new_context, lesson, "sato", [SMALL_CAMERA])
    schools = [
        enter(new_context, lesson, who, [SMALL_CAMERA], viewport=LARGE)
        for who in ("rishiri-set1", "rebun-set1")
    ]
    wait_for_media(teacher, 2)

    teacher.get_by_role("button", name="全校のマイクを切る").click()

    for school in schools:
        expect(school.locator("#notices")).to_contain_text("佐藤先生の求めでマイクを切りました")
        expect(school.locator("#voice")).to_contain_text("マイクが切れています")
    expect(teacher.locator("#voice-count")).to_have_text("全校マイク切")
    expect(teacher.get_by_role("button", name="マイクを切る", exact=True)).to_be_visible()

    schools[0].locator("#notices").get_by_role("button", name="マイクを入れる").click()
    expect(schools[0].locator("#notices li")).to_have_count(0)
    expect(teacher.locator("#voice-count")).to_contain_text("1/1校", timeout=20_000)


def test_somebody_of_a_school_whose_device_is_here_brings_no_microphone(
    lesson: Booking, live: LiveServer, new_context: NewContext
) -> None:
    device = enter(new_context, lesson, "rishiri-set1", [SMALL_CAMERA], viewport=LARGE)
    expect(device.locator("#connection")).to_have_attribute("data-state", "ok")

    staff = enter(new_context, lesson, "tanaka", [SMALL_CAMERA])

    expect(staff.locator("#voice")).to_contain_text("教室の端末のマイクを使います")
    expect(staff.locator("#audio")).to_be_hidden()
    device.get_by_role("button", name="退室").click()
    expect(staff.locator("#audio")).to_be_visible()
    expect(staff.locator("#notices")).to_contain_text("教室の端末が退室しました。マイクは切れています")
    expect(staff.locator("#audio")).to_contain_text("マイクを入れる")

    staff.locator("#notices").get_by_role("button", name="マイクを入れる").click()
    expect(staff.locator("#audio")).to_contain_text("マイクを切る")
    expect(staff.locator("#notices li")).to_have_count(0)
