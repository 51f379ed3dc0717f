"""Which pages may open a socket here: our own, and nobody else's.

Channels' validator refuses before the socket is accepted, which a browser reports as 1006 and
nothing more; ours is asked after accepting, so that the refusal has its documented code.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import validate_host


def is_ours(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether Origin is the service's public address, or the very host that was asked."""
    values = {name.lower(): value.decode("latin1") for name, value in headers}
    origin = values.get(b"origin", "")
    if not origin or origin == "null":
        return False
    if origin == settings.PUBLIC_URL or origin in settings.CSRF_TRUSTED_ORIGINS:
        return True
    parts = urlsplit(origin)
    return (
        parts.scheme in {"http", "https"}
        and parts.netloc == values.get(b"host", "")
        and validate_host(parts.hostname or "", settings.ALLOWED_HOSTS)
    )
