"""A mail server that takes the connection and never answers."""

from __future__ import annotations

import time
from collections.abc import Sequence

from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.message import EmailMessage


class HangingBackend(BaseEmailBackend):
    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        print("sending", flush=True)
        time.sleep(600)  # longer than any test: whoever waits here is killed
        return 0
