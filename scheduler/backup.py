"""Everything that the service keeps, as one folder, and back from it: database and uploads.

    FOLDER/manifest.json     what is in it, with counts and checksums; which keys belong to it
    FOLDER/database          pg_dump's custom format, or an SQLite file
    FOLDER/uploads/…         as in UPLOADS_DIR

One point in time: the database's. Uploads are never changed once they have their name, so those that
were there before it or after it are all that it may name; `.NAME.part` is still being written. Keys
are named by a fingerprint and not included: whoever finds a backup must not be able to sign in with it.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.crypto import salted_hmac

from scheduler import database_copies
from scheduler.database_copies import BackupError, Place

FORMAT = 1
KEYS = ("SECRET_KEY", "TURN_SECRET", "EMAIL_HOST_PASSWORD", "METRICS_TOKEN")


@dataclass(frozen=True, slots=True)
class File:
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    format: int
    made_at: str
    vendor: str
    """Of the database: a dump of one kind cannot be read by the other."""
    tables: dict[str, int]
    """How many rows each had."""
    database: File
    uploads: dict[str, File]
    keys: dict[str, str]
    """By setting a fingerprint, "" where it was not set."""


def make(folder: Path, *, now: datetime) -> Manifest:
    """Writes a backup into `folder`, which must be empty or not there yet. Raises BackupError."""
    _require_empty(folder, "A backup is written into an empty folder")
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    uploads = folder / "uploads"
    uploads.mkdir()
    place = Place.of_settings()
    _copy_new(settings.UPLOADS_DIR, uploads)
    tables = database_copies.dump(place, folder / "database")
    _copy_new(settings.UPLOADS_DIR, uploads)
    manifest = Manifest(
        format=FORMAT,
        made_at=now.isoformat(),
        vendor=place.vendor,
        tables=tables,
        database=_described(folder / "database"),
        uploads={name: _described(uploads / name) for name in _names(uploads)},
        keys=fingerprints(),
    )
    # Last, and at once: a folder without it is no backup.
    draft = folder / "manifest.json.draft"
    draft.write_text(json.dumps(asdict(manifest), ensure_ascii=False, indent=1))
    draft.rename(folder / "manifest.json")
    for path in folder.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)
    return manifest


def read(folder: Path) -> Manifest:
    """The manifest of a backup whose every byte is as it was written. Raises BackupError."""
    try:
        facts = json.loads((folder / "manifest.json").read_text())
    except (OSError, ValueError) as error:
        raise BackupError(f"{folder} holds no finished backup: {error}") from error
    found = facts.get("format") if isinstance(facts, dict) else None
    if found != FORMAT:
        raise BackupError(f"{folder} was written in form {found}; this release reads {FORMAT}.")
    manifest = _understood(facts, folder)
    wanted = {"database": manifest.database} | {f"uploads/{name}": f for name, f in manifest.uploads.items()}
    for name, file in wanted.items():
        path = folder / name
        if not path.is_file() or not path.resolve().is_relative_to(folder.resolve()):
            raise BackupError(f"{name} is missing in {folder}.")
        if _described(path) != file:
            raise BackupError(f"{name} in {folder} is not what was written: its checksum differs.")
    # They would be brought back as well, and that is noticed only once the database has been loaded.
    if strays := sorted(set(_names(folder / "uploads")) - set(manifest.uploads)):
        raise BackupError(f"{folder} holds what was not written by the backup: uploads/{strays[0]}.")
    return manifest


def _understood(facts: dict[str, Any], folder: Path) -> Manifest:
    """Raises BackupError where the manifest is JSON and no manifest: cut short, or edited by hand."""
    try:
        manifest = Manifest(
            **{
                **facts,
                "database": File(**facts["database"]),
                "uploads": {name: File(**file) for name, file in facts["uploads"].items()},
            }
        )
        counts, words = manifest.tables, manifest.keys
        is_sound = all(isinstance(n, int) for n in counts.values())
        is_sound &= all(
            isinstance(word, str) for word in (*words.values(), manifest.made_at, manifest.vendor)
        )
    except (TypeError, KeyError, AttributeError):
        is_sound = False
    if not is_sound:
        raise BackupError(f"{folder}/manifest.json is not as a backup writes it. Nothing was changed.")
    return manifest


def restore(folder: Path, *, place: Place, uploads: Path, replace: bool) -> Manifest:
    """Brings a backup into this place and compares. With `replace` whatever is there is thrown away."""
    manifest = read(folder)
    if manifest.vendor != place.vendor:
        raise BackupError(f"This backup is of {manifest.vendor}, and DATABASE_URL names {place.vendor}.")
    if not replace:
        _require_empty(uploads, "Uploads are restored into an empty folder")
    database_copies.load(place, folder / "database", replace=replace)
    uploads.mkdir(parents=True, exist_ok=True)
    for entry in list(uploads.iterdir()):  # the folder itself may be a mounted volume
        shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    _copy_new(folder / "uploads", uploads)
    _compare(manifest, place, uploads)
    return manifest


def _compare(manifest: Manifest, place: Place, uploads: Path) -> None:
    found = database_copies.counted(place)
    differing = sorted(
        table
        for table in found.keys() | manifest.tables.keys()
        if found.get(table) != manifest.tables.get(table)
    )
    if differing:
        raise BackupError(f"After restoring, rows are not as many as before in: {', '.join(differing)}.")
    if {name: _described(uploads / name) for name in _names(uploads)} != manifest.uploads:
        raise BackupError("After restoring, the uploads are not those of the backup.")


def fingerprints() -> dict[str, str]:
    """Of each key, made with SECRET_KEY, so that a short one cannot be found by trying."""
    given = {name: str(getattr(settings, name, "")) for name in KEYS}
    return {
        name: salted_hmac("scheduler.backup", f"{name}={value}").hexdigest()[:16] if value else ""
        for name, value in given.items()
    }


def differing_keys(manifest: Manifest) -> list[str]:
    """Which keys are not those with which the backup was made; with another SECRET_KEY none can be told."""
    here = fingerprints()
    if here["SECRET_KEY"] != manifest.keys.get("SECRET_KEY"):
        return ["SECRET_KEY"]
    return [name for name in KEYS if here[name] != manifest.keys.get(name)]


def _require_empty(folder: Path, rule: str) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BackupError(f"{rule}, and {folder} is not empty.")


def _names(folder: Path) -> Iterator[str]:
    if folder.is_dir():
        found = (path for path in folder.rglob("*") if path.is_file() and not _is_draft(path))
        yield from sorted(str(path.relative_to(folder)) for path in found)


def _is_draft(path: Path) -> bool:
    return path.name.startswith(".") and path.name.endswith(".part")


def _copy_new(source: Path, target: Path) -> None:
    """What is not there yet, or not whole; a file that vanishes meanwhile was on its way to be removed."""
    for name in _names(source):
        copy = target / name
        try:
            if copy.exists() and copy.stat().st_size == (source / name).stat().st_size:
                continue
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source / name, copy)
        except FileNotFoundError:
            continue


def _described(path: Path) -> File:
    with path.open("rb") as file:
        return File(path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest())
