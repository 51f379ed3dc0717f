"""Every form that is served, filled in with what nobody means: no failure, and nothing typed is lost.

The values are drawn by a seed that is the form's own address, so that a failure comes again. Each post
is undone, so the next one finds the service as it was.
"""

from __future__ import annotations

import logging
import random
import re
from collections import deque
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from clinics.models import Consultation
from clinics.views.case_acts import ACTS
from scheduler.models import Role
from tests import leaking
from tests.cast import PASSWORD, World
from tests.classrooms import teaching
from tests.classrooms.dates import coming
from tests.clinics import cast as clinic_cast
from tests.clinics import test_case_pages as cases
from tests.clinics.cast import Doctors
from tests.clinics.cast import build as build_doctors
from tests.fuzzing import pages, posts
from tests.fuzzing.pages import Key, Place
from tests.fuzzing.posts import Answer
from tests.scheduler import test_factors, test_people
from tests.test_leaks import ADDRESSES

_NOT_PAGES = {"scheduler:feed", "scheduler:event", "scheduler:export_file", "classrooms:pupil_roster"}


class Fuzz:
    """`total` posts shared out among forms, more for those with many fields; forms that come up in
    answers are taken in."""

    def __init__(self, clients: dict[str, Client], places: Iterable[Place], *, total: int) -> None:
        self.clients = clients
        self.waiting = deque(places)
        self.known: set[Key] = {place.key for place in self.waiting}
        weight = sum(_weight(place) for place in self.waiting)
        self.per_weight = total / weight
        self.sent = 0
        self.found: list[str] = []

    def run(self) -> None:
        while self.waiting:
            self._one(self.waiting.popleft())

    def _one(self, place: Place) -> None:
        dice = random.Random(repr((place.key[0], place.account, sorted(place.form.fields))))
        client = self.clients[place.account]
        number = max(8, round(_weight(place) * self.per_weight))
        for post in posts.generate(place.form, _good_file(client, place), number, dice):
            self.sent += 1
            mail.outbox.clear()
            try:
                answer = posts.send(client, place.action, post)
            except Exception as failure:  # noqa: BLE001 -- whatever it is, it is what is looked for
                self.found.append(f"{place}: {post}: {posts.last_lines(failure)}")
                continue
            complaints = posts.complaints(place.form, post, answer)
            self.found += [f"{place}: {post}: {each}" for each in complaints]
            self._take_in(place, answer)

    def _take_in(self, place: Place, answer: Answer) -> None:
        for new in pages.on(answer.forms, place.account, place.action):
            # What the answer had made is undone by now: a form for it would find nothing.
            if new.key not in self.known and self.clients[new.account].get(new.action).status_code != 404:
                self.known.add(new.key)
                self.waiting.append(new)


def _weight(place: Place) -> int:
    return 2 + sum(3 if each.is_typed else 1 for each in place.form.fields.values())


def _good_file(client: Client, place: Place) -> bytes:
    """The list as it stands, for a page that takes one."""
    if not any(each.kind == "file" for each in place.form.fields.values()):
        return b""
    response = client.get(place.page.replace("import/", "template.csv"))
    if response.status_code == 200 and "csv" in response["Content-Type"] and "/lists/" in place.page:
        return posts.content_of(response).replace(b"S01", b"S1")
    return "学籍番号,氏名,学級,出席番号\r\n26001,木村 さくら,2年A組,9\r\n".encode()


