"""The first phase of a thousand schools: each asked by a mail with its own workbook, each answer with twenty problems
taken in, judged and answered; two looks of the real flow, Prefect and its server with them.

Naive: the script that an office would write. One Prefect task a school; openpyxl builds its workbook (its frame alone,
no value of its own in it); yagmail connects for each mail; openpyxl reads each answer; what stands in it is counted in
a dictionary. It checks nothing and keeps nothing, and a mail that is lost is lost.

Wall time is compared: both wait for the same post office, which is a process of its own, and both keep it busy.
"""

import io
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import openpyxl
import yagmail
from prefect import flow, task
from prefect.testing.utilities import prefect_test_harness

from benchmarks.returned import workbook_in
from benchmarks.timing import Row, Ways
from benchmarks.world import NAME, OPENED_AT, RETURNED_AT, World, arm, folder
from flows.look import look
from oneledger.adapters.workbook_master import build_master
from oneledger.domain.workbooks import WorkbookSpec
from rehearsal.post_office_client import PostOffice, running_post_office
from rehearsal.run import environment
from tasks.asking import asked
from tasks.office import running
from tasks.sending import send_due

SCHOOLS, NAIVE_SCHOOLS = 1000, 50


@contextmanager
def ways(_rounds: int) -> Iterator[Ways]:
    with prefect_test_harness(), folder() as place, running_post_office(place / "post") as post:
        armed, answered = place / "armed", place / "answered"
        answers = prepared(armed, answered, post)
        with environment(armed, post):
            here = running(NAME)
            spec, _ = here.master(here.campaign.deliverable("school-deploy"), "school")
        naive = Naive(spec, post, answers[:NAIVE_SCHOOLS])

        def ours(number: int) -> None:
            before = sent(post)
            with world(armed, place / f"ask{number}", post):
                look(NAME, OPENED_AT)
                assert sent(post) - before >= SCHOOLS
            for no, answer in enumerate(answers):
                (post.collect / "new" / f"{number}.{no}").write_bytes(answer)
            with world(answered, place / f"back{number}", post):
                look(NAME, RETURNED_AT)
                assert sent(post) - before >= 2 * SCHOOLS
            for taken in [*post.collect.glob("new/*"), *post.collect.glob("cur/*")]:
                taken.unlink()

        yield {"ours": ours, "naive": lambda _number: naive.whole_way()}


def prepared(armed: Path, answered: Path, post: PostOffice) -> list[bytes]:
    """Two campaigns, before the first mail and after it, and what the schools answer."""
    armed.mkdir()
    with environment(armed, post):
        arm(SCHOOLS)
        running(NAME).office.store.close()
    shutil.copytree(armed, answered)
    with environment(answered, post):
        there = World(answered)
        answers = []
        for ids in there.open_deploy():
            asked(NAME, list(ids), OPENED_AT)
            answers += [there.reply(address, mail) for address, mail in there.asked(ids)]
        send_due.fn(OPENED_AT)
        there.here.office.store.close()
    return answers


@contextmanager
def world(template: Path, place: Path, post: PostOffice) -> Iterator[None]:
    shutil.copytree(template, place)
    with environment(place, post):
        yield
        running(NAME).office.store.close()


def sent(post: PostOffice) -> int:
    return len(post.deliveries()[0])


@dataclass
class Naive:
    """``answers``: mails as they come in."""

    spec: WorkbookSpec
    post: PostOffice
    answers: list[bytes]

    def whole_way(self) -> None:
        """One Prefect task a school and step; a task is told its number only, since a run's parameters are small."""

        @task
        def ask(number: int) -> None:
            file = io.BytesIO(build_master(self.spec))
            file.name = f"{number}.xlsx"
            self.send(number, file)

        @task
        def read(number: int) -> Counter[str]:
            book = openpyxl.load_workbook(io.BytesIO(workbook_in(self.answers[number])))
            cells = (value for sheet in book for row in sheet.iter_rows(values_only=True) for value in row)
            counted = Counter(str(value) for value in cells if value is not None)
            self.send(number)
            return counted

        @flow
        def campaign() -> Counter[str]:
            for number in range(len(self.answers)):
                ask(number)
            return sum((read(number) for number in range(len(self.answers))), Counter())

        campaign()

    def send(self, number: int, file: io.BytesIO | None = None) -> None:
        mailer = yagmail.SMTP(
            "us@x.invalid", host=self.post.host, port=self.post.port, smtp_ssl=False, smtp_starttls=False,
            smtp_skip_login=True,
        )  # fmt: skip
        mailer.send(f"s{number}@x.invalid", "请报送", "请填写附件后回复。", attachments=[file] if file else None)
        mailer.close()


ROW = Row(
    f"the whole way of one phase at {SCHOOLS:,} schools", "none; a naive script beside it",
    ways, SCHOOLS, naive=10, pieces_of={"naive": NAIVE_SCHOOLS}, by_wall=True,
)  # fmt: skip
