"""What may be attached: images and PDF, told by their content, and written anew without what acts or tells.

Pure but for the decoders. docs/decisions/clinics-attachments-are-written-anew.md says why.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from io import BytesIO

import pikepdf
from PIL import Image, ImageOps, UnidentifiedImageError

from clinics.states import CaseError

MOST_PIXELS = 40_000_000
"""More than any telephone's or slit lamp's camera; decoded it is 160 MB at the most."""
MOST_PAGES = 50
MOST_DEPTH = 60
"""Of dictionaries within dictionaries; honest files have ten."""
IMAGES = ("JPEG", "PNG", "WEBP")
PHOTOGRAPHS = frozenset({"JPEG", "MPO"})
"""MPO is what many telephones write: a JPEG, and behind it another one that is not kept."""
ACTIONS = frozenset(
    f"/{name}"
    for name in (
        "JavaScript", "Launch", "SubmitForm", "ImportData", "ResetForm", "GoToR", "GoToE", "URI", "Rendition",
        "Movie", "Sound", "RichMediaExecute", "GoTo3DView", "SetOCGState", "Trans", "Named", "Hide", "Thread",
    )
)  # fmt: skip
ANNOTATIONS = frozenset(
    f"/{name}" for name in ("FileAttachment", "RichMedia", "Screen", "Movie", "Sound", "3D", "Widget")
)
DROPPED = ("/OpenAction", "/AcroForm", "/Names", "/Outlines", "/Collection", "/Metadata", "/AF", "/Dests")
"""Of the document itself. What was written stays on its pages."""


class FileReason(StrEnum):
    EMPTY = "empty"
    BUSY = "busy"
    TOO_BIG = "too_big"
    TOO_MANY = "too_many"
    NOT_ALLOWED = "not_allowed"
    BROKEN = "broken"
    ENCRYPTED = "encrypted"
    PIXELS = "pixels"
    PAGES = "pages"


class RefusedFileError(CaseError):
    """The file is not taken; `limit` is the number that it passes, if there is one."""

    def __init__(self, reason: FileReason, limit: int = 0) -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.limit = limit


@dataclass(frozen=True, slots=True)
class Checked:
    """What is stored: never the bytes that came."""

    kind: str
    media_type: str
    data: bytes
    pages: int


def checked(data: bytes, *, most_bytes: int) -> Checked:
    """The file as it may be stored. Raises RefusedFileError."""
    if not data:
        raise RefusedFileError(FileReason.EMPTY)
    if len(data) > most_bytes:
        raise RefusedFileError(FileReason.TOO_BIG, most_bytes)
    found = _pdf(data) if data.startswith(b"%PDF-") else _image(data)
    if len(found.data) > most_bytes:
        raise RefusedFileError(FileReason.TOO_BIG, most_bytes)
    return found


def _image(data: bytes) -> Checked:
    try:
        with Image.open(BytesIO(data), formats=IMAGES) as opened:
            _must_be_small(opened)
            opened.verify()
        with Image.open(BytesIO(data), formats=IMAGES) as opened:
            _must_be_small(opened)
            return _encoded(opened)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise RefusedFileError(FileReason.PIXELS, MOST_PIXELS) from None
    except UnidentifiedImageError:
        raise RefusedFileError(FileReason.NOT_ALLOWED) from None
    # Pillow's decoders raise whatever a broken file makes of their arithmetic.
    except (
        OSError,
        ValueError,
        SyntaxError,
        EOFError,
        LookupError,
        TypeError,
        ArithmeticError,
        struct.error,
    ):
        raise RefusedFileError(FileReason.BROKEN) from None


def _must_be_small(image: Image.Image) -> None:
    width, height = image.size
    if width * height > MOST_PIXELS:
        raise RefusedFileError(FileReason.PIXELS, MOST_PIXELS)


def _encoded(opened: Image.Image) -> Checked:
    """The pixels of the first frame, the right way up, and nothing else."""
    is_photograph = opened.format in PHOTOGRAPHS
    ImageOps.exif_transpose(opened, in_place=True)
    mode = "RGB" if is_photograph or not opened.has_transparency_data else "RGBA"
    if opened.mode in {"1", "L", "I", "I;16", "F"}:
        mode = "L"
    pixels = opened.convert(mode)  # one more copy, and no more: a picture may have 160 MB
    pixels.info.clear()
    out = BytesIO()
    if is_photograph:
        pixels.save(out, "JPEG", quality=92)
        return Checked("image", "image/jpeg", out.getvalue(), 1)
    pixels.save(out, "PNG")
    return Checked("image", "image/png", out.getvalue(), 1)


def _pdf(data: bytes) -> Checked:
    try:
        with pikepdf.open(BytesIO(data), suppress_warnings=True, attempt_recovery=False) as pdf:
            if pdf.is_encrypted:
                raise RefusedFileError(FileReason.ENCRYPTED)
            pages = len(pdf.pages)
            if not 1 <= pages <= MOST_PAGES:
                raise RefusedFileError(FileReason.PAGES, MOST_PAGES)
            _quieten(pdf)
            out = BytesIO()
            # What nothing refers to any more, such as an embedded file, is left out by writing anew.
            pdf.save(out, object_stream_mode=pikepdf.ObjectStreamMode.disable, deterministic_id=True)
            return Checked("pdf", "application/pdf", out.getvalue(), pages)
    except pikepdf.PasswordError:
        raise RefusedFileError(FileReason.ENCRYPTED) from None
    except (pikepdf.PdfError, ValueError, TypeError, KeyError, AttributeError, RuntimeError, RecursionError):
        raise RefusedFileError(FileReason.BROKEN) from None


def _quieten(pdf: pikepdf.Pdf) -> None:
    """Takes out of the document what acts, what is inside it, and what tells of its maker."""
    for key in DROPPED:
        if key in pdf.Root:
            del pdf.Root[key]
    if "/Info" in pdf.trailer:
        del pdf.trailer["/Info"]
    for page in pdf.pages:
        _drop_annotations(page.obj)
    for each in list(pdf.objects):
        for dictionary in _dictionaries(each, MOST_DEPTH):
            _quieten_one(dictionary)


def _drop_annotations(page: pikepdf.Object) -> None:
    notes = page.get("/Annots")
    if notes is None:
        return
    kept = [note for note in notes if str(note.get("/Subtype")) not in ANNOTATIONS]
    page["/Annots"] = pikepdf.Array(kept)


def _quieten_one(found: pikepdf.Object) -> None:
    """Entries that act are taken out where they stand; a glyph or picture may be called /A or /S as well,
    so what they hold decides."""
    for key in ("/AA", "/EF", "/XFA", "/JS", "/PieceInfo", "/Metadata", "/OpenAction"):
        if key in found:
            del found[key]
    for key in ("/A", "/PA", "/Next"):
        if key in found and _is_action(found[key]):
            del found[key]
    if _is_action(found):
        for key in list(found.keys()):
            del found[key]


def _is_action(found: object) -> bool:
    if isinstance(found, pikepdf.Array):
        return any(_is_action(each) for each in found)
    return isinstance(found, pikepdf.Dictionary) and str(found.get("/S")) in ACTIONS


def _dictionaries(found: object, depth: int) -> Iterator[pikepdf.Object]:
    """The dictionary itself and those that stand directly in it; what is only referred to comes by itself."""
    if depth <= 0:
        raise RefusedFileError(FileReason.BROKEN)
    if isinstance(found, (pikepdf.Dictionary, pikepdf.Stream)):
        yield found
        for key in list(found.keys()):
            value = found.get(key)
            if value is not None and not _is_elsewhere(value):
                yield from _dictionaries(value, depth - 1)
    elif isinstance(found, pikepdf.Array):
        for value in found:
            if not _is_elsewhere(value):
                yield from _dictionaries(value, depth - 1)


def _is_elsewhere(value: object) -> bool:
    return isinstance(value, pikepdf.Object) and value.is_indirect
