"""The states of a problem, and the one table of moves between them (domain.md 1.3; 000-18, 004-A4).

逾期 is no state that anybody tells: it is worked out from the deadline, beside the state.
"""

from collections.abc import Mapping

NOT_STARTED, UNDER_WAY, DONE, CLOSED = "未启动", "整改中", "已完成待验收", "已销号"
DONE_FOR_NOW, EXTENDED, RELAPSED, WITHDRAWN = "阶段性完成", "延期", "反弹", "已撤回"
OVERDUE = "逾期"
LASTING = "长期坚持"  # the kind of work (整改类型) that is never closed
LASTED, RELAPSE_SEEN = "巩固", "反弹"  # results of a look-back (回头看)

CLOSED_STATES = frozenset({CLOSED, WITHDRAWN})
AWAITING_WORK = frozenset({NOT_STARTED, UNDER_WAY, EXTENDED, RELAPSED})
"""Where a deadline can be missed: what is done and waits to be checked is late no more."""

_ANY_WORK = frozenset({UNDER_WAY, DONE, CLOSED, DONE_FOR_NOW, EXTENDED, RELAPSED})

MOVES: Mapping[str, frozenset[str]] = {
    NOT_STARTED: _ANY_WORK | {NOT_STARTED, WITHDRAWN},
    UNDER_WAY: _ANY_WORK,
    DONE: _ANY_WORK,
    EXTENDED: _ANY_WORK,
    RELAPSED: _ANY_WORK,
    DONE_FOR_NOW: _ANY_WORK - {CLOSED},
    CLOSED: frozenset({CLOSED, RELAPSED}),
    WITHDRAWN: frozenset({WITHDRAWN, NOT_STARTED}),
}
"""From what was last told to what may be told next. A return tells of one day, weeks after the last: the steps between
are not seen, so work may skip forward. Nothing that was begun is 未启动 again, and what was closed opens only by a
relapse; only what nobody has begun may be withdrawn."""


def may_follow(before: str, after: str, *, relapse_seen: bool = False) -> bool:
    """``relapse_seen``: the look-back of the same row says 反弹, so the work that follows it may be told at once."""
    if after in MOVES.get(before, frozenset()):
        return True
    return relapse_seen and RELAPSED in MOVES.get(before, frozenset()) and after in MOVES[RELAPSED]
