"""Which addresses open for whom: asked of the service itself, and kept in docs/permissions.md.

`ENKAKU_WRITE_TABLES=1` before the test of it writes the table anew.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from django.test import Client

from tests.leaking import Stage

BEGIN = "<!-- asked of every address by tests/test_permission_matrix.py -->"
SOCKETS = "<!-- asked of every room by tests/realtime/test_socket_matrix.py -->"
END = "<!-- end of what was asked -->"
ALL, SOME, NONE = "all", "own", "–"


def asked(stage: Stage, addresses: Mapping[str, Callable[[Stage], list[str]]]) -> str:
    """A line for each page, a column for each account; addresses that take POST alone are left out."""
    clients = {name: _client(stage, name) for name in stage.people}
    lines = [f"| page | {' | '.join(clients)} |", f"|---|{'---|' * len(clients)}"]
    for name, paths in addresses.items():
        if name == "scheduler:feed":
            continue  # the secret is the key, whoever asks
        if clients["admin"].get(paths(stage)[0]).status_code == 405:
            continue
        statuses = {
            who: [client.get(path).status_code for path in paths(stage)] for who, client in clients.items()
        }
        if any(405 in found for found in statuses.values()):
            continue
        lines.append(f"| `{name}` | {' | '.join(_word(found) for found in statuses.values())} |")
    return "\n".join(lines)


def _client(stage: Stage, name: str) -> Client:
    client = Client()
    client.force_login(stage.people[name])
    return client


def _word(statuses: list[int]) -> str:
    """A page that says why something cannot be done now is open; what does not exist for somebody is not."""
    open_to = sum(status not in {403, 404} for status in statuses)
    return ALL if open_to == len(statuses) else SOME if open_to else NONE


def kept(document: Path, table: str, *, begin: str = BEGIN) -> None:
    """The table stands in the document under `begin`, or is written there where that is wanted."""
    text = document.read_text()
    before, rest = text.split(begin)
    after = rest.split(END, 1)[1]
    asked_for = f"{before}{begin}\n\n{table}\n\n{END}{after}"
    if os.environ.get("ENKAKU_WRITE_TABLES"):
        document.write_text(asked_for)
        return
    assert asked_for == text, "look at it with ENKAKU_WRITE_TABLES=1"
