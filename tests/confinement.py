"""What an answer needs in its headers so that a browser runs nothing but our own files."""

from __future__ import annotations

from django.http import HttpResponseBase

SOURCES = {"'self'", "'none'"}
MORE = {"img-src": {"data:"}, "media-src": {"blob:"}}
NONCE = "'nonce-"
"""One style element of a page may carry the answer's own nonce: the minute axis."""


def faults(response: HttpResponseBase) -> list[str]:
    """What an answer lacks, in words."""
    policy = {
        words[0]: words[1:]
        for part in response.headers.get("Content-Security-Policy", "").split(";")
        if (words := part.split())
    }
    found = [
        f"{name} has {source}"
        for name, sources in policy.items()
        for source in sources
        if source not in SOURCES | MORE.get(name, set())
        and not (name == "style-src" and source.startswith(NONCE))
    ]
    if policy.get("default-src") != ["'none'"]:
        found.append("default-src is not 'none'")
    if policy.get("frame-ancestors") != ["'none'"]:
        found.append("may be framed")
    if response.headers.get("X-Frame-Options") != "DENY":
        found.append("may be framed by old browsers")
    if response.headers.get("X-Content-Type-Options") != "nosniff":
        found.append("may be sniffed")
    if response.headers.get("Referrer-Policy") not in {"same-origin", "no-referrer"}:
        found.append("tells others where one came from")
    return found
