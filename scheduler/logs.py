"""How a line of the log is written, and what never reaches it: secrets in addresses, what was asked
for behind a "?", e-mail addresses, and the rows that a database's error cites."""

from __future__ import annotations

import json
import logging
import re
from collections import Counter
from contextvars import ContextVar
from datetime import UTC, datetime

# Whatever stands behind "/calendar/", ending in ".ics" or not: an address is also asked for cut short,
# in capitals, with something added, or percent-encoded inside another one.
_SLASH = r"(?:/|%(?:25)*2f)"
_FEED = re.compile(
    rf"({_SLASH}calendar{_SLASH}+)(?!revoke/(?:[\s\"'?]|$))[^\s\"'?]+?(\.ics)?(?=[\s\"'?]|$)",
    re.IGNORECASE,
)
# Links in mails that let whoever has them in: to a new password, to an account.
_LINK = re.compile(
    rf"({_SLASH}accounts{_SLASH}+password{_SLASH}+reset{_SLASH}+key{_SLASH}+(?!done/)"
    rf"|{_SLASH}invitations?{_SLASH}+)[^\s\"'?/]+",
    re.IGNORECASE,
)
_QUERY = re.compile(r"(?<=[\w/])\?[^\s\"'<>)]*=[^\s\"'<>)]*")
_ADDRESS = re.compile(r"[\w.+%-]+(?:@|%40)(?:[\w-]+\.)+[\w-]+")
# What PostgreSQL says beyond its first line cites rows and statements, over as many lines as their texts
# have; only a traceback's own words end it. SQLite names tables and columns alone.
_CITED = re.compile(
    r"^([ |]*)(?:DETAIL|CONTEXT|QUERY|HINT|LINE \d+):.*?(\s*)"
    r"(?=^[ |]*(?:Traceback \(most recent|The above exception|During handling of)|\Z)",
    re.MULTILINE | re.DOTALL,
)
_CITED_AT_ONCE = re.compile(r"(invalid input (?:syntax|value) for |value out of range)([^\"\n]*: )\".*\"")

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""Of the HTTP request that is being answered, "" outside of one."""
written: Counter[str] = Counter()
"""Lines by level, warnings and worse, since this process began."""


def without_secrets(line: str) -> str:
    line = _CITED_AT_ONCE.sub(r"\1\2…", _CITED.sub(r"\1…\2", line))
    line = _LINK.sub(r"\1…", _FEED.sub(r"\1…\2", line))
    return _ADDRESS.sub("…@…", _QUERY.sub("?…", line))


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
    """One line a record, with the request's id if there is one; tracebacks are cleaned too."""

    def format(self, record: logging.LogRecord) -> str:
        name = request_id.get()
        return without_secrets(super().format(record)) + (f" [{name}]" if name else "")


class JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        facts = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": without_secrets(record.getMessage()),
            "request": request_id.get(),
            "process": record.process,
            "traceback": without_secrets(self.formatException(record.exc_info)) if record.exc_info else "",
        }
        return json.dumps({name: fact for name, fact in facts.items() if fact}, ensure_ascii=False)


class Counting(logging.Handler):
    """Writes nothing: it counts. The handler's own lock makes that exact."""

    def emit(self, record: logging.LogRecord) -> None:
        written[record.levelname.lower()] += 1
