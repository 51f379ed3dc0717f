"""`python -m tests.audit`: known vulnerabilities in what the lock files name.

Asks the services that the package managers ask themselves (`uv audit`: OSV; `npm audit`: the npm
registry). What is found fails. A service that cannot be reached, or that has no such address behind a
mirror, is said in one line and fails nothing: the build must not depend on somebody else's being up.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.environment import ROOT, find_node, npm

WITHIN_S = 60
UV = Path(sys.executable).parent / "uv"
ACCEPTED: dict[str, str] = {}
"""By id why it does not concern us, and until when that is looked at again."""


@dataclass(frozen=True)
class Outcome:
    name: str
    said: str
    is_bad: bool = False


def python(service: str = "") -> Outcome:
    """All that `uv.lock` names, development included: what builds the service is part of it. `service`
    is another place that speaks as OSV does."""
    ignored = [word for each in ACCEPTED for word in ("--ignore", each)]
    place = ["--service-url", service] if service else []
    done = _run([UV, "audit", "--frozen", "--preview-features", "audit", *ignored, *place])
    if done is None or (done.returncode and "vulnerabilit" not in done.stdout.lower()):
        return _unreached("Python packages", "OSV", done)
    if done.returncode:
        return Outcome("Python packages", done.stdout.strip(), is_bad=True)
    return Outcome("Python packages", "nothing is known against them")


def javascript() -> Outcome:
    """What `package-lock.json` names. It is for development alone: only what is grave is held against it."""
    done = _run([*npm(find_node()), "audit", "--json", "--audit-level=high"])
    try:
        report = json.loads(done.stdout) if done is not None else {}
    except ValueError:
        report = {}
    if "vulnerabilities" not in report:
        return _unreached("JavaScript packages", "the npm registry", done)
    assert done is not None
    found = sorted(report["vulnerabilities"])
    if done.returncode:
        return Outcome("JavaScript packages", f"grave: {', '.join(found)}; see npm audit", is_bad=True)
    return Outcome("JavaScript packages", "nothing grave is known against them")


def _run(command: list[str | Path]) -> subprocess.CompletedProcess[str] | None:
    environment = {**os.environ, "PATH": f"{find_node().parent}{os.pathsep}{os.environ['PATH']}"}
    try:
        return subprocess.run(
            command, cwd=ROOT, env=environment, timeout=WITHIN_S, capture_output=True, text=True, check=False
        )
    except subprocess.TimeoutExpired:
        return None


def _unreached(name: str, service: str, done: subprocess.CompletedProcess[str] | None) -> Outcome:
    reason = "no answer in time" if done is None else _last_line(done.stderr or done.stdout)
    return Outcome(name, f"NOT AUDITED, {service} could not be asked ({reason})")


def _last_line(text: str) -> str:
    """Of a package manager's complaint the line that says most: the deepest cause."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    causes = [line for line in lines if "cause" in line or "warn audit" in line]
    return (causes or lines or ["it said nothing"])[-1].removeprefix("cause: ")


def main() -> int:
    outcomes = [python(), javascript()]
    for outcome in outcomes:
        print(f"     {outcome.name}: {outcome.said}")
    return int(any(outcome.is_bad for outcome in outcomes))


if __name__ == "__main__":
    sys.exit(main())
