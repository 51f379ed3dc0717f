"""What is answered when the service itself cannot: the database is away, or something went wrong."""

from __future__ import annotations

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

BACK_WITHIN_S = 3


def server_error(request: HttpRequest) -> HttpResponse:
    """503 with words while the database does not answer, else 500. Neither page asks the database."""
    # Django calls this while it handles the exception, and passes nothing but the request.
    if isinstance(sys.exception(), (OperationalError, InterfaceError)):
        return HttpResponse(
            render_to_string("503.html"), status=503, headers={"Retry-After": str(BACK_WITHIN_S)}
        )
    return HttpResponse(render_to_string("500.html"), status=500)
