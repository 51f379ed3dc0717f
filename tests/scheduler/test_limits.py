"""How often anybody may send something, and whose count it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from smtplib import SMTPServerDisconnected
from uuid import uuid4

import pytest
from django.core import mail
from django.core.cache import cache
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.test import Client
from django.utils import timezone
from huey.api import Task
from huey.contrib.djhuey import HUEY
from huey.signals import SIGNAL_EXECUTING
from pytest_django.fixtures import Settings

from scheduler import account_forms, imports, invitations, members, metrics, wallclock
from scheduler.models import Invitation, Role
from scheduler.people_lists import PeopleListing
from tests.cast import World
from tests.scheduler import test_people, test_people_imports

MOST = 3


@pytest.fixture(autouse=True)
def _few(settings: Settings) -> Iterator[None]:
    settings.POSTS_PER_MINUTE = MOST
    settings.BEHIND_PROXY = True
    cache.clear()
    yield
    cache.clear()


def post(client: Client, address: str = "203.0.113.9") -> int:
    return client.post("/language/", {"language": "en"}, headers={"x-forwarded-for": address}).status_code


def test_beyond_the_limit_an_account_is_told_to_wait_and_others_are_not(world: World) -> None:
    sato, ito = Client(), Client()
    sato.force_login(world.sato)
    ito.force_login(world.ito)

    answers = [post(sato) for _ in range(MOST + 1)]
    elsewhere = post(sato, "198.51.100.7")
    page = sato.post("/language/", {"language": "en"})

    assert 429 not in answers[:MOST]
    assert (answers[MOST], elsewhere) == (429, 429)
    assert page.headers["Retry-After"] == "60"
    assert post(ito) != 429
    assert sato.get("/").status_code == 200


@pytest.mark.parametrize(
    ("first", "second", "is_same"),
    [
        ("203.0.113.9", "203.0.113.9", True),
        ("203.0.113.9", "203.0.113.10", False),
        ("2001:db8:1:2::3", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::3", "2001:db8:1:3::3", False),
        ("198.51.100.1, 203.0.113.9", "198.51.100.2, 203.0.113.9", True),
    ],
)
def test_who_is_not_signed_in_is_counted_by_the_address_that_the_proxy_saw(
    db: None, first: str, second: str, is_same: bool
) -> None:
    client = Client()
    for _ in range(MOST):
        post(client, first)

    assert (post(client, second) == 429) is is_same


def test_without_a_proxy_what_a_visitor_writes_is_not_believed(db: None, settings: Settings) -> None:
    settings.BEHIND_PROXY = False
    client = Client()

    answers = [post(client, f"203.0.113.{n}") for n in range(MOST + 1)]

    assert answers[MOST] == 429


RESET = "/accounts/password/reset/"


def test_mails_for_a_new_password_are_five_an_hour_to_one_address_and_the_answer_is_the_same(
    world: World, settings: Settings
) -> None:
    settings.POSTS_PER_MINUTE = 0

    answers = [Client().post(RESET, {"email": "Sato@example.jp"}) for _ in range(7)]
    unknown = [Client().post(RESET, {"email": "nobody@example.jp"}) for _ in range(7)]
    Client().post(RESET, {"email": world.ito.email})

    told = {(answer.status_code, answer.headers["Location"]) for answer in answers + unknown}
    assert told == {(302, "/accounts/password/reset/done/")}
    assert [letter.to for letter in mail.outbox] == [["sato@example.jp"]] * 5 + [["ito@example.jp"]]


def test_mails_for_a_new_password_are_limited_for_a_network_and_invented_addresses_use_nothing_up(
    world: World, settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    settings.POSTS_PER_MINUTE = 0
    monkeypatch.setattr(account_forms, "MAILS_FROM_A_NETWORK", 2)
    office = {"x-forwarded-for": "203.0.113.9"}
    reached = {"what": "reset_from_network"}
    before = metrics.registry.get_sample_value("enkaku_limits_reached_total", reached) or 0

    for n in range(20):
        Client().post(RESET, {"email": f"nobody{n}@example.jp"}, headers=office)
    people = (world.sato, world.ito, world.suzuki, world.tanaka)
    answers = [Client().post(RESET, {"email": user.email}, headers=office) for user in people]
    Client().post(RESET, {"email": world.kato.email}, headers={"x-forwarded-for": "203.0.113.10"})

    told = {(answer.status_code, answer.headers["Location"]) for answer in answers}
    assert told == {(302, "/accounts/password/reset/done/")}
    assert [letter.to[0] for letter in mail.outbox] == [
        world.sato.email, world.ito.email, world.kato.email,
    ]  # fmt: skip
    assert [line for line in caplog.messages if "limits" in line] == [
        "limits: more than 2 of reset_from_network in 3600 s"
    ]
    assert metrics.registry.get_sample_value("enkaku_limits_reached_total", reached) == before + 2


def test_who_comes_from_nowhere_that_can_be_read_is_not_counted_with_others_who_do(
    world: World, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As through a socket file, or behind a proxy that says nothing."""
    monkeypatch.setattr(account_forms, "MAILS_FROM_A_NETWORK", 1)

    for n in range(MOST + 1):
        assert post(Client(), "unix:" if n % 2 else "") != 429
    for user in (world.sato, world.ito):
        Client().post(RESET, {"email": user.email}, headers={"x-forwarded-for": "unix:"})

    assert len(mail.outbox) == 2


