"""A migrated database and collected assets, made once and copied for each test."""

from __future__ import annotations

import shutil
import signal
from pathlib import Path

import pytest

from tests.setup.service import manage


@pytest.fixture(scope="session", autouse=True)
def _hears_ctrl_c() -> None:
    """A shell that runs the suite in the background has it ignore Ctrl-C, and so what the suite starts."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def _template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("service")
    for command in (("migrate", "--verbosity=0"), ("collectstatic", "--noinput", "--verbosity=0")):
        done = manage(folder, *command)
        assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def ready(_template: Path, tmp_path: Path) -> Path:
    """A folder in which a service can start at once."""
    return Path(shutil.copytree(_template, tmp_path / "var"))
