"""The planner's page for a section of 1, 3 and 8 schools: how long, and how many queries."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from statistics import median
from time import perf_counter
from uuid import uuid4

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from bench import world
from bench.figures import Figure
from classrooms.models import Course, Section, SectionSchool
from scheduler import bookings
from scheduler.models import Membership, Role

SCHOOLS = (1, 3, 8)
ROUNDS = 25
TAKEN = 20


def figures() -> Iterator[Figure]:
    made = world.build(max(SCHOOLS), code="P")
    # The page lives in the real present, so the week that it shows does too.
    today = timezone.localdate()
    now = timezone.now()
    Membership.objects.create(
        user=made.user, organisation=made.centre, role=Role.PLANNER, valid_from=today.replace(day=1)
    )
    coming = [slot for slot in islice(world.slots(today), 60) if slot.start > now]
    for number, slot in enumerate(coming[:TAKEN]):
        plan = world.plan(made, made.writers[number % len(made.writers)], slot)
        bookings.book(plan, by=made.user, now=now, intention=uuid4())
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(made.user)
    sections = [_section(made, count) for count in SCHOOLS]
    day = coming[0].start.date().isoformat()
    measured = [_page(client, section, day) for section in sections]
    for count, (milliseconds, queries) in zip(SCHOOLS, measured, strict=True):
        yield Figure(
            f"planner page, {count} schools: queries",
            f"{queries}; p50 {milliseconds:.0f} ms",
            f"{measured[0][1]} with 1 school",
            queries / measured[0][1],
            1,
        )


def _section(made: world.BenchWorld, count: int) -> Section:
    course = Course.objects.create(
        subject_area="数学", name=f"数学Ⅱ {count}", name_en="Mathematics II", credits=4
    )
    section = Section.objects.create(
        course=course,
        academic_year=2026,
        name=f"数学Ⅱ {count}校",
        centre=made.centre,
        teacher=made.writers[0].teacher,
        studio=made.studios[0],
    )
    for writer in made.writers[:count]:
        preset = SectionSchool.objects.create(
            section=section, school=writer.school, location=writer.place, headcount=4
        )
        preset.parts.add(writer.part)
    return section


def _page(client: Client, section: Section, day: str) -> tuple[float, int]:
    """The median in milliseconds and the number of queries of one page."""
    asked = {"section": str(section.pk), "date": day}

    def get() -> None:
        response = client.get(reverse("classrooms:book"), asked)
        assert response.status_code == 200, response.status_code

    get()
    with CaptureQueriesContext(connection) as captured:
        get()
    # Now: the next request empties the list.
    queries = len(captured)
    taken = []
    for _ in range(ROUNDS):
        began = perf_counter()
        get()
        taken.append(perf_counter() - began)
    return median(taken) * 1000, queries
