"""Reading processes are kept between tasks: starting one costs more than reading fifty workbooks."""

import atexit
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from oneledger.adapters.workbook_reader import WorkbookReader

_idle: deque[WorkbookReader] = deque()  # its append and pop are atomic


@contextmanager
def borrowed_reader() -> Iterator[WorkbookReader]:
    """One that nobody else uses meanwhile."""
    try:
        reader = _idle.pop()
    except IndexError:
        reader = WorkbookReader()
    try:
        yield reader
    finally:
        _idle.append(reader)


@atexit.register
def _end_all() -> None:
    while _idle:
        _idle.pop().__exit__(None, None, None)
