"""How times, names and states are written: the same everywhere."""

from __future__ import annotations

from django import template

register = template.Library()
