"""The feed's address over HTTP, and the page on which it is made."""

from __future__ import annotations

import logging
import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from django.utils.http import http_date
from pytest_django import Settings

from scheduler import bookings, feeds, logs
from scheduler.models import Feed, User
from tests.cast import PASSWORD, World
from tests.scheduler import calendar_readers, plans
from tests.scheduler.lessons_provider import plain_lessons


@pytest.fixture(autouse=True)
def _nothing_was_read_yet() -> None:
    cache.clear()


def address_of(user: User) -> str:
    secret = feeds.make(feeds.own(user), by=user, instead_of=None, now=timezone.now())
    return f"/calendar/{secret}.ics"


def signed_in(user: User) -> Client:
    client = Client()
    assert client.login(email=user.email, password=PASSWORD)
    return client


def shown_address(page: str) -> str:
    found = re.search(r'value="http://[^"]+(/calendar/[^"]+\.ics)"', page)
    assert found
    return found[1]


@pytest.mark.both_databases
def test_a_feed_needs_no_sign_in_and_names_its_type_and_validators(world: World) -> None:
    response = Client().get(address_of(world.tanaka))

    assert response.status_code == 200
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    assert response["Cache-Control"] == "private, no-cache"
    assert response["Content-Language"] == "ja"
    assert calendar_readers.events(response.content) == []


@pytest.mark.both_databases
@pytest.mark.parametrize("header", ["If-None-Match", "If-Modified-Since"])
def test_an_unchanged_feed_answers_304_and_a_changed_one_200(world: World, header: str) -> None:
    with plain_lessons():
        address, client = address_of(world.tanaka), Client()
        first = client.get(address)
        known = first["ETag"] if header == "If-None-Match" else first["Last-Modified"]

        unchanged = client.get(address, headers={header: known})
        day = timezone.localdate() + timedelta(days=(3 - timezone.localdate().weekday()) % 7 + 7)
        bookings.book(plans.joint(world, 2, day), by=world.suzuki, now=timezone.now(), intention=uuid4())
        changed = client.get(address, headers={header: known})

    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert (unchanged["ETag"], unchanged["Last-Modified"]) == (first["ETag"], first["Last-Modified"])
    assert changed.status_code == 200
    assert len(calendar_readers.events(changed.content)) == 1


def test_a_disappearance_is_a_change_too(world: World) -> None:
    with plain_lessons():
        day = timezone.localdate() + timedelta(days=(3 - timezone.localdate().weekday()) % 7 + 7)
        booking = bookings.book(
            plans.joint(world, 2, day), by=world.suzuki, now=timezone.now(), intention=uuid4()
        )
        address, client = address_of(world.tanaka), Client()
        first = client.get(address)
        booking.delete()

        # Nothing is left that could say when; the feed itself remembers.
        response = client.get(address, headers={"If-Modified-Since": first["Last-Modified"]})

    assert response.status_code == 200


def test_head_gives_the_headers_of_get(world: World) -> None:
    address, client = address_of(world.tanaka), Client()

    head, get = client.head(address), client.get(address)

    assert (head.status_code, head.content) == (200, b"")
    assert (head["ETag"], head["Content-Type"]) == (get["ETag"], get["Content-Type"])


def test_a_feed_that_is_asked_for_without_end_is_told_to_wait(world: World) -> None:
    address, other, client = address_of(world.tanaka), address_of(world.kudo), Client()
    cache.set(f"feed-reads-{Feed.objects.get(user=world.tanaka).pk}", feeds.READS_PER_HOUR)

    response = client.get(address)

    assert (response.status_code, response["Retry-After"]) == (429, "3600")
    assert client.get(other).status_code == 200


def test_reading_is_seen_on_the_page(world: World) -> None:
    client = signed_in(world.tanaka)
    address = shown_address(client.post("/calendar/").content.decode())
    assert "まだです。カレンダーに追加" in client.get("/calendar/").content.decode()

    Client().get(address)

    assert "まだです。カレンダーに追加" not in client.get("/calendar/").content.decode()


