"""Organisations: entered, corrected, ended on a day. Never deleted: registers and the audit name them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime, time

from django.db.models import Q, QuerySet

from scheduler import audit, texts, timegrid, versions
from scheduler.models import Booking, Organisation, Participant, User
from scheduler.transactions import retried

FIELDS = (
    "kind", "code", "name", "short_name", "name_en", "kana", "district", "municipality", "time_zone",
    "telephone", "valid_until",
)  # fmt: skip


class OrganisationsError(Exception):
    """Base of what this module refuses."""


class CodeTakenError(OrganisationsError):
    """Another organisation has this code."""


class BookedError(OrganisationsError):
    """It takes part in bookings that the change does not go with; `count` of them."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.count = count


class KindError(OrganisationsError):
    """What an organisation is does not change: posts, bells and cases hang on it."""


@dataclass(frozen=True, slots=True)
class Facts:
    kind: str
    code: str
    name: str
    short_name: str
    name_en: str = ""
    kana: str = ""
    district: str = ""
    municipality: str = ""
    time_zone: str = "Asia/Tokyo"
    telephone: str = ""
    valid_until: date | None = None


def facts_of(organisation: Organisation) -> Facts:
    return Facts(**{name: getattr(organisation, name) for name in FIELDS})


def version(organisation: Organisation) -> str:
    return versions.of(organisation, FIELDS)


def matching(every: QuerySet[Organisation], words: str) -> QuerySet[Organisation]:
    """Those whose name, reading, place or code contains every word."""
    for word in words.split():
        plain = texts.plain(word)
        every = every.filter(
            Q(name__contains=word)
            | Q(short_name__contains=word)
            | Q(name_en__icontains=plain)
            | Q(kana__contains=texts.hiragana(plain))
            | Q(district__contains=word)
            | Q(municipality__contains=word)
            | Q(code__icontains=plain)
        )
    return every


@retried
def enter(facts: Facts, *, by: User, now: datetime) -> Organisation:
    """A new organisation; the same one sent twice is found. Raises CodeTakenError."""
    other = Organisation.objects.select_for_update(no_key=True).filter(code=facts.code).first()
    if other is not None and facts_of(other) == facts:
        return other
    if other is not None:
        raise CodeTakenError
    made = Organisation.objects.create(**asdict(facts))
    _record("organisation.create", audit.Action.CREATE, made, by, now)
    return made


@retried
def correct(organisation: Organisation, facts: Facts, *, shown: str | None, by: User, now: datetime) -> bool:
    """The organisation as it is now; False when it was so already.

    Raises versions.StaleError, CodeTakenError, KindError, BookedError.
    """
    stored = Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)
    if facts_of(stored) == facts:
        return False
    if shown is not None and shown != version(stored):
        raise versions.StaleError
    check(stored, facts, now)
    for name, value in asdict(facts).items():
        setattr(stored, name, value)
    stored.save(update_fields=FIELDS)
    _record("organisation.update", audit.Action.UPDATE, stored, by, now)
    return True


def check(stored: Organisation, facts: Facts, now: datetime) -> None:
    """Raises CodeTakenError, KindError, BookedError."""
    if facts.kind != stored.kind:
        raise KindError
    if Organisation.objects.filter(code=facts.code).exclude(pk=stored.pk).exists():
        raise CodeTakenError
    if facts.time_zone != stored.time_zone and (n := _booked(stored, now)):
        raise BookedError(n)
    if facts.valid_until is not None and facts.valid_until != stored.valid_until:
        since = max(now, timegrid.instant(facts.valid_until, time(0), stored.zone))
        if n := _booked(stored, since, now=now):
            raise BookedError(n)


def _booked(organisation: Organisation, since: datetime, *, now: datetime | None = None) -> int:
    """In how many live bookings it takes part from then on."""
    parties = Participant.objects.standing().filter(organisation=organisation, end__gt=since)
    return Booking.objects.live(now or since).filter(pk__in=parties.values("booking")).count()


def _record(event: str, action: audit.Action, row: Organisation, by: User, now: datetime) -> None:
    until = row.valid_until.isoformat() if row.valid_until else ""
    told = {"kind": row.kind, "code": row.code, "until": until}
    audit.record(
        action, event, by=by, now=now, object_type="organisation", object_key=str(row.pk), facts=told
    )
