"""What is known against a dependency fails the check; that nobody could be asked does not."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests import audit
from tests.servers import free_port

HOLE_ID = "PYSEC-2026-0001"
HOLE = {
    "id": HOLE_ID,
    "summary": "A hole in Django",
    "modified": "2026-11-01T00:00:00Z",
    "affected": [{"package": {"ecosystem": "PyPI", "name": "django"}, "versions": []}],
}


class _Service(BaseHTTPRequestHandler):
    """Speaks as OSV does, and knows one hole, in Django."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["queries"]
        known = [each["package"]["name"] == "django" for each in asked]
        hit = {"vulns": [{"id": HOLE["id"], "modified": HOLE["modified"]}]}
        self._answer({"results": [hit if is_known else {} for is_known in known]})

    def do_GET(self) -> None:
        self._answer(HOLE)

    def _answer(self, facts: object) -> None:
        body = json.dumps(facts).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *facts: object) -> None:
        return


@pytest.fixture
def service() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Service)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()
    thread.join(10)


def test_a_known_hole_is_named_and_fails(service: str) -> None:
    outcome = audit.python(service)

    assert outcome.is_bad
    assert HOLE_ID in outcome.said


def test_a_service_that_nobody_reaches_is_named_and_fails_nothing() -> None:
    outcome = audit.python(f"http://127.0.0.1:{free_port()}/")

    assert not outcome.is_bad
    assert outcome.said.startswith("NOT AUDITED, OSV could not be asked")
