"""The register over HTTP: who opens it, one tap, the school's word, and what it looks like afterwards."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from classrooms import confirming
from classrooms.models import AttendanceMark, Confirmation, Lesson, Reception, StaffPresence, Student
from scheduler import audit
from scheduler.models import AuditEntry, Booking, Membership, Participant, Role, User
from tests.cast import World, add_user
from tests.classrooms import registering
from tests.classrooms.dates import coming
from tests.classrooms.registering import EndReason, add_pupils, side, visit
from tests.classrooms.teaching import book, hold

JSON = {"Accept": "application/json"}


def begin(lesson: Lesson, ago: timedelta) -> datetime:
    """The lesson as if it had begun so long ago: 50 minutes for every side. Its beginning."""
    start = timezone.now().replace(microsecond=0) - ago
    span = {"start": start, "end": start + timedelta(minutes=50)}
    Participant.objects.filter(booking=lesson.pk).update(**span)
    Booking.objects.filter(pk=lesson.pk).update(**span)
    return start


@pytest.fixture
def pupils(world: World) -> list[Student]:
    return add_pupils(world)


@pytest.fixture
def rishiri(world: World, pupils: list[Student]) -> Reception:
    """Rishiri's side of a lesson that ended an hour ago."""
    lesson = book(world.section, 2, day=coming())
    begin(lesson, timedelta(hours=2))
    return side(lesson, world.rishiri)


def address(reception: Reception, name: str = "register") -> str:
    return reverse(f"classrooms:{name}", args=[reception.pk])


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def tap(client: Client, reception: Reception, pupil: Student, mark: str, **more: str) -> int:
    data = {"student": str(pupil.pk), "mark": mark, "intention": str(uuid4()), **more}
    return client.post(address(reception, "marks"), data, headers=JSON).status_code


def confirm(client: Client, reception: Reception, outcome: str = "held") -> int:
    page = client.get(address(reception, "register_confirm"))
    seen = re.search(r'name="seen" value="(\w+)"', page.content.decode())
    assert seen, page.status_code
    return client.post(
        address(reception, "register_confirm"), {"outcome": outcome, "seen": seen[1]}
    ).status_code


def test_only_the_school_and_its_teacher_open_a_register(
    world: World, rishiri: Reception, pupils: list[Student]
) -> None:
    head = add_user("head", "校長 花子", world.rishiri, Role.SCHOOL_HEAD)
    pupil = add_user("pupil", "生徒", world.rishiri, Role.STUDENT)
    everybody = [
        world.nakamura, head, world.tanaka, world.sato,
        world.kudo, world.ito, world.suzuki, world.admin, world.rishiri_device, pupil, world.kato,
    ]  # fmt: skip

    found = {user.name: signed_in(user).get(address(rishiri)).status_code for user in everybody}

    assert found == {
        "中村 葵": 200, "校長 花子": 200, "田中 誠": 200, "佐藤 直子": 200,
        "工藤 誠": 404, "伊藤 久美": 404, "鈴木 和也": 404, "本間 恵": 404, "利尻 受信機材1": 404,
        "生徒": 404, "加藤 遥": 404,
    }  # fmt: skip
    for user in (world.suzuki, world.rishiri_device, world.kudo):
        for name in ("marks", "register_confirm", "register_staff"):
            data = {"student": pupils[0].pk, "mark": "late", "intention": str(uuid4())}
            assert signed_in(user).post(address(rishiri, name), data).status_code == 404
    assert not AttendanceMark.objects.exists()


def test_a_teacher_reads_it_while_posted_and_a_substitute_their_own_lesson(
    world: World, rishiri: Reception
) -> None:
    host = Participant.objects.get(booking=rishiri.lesson_id, role="host")
    Participant.objects.filter(pk=host.pk).update(person=world.ito_person)
    assert signed_in(world.ito).get(address(rishiri)).status_code == 200

    Membership.objects.filter(user__in=[world.sato, world.ito]).update(valid_until=timezone.localdate())

    assert signed_in(world.sato).get(address(rishiri)).status_code == 404
    assert signed_in(world.ito).get(address(rishiri)).status_code == 404


