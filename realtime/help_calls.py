"""応援: somebody in a room asks the centre for help, and somebody of the centre says "I am coming".

Told are the organiser's administrators, planners, and those of its teachers who lead nothing now (and not
this lesson: whoever leads it is in the room).
No pupil is named anywhere, and of a CONFIDENTIAL booking neither title nor person is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override, pgettext, pgettext_lazy

from realtime.access import OBSERVER_ROLES, Admission
from realtime.models import HelpCall
from scheduler import audit, audit_words, notices, permissions, wallclock
from scheduler.models import Booking, Membership, Notice, Participant, Role, User
from scheduler.names import Name
from scheduler.providers import Need, Reader

OPEN_FOR = timedelta(hours=3)
"""A call that nobody answered in this time was settled otherwise; it waits for nobody any more."""
SHOWN_FOR = timedelta(minutes=30)
"""How long the caller reads who answered."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the caller reads. `told` is how many people were told; `answered_by` is "" until one comes."""

    is_open: bool
    told: int
    answered_by: str
    symptom: str
    at: datetime | None
    caller_id: int | None = None


NOT_CALLED = Answer(is_open=False, told=0, answered_by="", symptom="", at=None)


def symptom_words(symptom: str) -> str:
    return {
        HelpCall.Symptom.SOUND: pgettext("help call", "the voice does not arrive"),
        HelpCall.Symptom.PICTURE: pgettext("help call", "the picture does not arrive"),
        HelpCall.Symptom.LINE: pgettext("help call", "the connection breaks"),
        HelpCall.Symptom.OTHER: pgettext("help call", "something else"),
    }[HelpCall.Symptom(symptom)]


@transaction.atomic
def call(admission: Admission, symptom: HelpCall.Symptom, *, now: datetime) -> HelpCall:
    """Asks for help from this party's room. While its call is open, calling again changes nothing."""
    booking = admission.booking
    calls = HelpCall.objects.filter(booking=booking, organisation=admission.organisation)
    # One that waits for nobody any more must not swallow this one; nobody ever came to it.
    calls.filter(answered_at=None, at__lte=now - OPEN_FOR).update(answered_at=now)
    found, is_new = HelpCall.objects.get_or_create(
        booking=booking,
        organisation=admission.organisation,
        answered_at=None,
        defaults={"by_id": admission.user_id, "symptom": symptom, "at": now},
    )
    if is_new:
        params: notices.Facts = {"by": _caller_name(found), "symptom": _in_both(symptom)}
        recipients = helpers(booking, now).exclude(pk=admission.user_id)
        notices.tell(
            recipients, notices.Kind.HELP_CALLED, booking, params=params, now=now, key=_key(found.pk)
        )
    return found


def answer(found: HelpCall, *, by: User, now: datetime) -> bool:
    """ "I am coming". The first who says so is the one the caller reads; True if that is `by`."""
    still_open = HelpCall.objects.filter(pk=found.pk, answered_at=None)
    if still_open.update(answered_at=now, answered_by=by):
        notices.mark_read(_notices(found), now=now)
        return True
    return HelpCall.objects.filter(pk=found.pk, answered_by=by).exists()


@transaction.atomic
def settle(admission: Admission, *, by: User, now: datetime) -> bool:
    """ "It is all right now": nobody need come. False if no call is open that this account may take back."""
    calls = HelpCall.objects.filter(
        booking=admission.booking, organisation=admission.organisation, answered_at=None
    )
    found = calls.select_for_update(no_key=True).first()
    if found is None or not may_settle(admission, found.by_id):
        return False
    HelpCall.objects.filter(pk=found.pk).update(answered_at=now)
    notices.mark_read(_notices(found), now=now)
    audit.record(
        audit.Action.EXECUTE, "help.settle", by=by, now=now, object_type="help", object_key=str(found.pk)
    )
    return True


def may_settle(admission: Admission, caller_id: int | None) -> bool:
    """Whoever called may say that it is all right, and of a school whoever of its staff is there."""
    return admission.is_school or admission.user_id == caller_id


def state_for(booking: Booking, organisation_id: int, now: datetime, language: str) -> Answer:
    """This party's newest call in this room, as long as it says something about now."""
    calls = HelpCall.objects.filter(booking=booking, organisation=organisation_id, at__gt=now - OPEN_FOR)
    found = calls.select_related("answered_by", "booking").order_by("-at").first()
    if found is None or (found.answered_at is not None and found.answered_at <= now - SHOWN_FOR):
        return NOT_CALLED
    return Answer(
        is_open=found.answered_at is None,
        told=_notices(found).count(),
        answered_by=found.answered_by.label.in_language(language) if found.answered_by else "",
        symptom=symptom_words(found.symptom),
        at=found.at,
        caller_id=found.by_id,
    )


