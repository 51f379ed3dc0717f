"""A world to try the service in: the real centre and schools, with invented people and lessons.

`load` builds it for a date, `remove` takes it away again. What it writes is marked illustrative
(例示) wherever it was not published by the schools themselves; docs/demonstration.md says which
is which. Nothing else in the program knows whether a school came from here.
"""

from __future__ import annotations

from classrooms.demonstration.accounts import PASSWORD, sign_ins
from classrooms.demonstration.world import Loaded, is_loaded, load, remove

__all__ = ["PASSWORD", "Loaded", "is_loaded", "load", "remove", "sign_ins"]
