"""Checks a PDF in a process of its own, bound in memory and time: a file of 300 kB may unfold to gigabytes,
and would take the web process and every call in it along.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path

from clinics.file_checks import Checked, FileReason, RefusedFileError, checked

MEMORY_BYTES = 1 << 30
CPU_S = 20
WITHIN_S = 60.0
_HOME = Path(__file__).resolve().parent.parent


def checked_apart(data: bytes, *, most_bytes: int) -> Checked:
    """As `file_checks.checked`; what unfolds beyond all measure is refused as broken."""
    if not data.startswith(b"%PDF-") or len(data) > most_bytes:
        return checked(data, most_bytes=most_bytes)
    try:
        done = subprocess.run(  # noqa: S603 -- our own module
            [sys.executable, "-m", "clinics.apart", str(most_bytes)],
            input=data, capture_output=True, cwd=_HOME, env={}, timeout=WITHIN_S, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise RefusedFileError(FileReason.BROKEN) from None
    head, _, content = done.stdout.partition(b"\n")
    if done.returncode or not head:
        raise RefusedFileError(FileReason.BROKEN)
    said = json.loads(head)
    if "reason" in said:
        raise RefusedFileError(FileReason(said["reason"]), said["limit"])
    return Checked("pdf", "application/pdf", content, said["pages"])


def _main(most_bytes: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    said: dict[str, object]
    content = b""
    try:
        found = checked(sys.stdin.buffer.read(), most_bytes=most_bytes)
        said, content = {"pages": found.pages}, found.data
    except RefusedFileError as error:
        said = {"reason": error.reason.value, "limit": error.limit}
    except MemoryError:
        said = {"reason": FileReason.BROKEN.value, "limit": 0}
    sys.stdout.buffer.write(json.dumps(said).encode() + b"\n" + content)


if __name__ == "__main__":
    _main(int(sys.argv[1]))