def connect() -> None:
    """What the audit says of help calls. Called in `AppConfig.ready()`."""
    audit_words.register(
        {"help.settle": pgettext_lazy("audit event", "call for help taken back")},
        {"help": pgettext_lazy("audit object", "call for help")},
    )


def helpers(booking: Booking, now: datetime) -> QuerySet[User]:
    """Whom a call out of this room reaches: the organiser's people who can come now."""
    posts = Membership.objects.valid_on(timezone.localdate(now)).filter(
        organisation=booking.organiser, role__in=permissions.CENTRE_ROLES
    )
    busy = (_leading(now) | Participant.objects.filter(booking=booking)).filter(person__user__isnull=False)
    free = posts.exclude(role=Role.TEACHER, user__in=busy.values("person__user"))
    return User.objects.filter(pk__in=free.values("user"), is_active=True).order_by("pk")


def reachable(reader: Reader, now: datetime) -> QuerySet[HelpCall]:
    """Calls that this reader may answer, newest first; answered ones too, for whoever was second."""
    centres = [m.organisation_id for m in reader.memberships if m.role in permissions.CENTRE_ROLES]
    calls = HelpCall.objects.filter(booking__organiser__in=centres, at__gt=now - OPEN_FOR)
    own = Participant.objects.filter(person__user=reader.user)
    calls = calls.exclude(booking__in=own.values("booking"))
    return calls.exclude(by=reader.user).select_related("booking", "organisation", "by")


def needs(reader: Reader, now: datetime) -> Iterable[Need]:
    """Open calls for whoever can come now, as Today shows them."""
    roles = {m.role for m in reader.memberships}
    if not roles & permissions.CENTRE_ROLES:
        return []
    if not roles & OBSERVER_ROLES and _leading(now).filter(person__user=reader.user).exists():
        return []
    with override(reader.language):
        return [_need(found, reader) for found in reachable(reader, now).filter(answered_at=None)]


def _leading(now: datetime) -> QuerySet[Participant]:
    """Persons who lead something at `now`."""
    live = Booking.objects.live(now).filter(start__lte=now, end__gt=now)
    return Participant.objects.standing().filter(
        booking__in=live, person__user__isnull=False, start__lte=now, end__gt=now
    )


def _need(found: HelpCall, reader: Reader) -> Need:
    """Without a way into the room beside the answer: whoever went in by it would not be named as coming."""
    booking = found.booking
    at = wallclock.clock(found.at, reader.memberships[0].organisation.zone)
    is_secret = booking.visibility == Booking.Visibility.CONFIDENTIAL
    return Need(
        title=_("Help: %(who)s (%(symptom)s)")
        % {
            "who": _caller_name(found).in_language(reader.language),
            "symptom": symptom_words(found.symptom),
        },
        detail=_("Called at %(at)s") % {"at": at}
        if is_secret
        else _("%(title)s, called at %(at)s")
        % {"title": booking.label.in_language(reader.language), "at": at},
        url="",
        act_url=reverse("realtime:help_answer", args=[found.pk]),
        act_words=_("I am coming"),
    )


def _caller_name(found: HelpCall) -> Name:
    """「配信室3 佐々木先生」, 「利尻 受信機材1」: where to go, and to whom."""
    booking = found.booking
    if booking.visibility == Booking.Visibility.CONFIDENTIAL:
        return found.organisation.label
    sides = booking.participants.standing().filter(organisation=found.organisation)
    sides = sides.select_related("location", "person")
    person = next((s for s in sides if s.person is not None and s.person.user_id == found.by_id), None)
    if person is not None:
        studio = person.location.label if person.location else found.organisation.label
        leads = booking.kind == Booking.Kind.LESSON and person.role == Participant.Role.HOST
        return _in_words(lambda lang: f"{studio.in_language(lang)} {_person(found.by, lang, leads=leads)}")
    place = next((s.location.label for s in sides if s.location is not None), Name(""))
    school = found.organisation.label
    return Name(f"{school.ja} {place.ja}".strip(), f"{school.en} {place.en}".strip())


def _person(user: User, language: str, *, leads: bool) -> str:
    name = user.label.in_language(language)
    return _("%(name)s (teacher)") % {"name": name} if leads else name


def _in_both(symptom: str) -> Name:
    return _in_words(lambda _language: symptom_words(symptom))


def _in_words(words: Callable[[str], str]) -> Name:
    """As data, to be read later by people of either language."""
    found = []
    for language in ("ja", "en"):
        with override(language):
            found.append(words(language))
    return Name(*found)


def _notices(found: HelpCall) -> QuerySet[Notice]:
    """Who was told of this call."""
    key = f"{found.booking.uid}:{_key(found.pk)}:"
    return Notice.objects.filter(booking=found.booking_id, dedupe_key__startswith=key)


def _key(pk: int) -> str:
    return f"help {pk}"
