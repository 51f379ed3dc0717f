"""Who may read the audit, and finding in it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone

from scheduler import audit_words, timegrid
from scheduler.models import AuditEntry, Membership, Organisation, Role, User
from scheduler.names import Name

READER_ROLES = frozenset({Role.AUDITOR, Role.CENTRE_ADMIN})
COLUMNS = (
    "entry", "at", "action", "event", "event_words", "actor", "actor_name", "role", "organisation",
    "on_behalf_of", "object_type", "object", "case", "outcome", "address", "request", "facts", "hash",
)  # fmt: skip
"""Of the file, in the words of docs/operations.md: whoever reads it compares it with other files."""


@dataclass(frozen=True, slots=True)
class Search:
    """Empty fields do not narrow. `person` is a part of a name or an address of who acted or was acted on."""

    person: str = ""
    first: date | None = None
    last: date | None = None
    object_type: str = ""
    case: str = ""

    def __bool__(self) -> bool:
        return bool(self.person or self.first or self.last or self.object_type or self.case)


def readable(posts: Sequence[Membership]) -> QuerySet[AuditEntry] | None:
    """Newest first: everything at a delivery centre, elsewhere what the own organisation's people did.
    None for who reads no audit."""
    mine = [post for post in posts if post.role in READER_ROLES]
    if not mine:
        return None
    entries = AuditEntry.objects.order_by("-pk")
    if any(post.organisation.kind == Organisation.Kind.DELIVERY_CENTRE for post in mine):
        return entries
    return entries.filter(organisation_id__in=[post.organisation_id for post in mine])


def found(entries: QuerySet[AuditEntry], search: Search) -> QuerySet[AuditEntry]:
    if search.person:
        keys = User.objects.filter(Q(name__icontains=search.person) | Q(email__iexact=search.person))
        people = list(keys.values_list("pk", flat=True))
        of_them = Q(object_type="account", object_key__in=[str(pk) for pk in people])
        entries = entries.filter(Q(actor_id__in=people) | of_them | Q(actor_name__icontains=search.person))
    if search.object_type:
        entries = entries.filter(object_type=search.object_type)
    if search.case:
        entries = entries.filter(case_key=search.case)
    zone = ZoneInfo(settings.TIME_ZONE)
    if search.first:
        entries = entries.filter(at__gte=timegrid.instant(search.first, time(0), zone))
    if search.last:
        after = search.last + timedelta(days=1)
        entries = entries.filter(at__lt=timegrid.instant(after, time(0), zone))
    return entries


def object_types(entries: QuerySet[AuditEntry]) -> list[str]:
    return sorted(set(entries.order_by().values_list("object_type", flat=True).distinct()))


def names(entries: Iterable[AuditEntry]) -> tuple[dict[int, Name], dict[int, Name]]:
    """Of accounts and organisations that the entries name by key: two queries."""
    entries = list(entries)
    accounts = {key for e in entries for key in (e.actor_id, e.on_behalf_of_id) if key} | {
        int(e.object_key) for e in entries if e.object_type == "account" and e.object_key.isdecimal()
    }
    organisations = {e.organisation_id for e in entries if e.organisation_id}
    found_accounts = {each.pk: each.label for each in User.objects.filter(pk__in=accounts)}
    found_places = {each.pk: each.label for each in Organisation.objects.filter(pk__in=organisations)}
    return found_accounts, found_places


def rows(entries: QuerySet[AuditEntry], places: Mapping[int, str]) -> Iterator[Sequence[str]]:
    """Of the file, its head first, oldest entry first."""
    yield COLUMNS
    for e in entries.order_by("pk").iterator(chunk_size=2000):
        yield (
            str(e.pk), timezone.localtime(e.at).isoformat(timespec="milliseconds"), e.action, e.event,
            audit_words.of(e.event), str(e.actor_id or ""), e.actor_name, e.actor_role,
            places.get(e.organisation_id or 0, ""), str(e.on_behalf_of_id or ""), e.object_type,
            e.object_key, e.case_key, e.outcome, e.address or "", e.request_id,
            json.dumps(e.facts, ensure_ascii=False, sort_keys=True) if e.facts else "", e.hash,
        )  # fmt: skip
