"""What this program raises on purpose. Each class says who must act."""

from datetime import date


class OneLedgerError(Exception):
    """Everything this program raises on purpose."""


class TransientError(OneLedgerError):
    """Waiting cures it. Tasks retry this kind and no other."""


class DefinitionError(OneLedgerError):
    """A coordinator must mend a file under config/. Carries every fault at once, one a line: file:line: key: what."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class RefusedError(OneLedgerError):
    """What was asked for must not be done now. Carries every reason at once."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__("\n".join(reasons))
        self.reasons = reasons


class CalendarGapError(OneLedgerError):
    """An operator must add a year to config/calendar."""

    def __init__(self, day: date) -> None:
        super().__init__(f"config/calendar has no year {day.year} (needed for {day})")
        self.day = day
