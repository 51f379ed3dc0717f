"""添付: images and PDF of a case, stored outside of what any web server serves, under a random name.

They are read through `open_for` alone, which asks who sees the case and writes the reading down.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest

from clinics import access, acts, apart
from clinics.file_checks import Checked, FileReason, RefusedFileError
from clinics.models import Attachment, Consultation
from clinics.states import CaseError, Event, Reason, Refused
from scheduler.models import User
from scheduler.transactions import retried

ORPHAN_AGES = (timedelta(days=1), timedelta(days=7))


@dataclass(frozen=True, slots=True)
class Opened:
    """What may be sent to the reader; `name` is what it is saved as, made of the case's number alone."""

    attachment: Attachment
    path: Path
    name: str


def add(
    case: Consultation,
    data: bytes,
    *,
    label: str = "",
    by: User,
    now: datetime,
    intention: UUID,
    request: HttpRequest | None = None,
) -> Attachment:
    """The checked file, added to the case at any time before it ends. Raises RefusedFileError."""
    if not access.may_read(by, case, now):
        # Nobody makes us decode files for a case that is none of theirs.
        raise Refused(Reason.NOT_YOURS, Event.ATTACH)
    found = apart.checked_apart(data, most_bytes=settings.MAX_ATTACHMENT_BYTES)
    name = _stored(found)
    try:
        attachment = _add(
            case, found, name, label=label, by=by, now=now, intention=intention, request=request
        )
    except CaseError:
        # Refused: nothing was written. After anything else the row may stand all the same, because it was
        # the answer to its commit that was lost; `remove_orphans` looks when that is known.
        path_of(name).unlink(missing_ok=True)
        raise
    if attachment.file != name:  # the same request again
        path_of(name).unlink(missing_ok=True)
    return attachment


@retried
def _add(
    case: Consultation,
    found: Checked,
    name: str,
    *,
    label: str,
    by: User,
    now: datetime,
    intention: UUID,
    request: HttpRequest | None,
) -> Attachment:
    act = acts.begin(case, Event.ATTACH, by=by, now=now, intention=intention, request=request)
    if act.earlier:
        return Attachment.objects.get(pk=act.earlier.facts["attachment"])
    act.decide()
    if standing(act.case).count() >= settings.MAX_ATTACHMENTS:
        raise RefusedFileError(FileReason.TOO_MANY, settings.MAX_ATTACHMENTS)
    attachment = Attachment.objects.create(
        consultation=act.case, kind=found.kind, media_type=found.media_type, file=name, size=len(found.data),
        pages=found.pages, digest=sha256(found.data).hexdigest(), label=label.strip()[:60], added_by=by,
        added_at=now,
    )  # fmt: skip
    act.finish(facts={"attachment": attachment.pk, "size": attachment.size})
    return attachment


@retried
def remove(
    attachment: Attachment,
    *,
    by: User,
    now: datetime,
    intention: UUID,
    request: HttpRequest | None = None,
) -> Consultation:
    """It is shown no more. Removing twice is no error."""
    event = Event.DETACH
    act = acts.begin(attachment.consultation, event, by=by, now=now, intention=intention, request=request)
    if act.earlier:
        return act.case
    act.decide()
    if not standing(act.case).filter(pk=attachment.pk).update(removed_at=now, removed_by=by):
        return act.case
    return act.finish(facts={"attachment": attachment.pk})


def remove_orphans(*, now: datetime) -> int:
    """Removes files that no row names, left by an `add` whose end nobody knew; how many.

    Younger ones may be on their way. Older ones were looked at night after night: where no row names them
    now, this is not the database that they belong to, and they stay.
    """
    oldest, newest = ((now - age).timestamp() for age in reversed(ORPHAN_AGES))
    found = {}
    for path in Path(settings.UPLOADS_DIR).glob("??/*"):
        with contextlib.suppress(FileNotFoundError):  # it just got its name
            if oldest < path.stat().st_mtime < newest:
                found[path.name] = path
    named = set(Attachment.objects.filter(file__in=found).values_list("file", flat=True))
    orphans = found.keys() - named
    for name in orphans:
        found[name].unlink(missing_ok=True)
    return len(orphans)


def standing(case: Consultation) -> QuerySet[Attachment]:
    """Those that were not removed."""
    return case.attachments.filter(removed_at=None)


def open_for(user: User, uid: UUID, *, now: datetime, request: HttpRequest | None = None) -> Opened:
    """The file, for somebody who sees its case; the reading stands on the case's record.

    Raises Attachment.DoesNotExist for everybody else and for what was removed.
    """
    found = Attachment.objects.select_related("consultation__service").get(
        uid=uid, removed_at=None, consultation__in=access.visible(user, now)
    )
    case = found.consultation
    access.note_reading(
        case, "attachment.read", by=user, now=now, request=request, facts={"attachment": found.pk}
    )
    place = list(standing(case).values_list("pk", flat=True)).index(found.pk) + 1
    ending = {"image/jpeg": "jpg", "image/png": "png"}.get(found.media_type, "pdf")
    return Opened(found, path_of(found.file), f"{case.number or 'draft'}-{place}.{ending}")


def path_of(name: str) -> Path:
    return Path(settings.UPLOADS_DIR) / name[:2] / name


def _stored(found: Checked) -> str:
    """Written whole and to disk before any row speaks of it; readable by the service's account alone.

    Until then it has a name that no backup takes, however the writing ends.
    """
    name = secrets.token_hex(32)
    path = path_of(name)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{name}.part")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(found.data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    for folder in (path.parent, path.parent.parent):
        _sync(folder)
    return name


def _sync(folder: Path) -> None:
    """A name that was given is lost with the power until its folder is on disk as well."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
