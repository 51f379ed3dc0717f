"""The audit: who did what, who read what. Appended in the transaction of the act, verified by its chain.

What it cannot find by itself: somebody who may write everything can compute the whole chain anew.
Whoever keeps the head that `manage.py audit_verify` prints elsewhere finds that too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import wraps
from ipaddress import IPv6Address, ip_address
from typing import ParamSpec

from allauth.account.adapter import get_adapter
from allauth.core import context
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from scheduler import audit_chain, permissions
from scheduler.models import AuditEntry, AuditHead, User

Action = AuditEntry.Action
P = ParamSpec("P")


def entry(
    action: AuditEntry.Action,
    event: str,
    *,
    by: User | None,
    now: datetime,
    object_type: str,
    object_key: str,
    role: str = "",
    organisation_id: int | None = None,
    on_behalf_of: User | None = None,
    case_key: str = "",
    outcome: str = "success",
    facts: Mapping[str, object] = {},
    request: HttpRequest | None = None,
) -> AuditEntry:
    """What `append` keeps. Without `role` it names the first post that `by` holds today; without `request`
    the one that is being answered. `facts` are codes and whole numbers.
    """
    request = request or context.request
    if by is not None and not role:
        role, organisation_id = _post(by, now, organisation_id)
    return AuditEntry(
        at=now,
        action=action.value,
        event=event,
        actor_id=by.pk if by else None,
        actor_name=by.name if by else "",
        actor_role=role,
        organisation_id=organisation_id,
        on_behalf_of_id=on_behalf_of.pk if on_behalf_of else None,
        object_type=object_type,
        object_key=object_key,
        case_key=case_key,
        outcome=outcome,
        address=client_address(request) if request else None,
        request_id=str(getattr(request, "request_id", ""))[:36],
        facts=audit_chain.plain(facts),
    )


@transaction.atomic
def append(entries: Sequence[AuditEntry]) -> None:
    """At the chain's end, in this order, kept if the surrounding transaction is.

    Nobody else appends until that transaction ends, and so nobody signs in or opens a case: call it
    last in it, and once.
    """
    if not entries:
        return
    head = _locked_head()
    for each in entries:
        each.previous_hash = head.hash
        each.hash = audit_chain.digest(each)
        head.count, head.hash = head.count + 1, each.hash
    AuditEntry.objects.bulk_create(entries)
    head.save(update_fields=["count", "hash"])


def _appended(made: Callable[P, AuditEntry]) -> Callable[P, AuditEntry]:
    @wraps(made)
    def record(*args: P.args, **kwargs: P.kwargs) -> AuditEntry:
        one = made(*args, **kwargs)
        append([one])
        return one

    return record


record = _appended(entry)
"""One `entry`, appended: called last in a transaction."""


def _post(by: User, now: datetime, organisation_id: int | None) -> tuple[str, int | None]:
    posts = permissions.memberships(by, timezone.localdate(now))
    for post in posts:
        if organisation_id in {None, post.organisation_id}:
            return post.role, post.organisation_id
    return "", organisation_id


def _locked_head() -> AuditHead:
    """SQLite has one writer at a time; PostgreSQL waits for this row."""
    heads = AuditHead.objects.select_for_update(no_key=True)
    head = heads.filter(pk=1).first()
    if head is None:
        AuditHead.objects.bulk_create([AuditHead(pk=1)], ignore_conflicts=True)
        head = heads.get(pk=1)
    return head


def client_address(request: HttpRequest) -> str | None:
    """From where, by the proxy's word where there is one; an IPv4 address in its short form."""
    try:
        address = ip_address(get_adapter().get_client_ip(request))
    except (ValueError, PermissionDenied):  # a socket file, or another way in than the proxy's
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return str(mapped or address)


def of(object_type: str, object_key: str) -> QuerySet[AuditEntry]:
    """What was done to one thing, oldest first."""
    return AuditEntry.objects.filter(object_type=object_type, object_key=object_key)


class Fault(StrEnum):
    CHANGED = "changed"
    """Its columns are not those that its hash was made of."""
    MISPLACED = "misplaced"
    """Its predecessor is missing, or it stands elsewhere than where it was written."""
    CUT_OFF = "cut-off"
    """Entries are missing at the end."""
    UNCOUNTED = "uncounted"
    """There are more entries than were recorded."""
    UNKNOWN_HEAD = "unknown-head"
    """The head that somebody kept is not in the chain."""


@dataclass(frozen=True, slots=True)
class Break:
    """Where the chain is broken: at the entry with this key, or at the last one there is."""

    pk: int | None
    fault: Fault


def head() -> tuple[int, str]:
    """How many entries there are, and the last one's hash: to be kept elsewhere."""
    found = AuditHead.objects.filter(pk=1).first()
    return (found.count, found.hash) if found else (0, "")


def verify(*, kept: tuple[int, str] | None = None) -> list[Break]:
    """Every break of the chain, in its order; empty when it is whole. Reads every entry once.

    `kept` is a head of an earlier day. Others may go on appending meanwhile.
    """
    breaks: list[Break] = []
    expected = [known for known in (head(), kept) if known and known[0]]
    number, previous, pk = 0, "", None
    for entry in AuditEntry.objects.order_by("pk").iterator(chunk_size=2000):
        number, pk = number + 1, entry.pk
        if entry.previous_hash != previous:
            breaks.append(Break(pk, Fault.MISPLACED))
        if audit_chain.digest(entry) != entry.hash:
            breaks.append(Break(pk, Fault.CHANGED))
        # After a break the chain goes on from what stands there: one changed entry is one break.
        previous = entry.hash
        expected = [known for known in expected if known[1] != previous]
    count = head()[0]
    if number > count:
        breaks.append(Break(pk, Fault.UNCOUNTED))
    for known in expected:
        is_short = number < known[0]
        if is_short or not breaks:
            breaks.append(Break(pk, Fault.CUT_OFF if is_short else Fault.UNKNOWN_HEAD))
    return breaks
