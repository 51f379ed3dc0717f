"""Every reason is a sentence with names and times, in Japanese and in English."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils.html import strip_tags

from scheduler import wording
from scheduler.conflicts import Conflict, Holder, Kind
from scheduler.intervals import Interval
from scheduler.names import Name
from scheduler.timegrid import whole_day
from tests.cast import NOW, THURSDAY, TOKYO, at

RISHIRI, REBUN = Name("利尻", "Rishiri"), Name("礼文", "Rebun")
SECOND = Interval(at("9:50"), at("10:40"))
PHYSICS = Holder(7, Name("物理基礎", "Basic Physics"), SECOND, "高橋 亮", at("9:32", THURSDAY), False, None)
REASONS = {
    "person": Conflict(Kind.PERSON, None, Name("佐藤 直子", "Naoko Sato"), SECOND, (PHYSICS,)),
    "set": Conflict(Kind.RECEIVING_SET, REBUN, Name("受信機材1", "Receiving set 1"), SECOND, (PHYSICS,)),
    "studio": Conflict(Kind.LOCATION, None, Name("配信室7", "Studio 7"), SECOND, (PHYSICS,), alternatives=10),
    "closed": Conflict(
        Kind.CLOSED_DAY, RISHIRI, Name("臨時休業（暴風雪）", "Blizzard"), SECOND,
        closed=whole_day(THURSDAY, TOKYO),
    ),
    "bells": Conflict(Kind.OUTSIDE_BELLS, RISHIRI, wanted=SECOND, nearest=Interval(at("9:45"), at("10:35"))),
    "no lessons": Conflict(Kind.OUTSIDE_BELLS, RISHIRI, wanted=SECOND),
    "minutes": Conflict(Kind.JOINT_WINDOW, minutes=40, limit=45),
    "pupils": Conflict(Kind.OVER_CAPACITY, count=41, limit=40, source="27文科初第289号"),
    "short": Conflict(Kind.SHORT, minutes=45, limit=50),
}  # fmt: skip


@pytest.mark.parametrize(
    ("reason", "japanese", "english"),
    [
        (
            "person",
            "佐藤 直子は9:50–10:40に「物理基礎」があります（高橋 亮が9:32に予約）。",
            "Naoko Sato has “Basic Physics” at 9:50–10:40 (booked by 高橋 亮 at 9:32).",
        ),
        (
            "set",
            "礼文の受信機材1は9:50–10:40に「物理基礎」で使われています（高橋 亮が9:32に予約）。",
            "Receiving set 1 of Rebun is in use: “Basic Physics” at 9:50–10:40 (booked by 高橋 亮 at 9:32).",
        ),
        (
            "studio",
            "10室すべてが使われています。最後の配信室7は高橋 亮が9:32に予約しました（物理基礎 9:50–10:40）。",
            "All 10 are in use. The last one, Studio 7, was booked by 高橋 亮 at 9:32 (Basic Physics, 9:50–10:40).",  # noqa: E501 -- one sentence
        ),
        (
            "closed",
            "利尻は11月26日（木）は休業です（臨時休業（暴風雪））。",
            "Rishiri is closed on Thu 26 Nov: Blizzard.",
        ),
        (
            "bells",
            "利尻の校時に9:50–10:40はありません。いちばん近い校時は9:45–10:35です。",
            "9:50–10:40 is not a period of Rishiri. The nearest period is 9:45–10:35.",
        ),
        (
            "no lessons",
            "利尻はこの日に授業がないため、9:50–10:40には入れられません。",
            "Rishiri has no lessons on that day, so 9:50–10:40 does not fit.",
        ),
        (
            "minutes",
            "この時間に全校がそろうのは40分です。この講座は45分以上必要です。",
            "All schools together have 40 minutes at that time; this section needs at least 45.",
        ),
        (
            "pupils",
            "全教室で41名になります。同時に教えられるのは40名までです（27文科初第289号）。",
            "41 pupils over all rooms; at most 40 may be taught at once (27文科初第289号).",
        ),
        (
            "short",
            "全校がそろうのは45分です（希望は50分、5分不足）。",
            "All schools together have 45 minutes, 5 fewer than the 50 wanted.",
        ),
    ],
)
def test_sentence_names_who_and_when(reason: str, japanese: str, english: str) -> None:
    assert strip_tags(wording.sentence(REASONS[reason], TOKYO, "ja")) == japanese
    assert strip_tags(wording.sentence(REASONS[reason], TOKYO, "en")) == english


def test_sentence_dates_a_booking_made_on_another_day_and_says_when_a_hold_ends() -> None:
    hold = replace(PHYSICS, booked_at=NOW, is_hold=True, expires_at=NOW + timedelta(minutes=10))

    words = strip_tags(wording.sentence(replace(REASONS["person"], holders=(hold,)), TOKYO, "ja"))

    assert words == (
        "佐藤 直子は9:50–10:40に「物理基礎」の仮押さえ（9:10まで）があります"
        "（高橋 亮が11月24日（火）9:00に予約）。"
    )


def test_sentence_names_no_taker_of_what_a_timetable_brought() -> None:
    local = replace(PHYSICS, booked_by="")

    words = strip_tags(wording.sentence(replace(REASONS["set"], holders=(local,)), TOKYO, "ja"))

    assert words == "礼文の受信機材1は9:50–10:40に「物理基礎」で使われています。"


def test_sentence_escapes_what_people_typed() -> None:
    nasty = replace(PHYSICS, title=Name("<script>"))

    words = wording.sentence(replace(REASONS["person"], holders=(nasty,)), TOKYO, "ja")

    assert "<script>" not in words
    assert "&lt;script&gt;" in words