def test_the_page_for_a_new_password_does_the_same_whether_there_is_an_account_or_not(
    world: World,
) -> None:
    asked: list[str] = []

    @HUEY.signal(SIGNAL_EXECUTING)  # type: ignore[untyped-decorator]  # huey has no types
    def note(_signal: str, task: Task) -> None:
        asked.append(type(task).__name__)

    Client().post(RESET, {"email": world.sato.email})
    known = asked.copy()
    Client().post(RESET, {"email": "nobody@example.jp"})
    HUEY.disconnect_signal(note, SIGNAL_EXECUTING)

    assert (known, asked) == (["send_password_link"], ["send_password_link"] * 2)
    assert len(mail.outbox) == 1


class NoServer(BaseEmailBackend):
    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        raise SMTPServerDisconnected("sato@example.jp")


def test_without_a_mail_server_the_page_answers_as_ever_and_the_log_names_nobody(
    world: World, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.{NoServer.__name__}"

    answer = Client().post(RESET, {"email": world.sato.email})

    assert (answer.status_code, answer.headers["Location"]) == (302, "/accounts/password/reset/done/")
    assert "the link for a password was not sent: SMTPServerDisconnected" in caplog.text
    assert "sato" not in caplog.text


def test_an_invitation_more_than_an_hour_has_is_refused_and_nothing_typed_is_lost(
    world: World, settings: Settings
) -> None:
    settings.POSTS_PER_MINUTE, settings.INVITATIONS_PER_HOUR = 0, 4
    client = test_people.as_(world.admin)
    for n in range(4):
        offer = test_people.offer(world, world.centre, Role.TEACHER, email=f"new{n}@example.jp")
        assert client.post("/people/invite/", offer).status_code == 302

    facts = test_people.offer(world, world.centre, Role.TEACHER, email="late@example.jp", post="教諭")
    refused = client.post("/people/invite/", facts)
    one = Invitation.objects.order_by("pk")[0]
    again = client.post(f"/people/invitations/{one.uid}/resend/", follow=True)

    page = refused.content.decode()
    assert refused.status_code == 422
    assert "1時間に送れる招待メールは4通まで" in page
    assert all(f'value="{typed}"' in page for typed in ("late@example.jp", "高橋 実", "教諭"))
    assert "1時間に送れる招待メールは4通まで" in again.content.decode()
    assert (Invitation.objects.count(), len(mail.outbox)) == (4, 4)
    other = test_people.offer(world, world.rishiri, Role.ROOM_STAFF, email="another@example.jp")
    assert test_people.as_(world.nakamura).post("/people/invite/", other).status_code == 302


ROW = "{name},,{name}@example.jp,S1,受信教室の担当,,2026-04-01,"


def test_a_file_counts_its_mails_and_says_before_anything_is_written_when_they_fit(
    world: World, settings: Settings
) -> None:
    settings.POSTS_PER_MINUTE, settings.INVITATIONS_PER_HOUR = 0, 4
    client = test_people.as_(world.admin)
    test_people_imports.word(
        client, test_people_imports.upload(client, *(ROW.format(name=f"a{n}") for n in range(3)))
    )
    rows = [ROW.format(name=f"b{n}") for n in range(3)]

    found = test_people_imports.problems(client, *rows)

    free = wallclock.clock(timezone.now() + timedelta(hours=1, minutes=1), timezone.get_default_timezone())
    assert [(line, column) for line, column, _ in found] == [(3, "メールアドレス")]
    assert "1時間に送れる招待メールは4通まで" in found[0][2]
    assert free in found[0][2]
    text = "\r\n".join([test_people_imports.HEAD, *rows])
    answer = client.post("/people/import/confirm/", {"text": text, "digest": "0" * 64})
    assert (answer.status_code, Invitation.objects.count(), len(mail.outbox)) == (422, 3, 3)
    later, listing = timezone.now() + timedelta(hours=1), PeopleListing()
    read = imports.read(text.encode(), listing.layout)
    whole = members.mandate_of(world.admin, later)
    assert listing.judge(read.rows, whole, by=world.admin, now=later).problems == ()


def test_one_address_gets_five_mails_a_day_however_they_are_asked_for_and_by_whomever(
    world: World, settings: Settings
) -> None:
    settings.POSTS_PER_MINUTE = 0
    admin, office, now = test_people.as_(world.admin), test_people.as_(world.nakamura), timezone.now()
    row = "人,,Victim@example.jp,S1,受信教室の担当,,2026-04-{day},2026-04-{day}"
    for day in ("01", "02"):
        test_people_imports.word(admin, test_people_imports.upload(admin, row.format(day=day)))
    victim = test_people.offer(world, world.rishiri, Role.ROOM_STAFF, email="victim@example.jp")
    office.post("/people/invite/", victim)
    for one in Invitation.objects.all()[:2]:
        admin.post(f"/people/invitations/{one.uid}/resend/")

    resent = admin.post(f"/people/invitations/{one.uid}/resend/", follow=True)
    invited = admin.post("/people/invite/", {**victim, "role": "planner", "intention": str(uuid4())})
    read = test_people_imports.problems(admin, row.format(day="09"))

    assert "このアドレスには1日に5通" in resent.content.decode()
    assert invited.status_code == 422
    assert [column for _, column, words in read if "このアドレスには1日に5通" in words] == ["メールアドレス"]
    assert (Invitation.objects.count(), len(mail.outbox)) == (3, 5)
    invitations.resend(one, by=world.admin, now=now + timedelta(days=1, minutes=1))
    assert len(mail.outbox) == 6