def test_a_held_lesson_has_no_register(world: World, pupils: list[Student]) -> None:
    lesson = hold(world, 3, day=coming(), now=timezone.now())

    assert signed_in(world.nakamura).get(address(side(lesson, world.rishiri))).status_code == 404


def test_the_page_names_the_pupils_and_nothing_that_leaves_it_does(world: World, rishiri: Reception) -> None:
    page = signed_in(world.tanaka).get(address(rishiri))

    html = page.content.decode()
    assert [name for name in registering.RISHIRI_PUPILS if name in html] == list(registering.RISHIRI_PUPILS)
    assert not any(name in html for name in registering.REBUN_PUPILS)
    title = re.search(r"<title>(.*?)</title>", html, re.DOTALL)
    assert title
    assert not any(name in title[1] for name in registering.RISHIRI_PUPILS)
    assert "no-store" in page.headers["Cache-Control"]


def test_a_tap_without_javascript_is_a_form_that_comes_back_to_its_row(
    world: World, rishiri: Reception, pupils: list[Student]
) -> None:
    client = signed_in(world.tanaka)
    html = client.get(address(rishiri)).content.decode()
    form = re.search(rf'<form id="mark-{pupils[1].pk}".*?name="intention" value="([^"]+)"', html, re.DOTALL)
    assert form

    data = {"student": pupils[1].pk, "mark": "late", "intention": form[1]}
    answer = client.post(address(rishiri, "marks"), data)

    assert (answer.status_code, answer.headers["Location"]) == (
        302, f"{address(rishiri)}#pupil-{pupils[1].pk}",
    )  # fmt: skip
    assert "出席 5（遅刻 1 を含む）　欠課 0" in client.get(address(rishiri)).content.decode()
    intentions = re.findall(r'name="intention" value="([^"]+)"', html)
    assert len(set(intentions)) == len(intentions)


def test_a_tap_answers_how_the_register_stands_and_both_see_it(
    world: World, rishiri: Reception, pupils: list[Student]
) -> None:
    assert tap(signed_in(world.tanaka), rishiri, pupils[1], "late", note="バス") == 200
    assert tap(signed_in(world.sato), rishiri, pupils[1], "absent") == 200

    state = signed_in(world.tanaka).get(address(rishiri, "marks"), headers=JSON).json()

    last = AttendanceMark.objects.latest("pk").pk
    assert state["pupils"][str(pupils[1].pk)] == {
        "mark": "absent", "note": "バス", "last": last, "facts": [],
    }  # fmt: skip
    assert (state["totals"], state["confirmed"]) == ("出席 4　欠課 1", False)
    assert not any(name in str(state) for name in registering.RISHIRI_PUPILS)


def test_a_tap_sent_again_is_one_row(world: World, rishiri: Reception, pupils: list[Student]) -> None:
    client, key = signed_in(world.tanaka), str(uuid4())

    answers = [tap(client, rishiri, pupils[0], "late", intention=key) for _ in range(3)]

    assert (answers, AttendanceMark.objects.count()) == ([200] * 3, 1)


@pytest.mark.parametrize(
    ("data", "status"),
    [
        ({"mark": "asleep"}, 422),
        ({"mark": "", "note": "バス"}, 422),
        ({}, 422),
        ({"mark": "late", "seen": "-1"}, 422),
        ({"mark": "late", "intention": "1"}, 422),
        ({"mark": "late", "student": "999999"}, 409),
        ({"mark": "late", "note": "あ" * 101}, 422),
    ],
    ids=[
        "no such mark",
        "an empty mark",
        "nothing",
        "nothing so old",
        "no key",
        "another pupil",
        "a long note",
    ],
)
def test_what_is_no_tap_is_refused_in_words(
    world: World, rishiri: Reception, pupils: list[Student], data: dict[str, str], status: int
) -> None:
    whole = {"student": str(pupils[0].pk), "intention": str(uuid4()), **data}

    answer = signed_in(world.tanaka).post(address(rishiri, "marks"), whole, headers=JSON)

    assert answer.status_code == status
    assert "何も変わっていません" in answer.json()["refused"]
    assert not AttendanceMark.objects.exists()


