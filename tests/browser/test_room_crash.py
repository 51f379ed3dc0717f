"""A page that dies without a word and is opened again: the same place, the same media."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Error, Page, expect

from realtime.models import Visit
from scheduler.models import Booking
from tests.browser.live import LiveServer, NewContext, rows
from tests.browser.rooms import SMALL_CAMERA, enter, growth, peer_id, wait_for_media
from tests.cast import World
from tests.realtime.lessons import book_lesson

pytestmark = pytest.mark.browser


@pytest.fixture
def lesson(transactional_db: None, world: World) -> Booking:
    now = timezone.now()
    return book_lesson(world, now - timedelta(minutes=5), now=now)


def test_a_crashed_tab_returns_to_its_place_with_media(
    lesson: Booking, live: LiveServer, new_context: NewContext
) -> None:
    teacher, rishiri, rebun = (
        enter(new_context, lesson, who, [SMALL_CAMERA]) for who in ("sato", "rishiri-set1", "rebun-set1")
    )
    wait_for_media(teacher, 2)
    rishiri.get_by_role("button", name="手を挙げる").click()
    expect(teacher.locator("#hands li b")).to_have_text(["利尻 受信機材1"])
    me = peer_id(rishiri)

    kept = rishiri.evaluate("JSON.stringify(sessionStorage)")
    with pytest.raises(Error):
        rishiri.goto("chrome://crash")
    expect(teacher.locator(f"[data-peer='{me}'] .rung")).to_contain_text("つなぎ直し中")
    rishiri = reopened(rishiri, kept)
    wait_for_media(rishiri, 1)
    wait_for_media(teacher, 2)

    assert peer_id(rishiri) == me
    assert all(frames > 10 and sound > 1000 for frames, sound in [*growth(teacher), *growth(rishiri)])
    expect(teacher.locator("#hands li b")).to_have_text(["利尻 受信機材1"])
    expect(teacher.locator("#tiles li")).to_have_count(2)
    assert rebun.evaluate("window.connections.length") == 1
    assert rows(lambda: Visit.objects.filter(peer=me).count()) == 1


def reopened(crashed: Page, kept: str) -> Page:
    """As the browser does it: the same address, and what the tab had stored."""
    page = crashed.context.new_page()
    page.add_init_script(
        f"for (const [name, value] of Object.entries({kept})) sessionStorage[name] ??= value;"
    )
    page.goto(crashed.url)
    return page


def test_a_closed_page_leaves_its_tile_and_a_new_one_is_told_apart(
    lesson: Booking, live: LiveServer, new_context: NewContext
) -> None:
    teacher = enter(new_context, lesson, "sato", [SMALL_CAMERA])
    one = enter(new_context, lesson, "rishiri-set1", [SMALL_CAMERA])
    two = enter(new_context, lesson, "rishiri-set1", [SMALL_CAMERA])
    wait_for_media(teacher, 2)
    names = teacher.locator("#tiles .caption b")
    assert sorted(names.all_text_contents()) == ["利尻 受信機材1（1）", "利尻 受信機材1（2）"]
    gone = peer_id(one)

    one.close(run_before_unload=False)

    expect(teacher.locator("#people-count")).to_have_text("2")
    tile = teacher.locator(f"[data-peer='{gone}']")
    expect(tile).to_contain_text("離れています", timeout=20_000)
    expect(tile).to_be_disabled()
    assert wait_for_media(two, 1)


def test_a_page_opened_anew_takes_the_place_of_the_one_that_was_closed(
    lesson: Booking, live: LiveServer, new_context: NewContext
) -> None:
    teacher = enter(new_context, lesson, "sato", [SMALL_CAMERA])
    closed = enter(new_context, lesson, "rishiri-set1", [SMALL_CAMERA])
    wait_for_media(teacher, 1)
    closed.close(run_before_unload=False)

    again = enter(new_context, lesson, "rishiri-set1", [SMALL_CAMERA])

    wait_for_media(again, 1)
    expect(teacher.locator("#tiles .caption b")).to_have_text(["利尻"])
    expect(teacher.locator("#trouble")).to_be_hidden()
