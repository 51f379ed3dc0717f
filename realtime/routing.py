"""The WebSocket address of rooms, for the composition root."""

from __future__ import annotations

from django.urls import path

from realtime.consumers import room_socket

# An ASGI application instead of a view: Channels' URLRouter takes it.
websocket_urlpatterns = [path("ws/rooms/<uuid:uid>/", room_socket)]  # type: ignore[arg-type]  # see above
