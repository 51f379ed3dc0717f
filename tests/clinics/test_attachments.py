"""Attachments: what is taken, what is taken out of it, and who may open it."""

from __future__ import annotations

import contextlib
import os
import resource
import struct
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from threading import Barrier
from typing import Any
from uuid import uuid4

import pikepdf
import pytest
from django.db import OperationalError, connection
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from pytest_django import Settings

from clinics import access, apart, attachments, file_checks
from clinics.file_checks import FileReason, RefusedFileError, checked
from clinics.models import Attachment
from clinics.states import Refused
from tests.cast import NOW
from tests.clinics.cast import Doctors, draft, submitted

MIB = 1024 * 1024


@pytest.fixture(autouse=True)
def uploads(settings: Settings, tmp_path: Path) -> Path:
    settings.UPLOADS_DIR = tmp_path / "uploads"
    return tmp_path / "uploads"


def picture(kind: str = "JPEG", size: tuple[int, int] = (80, 60), **options: Any) -> bytes:
    out = BytesIO()
    Image.new("RGB", size, (200, 120, 90)).save(out, kind, **options)
    return out.getvalue()


def photograph() -> bytes:
    exif = Image.Exif()
    exif[0x010F] = "Yamada Clinic"
    exif[0x0112] = 6
    exif.get_ifd(0x8825)[2] = (45.0, 14.0, 0.0)
    return picture(exif=exif)


def nothing(_pdf: pikepdf.Pdf) -> None:
    """A plain document."""


def pdf(change: Callable[[pikepdf.Pdf], None] = nothing, pages: int = 1, **options: Any) -> bytes:
    document = pikepdf.new()
    for _ in range(pages):
        document.add_blank_page()
    change(document)
    out = BytesIO()
    document.save(out, **options)
    return out.getvalue()


def refused(data: bytes, most: int = 10 * MIB) -> FileReason:
    with pytest.raises(RefusedFileError) as error:
        checked(data, most_bytes=most)
    return error.value.reason


def test_a_photograph_loses_its_metadata_and_stands_upright() -> None:
    assert b"Yamada" in photograph()

    found = checked(photograph(), most_bytes=MIB)

    assert (found.kind, found.media_type) == ("image", "image/jpeg")
    assert b"Exif" not in found.data
    assert b"Yamada" not in found.data
    with Image.open(BytesIO(found.data)) as image:
        assert image.size == (60, 80)
        assert not image.getexif()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_what_hangs_behind_a_picture_is_not_kept(kind: str) -> None:
    hidden = b"<html><script>alert(1)</script></html>%PDF-1.7 PK\x03\x04"

    found = checked(picture(kind) + hidden, most_bytes=MIB)

    assert b"script" not in found.data
    assert b"%PDF" not in found.data


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", FileReason.EMPTY),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", FileReason.NOT_ALLOWED),
        (b"<!doctype html><script>alert(1)</script>", FileReason.NOT_ALLOWED),
        (b"MZ\x90\x00" + b"\0" * 200, FileReason.NOT_ALLOWED),
        (b"GIF89a<script>" + b"\0" * 100, FileReason.NOT_ALLOWED),
        (b"\0" * 128 + b"DICM" + b"\0" * 100, FileReason.NOT_ALLOWED),
        (picture()[:400], FileReason.BROKEN),
        (b"%PDF-1.7\nnothing of the kind", FileReason.BROKEN),
    ],
)
def test_what_is_neither_picture_nor_document_is_refused(data: bytes, reason: FileReason) -> None:
    assert refused(data) == reason


def test_a_picture_that_grows_when_it_is_opened_is_refused_before_it_does() -> None:
    def chunk(name: bytes, body: bytes) -> bytes:
        return len(body).to_bytes(4, "big") + name + body + zlib.crc32(name + body).to_bytes(4, "big")

    side = (60_000).to_bytes(4, "big")
    rows = zlib.compress(b"\0" * 1000)
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", side + side + b"\x08\x02\0\0\0") + chunk(b"IDAT", rows)

    assert refused(bomb + chunk(b"IEND", b"")) == FileReason.PIXELS
    assert refused(picture("PNG", (9000, 5000))) == FileReason.PIXELS


