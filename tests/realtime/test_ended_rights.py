"""Whoever loses the right to be in a room is out at once, and whoever gets another part in it is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from channels.db import database_sync_to_async
from django.contrib.sessions.models import Session
from django.utils import timezone
from pytest_django.fixtures import Settings

from realtime import access
from realtime.models import Visit
from realtime.protocol import Close
from realtime.registry import registry
from realtime.visits import ledger
from scheduler import session_rules
from scheduler.models import Booking, Membership, Organisation, Role, User
from scheduler.session_store import SessionStore
from tests.cast import World
from tests.realtime.sockets import answers, enter, knock

SDP = "v=0\r\n"


def close_account(user: User) -> None:
    user.is_active = False
    user.save(update_fields=["is_active"])


def end_post(user: User) -> None:
    post = user.memberships.get()
    post.valid_until = timezone.localdate()
    post.save(update_fields=["valid_until"])


def change_role(user: User) -> None:
    post = user.memberships.get()
    post.role = Role.TEACHER
    post.save()


def give_away_post(user: User) -> None:
    """An administrator writes another account into the row."""
    post = user.memberships.get()
    post.user = User.objects.create_user("haru@example.jp", None, name="春")
    post.save()


@pytest.mark.parametrize(
    "end",
    [close_account, end_post, change_role, give_away_post, lambda user: user.memberships.get().delete()],
)
async def test_whoever_loses_the_account_or_the_post_is_out_at_once(
    world: World, lesson_now: Booking, end: Callable[[User], None]
) -> None:
    sato = await enter(world.sato, lesson_now.uid)
    rishiri = await enter(world.rishiri_device, lesson_now.uid)
    await sato.read_until("peer-joined")

    await database_sync_to_async(end)(world.rishiri_device)

    assert await rishiri.closed() == ("forbidden", Close.FORBIDDEN)
    assert await sato.read() == {"t": "peer-left", "id": rishiri.id, "reason": "removed"}
    await answers(sato)


async def test_an_account_that_is_deleted_is_out_at_once(world: World, lesson_now: Booking) -> None:
    coordinator = await database_sync_to_async(User.objects.create_user)("yuki@example.jp", None, name="雪")
    add = database_sync_to_async(Membership.objects.create)
    await add(
        user=coordinator, organisation=world.rebun, role=Role.SCHOOL_COORDINATOR, valid_from=date(2026, 4, 1)
    )
    yuki = await knock(coordinator, lesson_now.uid)
    assert await yuki.is_quiet()  # admitted, and without a visit, which would keep the account

    await database_sync_to_async(coordinator.delete)()

    assert await yuki.closed() == ("forbidden", Close.FORBIDDEN)


def sign_out(user: User) -> None:
    for session in Session.objects.all():
        if session.get_decoded().get("_auth_user_id") == str(user.pk):
            session.delete()


def set_password(user: User) -> None:
    user.set_password("seals-on-the-pier")
    user.save()


@pytest.mark.parametrize("end", [sign_out, set_password])
async def test_whoever_is_signed_out_has_left_and_must_sign_in_to_come_back(
    world: World, lesson_now: Booking, end: Callable[[User], None]
) -> None:
    sato = await enter(world.sato, lesson_now.uid)
    rishiri = await enter(world.rishiri_device, lesson_now.uid)
    await sato.read_until("peer-joined")

    await database_sync_to_async(end)(world.rishiri_device)

    assert await rishiri.closed() == ("auth-failed", Close.ASK_ANEW)
    assert await sato.read() == {"t": "peer-left", "id": rishiri.id, "reason": "removed"}
    back = await enter(world.rishiri_device, lesson_now.uid, resume=rishiri.resume)
    assert back.id == rishiri.id
    await sato.read_until("peer-joined")
    await answers(sato)


def run_out(user: User) -> None:
    """As if every session of the account had been left yesterday."""
    for row in Session.objects.all():
        session = SessionStore(row.session_key)
        if session.get("_auth_user_id") == str(user.pk):
            yesterday = (timezone.now() - timedelta(days=1)).isoformat()
            session[session_rules.BEGAN] = session[session_rules.SEEN] = yesterday
            session.save()


async def test_a_session_that_runs_out_puts_nobody_out(
    world: World, lesson_now: Booking, settings: Settings
) -> None:
    settings.SESSION_IDLE_MINUTES, settings.SESSION_HOURS = 15, 12
    admin = await enter(world.admin, lesson_now.uid)

    await database_sync_to_async(run_out)(world.admin)
    await database_sync_to_async(world.admin.save)()

    await answers(admin)


async def test_a_post_that_ends_with_the_day_ends_the_stay_at_midnight(
    world: World, lesson_now: Booking
) -> None:
    sato = await enter(world.sato, lesson_now.uid)
    rishiri = await enter(world.rishiri_device, lesson_now.uid)
    await sato.read_until("peer-joined")
    # Noticed by nobody, as when a day passes: only the date tells.
    posts = world.rishiri_device.memberships
    await database_sync_to_async(posts.update)(valid_until=timezone.localdate())
    midnight = access.holds_until(world.rishiri, timezone.now())

    registry.look(midnight - timedelta(seconds=1))
    await answers(rishiri)
    registry.look(midnight)

    assert await rishiri.closed() == ("forbidden", Close.FORBIDDEN)
    assert await sato.read() == {"t": "peer-left", "id": rishiri.id, "reason": "removed"}
    await answers(sato)


def test_the_gate_is_asked_again_at_the_first_midnight_of_the_organisation_or_the_service() -> None:
    now = datetime(2026, 11, 26, 1, 0, tzinfo=UTC)  # 10:00 in Japan, 18:00 the day before in Alberta

    ends = [
        access.holds_until(Organisation(time_zone=zone), now) for zone in ("Asia/Tokyo", "America/Edmonton")
    ]

    assert ends == [datetime(2026, 11, 26, 15, 0, tzinfo=UTC), datetime(2026, 11, 26, 7, 0, tzinfo=UTC)]


def _hand_over(world: World) -> None:
    """Suzuki teaches this lesson in Sato's place."""
    world.sato_person.user = world.suzuki
    world.sato_person.save()


