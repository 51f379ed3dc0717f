"""A teacher and eight schools: everybody's media both ways, and one school heard and seen by all."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from scheduler.models import Booking
from tests.browser.joint_lesson import SETS, book_joint_lesson
from tests.browser.live import AUTOPLAY, FLAGS, LiveServer, NewContext
from tests.browser.rooms import SMALL_CAMERA, enter, growth_of_all, legs, wait_for_media
from tests.cast import World

pytestmark = pytest.mark.browser

# Nine pages share one machine: what is tried is that media comes, not how much of it.
PATIENCE_MS = 60_000
SMALL = {"width": 320, "height": 240}
FEW_FRAMES = [flag.replace("fps=15", "fps=5") for flag in FLAGS]


@pytest.fixture
def chromium_flags() -> list[str]:
    return [*FEW_FRAMES, AUTOPLAY]


@pytest.fixture
def lesson(transactional_db: None, world: World) -> Booking:
    now = timezone.now()
    return book_joint_lesson(world, now - timedelta(minutes=5), now=now)


def test_eight_schools_are_taught_and_one_is_heard_and_seen_by_all_the_others(
    lesson: Booking, live: LiveServer, new_context: NewContext
) -> None:
    teacher = enter(new_context, lesson, "sato", [SMALL_CAMERA])
    schools = [enter(new_context, lesson, who, [SMALL_CAMERA], viewport=SMALL) for who in SETS]
    wait_for_media(teacher, 8)
    for school in schools:
        wait_for_media(school, 1)

    sixteen = [leg for page in growth_of_all([teacher, *schools]) for leg in page]
    assert len(sixteen) == 16
    assert all(frames > 3 and packets > 20 for frames, packets in sixteen), str(sixteen)
    expect(teacher.locator("#voice-count")).to_have_text("音声確認 8/8校", timeout=PATIENCE_MS)

    rishiri, *others = schools
    give_the_floor(teacher, rishiri)
    for school in others:
        wait_for_media(school, 2)
    heard = growth_of_all(others)
    assert all(len(page) == 2 for page in heard), heard
    assert all(frames > 3 and packets > 20 for page in heard for frames, packets in page), str(heard)
    # Whoever has the floor sends on seven legs more, and nothing comes back on them.
    assert len(legs(rishiri)) == 8
    assert sum(leg.audio_packets > 0 for leg in legs(rishiri)) == 1
    expect(rishiri.locator("#floor-line")).to_contain_text("7校中7校に声が届いています", timeout=PATIENCE_MS)

    teacher.get_by_role("button", name="利尻の発言を終える").click()
    expect(rishiri.locator("#floor-line")).to_be_hidden(timeout=PATIENCE_MS)
    for school in schools:
        wait_for_media(school, 1)
    usual = [leg for page in growth_of_all([teacher, *schools]) for leg in page]
    assert len(usual) == 16
    assert all(packets > 20 for _, packets in usual), str(usual)


def give_the_floor(teacher: Page, school: Page) -> None:
    school.get_by_role("button", name="手を挙げる").click()
    expect(teacher.locator("#hands li b")).to_have_text(["利尻 受信機材1"], timeout=PATIENCE_MS)
    teacher.get_by_role("button", name="利尻 受信機材1を指名する").click()
    expect(school.locator("#floor-line")).to_contain_text("発言できます", timeout=PATIENCE_MS)
    expect(teacher.locator("#hands .empty")).to_be_visible(timeout=PATIENCE_MS)