def test_a_file_over_the_limit_is_refused_with_the_number() -> None:
    with pytest.raises(RefusedFileError) as error:
        checked(picture() + b"\0" * 2000, most_bytes=2000)

    assert (error.value.reason, error.value.limit) == (FileReason.TOO_BIG, 2000)


def act(document: pikepdf.Pdf) -> None:
    """A document that does all that one can."""
    script = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")
    root, page = document.Root, document.pages[0].obj
    root.OpenAction = document.make_indirect(script)
    root.AA = pikepdf.Dictionary(WC=script)
    root.Names = pikepdf.Dictionary(JavaScript=pikepdf.Dictionary(Names=["a", script]))
    root.AcroForm = pikepdf.Dictionary(Fields=[], XFA=document.make_stream(b"<xdp/>"))
    page.AA = pikepdf.Dictionary(O=script)
    launch = pikepdf.Dictionary(S=pikepdf.Name.Launch, F="cmd.exe")
    link = pikepdf.Dictionary(
        Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Link, Rect=[0, 0, 9, 9], A=launch,
        PA=pikepdf.Dictionary(S=pikepdf.Name.URI, URI="https://example.com/x"),
    )  # fmt: skip
    clip = pikepdf.Dictionary(Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.FileAttachment, Rect=[0, 0, 9, 9])
    page.Annots = document.make_indirect(pikepdf.Array([document.make_indirect(link), clip]))
    document.attachments["chart.txt"] = b"secret inside"
    document.docinfo["/Author"] = "Yamada Clinic"
    with document.open_metadata() as metadata:
        metadata["dc:title"] = "Yamada Taro"


def test_a_document_keeps_its_pages_and_loses_what_acts() -> None:
    sent = pdf(act, object_stream_mode=pikepdf.ObjectStreamMode.disable, compress_streams=False)
    for word in (b"/JavaScript", b"/OpenAction", b"/Launch", b"/EmbeddedFiles", b"Yamada", b"/XFA", b"/URI"):
        assert word in sent

    found = checked(sent, most_bytes=MIB)

    assert (found.kind, found.media_type, found.pages) == ("pdf", "application/pdf", 1)
    for word in (
        b"JavaScript", b"/JS", b"OpenAction", b"/AA", b"Launch", b"cmd.exe", b"EmbeddedFile", b"secret",
        b"Yamada", b"/XFA", b"URI", b"example.com", b"FileAttachment", b"/Metadata", b"/Author",
    ):  # fmt: skip
        assert word not in found.data
    with pikepdf.open(BytesIO(found.data)) as document:
        assert len(document.pages) == 1
        assert len(document.attachments) == 0


def test_a_locked_document_and_a_long_one_are_refused() -> None:
    locked = pdf(encryption=pikepdf.Encryption(owner="a", user="b"))
    readable = pdf(encryption=pikepdf.Encryption(owner="a", user=""))

    assert refused(locked) == FileReason.ENCRYPTED
    assert refused(readable) == FileReason.ENCRYPTED
    assert refused(pdf(pages=file_checks.MOST_PAGES + 1)) == FileReason.PAGES


# Pillow says on standard error which broken metadata it passes over; the picture itself is whole.
@pytest.mark.filterwarnings("ignore::UserWarning")
@settings(max_examples=150)
@given(st.data())
def test_broken_bytes_are_refused_and_never_a_failure(data: st.DataObject) -> None:
    whole = data.draw(st.sampled_from([photograph(), picture("PNG"), picture("WEBP"), pdf(act)]))
    at = data.draw(st.integers(0, len(whole) - 1))
    length = data.draw(st.integers(0, 40))
    broken = whole[:at] + data.draw(st.binary(max_size=40)) + whole[at + length :]

    try:
        found = checked(broken, most_bytes=MIB)
    except RefusedFileError:
        return

    assert found.data[:4] in {b"\xff\xd8\xff\xe0", b"\x89PNG", b"%PDF"}


