"""`manage.py invite`: lets the first administrator in, and whoever mail does not reach."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any
from uuid import uuid4

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email
from django.utils import timezone

from scheduler import invitations, members
from scheduler.models import Organisation, Role

KINDS = {Role.BOARD_VIEWER: Organisation.Kind.BOARD} | dict.fromkeys(
    (Role.SPECIALIST, Role.LOCAL_DOCTOR, Role.CLINIC_COORDINATOR), Organisation.Kind.HOSPITAL
)
"""What kind of organisation a role begins; others begin a delivery centre."""


class Command(BaseCommand):
    help = "Writes an invitation and prints its address: whoever opens it first has the account."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--name", required=True)
        parser.add_argument("--role", default=Role.CENTRE_ADMIN.value, choices=Role.values)
        parser.add_argument("--organisation", required=True, metavar="CODE")
        parser.add_argument(
            "--organisation-name", metavar="NAME", help="makes the organisation if there is none"
        )
        parser.add_argument("--language", default="ja", choices=["ja", "en"])

    def handle(self, **options: Any) -> None:
        email, now = options["email"], timezone.now()
        try:
            validate_email(email)
        except ValidationError as error:
            raise CommandError(f"{email} is not an e-mail address.") from error
        organisation = self._organisation(options)
        if options["role"] not in members.ROLES_AT[organisation.kind]:
            raise CommandError(f"There is no {options['role']} at a {organisation.get_kind_display()}.")
        offer = invitations.Offer(
            email=email, name=options["name"], organisation=organisation, role=options["role"],
            valid_from=timezone.localdate(now), language=options["language"],
        )  # fmt: skip
        try:
            address = invitations.first(offer, now=now, intention=uuid4())
        except members.DoublePostError as error:
            raise CommandError(f"{email} holds that post already; a new password comes by mail.") from error
        self.stdout.write(address)

    def _organisation(self, options: dict[str, Any]) -> Organisation:
        code, name = options["organisation"], options["organisation_name"]
        found = Organisation.objects.filter(code=code).first()
        if found is not None:
            return found
        if not name:
            raise CommandError(f"There is no organisation {code}. Give --organisation-name to make it.")
        kind = KINDS.get(options["role"], Organisation.Kind.DELIVERY_CENTRE)
        return Organisation.objects.create(kind=kind, code=code, name=name, short_name=name[:40])
