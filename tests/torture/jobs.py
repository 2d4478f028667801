"""What runs in a child process: the product's own tasks, on a world of its own."""

import hashlib
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import flows.look  # noqa: F401  everything is imported once, in the server that the children are forked from
import tasks.leasing
import tasks.sending
from oneledger.adapters.mail_compose import compose
from oneledger.domain.errors import TransientError
from oneledger.domain.mailing import MailDraft
from oneledger.store.outbox import OutboxRow
from tasks.auditing import seal_trail
from tasks.intake import take_in_mail
from tasks.office import office
from tasks.reviewing import review_pack
from tests.torture import faults, points

NAME = "first"
START = datetime.fromisoformat("2021-03-10T08:00+08:00")
ADDRESS = "collect@ledger.invalid"


def child(environment: dict[str, str], job: str, args: Sequence[Any], fault: str, act: str, at: int, only: str) -> None:
    """Ends the process: 0 done, 3 the job failed with an exception."""
    os.environ.update(environment)
    silent = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silent, 1)
    os.dup2(os.open(environment["TORTURE_LOG"], os.O_WRONLY | os.O_CREAT | os.O_APPEND), 2)
    if fault:
        faults.FAULTS[fault]()
    if act:
        office()  # the opening of the database is not what is tried
        points.install(act, at, only)
    status = 0
    try:
        JOBS[job](*args)
    except Exception:  # noqa: BLE001  told by the status
        sys.excepthook(*sys.exc_info())
        status = 3
    os._exit(status)


def arm(folder: str, mails: int) -> None:
    """A campaign under way; what two schools answer, some rubbish, one mail twice."""
    import pytest

    from tests.small_office import OTHER, SCHOOL, make_campaign, opened
    from tests.test_shelves import SAID

    with opened(Path(folder), [make_campaign(NAME, 2021)], pytest.MonkeyPatch()) as (only,):
        if not mails:
            return
        asked = only.open("deploy", START - timedelta(days=9))
        kept = Path(folder) / "mails"
        kept.mkdir()
        answers = [only.reply(asked[unit], "find", unit, START, **SAID).as_bytes() for unit in (SCHOOL, OTHER)]
        rubbish = [f"From: s{n}@y.invalid\r\nSubject: {n}\r\n\r\nx\r\n".encode() for n in range(mails)]
        for number, content in enumerate([*answers, answers[0], *rubbish]):
            (kept / f"{number:05}.eml").write_bytes(content)


def planned(count: int, world: str) -> list[OutboxRow]:
    return [_row(f"{number:010}", world) for number in range(count)]


def _row(unit: str, world: str) -> OutboxRow:
    message_id, address = f"<{world}.{unit}@ledger.invalid>", f"{unit}@x.invalid"
    draft = MailDraft("某校", address, "办公室", ADDRESS, ADDRESS, f"{unit}", "请填报", "", (), message_id)
    row = (NAME, "deploy", unit, "deploy", "ask", "1", 5, address, unit, message_id, START)
    return OutboxRow(*row, content=compose(draft, START))


def send(minutes: Sequence[float], lease_seconds: float = 0.0, job_seconds: float = 0.0) -> None:
    """One look after the other, so many minutes after the start."""
    if lease_seconds:
        tasks.sending.LEASE = timedelta(seconds=lease_seconds)
    if job_seconds:
        tasks.leasing.LENGTH = timedelta(seconds=job_seconds)
    for each in minutes:
        tasks.sending.send_due.fn(START + timedelta(minutes=each))
    seal_trail(START)


def collect(looks: int = 1) -> None:
    for number in range(looks):
        at = START + timedelta(minutes=number)
        pack = {county: ids for county, ids in take_in_mail.fn(NAME, at).items() if ids}
        if pack:
            review_pack.fn(NAME, pack, at, "torture", is_one_of_many=False)
    seal_trail(START)


def take_in(looks: int, most_days: int = 0) -> None:
    """Looks over a line that may break; what was taken in is worked on at the end, day after day."""
    for _ in range(looks):
        with suppress(TransientError):
            take_in_mail.fn(NAME, START)
    for day in range(most_days):
        at = START + timedelta(days=day)
        pack = {county: ids for county, ids in take_in_mail.fn(NAME, at).items() if ids}
        review_pack.fn(NAME, pack, at, "torture", is_one_of_many=False)


def remind(hours: Sequence[float]) -> None:
    """Looks at these hours after the start of the reminder's day, in this order."""
    import tasks.reminding
    from tests.small_office import at

    for each in hours:
        tasks.reminding.remind(NAME, "deploy", at("2021-03-18") + timedelta(hours=each))


def sha_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def by_prefect(flow: str, minutes: Sequence[float]) -> None:
    """The flow itself, so many minutes after the start, beside a Prefect server of its own. A server that is gone is
    asked once more, not five times: a flow at work would else wait for it for two minutes, trial after trial."""
    from prefect.settings import PREFECT_API_URL, PREFECT_CLIENT_MAX_RETRIES, temporary_settings

    from desk.window import window
    from flows.collect import collect as collecting
    from flows.send import send as sending

    with (
        window(Path(os.environ["ONELEDGER_DATA"]) / "prefect") as address,
        temporary_settings({PREFECT_API_URL: f"{address}/api", PREFECT_CLIENT_MAX_RETRIES: 1}),
    ):
        for each in minutes:
            at = START + timedelta(minutes=each)
            sending(at) if flow == "send" else collecting(NAME, at)
    seal_trail(START)


JOBS = {"by_prefect": by_prefect, "arm": arm, "send": send, "collect": collect, "take_in": take_in, "remind": remind}
