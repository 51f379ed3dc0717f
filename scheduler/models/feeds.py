"""Calendar feeds: secret addresses, the events written for them, and what tells when they change."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from scheduler.models.bookings import Booking, Series
from scheduler.models.organisations import Organisation
from scheduler.models.people import User


class Feed(models.Model):
    """A secret, revocable address. Only the secret's hash is stored; revoked rows stay.

    `subject_id` is the key of whom or what it is about: an account, a school, a class, a location,
    or what a vertical knows (a section); `scheduler.feed_scopes` finds it. `organisation` is the one
    that answers for it, empty for a person's own.
    """

    class Scope(models.TextChoices):
        PERSON = "person", _("person")
        SCHOOL = "school", _("school")
        CLASS = "class", _("class")
        SECTION = "section", _("section")
        STUDIO = "studio", _("studio")
        ROOM = "room", _("receiving room")

    class Audience(models.TextChoices):
        """Who reads it, and so how much a title says: docs/calendars.md."""

        PERSON = "person", _("oneself")
        STAFF = "staff", _("staff")
        PUBLIC = "public", _("a screen that everybody sees")

    scope = models.CharField(max_length=10, choices=Scope, default=Scope.PERSON)
    audience = models.CharField(max_length=10, choices=Audience, default=Audience.PERSON)
    subject_id = models.BigIntegerField()
    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, blank=True, related_name="feeds")
    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, null=True, blank=True, related_name="feeds"
    )
    language = models.CharField(
        max_length=5, default="ja", help_text="Of its words; a person's follows their account."
    )
    secret_hash = models.CharField(
        max_length=64, unique=True, help_text="SHA-256 of the secret, hexadecimal."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    last_read_at = models.DateTimeField(null=True, blank=True)
    facts_hash = models.CharField(
        max_length=64, blank=True, help_text="SHA-256 of the rows that `content_hash` was made from."
    )
    content_hash = models.CharField(
        max_length=64, blank=True, help_text="SHA-256 of what it said when last read."
    )
    content_changed_at = models.DateTimeField(
        null=True, blank=True, help_text="Last-Modified: when it was first seen to say that."
    )
    head = models.BinaryField(default=b"", help_text="What stands before the first event, as bytes.")
    parts = models.BinaryField(
        default=b"", help_text="Keys of its StoredEvents in order, 8 bytes each, little-endian."
    )
    valid_until = models.DateTimeField(
        null=True, blank=True, help_text="When the passing of time alone may change what it says."
    )
    epoch = models.BigIntegerField(default=0, help_text="scheduler.feed_epochs: FactChanges from here on …")
    epoch_changes = models.IntegerField(default=0, help_text="… were so many when it was made.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["scope", "subject_id", "audience"],
                condition=models.Q(revoked_at=None),
                name="feed_one_live_per_subject",
            ),
            models.CheckConstraint(
                condition=models.Q(scope="person", audience="person", user__isnull=False)
                | (~models.Q(scope="person") & ~models.Q(audience="person") & models.Q(user=None)),
                name="feed_person_has_user",
            ),
        ]
        indexes = [models.Index(fields=["scope", "subject_id"], name="feed_scope_subject")]


class StoredEvent(models.Model):
    """One VEVENT as bytes, named by everything that it was written from, and so never stale.

    Of a booking as one of its sides reads it, or of a series' recurrence; written once and never
    changed. Old ones are deleted, and written again where somebody still wants them.
    """

    key = models.CharField(max_length=64, unique=True, help_text="SHA-256 of all facts it is made from.")
    booking = models.ForeignKey(Booking, on_delete=models.CASCADE, null=True, related_name="stored_events")
    series = models.ForeignKey(Series, on_delete=models.CASCADE, null=True, related_name="stored_events")
    audience = models.CharField(max_length=10, choices=Feed.Audience)
    language = models.CharField(max_length=5)
    zone = models.CharField(max_length=60)
    sequence = models.PositiveIntegerField(default=0)
    content = models.BinaryField()
    digest = models.CharField(max_length=64, help_text="SHA-256 of `content`.")
    made_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["made_at"], name="stored_event_made_at")]


class FactChange(models.Model):
    """Something that a calendar may say has changed; written by triggers (`scheduler.feed_epochs`)."""

    txid = models.BigIntegerField(db_index=True, help_text="PostgreSQL's number of it; 0 on SQLite.")
    at = models.DateTimeField()
