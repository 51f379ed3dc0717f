"""Doctors to try consultations with: an island's hospital asks, a hospital in the city answers.

One case in each state that somebody has to act on. Every person and every case is made up. The cases are
made by the ordinary verbs, so nothing stands here that could not have come about.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from django.contrib.auth.hashers import make_password
from django.db import transaction

from clinics import advice as advices
from clinics import attachments, conferences, consultations, free_times, offers
from clinics.models import (
    Advice,
    AdviceReceipt,
    Attachment,
    CaseChange,
    CaseParty,
    Consultation,
    Offer,
    Outcome,
    Question,
    Service,
    Specialty,
)
from scheduler import timegrid
from scheduler.demonstrations import SignIn
from scheduler.intervals import Interval
from scheduler.models import Location, Membership, Notice, Organisation, Person, Resource, Role, User

PASSWORD = "ezo-momonga-31"  # noqa: S105 -- the demonstration's own, see classrooms.demonstration.accounts
HOSPITAL, ISLAND = "ENKAKU-SAPPORO", "ENKAKU-RISHIRI"
ZONE = ZoneInfo("Asia/Tokyo")
SPECIALTIES = (("dermatology", "皮膚科", "Dermatology"), ("cardiology", "循環器内科", "Cardiology"))


@dataclass(frozen=True, slots=True)
class Cast:
    hospital: Organisation
    island: Organisation
    room: Location
    skin: Specialty
    heart: Specialty
    miura: Person
    ota: Person
    abe: Person
    endo: Person
    office: User


class Doctors:
    """What `manage.py demonstrate` loads of consultations."""

    @transaction.atomic
    def load(self, *, now: datetime) -> None:
        if Organisation.objects.filter(code=HOSPITAL).exists():
            return
        cast = _cast(now)
        at = _in_the_morning(now)
        _draft(cast, at)
        _arrived(cast, at)
        _asked_back(cast, at)
        _with_times(cast, at)
        _scheduled(cast, at)
        _to_be_written(cast, at)
        _to_be_read(cast, at)
        _closed(cast, at)
        # What happened before this morning has been read.
        Notice.objects.filter(kind__startswith="case_", due_at__lt=at).update(
            state=Notice.State.SENT, sent_at=at, read_at=at
        )

    @transaction.atomic
    def remove(self) -> None:
        """The cases of the made-up hospitals. The hospitals themselves go with the schools."""
        made_up = Organisation.objects.filter(is_illustrative=True)
        cases = Consultation.objects.filter(organisation__in=made_up)
        for file in Attachment.objects.filter(consultation__in=cases):
            attachments.path_of(file.file).unlink(missing_ok=True)
        AdviceReceipt.objects.filter(advice__consultation__in=cases).delete()
        for model in (Attachment, Question, Offer, Outcome, Advice, CaseChange, CaseParty):
            model.objects.filter(consultation__in=cases).delete()
        cases.delete()
        Service.objects.filter(organisation__in=made_up).delete()
        Specialty.objects.filter(services=None, consultations=None).delete()

    def sign_ins(self) -> list[SignIn]:
        return [
            ("島の医師（三浦 拓也）", "miura@rishiri-hospital.example", PASSWORD),
            ("専門医（阿部 健・皮膚科）", "abe@sapporo-hospital.example", PASSWORD),
            ("連携室（林 由美）", "hayashi@sapporo-hospital.example", PASSWORD),
        ]


def _in_the_morning(now: datetime) -> datetime:
    """Half past eight of the day, or now when it is earlier."""
    return min(now, timegrid.instant(timegrid.local_date(now, ZONE), time(8, 30), ZONE))


def _cast(now: datetime) -> Cast:
    hospital = Organisation.objects.create(
        kind=Organisation.Kind.HOSPITAL, code=HOSPITAL, name="札幌総合病院", short_name="札幌総合病院",
        name_en="Sapporo General Hospital", kana="さっぽろそうごうびょういん", telephone="011-000-0000",
        is_illustrative=True,
    )  # fmt: skip
    island = Organisation.objects.create(
        kind=Organisation.Kind.CLINIC, code=ISLAND, name="利尻島国保病院", short_name="利尻島国保病院",
        name_en="Rishiri Island Hospital", kana="りしりとうこくほびょういん", telephone="0163-00-0000",
        is_illustrative=True,
    )  # fmt: skip
    room = Location.objects.create(
        kind=Resource.Kind.CONFERENCE_ROOM, organisation=hospital, name="カンファレンス室1",
        name_en="Conference room 1",
    )  # fmt: skip
    skin, heart = (
        Specialty.objects.get_or_create(
            code=code, defaults={"name": name, "name_en": english, "position": position}
        )[0]
        for position, (code, name, english) in enumerate(SPECIALTIES, 1)
    )
    welcome = (
        "写真を添えた相談を歓迎します。",
        "心電図の読み方、薬の調整もどうぞ。",
        "相談先に迷うときはこちらへ。",
    )
    for number, (specialty, words) in enumerate(zip((skin, heart, None), welcome, strict=True), 1):
        Service.objects.create(
            organisation=hospital, specialty=specialty, telephone=f"011-000-00{number}0", welcome=words
        )
    posts = _Posts(date(timegrid.local_date(now, ZONE).year, 4, 1) - timedelta(days=365))
    posts.add(
        "hayashi@sapporo-hospital", "林 由美", "Yumi Hayashi", hospital, Role.CLINIC_COORDINATOR, "連携室"
    )
    posts.add("ono@rishiri-hospital", "小野 恵", "Megumi Ono", island, Role.CLINIC_COORDINATOR, "地域連携係")
    return Cast(
        hospital, island, room, skin, heart,
        miura=posts.doctor("miura@rishiri-hospital", "三浦 拓也", "Takuya Miura", island, Role.LOCAL_DOCTOR),
        ota=posts.doctor("ota@rishiri-hospital", "太田 舞", "Mai Ota", island, Role.LOCAL_DOCTOR),
        abe=posts.doctor("abe@sapporo-hospital", "阿部 健", "Ken Abe", hospital, Role.SPECIALIST),
        endo=posts.doctor("endo@sapporo-hospital", "遠藤 薫", "Kaoru Endo", hospital, Role.SPECIALIST),
        office=User.objects.get(email="hayashi@sapporo-hospital.example"),
    )  # fmt: skip


class _Posts:
    def __init__(self, since: date) -> None:
        self._since = since
        self._hash = make_password(PASSWORD)

    def add(
        self,
        address: str,
        name: str,
        english: str,
        organisation: Organisation,
        role: Role,
        post: str = "医師",
    ) -> User:
        user = User.objects.create(
            email=f"{address}.example", name=name, name_en=english, password=self._hash
        )
        Membership.objects.create(
            user=user, organisation=organisation, role=role, post=post, valid_from=self._since
        )
        return user

    def doctor(self, address: str, name: str, english: str, organisation: Organisation, role: Role) -> Person:
        user = self.add(address, name, english, organisation, role)
        return Person.objects.create(
            kind=Resource.Kind.PERSON, organisation=organisation, name=name, name_en=english, user=user
        )


def _user(person: Person) -> User:
    assert person.user is not None
    return person.user


def _asked(
    cast: Cast, question: str, now: datetime, *, by: Person | None = None, **more: object
) -> Consultation:
    """Sent by Miura, or whoever is named."""
    asker = by or cast.miura
    fields = {
        "specialty": cast.skin, "urgency": "routine", "question": question, "age_band": "60s",
        "sex": "female", "local_number": "控え 12", "patient_present": False, "consent_basis": "oral",
        "summary": "3か月前から。市販薬では変わらない。ほかの病気はない。", **more,
    }  # fmt: skip
    case = consultations.create(
        asker, cast.island, by=_user(asker), now=now, intention=uuid4(), fields=fields
    )
    return consultations.submit(case, by=_user(asker), now=now, intention=uuid4())


def _given(cast: Cast, question: str, now: datetime, **more: Any) -> Consultation:
    case = _asked(cast, question, now, **more)
    return consultations.assign(
        case, cast.abe, by=cast.office, now=now + timedelta(minutes=8), intention=uuid4()
    )


def _draft(cast: Cast, at: datetime) -> None:
    consultations.create(
        cast.miura, cast.island, by=_user(cast.miura), now=at, intention=uuid4(),
        fields={"urgency": "today", "specialty": cast.heart, "question": "心電図の変化をどう考えるか。"},
    )  # fmt: skip


def _arrived(cast: Cast, at: datetime) -> None:
    _asked(cast, "動悸が続く。ホルター心電図の前にしておくことは。", at, by=cast.ota, specialty=cast.heart,
           age_band="70s", sex="male")  # fmt: skip


def _asked_back(cast: Cast, at: datetime) -> None:
    case = _given(cast, "爪の変形。外用だけで続けてよいか。", at - timedelta(hours=2))
    consultations.ask(
        case, "いつごろからですか。足の爪もありますか。", by=_user(cast.abe), now=at - timedelta(hours=1),
        intention=uuid4(),
    )  # fmt: skip


def _with_times(cast: Cast, at: datetime) -> None:
    """The drawing: three times wait for Miura's choice."""
    case = _given(
        cast, "治りにくい下腿の湿疹です。外用薬の選び方と、島外の受診が必要になる目安を知りたい。",
        at - timedelta(hours=1),
    )  # fmt: skip
    _offered(cast, case, at, 3)


