"""Run as a program, since Prefect reads its environment on import: three looks at whose beginning many mails wait.

python -m tests.look_aside DIR MAILS  ->  a line of JSON for each: what the steps sent, what came to the post office

beside   the phase opens in the same look and plans a mail for every school
killed   the process aside is killed before it has sent anything
stopped  the server turns everybody away
"""

import json
import os
import signal
import sys
import threading
import time
from collections import deque
from dataclasses import replace
from email import message_from_bytes
from pathlib import Path

import pytest
import yaml

from desk.window import window, without_heartbeats
from tests.conftest import CONFIG
from tests.mail_servers import post_office
from tests.small_office import at, make_campaign, opened
from tests.torture.jobs import planned

LOOKS = {"beside": "2021-03-10T09:00", "killed": "2021-03-10T10:00", "stopped": "2021-03-10T11:00"}


def main(directory: str, mails: str) -> None:
    folder = Path(directory)
    with pytest.MonkeyPatch.context() as patch, post_office() as server:
        mail = yaml.safe_load((CONFIG / "mail.yaml").read_text(encoding="utf-8"))
        mail["sender"]["port"] = server.port
        mail |= {"per_second": None, "per_15_minutes": None, "per_day": None}
        (folder / "mail.yaml").write_text(yaml.safe_dump(mail, allow_unicode=True), encoding="utf-8")
        patch.setenv("ONELEDGER_MAIL", str(folder / "mail.yaml"))
        patch.setattr("tasks.sending.CORES", 2)
        with opened(folder, [make_campaign("first", 2021)], patch) as (only,), window(folder / "prefect"):
            for name, moment in LOOKS.items():
                _plan(only, int(mails), name)
                if name == "killed":
                    _kill_aside()
                if name == "stopped":
                    server.script["CONNECT"] = deque(["421 4.7.0 too many"] * 100)
                told = _looked(only.name, at(moment), server)
                os.write(1, f"{json.dumps({'look': name, **told})}\n".encode())  # whatever a flow prints is not ours
    os._exit(0)  # Prefect would tell its server, which has ended, for a minute and more


def _plan(only, mails: int, name: str) -> None:
    from oneledger.store import outbox

    with only.store.write() as connection:
        rows = [replace(row, round=name) for row in planned(mails, name)]
        assert outbox.plan(connection, rows) == mails


def _kill_aside() -> None:
    """The one of the look before, once it has been given its work."""
    from tasks import apart

    [pid] = apart._pools["aside"]._processes
    os.kill(pid, signal.SIGSTOP)  # it takes the work and never does it

    def kill() -> None:
        time.sleep(2)
        os.kill(pid, signal.SIGKILL)

    threading.Thread(target=kill).start()


def _looked(name: str, moment, server) -> dict:
    from flows.look import look
    from flows.running import StepsFailedError

    del server.mails[:]
    done, faults = {}, ""
    try:
        with without_heartbeats():
            done = look(name, moment)
    except StepsFailedError as fault:
        faults = str(fault)
    ids = [message_from_bytes(content)["Message-ID"] for _, _, content in server.mails]
    steps = {step: done[step].sent for step in ("send_aside", "send") if step in done}
    return {"sent": steps, "faults": faults, "came": len(ids), "different": len(set(ids))}


if __name__ == "__main__":
    main(*sys.argv[1:])
