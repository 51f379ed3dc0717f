"""What the planner's axis consists of: boxes with a place in minutes, in rows. Values only."""

from __future__ import annotations

from dataclasses import dataclass

from classrooms.planner import Fit

GROUPED_FROM = 9
"""With more schools than this minus one, rows are ordered by their bells, the narrowest first."""


@dataclass(frozen=True, slots=True)
class Box:
    """Something drawn from `start` for `length` minutes; `words` say it all for who cannot see it."""

    kind: str
    start: int
    length: int
    first: str
    second: str = ""
    words: str = ""

    @property
    def place(self) -> str:
        return f"at-{self.start}-{self.length}"


@dataclass(frozen=True, slots=True)
class Row:
    kind: str
    name: str
    detail: str
    boxes: tuple[Box, ...]
    heading: str = ""
    """Names the rows from here on, where many are ordered by their bells."""


@dataclass(frozen=True, slots=True)
class WindowBox:
    """One joint window as it can be pressed; `fit` is what it is."""

    box: Box
    fit: Fit
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Axis:
    length: int
    hours: tuple[tuple[Box, str], ...]
    rows: tuple[Row, ...]
    windows: tuple[WindowBox, ...]
    band: Box | None

    @property
    def is_tall(self) -> bool:
        """Too tall to see its result row without scrolling."""
        return len(self.rows) > GROUPED_FROM

    @property
    def places(self) -> list[tuple[str, int, int]]:
        """Every distinct place: its class, and its start and length in minutes."""
        boxes = [box for row in self.rows for box in row.boxes]
        boxes += [box for box, _label in self.hours] + [window.box for window in self.windows]
        boxes += [self.band] if self.band else []
        return sorted({(box.place, box.start, box.length) for box in boxes}, key=lambda p: p[1:])