def _offered(cast: Cast, case: Consultation, at: datetime, count: int) -> list[Offer]:
    free = free_times.nearest(
        [cast.island, cast.hospital], [cast.miura.pk, cast.abe.pk, cast.room.pk], 20, at + timedelta(hours=8)
    )
    return offers.propose(
        case, free[:count], specialist=cast.abe, rooms=[cast.room], by=_user(cast.abe), now=at,
        intention=uuid4(),
    )  # fmt: skip


def _scheduled(cast: Cast, at: datetime) -> None:
    case = _given(cast, "顔の赤みが戻る。減らし方を相談したい。", at - timedelta(hours=3), age_band="40s")
    first, *_rest = _offered(cast, case, at, 2)
    offers.accept(first, by=_user(cast.miura), now=at, intention=uuid4())


def _held(cast: Cast, question: str, days: int, at: datetime) -> Consultation:
    """A conference of so many days ago, which has ended."""
    start = at - timedelta(days=days)
    case = _given(cast, question, start - timedelta(hours=5))
    (only,) = offers.propose(
        case, [Interval(start, start + timedelta(minutes=20))], specialist=cast.abe, by=_user(cast.abe),
        now=start - timedelta(hours=4), intention=uuid4(),
    )  # fmt: skip
    case = offers.accept(only, by=_user(cast.miura), now=start - timedelta(hours=3), intention=uuid4())
    conferences.start(case, by=_user(cast.abe), now=start, intention=uuid4())
    return conferences.end(case, by=_user(cast.abe), now=start + timedelta(minutes=18), intention=uuid4())