async def test_whoever_gets_another_part_is_told_and_so_are_the_others(
    world: World, lesson_now: Booking
) -> None:
    observing = database_sync_to_async(Membership.objects.create)
    await observing(
        user=world.sato, organisation=world.centre, role=Role.PLANNER, valid_from=date(2026, 4, 1)
    )
    sato = await enter(world.sato, lesson_now.uid)
    suzuki = await enter(world.suzuki, lesson_now.uid)
    rishiri = await enter(world.rishiri_device, lesson_now.uid)
    await suzuki.say("hand", up=True)
    await rishiri.read_until("hands")
    await suzuki.read_until("hands")
    await sato.read_until("hands")
    await ledger.flush()

    await database_sync_to_async(_hand_over)(world)

    heard = [await rishiri.read_until("peer-joined") for _ in range(2)]
    roles = {message["peer"]["id"]: message["peer"]["role"] for message in heard}
    assert roles == {suzuki.id: "host", sato.id: "guest"}
    for one, role in ((suzuki, "host"), (sato, "guest")):
        joined = await one.read_until("joined")
        assert (joined["id"], joined["role"], joined["resumed"]) == (one.id, role, True)
        assert one is sato or joined["hands"] == []  # who leads asks nobody for a turn
        assert rishiri.id in {peer["id"] for peer in joined["peers"]}
    await rishiri.say("offer", to=suzuki.id, pc="c1", sdp=SDP)
    assert (await suzuki.read_until("offer"))["from"] == rishiri.id
    await rishiri.say("offer", to=sato.id, pc="c1", sdp=SDP)
    assert (await rishiri.read_until("error"))["code"] == "not-linked"
    await ledger.flush()
    stays = Visit.objects.filter(peer=suzuki.id).order_by("pk").values_list("standing", "end_reason")
    assert await database_sync_to_async(list)(stays) == [("observer", "removed"), ("leader", "")]


async def test_a_part_that_changed_while_the_line_was_broken_is_told_at_the_return(
    world: World, lesson_now: Booking
) -> None:
    suzuki = await enter(world.suzuki, lesson_now.uid)
    rishiri = await enter(world.rishiri_device, lesson_now.uid)
    await suzuki.vanish()
    await rishiri.read_until("peer-away")
    await database_sync_to_async(_hand_over)(world)

    back = await enter(world.suzuki, lesson_now.uid, resume=suzuki.resume)

    told = await rishiri.read()
    assert (told["t"], told["peer"]["id"], told["peer"]["role"], told["peer"]["away"]) == (
        "peer-joined", back.id, "host", False,
    )  # fmt: skip
    assert back.id == suzuki.id


async def test_a_change_that_says_nothing_new_of_who_is_inside_is_told_to_nobody(
    world: World, lesson_now: Booking
) -> None:
    sato = await enter(world.sato, lesson_now.uid)
    rishiri = await enter(world.rishiri_device, lesson_now.uid)
    await sato.read_until("peer-joined")

    await database_sync_to_async(world.rishiri_device.save)()
    registry.changed(lesson_now.pk)
    registry.changed(None)

    await answers(rishiri)
    await answers(sato)
