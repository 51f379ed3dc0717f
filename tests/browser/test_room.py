"""A teacher and two schools in a real room: real server, real browsers, real media."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from realtime.models import Visit
from scheduler.models import Booking, User
from tests.browser.live import LiveServer, NewContext, rows, sign_in
from tests.browser.rooms import REMEMBER_CONNECTIONS, close_code, growth, peer_id, wait_for_media
from tests.browser.test_pages import AXE, axe_findings
from tests.cast import World
from tests.realtime.lessons import book_lesson, book_practice

pytestmark = pytest.mark.browser

Enter = Callable[..., Page]
# The driver counts as somebody pressing, so the browser's own refusal cannot be had here.
HOLDS_SOUND_BACK = """
const play = HTMLMediaElement.prototype.play;
let isPressed = false;
addEventListener("click", () => { isPressed = true; }, true);
HTMLMediaElement.prototype.play = function () {
  return isPressed || this.muted ? play.call(this) : Promise.reject(new DOMException("", "NotAllowedError"));
};
"""
LARGE = {"width": 1280, "height": 720}


@pytest.fixture
def lesson(transactional_db: None, world: World) -> Booking:
    """A lesson that began five minutes ago."""
    now = timezone.now()
    return book_lesson(world, now - timedelta(minutes=5), now=now, rebun_minutes=45)


@pytest.fixture
def enter(lesson: Booking, live: LiveServer, new_context: NewContext) -> Enter:
    """Opens the lesson's room as the account with this address: opening the page is entering."""

    def go(who: str, booking: Booking = lesson, scripts: Sequence[str] = (), **options: object) -> Page:
        context = new_context(**options)
        for script in (REMEMBER_CONNECTIONS, *scripts):
            context.add_init_script(script)
        page = sign_in(context.new_page(), f"{who}@example.jp")
        page.goto(f"/rooms/{booking.uid}/?join=1")  # staff get the page beside the device without it
        return page

    return go


def everybody(enter: Enter) -> tuple[Page, Page, Page]:
    """The teacher and both schools, in the room and with media."""
    teacher = enter("sato")
    rishiri, rebun = (enter(f"{school}-set1", viewport=LARGE) for school in ("rishiri", "rebun"))
    wait_for_media(teacher, 2)
    wait_for_media(rishiri, 1)
    wait_for_media(rebun, 1)
    return teacher, rishiri, rebun


def test_a_teacher_and_two_schools_see_and_hear_each_other(enter: Enter) -> None:
    teacher, rishiri, rebun = everybody(enter)

    grown = [*growth(teacher), *growth(rishiri), *growth(rebun)]

    assert len(grown) == 4
    assert all(frames > 10 and sound > 1000 for frames, sound in grown), grown
    for school in (rishiri, rebun):
        expect(school.locator("#voice")).to_contain_text("先生に声が届いています")
    expect(teacher.locator("#voice-count")).to_have_text("音声確認 2/2校")
    expect(teacher.locator("#tiles")).to_contain_text("利尻")
    expect(teacher.locator("#tiles")).to_contain_text("礼文")


def test_a_reloaded_school_gets_its_media_back_while_the_others_do_nothing(enter: Enter) -> None:
    teacher, rishiri, rebun = everybody(enter)
    before = peer_id(rishiri)

    rishiri.reload()
    wait_for_media(rishiri, 1)
    wait_for_media(teacher, 2)

    assert peer_id(rishiri) == before
    grown = [*growth(teacher), *growth(rishiri), *growth(rebun)]
    assert all(frames > 10 and sound > 1000 for frames, sound in grown), grown
    assert teacher.locator("#tiles li").count() == 2
    assert rows(lambda: Visit.objects.filter(peer=before).count()) == 1


