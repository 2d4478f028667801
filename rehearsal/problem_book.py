"""A unit's problems as its own accepted answers tell them, in the order in which they came, over all phases.

Known again by their description, since the numbers are the other side's (domain.md 1.2, 1.3): the next ledger of a unit
takes the place of the last, and what it no longer tells and nobody has begun is withdrawn; a progress sheet says how
open ones go on.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from rehearsal.filler import Values

_NOT_BEGUN, _CLOSED, _WITHDRAWN = "未启动", "已销号", "已撤回"
_DONE = frozenset({_CLOSED, _WITHDRAWN})


@dataclass(frozen=True)
class Entry:
    values: Values
    state: str = _NOT_BEGUN
    progress: Values = field(default_factory=dict)
    source: str = ""  # the row of another sheet that put it here, else the unit's own ledger

    @property
    def is_open(self) -> bool:
        return self.state not in _DONE

    @property
    def shown(self) -> Values:
        """What the next sheet asks about."""
        return {**self.values, **self.progress, "state": self.state}


ProblemBook = Mapping[int, Entry]  # by the order in which they were first told


def after_ledger(book: ProblemBook, rows: Sequence[Values]) -> ProblemBook:
    others = {number: entry for number, entry in book.items() if entry.source}
    left, told = {number: entry for number, entry in book.items() if not entry.source}, dict[int, Entry]()
    for row in rows:
        number = _known_as(row, left)
        if number is None:
            number = max((*book, *told), default=0) + 1
        old = left.pop(number, Entry({}))
        told[number] = replace(old, values=row, state=_NOT_BEGUN if old.state == _WITHDRAWN else old.state)
    untold = {number: _untold(entry) for number, entry in left.items()}
    return dict(sorted({**others, **told, **untold}.items()))


def after_opening(book: ProblemBook, form: str, rows: Iterable[tuple[str, Values]]) -> ProblemBook:
    """Rows of a self-check, known again by their place in it; what is in order now and not begun is withdrawn."""
    mine = {entry.source: number for number, entry in book.items() if entry.source.startswith(f"{form}/")}
    told: dict[int, Entry] = {}
    for source, row in rows:
        number = mine.pop(source, None) or max((*book, *told), default=0) + 1
        old = book.get(number, Entry({}, source=source))
        told[number] = replace(old, values=row, state=_NOT_BEGUN if old.state == _WITHDRAWN else old.state)
    return {**book, **{number: _untold(book[number]) for number in mine.values()}, **told}


def _untold(entry: Entry) -> Entry:
    return replace(entry, state=_WITHDRAWN) if entry.state == _NOT_BEGUN else entry


def _known_as(row: Values, left: ProblemBook) -> int | None:
    described = row.get("description")
    return next((number for number, entry in left.items() if entry.values.get("description") == described), None)


def after_progress(book: ProblemBook, asked: Sequence[int], rows: Sequence[Values]) -> ProblemBook:
    """``asked``: what stood on the sheet, row by row."""
    told = dict(book)
    for number, row in zip(asked, rows, strict=True):
        told[number] = replace(book[number], state=row.get("state") or book[number].state, progress=row)
    return told


def may_follow(before: str | None, after: str) -> bool:
    """Of an open problem: what was begun is not unbegun again, and lasting work that is done for now is not closed."""
    if after == _NOT_BEGUN:
        return before in (None, _NOT_BEGUN)
    return not (after == _CLOSED and before == "阶段性完成")


def open_in(book: ProblemBook) -> list[int]:
    return [number for number, entry in book.items() if entry.is_open]
