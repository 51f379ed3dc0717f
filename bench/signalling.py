"""The rooms' signalling beside a bare relay: joining, telling, memory, and coming back after a crash.

Rooms of ten, a teacher and nine schools. Ours are real processes over PostgreSQL that ask the
gate at every join; the relay knows nobody. Sessions are made before, so signing in is in no figure.
"""

from __future__ import annotations

import asyncio
import math
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median
from uuid import uuid4

from django.conf import settings
from django.test import Client
from django.utils import timezone

from bench.figures import Figure, milliseconds
from bench.signalling_client import Seat, beat, enter_all, talk, vanish_all
from bench.signalling_servers import Service, ours, relay
from scheduler import bookings
from scheduler.intervals import Interval
from scheduler.models import Membership, Organisation, Person, Resource, Role, User
from scheduler.names import Name
from scheduler.plans import Plan, Side
from tests.servers import redis_server

SIZE = 10
JOINING_ROOMS = 40
TALKING_ROOMS = 10
TALK_S = 4.0
ROUNDS = 2
IDLE = (100, 1000)
WARM = 2
"""Rooms that are entered before memory is first looked at: what is loaded once is loaded then."""
SETTLE_S = 6.0
RETURNING = 500
ROOMS = IDLE[-1] // SIZE + WARM
TEXT = "きょうは教科書の84ページからです。聞こえていたら手をあげてください。 " * 2
# Below the limits of one socket (docs/signalling.md): 20 a second, and 50 for negotiation.
CHATS_PER_S, CANDIDATES_PER_S = 5.0, 20.0
CHAT = '{"t":"chat","cid":"b41f09c2","text":"' + TEXT + '"}'
CANDIDATE = (
    '{"t":"candidate","to":"%s","pc":"5f0c5c5e3f6e4b43","list":[{"candidate":"candidate:1 1 udp 2122260223'
    ' 192.168.12.34 54321 typ host generation 0 ufrag Zk3f network-id 1","sdpMid":"0","sdpMLineIndex":0}]}'
)


@dataclass(frozen=True, slots=True)
class Cast:
    rooms: tuple[str, ...]
    cookies: tuple[str, ...]
    """One account each for the SIZE peers of every room; the first is the teacher's."""

    def seats(self, service: Service, rooms: int) -> list[Seat]:
        """Neighbours of one room are spread over the service's processes."""
        return [
            Seat(room, cookie, service.ports[number % len(service.ports)], leads=number == 0)
            for room in self.rooms[:rooms]
            for number, cookie in enumerate(self.cookies)
        ]


def figures() -> Iterator[Figure]:
    cast = _cast()
    with ExitStack() as stack:
        redis_url, _origin = redis_server(stack)
        bare = _started(stack, relay())
        alone = _started(stack, ours())
        yield from asyncio.run(_joins(cast, alone, bare))
        yield from asyncio.run(_talks(cast, alone, bare, "in memory", 65, 150))
        alone.kill()
        pair = _started(stack, ours(processes=2, redis_url=redis_url))
        yield from asyncio.run(_talks(cast, pair, bare, "Redis, 2 processes", 80, 250))
        pair.kill()
        bare.kill()
        yield from asyncio.run(_idle(cast, _started(stack, ours()), _started(stack, relay())))


def _started(stack: ExitStack, service: Service) -> Service:
    stack.callback(service.kill)
    service.start()
    return service


def _cast() -> Cast:
    """Lessons that are going on, without claims: none of their people and rooms is needed twice."""
    now = timezone.now()
    centre = Organisation.objects.create(
        kind=Organisation.Kind.DELIVERY_CENTRE, code="RC", name="配信センター", short_name="配信センター"
    )
    planner = _user("planner", centre, Role.PLANNER)
    teacher = _user("teacher", centre, Role.TEACHER)
    person = Person.objects.create(
        kind=Resource.Kind.PERSON, organisation=centre, name=teacher.name, user=teacher, subject_area="数学"
    )
    whole = Interval(now - timedelta(minutes=5), now + timedelta(minutes=45))
    sides = [Side(centre.pk, whole, person_id=person.pk, is_host=True)]
    users = [teacher]
    for number in range(1, SIZE):
        school = Organisation.objects.create(
            kind=Organisation.Kind.HIGH_SCHOOL,
            code=f"R{number}",
            name=f"高校{number}",
            short_name=f"校{number}",
        )
        users.append(_user(f"set{number}", school, Role.DEVICE))
        sides.append(Side(school.pk, whole, headcount=5))
    plan = Plan("lesson", Name("数学Ⅱ", "Mathematics II"), centre.pk, tuple(sides))
    booked = [bookings.book(plan, by=planner, now=now, intention=uuid4()) for _ in range(ROOMS)]
    return Cast(tuple(str(each.uid) for each in booked), tuple(_cookie(user) for user in users))


def _user(name: str, organisation: Organisation, role: Role) -> User:
    user = User.objects.create_user(f"room-{name}@example.jp", "a-password-for-nobody", name=name)
    Membership.objects.create(user=user, organisation=organisation, role=role, valid_from=date(2026, 4, 1))
    return user


def _cookie(user: User) -> str:
    client = Client()
    client.force_login(user)
    name = settings.SESSION_COOKIE_NAME
    return f"{name}={client.cookies[name].value}"


