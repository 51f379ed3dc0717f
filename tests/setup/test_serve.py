"""`manage.py serve` as `make run` starts it: one process, a worker in it, an orderly end."""

from __future__ import annotations

import re
import signal
import socket
import sqlite3
import threading
import time
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, HTTPRedirectHandler, OpenerDirector, build_opener

from tests.setup.service import (
    PASSWORD,
    add_user,
    ask,
    leave_a_notice_to_somebody_who_left,
    manage,
    running,
    status,
    wait_until,
)

ENDS_WITHIN_S = 20
MIGRATE = ("--port", "0", "--first", "migrate --verbosity=0")
COLLECT = ("--first", "collectstatic --noinput --verbosity=0")
"""Pages name their assets by content, so that no page is served without them."""


def test_serve_answers_and_ends_in_silence_on_ctrl_c(tmp_path: Path) -> None:
    with running(tmp_path, *MIGRATE, *COLLECT) as service:
        page = status(f"{service.url}/accounts/login/")

        code = service.stop(signal.SIGINT, within_s=ENDS_WITHIN_S)

    assert (page, code) == (200, 0)
    announced = ("遠隔は", "Enkaku is")
    said = [line for line in service.output.splitlines() if line and not line.startswith(announced)]
    assert said == []


def test_serve_runs_the_periodic_jobs_in_its_own_process(ready: Path) -> None:
    leave_a_notice_to_somebody_who_left(ready)
    states = "SELECT state FROM scheduler_notice"
    assert ask(ready, states) == [("due",)]

    with running(ready, "--port", "0") as service:
        assert service.url
        wait_until(lambda: ask(ready, states) != [("due",)], 20)

    # Whoever has left the service is written to no more: the outbox job has looked at the notice.
    assert ask(ready, states) == [("failed",)]


def test_a_second_start_keeps_the_data_and_the_secret(tmp_path: Path) -> None:
    with running(tmp_path, *MIGRATE) as service:
        assert service.url
        service.stop(signal.SIGTERM, within_s=ENDS_WITHIN_S)
    secret = (tmp_path / "secret_key").read_text()
    add_user(tmp_path, "kept@example.jp")

    with running(tmp_path, *MIGRATE) as service:
        assert service.url

    assert len(secret) >= 50
    assert (tmp_path / "secret_key").read_text() == secret
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0
    assert ask(tmp_path, "SELECT email FROM scheduler_user") == [("kept@example.jp",)]


def test_a_taken_port_is_told_in_both_languages_and_nothing_is_done(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

        done = manage(tmp_path, "serve", "--first", "migrate --verbosity=0", PORT=str(port))

    assert done.returncode == 1
    assert f"ポート {port} はほかのプログラムが使っています" in done.stderr
    assert f"Port {port} is in use by another program" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "enkaku.sqlite3").exists()


def test_serve_listens_on_the_port_of_the_environment(ready: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]

    with running(ready, PORT=str(port)) as service:
        assert service.url == f"http://127.0.0.1:{port}"


def test_an_embedded_service_refuses_to_listen_beyond_loopback(tmp_path: Path) -> None:
    done = manage(tmp_path, "serve", "--host", "0.0.0.0")  # noqa: S104 -- it is refused

    assert done.returncode == 1
    assert "only listens on loopback, not on 0.0.0.0" in done.stderr


def test_ctrl_c_during_the_first_commands_ends_without_a_traceback(tmp_path: Path) -> None:
    # In one piece: unbuffered, `print` writes the end of its line by itself.
    slow = r"""shell --no-imports -c 'import sys, time; sys.stdout.write("at work\n"); time.sleep(60)'"""
    with running(tmp_path, "--port", "0", "--first", slow) as service:
        wait_until(lambda: "at work\n" in service.output, 30)

        code = service.stop(signal.SIGINT, within_s=ENDS_WITHIN_S)

    assert (code, service.output) == (130, "at work\n")


def test_serve_without_migrations_says_what_to_do(tmp_path: Path) -> None:
    done = manage(tmp_path, "serve", "--port", "0")

    assert done.returncode == 1
    assert "Run manage.py migrate first" in done.stderr


class _Stay(HTTPRedirectHandler):
    """The door is closed by the time of the redirect: its own answer counts."""

    def redirect_request(self, *_: object) -> None:
        return None


def _sign_in(opener: OpenerDirector, url: str, asking: threading.Event, answers: list[int]) -> None:
    with opener.open(f"{url}/accounts/login/", timeout=30) as page:
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.read().decode())
    assert token
    facts = {"login": "slow@example.jp", "password": PASSWORD, "csrfmiddlewaretoken": token[1]}
    asking.set()
    try:
        with opener.open(f"{url}/accounts/login/", data=urlencode(facts).encode(), timeout=30) as answer:
            answers.append(answer.status)
    except HTTPError as redirect:
        answers.append(redirect.code)
        redirect.close()


def test_a_request_in_flight_is_answered_before_the_process_ends(ready: Path) -> None:
    add_user(ready, "slow@example.jp")
    asking, answers = threading.Event(), list[int]()
    opener = build_opener(HTTPCookieProcessor(CookieJar()), _Stay())
    with running(ready, "--port", "0", "--no-worker") as service:
        writer = sqlite3.connect(ready / "enkaku.sqlite3", isolation_level=None)
        # Signing in writes a session, and waits as long as somebody else writes.
        writer.execute("BEGIN IMMEDIATE")
        visitor = threading.Thread(target=_sign_in, args=(opener, service.url, asking, answers))
        visitor.start()
        assert asking.wait(30)
        time.sleep(1.5)  # until the server has read the request, which nothing outside shows
        service.process.send_signal(signal.SIGTERM)
        time.sleep(0.5)  # and the signal must have come before the answer
        assert (answers, service.process.poll()) == ([], None)

        writer.execute("COMMIT")
        code = service.process.wait(10)
        visitor.join(10)
        writer.close()

    assert (answers, code) == ([302], 0)
