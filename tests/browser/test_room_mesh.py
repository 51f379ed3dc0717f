"""Five people of a meeting, every one connected to every other."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from scheduler import bookings
from scheduler.intervals import Interval
from scheduler.models import Booking, Role
from scheduler.names import Name
from scheduler.plans import Need, Plan, Side
from tests.browser.live import LiveServer, NewContext
from tests.browser.rooms import SMALL_CAMERA, enter, growth_of_all, wait_for_media
from tests.cast import World, add_person, add_user
from tests.realtime.conferences import let_all_in

pytestmark = pytest.mark.browser

SMALL = {"width": 640, "height": 480}
PEOPLE = ("sato", "ito", "mori", "abe", "ueda")


@pytest.fixture
def meeting(transactional_db: None, world: World) -> Booking:
    now = timezone.now()
    booking = book_meeting(world, now - timedelta(minutes=5), now=now)
    let_all_in(booking, by=world.sato, now=now)
    return booking


def book_meeting(world: World, start: datetime, *, now: datetime) -> Booking:
    """A conference of five teachers of the centre."""
    whole = Interval(start, start + timedelta(minutes=50))
    people = [world.sato_person, world.ito_person]
    for email, name in (("mori", "森 誠"), ("abe", "阿部 桜"), ("ueda", "上田 翔")):
        people.append(add_person(add_user(email, name, world.centre, Role.TEACHER), world.centre))
    sides = tuple(
        Side(
            organisation_id=world.centre.pk,
            interval=whole,
            needs=(Need((person.pk,)),),
            person_id=person.pk,
            is_host=person is people[0],
        )
        for person in people
    )
    plan = Plan(
        kind=Booking.Kind.CONFERENCE,
        title=Name("教材の打合せ", "Planning"),
        organiser_id=world.centre.pk,
        sides=sides,
    )
    return bookings.book(plan, by=world.suzuki, now=now, intention=uuid4())


def test_five_people_see_and_hear_each_other_over_twenty_legs(
    meeting: Booking, live: LiveServer, new_context: NewContext
) -> None:
    pages = [enter(new_context, meeting, who, [SMALL_CAMERA], viewport=SMALL) for who in PEOPLE]
    for page in pages:
        wait_for_media(page, 4)

    twenty = [leg for page in growth_of_all(pages) for leg in page]

    assert len(twenty) == 20
    assert all(frames > 3 and packets > 20 for frames, packets in twenty), str(twenty)
    for page in pages:
        expect(page.locator("#voice")).to_contain_text("相手に声が届いています", timeout=20_000)
