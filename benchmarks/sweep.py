"""One look at a campaign of 30,000 schools, nine tenths of which have answered: those that have not are reminded, their
offices are told, the mails go out, the pictures are drawn anew.

Floor: the same look, its flows and tasks called as plain functions, as many at a time, and nothing told to Prefect.
Wall time is compared: Prefect's server is a process of its own.
"""

import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

from prefect import Flow, Task, unmapped
from prefect.events.worker import EventsWorker

import flows.running
import tasks.picturing
import tasks.sending
from benchmarks.timing import Row, Ways
from benchmarks.whole_way import sent, world
from benchmarks.world import CHINA, NAME, OPENED_AT, arm, folder
from desk.window import window, without_heartbeats
from flows.look import look
from rehearsal.post_office_client import running_post_office
from rehearsal.run import environment
from rehearsal.window_counts import task_run_count
from tasks.apart import CORES
from tasks.asking import open_phase
from tasks.office import running

SCHOOLS, OPEN_IN = 30_000, 10
MOST_TASK_RUNS = 200
REMINDED_AT = datetime(2021, 3, 15, 9, 30, tzinfo=CHINA)  # the morning of the schools' own deadline
ASKED = """INSERT INTO outbox (campaign, phase, unit, subject_of, kind, round, priority, address, subject, message_id,
    planned_at, next_try_at, tries, fence, state, sent_at)
    SELECT DISTINCT campaign, phase, respondent, phase, 'ask', '1', 1,
    'a@x.invalid', 's', respondent, opened_at, opened_at, 1, 1, 'sent', opened_at FROM assignment"""
PRINTED = """UPDATE assignment SET printed = '{"facts": {}, "rows": {}}'"""
ANSWERED = f"UPDATE assignment SET status = 'returned', versions = 1 WHERE id % {OPEN_IN}"


@contextmanager
def ways(_rounds: int) -> Iterator[Ways]:
    with folder() as place, running_post_office(place / "post") as post:
        template = place / "armed"
        template.mkdir()
        with environment(template, post):
            arm(SCHOOLS)
            open_phase(NAME, "deploy", OPENED_AT)
            running(NAME).office.store.close()
        _answer(template / "data" / "oneledger.db")

        def swept(name: str, number: int, deed: Callable[..., Any]) -> None:
            before = sent(post)
            with world(template, place / f"{name}{number}", post):
                deed(NAME, REMINDED_AT)
            shutil.rmtree(place / f"{name}{number}")
            assert sent(post) - before >= SCHOOLS / OPEN_IN

        def ours(number: int) -> None:
            runs = task_run_count()
            swept("ours", number, look)
            assert 0 < task_run_count() - runs <= MOST_TASK_RUNS

        def floor(number: int) -> None:
            with plainly():
                swept("floor", number, look.fn)

        with window(place / "prefect"), without_heartbeats():
            yield {"ours": ours, "floor": floor}
            EventsWorker.drain_all()  # what is left would wait a minute each for a server that is gone


def _answer(database: Path) -> None:
    with sqlite3.connect(database) as connection:
        for statement in (ASKED, PRINTED, ANSWERED):
            connection.execute(statement)


@dataclass
class Done:
    """What stands for a future whose task has been called."""

    value: Any

    def result(self) -> Any:
        return self.value


@contextmanager
def plainly() -> Iterator[None]:
    with (
        patch.object(Task, "__call__", lambda self, *args, **kwargs: self.fn(*args, **kwargs)),
        patch.object(Task, "map", _mapped),
        patch.object(Task, "submit", lambda self, *args: Done(self.fn(*args))),
        patch.object(Flow, "__call__", lambda self, *args, **kwargs: self.fn(*args, **kwargs)),
        patch.object(flows.running, "finished", _results),
        patch("flows.look.finished", _results),
        patch("flows.collect.finished", _results),
        patch("flows.steps.finished", _results),
        patch("flows.publish.finished", _results),
        patch.object(tasks.picturing, "create_markdown_artifact", _nothing),
        patch.object(tasks.picturing, "create_table_artifact", _nothing),
        patch.object(tasks.sending, "create_progress_artifact", _nothing),
        patch.object(tasks.sending, "update_progress_artifact", _nothing),
    ):
        yield


def _nothing(*_: object, **__: object) -> None:
    return None


def _results(futures: Sequence[Done]) -> list[Any]:
    return [each.result() for each in futures]


def _mapped(task: Task[Any, Any], *args: Any, **kwargs: Any) -> list[Done]:
    """As Prefect maps: what is not marked as the same for all is a list, one of each for a call."""
    count = min(len(each) for each in [*args, *kwargs.values()] if not isinstance(each, unmapped))

    def given(each: Any, number: int) -> Any:
        return each.value if isinstance(each, unmapped) else each[number]

    def called(number: int) -> Done:
        named = {key: given(each, number) for key, each in kwargs.items()}
        return Done(task.fn(*(given(each, number) for each in args), **named))

    with ThreadPoolExecutor(CORES) as pool:
        return list(pool.map(called, range(count)))


ROW = Row(
    f"Prefect's share: a look at {SCHOOLS:,} schools that reminds a tenth of them",
    "the same look, its flows and tasks called as plain functions", ways, most=1.05, by_wall=True,
)  # fmt: skip