@pytest.fixture
def kept_apart(settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    settings.UPLOADS_DIR = tmp_path
    caplog.set_level(logging.ERROR, logger="django.request")


_ACCOUNTS = ["head", "tanaka", "nakamura", "sato", "suzuki", "admin", "rishiri_device"]


def _schools(world: World) -> tuple[dict[str, Client], list[str]]:
    stage = leaking.build(world)
    clients = {role: pages.client_of(stage.people[role]) for role in _ACCOUNTS}
    listed = [(name, path) for name, paths in ADDRESSES.items() for path in _some(paths(stage))]
    return clients, [
        *(path for name, path in listed if name not in _NOT_PAGES and not path.endswith(".csv")),
        *_planner(world, stage.now),
        *("/accounts/password/change/", "/accounts/logout/"),
    ]


def _some(paths: list[str]) -> list[str]:
    return list(dict.fromkeys([*paths[:2], *paths[-1:]]))


def _planner(world: World, now: datetime) -> list[str]:
    """With a time chosen: the forms that book once, every week, and by weeks; and one that is held."""
    day = coming(4)
    held = teaching.hold(world, 3, day=day, now=now)
    slot = f"{world.rishiri.pk}-2.{world.rebun.pk}-2"
    chosen = f"?section={world.section.pk}&date={day}&length=50&slot={slot}&weeks=3"
    chosen += f"&schools={world.rishiri.pk}&schools={world.rebun.pk}"
    return [
        *(f"/book/{path}{chosen}" for path in ("", "weekly/", "weeks/")),
        f"/book/{chosen}&move={held.booking.uid}",
        f"/lessons/{held.booking.uid}/",
    ]


def _clinics(_world: World) -> tuple[dict[str, Client], list[str]]:
    """A request in each of its states up to the conference."""
    doctors, now = build_doctors(), timezone.now()
    own = [clinic_cast.draft(doctors, now), clinic_cast.submitted(doctors, now)]
    own += [clinic_cast.assigned(doctors, now), cases.offered(doctors)[0], cases.running(doctors)]
    return _cases(doctors, own)


def _advice(_world: World) -> tuple[dict[str, Client], list[str]]:
    """A case after its conference: the advice is signed, and a better version may follow."""
    doctors = build_doctors()
    return _cases(doctors, [cases.advised(doctors)])


def _cases(doctors: Doctors, own: list[Consultation]) -> tuple[dict[str, Client], list[str]]:
    paths = ["", "draft/", "readings/", "times/", "advice/", "advice/sign/", "advice/1/"]
    paths += [f"steps/{name}/" for name in ACTS]
    clients = {name: pages.client_of(getattr(doctors, name)) for name in ("miura", "abe", "hayashi", "clerk")}
    return clients, [
        *("/consultations/", "/consultations/queue/", "/consultations/new/", "/"),
        *(f"/consultations/{case.uid}/{path}" for case in own for path in paths),
    ]


def _doors(world: World) -> tuple[dict[str, Client], list[str]]:
    """What nobody or a guest may open: signing in, a new password, an invitation; the second step."""
    client = pages.client_of(world.admin)
    client.post("/people/invite/", test_people.offer(world, world.centre, Role.TEACHER))
    invitation = test_people.link()
    Client().post("/accounts/password/reset/", {"email": world.sato.email})
    found = re.search(r"https?://[^/\s]+(/accounts/password/reset/key/\S+)", str(mail.outbox[-1].body))
    assert found is not None
    test_factors.enrolled(world.ito)
    waiting = Client()
    waiting.post("/accounts/login/", {"login": world.ito.email, "password": PASSWORD})
    clients = {"": Client(), "ito": pages.client_of(world.ito), "ito at the second step": waiting}
    own = ["/account/second-step/", "/account/second-step/codes/", "/account/second-step/remove/"]
    doors = ["/accounts/login/", "/accounts/password/reset/", "/accounts/second-step/"]
    return clients, [*doors, invitation, found[1], *own]


Stage = Callable[[World], tuple[dict[str, Client], list[str]]]


@pytest.mark.parametrize(
    ("stage", "total", "fewest"),
    [(_schools, 3400, 55), (_clinics, 1500, 18), (_advice, 300, 6), (_doors, 800, 7)],
)
def test_every_form_answers_to_nonsense_and_loses_nothing_that_was_typed(
    stage: Stage, total: int, fewest: int, world: World, kept_apart: None, caplog: pytest.LogCaptureFixture
) -> None:
    clients, addresses = stage(world)
    fuzz = Fuzz(clients, pages.found(clients, addresses), total=total)

    fuzz.run()

    assert not fuzz.found, "\n".join([f"{len(fuzz.found)} of {fuzz.sent} posts:", *fuzz.found[:25]])
    assert not [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    assert len(fuzz.known) >= fewest  # the forms that are there today: losing one is no success
    assert fuzz.sent >= total
