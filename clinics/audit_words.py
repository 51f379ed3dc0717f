"""What the audit says of consultations: as what somebody acted, and what was done. Nothing of the case."""

from __future__ import annotations

from django.utils.functional import lazy
from django.utils.translation import pgettext_lazy

from clinics import wording
from clinics.states import Actor, Event
from scheduler import audit_words

_happened = lazy(wording.happened, str)


def connect() -> None:
    done = {f"consultation.{event.value}": _happened(event.value) for event in Event}
    audit_words.register(done, {"consultation": pgettext_lazy("audit object", "consultation")})
    audit_words.register(
        {
            "consultation.read": pgettext_lazy("audit event", "consultation read"),
            "attachment.read": pgettext_lazy("audit event", "attached file read"),
        },
        {},
        {
            Actor.REQUESTER.value: pgettext_lazy("audit role", "requesting doctor"),
            Actor.COLLEAGUE.value: pgettext_lazy("audit role", "the requesting doctor's colleague"),
            Actor.PROXY.value: pgettext_lazy("audit role", "for the requesting doctor"),
            Actor.SPECIALIST.value: pgettext_lazy("audit role", "specialist"),
            Actor.COORDINATOR.value: pgettext_lazy("audit role", "coordination office"),
            Actor.SYSTEM.value: pgettext_lazy("audit role", "the service itself"),
        },
    )