def test_the_school_confirms_and_a_change_afterwards_shows_old_and_new(
    world: World, rishiri: Reception, pupils: list[Student]
) -> None:
    client = signed_in(world.nakamura)
    tap(client, rishiri, pupils[1], "late")
    assert confirm(client, rishiri) == 302

    refused = tap(client, rishiri, pupils[1], "present")
    data = {
        "student": pupils[1].pk, "mark": "present", "intention": str(uuid4()), "reason": "バスの遅れのため",
    }  # fmt: skip
    client.post(address(rishiri, "marks"), data)

    html = client.get(address(rishiri)).content.decode()
    assert refused == 409
    assert re.search(r"確定 \d+月\d+日（.）\d+:\d\d 中村 葵（教頭）", html)
    assert "<s>遅刻</s> → <b>出席</b>" in html
    assert "バスの遅れのため" in html
    assert "aria-pressed" not in html


def test_a_self_study_is_confirmed_as_one(world: World, rishiri: Reception) -> None:
    confirm(signed_in(world.nakamura), rishiri, "self_study")

    assert Reception.objects.get(pk=rishiri.pk).state == "self_study"
    assert "自習として確定" in signed_in(world.nakamura).get(reverse("classrooms:registers")).content.decode()


def test_what_was_not_seen_is_shown_before_it_is_signed(
    world: World, rishiri: Reception, pupils: list[Student]
) -> None:
    client = signed_in(world.nakamura)
    html = client.get(address(rishiri, "register_confirm")).content.decode()
    seen = re.search(r'name="seen" value="(\w+)"', html)
    assert seen
    tap(signed_in(world.sato), rishiri, pupils[0], "absent")

    answer = client.post(
        address(rishiri, "register_confirm"), {"outcome": "held", "seen": seen[1]}, follow=True
    )

    assert "この間に記録が変わりました" in answer.content.decode()
    assert "欠課 1" in answer.content.decode()
    assert not Confirmation.objects.exists()


@pytest.mark.parametrize(("ago", "may"), [(-10, False), (20, False), (51, True)])
def test_a_register_is_open_before_and_confirmed_from_the_end_of_the_own_period(
    world: World, pupils: list[Student], ago: int, may: bool
) -> None:
    lesson = book(world.section, 2, day=coming())
    begin(lesson, timedelta(minutes=ago))
    reception, client = side(lesson, world.rishiri), signed_in(world.nakamura)

    page = client.get(address(reception))
    asked = client.get(address(reception, "register_confirm"))

    assert page.status_code == 200
    assert ("出欠を確定する" in page.content.decode()) == may
    assert asked.status_code == (200 if may else 302)


def test_who_confirms_is_the_schools_setting(world: World, rishiri: Reception) -> None:
    head = add_user("head", "校長 花子", world.rishiri, Role.SCHOOL_HEAD, post="校長")
    setting = reverse("classrooms:register_setting")
    assert signed_in(world.tanaka).get(address(rishiri, "register_confirm")).status_code == 404
    assert signed_in(world.tanaka).get(setting).status_code == 404
    other = signed_in(world.kudo).post(setting, {"school": world.rishiri.pk, "by_head": "1"})
    assert other.status_code == 404

    signed_in(world.nakamura).post(setting, {"school": world.rishiri.pk, "by_head": "1"})

    entry = AuditEntry.objects.get()
    assert (entry.event, entry.actor_id) == ("register.set_who_confirms", world.nakamura.pk)
    assert (entry.organisation_id, entry.facts) == (world.rishiri.pk, {"by_head": 1})
    assert signed_in(world.nakamura).get(address(rishiri, "register_confirm")).status_code == 404
    assert "出欠を確定する" not in signed_in(world.nakamura).get(address(rishiri)).content.decode()
    again = signed_in(world.nakamura).post(setting, {"school": world.rishiri.pk, "by_head": "0"})
    assert again.status_code == 404
    assert confirm(signed_in(head), rishiri) == 302
    assert Confirmation.objects.get().post == "校長"


