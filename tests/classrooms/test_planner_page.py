"""The planner's page: what it shows, in how many queries, and what it does with nonsense."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.cast import World


def test_planner_page_for_the_teacher_shows_own_section(world: World, client: Client) -> None:
    client.force_login(world.sato)

    response = client.get("/book/")

    assert response.status_code == 200
    print(response.content.decode())
