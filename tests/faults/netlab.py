"""Places far from the server, each behind a line of its own that a test can make swallow everything.

    server (this machine) ──── router ──── place
                                  └─────── place

Every box but the first is a network namespace, and iproute2 alone makes them. A dead line is a black hole in
the router: both ends keep their carrier and are told nothing, which is what a switched-off modem,
a full NAT table or a cut fibre behind the school's own router look like from inside.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest


def needed() -> pytest.MarkDecorator:
    """Skips, saying why, where no network can be made."""
    reason = why_not()
    return pytest.mark.skipif(bool(reason), reason=reason or "a network can be made")


def why_not() -> str:
    """Why no network can be made here; empty if it can."""
    if os.geteuid() != 0:
        return "network namespaces are root's to make"
    for tool in ("ip", "nsenter"):
        if not shutil.which(tool):
            return f"{tool} is not installed (apt install iproute2 util-linux)"
    name = f"enkaku-try-{os.getpid()}"
    tried = subprocess.run(["ip", "netns", "add", name], capture_output=True, text=True, check=False)
    if tried.returncode:
        return f"no namespace can be made: {tried.stderr.strip()}"
    _ip("netns", "del", name)
    return ""


@dataclass(frozen=True)
class Place:
    """One namespace. `address` is where its machines are reached from everywhere in the network."""

    name: str
    namespace: str
    address: str


@dataclass
class Network:
    """`with Network(["centre", "school"]) as network`: everything is removed at its end."""

    names: Sequence[str]
    places: dict[str, Place] = field(default_factory=dict)
    _prefix: str = field(default_factory=lambda: f"ek{os.getpid()}")
    _subnet: str = field(default_factory=lambda: f"10.77.{os.getpid() % 250}")

    @property
    def server(self) -> str:
        """The address under which this machine is reached from the places."""
        return f"{self._subnet}.1"

    @property
    def router(self) -> str:
        return f"{self._prefix}r"

    def __enter__(self) -> Self:
        _clear_away()
        try:
            self._lay()
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._remove()

    def _lay(self) -> None:
        """Every line is a pair of addresses of its own; the first is this machine's."""
        _add_namespace(self.router)
        _in(self.router, "ip", "link", "set", "lo", "up")
        _in(self.router, "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward")
        up, down = f"{self._prefix}s", f"{self._prefix}s0"
        _ip("link", "add", up, "type", "veth", "peer", "name", down, "netns", self.router)
        _ip("address", "add", f"{self.server}/30", "dev", up)
        _ip("link", "set", up, "up")
        _in(self.router, "ip", "address", "add", f"{self._subnet}.2/30", "dev", down)
        _in(self.router, "ip", "link", "set", down, "up")
        _ip("route", "add", f"{self._subnet}.0/24", "via", f"{self._subnet}.2")
        for number, name in enumerate(self.names, 1):
            self.places[name] = self._add_place(number, name)

    def _add_place(self, number: int, name: str) -> Place:
        gateway, address = (f"{self._subnet}.{4 * number + n}" for n in (1, 2))
        place = Place(name, f"{self._prefix}p{number}", address)
        line = f"{self._prefix}l{number}"
        _add_namespace(place.namespace)
        _in(self.router, "ip", "link", "add", line, "type", "veth", "peer", "name", "eth0", "netns",
            place.namespace)  # fmt: skip
        _in(self.router, "ip", "address", "add", f"{gateway}/30", "dev", line)
        _in(self.router, "ip", "link", "set", line, "up")
        _in(place.namespace, "ip", "link", "set", "lo", "up")
        _in(place.namespace, "ip", "address", "add", f"{address}/30", "dev", "eth0")
        _in(place.namespace, "ip", "link", "set", "eth0", "up")
        _in(place.namespace, "ip", "route", "add", "default", "via", gateway)
        return place

    def cut(self, name: str) -> None:
        """From now on the line of this place swallows everything in both directions."""
        address = self.places[name].address
        _in(self.router, "ip", "rule", "add", "from", address, "blackhole")
        _in(self.router, "ip", "route", "add", "blackhole", f"{address}/32")

    def mend(self, name: str) -> None:
        address = self.places[name].address
        _in(self.router, "ip", "rule", "del", "from", address, "blackhole")
        _in(self.router, "ip", "route", "del", "blackhole", f"{address}/32")

    def _remove(self) -> None:
        """A pair of interfaces goes with the namespace of either end, but only some time later. This
        machine's own goes at once: the next network wants its name, and a browser that is loading a page
        when an address goes loses what is on its way."""
        subprocess.run(["ip", "link", "del", f"{self._prefix}s"], capture_output=True, check=False)
        for namespace in (*(place.namespace for place in self.places.values()), self.router):
            subprocess.run(["ip", "netns", "del", namespace], capture_output=True, check=False)


def _clear_away() -> None:
    """What a run that was killed left behind: namespaces named for a process that is gone."""
    listed = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=False).stdout
    for namespace, pid in re.findall(r"^(ek(\d+)[rp]\d*)\b", listed, re.MULTILINE):
        if not Path(f"/proc/{pid}").exists():
            subprocess.run(["ip", "netns", "del", namespace], capture_output=True, check=False)


def _ip(*words: str) -> None:
    _run(["ip", *words])


def _add_namespace(name: str) -> None:
    """Without IPv6: a second after an interface comes up it would have an address more, and a browser
    drops what it is loading whenever an address comes or goes."""
    _ip("netns", "add", name)
    _in(name, "sh", "-c", "echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6 2> /dev/null || true")


def _in(namespace: str, *command: str) -> None:
    _run(["nsenter", f"--net=/run/netns/{namespace}", *command])


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")