def test_who_does_not_confirm_reads_who_does(world: World, rishiri: Reception) -> None:
    add_user("head", "校長 花子", world.rishiri, Role.SCHOOL_HEAD, post="校長")
    page = signed_in(world.tanaka).get(address(rishiri)).content.decode()
    assert "確定する人：中村 葵（教頭）・校長 花子（校長）" in page
    assert "確定する人：" not in signed_in(world.nakamura).get(address(rishiri)).content.decode()

    confirming.let_confirm(world.rishiri.pk, by_head=True, by=world.nakamura, now=timezone.now())

    page = signed_in(world.nakamura).get(address(rishiri)).content.decode()
    assert "確定する人：校長 花子（校長）" in page


@pytest.mark.parametrize("left", ["cancelled", "closed"])
def test_the_register_of_a_lesson_that_did_not_take_place_says_of_nobody_that_they_were_there(
    world: World, rishiri: Reception, pupils: list[Student], left: str
) -> None:
    participant = Participant.objects.filter(pk=rishiri.participant_id)
    participant.update(withdrawn_at=timezone.now(), withdraw_reason="暴風雪")
    Reception.objects.filter(pk=rishiri.pk).update(state=left)

    page = signed_in(world.nakamura).get(address(rishiri)).content.decode()

    assert "実施なし" in page
    # The coordinator who reads has a pupil's name.
    assert not any(pupil.name in page for pupil in pupils if pupil.name != world.nakamura.name)
    for words in ("出席 6", "立ち会いました", "署名"):
        assert words not in page


def test_who_attended_is_recorded_by_one_press_and_struck_out(world: World, rishiri: Reception) -> None:
    client = signed_in(world.tanaka)
    html = client.get(address(rishiri)).content.decode()
    assert "田中 誠（実習助手）が立ち会いました" in html

    data = {"who": str(world.tanaka.pk), "intention": str(uuid4())}
    client.post(address(rishiri, "register_staff"), data)
    client.post(address(rishiri, "register_staff"), data)

    row = StaffPresence.objects.get()
    assert (row.name, row.post, row.recorded_by) == ("田中 誠", "実習助手", world.tanaka)
    assert "立会い 田中 誠（実習助手）" in client.get(address(rishiri)).content.decode()
    client.post(address(rishiri, "register_staff"), {"strike": row.pk})
    assert "<s>田中 誠（実習助手）</s>" in client.get(address(rishiri)).content.decode()


def test_striking_out_names_whom_and_asks_for_a_reason_only_after_the_confirmation(
    world: World, rishiri: Reception
) -> None:
    client = signed_in(world.nakamura)
    data = {"who": str(world.tanaka.pk), "intention": str(uuid4())}
    client.post(address(rishiri, "register_staff"), data)
    named = 'aria-label="田中 誠（実習助手）：立会いの記録を取り消す"'

    before = client.get(address(rishiri)).content.decode()
    confirm(client, rishiri)
    after = client.get(address(rishiri)).content.decode()

    row = StaffPresence.objects.get()
    is_open = f'id="strike-{row.pk}"' in before
    assert (f'<button class="btn sm" {named}>' in before, is_open) == (True, False)
    folded = after[after.index(f"<summary {named}>") :]
    assert f'id="strike-{row.pk}"' in folded[: folded.index("</details>")]


def test_what_was_typed_in_japanese_is_marked_as_such_on_an_english_page(
    world: World, rishiri: Reception, pupils: list[Student]
) -> None:
    client = signed_in(world.nakamura)
    data = {"who": "other", "name": "<浅野> 翔", "post": "支援員", "intention": str(uuid4())}
    client.post(address(rishiri, "register_staff"), data)
    confirm(client, rishiri)

    japanese = client.get(address(rishiri)).content.decode()
    client.post("/language/", {"language": "en", "next": "/"})
    english = client.get(address(rishiri)).content.decode()

    who = '&lt;<span lang="ja">浅野</span>&gt; <span lang="ja">翔</span> (<span lang="ja">支援員</span>)'
    assert f"<b>{who}</b>" in english
    assert f'id="name-{pupils[0].pk}"><span lang="ja">青山 陸</span></th>' in english
    assert '<span lang="ja">' not in japanese


