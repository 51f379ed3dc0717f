"""The record of who was in a room, the receiving rooms' devices, and calls for help."""

from __future__ import annotations

from realtime.models.admittances import Admittance
from realtime.models.devices import DeviceStatus, HelpCall
from realtime.models.visits import Visit

__all__ = ["Admittance", "DeviceStatus", "HelpCall", "Visit"]
