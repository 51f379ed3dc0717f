"""No pupil's name where it has no business: every address, for every kind of account.

The list of addresses is held against the service's own, so that a new page cannot be forgotten.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from uuid import uuid4

import pytest
from django.core import mail
from django.db import transaction
from django.http import HttpResponseBase
from django.test import Client
from django.urls import get_resolver

from scheduler import deliveries, listings
from scheduler.models import BellSchedule, CalendarDay, Membership, Notice
from tests import leaking
from tests.cast import World
from tests.leaking import READERS, Stage
from tests.test_documents import addresses

Addresses = Callable[[Stage], list[str]]


def _fixed(path: str) -> Addresses:
    return lambda _: [path]


def _lessons(path: str) -> Addresses:
    return lambda stage: [path.format(uid=booking.uid) for booking in (stage.running, stage.signed)]


def _rooms(path: str) -> Addresses:
    return lambda stage: [path.format(uid=booking.uid) for booking in (stage.running, stage.practice)]


def _registers(path: str) -> Addresses:
    return lambda stage: [path.format(pk=side.pk) for sides in stage.sides.values() for side in sides]


def _pupils(path: str) -> Addresses:
    return lambda stage: [
        path.format(pk=pupil.pk, seat=stage.seat.pk) for pupils in stage.pupils.values() for pupil in pupils
    ]


def _schools(path: str) -> Addresses:
    return lambda stage: [path.format(pk=school.pk) for school in (stage.world.rishiri, stage.world.rebun)]


def _lists(path: str) -> Addresses:
    return lambda _: [f"/settings/lists/{slug}/{path}" for slug in listings.slugs()]


def _terms(path: str) -> Addresses:
    return lambda stage: [path.format(pk=stage.term.pk)]


def _exports(path: str) -> Addresses:
    return lambda stage: [path.format(uid=each.uid) for own in stage.exports.values() for each in own]


def _people(path: str) -> Addresses:
    return lambda stage: [path.format(pk=user.pk) for user in stage.people.values()]


def _case(path: str) -> Addresses:
    return lambda stage: [f"/consultations/{stage.case.uid}/{path}"]


def _withdrawals(stage: Stage) -> list[str]:
    sides = [side for sides in stage.sides.values() for side in sides]
    return [f"/lessons/{side.lesson.booking.uid}/schools/{side.pk}/cancel/" for side in sides]


NAMED = {
    "classrooms:register", "classrooms:marks", "classrooms:register_confirm", "classrooms:register_staff",
    "classrooms:pupils", "classrooms:pupil", "classrooms:pupil_section", "classrooms:pupil_roster",
    "classrooms:pupil_take", "classrooms:remote_seat", "classrooms:remote_seat_end",
    "classrooms:remote_seat_invite", "classrooms:records_marks", "classrooms:records_sums",
}  # fmt: skip
"""Where a school's own people, or the teacher, read names."""

