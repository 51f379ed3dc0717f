"""Why something is not written into a register. Views put it in words."""

from __future__ import annotations

from scheduler.names import Name


class RegisterError(Exception):
    """Nothing was written."""


class OffError(RegisterError):
    """The school's side does not take place."""


class NotOnRegisterError(RegisterError):
    """This pupil does not stand on this register."""


class ReasonNeededError(RegisterError):
    """The school has confirmed; from then on a change says why."""


class IntentionError(RegisterError):
    """The key of this request was used for another one."""


class OvertakenError(RegisterError):
    """Somebody else has marked the pupil since the sender last saw the mark; `by` and `mark` are theirs."""

    def __init__(self, by: Name, mark: str, last: int) -> None:
        super().__init__()
        self.by, self.mark, self.last = by, mark, last


class TooEarlyError(RegisterError):
    """The school's own period is not over."""


class UnsettledError(RegisterError):
    """The line of somebody may have died just before the bell; it shows within half a minute."""


class ChangedError(RegisterError):
    """Something was recorded after the page that is being signed was made."""
