"""How often anybody may send something: a count per account, or per address while nobody is signed in.

Far above what a person does and a page does by itself, and far below what a loop does. Signing in and
passwords have narrower limits of their own (allauth), calendar feeds as well (`scheduler.feeds`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address, ip_network

from allauth.core.ratelimit import respond_429
from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from prometheus_client import Counter
from redis import RedisError

from scheduler import metrics

logger = logging.getLogger(__name__)

MINUTE_S, HOUR_S = 60, 3600
UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})

refusals = Counter(
    "enkaku_limits_reached", "What was refused or not sent because it was too often", ["what"],
    registry=metrics.registry,
)  # fmt: skip


class LimitsMiddleware:
    """Stands after the one that knows the account. 0 in `POSTS_PER_MINUTE` lets everything pass."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        most = settings.POSTS_PER_MINUTE
        who = _who(request) if most and request.method in UNSAFE else None
        if who is not None and not may(who, most, MINUTE_S):
            answer: HttpResponse = respond_429(request)
            answer["Retry-After"] = str(MINUTE_S)
            return answer
        return self.get_response(request)


def may(who: str, most: int, seconds: int) -> bool:
    """Counts one more by `who`; whether that is still within `most` in so many seconds. `who` is what is
    counted, a point, and whose it is: "account.7"."""
    key = f"enkaku.limits.{who}"
    try:
        if cache.add(key, 1, timeout=seconds):
            return True
        count = cache.incr(key)
    except ValueError:
        return True  # the count ran out between the two
    except RedisError:
        return True  # nobody is kept from working because the count is away
    if count > most:
        _tell(who.partition(".")[0], most, seconds, is_first=count == most + 1)
    return count <= most


def _tell(what: str, most: int, seconds: int, *, is_first: bool) -> None:
    """Whoever runs the service: that it happens, not to whom, and in the log once for each count."""
    refusals.labels(what).inc()
    if is_first:
        logger.warning("limits: more than %d of %s in %d s", most, what, seconds)


def _who(request: HttpRequest) -> str | None:
    if request.user.is_authenticated:
        return f"account.{request.user.pk}"
    network = network_of(request)
    return f"address.{network}" if network else None


def network_of(request: HttpRequest) -> str | None:
    """The visitor's address; of IPv6 the /64, which is what one subscriber has. None where it cannot be
    read: those who come through a socket file have nothing in common that could be counted."""
    given = request.META.get("REMOTE_ADDR", "")
    if settings.BEHIND_PROXY:
        # The last one is what our own proxy saw; those before it anybody could have written.
        given = request.META.get("HTTP_X_FORWARDED_FOR", given).rpartition(",")[2].strip()
    try:
        address = ip_address(given)
    except ValueError:
        return None
    if isinstance(address, IPv6Address):
        return str(ip_network((address, 64), strict=False).network_address)
    return str(address)
