"""HTTP to Django, WebSockets to the rooms."""

from __future__ import annotations

import os

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "scheduler.config.settings")

# First: it loads the applications, which the rooms' modules need.
http = get_asgi_application()

from realtime.routing import websocket_urlpatterns  # noqa: E402 -- see above

application = ProtocolTypeRouter(
    {"http": http, "websocket": AuthMiddlewareStack(URLRouter(websocket_urlpatterns))}
)
