"""What this program raises on purpose. Each class says who must act."""

from datetime import date
from typing import Any


class OneLedgerError(Exception):
    """Everything this program raises on purpose. It comes whole out of another process, whatever made it."""

    def __reduce__(self) -> tuple[Any, ...]:
        return _remade, (type(self), self.args), self.__dict__


def _remade(kind: type[OneLedgerError], args: tuple[object, ...]) -> OneLedgerError:
    return kind.__new__(kind, *args)


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
