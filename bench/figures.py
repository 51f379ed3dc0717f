"""A measured figure, its peer and its limit, and how they are timed and printed.

Ours and the peer take turns on the same machine in the same minute, so a busy machine slows both
and the ratio stands; absolute times are printed beside it and mean less.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from time import perf_counter


@dataclass(frozen=True, slots=True)
class Figure:
    """`value` must be at most `limit`, or at least where `is_floor`; `limit` None is for information."""

    name: str
    ours: str
    peer: str
    value: float
    limit: float | None
    unit: str = "×"
    is_floor: bool = False

    @property
    def is_met(self) -> bool:
        if self.limit is None:
            return True
        return self.value >= self.limit if self.is_floor else self.value <= self.limit

    @property
    def verdict(self) -> str:
        if self.limit is None:
            return ""
        return "met" if self.is_met else "MISSED"

    @property
    def row(self) -> tuple[str, ...]:
        sign = "≥" if self.is_floor else "≤"
        limit = "" if self.limit is None else f"{sign} {self.limit:g} {self.unit}"
        return self.name, self.ours, self.peer, f"{self.value:.2f} {self.unit}", limit, self.verdict


def in_turns(
    ours: Callable[[int], object], peer: Callable[[int], object], rounds: int, *, share: float = 0.5
) -> tuple[float, float]:
    """Seconds of either, called in turn with the number of the round: the median, or another quantile.

    What other programs take away lengthens a round and never shortens it, so where both are short
    a small `share` tells what an undisturbed round takes.
    """
    times: tuple[list[float], list[float]] = ([], [])
    for number in range(rounds):
        for taken, act in zip(times, (ours, peer), strict=True):
            began = perf_counter()
            act(number)
            taken.append(perf_counter() - began)
    mine, theirs = (sorted(taken)[int(rounds * share)] for taken in times)
    return mine, theirs


def milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.2f} ms"


def table(figures: Iterable[Figure]) -> str:
    """Columns that line up, whatever is written in them."""
    rows = [("figure", "ours", "peer", "value", "limit", ""), *(figure.row for figure in figures)]
    widths = [max(_width(row[n]) for row in rows) for n in range(6)]
    return "\n".join(
        "  ".join(
            cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in rows
    )


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
