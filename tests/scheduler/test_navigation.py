"""What stands at the top of every page, and under the thumb on a phone."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from scheduler.models import User
from tests.cast import World


@pytest.mark.parametrize(
    ("who", "tabs", "beyond"),
    [
        ("sato", ["今日", "予約", "出欠", "困ったとき"], ["記録", "カレンダー"]),
        ("nakamura", ["今日", "出欠", "カレンダー", "困ったとき"], ["記録", "利用者", "設定"]),
        ("rishiri_device", ["今日", "カレンダー", "困ったとき"], []),
        ("kato", ["今日", "カレンダー", "困ったとき"], []),
    ],
)
def test_a_phone_has_four_tabs_at_most_and_the_rest_at_its_foot(
    client: Client, world: World, who: str, tabs: list[str], beyond: list[str]
) -> None:
    user: User = getattr(world, who)
    client.force_login(user)

    page = client.get("/help/").content.decode()
    entries = re.findall(
        r"<li( class=\"beyond-tabs\")?><a [^>]*>.*?<span>(.*?)</span></a></li>", page, re.DOTALL
    )
    foot = page.split('<footer class="foot">')[1]

    assert [label for hidden, label in entries if not hidden] == tabs
    assert [label for hidden, label in entries if hidden] == beyond
    assert re.findall(r'<a class="only-phone"[^>]*>(.*?)</a>', foot) == beyond