def _signed(cast: Cast, case: Consultation, now: datetime) -> Advice:
    lines = {
        "assessment": "うっ滞性皮膚炎がもっとも考えやすい。感染の所見は写真では目立たない。",
        "recommendation": "圧迫と保湿を基本に、ステロイド外用を2週間。よくなれば間隔をあける。",
        "warning": "急に広がる、熱が出る、強く痛むときは、その日のうちに電話をください。",
        "basis": "写真2枚と経過の説明",
    }
    advices.save_draft(case, lines, by=_user(cast.abe), now=now)
    return advices.sign(case, by=_user(cast.abe), now=now, intention=uuid4())


def _to_be_written(cast: Cast, at: datetime) -> None:
    _held(cast, "手の水ぶくれをくり返す。", 1, at - timedelta(minutes=30))


def _to_be_read(cast: Cast, at: datetime) -> None:
    case = _held(cast, "下腿のかゆみと色の変化。", 2, at)
    _signed(cast, case, at - timedelta(days=1))


def _closed(cast: Cast, at: datetime) -> None:
    case = _held(cast, "背中の発疹が消えない。", 9, at)
    signed = _signed(cast, case, at - timedelta(days=8))
    doctor = _user(cast.miura)
    advices.acknowledge(signed, by=doctor, now=at - timedelta(days=8), intention=uuid4())
    advices.record_outcome(
        case, followed="yes", course="stayed", text="2週間で軽快", by=doctor, now=at - timedelta(days=1),
        intention=uuid4(),
    )  # fmt: skip
