"""A real relay for media: coturn on the loopback, with the credentials that the service makes."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.browser.live import free_port

TURNSERVER = shutil.which("turnserver") or ""
SECRET = "relay-of-the-tests"
CONFIGURATION = """
listening-ip=127.0.0.1
relay-ip=127.0.0.1
listening-port={port}
min-port=40000
max-port=40999
realm=enkaku.test
fingerprint
use-auth-secret
static-auth-secret={secret}
no-multicast-peers
allow-loopback-peers
no-cli
no-tls
no-dtls
pidfile={folder}/turnserver.pid
log-file=stdout
simple-log
"""


@dataclass(frozen=True)
class Relay:
    port: int
    log: Path

    def environment(self, transport: str) -> dict[str, str]:
        """The service's settings under which every peer must go over this relay."""
        return {
            "TURN_URLS": f"turn:127.0.0.1:{self.port}?transport={transport}",
            "TURN_SECRET": SECRET,
            "ICE_RELAY_ONLY": "1",
        }


@contextmanager
def relay(folder: Path) -> Iterator[Relay]:
    """coturn, running until the block ends."""
    port, log = free_port(), folder / "turnserver.log"
    configuration = folder / "turnserver.conf"
    configuration.write_text(CONFIGURATION.format(port=port, secret=SECRET, folder=folder))
    with log.open("wb") as output:
        process = subprocess.Popen(
            [TURNSERVER, "-c", str(configuration)], cwd=folder, stdout=output, stderr=output
        )
    try:
        _wait_until_it_listens(port, process, log)
        yield Relay(port, log)
    finally:
        process.terminate()
        process.wait(10)


def _wait_until_it_listens(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 20
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"the relay did not start:\n{log.read_text(errors='replace')[-2000:]}")
