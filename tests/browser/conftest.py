"""Fixtures of the browser tests, in place of the plugin's session-wide ones."""

from __future__ import annotations

from tests.browser.live import browser, chromium_flags, context, live, live_server_process, new_context, page

__all__ = ["browser", "chromium_flags", "context", "live", "live_server_process", "new_context", "page"]
