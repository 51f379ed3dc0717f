"""What the entries of the audit say in words. A vertical adds the words of its own events."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

from scheduler.models import Role

_events: dict[str, Promise | str] = {
    "account.sign_in": pgettext_lazy("audit event", "sign-in"),
    "account.sign_out": pgettext_lazy("audit event", "sign-out"),
    "account.locked": pgettext_lazy("audit event", "sign-in while the account rests"),
    "account.factor": pgettext_lazy("audit event", "second step of signing in"),
    "account.recovery_code": pgettext_lazy("audit event", "recovery code used"),
    "account.password_change": pgettext_lazy("audit event", "password changed"),
    "account.password_reset": pgettext_lazy("audit event", "password set by a link"),
    "account.create": pgettext_lazy("audit event", "account made"),
    "account.close": pgettext_lazy("audit event", "account closed"),
    "account.reopen": pgettext_lazy("audit event", "account opened again"),
    "post.give": pgettext_lazy("audit event", "post given"),
    "post.change": pgettext_lazy("audit event", "post changed"),
    "post.end": pgettext_lazy("audit event", "post ended"),
    "invitation.create": pgettext_lazy("audit event", "invited"),
    "invitation.resend": pgettext_lazy("audit event", "invited again"),
    "invitation.send": pgettext_lazy("audit event", "invitation's mail sent"),
    "invitation.revoke": pgettext_lazy("audit event", "invitation taken back"),
    "invitation.accept": pgettext_lazy("audit event", "invitation accepted"),
    "factor.set_up": pgettext_lazy("audit event", "second step set up"),
    "factor.renew_codes": pgettext_lazy("audit event", "recovery codes made anew"),
    "factor.remove": pgettext_lazy("audit event", "second step taken away"),
    "factor.reset": pgettext_lazy("audit event", "second step reset"),
    "export.fetch": pgettext_lazy("audit event", "term exported"),
    "admin.create": pgettext_lazy("audit event", "entered by an administrator"),
    "admin.update": pgettext_lazy("audit event", "changed by an administrator"),
    "admin.delete": pgettext_lazy("audit event", "removed by an administrator"),
    "audit.search": pgettext_lazy("audit event", "audit searched"),
    "audit.export": pgettext_lazy("audit event", "audit exported"),
}
_objects: dict[str, Promise] = {
    "account": pgettext_lazy("audit object", "account"),
    "invitation": pgettext_lazy("audit object", "invitation"),
    "organisation": pgettext_lazy("audit object", "organisation"),
    "audit": pgettext_lazy("audit object", "audit"),
}
_roles: dict[str, Promise] = {}


def register(
    events: Mapping[str, Promise | str],
    objects: Mapping[str, Promise],
    roles: Mapping[str, Promise] | None = None,
) -> None:
    """A vertical's own events and kinds of things, and as what people act who are not in a post.
    Called in `AppConfig.ready()`."""
    _events.update(events)
    _objects.update(objects)
    _roles.update(roles or {})


def of(event: str) -> str:
    """In the reader's language; the event's own name where nobody gave it words."""
    return str(_events.get(event, event))


def of_object(object_type: str) -> str:
    return str(_objects.get(object_type, object_type))


def of_role(role: str) -> str:
    """Of a role as the audit keeps it; one that is gone by now as it was written."""
    return str(Role(role).label) if role in Role.values else str(_roles.get(role, role))