def test_a_killed_server_stops_no_media_and_everybody_returns_as_before(
    enter: Enter, live: LiveServer
) -> None:
    pages = everybody(enter)
    before = [peer_id(page) for page in pages]

    live.kill()
    while_down = [step for page in pages for step in growth(page)]
    expect(pages[0].locator("#connection")).to_contain_text("つなぎ直し中")
    live.start()
    for page in pages:
        expect(page.locator("#connection")).to_have_attribute("data-state", "ok")
    pages[0].wait_for_timeout(3000)

    assert all(frames > 10 and sound > 1000 for frames, sound in while_down), while_down
    assert [peer_id(page) for page in pages] == before
    assert [page.evaluate("window.connections.length") for page in pages] == [2, 1, 1]
    afterwards = [step for page in pages for step in growth(page)]
    assert all(frames > 10 and sound > 1000 for frames, sound in afterwards), afterwards


def test_a_stranger_finds_no_page_and_a_socket_closed_with_4403(
    lesson: Booking, live: LiveServer, new_context: NewContext
) -> None:
    page = sign_in(new_context().new_page(), "kato@example.jp")

    response = page.goto(f"/rooms/{lesson.uid}/")

    assert response is not None
    assert response.status == 404
    assert close_code(page, lesson.uid) == 4403
    assert close_code(page, "00000000-0000-4000-8000-000000000000") == 4403
    anonymous = new_context().new_page()
    anonymous.goto("/accounts/login/")
    assert close_code(anonymous, lesson.uid) == 4401


def test_a_blocked_camera_and_microphone_leave_a_listener_with_words_that_help(enter: Enter) -> None:
    teacher = enter("sato")
    blocked = (
        "navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotAllowedError'))"
    )

    rishiri = enter("rishiri-set1", scripts=[blocked], viewport=LARGE)

    expect(rishiri.locator("#notices")).to_contain_text("カメラとマイクが止められています")
    expect(rishiri.locator("#voice")).to_contain_text("こちらの声は届きません")
    wait_for_media(rishiri, 1)
    expect(teacher.locator("#people")).to_contain_text("聞くだけで参加")


def test_sound_that_the_browser_holds_back_is_played_at_one_press(enter: Enter) -> None:
    enter("sato")
    listener = enter("tanaka", scripts=[HOLDS_SOUND_BACK])
    play = listener.get_by_role("button", name="音を出す")

    play.click()

    expect(play).to_have_count(0)
    paused = "[...document.querySelectorAll('audio')].map((sound) => sound.paused)"
    assert listener.evaluate(paused) == [False]


@pytest.mark.skipif(not AXE.exists() and not os.environ.get("CI"), reason="npm ci has not run")
def test_a_room_full_of_people_is_accessible_and_fits_every_window(enter: Enter) -> None:
    teacher, rishiri, rebun = everybody(enter)
    rebun.get_by_role("button", name="手を挙げる").click()
    teacher.get_by_role("button", name="チャット").click()
    expect(teacher.locator("#tiles")).to_contain_text("1番")

    found = {}
    for name, page in (("teacher", teacher), ("school", rishiri)):
        for width, height in ((1280, 720), (640, 400), (360, 740)):
            page.set_viewport_size({"width": width, "height": height})
            beyond = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            problems = axe_findings(page) + ([f"{beyond} px too wide"] if beyond > 0 else [])
            if problems:
                found[f"{name} {width}"] = problems

    assert found == {}


def test_chat_and_raised_hands_reach_everybody_in_order(enter: Enter) -> None:
    teacher, rishiri, rebun = enter("sato"), enter("rishiri-set1"), enter("rebun-set1")

    rebun.get_by_role("button", name="手を挙げる").click()
    expect(teacher.locator("#hands")).to_contain_text("礼文")
    rishiri.get_by_role("button", name="手を挙げる").click()
    rishiri.get_by_role("button", name="ほかの操作").click()
    rishiri.get_by_role("button", name="チャット").click()
    rishiri.get_by_label("この授業の全員へ").fill("<b>聞こえます</b>")
    rishiri.get_by_role("button", name="書き込む").click()

    expect(teacher.locator("#hands li b")).to_have_text(["礼文 受信機材1", "利尻 受信機材1"])
    teacher.get_by_role("button", name="チャット 新着1").click()
    expect(teacher.locator("#chat-lines")).to_contain_text("<b>聞こえます</b>")
    rebun.get_by_role("button", name="手を下ろす").click()
    expect(teacher.locator("#hands li b")).to_have_text(["利尻 受信機材1"])


