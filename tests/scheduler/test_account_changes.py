"""Whoever is told that an account may do something else finds that in the database already."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

import pytest

from scheduler.models import Membership, Person, User
from scheduler.signals import account_changed
from tests.cast import World

ENDED = date(2026, 4, 2)


def end_post(user: User) -> None:
    post = user.memberships.get()
    post.valid_until = ENDED
    post.save()


def take_person_away(user: User) -> None:
    person = Person.objects.get(user=user)
    person.user = None
    person.save()


def has_ended(user_id: int) -> bool:
    return (
        not Person.objects.filter(user=user_id).exists()
        or Membership.objects.get(user=user_id).valid_until == ENDED
    )


@pytest.fixture
def seen(transactional_db: None, world: World) -> Iterator[dict[int, bool]]:
    """Of each account that was told of, whether the change was there by then."""
    seen: dict[int, bool] = {}

    def look(sender: object, user_id: int, **facts: object) -> None:
        seen[user_id] = has_ended(user_id)

    account_changed.connect(look)
    yield seen
    account_changed.disconnect(look)


@pytest.mark.parametrize("end", [end_post, take_person_away])
def test_outside_a_transaction_nobody_is_told_before_it_is_saved(
    seen: dict[int, bool], world: World, end: Callable[[User], None]
) -> None:
    end(world.sato)

    assert seen == {world.sato.pk: True}
