"""How often anybody may send something: a count per account, or per address while nobody is signed in.

Far above what a person does and a page does by itself, and far below what a loop does. Signing in and
passwords have narrower limits of their own (allauth), calendar feeds as well (`scheduler.feeds`).
"""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv6Address, ip_address, ip_network

from allauth.core.ratelimit import respond_429
from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from redis import RedisError

MINUTE_S, HOUR_S = 60, 3600
UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class LimitsMiddleware:
    """Stands after the one that knows the account. 0 in `POSTS_PER_MINUTE` lets everything pass."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        most = settings.POSTS_PER_MINUTE
        if most and request.method in UNSAFE and not may(_who(request), most, MINUTE_S):
            answer: HttpResponse = respond_429(request)
            answer["Retry-After"] = str(MINUTE_S)
            return answer
        return self.get_response(request)


def may(who: str, most: int, seconds: int) -> bool:
    """Counts one more by `who`; whether that is still within `most` in so many seconds."""
    key = f"enkaku.limits.{who}"
    try:
        if cache.add(key, 1, timeout=seconds):
            return True
        return cache.incr(key) <= most
    except ValueError:
        return True  # the count ran out between the two
    except RedisError:
        return True  # nobody is kept from working because the count is away


def _who(request: HttpRequest) -> str:
    if request.user.is_authenticated:
        return f"account.{request.user.pk}"
    return f"address.{network_of(request)}"


def network_of(request: HttpRequest) -> str:
    """The visitor's address; of IPv6 the /64, which is what one subscriber has."""
    given = request.META.get("REMOTE_ADDR", "")
    if settings.BEHIND_PROXY:
        # The last one is what our own proxy saw; those before it anybody could have written.
        given = request.META.get("HTTP_X_FORWARDED_FOR", given).rpartition(",")[2].strip()
    try:
        address = ip_address(given)
    except ValueError:
        return "unknown"
    if isinstance(address, IPv6Address):
        return str(ip_network((address, 64), strict=False).network_address)
    return str(address)
