"""Who sees a case, and as what: its parties while their post holds, and the office of the hospital
that has it (見られる人). Nobody else ever does: no administrator, no auditor, no other doctor.

`CaseParty` says who; a party whose post at that organisation has ended, or has not begun, sees
nothing from that day on. Every reading is written down (閲覧の記録).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from clinics.models import CaseParty, Consultation
from clinics.states import Actor
from scheduler import audit, browsing
from scheduler.models import AuditEntry, Membership, Organisation, Person, Role, User

Part = CaseParty.Part
DOCTORS = frozenset({Role.LOCAL_DOCTOR, Role.SPECIALIST})
ROLES_OF_PART: dict[str, frozenset[Role]] = {
    Part.REQUESTER: DOCTORS,
    Part.COLLEAGUE: DOCTORS,
    Part.PROXY: frozenset({Role.CLINIC_COORDINATOR}),
    Part.SPECIALIST: frozenset({Role.SPECIALIST}),
}
"""The posts with which a party keeps seeing the case."""
REFRESHED_WITHIN = timedelta(hours=1)
"""For so long the opening of a page stands for what it fetches by itself."""


def standing_parties(now: datetime) -> QuerySet[CaseParty]:
    """Parties that have not left and whose post holds today."""
    posts = Membership.objects.valid_on(timezone.localdate(now)).filter(
        user=OuterRef("person__user"), organisation=OuterRef("organisation"), user__is_active=True
    )
    holds = Q(pk__in=())
    for part, roles in ROLES_OF_PART.items():
        holds |= Q(Exists(posts.filter(role__in=roles)), part=part)
    return CaseParty.objects.filter(holds, until=None)


def visible(user: User, now: datetime) -> QuerySet[Consultation]:
    """The cases this account may open."""
    if not user.is_active or not user.is_authenticated:
        return Consultation.objects.none()
    mine = standing_parties(now).filter(person__user=user).values("consultation")
    return Consultation.objects.filter(
        Q(pk__in=mine) | Q(service__organisation__in=offices_of(user, now).values("organisation"))
    )


def offices_of(user: User, now: datetime) -> QuerySet[Membership]:
    """The user's posts as a coordinator that hold today."""
    return Membership.objects.valid_on(timezone.localdate(now)).filter(
        user=user, user__is_active=True, role=Role.CLINIC_COORDINATOR
    )


def parts_of(user: User, case: Consultation, now: datetime) -> list[Actor]:
    """As what this account may act in the case, its own part before the office's; empty for strangers."""
    own = standing_parties(now).filter(consultation=case, person__user=user).values_list("part", flat=True)
    actors = [Actor(part) for part in own]
    service = case.service
    if service and offices_of(user, now).filter(organisation=service.organisation_id).exists():
        actors.append(Actor.COORDINATOR)
    return actors


def part_of(user: User, case: Consultation, now: datetime) -> Actor | None:
    return next(iter(parts_of(user, case, now)), None)


def may_read(user: User, case: Consultation, now: datetime) -> bool:
    return part_of(user, case, now) is not None


def read(case: Consultation, *, by: User, now: datetime, request: HttpRequest | None = None) -> None:
    """Writes down that `by` opened the case; the caller has found it by `visible`.

    A page that refreshes itself was opened once. What browsers say of that is no proof, so it only spares
    an entry where one stands already.
    """
    is_refreshed = request is not None and browsing.is_by_itself(request)
    if is_refreshed and readings(case).filter(actor_id=by.pk, at__gt=now - REFRESHED_WITHIN).exists():
        return
    note_reading(case, "consultation.read", by=by, now=now, request=request)


def note_reading(
    case: Consultation,
    event: str,
    *,
    by: User,
    now: datetime,
    request: HttpRequest | None = None,
    facts: dict[str, object] | None = None,
) -> None:
    part = part_of(by, case, now)
    audit.record(
        AuditEntry.Action.READ,
        event,
        by=by,
        now=now,
        object_type="consultation",
        object_key=str(case.uid),
        case_key=case.number,
        role=part.value if part else "",
        organisation_id=side_of(case, part),
        facts=facts or {},
        request=request,
    )


def readings(case: Consultation) -> QuerySet[AuditEntry]:
    """Who opened the case or one of its attachments, the newest first."""
    return (
        audit.of("consultation", str(case.uid)).filter(action=AuditEntry.Action.READ).order_by("-at", "-pk")
    )


def side_of(case: Consultation, actor: Actor | None) -> int | None:
    """For which organisation somebody acts."""
    if actor in {Actor.SPECIALIST, Actor.COORDINATOR}:
        return case.service.organisation_id if case.service else None
    return case.organisation_id if actor and actor != Actor.SYSTEM else None


def coordinators(organisation: Organisation | int, now: datetime) -> list[User]:
    posts = Membership.objects.valid_on(timezone.localdate(now)).filter(
        organisation=organisation, role=Role.CLINIC_COORDINATOR, user__is_active=True
    )
    return list(User.objects.filter(pk__in=posts.values("user")).order_by("pk"))


def people(case: Consultation, parts: Iterable[str], now: datetime) -> list[User]:
    """The accounts of the parties that stand."""
    found = standing_parties(now).filter(consultation=case, part__in=list(parts))
    return list(User.objects.filter(pk__in=found.values("person__user")).order_by("pk"))


def has_post(person: Person, organisation_id: int, roles: Iterable[Role], now: datetime) -> bool:
    """Whether the person has an account with such a post there today."""
    return (
        person.user_id is not None
        and Membership.objects.valid_on(timezone.localdate(now))
        .filter(user=person.user_id, user__is_active=True, organisation=organisation_id, role__in=list(roles))
        .exists()
    )


def doctors(organisation_id: int, now: datetime) -> QuerySet[Person]:
    """The clinic's own doctors today."""
    posts = Membership.objects.valid_on(timezone.localdate(now)).filter(
        organisation=organisation_id, role__in=DOCTORS, user__is_active=True
    )
    return Person.objects.filter(user__in=posts.values("user"), is_active=True).order_by("name", "pk")


def specialists(organisation_id: int, now: datetime) -> QuerySet[Person]:
    """Who may be asked there today."""
    posts = Membership.objects.valid_on(timezone.localdate(now)).filter(
        organisation=organisation_id, role=Role.SPECIALIST, user__is_active=True
    )
    return Person.objects.filter(user__in=posts.values("user"), is_active=True).order_by("name", "pk")
