"""What changed under a confirmed register after its signature, apart from marks: in words, beside it."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _

from classrooms import register_words, signed
from classrooms.register_sheet import Sheet
from classrooms.register_words import Phrases
from scheduler.names import joined


def facts(sheet: Sheet, phrases: Phrases) -> Iterator[str]:
    """Nothing of a register that is not confirmed. What was signed holds in every one of these."""
    confirmation, today = sheet.confirmation, sheet.today
    if confirmation is None or today is None:
        return
    room = today.witness.school
    if room.is_over and signed.measured(room) != signed.measured(sheet.witness.school):
        yield _("Connection of the room by today's record: %(length)s (signed: %(signed)s)") % {
            "length": register_words.seconds_long(room.seconds),
            "signed": register_words.seconds_long(sheet.witness.school.seconds),
        }
    if today.period != sheet.period:
        yield _("The lesson stands today at %(span)s.") % {"span": phrases.span(today.period)}
    if {name.ja for name in today.teachers} != {name.ja for name in sheet.teachers}:
        names = (name.in_language(phrases.language) for name in today.teachers)
        yield _("Its teacher today: %(names)s") % {"names": joined(names, phrases.language)}
    now = register_words.presences(sheet.standing_staff, phrases.language)
    if now != register_words.presences(signed.staff(confirmation.content), phrases.language):
        yield _("Who attended, as corrected: %(names)s") % {"names": now or _("nobody")}
