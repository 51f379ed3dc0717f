"""A long calendar from stored events beside joining the same bytes; 304 beside a view that does nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from unittest.mock import patch

import psycopg
from django.contrib.auth.decorators import login_not_required
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponse
from django.test import AsyncRequestFactory, RequestFactory, override_settings
from django.urls import URLPattern, URLResolver, include, path
from django.utils import timezone

from bench import world
from bench.figures import Figure, in_turns, milliseconds
from bench.world import BenchWorld, Writer
from classrooms.models import Course, Lesson, Section
from scheduler import feed_scopes, feed_store, feeds
from scheduler.models import Booking, Feed, Participant, StoredEvent

SIZES = (1_000, 10_000)
ROUNDS = 30
ASKED = 300
NOW = timezone.now()


@login_not_required
def _nothing(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


urlpatterns: list[URLPattern | URLResolver] = [
    path("nothing/", _nothing),
    path("", include("scheduler.config.urls")),
]


def figures() -> Iterator[Figure]:
    made = world.build(len(SIZES), code="F")
    for size, writer in zip(SIZES, made.writers, strict=True):
        _lessons(made, writer, size)
        secret = _subscribed(made, writer)
        began = timezone.now()
        _read(secret)
        yield Figure(
            f"calendar of {size:,} events, written the first time",
            f"{(timezone.now() - began).total_seconds():.1f} s", "", 0, None,
        )  # fmt: skip
        yield from _joining(secret, size)
        yield from _unchanged(secret, size)


def _joining(secret: str, size: int) -> Iterator[Figure]:
    """Ours finds the feed at its address and makes sure that it still holds; the peer has the keys."""
    feed = _read(secret)
    ids = list(memoryview(feed.parts).cast("B").cast("q"))
    with psycopg.connect(world.address(), autocommit=True) as driver:

        def peer(_round: int) -> bytes:
            rows = driver.execute("SELECT content FROM scheduler_storedevent WHERE id = ANY(%s)", [ids])
            return b"".join(content for (content,) in rows)

        assert len(peer(0)) > size * 300
        ours, theirs = in_turns(lambda _round: _read(secret), peer, ROUNDS)
    lying = [bytes(content) for (content,) in StoredEvent.objects.filter(pk__in=ids).values_list("content")]
    _none, joined = in_turns(lambda _round: None, lambda _round: b"".join(lying), ROUNDS)
    yield Figure(
        f"calendar of {size:,} events against reading and joining its bytes",
        milliseconds(ours), f"{milliseconds(theirs)}; {milliseconds(joined)} in memory", ours / theirs, 3,
    )  # fmt: skip


def _unchanged(secret: str, size: int) -> Iterator[Figure]:
    """Over ASGI, as the service runs; beside it what the two cost where no event loop is between."""
    # Asked for a few hundred times as often as an address answers in an hour.
    with (
        override_settings(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["testserver"]),
        patch.object(feeds, "READS_PER_HOUR", 1_000_000),
    ):
        found = feeds.find(secret, now=NOW)
        assert found is not None
        known = {"if-none-match": found[1].etag}
        asynchronous, synchronous = ASGIHandler(), WSGIHandler()
        make, plain = AsyncRequestFactory(), RequestFactory()
        loop = asyncio.new_event_loop()

        def ours(_round: int) -> None:
            request = make.get(f"/calendar/{secret}.ics", headers=known)
            response = loop.run_until_complete(asynchronous.get_response_async(request))
            assert response.status_code == 304, response.status_code

        def peer(_round: int) -> None:
            loop.run_until_complete(asynchronous.get_response_async(make.get("/nothing/")))

        def ours_alone(_round: int) -> None:
            synchronous.get_response(plain.get(f"/calendar/{secret}.ics", headers=known))

        def peer_alone(_round: int) -> None:
            synchronous.get_response(plain.get("/nothing/"))

        mine, theirs = in_turns(ours, peer, ASKED)
        yield Figure(
            f"304 of {size:,} events against an empty view", milliseconds(mine), milliseconds(theirs),
            mine / theirs, 2,
        )  # fmt: skip
        mine, theirs = in_turns(ours_alone, peer_alone, ASKED)
        yield Figure(
            "the same without an event loop", milliseconds(mine), milliseconds(theirs), mine / theirs, None
        )
        loop.close()


def _read(secret: str) -> Feed:
    """The feed, its calendar read whole."""
    found = feeds.find(secret, now=NOW)
    assert found is not None
    whole = feeds.content(found[0], now=NOW)
    assert whole is not None
    return found[0]


def _subscribed(made: BenchWorld, writer: Writer) -> str:
    subject = feed_scopes.find(Feed.Scope.SCHOOL, writer.school.pk)
    assert subject is not None
    target = feeds.about(subject, Feed.Audience.STAFF, "ja")
    return feeds.make(target, by=made.user, instead_of=None, now=NOW)


def _lessons(made: BenchWorld, writer: Writer, count: int) -> None:
    """Rows as `lessons.book` writes them, but many in one period: nothing is claimed here."""
    course, _new = Course.objects.get_or_create(
        subject_area="数学", name="数学Ⅱ", name_en="Mathematics II", credits=4
    )
    section = Section.objects.create(
        course=course, academic_year=2026, name="数学Ⅱ", centre=made.centre, teacher=writer.teacher
    )  # fmt: skip
    slots = list(islice(world.slots(NOW.date() + timedelta(days=1)), 6 * 200))
    rows = Booking.objects.bulk_create(
        Booking(
            kind="lesson", state="confirmed", title=section.name, organiser=made.centre, start=slot.start,
            end=slot.end, created_by=made.user, created_at=NOW, changed_at=NOW,
        )
        for slot in (slots[n % len(slots)] for n in range(count))
    )  # fmt: skip
    Lesson.objects.bulk_create(Lesson(booking=row, section=section) for row in rows)
    Participant.objects.bulk_create(
        Participant(
            booking=row, organisation=organisation, person=person, role=role, location=place,
            start=row.start, end=row.end, period_number=None if person else 2,
        )
        for row in rows
        for organisation, person, role, place in (
            (made.centre, writer.teacher, "host", made.studios[0]),
            (writer.school, None, "guest", writer.place),
        )
    )  # fmt: skip
    assert count > feed_store.LOT
