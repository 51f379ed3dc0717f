"""Advice as lines of a page, and as plain text for a chart on another computer."""

from __future__ import annotations

from django.utils.translation import gettext as _

from clinics.models import Advice, Consultation
from scheduler import timegrid, wallclock

Line = tuple[str, str]


def lines(advice: Advice) -> list[Line]:
    return [
        (_("Assessment"), advice.assessment),
        (_("Recommendation"), advice.recommendation),
        (_("When to be seen or transferred"), advice.warning),
        (_("What it rests on"), advice.basis),
    ]


def notice() -> str:
    """What stands on every print and copy."""
    return _("Advice by a doctor outside this hospital. The decision on treatment is the attending doctor’s.")


def plain(case: Consultation, advice: Advice, language: str) -> str:
    """「【助言】相談 R-0412 …」; no mark-up, so that any chart takes it."""
    zone = case.organisation.zone
    hospital = case.service.organisation.label.in_language(language) if case.service else ""
    assert advice.signed_at is not None, "a draft is copied into no chart"
    day = wallclock.day(timegrid.local_date(advice.signed_at, zone), language, year=True)
    signed = f"{day} {wallclock.clock(advice.signed_at, zone)}"
    head = [
        _("Advice on consultation %(number)s, version %(version)d")
        % {"number": case.number, "version": advice.version},
        " ".join(each for each in (hospital, advice.author.label.in_language(language), signed) if each),
    ]
    conference = case.conference
    if conference is not None:
        held = wallclock.moment(conference.start, conference.end, zone, language)
        head.append(_("Conference: %(when)s") % {"when": held})
    body = [f"{label}: {text}" for label, text in lines(advice)]
    return "\n".join([*head, "", *body, "", notice()])
