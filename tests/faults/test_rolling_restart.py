"""Both web processes are replaced, one after the other, while people book and sit in rooms.

The settings are those of docker-compose.yml. Nothing that was acknowledged is lost, nothing is booked
twice, everybody is back in the room on the same place. Media goes from browser to browser and is not
touched (tests/browser/test_room_processes.py).
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import statistics
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from urllib.parse import urlencode
from uuid import UUID, uuid4

import httpx
import pytest
from django.conf import settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.utils import timezone
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.sync.client import connect

from classrooms.models import Lesson, Section, SectionSchool
from realtime.protocol import Close
from scheduler.models import Booking, Location, Resource, Role
from tests.browser.live import database_url
from tests.cast import PASSWORD, RISHIRI_BELLS, World, add_person, add_school, add_user
from tests.faults import rolling
from tests.faults.redis_process import RedisProcess
from tests.faults.rolling import Proxy, Web
from tests.realtime.lessons import book_lesson, book_practice
from tests.realtime.processes import Seat, cookie
from tests.scheduler import racing
from tests.setup import compose

pytestmark = [
    pytest.mark.postgresql,
    compose.needed,
    pytest.mark.usefixtures("transactional_db", "django_db_serialized_rollback"),
]
A_SECOND = 50
AT_MOST = 200
SECTIONS = 8
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')
AS_THE_PROXY = {"Host": compose.DOMAIN, "X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9"}


@dataclass
class Served:
    webs: list[Web]
    proxy: Proxy
    variables: dict[str, str]


@pytest.fixture
def served(world: World, tmp_path: Path) -> Iterator[Served]:
    with ExitStack() as stack:
        redis = RedisProcess(tmp_path)
        stack.callback(redis.kill)
        redis.start()
        variables = rolling.environment(
            compose.web_environment(POSTS_PER_MINUTE="100000"),
            DATABASE_URL=database_url(), REDIS_URL=redis.url, SECRET_KEY=settings.SECRET_KEY,
            ENKAKU_VAR=str(tmp_path), EMAIL_HOST="",
        )  # fmt: skip
        collected = rolling.manage(variables, tmp_path / "static.log", "collectstatic", "--noinput")
        assert collected.wait(120) == 0
        webs = [Web(variables, tmp_path / f"web-{number}.log") for number in range(2)]
        for web in webs:
            stack.callback(web.kill)
        with ThreadPoolExecutor() as starting:
            list(starting.map(Web.start, webs))
        worker = rolling.manage(variables, tmp_path / "worker.log", "worker")
        stack.callback(_end, worker)
        yield Served(webs, stack.enter_context(Proxy(webs)), variables)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    process.wait(30)


@dataclass
class Bookers:
    """People who book, `A_SECOND` of them together, whether those before have their answers or not.

    On a slow machine no more than `AT_MOST` wait at a time. They run in a loop of their own, so that
    it costs the machine little to be so many.
    """

    port: int
    session: str
    forms: Iterator[dict[str, str]]
    acknowledged: dict[str, str] = field(default_factory=dict)
    """By intention where the answer led."""
    others: Counter[str] = field(default_factory=Counter)
    waited: list[float] = field(default_factory=list)
    """Seconds until each answer."""
    stopping: threading.Event = field(default_factory=threading.Event)

    async def run(self) -> float:
        """Until told to stop, and until everybody has an answer; gives how long they came, in seconds."""
        token = await self._token()
        clock = asyncio.get_running_loop().time
        began = clock()
        waiting: list[asyncio.Task[None]] = []
        places = asyncio.Semaphore(AT_MOST)
        while not self.stopping.is_set():
            await places.acquire()
            waiting.append(asyncio.create_task(self._book(next(self.forms), token)))
            waiting[-1].add_done_callback(lambda _: places.release())
            await asyncio.sleep(max(0.0, began + len(waiting) / A_SECOND - clock()))
        came_for = clock() - began
        await asyncio.gather(*waiting)
        return came_for

    async def _token(self) -> str:
        page = await self._asked("GET", f"{self.session}", "")
        cookie = re.search(rf"{settings.CSRF_COOKIE_NAME}=(\w+)", page)
        assert cookie is not None, page[:500]
        return cookie[1]

    async def _book(self, form: dict[str, str], token: str) -> None:
        """Sent again with the same intention where no answer came, as whoever reads that page does."""
        began = time.monotonic()
        cookies = f"{self.session}; {settings.CSRF_COOKIE_NAME}={token}"
        body = urlencode({**form, "csrfmiddlewaretoken": token})
        for _ in range(5):
            answer = await self._asked("POST", cookies, body)
            status = answer[9:12]
            if status == "302":
                self.waited.append(time.monotonic() - began)
                led = re.search(r"(?i)\r\nlocation: (\S+)", answer)
                self.acknowledged[form["intention"]] = led[1] if led else ""
                return
            self.others[status or "no answer"] += 1
        self.others["given up"] += 1

    async def _asked(self, method: str, cookies: str, body: str) -> str:
        """The whole answer, read to its end; empty where none came."""
        address = f"https://{compose.DOMAIN}/book/"
        headers = {
            **AS_THE_PROXY, "Cookie": cookies, "Referer": address, "Connection": "close",
            "Content-Type": "application/x-www-form-urlencoded", "Content-Length": str(len(body)),
        }  # fmt: skip
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        try:
            async with asyncio.timeout(120):
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
                with contextlib.closing(writer):
                    writer.write(f"{method} /book/ HTTP/1.1\r\n{head}\r\n{body}".encode())
                    return (await reader.read()).decode(errors="replace")
        except OSError:
            return ""


class Sitter:
    """Somebody in a room who comes back by themselves, as the page does."""

    def __init__(self, port: int, session: str, room: UUID) -> None:
        self.port, self.session, self.room = port, session, room
        self.ids: list[str] = []
        self.codes: list[int] = []
        self.seat = self._enter("")
        self.is_leaving = False
        self._thread = threading.Thread(target=self._sit, daemon=True)
        self._thread.start()

    def _enter(self, resume: str) -> Seat:
        wire = connect(
            f"ws://{compose.DOMAIN}/ws/rooms/{self.room}/",
            sock=socket.create_connection(("127.0.0.1", self.port), timeout=60),
            additional_headers={"Cookie": self.session, "X-Forwarded-Proto": "https"},
            origin=f"https://{compose.DOMAIN}",  # type: ignore[arg-type]  # a plain string is one
            open_timeout=60,
        )
        seat = Seat(wire)
        seat.say("join", v=1, page="x", **({"resume": resume} if resume else {}))
        seat.joined = seat.read_until("joined", 60)
        seat.id, seat.resume = seat.joined["id"], seat.joined["resume"]
        self.ids.append(seat.id)
        return seat

    def _sit(self) -> None:
        while not self.is_leaving:
            try:
                self.seat.read(3600)
            except ConnectionClosed as closed:
                if self.is_leaving:
                    return
                self.codes.append(closed.rcvd.code if closed.rcvd else 0)
                self._come_back()

    def _come_back(self) -> None:
        for _ in range(100):
            try:
                self.seat = self._enter(self.seat.resume)
            except (OSError, ConnectionClosed, InvalidHandshake, TimeoutError):
                time.sleep(0.3)
            else:
                return

    def leave(self) -> None:
        self.is_leaving = True
        with contextlib.suppress(ConnectionClosed):
            self.seat.say("leave")
        self.seat.hangs_up()
        self._thread.join(10)


def sign_in(url: str, email: str) -> str:
    """The Cookie header of a browser in which this account has signed in, over HTTP."""
    with httpx.Client(headers=AS_THE_PROXY, timeout=120) as client:
        page = client.get(f"{url}/accounts/login/")
        token = TOKEN.search(page.text)
        assert token is not None
        headers = {
            "Cookie": f"{settings.CSRF_COOKIE_NAME}={page.cookies[settings.CSRF_COOKIE_NAME]}",
            "Referer": f"https://{compose.DOMAIN}/accounts/login/",
        }
        facts = {"login": email, "password": PASSWORD, "csrfmiddlewaretoken": token[1]}
        answer = client.post(f"{url}/accounts/login/", data=facts, headers=headers)
        assert answer.status_code == 302, answer.text
        return f"{settings.SESSION_COOKIE_NAME}={answer.cookies[settings.SESSION_COOKIE_NAME]}"


def add_section(world: World, number: int) -> dict[str, str]:
    """A teacher, a school and a section of their own; what a form says of it."""
    user = add_user(f"teacher-{number}", f"教員 {number}", world.centre, Role.TEACHER)
    school, part, _ = add_school(f"R{number}", f"第{number}高等学校", f"第{number}", RISHIRI_BELLS)
    studio = Location.objects.create(
        kind=Resource.Kind.STUDIO,
        organisation=world.centre,
        name=f"配信室{10 + number}",
        position=10 + number,
    )
    section = Section.objects.create(
        course=world.section.course, centre=world.centre, name=f"数学 {number}", academic_year=2026,
        teacher=add_person(user, world.centre), studio=studio, wanted_minutes=50, minimum_minutes=45,
    )  # fmt: skip
    SectionSchool.objects.create(section=section, school=school, headcount=6).parts.add(part)
    return {"section": str(section.pk), "schools": str(school.pk), "length": "50", "action": "book"}


def forms(sections: list[dict[str, str]], first: date) -> Iterator[dict[str, str]]:
    """One slot after another, none twice: by section, period and weekday."""
    days = (day for n in count() if (day := first + timedelta(days=n)).weekday() < 5)
    for day in days:
        for period in range(1, 7):
            for each in sections:
                slot = f"{each['schools']}-{period}"
                yield {**each, "slot": slot, "date": day.isoformat(), "intention": str(uuid4())}


@pytest.fixture
def sections(world: World) -> list[dict[str, str]]:
    # The tests' accounts have passwords that only the tests can read; and one with a poor salt would be
    # written anew at the first sign-in, which ends every other session.
    hasher = PBKDF2PasswordHasher()
    world.suzuki.password = hasher.encode(PASSWORD, hasher.salt())
    world.suzuki.save()
    return [add_section(world, number) for number in range(SECTIONS)]


@pytest.fixture
def sitters(world: World, served: Served) -> Iterator[list[list[Sitter]]]:
    """Three rooms with three people each."""
    now = timezone.now()
    lesson = book_lesson(world, now - timedelta(minutes=5), now=now)
    rooms = [lesson, *(book_practice(world, now=now) for _ in range(2))]
    people = [
        [world.sato, world.rishiri_device, world.rebun_device],
        *[[world.sato, world.ito, world.suzuki]] * 2,
    ]
    seated = [
        [Sitter(served.proxy.port, cookie(user), room.uid) for user in them]
        for room, them in zip(rooms, people, strict=True)
    ]
    yield seated
    for sitter in (each for room in seated for each in room):
        sitter.leave()


def test_a_rolling_restart_loses_no_booking_and_no_place_in_a_room(
    served: Served, sections: list[dict[str, str]], sitters: list[list[Sitter]]
) -> None:
    session = sign_in(served.proxy.url, "suzuki@example.jp")
    days = forms(sections, timezone.localdate() + timedelta(days=3))
    bookers = Bookers(served.proxy.port, session, days)
    before = Booking.objects.filter(kind=Booking.Kind.LESSON).count()
    began = time.monotonic()
    with ThreadPoolExecutor(1) as pool:
        at_work = pool.submit(asyncio.run, bookers.run())
        codes = [_replaced(web) for web in served.webs]
        bookers.stopping.set()
        came_for = at_work.result(240)
    took = time.monotonic() - began
    made, half = len(bookers.acknowledged), statistics.median(bookers.waited)
    print(
        f"{made} bookings in {came_for:.0f} s ({made / came_for:.0f} a second), answered within "
        f"{took:.0f} s, half in {half:.2f} s, the slowest in {max(bookers.waited):.1f} s"
    )

    assert codes == [0, 0]
    assert not bookers.others, bookers.others
    assert made > AT_MOST
    _assert_every_one_is_there_once(bookers, before)
    for web in served.webs:
        assert served.proxy.seen[web.port, 503] > 0, "it was not said before the door closed"
        assert "Traceback" not in web.log.read_text()
    for room in sitters:
        _assert_all_are_back(room)


def _replaced(web: Web) -> int:
    code = web.stop()
    web.start()
    return code


def _assert_every_one_is_there_once(bookers: Bookers, before: int) -> None:
    uids = {address.rstrip("/").rpartition("/")[2] for address in bookers.acknowledged.values()}
    there = Lesson.objects.filter(booking__uid__in=uids, booking__state="confirmed").count()
    assert there == len(uids) == len(bookers.acknowledged)
    assert Booking.objects.filter(kind=Booking.Kind.LESSON).count() - before == there
    assert racing.overlapping_claims() == 0
    assert racing.orphaned_claims() == 0


def _assert_all_are_back(room: list[Sitter]) -> None:
    """Each was told to come back, once or twice, and is who they were."""
    expected = {sitter.ids[0]: False for sitter in room}
    deadline = time.monotonic() + 60
    while (present := _present(room[0])) != expected and time.monotonic() < deadline:
        time.sleep(0.5)
    assert present == expected
    for sitter in room:
        assert set(sitter.codes) == {Close.RESTART}
        assert len(set(sitter.ids)) == 1


def _present(like: Sitter) -> dict[str, bool]:
    """Who is in the room, and whether they are away, as somebody is told who enters now."""
    late = Sitter(like.port, like.session, like.room)
    late.leave()
    return {peer["id"]: peer["away"] for peer in late.seat.joined["peers"]}