def test_everybody_with_a_post_may_try_the_practice_room(enter: Enter, world: World) -> None:
    practice = rows(lambda: book_practice(world, now=timezone.now()))

    tanaka, kudo = enter("tanaka", practice), enter("kudo", practice)

    wait_for_media(tanaka, 1)
    wait_for_media(kudo, 1)
    expect(tanaka.locator("#voice")).to_contain_text("相手に声が届いています")


def test_leaving_ends_the_visit_and_empties_the_tile(enter: Enter) -> None:
    teacher, rishiri, _ = everybody(enter)
    peer = peer_id(rishiri)

    rishiri.get_by_role("button", name="退室").click()
    rishiri.wait_for_url("**/")

    expect(teacher.locator("#tiles li")).to_have_count(1)
    teacher.wait_for_timeout(1000)
    visit = rows(lambda: Visit.objects.get(peer=peer))
    assert visit.end_reason == Visit.EndReason.LEFT
    assert visit.ended_at == visit.last_beat_at


def test_a_school_reads_that_the_teacher_has_left_after_a_reload_too(enter: Enter) -> None:
    rishiri = enter("rishiri-set1", viewport=LARGE)
    expect(rishiri.locator("#voice")).to_contain_text("先生はまだ入室していません")
    teacher = enter("sato")
    wait_for_media(rishiri, 1)

    teacher.get_by_role("button", name="退室").click()

    expect(rishiri.locator("#stage-words")).to_have_text("先生は退室しました")
    rishiri.reload()
    expect(rishiri.locator("#voice")).to_contain_text("いま先生とつながっていません")
    expect(rishiri.locator("#stage-words")).to_have_text("先生は退室しました")


def test_a_large_display_shows_the_newest_line_and_counts_it_where_the_chat_is(enter: Enter) -> None:
    teacher, rishiri = enter("sato"), enter("rishiri-set1", viewport=LARGE)
    wait_for_media(rishiri, 1)
    teacher.get_by_role("button", name="チャット").click()
    teacher.get_by_label("この授業の全員へ").fill("3番まで解いてください")
    teacher.get_by_role("button", name="書き込む").click()

    newest = rishiri.get_by_role("button", name="佐藤先生：3番まで解いてください")
    expect(newest).to_be_visible()
    expect(rishiri.get_by_role("button", name="ほかの操作")).to_contain_text("新着1")
    box, stage = newest.bounding_box(), rishiri.locator(".stage").bounding_box()
    assert box is not None
    assert stage is not None
    assert box["y"] + box["height"] < stage["y"] + stage["height"] / 3
    expect(newest).to_be_hidden(timeout=15_000)

    rishiri.get_by_role("button", name="ほかの操作").click()
    leave = rishiri.get_by_role("button", name="退室").bounding_box()
    more = rishiri.locator("#more").bounding_box()
    assert leave is not None
    assert more is not None
    assert leave["y"] == more["y"]
    rishiri.get_by_role("button", name="チャット 新着1").click()
    expect(rishiri.locator("#chat-lines")).to_contain_text("3番まで解いてください")
    expect(rishiri.locator("#more-new")).to_be_hidden()


def test_what_was_switched_off_stays_off_over_a_reload_and_is_seen_so(enter: Enter) -> None:
    teacher, rishiri = enter("sato"), enter("rishiri-set1", viewport=LARGE)
    wait_for_media(rishiri, 1)
    rishiri.get_by_role("button", name="マイクを切る").click()
    rishiri.get_by_role("button", name="ほかの操作").click()
    rishiri.get_by_role("button", name="映像を切る").click()
    expect(teacher.locator("#people")).to_contain_text("聞くだけで参加")

    rishiri.reload()
    wait_for_media(rishiri, 1)

    expect(rishiri.get_by_role("button", name="マイクを入れる")).to_be_visible()
    rishiri.get_by_role("button", name="ほかの操作").click()
    expect(rishiri.get_by_role("button", name="映像を出す")).to_be_visible()
    expect(rishiri.locator("#voice")).to_contain_text("マイクが切れています")
    expect(teacher.locator("#people")).to_contain_text("聞くだけで参加")
    expect(teacher.locator("#voice-count")).to_have_text("全校マイク切")


