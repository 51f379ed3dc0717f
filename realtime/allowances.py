"""How much one socket may say. Pure: the clock is an argument."""

from __future__ import annotations

from dataclasses import dataclass, field

from realtime.protocol import (
    GENERAL_BURST,
    GENERAL_RATE,
    NEGOTIATION_BURST,
    NEGOTIATION_RATE,
    VIOLATIONS_PER_10_S,
    Answer,
    Candidate,
    ClientMessage,
    Offer,
    Reset,
)


@dataclass(slots=True)
class Bucket:
    """A token bucket: `burst` at once, `rate` a second over time."""

    rate: float
    burst: float
    tokens: float = field(init=False)
    at: float | None = None

    def __post_init__(self) -> None:
        self.tokens = self.burst

    def take(self, now: float) -> bool:
        """Whether one more is allowed at `now` (seconds of a steady clock); takes it if so."""
        if self.at is not None:
            self.tokens = min(self.burst, self.tokens + (now - self.at) * self.rate)
        self.at = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


@dataclass(slots=True)
class Allowance:
    """How much one socket may say. `spend` is asked once per message."""

    general: Bucket = field(default_factory=lambda: Bucket(GENERAL_RATE, GENERAL_BURST))
    negotiation: Bucket = field(default_factory=lambda: Bucket(NEGOTIATION_RATE, NEGOTIATION_BURST))
    violations: list[float] = field(default_factory=list)

    def spend(self, message: ClientMessage, now: float) -> bool:
        is_negotiation = isinstance(message, Offer | Answer | Candidate | Reset)
        return (self.negotiation if is_negotiation else self.general).take(now)

    def violate(self, now: float) -> bool:
        """Counts a frame that was refused; whether that was one too many for ten seconds."""
        self.violations = [at for at in self.violations if now - at < 10] + [now]
        return len(self.violations) >= VIOLATIONS_PER_10_S
