"""HTTP to Django, WebSockets to the rooms."""

from __future__ import annotations

import os

from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "scheduler.config.settings")

# First: it loads the applications, which the rooms' modules need.
http = get_asgi_application()

from realtime.routing import websocket_urlpatterns  # noqa: E402 -- see above
from scheduler.entrance import Entrance  # noqa: E402

# Whose session it is the rooms ask themselves (realtime.visitors).
application = ProtocolTypeRouter({"http": Entrance(http), "websocket": URLRouter(websocket_urlpatterns)})
