"""What a stop does to those inside: rooms say goodbye with a code, the worker finishes its job."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from realtime.protocol import Close
from tests.environment import ROOT
from tests.setup.service import (
    PASSWORD,
    ask,
    environment,
    leave_a_notice_to_somebody_who_left,
    manage,
    run_in,
    running,
    wait_until,
)

SECRET = "0123456789" * 5
SEED = f"""
from datetime import date
from django.utils import timezone
from scheduler import practice
from scheduler.models import Membership, Organisation, User
names = {{"name": "遠隔授業配信センター", "short_name": "配信センター"}}
centre = Organisation.objects.create(kind="delivery_centre", code="C1", **names)
user = User.objects.create_user("sato@example.jp", "{PASSWORD}", name="佐藤 直子")
Membership.objects.create(user=user, organisation=centre, role="teacher", valid_from=date(2020, 4, 1))
print(practice.renew(now=timezone.now())[0].uid)
"""


@pytest.fixture
def practice_room(ready: Path) -> str:
    """The practice room's uid in a service where Sato teaches."""
    return run_in(ready, SEED)


def session_of(url: str) -> str:
    """The Cookie header of a browser in which Sato has signed in."""
    jar = CookieJar()
    opener = build_opener(HTTPCookieProcessor(jar))
    with opener.open(f"{url}/accounts/login/", timeout=30) as page:
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.read().decode())
    assert token
    facts = {"login": "sato@example.jp", "password": PASSWORD, "csrfmiddlewaretoken": token[1]}
    with opener.open(f"{url}/accounts/login/", data=urlencode(facts).encode(), timeout=30) as today:
        assert today.status == 200
    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in jar)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_closes_an_open_rooms_socket_with_the_code_to_come_back(
    ready: Path, practice_room: str, how: signal.Signals
) -> None:
    with running(ready, "--port", "0") as service:
        address = f"{service.url.replace('http', 'ws')}/ws/rooms/{practice_room}/"
        headers = {"Cookie": session_of(service.url)}
        with connect(address, additional_headers=headers, origin=service.url) as socket:  # type: ignore[arg-type]  # a str subtype
            socket.send('{"t": "join", "v": 1}')
            assert '"joined"' in socket.recv(timeout=20)

            service.process.send_signal(how)

            with pytest.raises(ConnectionClosed) as closed:
                list(socket)
        code = service.process.wait(5)

    assert closed.value.rcvd
    assert closed.value.rcvd.code == Close.RESTART
    assert code == 0
    assert "Traceback" not in service.output


def test_worker_runs_jobs_of_its_own_process_and_ends_on_sigterm(ready: Path, redis_url: str) -> None:
    leave_a_notice_to_somebody_who_left(ready)
    states = "SELECT state FROM scheduler_notice"
    production = environment(ready, ENKAKU_EMBEDDED="0", SECRET_KEY=SECRET, REDIS_URL=redis_url)
    with (ready / "worker.log").open("w") as log:
        worker = subprocess.Popen(
            [sys.executable, "manage.py", "worker"], cwd=ROOT, env=production, stdout=log, stderr=log
        )
        try:
            wait_until(lambda: ask(ready, states) != [("due",)] or worker.poll() is not None, 30)
            state = ask(ready, states)
            worker.send_signal(signal.SIGTERM)
            code = worker.wait(15)
        finally:
            worker.kill()
            worker.wait(5)

    assert (state, code) == ([("failed",)], 0)
    assert "Traceback" not in (ready / "worker.log").read_text()


def test_worker_refuses_to_run_beside_an_embedded_one(tmp_path: Path) -> None:
    done = manage(tmp_path, "worker")

    assert done.returncode == 1
    assert "already runs inside manage.py serve" in done.stderr


def test_worker_names_a_redis_that_does_not_answer_without_its_password(ready: Path) -> None:
    address = "redis://:hush-hush@127.0.0.1:9/0"

    done = manage(ready, "worker", ENKAKU_EMBEDDED="0", SECRET_KEY=SECRET, REDIS_URL=address)

    assert done.returncode == 1
    assert "Redis of REDIS_URL does not answer at 127.0.0.1" in done.stderr
    assert "hush-hush" not in done.stderr
