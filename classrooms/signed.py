"""What a school signed, read back from under its signature: the period, the minutes, who was there.

A confirmed register shows these and not what could be read today: stays are still closed, and lessons
corrected, after somebody has put their name under it (`Confirmation.content`, written by `confirming`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from classrooms.evidence import Cause, Evidence, Gap
from classrooms.evidence_reading import Witness
from classrooms.models import StaffPresence
from scheduler import intervals
from scheduler.intervals import Interval
from scheduler.names import Name


def period(content: Mapping[str, Any]) -> Interval:
    return _interval(content["period"])


def witness(content: Mapping[str, Any]) -> Witness:
    """The room and the teacher as they were signed; pupils' own stand in their lines (`seat`)."""
    whole, measured = period(content), content["measured"]
    teacher = measured.get("teacher") or {"connected_s": measured["teacher_connected_s"]}
    return Witness(school=_evidence(whole, measured), teacher=_evidence(whole, teacher))


def seat(content: Mapping[str, Any], pupil: Mapping[str, Any]) -> Evidence | None:
    """What was measured of a pupil who took part from elsewhere; None of one whose place was the room."""
    return None if pupil["connected_s"] is None else _evidence(period(content), pupil)


def teachers(content: Mapping[str, Any], today: Iterable[Name]) -> tuple[Name, ...]:
    """In Japanese as they were signed; in English as they are written today, where they still stand."""
    known = {name.ja: name for name in today}
    return tuple(known.get(each, Name(each)) for each in content["teachers"])


def staff(content: Mapping[str, Any]) -> list[StaffPresence]:
    """Who attended, as rows that are written nowhere."""
    return [
        StaffPresence(name=each["name"], post=each["post"], exemption=each["exemption"])
        for each in content["staff"]
    ]


def measured(evidence: Evidence) -> dict[str, Any]:
    """One party's evidence as it is written under a signature. Instants are UTC."""
    return {
        "connected_s": evidence.seconds,
        "late": span(evidence.late) if evidence.late else None,
        "gaps": [
            {**span(gap.interval), "cause": gap.cause.value, "ending": gap.is_ending} for gap in evidence.gaps
        ],
        "bridged": [span(part) for part in evidence.bridged],
    }


def span(interval: Interval) -> dict[str, Any]:
    return {"start": interval.start.isoformat(), "end": interval.end.isoformat()}


def _evidence(whole: Interval, written: Mapping[str, Any]) -> Evidence:
    """What was written: connected is all that is neither late nor a gap, if there was anything at all."""
    seconds = written["connected_s"]
    if "gaps" not in written:  # Nothing but the sum was signed of this party.
        end = whole.start + timedelta(seconds=seconds)
        return Evidence(whole, whole, (Interval(whole.start, end),) if seconds else ())
    late = _interval(written["late"]) if written["late"] else None
    gaps = tuple(_gaps(whole, written["gaps"]))
    absent = [*([late] if late else []), *(gap.interval for gap in gaps)]
    return Evidence(
        period=whole,
        so_far=whole,
        connected=tuple(intervals.subtracted(whole, absent)) if seconds else (),
        bridged=tuple(_interval(part) for part in written["bridged"]),
        late=late,
        gaps=gaps,
    )


def _gaps(whole: Interval, written: Iterable[Mapping[str, Any]]) -> Iterator[Gap]:
    for each in written:
        interval = _interval(each)
        yield Gap(interval, Cause(each["cause"]), is_ending=each.get("ending", interval.end == whole.end))


def _interval(written: Mapping[str, str]) -> Interval:
    return Interval(datetime.fromisoformat(written["start"]), datetime.fromisoformat(written["end"]))
