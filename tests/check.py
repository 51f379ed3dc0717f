"""`make check`: format, lint, types, import contracts, migrations, templates, JavaScript, known holes.

Two at a time; what a check prints is shown only when it fails. `--write` formats instead.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.environment import ROOT, find_node, install_packages

BIN = Path(sys.executable).parent
NPM = ROOT / "node_modules" / ".bin"
WRITE: list[list[str | Path]] = [
    [BIN / "ruff", "format"],
    [BIN / "ruff", "check", "--fix"],
    [NPM / "biome", "check", "--write"],
]
# The slowest first, so that the others run beside it.
CHECKS: dict[str, list[str | Path]] = {
    "mypy": [BIN / "mypy"],
    "ruff format": [BIN / "ruff", "format", "--check"],
    "ruff": [BIN / "ruff", "check"],
    "import contracts": [BIN / "lint-imports"],
    "migrations": [sys.executable, "manage.py", "makemigrations", "--check", "--dry-run"],
    "settings": [sys.executable, "manage.py", "check", "--fail-level=WARNING"],
    "templates": [BIN / "djlint", "--lint", "--quiet", "templates"],
    "biome": [NPM / "biome", "check", "--error-on-warnings"],
    "tsc": [NPM / "tsc", "--noEmit"],
    "lock file": [BIN / "uv", "lock", "--check", "--quiet"],
    "dependencies": [sys.executable, "-m", "tests.audit"],
}


def main(arguments: list[str]) -> int:
    node = find_node()
    install_packages(node)
    with tempfile.TemporaryDirectory(prefix="enkaku-check-") as scratch:
        environment = {
            **os.environ,
            "PATH": f"{node.parent}{os.pathsep}{os.environ['PATH']}",
            "ENKAKU_VAR": scratch,
            "ENKAKU_EMBEDDED": "1",
            "DATABASE_URL": "",
        }

        def run(name: str) -> bool:
            began = time.monotonic()
            done = subprocess.run(
                CHECKS[name], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
            )
            good = done.returncode == 0
            said = "" if good else f"\n{done.stdout}{done.stderr}"
            if good and name == "dependencies":
                said = f"\n{done.stdout}".rstrip()
            print(f"{'ok  ' if good else 'FAIL'} {name} ({time.monotonic() - began:.1f} s){said}", flush=True)
            return good

        if "--write" in arguments:
            return max(
                subprocess.run(each, cwd=ROOT, env=environment, check=False).returncode for each in WRITE
            )
        with ThreadPoolExecutor(max_workers=2) as executor:
            return 0 if all(list(executor.map(run, CHECKS))) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