@pytest.mark.both_databases
@pytest.mark.django_db
def test_an_attachment_is_opened_by_those_of_the_case_alone_and_every_time_is_written_down(
    doctors: Doctors, uploads: Path
) -> None:
    case = submitted(doctors)
    made = attachments.add(
        case, photograph(), label="患部", by=doctors.miura, now=NOW, intention=uuid4()
    )  # fmt: skip

    for stranger in (doctors.abe, doctors.goto, doctors.admin, doctors.auditor, doctors.clerk, doctors.kato):
        with pytest.raises(Attachment.DoesNotExist):
            attachments.open_for(stranger, made.uid, now=NOW)
    opened = attachments.open_for(doctors.hayashi, made.uid, now=NOW)

    assert opened.path.is_relative_to(uploads)
    assert opened.path.stat().st_mode & 0o777 == 0o600
    assert opened.name == f"{case.number}-1.jpg"
    (reading,) = access.readings(case)
    assert (reading.actor_id, reading.event, reading.facts) == (
        doctors.hayashi.pk, "attachment.read", {"attachment": made.pk},
    )  # fmt: skip
    attachments.remove(made, by=doctors.miura, now=NOW, intention=uuid4())
    with pytest.raises(Attachment.DoesNotExist):
        attachments.open_for(doctors.hayashi, made.uid, now=NOW)


@pytest.mark.both_databases
@pytest.mark.django_db
def test_nothing_is_left_of_a_file_that_was_not_taken(
    doctors: Doctors, uploads: Path, settings: Settings
) -> None:
    case = draft(doctors)
    settings.MAX_ATTACHMENTS = 1
    intention = uuid4()
    first = attachments.add(case, picture(), by=doctors.miura, now=NOW, intention=intention)
    again = attachments.add(case, picture(), by=doctors.miura, now=NOW, intention=intention)
    assert first == again

    with pytest.raises(RefusedFileError) as error:
        attachments.add(case, picture(), by=doctors.miura, now=NOW, intention=uuid4())
    with pytest.raises(Refused):
        attachments.add(case, picture(), by=doctors.hayashi, now=NOW, intention=uuid4())

    assert error.value.reason == FileReason.TOO_MANY
    assert [path for path in uploads.rglob("*") if path.is_file()] == [attachments.path_of(first.file)]


@pytest.mark.usefixtures("transactional_db", "django_db_serialized_rollback")
def test_a_file_stays_where_the_answer_to_its_commit_was_lost(
    doctors: Doctors, monkeypatch: pytest.MonkeyPatch
) -> None:
    def commit_and_lose() -> None:
        connection.connection.commit()
        raise OperationalError("server closed the connection unexpectedly")

    case = draft(doctors)
    with monkeypatch.context() as patch:
        patch.setattr(connection, "_commit", commit_and_lose)
        with pytest.raises(OperationalError):
            attachments.add(case, picture(), by=doctors.miura, now=NOW, intention=uuid4())

    made = case.attachments.get()
    assert attachments.path_of(made.file).is_file()


@pytest.mark.django_db
def test_files_that_no_attachment_names_are_removed_after_a_day(doctors: Doctors, uploads: Path) -> None:
    case = draft(doctors)
    named = attachments.add(case, picture(), by=doctors.miura, now=NOW, intention=uuid4())
    folder = attachments.path_of(named.file).parent
    ages = {"young": 0.9, "orphan": 1.1, "of-another-database": 7.1}
    for name, days in {**ages, named.file: 2}.items():
        (folder / name).touch()
        then = (NOW - timedelta(days=days)).timestamp()
        os.utime(folder / name, (then, then))

    assert attachments.remove_orphans(now=NOW) == 1

    left = {path.name for path in uploads.rglob("*") if path.is_file()}
    assert left == {"young", "of-another-database", named.file}


