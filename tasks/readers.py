"""Reading processes are kept between tasks: starting one costs more than reading fifty workbooks."""

import atexit
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from oneledger.adapters.document_reader import DocumentReader
from oneledger.adapters.workbook_reader import WorkbookReader

_idle: deque[WorkbookReader] = deque()  # its append and pop are atomic
_idle_for_documents: deque[DocumentReader] = deque()


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


@contextmanager
def borrowed_document_reader() -> Iterator[DocumentReader]:
    """As above, for Word, PDF and pictures."""
    try:
        reader = _idle_for_documents.pop()
    except IndexError:
        reader = DocumentReader()
    try:
        yield reader
    finally:
        _idle_for_documents.append(reader)


@atexit.register
def _end_all() -> None:
    for idle in (_idle, _idle_for_documents):
        while idle:
            idle.pop().__exit__(None, None, None)