def test_somebody_else_needs_name_and_post_and_the_teacher_records_nobody(
    world: World, rishiri: Reception
) -> None:
    data = {"who": "other", "name": "浅野 翔", "intention": str(uuid4())}

    refused = signed_in(world.tanaka).post(address(rishiri, "register_staff"), data)
    teachers = signed_in(world.sato).post(address(rishiri, "register_staff"), {**data, "post": "支援員"})
    signed_in(world.tanaka).post(address(rishiri, "register_staff"), {**data, "post": "支援員"})
    home = {"who": "home", "intention": str(uuid4())}
    signed_in(world.tanaka).post(address(rishiri, "register_staff"), home)

    assert (refused.status_code, teachers.status_code) == (422, 404)
    assert list(StaffPresence.objects.values_list("name", "post", "exemption")) == [
        ("浅野 翔", "支援員", ""), ("", "", "home"),
    ]  # fmt: skip


def test_the_measured_room_stands_beside_the_marks(
    world: World, rishiri: Reception, pupils: list[Student]
) -> None:
    start = rishiri.participant.start
    visit(
        rishiri.lesson,
        world.rishiri_device,
        start,
        start + timedelta(minutes=26, seconds=7),
        EndReason.TIMEOUT,
    )
    visit(
        rishiri.lesson, world.rishiri_device,
        start + timedelta(minutes=28, seconds=22), start + timedelta(hours=1), began="line",
    )  # fmt: skip

    html = signed_in(world.sato).get(address(rishiri)).content.decode()

    assert "<b>47分</b>" in html
    assert "（2分15秒・回線）" in html
    assert "通信障害は欠課にしません" in html


def test_the_list_is_the_schools_own_by_day_with_what_waits(
    world: World, rishiri: Reception, pupils: list[Student]
) -> None:
    listed = reverse("classrooms:registers")
    before = signed_in(world.nakamura).get(listed).content.decode()
    rebun = side(rishiri.lesson, world.rebun)

    confirm(signed_in(world.nakamura), rishiri)
    after = signed_in(world.nakamura).get(listed).content.decode()

    assert "未確定の出欠 1件" in before
    assert address(rishiri) in before
    assert address(rebun) not in before
    assert "未確定の出欠はありません" in after
    teachers = signed_in(world.sato).get(listed).content.decode()
    assert address(rishiri) in teachers
    assert address(rebun) in teachers


def test_planners_read_counts_of_schools_and_no_way_into_a_register(world: World, rishiri: Reception) -> None:
    for user in (world.suzuki, world.admin):
        html = signed_in(user).get(reverse("classrooms:registers")).content.decode()

        assert re.search(r"利尻.*?<b>1</b>", html, re.DOTALL)
        assert not re.search(r"/register/\d", html)
        assert not any(name in html for name in registering.RISHIRI_PUPILS)


@pytest.mark.parametrize("asked", ["", "0001-01-01", "9999-12-31", "yesterday", "2026-02-30"])
def test_any_day_in_the_address_of_the_list_is_a_page(world: World, rishiri: Reception, asked: str) -> None:
    assert signed_in(world.nakamura).get(reverse("classrooms:registers"), {"until": asked}).status_code == 200


def test_forty_one_pupils_cost_as_many_queries_as_five(
    world: World, rishiri: Reception, pupils: list[Student], django_assert_max_num_queries: object
) -> None:
    for seat in range(6, 42):
        registering.add_pupil(
            world.rishiri, f"二十四文字の長い氏名をもつ生徒その{seat:07}", seat, section=world.section
        )
    client = signed_in(world.tanaka)

    with django_assert_max_num_queries(24):  # type: ignore[operator]
        html = client.get(address(rishiri)).content.decode()

    assert html.count("data-student=") == 41


def test_english_is_complete_on_the_page(world: World, rishiri: Reception) -> None:
    client = signed_in(world.tanaka)
    client.post(reverse("scheduler:language"), {"language": "en"})

    html = client.get(address(rishiri)).content.decode()

    assert "Present 5; Absent 0" in html
    assert "Connection of the room" in html


def test_a_note_is_posted_without_a_mark(world: World, rishiri: Reception, pupils: list[Student]) -> None:
    """The other person's mark is newer than the page on which the note was written."""
    client = signed_in(world.tanaka)
    html = client.get(address(rishiri)).content.decode()
    form = re.search(r'<form class="note".*?</form>', html, re.DOTALL)
    assert form
    assert 'name="mark"' not in form[0]
    tap(signed_in(world.sato), rishiri, pupils[0], "absent")

    data = {"student": pupils[0].pk, "intention": str(uuid4()), "note": "欠席届あり"}
    client.post(address(rishiri, "marks"), data)

    newest = AttendanceMark.objects.latest("pk")
    assert (newest.mark, newest.note, newest.by) == ("absent", "欠席届あり", world.tanaka)


