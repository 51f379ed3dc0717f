"""The doctors: Miura and Ota of the island's hospital ask, Abe and Endo of the city answer, Hayashi
of the city's office brings them together. Kato is a stranger to all of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from clinics import consultations, offers
from clinics.models import Consultation, Offer, Service, Specialty
from scheduler.intervals import Interval
from scheduler.models import Location, Organisation, Person, Resource, Role, User
from tests import cast
from tests.cast import NOW, THURSDAY, at

CLINICAL = (
    "下腿の湿疹", "外用薬を三種", "60s", "K-77", "糖尿病の既往", "090-1111-2222", "ステロイド外用",
    "悪化すれば来院", "写真を拝見", "患部", "いつから", "二週間前", "満床", "転院", "皮膚科",
)  # fmt: skip
"""What is written in cases here; none of it may stand anywhere else."""

FIELDS = {
    "urgency": "routine",
    "question": "治りにくい下腿の湿疹。すすめる薬は",
    "age_band": "60s",
    "sex": "female",
    "local_number": "K-77",
    "patient_present": False,
    "consent_basis": "oral",
    "summary": "外用薬を三種、糖尿病の既往",
    "callback": "090-1111-2222",
}


@dataclass(slots=True)
class Doctors:
    hospital: Organisation
    island: Organisation
    room: Location
    """A conference room in the city."""
    dermatology: Specialty
    service: Service
    office: Service
    miura: User
    miura_person: Person
    ota: User
    ota_person: Person
    abe: User
    abe_person: Person
    endo: User
    endo_person: Person
    goto: User
    """A specialist of the same hospital who has nothing to do with the case."""
    goto_person: Person
    hayashi: User
    clerk: User
    """Of the island's own office."""
    admin: User
    auditor: User
    kato: User


def build() -> Doctors:
    hospital = Organisation.objects.create(
        kind=Organisation.Kind.HOSPITAL, code="H1", name="札幌総合病院", short_name="札幌総合",
        name_en="Sapporo General",
    )  # fmt: skip
    island = Organisation.objects.create(
        kind=Organisation.Kind.CLINIC, code="H2", name="利尻島国保病院", short_name="利尻国保",
        name_en="Rishiri Hospital",
    )  # fmt: skip
    room = Location.objects.create(
        kind=Resource.Kind.CONFERENCE_ROOM, organisation=hospital, name="第1会議室", name_en="Room 1"
    )
    dermatology = Specialty.objects.create(code="derma", name="皮膚科", name_en="Dermatology")
    service = Service.objects.create(organisation=hospital, specialty=dermatology, telephone="011-000-0001")
    office = Service.objects.create(organisation=hospital, telephone="011-000-0002")

    def doctor(key: str, name: str, organisation: Organisation, role: Role) -> tuple[User, Person]:
        user = cast.add_user(key, name, organisation, role)
        return user, Person.objects.create(
            kind=Resource.Kind.PERSON, organisation=organisation, name=name, user=user
        )

    miura, miura_person = doctor("miura", "三浦 拓也", island, Role.LOCAL_DOCTOR)
    ota, ota_person = doctor("ota", "太田 舞", island, Role.LOCAL_DOCTOR)
    abe, abe_person = doctor("abe", "阿部 健", hospital, Role.SPECIALIST)
    endo, endo_person = doctor("endo", "遠藤 薫", hospital, Role.SPECIALIST)
    goto, goto_person = doctor("goto", "後藤 誠", hospital, Role.SPECIALIST)
    return Doctors(
        hospital, island, room, dermatology, service, office, miura, miura_person, ota, ota_person,
        abe, abe_person, endo, endo_person, goto, goto_person,
        hayashi=cast.add_user("hayashi", "林 由美", hospital, Role.CLINIC_COORDINATOR),
        clerk=cast.add_user("clerk", "小野 恵", island, Role.CLINIC_COORDINATOR),
        admin=cast.add_user("hospital-admin", "管理 一郎", hospital, Role.CENTRE_ADMIN),
        auditor=cast.add_user("auditor", "監査 花子", hospital, Role.AUDITOR),
        kato=cast.add_user("stranger", "加藤 遥", None, None),
    )  # fmt: skip


def slot(clock: str, minutes: int = 20, day: object = THURSDAY) -> Interval:
    hour, minute = (int(part) for part in clock.split(":"))
    end = hour * 60 + minute + minutes
    return Interval(at(clock, day), at(f"{end // 60}:{end % 60:02}", day))  # type: ignore[arg-type]


def draft(doctors: Doctors, now: datetime = NOW, **fields: object) -> Consultation:
    wanted = {**FIELDS, "specialty": doctors.dermatology, **fields}
    return consultations.create(
        doctors.miura_person, doctors.island, by=doctors.miura, now=now, intention=uuid4(), fields=wanted
    )


def submitted(doctors: Doctors, now: datetime = NOW, **fields: object) -> Consultation:
    case = draft(doctors, now, **fields)
    return consultations.submit(case, by=doctors.miura, now=now, intention=uuid4())


def assigned(doctors: Doctors, now: datetime = NOW) -> Consultation:
    case = submitted(doctors, now)
    return consultations.assign(case, doctors.abe_person, by=doctors.hayashi, now=now, intention=uuid4())


def offered(doctors: Doctors, *clocks: str, now: datetime = NOW) -> tuple[Consultation, list[Offer]]:
    case = assigned(doctors, now)
    made = offers.propose(
        case, [slot(clock) for clock in clocks or ("13:00", "14:00", "15:00")],
        specialist=doctors.abe_person, by=doctors.abe, now=now, intention=uuid4(),
    )  # fmt: skip
    case.refresh_from_db()
    return case, made


def scheduled(doctors: Doctors, now: datetime = NOW) -> Consultation:
    _case, (first, *_others) = offered(doctors, now=now)
    return offers.accept(first, by=doctors.miura, now=now, intention=uuid4())


Verb = Callable[..., object]