ADDRESSES: dict[str, Addresses] = {
    "scheduler:today": _fixed("/"),
    "scheduler:help": _fixed("/help/"),
    "scheduler:calendar": _fixed("/calendar/"),
    "scheduler:calendar_revoke": _fixed("/calendar/revoke/"),
    "scheduler:feed": lambda stage: [f"/calendar/{secret}.ics" for secret in stage.feeds.values()],
    "scheduler:event": _lessons("/lessons/{uid}.ics"),
    "scheduler:exports": _fixed("/exports/"),
    "scheduler:export": _exports("/exports/{uid}/"),
    "scheduler:export_file": _exports("/exports/{uid}/file/"),
    "scheduler:export_again": _exports("/exports/{uid}/again/"),
    "scheduler:export_stop": _exports("/exports/{uid}/stop/"),
    "scheduler:notices": _fixed("/notices/"),
    "scheduler:notices_read": _fixed("/notices/read/"),
    "scheduler:notice_read": lambda _: [
        f"/notices/{pk}/read/" for pk in Notice.objects.values_list("pk", flat=True)
    ],
    "scheduler:account": _fixed("/account/"),
    "scheduler:factor_set_up": _fixed("/account/second-step/"),
    "scheduler:factor_codes": _fixed("/account/second-step/codes/"),
    "scheduler:factor_remove": _fixed("/account/second-step/remove/"),
    "scheduler:people": _fixed("/people/"),
    "scheduler:invite": _fixed("/people/invite/"),
    "scheduler:people_import": _fixed("/people/import/"),
    "scheduler:people_import_confirm": _fixed("/people/import/confirm/"),
    "scheduler:people_template": _fixed("/people/import/template.csv"),
    "scheduler:invitations_send": _fixed("/people/invitations/send/"),
    "scheduler:invitation_resend": lambda _: [f"/people/invitations/{uuid4()}/resend/"],
    "scheduler:invitation_revoke": lambda _: [f"/people/invitations/{uuid4()}/revoke/"],
    "scheduler:invitation": _fixed("/invitations/nobody-was-invited-by-this/"),
    "scheduler:post": lambda _: [f"/people/posts/{post.pk}/" for post in Membership.objects.order_by("pk")],
    "scheduler:post_end": lambda _: [
        f"/people/posts/{post.pk}/end/" for post in Membership.objects.order_by("pk")
    ],
    "scheduler:person": _people("/people/{pk}/"),
    "scheduler:post_add": _people("/people/{pk}/posts/"),
    "scheduler:account_close": _people("/people/{pk}/close/"),
    "scheduler:account_reopen": _fixed("/people/0/reopen/"),
    "scheduler:factor_reset": _people("/people/{pk}/second-step/reset/"),
    "scheduler:audit": _fixed("/audit/"),
    "scheduler:audit_export": _fixed("/audit/export/"),
    "scheduler:language": _fixed("/language/"),
    "scheduler:settings": _fixed("/settings/"),
    "scheduler:bells": _schools("/settings/bells/?school={pk}"),
    "scheduler:bells_new": _schools("/settings/bells/new/?school={pk}"),
    "scheduler:bells_week": _schools("/settings/bells/week/?school={pk}"),
    "scheduler:bells_remove": lambda _: [
        f"/settings/bells/{table.pk}/remove/" for table in BellSchedule.objects.all()
    ],
    "scheduler:school_days": _schools("/settings/calendar/?school={pk}"),
    "scheduler:school_day_new": _schools("/settings/calendar/new/closure/?school={pk}"),
    "scheduler:school_days_withdraw": lambda _: [
        f"/settings/calendar/withdraw/?school={day.organisation_id}&row={day.pk}"
        for day in CalendarDay.objects.order_by("pk")
    ],
    "scheduler:locations": _schools("/settings/places/?school={pk}"),
    "scheduler:location_new": _schools("/settings/places/new/?school={pk}"),
    "scheduler:location": lambda stage: [
        f"/settings/places/{place.pk}/" for place in (stage.world.rishiri_set, stage.world.rebun_set)
    ],
    "scheduler:organisations": _fixed("/settings/organisations/"),
    "scheduler:organisation_new": _fixed("/settings/organisations/new/"),
    "scheduler:organisation": _schools("/settings/organisations/{pk}/"),
    "scheduler:list_import": _lists("import/"),
    "scheduler:list_import_confirm": _lists("import/confirm/"),
    "scheduler:list_template": _lists("template.csv"),
    "scheduler:list_export": _lists("list.csv"),
    "classrooms:book": lambda stage: ["/book/", f"/book/?section={stage.world.section.pk}"],
    "classrooms:series": lambda stage: [f"/book/weekly/?section={stage.world.section.pk}"],
    "classrooms:weeks": lambda stage: [f"/book/weeks/?section={stage.world.section.pk}"],
    "classrooms:lesson": _lessons("/lessons/{uid}/"),
    "classrooms:confirm": _lessons("/lessons/{uid}/confirm/"),
    "classrooms:release": _lessons("/lessons/{uid}/release/"),
    "classrooms:cancel": _lessons("/lessons/{uid}/cancel/"),
    "classrooms:withdraw": _withdrawals,
    "classrooms:counts": _fixed("/counts/"),
    "classrooms:registers": _fixed("/register/"),
    "classrooms:register_setting": _fixed("/register/setting/"),
    "classrooms:register": _registers("/register/{pk}/"),
    "classrooms:marks": _registers("/register/{pk}/marks/"),
    "classrooms:register_confirm": _registers("/register/{pk}/confirm/"),
    "classrooms:register_staff": _registers("/register/{pk}/staff/"),
    "classrooms:pupils": _fixed("/pupils/"),
    "classrooms:pupil_new": _fixed("/pupils/new/"),
    "classrooms:pupil_import": _fixed("/pupils/import/"),
    "classrooms:pupil_import_confirm": _fixed("/pupils/import/confirm/"),
    "classrooms:pupil_template": _fixed("/pupils/import/template.csv"),
    "classrooms:pupil_roster": _fixed("/pupils/roster.csv"),
    "classrooms:pupil_section": lambda stage: [f"/pupils/sections/{stage.world.section.pk}/"],
    "classrooms:pupil": _pupils("/pupils/{pk}/"),
    "classrooms:pupil_take": _pupils("/pupils/{pk}/sections/"),
    "classrooms:remote_seat": _pupils("/pupils/{pk}/remote/"),
    "classrooms:remote_seat_invite": _pupils("/pupils/{pk}/remote/{seat}/invite/"),
    "classrooms:remote_seat_end": _pupils("/pupils/{pk}/remote/{seat}/end/"),
    "classrooms:sections": _fixed("/settings/sections/"),
    "classrooms:section_new": _fixed("/settings/sections/new/"),
    "classrooms:section_entry": lambda stage: [f"/settings/sections/{stage.world.section.pk}/"],
    "classrooms:records": lambda stage: ["/records/", f"/records/?term={stage.term.pk}"],
    "classrooms:records_marks": lambda stage: [f"/records/marks.csv?term={stage.term.pk}"],
    "classrooms:records_sums": lambda stage: [f"/records/sums.csv?term={stage.term.pk}"],
    "classrooms:terms": _fixed("/records/terms/"),
    "classrooms:term": _terms("/records/terms/{pk}/"),
    "classrooms:term_remove": _terms("/records/terms/{pk}/remove/"),
    "clinics:list": _fixed("/consultations/"),
    "clinics:queue": _fixed("/consultations/queue/"),
    "clinics:new": _fixed("/consultations/new/"),
    "clinics:case": _case(""),
    "clinics:draft": _case("draft/"),
    "clinics:readings": _case("readings/"),
    "clinics:act": _case("steps/cancel/"),
    "clinics:remove_person": _case("people/1/remove/"),
    "clinics:times": _case("times/"),
    "clinics:accept": _case(f"times/{uuid4()}/accept/"),
    "clinics:withdraw": _case(f"times/{uuid4()}/withdraw/"),
    "clinics:take_up": _case(f"times/{uuid4()}/take-up/"),
    "clinics:decline_counter": _case(f"times/{uuid4()}/decline/"),
    "clinics:advice_write": _case("advice/"),
    "clinics:advice_review": _case("advice/sign/"),
    "clinics:advice": _case("advice/1/"),
    "clinics:acknowledge": _case("advice/1/read/"),
    "clinics:attach": _case("files/"),
    "clinics:attachment": _case(f"files/{uuid4()}/"),
    "clinics:detach": _case(f"files/{uuid4()}/remove/"),
    "realtime:device": _fixed("/device/"),
    "realtime:device_status": _fixed("/device/status/"),
    "realtime:status": _fixed("/rooms/status/"),
    "realtime:check": _fixed("/rooms/check/"),
    "realtime:line": _fixed("/rooms/check/line/"),
    "realtime:by_booking": lambda stage: [
        *_rooms("/rooms/{uid}/")(stage), f"/rooms/{stage.running.uid}/?join=1",
    ],
    "realtime:start": _rooms("/rooms/{uid}/start/"),
    "realtime:waiting": _rooms("/rooms/{uid}/waiting/"),
    "realtime:door": _rooms("/rooms/{uid}/door/"),
    "realtime:admit": _rooms("/rooms/{uid}/admit/"),
    "realtime:return": _rooms("/rooms/{uid}/return/"),
    "realtime:help": _rooms("/rooms/{uid}/help/"),
    "realtime:help_settle": _rooms("/rooms/{uid}/help/settle/"),
    "realtime:help_answer": lambda stage: [f"/help/{stage.help_call.pk}/answer/"],
}  # fmt: skip