def test_taps_of_one_account_are_never_taken_as_anothers(
    world: World, rishiri: Reception, pupils: list[Student]
) -> None:
    """The other account is signed in in another tab; also one to whom the register does not exist."""
    tanaka = str(world.tanaka.pk)

    for other in (world.sato, world.kudo):
        assert tap(signed_in(other), rishiri, pupils[0], "late", reader=tanaka) == 409

    assert not AttendanceMark.objects.exists()
    assert tap(signed_in(world.tanaka), rishiri, pupils[0], "late", reader=tanaka) == 200


def test_a_tap_that_waited_is_asked_about_in_words(
    world: World, rishiri: Reception, pupils: list[Student]
) -> None:
    tap(signed_in(world.sato), rishiri, pupils[0], "absent")

    data = {"student": pupils[0].pk, "mark": "late", "seen": "0", "intention": str(uuid4())}
    answer = signed_in(world.tanaka).post(address(rishiri, "marks"), data, headers=JSON)

    last = AttendanceMark.objects.get().pk
    assert (answer.status_code, answer.json()) == (
        409,
        {
            "refused": "その後、佐藤 直子が「欠課」にしました。「遅刻」にしますか。",
            "question": {"seen": last, "yes": "「遅刻」にする", "no": "「欠課」のままにする"},
        },
    )


def test_a_school_whose_head_has_left_is_not_locked_out_of_its_registers(
    world: World, rishiri: Reception
) -> None:
    head = add_user("head", "校長 花子", world.rishiri, Role.SCHOOL_HEAD, post="校長")
    setting, client = reverse("classrooms:register_setting"), signed_in(world.nakamura)
    client.post(setting, {"school": world.rishiri.pk, "by_head": "1"})
    assert client.get(address(rishiri, "register_confirm")).status_code == 404

    Membership.objects.filter(user=head).update(valid_until=timezone.localdate())

    assert "校長・教頭のアカウントが今日はない" in client.get(setting).content.decode()
    assert confirm(client, rishiri) == 302
    client.post(setting, {"school": world.rishiri.pk, "by_head": "0"})
    assert not confirming.head_alone([world.rishiri.pk], timezone.localdate())
    assert "校長・教頭のアカウントが今日はない" not in client.get(setting).content.decode()


def shown(user: User, reception: Reception, name: str = "register") -> str:
    return signed_in(user).get(address(reception, name)).content.decode()


def test_what_is_measured_of_a_lesson_that_runs_is_said_of_so_far(
    world: World, pupils: list[Student]
) -> None:
    """How long before the bell they left is not known yet, and a dark room is no contradiction yet."""
    lesson = book(world.section, 2, day=coming())
    rishiri = side(lesson, world.rishiri)
    begin(lesson, timedelta(minutes=51))
    over = shown(world.tanaka, rishiri)
    start = begin(lesson, timedelta(minutes=20))
    dark = shown(world.tanaka, rishiri)
    visit(lesson, world.rishiri_device, start, start + timedelta(minutes=11))

    left = shown(world.tanaka, rishiri)

    assert "まだつながっていません" in dark
    assert "一度もつながっていません" not in dark
    left_at = timezone.localtime(start + timedelta(minutes=11))
    assert f"<p>{left_at.hour}:{left_at:%M} 退出</p>" in left
    assert "一度もつながっていません" in over


def test_when_somebody_was_marked_late_stays_beside_the_mark_after_the_confirmation(
    world: World, rishiri: Reception, pupils: list[Student]
) -> None:
    client, start = signed_in(world.nakamura), rishiri.participant.start
    tap(client, rishiri, pupils[1], "late")
    AttendanceMark.objects.update(at=start + timedelta(minutes=9))
    data = {"student": pupils[1].pk, "intention": str(uuid4()), "note": "バス"}
    client.post(address(rishiri, "marks"), data)
    before = shown(world.nakamura, rishiri)

    confirm(client, rishiri)

    assert "に記録（始業の9分後）" in before
    assert "に記録（始業の9分後）" in shown(world.nakamura, rishiri)


