"""Tells when what an account may do has changed: the account, its posts, its sessions, whose person it is.

Rows that are saved or deleted one by one are noticed here, whoever does it; whoever writes them in
another way (`update`, `bulk_create`) says so with `tell`. `signals.account_changed` is sent after
commit, and may be sent for nothing: receivers look for themselves.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import partial

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models.signals import post_delete, post_save, pre_save
from django.utils import timezone

from scheduler.models import Membership, Person, User
from scheduler.signals import account_changed

# What signing in and reading write of an account.
_WITHOUT_WEIGHT = frozenset({"last_login", "language"})


def connect() -> None:
    for signal, receiver, sender in (
        (post_save, _on_account_saved, User),
        (post_delete, _on_account_deleted, User),
        (pre_save, _before_belonging, Membership),
        (post_save, _on_belonging, Membership),
        (post_delete, _on_belonging, Membership),
        (pre_save, _before_belonging, Person),
        (post_save, _on_belonging, Person),
        (post_delete, _on_belonging, Person),
        (post_delete, _on_session_deleted, Session),
    ):
        signal.connect(receiver, sender=sender, dispatch_uid="scheduler.account_changes")


def tell(user_ids: Iterable[int]) -> None:
    """Whoever holds something open for these accounts looks again, once what was changed is committed."""
    for user_id in user_ids:
        transaction.on_commit(partial(account_changed.send_robust, sender=User, user_id=user_id))


def _on_account_saved(
    sender: object, instance: User, *, created: bool, update_fields: Collection[str] | None, **facts: object
) -> None:
    if not created and (update_fields is None or set(update_fields) - _WITHOUT_WEIGHT):
        tell([instance.pk])


def _on_account_deleted(sender: object, instance: User, **facts: object) -> None:
    tell([instance.pk])


def _before_belonging(
    sender: type[Membership | Person], instance: Membership | Person, **facts: object
) -> None:
    """A post or a person may be given from one account to another: both look again."""
    before = sender.objects.filter(pk=instance.pk).values_list("user_id", flat=True) if instance.pk else ()
    instance._accounts_before = (*before,)  # type: ignore[union-attr]  # noqa: SLF001 -- ours


def _on_belonging(sender: object, instance: Membership | Person, **facts: object) -> None:
    """Not before it is saved: outside a transaction whoever is told looks at once."""
    before: tuple[int | None, ...] = getattr(instance, "_accounts_before", ())
    tell({user_id for user_id in (instance.user_id, *before) if user_id is not None})


def _on_session_deleted(sender: object, instance: Session, **facts: object) -> None:
    """Signed out, or a password was changed. What has expired is cleared away and was good for nothing."""
    user_id = instance.get_decoded().get(SESSION_KEY)
    if user_id is not None and instance.expire_date > timezone.now():
        tell([int(user_id)])
