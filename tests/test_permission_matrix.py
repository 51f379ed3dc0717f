"""docs/permissions.md is what happens: roles by the code that decides, pages by asking each of them."""

from __future__ import annotations

from scheduler import permission_table
from tests import leaking, permission_matrix
from tests.cast import World
from tests.environment import ROOT
from tests.test_leaks import ADDRESSES

DOCUMENT = permission_table.path(ROOT)


def test_what_each_role_may_is_what_the_code_decides() -> None:
    document = DOCUMENT.read_text()

    assert permission_table.written(document) == document, "run manage.py permissions --write"


def test_every_page_opens_for_whom_the_document_says(world: World) -> None:
    stage = leaking.build(world)

    table = permission_matrix.asked(stage, ADDRESSES)

    permission_matrix.kept(DOCUMENT, table)
