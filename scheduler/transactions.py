"""One way to run a verb in a transaction: retried once when the database broke a tie."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import IntegrityError, OperationalError, connection, transaction

P = ParamSpec("P")
R = TypeVar("R")

# PostgreSQL's words for "somebody was faster": exclusion_violation, deadlock_detected,
# serialization_failure, and a duplicate intention of two identical requests at once.
_TIES = frozenset({"23P01", "40P01", "40001", "23505"})


def _is_tie(error: Exception) -> bool:
    state = getattr(error.__cause__, "sqlstate", None)
    return state in _TIES or "claim_no_overlap" in str(error)


def retried(verb: Callable[P, R]) -> Callable[P, R]:
    """Runs `verb` atomically; after a tie once more from the start, where its check explains the loss.

    Inside another verb it only opens a savepoint: a deadlock has ended the whole transaction, so
    the outermost verb alone can start again.
    """

    @wraps(verb)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        if connection.in_atomic_block:
            with transaction.atomic():
                return verb(*args, **kwargs)
        try:
            with transaction.atomic():
                return verb(*args, **kwargs)
        except (IntegrityError, OperationalError) as error:
            if not _is_tie(error):
                raise
        with transaction.atomic():
            return verb(*args, **kwargs)

    return run
