"""Probes, metrics and what stands on every answer, from a service watched from outside."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import pytest

from tests.setup.service import Service, running, wait_until

TOKEN = "metrics-of-the-tests"
LIMIT = 1024 * 1024


@pytest.fixture(scope="module")
def folder(_template: Path) -> Path:
    return _template


@pytest.fixture(scope="module")
def service(folder: Path) -> Iterator[Service]:
    given = {"METRICS_TOKEN": TOKEN, "MAX_BODY_MB": "1", "LOG_FORMAT": "json"}
    with running(folder, "--port", "0", **given) as service:
        assert service.url
        yield service


def asked(service: Service, path: str, **headers: str) -> tuple[int, dict[str, str], str]:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    request = Request(service.url + path, headers=given)  # noqa: S310 -- http to ourselves
    try:
        with urlopen(request, timeout=60) as answer:  # noqa: S310 -- http to ourselves
            return answer.status, dict(answer.headers), answer.read().decode()
    except HTTPError as refusal:
        with refusal:
            return refusal.code, dict(refusal.headers), refusal.read().decode()


def test_the_probes_answer_whatever_host_they_are_asked_by_and_say_nothing_of_where(service: Service) -> None:
    alive = asked(service, "/healthz", Host="10.0.0.7")
    wait_until(lambda: json.loads(asked(service, "/readyz")[2])["worker"] == "ok", 30)
    ready = asked(service, "/readyz", Host="10.0.0.7")

    assert (alive[0], json.loads(alive[2])) == (200, {"status": "ok"})
    assert ready[0] == 200
    assert json.loads(ready[2]) == {"status": "ok", "database": "ok", "redis": "ok", "worker": "ok"}


def test_metrics_are_for_whoever_has_the_token(service: Service) -> None:
    asked(service, "/accounts/login/")

    found = asked(service, "/metrics", Authorization=f"Bearer {TOKEN}")
    without = asked(service, "/metrics")
    wrong = asked(service, "/metrics", Authorization=f"Bearer {TOKEN}x")

    assert (found[0], without[0], wrong[0]) == (200, 404, 404)
    for name in (
        "enkaku_rooms", "enkaku_peers", "enkaku_legs", "enkaku_waiting", "enkaku_outbox_oldest_seconds",
        "enkaku_outbox_failed", "enkaku_jobs_waiting", "enkaku_visits_unwritten", "enkaku_database_up",
        "enkaku_worker_silence_seconds", "enkaku_log_lines_total", "enkaku_http_request_seconds_count",
    ):  # fmt: skip
        assert re.search(rf"^{name}(\{{[^}}]*\}})? \d", found[2], re.MULTILINE), name
    assert 'method="GET",status="200"' in found[2]


def test_without_a_token_metrics_are_for_this_machine_past_no_proxy(folder: Path) -> None:
    with running(folder, "--port", "0") as service:
        here = asked(service, "/metrics")
        through = asked(service, "/metrics", X_Forwarded_For="203.0.113.9")

    assert (here[0], through[0]) == (200, 404)


@pytest.mark.parametrize(
    "path",
    ["/accounts/login/", "/admin/login/", "/nowhere/", "/static/nowhere.css", "/calendar/x.ics", "/help/"],
)
def test_every_answer_is_confined(service: Service, path: str) -> None:
    _, headers, _ = asked(service, path)

    assert headers["Permissions-Policy"].startswith("camera=(self), microphone=(self)")
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert re.fullmatch(r"[0-9a-f]{16}", headers["X-Request-Id"])
    assert headers["X-Content-Type-Options"] == "nosniff"
    if not path.startswith("/static/"):
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self';" in f"{policy};"
        assert "unsafe" not in policy
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["X-Frame-Options"] == "DENY"


def test_a_visitor_gives_no_request_its_name(service: Service) -> None:
    _, headers, _ = asked(service, "/accounts/login/", X_Request_ID="0123456789abcdef0123")

    assert headers["X-Request-Id"] != "0123456789abcdef0123"


@pytest.mark.parametrize("is_chunked", [False, True])
def test_a_body_over_the_limit_is_cut_off_while_it_comes(service: Service, is_chunked: bool) -> None:
    place = urlsplit(service.url)
    with socket.create_connection((place.hostname or "", place.port or 0), timeout=30) as line:
        length = b"Transfer-Encoding: chunked" if is_chunked else b"Content-Length: %d" % (20 * LIMIT)
        line.sendall(b"POST /accounts/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\n" + length + b"\r\n\r\n")
        part = b"x" * 65536
        try:
            for _ in range(20 * LIMIT // len(part)):
                line.sendall(b"%x\r\n%s\r\n" % (len(part), part) if is_chunked else part)
        except OSError:
            pass  # it has hung up, which is the point
        else:
            pytest.fail("it took everything")


def test_a_body_within_the_limit_is_read(service: Service) -> None:
    place = urlsplit(service.url)
    line = HTTPConnection(place.netloc, timeout=60)
    line.request("POST", "/accounts/login/", body=b"x" * (LIMIT - 1))
    answer = line.getresponse()
    answer.read()
    line.close()

    assert answer.status == 403  # no token against forgery


def test_lines_of_the_log_are_objects_with_the_requests_name_and_without_what_was_asked(
    service: Service,
) -> None:
    _, headers, _ = asked(service, "/nowhere/?name=Snow&mail=sato@example.jp")

    wait_until(lambda: headers["X-Request-Id"] in service.output, 10)
    lines = [json.loads(line) for line in service.output.splitlines() if line.startswith("{")]
    ours = [line for line in lines if line.get("request") == headers["X-Request-Id"]]
    assert [line["level"] for line in ours] == ["WARNING"]
    assert "Snow" not in service.output
    assert "sato@" not in service.output


def test_a_service_told_to_stop_says_so_and_still_answers_for_a_while(folder: Path) -> None:
    with running(folder, "--port", "0", DRAIN_SECONDS="3") as service:
        url = service.url
        service.process.terminate()
        wait_until(lambda: asked(service, "/healthz")[0] == 503, 3)
        probes = asked(service, "/healthz")[0], asked(service, "/readyz")[0]
        status, headers, _ = asked(service, "/accounts/login/")
        code = service.process.wait(30)

    assert url
    assert (probes, status, headers["Connection"].lower()) == ((503, 503), 200, "close")
    assert code == 0
