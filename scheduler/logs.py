"""What never reaches a log: the secret in a calendar feed's address."""

from __future__ import annotations

import logging
import re

# Whatever stands behind "/calendar/", ending in ".ics" or not: an address is also asked for cut short,
# in capitals, with something added, or percent-encoded inside another one.
_SLASH = r"(?:/|%(?:25)*2f)"
_FEED = re.compile(
    rf"({_SLASH}calendar{_SLASH}+)(?!revoke/(?:[\s\"'?]|$))[^\s\"'?]+?(\.ics)?(?=[\s\"'?]|$)",
    re.IGNORECASE,
)


def without_secrets(line: str) -> str:
    return _FEED.sub(r"\1…\2", line)


class SecretsFilter(logging.Filter):
    """Rewrites every record that passes; stands on the loggers that write requests' paths, so that
    no handler sees them, and on the handlers, for everybody else's records."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        cleaned = without_secrets(message)
        if cleaned != message:
            record.msg, record.args = cleaned, ()
        return True


class LineFormatter(logging.Formatter):
    """One line a record; tracebacks are cleaned too."""

    def format(self, record: logging.LogRecord) -> str:
        return without_secrets(super().format(record))
