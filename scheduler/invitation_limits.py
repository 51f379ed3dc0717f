"""How many invitations may be mailed: by one account in an hour, whatever way they are asked for, and to
one address in a day, whoever asks. Counted on the audit, where every one stands."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from scheduler import wallclock
from scheduler.members import MembersError
from scheduler.models import AuditEntry, Invitation, User

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TO_AN_ADDRESS = 5
"""In a day: posts at two schools, one put right, and a mail that was lost; not a full letter-box."""
ASKED = ("invitation.create", "invitation.resend")
"""Each of these is a mail. One that could not be sent was counted when it was asked for first."""


class TooManyError(MembersError):
    """The account may ask for no more mails before `until`."""

    def __init__(self, until: datetime) -> None:
        super().__init__()
        self.until = until

    @property
    def words(self) -> str:
        facts = {"n": settings.INVITATIONS_PER_HOUR, "time": point(self.until)}
        return _("You have sent %(n)d invitations within an hour. Send the others from %(time)s on.") % facts


class TooOftenError(TooManyError):
    """The address is sent no more before `until`."""

    @property
    def words(self) -> str:
        facts = {"n": TO_AN_ADDRESS, "time": point(self.until)}
        words = _("This address was sent %(n)d invitations within a day. Invite it again from %(time)s on.")
        return words % facts


def require(by: User, email: str, now: datetime) -> None:
    """One mail more. Raises TooManyError, TooOftenError. Call in a transaction: of several at once by one
    account each counts those before it."""
    User.objects.select_for_update(no_key=True).get(pk=by.pk)
    if not spare(by, now):
        raise TooManyError(free_at(by, 1, now))
    if until := full({email}, now).get(email.lower()):
        raise TooOftenError(until)


def spare(by: User, now: datetime) -> int:
    """For how many mails the account may ask now."""
    return max(0, settings.INVITATIONS_PER_HOUR - len(_asked(by, now)))


def free_at(by: User, mails: int, now: datetime) -> datetime:
    """When the account may ask for so many; of more than an hour's, when it may ask for all of those."""
    asked, kept = _asked(by, now), max(0, settings.INVITATIONS_PER_HOUR - mails)
    return asked[kept] + HOUR if kept < len(asked) else now


def full(emails: Collection[str], now: datetime) -> Mapping[str, datetime]:
    """The addresses that are sent no more today, and until when."""
    offered = Invitation.objects.filter(email__in={email.lower() for email in emails})
    address = {str(uid): email for uid, email in offered.values_list("uid", "email")}
    asked = AuditEntry.objects.filter(
        object_type="invitation", object_key__in=address, event__in=ASKED, at__gt=now - DAY
    )
    times: dict[str, list[datetime]] = {}
    for key, at in asked.order_by("-at").values_list("object_key", "at"):
        times.setdefault(address[key], []).append(at)
    return {
        email: those[TO_AN_ADDRESS - 1] + DAY for email, those in times.items() if len(those) >= TO_AN_ADDRESS
    }


def point(until: datetime) -> str:
    """The whole minute from which on it is true."""
    minute = until + timedelta(minutes=1)
    return wallclock.point(minute, timezone.get_default_timezone(), get_language() or "ja")


def _asked(by: User, now: datetime) -> list[datetime]:
    """When the account asked for each mail of the last hour, the newest first."""
    entries = AuditEntry.objects.filter(actor_id=by.pk, event__in=ASKED, at__gt=now - HOUR)
    return list(entries.order_by("-at").values_list("at", flat=True)[: settings.INVITATIONS_PER_HOUR])