def test_whoever_confirms_reads_first_who_was_not_simply_present(
    world: World, rishiri: Reception, pupils: list[Student]
) -> None:
    client = signed_in(world.nakamura)
    tap(client, rishiri, pupils[1], "late")
    tap(client, rishiri, pupils[4], "absent", note="欠席届あり")

    html = shown(world.nakamura, rishiri, "register_confirm")

    listed = re.findall(r"<li>(.*?) <b>(.*?)</b>", html)
    assert listed == [("石井 美月", "遅刻"), ("中村 葵", "欠課")]
    assert "欠席届あり" in html


def test_a_day_on_the_list_begins_with_its_first_lesson(world: World, pupils: list[Student]) -> None:
    late, early = (book(world.section, number, day=coming()) for number in (3, 2))

    html = (
        signed_in(world.nakamura)
        .get(reverse("classrooms:registers"), {"until": f"{coming():%Y-%m-%d}"})
        .content.decode()
    )

    assert html.index(address(side(early, world.rishiri))) < html.index(address(side(late, world.rishiri)))


def test_who_would_confirm_no_more_is_told_beside_the_choice(world: World, rishiri: Reception) -> None:
    """A coordinator whose post reads 教頭 is not the head to the service."""
    head = add_user("head", "校長 花子", world.rishiri, Role.SCHOOL_HEAD, post="校長")
    setting = reverse("classrooms:register_setting")

    told = [
        "あなたは確定できなくなり" in signed_in(user).get(setting).content.decode()
        for user in (world.nakamura, head)
    ]

    assert told == [True, False]


def test_the_confirmation_and_what_is_changed_after_it_are_on_the_audit(
    world: World, rishiri: Reception, pupils: list[Student]
) -> None:
    office, room = signed_in(world.nakamura), signed_in(world.tanaka)
    staff = {"name": "代わりの 先生", "post": "教諭", "intention": str(uuid4()), "who": "other"}
    assert tap(office, rishiri, pupils[1], "late") == 200
    assert AuditEntry.objects.count() == 0
    confirm(office, rishiri)
    assert tap(office, rishiri, pupils[1], "absent") == 409  # no reason
    again = {"reason": "欠席届を受け取ったため", "intention": str(uuid4())}
    for _sent_twice in range(2):
        assert tap(room, rishiri, pupils[1], "absent", **again) == 200
    office.post(address(rishiri, "register_staff"), staff | {"reason": "記録もれ"})

    row = StaffPresence.objects.get()
    office.post(address(rishiri, "register_staff"), {"strike": str(row.pk), "reason": "誤り"})

    side_of = {"reception": rishiri.pk}
    uid, office_post = str(rishiri.lesson.booking.uid), (world.nakamura.pk, "school_coordinator")
    entries = AuditEntry.objects.filter(object_type="register", object_key=uid).order_by("pk")
    assert [(e.event, (e.actor_id, e.actor_role), e.organisation_id, e.facts) for e in entries] == [
        ("register.confirm", office_post, world.rishiri.pk, side_of | {"outcome": "held"}),
        ("register.correct_mark", (world.tanaka.pk, "room_staff"), world.rishiri.pk, side_of),
        ("register.correct_staff", office_post, world.rishiri.pk, side_of),
        ("register.correct_staff", office_post, world.rishiri.pk, side_of),
    ]
    assert audit.verify() == []
    page = signed_in(world.admin).get("/audit/").content.decode()
    assert all(words in page for words in ("出欠の確定", "確定後の出欠の変更", "確定後の立会いの変更"))
    kept = page + repr(list(AuditEntry.objects.values()))
    assert not any(words in kept for words in (pupils[1].name, "欠席届", "absent"))


def test_a_confirmation_that_is_refused_is_on_no_audit(world: World, rishiri: Reception) -> None:
    office = signed_in(world.nakamura)

    office.post(address(rishiri, "register_confirm"), {"outcome": "held", "seen": "0" * 16})

    assert not Confirmation.objects.exists()
    assert not AuditEntry.objects.exists()
