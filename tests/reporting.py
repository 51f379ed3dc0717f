"""A pytest plugin: says at the end, in words, what was skipped and why; nothing may be under CI.

Counts go to the file named by ENKAKU_TEST_REPORT, one JSON object a run, for `tests.run` to add up.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

COUNTED = ("passed", "failed", "error", "skipped", "xfailed")


def _reason(report: Any) -> str:
    where = report.longrepr
    return str(where[2]).removeprefix("Skipped: ") if isinstance(where, tuple) else str(where)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    stats = terminalreporter.stats
    reasons = Counter(_reason(report) for report in stats.get("skipped", []))
    if reasons:
        terminalreporter.section("what was skipped, and why")
        for reason, count in reasons.most_common():
            terminalreporter.write_line(f"{count} tests: {reason}")
    if target := os.environ.get("ENKAKU_TEST_REPORT"):
        counts = {outcome: len(stats.get(outcome, [])) for outcome in COUNTED}
        with Path(target).open("a") as file:
            file.write(json.dumps(counts) + "\n")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skips what needs a browser where there is none."""
    if os.environ.get("ENKAKU_CHROMIUM", "unknown"):
        return
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.skip(reason="Chromium is not installed"))
