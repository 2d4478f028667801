"""The pipeline's own process, or several that look at one campaign at once, as workers on several machines do.

Each is a program of its own with its own connections: ``python -m rehearsal.workers CAMPAIGN`` reads a moment a line,
looks, and says in a line what it did. It ends with its parent.
"""

import json
import os
import resource
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from desk.window import without_heartbeats
from oneledger.adapters.with_parent import end_with_parent
from rehearsal.plan import Rehearsal

_LOG = "workers.log"
_DID = "did "  # begins the line that answers; whatever else a flow prints is not ours


@dataclass
class Worker:
    """``sent`` and ``taken_in``: mails that this one handed over, or judged; ``looks``: in how many it did either."""

    process: "subprocess.Popen[str]"
    sent: int = 0
    taken_in: int = 0
    looks: int = 0
    peak_mib: int = 0  # of the process itself


@contextmanager
def running_workers(plan: Rehearsal) -> Iterator[list[Worker]]:
    with ExitStack() as stack:
        log = stack.enter_context((plan.out / _LOG).open("w", encoding="utf-8"))
        workers = [Worker(stack.enter_context(_started(plan.campaign, log))) for _ in range(plan.workers)]
        yield workers
        for worker in workers:
            worker.process.communicate()


def _started(campaign: str, log: IO[str]) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "rehearsal.workers", campaign],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True,
    )  # fmt: skip


def at_once(workers: Sequence[Worker], at: datetime) -> None:
    """All are told before any is waited for. Raises RuntimeError with what a look failed of."""
    for worker in workers:
        assert worker.process.stdin is not None
        worker.process.stdin.write(f"{at.isoformat()}\n")
        worker.process.stdin.flush()
    faults = [fault for worker in workers if (fault := _note(worker, _answer(worker)))]
    if faults:
        raise RuntimeError("; ".join(faults))


def _answer(worker: Worker) -> dict[str, Any]:
    assert worker.process.stdout is not None
    for line in worker.process.stdout:
        if line.startswith(_DID):
            return dict(json.loads(line.removeprefix(_DID)))
    return {"fault": f"a worker ended, see {_LOG}"}


def _note(worker: Worker, did: dict[str, Any]) -> str:
    worker.sent += did.get("sent", 0)
    worker.taken_in += did.get("taken_in", 0)
    worker.looks += bool(did.get("sent") or did.get("taken_in"))
    worker.peak_mib = did.get("peak_mib", 0)
    return str(did.get("fault", ""))


def add_workers(told: dict[str, Any], out: Path, workers: Sequence[Worker]) -> None:
    """A rehearsal of several proves nothing where one did it all, nor is any mail to be in a box twice."""
    told["peak_rss_mib"]["looks"] = max(each.peak_mib for each in workers)
    if len(workers) == 1:
        return
    told["workers"] = [{"sent": each.sent, "taken_in": each.taken_in, "looks": each.looks} for each in workers]
    told["delivered"], told["delivered_twice"] = _delivered(out / "delivered.jsonl")
    all_worked = all(each.sent and each.taken_in for each in workers)
    told["is_true"] = told["is_true"] and all_worked and not told["delivered_twice"]


def _delivered(index: Path) -> tuple[int, int]:
    """How many mails the post office took, and how many of them it had before: same Message-ID, same recipient."""
    mails = [json.loads(line) for line in index.read_text(encoding="utf-8").splitlines()]
    counted = Counter((mail["rcpt"], mail["message_id"]) for mail in mails)
    return len(mails), len(mails) - len(counted)


def peak_mib() -> int:
    """The most that this process has held in memory."""
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def main(campaign: str) -> None:
    end_with_parent()  # in mid-look, too: ``--resume`` takes it again, and must not meet who holds its leases
    from flows.look import look  # noqa: PLC0415

    with without_heartbeats():
        for line in sys.stdin:
            did = _looked(look, campaign, datetime.fromisoformat(line.strip()))
            print(_DID + json.dumps(did), flush=True)  # noqa: T201  read by the rehearsal


def _looked(look: Any, campaign: str, at: datetime) -> dict[str, Any]:
    try:
        done = look(campaign, at)
    except Exception as fault:  # noqa: BLE001  told by whoever asked for the look
        return {"fault": f"{at} {os.getpid()} {fault!r}"}
    tally, sent = done.get("collect"), [done[step] for step in ("send_aside", "send") if step in done]
    taken_in = sum(value for value in asdict(tally).values() if isinstance(value, int)) if tally else 0
    return {"sent": sum(each.sent for each in sent), "taken_in": taken_in, "peak_mib": peak_mib()}


if __name__ == "__main__":
    main(sys.argv[1])
