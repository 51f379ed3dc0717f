"""Whether somebody did something, or a page that stands open asked by itself."""

from __future__ import annotations

from django.http import HttpRequest


def is_by_itself(request: HttpRequest) -> bool:
    """Browsers say what a page fetched; of what it sends, the page says what nobody pressed or typed."""
    if request.method in {"GET", "HEAD"}:
        return request.headers.get("Sec-Fetch-Mode", "navigate") != "navigate"
    return request.headers.get("X-By-Itself") == "1"
