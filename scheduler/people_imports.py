"""Writing a list of people: posts and invitations, all or none, and the mails once they are kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from scheduler import audit, invitation_mail, invitations, members
from scheduler.imports import Row
from scheduler.listings import Preview
from scheduler.models import AuditEntry, Invitation, Membership, User
from scheduler.people_lists import Line, PeopleListing
from scheduler.transactions import retried

Written = list[tuple[Invitation, str]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a list; `unsent` counts the invitations that are kept and that no mail tells of yet."""

    preview: Preview
    is_written: bool
    unsent: int = 0


def apply(listing: PeopleListing, rows: Sequence[Row], *, digest: str, by: User, now: datetime) -> Outcome:
    """Writes what was shown under `digest`, then sends the mails.

    As `listings.apply`: nothing is written when the outcome is no longer the one that was shown.
    """
    preview, is_written, made = _applied(listing, rows, digest=digest, by=by, now=now)
    invitation_mail.send_all(made, now=now)
    unsent = sum(invitation.sent_at is None for invitation, _secret in made)
    return Outcome(preview, is_written, unsent)


@retried
def _applied(
    listing: PeopleListing, rows: Sequence[Row], *, digest: str, by: User, now: datetime
) -> tuple[Preview, bool, Written]:
    holder = members.mandate_of(by, now)
    # One import at a time: of two with the same people the later finds what the earlier wrote.
    list(members.organisations(holder).order_by("pk").select_for_update(no_key=True).values_list("pk"))
    # Of lists and single invitations at once, each counts the mails of those before it.
    User.objects.select_for_update(no_key=True).get(pk=by.pk)
    preview = listing.judge(rows, holder, by=by, now=now)
    if preview.problems:
        return preview, False, []
    if not preview.changes:
        return preview, True, []
    if preview.digest != digest:
        return preview, False, []
    made, entries = _write([change.facts for change in preview.changes], by=by, now=now)
    facts = {"new": len(preview.new), "changed": len(preview.changed)}
    done = audit.entry(
        audit.Action.EXECUTE, "list.import", by=by, now=now, object_type="list", object_key=listing.slug,
        facts=facts,
    )  # fmt: skip
    # At once and last: until this transaction ends nobody else comes onto the audit.
    audit.append([*entries, done])
    return preview, True, made


def _write(lines: Sequence[Line], *, by: User, now: datetime) -> tuple[Written, list[AuditEntry]]:
    accounts = [line.account.pk for line in lines if line.account is not None]
    # Every account before the audit's end is locked, as in every verb of members.
    list(User.objects.filter(pk__in=accounts).order_by("pk").select_for_update(no_key=True).values_list("pk"))
    made: Written = []
    entries: list[AuditEntry] = []
    for line in lines:
        offer = line.offer
        if line.account is not None:
            post = Membership(
                user=line.account, organisation=offer.organisation, role=offer.role, post=offer.post,
                valid_from=offer.valid_from, valid_until=offer.valid_until,
            )  # fmt: skip
            entries.append(members.entry_of_gift(members.added(post), by=by, now=now))
        else:
            invitation, secret = invitations.written(offer, by=by, now=now, intention=uuid4())
            entries.append(invitations.entry_of(invitation, by=by, now=now))
            made.append((invitation, secret))
    return made, entries