def test_the_address_is_shown_once_and_never_kept_by_the_browser(world: World) -> None:
    client = signed_in(world.tanaka)

    made = client.post("/calendar/")

    address = shown_address(made.content.decode())
    assert "no-store" in made["Cache-Control"]
    assert f"webcal://127.0.0.1:8000{address}" in made.content.decode()
    assert Client().get(address).status_code == 200
    assert address not in client.get("/calendar/").content.decode()


def test_replacing_ends_the_old_address_and_sending_it_twice_ends_none(world: World) -> None:
    client = signed_in(world.tanaka)
    first = shown_address(client.post("/calendar/").content.decode())
    form = {"instead_of": Feed.objects.get(user=world.tanaka).pk}

    second = shown_address(client.post("/calendar/", form).content.decode())
    repeated = client.post("/calendar/", form)

    assert repeated.status_code == 409
    assert "アドレスは変わっていません" in repeated.content.decode()
    assert [Client().get(address).status_code for address in (first, second)] == [404, 200]


def test_revoking_ends_the_address(world: World) -> None:
    client = signed_in(world.tanaka)
    address = shown_address(client.post("/calendar/").content.decode())

    client.post("/calendar/revoke/")
    client.post("/calendar/revoke/")

    assert Client().get(address).status_code == 404
    assert "カレンダー用のアドレスを作る" in client.get("/calendar/").content.decode()


def test_an_account_that_is_closed_has_no_calendar_any_more(world: World) -> None:
    client, address = Client(), address_of(world.tanaka)
    assert client.get(address).status_code == 200

    world.tanaka.is_active = False
    world.tanaka.save(update_fields=["is_active"])

    assert client.get(address).status_code == 404


def test_an_account_without_a_post_is_told_so_and_gets_no_address(world: World) -> None:
    client = signed_in(world.kato)

    assert "表示できる予定がまだありません" in client.get("/calendar/").content.decode()
    assert client.post("/calendar/").status_code == 404
    assert not Feed.objects.exists()


def test_a_service_on_this_computer_says_that_telephones_cannot_reach_it(
    world: World, settings: Settings
) -> None:
    client = signed_in(world.tanaka)
    warning = "このパソコンの中だけで動いています"
    settings.PUBLIC_URL = "https://haishin.example.jp"
    assert warning not in client.post("/calendar/").content.decode()
    settings.PUBLIC_URL = "http://127.0.0.1:8000"
    form = {"instead_of": Feed.objects.get(user=world.tanaka).pk}

    page = client.post("/calendar/", form).content.decode()

    assert warning in page


def test_no_refusal_writes_an_address_into_the_log(world: World, caplog: pytest.LogCaptureFixture) -> None:
    address = address_of(world.tanaka)
    feeds.revoke(feeds.own(world.tanaka), by=world.tanaka, now=timezone.now())

    with caplog.at_level(logging.DEBUG):
        Client().get(address)
        Client(enforce_csrf_checks=True).post(address)

    secret = address.removeprefix("/calendar/").removesuffix(".ics")
    assert "Not Found: /calendar/….ics" in caplog.messages
    assert secret not in caplog.text
    assert all(secret not in str(record.__dict__.get("args")) for record in caplog.records)


def test_a_traceback_is_cleaned_of_an_address_too() -> None:
    formatter = logs.LineFormatter("%(message)s")
    error = ValueError("cannot read https://haishin.example.jp/calendar/ab-cd_ef.ics?x=1")
    record = logging.LogRecord("any", logging.ERROR, "", 0, "it failed", None, (ValueError, error, None))

    written = formatter.format(record)

    assert "ab-cd_ef" not in written
    assert "x=1" not in written
    assert "/calendar/….ics?…" in written


def test_dates_in_headers_have_whole_seconds(world: World) -> None:
    response = Client().get(address_of(world.tanaka))

    kept = Feed.objects.get(user=world.tanaka).content_changed_at
    assert kept is not None
    assert response["Last-Modified"] == http_date(kept.timestamp())
    assert kept.microsecond == 0
