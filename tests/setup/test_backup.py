"""A backup comes back as it was, on both databases; a damaged one, or a wrong place, is refused."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone
from psycopg import sql

from tests.browser.live import database_url
from tests.cast import World
from tests.environment import ROOT
from tests.realtime.lessons import book_lesson

pytestmark = [
    pytest.mark.both_databases,
    pytest.mark.django_db(transaction=True, serialized_rollback=True),
    pytest.mark.skipif(
        connection.vendor == "postgresql" and not shutil.which("pg_dump"),
        reason="pg_dump is not installed (apt install postgresql-client)",
    ),
]
Rows = dict[str, list[str]]


@pytest.fixture
def served(world: World, tmp_path: Path) -> Path:
    """The data folder of a service with a lesson and two uploads."""
    book_lesson(world, timezone.now() + timedelta(days=2), now=timezone.now())
    folder = tmp_path / "served"
    (folder / "uploads" / "ab").mkdir(parents=True)
    (folder / "uploads" / "ab" / "one.png").write_bytes(b"\x89PNG" + bytes(range(256)) * 300)
    (folder / "uploads" / "two.pdf").write_bytes(b"%PDF-1.7")
    return folder


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[str]:
    """The address of an empty database."""
    if connection.vendor == "sqlite":
        yield f"sqlite:///{tmp_path}/restored.sqlite3"
        return
    name = f"{connection.settings_dict['NAME']}_restored"
    here = urlsplit(database_url())
    with psycopg.connect(database_url(), autocommit=True) as database:
        database.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))
        database.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield here._replace(path=f"/{name}").geturl()
        database.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def manage(folder: Path, url: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ, "DATABASE_URL": url, "ENKAKU_VAR": str(folder), "SECRET_KEY": settings.SECRET_KEY,
        "ENKAKU_EMBEDDED": "1", "TURN_SECRET": "hush-hush-relay",
    }  # fmt: skip
    return subprocess.run(
        [sys.executable, "manage.py", *map(str, arguments)],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


def rows(url: str) -> Rows:
    """Every row of every table, as text."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as file:
            names = [row[0] for row in file.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            return {name: sorted(map(repr, file.execute(f'SELECT * FROM "{name}"'))) for name in names}  # noqa: S608
    with psycopg.connect(url) as database:
        listed = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        names = [row[0] for row in database.execute(listed)]
        query = sql.SQL("SELECT * FROM {}")
        found = {name: database.execute(query.format(sql.Identifier(name))).fetchall() for name in names}
        found["sequences"] = database.execute("SELECT sequencename, last_value FROM pg_sequences").fetchall()
    return {name: sorted(map(repr, them)) for name, them in found.items()}


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_backup_restored_into_an_empty_place_is_equal(served: Path, empty: str, tmp_path: Path) -> None:
    copy, place = tmp_path / "copy", tmp_path / "place"
    made = manage(served, database_url(), "backup", copy)
    restored = manage(place, empty, "restore", copy)

    assert made.returncode == restored.returncode == 0, made.stderr + restored.stderr
    before = rows(database_url())
    assert len(before["scheduler_claim"]) > 0
    assert rows(empty) == before
    assert files(place / "uploads") == files(served / "uploads")
    assert "compared, in " in restored.stdout
    assert (copy / "manifest.json").stat().st_mode & 0o077 == 0
    drilled = manage(served, database_url(), "restore", copy, "--drill")
    assert drilled.returncode == 0, drilled.stderr
    assert "Could be restored" in drilled.stdout
    assert rows(database_url()) == before
    if connection.vendor == "postgresql":
        with psycopg.connect(database_url()) as database:
            left = database.execute(
                "SELECT 1 FROM pg_database WHERE datname LIKE 'enkaku_drill_%'"
            ).fetchall()
        assert left == []
    manifest = (copy / "manifest.json").read_text()
    assert json.loads(manifest)["keys"]["TURN_SECRET"]
    assert settings.SECRET_KEY not in manifest
    assert "hush-hush" not in manifest


@pytest.mark.postgresql  # pg_dump marks the moment of the dump
def test_an_upload_that_was_being_written_when_the_backup_began_is_in_it_whole(
    served: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy, late, programs = tmp_path / "copy", served / "uploads" / "two.pdf", tmp_path / "programs"
    (served / "uploads" / "ab" / ".three.part").write_bytes(b"%PDF-1.")
    programs.mkdir()
    dump = programs / "pg_dump"
    grown = f"printf ' and its end' >> '{late}'"
    dump.write_text(f"""#!/bin/sh\n{grown}\nexec '{shutil.which("pg_dump")}' "$@"\n""")
    dump.chmod(0o700)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")

    made = manage(served, database_url(), "backup", copy)

    assert made.returncode == 0, made.stderr
    whole = {"ab/one.png": (served / "uploads/ab/one.png").read_bytes(), "two.pdf": b"%PDF-1.7 and its end"}
    assert files(copy / "uploads") == whole


def test_a_place_with_something_in_it_is_left_as_it_is_unless_forced(
    served: Path, empty: str, tmp_path: Path
) -> None:
    copy, place = tmp_path / "copy", tmp_path / "place"
    manage(served, database_url(), "backup", copy)
    again = manage(served, database_url(), "backup", copy)
    manage(place, empty, "restore", copy)
    (place / "uploads" / "later.pdf").write_bytes(b"%PDF-2")

    refused = manage(place, empty, "restore", copy)
    (place / "uploads" / "later.pdf").rename(tmp_path / "aside.pdf")
    shutil.rmtree(place / "uploads")
    refused_too = manage(place, empty, "restore", copy)
    after = rows(empty)
    forced = manage(place, empty, "restore", copy, "--force")

    assert (again.returncode, refused.returncode, refused_too.returncode) == (1, 1, 1)
    assert "is not empty" in again.stderr
    assert "is not empty" in refused.stderr
    assert "is not empty" in refused_too.stderr
    assert after == rows(database_url())
    assert forced.returncode == 0, forced.stderr
    assert rows(empty) == after


def test_a_damaged_backup_is_refused_before_anything_is_touched(
    served: Path, empty: str, tmp_path: Path
) -> None:
    copy, place = tmp_path / "copy", tmp_path / "place"
    manage(served, database_url(), "backup", copy)
    for name in ("database", "uploads/ab/one.png", "manifest.json"):
        whole = (copy / name).read_bytes()
        middle = len(whole) // 2
        (copy / name).write_bytes(whole[:middle] + bytes([whole[middle] ^ 0xFF]) + whole[middle + 1 :])

        refused = manage(place, empty, "restore", copy)

        (copy / name).write_bytes(whole)
        assert refused.returncode == 1, name
        assert "Traceback" not in refused.stderr
        assert not (place / "uploads").exists()
        assert connection.vendor == "sqlite" or rows(empty) == {"sequences": []}


@pytest.mark.parametrize(
    "changed",
    [
        [], {"format": 1}, {"database": None}, {"database": {"size": 1}}, {"uploads": {"two.pdf": 7}},
        {"uploads": []}, {"tables": []}, {"tables": {"scheduler_user": "many"}}, {"keys": None}, {"more": 1},
        {"made_at": None}, {"vendor": 5},
    ],
)  # fmt: skip
def test_a_manifest_that_is_none_is_refused_in_a_sentence_before_anything_is_touched(
    tmp_path: Path, changed: object
) -> None:
    (tmp_path / "copy").mkdir()
    file = {"size": 0, "sha256": hashlib.sha256(b"").hexdigest()}
    whole = {
        "format": 1, "made_at": "2026-11-24T09:00:00+09:00", "vendor": connection.vendor, "tables": {},
        "database": file, "uploads": {}, "keys": {},
    }  # fmt: skip
    is_short = not isinstance(changed, dict) or changed == {"format": 1}
    given = changed if is_short else whole | changed  # type: ignore[operator]  # a dict by then
    (tmp_path / "copy/manifest.json").write_text(json.dumps(given))
    (tmp_path / "copy/database").write_bytes(b"")

    with pytest.raises(CommandError) as refusal:
        call_command("restore", tmp_path / "copy", force=True)

    said = str(refusal.value)
    assert "manifest.json is not as a backup writes it" in said or "in form None" in said


def test_a_stray_file_among_the_uploads_is_refused_before_anything_is_touched(
    served: Path, empty: str, tmp_path: Path
) -> None:
    copy, place = tmp_path / "copy", tmp_path / "place"
    manage(served, database_url(), "backup", copy)
    (copy / "uploads" / "ab" / "stray.txt").write_text("left by somebody")

    refused = manage(place, empty, "restore", copy)

    assert refused.returncode == 1
    assert "holds what was not written by the backup: uploads/ab/stray.txt" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert not (place / "uploads").exists()
    assert connection.vendor == "sqlite" or rows(empty) == {"sequences": []}
