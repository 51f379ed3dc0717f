"""Addresses of `realtime`."""

from __future__ import annotations

from django.urls import URLPattern, path

from realtime.views import admittances, devices, help_calls, rooms, status

app_name = "realtime"
urlpatterns: list[URLPattern] = [
    path("device/", devices.waiting, name="device"),
    path("device/status/", devices.status, name="device_status"),
    path("rooms/check/", rooms.check, name="check"),
    path("rooms/check/line/", devices.line, name="line"),
    path("rooms/status/", status.page, name="status"),
    path("rooms/<uuid:uid>/", rooms.by_booking, name="by_booking"),
    path("rooms/<uuid:uid>/start/", devices.start, name="start"),
    path("rooms/<uuid:uid>/help/", help_calls.of_room, name="help"),
    path("rooms/<uuid:uid>/help/settle/", help_calls.settle, name="help_settle"),
    path("rooms/<uuid:uid>/waiting/", admittances.waiting, name="waiting"),
    path("rooms/<uuid:uid>/door/", admittances.door, name="door"),
    path("rooms/<uuid:uid>/admit/", admittances.admit, name="admit"),
    path("rooms/<uuid:uid>/return/", admittances.send_back, name="return"),
    path("help/<int:pk>/answer/", help_calls.answer, name="help_answer"),
]