ROLES = [
    "", "sato", "ito", "suzuki", "admin", "tanaka", "nakamura", "head", "rishiri_device", "rebun_device",
    "kudo", "kato", "pupil", "abe", "mori", "desk", "board", "auditor", "support",
]  # fmt: skip
"""Nobody signed in, then everybody of the cast, the head of Rishiri, the pupil who is at
home, and the people of a hospital, a board, the audit and the support."""


@pytest.fixture
def stage(world: World) -> Stage:
    return leaking.build(world)


def _said(response: HttpResponseBase) -> str:
    chunks = getattr(response, "streaming_content", None) or [response.content]  # type: ignore[attr-defined]
    raw = b"".join(chunks)
    for encoding in ("utf-8", "cp932"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("utf-8", errors="replace")


def _outside(response: HttpResponseBase, body: str) -> str:
    """What of an answer is seen by others than its reader: headers, and the title in tabs and histories."""
    titles = re.findall(r"<title>.*?</title>", body, re.DOTALL)
    return "\n".join([*(f"{name}: {value}" for name, value in response.items()), *titles])


def _client(stage: Stage, role: str) -> Client:
    client = Client(raise_request_exception=True)
    if role:
        client.force_login(stage.people[role])
    return client


def test_every_address_is_looked_at() -> None:
    assert set(ADDRESSES) == {name for _, name in addresses(get_resolver()) if ":" in name}


def test_names_are_read_by_the_school_and_its_teacher_alone(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="django.request")
    for role in ROLES:
        readers = {school for school, readers in READERS.items() if role in readers}

        assert _read_by(stage, role) == readers, role
    assert not leaking.secrets_in(caplog.text)


def _read_by(stage: Stage, role: str) -> set[str]:
    """Of which schools this account reads a pupil's name anywhere; every answer is looked at."""
    client = _client(stage, role)
    read: set[str] = set()
    for name, paths in ADDRESSES.items():
        if name == "scheduler:feed" and role:
            continue  # the secret is the key, whoever asks
        for path in paths(stage):
            # What is ended or closed by a press is there again for the next address.
            before = transaction.savepoint()
            responses = (client.get(path), client.post(path, {}))
            transaction.savepoint_rollback(before)
            for response in responses:
                body = _said(response)
                where = f"{role} at {path}"
                assert response.status_code < 500, where
                assert not leaking.secrets_in(_outside(response, body)), where
                assert not leaking.clinical_in(body), where
                found = leaking.secrets_in(body)
                assert found <= {school for school, readers in READERS.items() if role in readers}, where
                assert not found or name in NAMED, where
                read |= found
    return read


def test_nothing_that_is_sent_or_kept_for_sending_names_a_pupil(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    sent = deliveries.deliver_due(clock=lambda: stage.now)

    mails = "\n".join(f"{each.subject}\n{each.body}\n{each.extra_headers}" for each in mail.outbox)
    assert sent
    assert "family@example.jp" in "".join(each.to[0] for each in mail.outbox)
    for text in (mails, leaking.told(stage), caplog.text):
        assert not leaking.secrets_in(text)