def test_a_photograph_with_a_second_picture_stays_a_photograph() -> None:
    """As many telephones write it; written as a PNG it would be several times as large."""
    first = Image.effect_noise((400, 300), 60).convert("RGB")
    out = BytesIO()
    first.save(out, "MPO", save_all=True, append_images=[first.resize((80, 60))], quality=85)

    found = checked(out.getvalue(), most_bytes=MIB)

    assert found.media_type == "image/jpeg"
    assert len(found.data) < 2 * len(out.getvalue())
    with Image.open(BytesIO(found.data)) as image:
        assert (image.format, image.size) == ("JPEG", (400, 300))


def test_a_large_picture_takes_no_memory_of_the_web_process() -> None:
    out = BytesIO()
    Image.new("RGBA", (4000, 4000), (1, 2, 3, 4)).save(out, "PNG")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    found = apart.checked_apart(out.getvalue(), most_bytes=MIB)

    assert (found.kind, found.media_type, found.pages) == ("image", "image/png", 1)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 30_000  # kB; its pixels are 64 MB


def test_one_file_is_checked_at_a_time_and_who_waits_too_long_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    barrier = Barrier(2)

    def check(_: int) -> str:
        barrier.wait(30)
        try:
            return apart.checked_apart(picture(), most_bytes=MIB).kind
        except RefusedFileError as error:
            return error.reason.value

    def both() -> list[str]:
        with ThreadPoolExecutor(2) as executor:
            return sorted(executor.map(check, range(2)))

    assert both() == ["image", "image"]
    monkeypatch.setattr(apart, "WAITS_S", 0)
    assert both() == ["busy", "image"]


def test_a_file_has_its_name_only_once_all_of_it_is_on_disk(
    doctors: Doctors, uploads: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A backup that passes meanwhile takes no half of it."""
    to_disk, named = os.fsync, list[list[str]]()

    def watched(descriptor: int) -> None:
        named.append([path.name for path in uploads.rglob("*") if path.is_file()])
        to_disk(descriptor)

    monkeypatch.setattr(os, "fsync", watched)
    added = attachments.add(draft(doctors), picture(), by=doctors.miura, now=NOW, intention=uuid4())

    assert named[0] == [f".{added.file}.part"]
    assert named[1:] == [[added.file]] * 2


def unfolding(mebibytes: int) -> bytes:
    """A PDF whose one object stream is a thousand times as long as what is sent."""
    packer = zlib.compressobj(9)
    packed = packer.compress(b"5 0 << /A 1 >>")
    for _ in range(mebibytes):
        packed += packer.compress(b" " * MIB)
    packed += packer.flush()
    bodies = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 10 10] /X 5 0 R >>",
        b"<< /Type /ObjStm /N 1 /First 4 /Filter /FlateDecode /Length %d >>\nstream\n%b\nendstream"
        % (len(packed), packed),
    ]
    out, places = b"%PDF-1.5\n", []
    for number, body in enumerate(bodies, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    rows = [(0, 0), *((1, place) for place in places), (2, 4), (1, len(out))]
    table = b"".join(struct.pack(">BIH", kind, place, 0) for kind, place in rows)
    head = b"<< /Type /XRef /Size 7 /W [1 4 2] /Root 1 0 R /Length %d >>" % len(table)
    end = b"6 0 obj\n%b\nstream\n%b\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n"
    return out + end % (head, table, len(out))


def test_a_pdf_is_checked_where_it_takes_nobody_along(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever it unfolds to, it is another process's memory, and that is bound."""
    assert apart.checked_apart(pdf(pages=2), most_bytes=MIB).pages == 2
    with pytest.raises(RefusedFileError) as refused:
        apart.checked_apart(pdf(pages=51), most_bytes=MIB)
    assert (refused.value.reason, refused.value.limit) == (FileReason.PAGES, 50)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    with contextlib.suppress(RefusedFileError):  # or what unfolds is left out
        apart.checked_apart(unfolding(400), most_bytes=MIB)

    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # kB
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < 1_200_000
    monkeypatch.setattr(apart, "WITHIN_S", 0.01)
    with pytest.raises(RefusedFileError) as refused:
        apart.checked_apart(pdf(), most_bytes=MIB)
    assert refused.value.reason == FileReason.BROKEN
