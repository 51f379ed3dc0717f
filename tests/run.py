"""`make test`: the whole suite on PostgreSQL, what touches bookings again on SQLite, then JavaScript.

Arguments go to pytest, and then only pytest runs. With CI set, whatever is skipped is a failure.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

from tests.environment import ROOT, Environment, prepare

NOTHING_COLLECTED = 5


def pytest(environment: Environment, database: str, title: str, arguments: list[str]) -> int:
    print(f"\n— {title}", flush=True)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "tests.reporting", "--durations=8", "--durations-min=5",
         *arguments],
        cwd=ROOT, env={**environment.variables, "DATABASE_URL": database}, check=False,
    )  # fmt: skip
    return done.returncode


def on_postgresql(environment: Environment, database: str, arguments: list[str]) -> list[int]:
    """Everything; what writes nothing that others could see is spread over the machine's cores."""
    workers = min(4, os.cpu_count() or 1)
    if arguments or workers == 1:
        return [pytest(environment, database, "on PostgreSQL: everything", arguments)]
    part = environment.variables
    spread = Environment({**part, "ENKAKU_TEST_PART": "beside others"})
    alone = Environment({**part, "ENKAKU_TEST_PART": "alone"})
    return [
        pytest(
            spread,
            database,
            f"on PostgreSQL: {workers} at a time",
            [f"--numprocesses={workers}", "--dist=worksteal"],
        ),
        pytest(alone, database, "on PostgreSQL: one at a time, with browsers, crashes and set-up", []),
    ]


def javascript(environment: Environment) -> int:
    files = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "tests" / "js").glob("**/*.test.*js"))
    if not files or any("Node" in each or "npm" in each for each in environment.missing):
        return 0
    print("\n— JavaScript", flush=True)
    return subprocess.run(
        ["node", "--test", "--test-reporter=dot", *files], cwd=ROOT, env=environment.variables, check=False
    ).returncode


def counts(report: Path) -> Counter[str]:
    total: Counter[str] = Counter()
    for line in report.read_text().splitlines() if report.exists() else []:
        total.update(json.loads(line))
    return total


def main(arguments: list[str]) -> int:
    began = time.monotonic()
    with ExitStack() as stack:
        environment = prepare(stack)
        report = Path(environment.variables["ENKAKU_VAR"]) / "report.jsonl"
        environment.variables |= {"ENKAKU_TEST_REPORT": str(report), "PYTHONUNBUFFERED": "1"}
        environment.variables.setdefault("ENKAKU_CHROMIUM", "")
        for line in environment.found:
            print(line)
        codes = [] if arguments else [javascript(environment)]
        sqlite = ["-m", "both_databases and not postgresql", *arguments]
        codes.append(
            pytest(environment, environment.sqlite_url, "on SQLite: bookings, conflicts, calendars", sqlite)
        )
        if environment.postgresql_url:
            codes += on_postgresql(environment, environment.postgresql_url, arguments)
        else:
            rest = ["-m", "not both_databases and not postgresql", *arguments]
            codes.append(pytest(environment, environment.sqlite_url, "on SQLite: everything else", rest))
        total = counts(report)
    return _conclude(codes, total, environment.missing, arguments, time.monotonic() - began)


def _conclude(
    codes: list[int], total: Counter[str], missing: list[str], arguments: list[str], seconds: float
) -> int:
    failed = any(code not in (0, NOTHING_COLLECTED) for code in codes) or not total["passed"]
    print()
    for sentence in missing:
        print(f"Not tested here: {sentence}")
    if os.environ.get("CI") and (missing or total["skipped"]):
        print("Nothing may be skipped in CI.")
        failed = True
    print(f"{seconds:.0f} s in all.")
    print(
        f"{total['passed']} passed, {total['failed'] + total['error']} failed, {total['skipped']} skipped",
        flush=True,
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
