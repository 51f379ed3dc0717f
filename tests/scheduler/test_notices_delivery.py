"""The outbox drained: once each, again after a failure, never by two workers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from smtplib import SMTPServerDisconnected
from threading import Barrier
from uuid import uuid4

import pytest
from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.message import EmailMessage
from django.db import connections
from django.utils import timezone
from huey.api import Huey
from huey.contrib.djhuey import HUEY
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from scheduler import bookings, deliveries, notices, tasks
from scheduler.models import Booking, Notice, User
from scheduler.notices import Kind
from tests.cast import NOW, World
from tests.scheduler import plans
from tests.scheduler.lessons_provider import plain_lessons

pytestmark = pytest.mark.both_databases


@pytest.fixture(autouse=True)
def _lessons_are_told() -> Iterator[None]:
    with plain_lessons():
        yield


class MailServerDown(BaseEmailBackend):
    """Refuses every message, as a server that restarts."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        raise SMTPServerDisconnected("Connection unexpectedly closed")


DOWN = f"{__name__}.MailServerDown"


def told(world: World) -> Booking:
    """A booked lesson of which Sato, Tanaka, Nakamura and Kudo are to be told."""
    booking = bookings.book(plans.joint(world, 2), by=world.suzuki, now=NOW, intention=uuid4())
    recipients = notices.concerned(booking, now=NOW, besides=world.suzuki)
    notices.tell(recipients, Kind.LESSON_BOOKED, booking, params={"by": world.suzuki.label}, now=NOW)
    return booking


def drain(now: datetime = NOW) -> int:
    return deliveries.deliver_due(clock=lambda: now)


def test_everybody_gets_one_message_in_their_language(world: World) -> None:
    User.objects.filter(pk=world.kudo.pk).update(language="en", name_en="Makoto Kudo")
    booking = told(world)

    assert drain() == 4
    assert drain() == 0

    by_address = {message.to[0]: message for message in mail.outbox}
    assert len(mail.outbox) == len(by_address) == 4
    japanese, english = by_address[world.tanaka.email], by_address[world.kudo.email]
    assert japanese.subject == "授業が予約されました：11月26日（木）"
    assert japanese.body.splitlines() == [
        "田中 誠 様",
        "",
        "鈴木 和也さんが「数学Ⅱ 合同」を11月26日（木）9:45–10:35に予約しました。",
        "",
        "授業: 数学Ⅱ 合同",
        "日時: 11月26日（木）9:45–10:35",
        "",
        "くわしい内容：",
        f"http://127.0.0.1:8000/lessons/{booking.uid}/",
        "",
        "お知らせの一覧：",
        "http://127.0.0.1:8000/notices/",
        "",
        "-- ",
        "遠隔",
    ]
    assert english.subject == "Lesson booked: Thu 26 Nov"
    assert english.body.startswith(
        "Dear Makoto Kudo,\n\n鈴木 和也 booked “数学Ⅱ 合同” for Thu 26 Nov, 9:50–10:40."
    )
    assert set(Notice.objects.values_list("state", "attempts", "sent_at")) == {("sent", 1, NOW)}