def test_a_closed_tab_frees_the_stage_and_is_not_counted(enter: Enter) -> None:
    teacher, rishiri, _ = everybody(enter)
    gone = peer_id(rishiri)
    teacher.locator(f"[data-peer='{gone}']").click()
    expect(teacher.locator("#stage-name")).to_contain_text("利尻")

    rishiri.close()

    expect(teacher.locator("#stage-name")).to_contain_text("礼文")
    expect(teacher.locator("#people-count")).to_have_text("2")
    expect(teacher.locator(f"[data-peer='{gone}'] .rung")).to_contain_text("つなぎ直し中")


def test_a_restart_lowers_no_hand_and_blames_no_microphone(enter: Enter, live: LiveServer) -> None:
    teacher, rishiri = enter("sato"), enter("rishiri-set1", viewport=LARGE)
    wait_for_media(rishiri, 1)
    rishiri.get_by_role("button", name="手を挙げる").click()
    expect(rishiri.locator("#voice")).to_have_attribute("data-state", "ok")
    rishiri.evaluate(
        """() => {
          const line = document.querySelector("#voice");
          window.states = [];
          new MutationObserver(() => window.states.push(line.dataset.state))
            .observe(line, { attributeFilter: ["data-state"] });
        }"""
    )

    live.kill()
    expect(rishiri.locator("#voice")).to_contain_text("つなぎ直し中")
    rishiri.wait_for_timeout(9000)  # longer than a measurement is believed
    live.start()

    expect(teacher.locator("#hands li b")).to_have_text(["利尻 受信機材1"])
    expect(rishiri.locator("#voice")).to_have_attribute("data-state", "ok")
    assert "bad" not in rishiri.evaluate("window.states")


def test_two_of_one_school_are_told_apart_on_their_tiles(enter: Enter) -> None:
    teacher = enter("sato")
    enter("rishiri-set1")
    expect(teacher.locator(".caption b")).to_have_text(["利尻"])

    enter("tanaka")

    expect(teacher.locator(".caption b")).to_have_count(2)
    first, second = teacher.locator(".caption b").all_text_contents()
    assert first != second
    assert first.startswith("利尻 ")
    assert second.startswith("利尻 ")


def test_the_chat_of_a_phone_opens_in_sight_and_history_is_no_news(enter: Enter) -> None:
    phone = enter("tanaka", viewport={"width": 360, "height": 740})
    teacher = enter("sato")
    wait_for_media(phone, 1)
    teacher.get_by_role("button", name="チャット").click()
    teacher.get_by_label("この授業の全員へ").fill("聞こえますか")
    teacher.get_by_role("button", name="書き込む").click()

    phone.get_by_role("button", name="チャット 新着1").click()

    text, controls = phone.locator("#chat-form").bounding_box(), phone.locator(".controls").bounding_box()
    assert text is not None
    assert controls is not None
    assert text["y"] > 0
    assert text["y"] + text["height"] <= controls["y"]
    phone.reload()
    expect(phone.locator("#chat-lines")).to_contain_text("聞こえますか")
    expect(phone.locator("#chat")).to_have_text("チャット")


def test_a_large_display_leads_to_the_device_check(enter: Enter) -> None:
    rishiri = enter("rishiri-set1", viewport=LARGE)
    rishiri.get_by_role("button", name="ほかの操作").click()
    way = rishiri.get_by_role("link", name="機器を確かめる")

    assert way.evaluate("(link) => parseFloat(getComputedStyle(link).fontSize)") >= 28
    way.click()

    rishiri.wait_for_url("**/check/**")


def test_english_tiles_say_the_whole_of_what_is_the_matter(enter: Enter, world: World) -> None:
    rows(lambda: User.objects.filter(pk=world.sato.pk).update(language="en"))

    teacher, school = enter("sato"), enter("rishiri-set1")
    wait_for_media(school, 1)
    rung = teacher.locator(".rung")

    expect(rung).to_have_text("speaking, sharp", timeout=30_000)
    assert rung.evaluate("(words) => words.scrollWidth <= words.clientWidth")
