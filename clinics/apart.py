"""Checks a file in a process of its own, bound in memory and time: a PDF of 300 kB may unfold to gigabytes,
a picture of 200 kB to hundreds of megabytes, and would take the web process and every call in it along.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import BoundedSemaphore, Lock

from clinics.file_checks import Checked, FileReason, RefusedFileError, checked

MEMORY_BYTES = 1 << 30
CPU_S = 20
WITHIN_S = 60.0
WAITS_S = 20.0
_HOME = Path(__file__).resolve().parent.parent
MOST_WAITING = 3
_one = Lock()
_places = BoundedSemaphore(MOST_WAITING)


def checked_apart(data: bytes, *, most_bytes: int) -> Checked:
    """As `file_checks.checked`; what unfolds beyond all measure is refused as broken."""
    if not 0 < len(data) <= most_bytes:
        return checked(data, most_bytes=most_bytes)
    try:
        with _one_at_a_time():
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
    return Checked(said["kind"], said["media_type"], content, said["pages"])


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Ten files sent at once would be ten times the memory. Raises RefusedFileError after `WAITS_S`, and
    at once where `MOST_WAITING` are here: whoever waits holds one of the process's few turns."""
    if not _places.acquire(blocking=False):
        raise RefusedFileError(FileReason.BUSY)
    try:
        if not _one.acquire(timeout=WAITS_S):
            raise RefusedFileError(FileReason.BUSY)
        try:
            yield
        finally:
            _one.release()
    finally:
        _places.release()


def _main(most_bytes: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    said: dict[str, object]
    content = b""
    try:
        found = checked(sys.stdin.buffer.read(), most_bytes=most_bytes)
        said = {"kind": found.kind, "media_type": found.media_type, "pages": found.pages}
        content = found.data
    except RefusedFileError as error:
        said = {"reason": error.reason.value, "limit": error.limit}
    except MemoryError:
        said = {"reason": FileReason.BROKEN.value, "limit": 0}
    sys.stdout.buffer.write(json.dumps(said).encode() + b"\n" + content)


if __name__ == "__main__":
    _main(int(sys.argv[1]))