async def _joins(cast: Cast, service: Service, bare: Service) -> list[Figure]:
    """One after another, in turns: what a socket waits for on a server that has nothing else to do."""
    pairs = list(zip(cast.seats(service, JOINING_ROOMS), cast.seats(bare, JOINING_ROOMS), strict=True))
    taken: tuple[list[float], list[float]] = ([], [])
    cpu_s = service.cpu_s()
    for mine, theirs in pairs:
        taken[0].append(await mine.enter())
        taken[1].append(await theirs.enter())
    cpu_s = (service.cpu_s() - cpu_s) / len(pairs)
    await vanish_all(seat for pair in pairs for seat in pair)
    # The first ones load what is loaded once.
    one, other = (median(times[SIZE:]) for times in taken)
    return [
        Figure(
            "join, p50",
            f"{milliseconds(one)}; CPU {milliseconds(cpu_s)}",
            milliseconds(other),
            one / other,
            3,
        )
    ]


async def _talks(
    cast: Cast, service: Service, bare: Service, where: str, broadcast_limit: float, directed_limit: float
) -> list[Figure]:
    """CPU-µs of the servers for each message that arrives."""
    mine, theirs = (cast.seats(each, TALKING_ROOMS) for each in (service, bare))
    await enter_all([*mine, *theirs])
    found = []
    for name, counts, per_second, limit, frames in (
        ("broadcast", "chat", CHATS_PER_S, broadcast_limit, _to_all),
        ("directed", "candidate", CANDIDATES_PER_S, directed_limit, _to_linked),
    ):
        costs: tuple[list[float], list[float]] = ([], [])
        for _ in range(ROUNDS):
            for cost, each, seats in zip(costs, (service, bare), (mine, theirs), strict=True):
                cost.append(await _cost_us(each, seats, frames(seats), counts, per_second))
        one, other = min(costs[0]), min(costs[1])
        found.append(
            Figure(f"{name}, {where}: CPU a delivery", f"{one:.0f} µs", f"{other:.0f} µs", one, limit, "µs")
        )
    await vanish_all([*mine, *theirs])
    return found


def _to_all(seats: Sequence[Seat]) -> Callable[[Seat], str]:
    return lambda _seat: CHAT


def _to_linked(seats: Sequence[Seat]) -> Callable[[Seat], str]:
    """A candidate from each school to the teacher, and from the teacher to each school in turn."""
    leaders = {seat.room: seat for seat in seats if seat.leads}
    schools = {room: [s for s in seats if s.room == room and not s.leads] for room in leaders}
    said = dict.fromkeys(leaders, 0)

    def frame(seat: Seat) -> str:
        if not seat.leads:
            return CANDIDATE % leaders[seat.room].id
        said[seat.room] += 1
        return CANDIDATE % schools[seat.room][said[seat.room] % (SIZE - 1)].id

    return frame


async def _cost_us(
    service: Service, seats: Sequence[Seat], frame: Callable[[Seat], str], counts: str, per_second: float
) -> float:
    before = service.cpu_s()
    is_bare = service.name == "bare relay"
    # The relay writes the same frames with spaces, and sends nobody's own line back.
    prefix = f'{{"t": "{counts}"' if is_bare else f'{{"t":"{counts}"'
    everybody = SIZE - 1 if is_bare else SIZE
    arrived, expected = await talk(
        seats,
        frame,
        counts=prefix,
        per_second=per_second,
        seconds=TALK_S,
        receivers=everybody if counts == "chat" else 1,
    )
    if arrived < expected:
        print(f"{service.name}: {arrived} of {expected} messages arrived", file=sys.stderr)
        return math.inf
    return (service.cpu_s() - before) / arrived * 1e6


async def _idle(cast: Cast, service: Service, bare: Service) -> list[Figure]:
    mine, theirs = [await _held_and_returned(cast, each) for each in (service, bare)]
    found = [
        Figure(f"memory an idle participant, {count}", f"{one:.0f} KiB", f"{other:.0f} KiB", one, 45, "KiB")
        for count, one, other in zip(IDLE, mine.kib, theirs.kib, strict=True)
    ]
    one, other = max(mine.back_s), max(theirs.back_s)
    words = [f"p50 {median(each.back_s):.1f} s, last {max(each.back_s):.1f} s" for each in (mine, theirs)]
    return [*found, Figure(f"{RETURNING} back after kill -9", words[0], words[1], one / other, None)]


@dataclass(frozen=True, slots=True)
class Held:
    kib: list[float]
    """For each participant when there are so many (IDLE)."""
    back_s: list[float]
    """Seconds until each was in its room again after the server answered again."""


async def _held_and_returned(cast: Cast, service: Service) -> Held:
    seats = cast.seats(service, WARM + IDLE[-1] // SIZE)
    warm, others = seats[: WARM * SIZE], seats[WARM * SIZE :]
    beating = asyncio.create_task(beat(seats))
    await enter_all(warm)
    base, kib, inside = service.memory_kib(), [], 0
    for count in IDLE:
        await enter_all(others[inside:count])
        inside = count
        await asyncio.sleep(SETTLE_S)
        kib.append((service.memory_kib() - base) / count)
    await vanish_all(seats[RETURNING:])
    returning = seats[:RETURNING]
    service.kill()
    await asyncio.sleep(0.1)  # for our own sockets to hear of it: they shall be waiting when it starts
    await asyncio.to_thread(service.start)
    began = time.perf_counter()
    back_s = await asyncio.gather(*(seat.back(began) for seat in returning))
    beating.cancel()
    await vanish_all(returning)
    return Held(kib, list(back_s))