def test_mail_leaves_right_after_the_commit(
    world: World, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        told(world)
        Notice.objects.update(due_at=NOW - timedelta(days=400))  # due whatever today is
        assert mail.outbox == []

    assert len(mail.outbox) == 4


def test_a_mail_server_that_is_down_is_tried_again_later_and_finally_given_up(
    world: World, settings: Settings
) -> None:
    told(world)
    settings.EMAIL_BACKEND = DOWN

    assert drain() == 0
    assert set(Notice.objects.values_list("state", "attempts", "due_at", "locked_until")) == {
        ("due", 1, NOW + timedelta(minutes=1), None)
    }
    assert drain(NOW + timedelta(seconds=59)) == 0
    assert set(Notice.objects.values_list("attempts", flat=True)) == {1}

    for hours in range(1, 5):
        drain(NOW + timedelta(hours=3 * hours))
    assert set(Notice.objects.values_list("state", "attempts")) == {("failed", 5)}

    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert drain(NOW + timedelta(days=2)) == 0


def test_what_a_mail_server_refused_once_arrives_when_it_is_back(world: World, settings: Settings) -> None:
    told(world)
    usual = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = DOWN
    drain()

    settings.EMAIL_BACKEND = usual
    assert drain(NOW + timedelta(minutes=1)) == 4
    assert len(mail.outbox) == 4


def test_a_worker_killed_while_sending_leaves_it_to_the_next_after_the_lock(world: World) -> None:
    told(world)
    Notice.objects.update(locked_until=NOW + deliveries.LOCK_FOR, attempts=1)  # claimed, and then nothing

    assert drain(NOW + deliveries.LOCK_FOR - timedelta(seconds=1)) == 0
    assert drain(NOW + deliveries.LOCK_FOR) == 4


def test_a_message_that_kills_every_worker_is_given_up(world: World) -> None:
    told(world)
    Notice.objects.update(locked_until=NOW, attempts=deliveries.MOST_ATTEMPTS)

    assert drain(NOW) == 0
    assert set(Notice.objects.values_list("state", flat=True)) == {"failed"}


def test_an_account_that_was_closed_meanwhile_gets_no_mail(world: World) -> None:
    told(world)
    User.objects.filter(pk=world.kudo.pk).update(is_active=False)

    assert drain() == 3
    assert world.kudo.email not in {message.to[0] for message in mail.outbox}


def test_a_failure_names_nobody_in_the_log(
    world: World, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    told(world)
    settings.EMAIL_BACKEND = DOWN

    drain()

    assert "SMTPServerDisconnected" in caplog.text
    assert not any(word in caplog.text for word in ("example.jp", "数学", "田中"))


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_four_workers_at_once_send_each_message_once(world: World) -> None:
    told(world)
    Notice.objects.update(state=Notice.State.DUE, sent_at=None, locked_until=None, attempts=0)
    mail.outbox.clear()
    barrier = Barrier(4)

    def work() -> int:
        try:
            barrier.wait(10)
            return drain()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(max_workers=4) as executor:
        sent = [future.result() for future in [executor.submit(work) for _ in range(4)]]

    assert sum(sent) == 4
    assert sorted(message.to[0] for message in mail.outbox) == sorted(
        user.email for user in (world.sato, world.tanaka, world.nakamura, world.kudo)
    )


@pytest.fixture
def queue() -> Iterator[Huey]:
    """The jobs as a worker would find them, in a queue of their own."""
    HUEY.immediate, name = False, HUEY.name
    HUEY.name = f"test-{uuid4()}"
    HUEY.storage = HUEY.create_storage()
    yield HUEY
    HUEY.flush()
    HUEY.name = name
    HUEY.immediate = True


def test_of_many_changes_one_job_delivers_and_what_comes_after_it_began_has_its_own(
    world: World, queue: Huey, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        told(world)
        tasks.ask_for_delivery()
    assert queue.pending_count() == 1

    queue.dequeue()
    tasks.deliver_notices.call_local()
    tasks.ask_for_delivery()
    assert queue.pending_count() == 1


class Asking(BaseEmailBackend):
    """While it takes a letter, a change is committed elsewhere that this job may have missed."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        tasks.ask_for_delivery()
        return len(email_messages)


def test_what_comes_while_a_job_runs_asks_for_another(world: World, queue: Huey, settings: Settings) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.{Asking.__name__}"
    told(world)
    Notice.objects.update(due_at=timezone.now())
    tasks.ask_for_delivery()
    queue.dequeue()

    tasks.deliver_notices.call_local()

    assert queue.pending_count() == 1


def test_a_job_that_could_not_be_queued_is_asked_for_by_the_next_change(
    world: World, queue: Huey, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(_task: object) -> None:
        raise ConnectionError

    with monkeypatch.context() as broken:
        broken.setattr(queue, "enqueue", lost)
        with pytest.raises(ConnectionError):
            tasks.ask_for_delivery()

    tasks.ask_for_delivery()

    assert queue.pending_count() == 1


def test_a_job_lost_with_its_worker_is_asked_for_again_within_a_minute(world: World, queue: Huey) -> None:
    tasks.ask_for_delivery()
    queue.dequeue()
    tasks.ask_for_delivery()
    assert queue.pending_count() == 0

    tasks.deliver_waiting_notices.call_local()
    tasks.ask_for_delivery()

    assert queue.pending_count() == 1


def test_a_job_that_reaches_its_bound_asks_for_another(
    world: World, queue: Huey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliveries, "MOST_AT_ONCE", 3)
    told(world)
    Notice.objects.update(due_at=timezone.now())

    tasks.deliver_notices.call_local()
    assert (len(mail.outbox), queue.pending_count()) == (3, 1)

    queue.dequeue()
    tasks.deliver_notices.call_local()
    assert (len(mail.outbox), queue.pending_count()) == (4, 0)
